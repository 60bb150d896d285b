# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, SIGTERM and a terminal that hangs up as an error of the bench, held back where a cycle is being put on record."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .errors import FlatsatError

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(FlatsatError):
    """Somebody stopped the command."""

    def __init__(self) -> None:
        super().__init__("interrupted")


_held = False
_pending = False


def listen() -> None:
    """Have each of STOPS raise Interrupted in the main thread, the first one only: what was flown is then put in order."""
    for number in STOPS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, _interrupt)


@contextmanager
def held() -> Iterator[None]:
    """Let what is inside end before an interrupt is raised.

    An interrupt that struck where Python drops exceptions, as in a destructor, is raised here too.
    """
    global _held
    _held = True
    try:
        yield
    finally:
        _held = False
    if _pending:
        raise Interrupted


@contextmanager
def unheard() -> Iterator[None]:
    """Put a run in order: what stops the command comes too late to change its verdict."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _pending
    for stop in STOPS:
        signal.signal(stop, signal.SIG_IGN)
    _pending = True
    if not _held:
        raise Interrupted
