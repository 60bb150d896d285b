# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM as an error of the bench, held back where a cycle is being put on record."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .errors import FlatsatError


class Interrupted(FlatsatError):
    """Somebody stopped the command."""

    def __init__(self) -> None:
        super().__init__("interrupted")


_held = False
_pending = False


def listen() -> None:
    """Have both signals raise Interrupted in the main thread, once: what was flown is then put in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


@contextmanager
def held() -> Iterator[None]:
    """Let what is inside end before an interrupt is raised."""
    global _held
    _held = True
    try:
        yield
    finally:
        _held = False
    if _pending:
        raise Interrupted


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _pending
    signal.signal(number, signal.SIG_IGN)
    if not _held:
        raise Interrupted
    _pending = True
