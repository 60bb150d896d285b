# SPDX-License-Identifier: Apache-2.0
"""The input of `flatsat decode` in pieces: a file or standard input, once through or for as long as it grows, or a run."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from enum import Enum
from typing import Any, BinaryIO

from .endpoint import is_endpoint
from .errors import FlatsatError

PIECE_OCTETS = 1 << 20
STANDARD_INPUT = "-"
POLL_S = 0.2  # between looks at a file that has no more octets


class CaptureError(FlatsatError):
    """An input that cannot be read."""


class Mark(Enum):
    """What may stand among the pieces of an input."""

    PAUSE = "nothing more for now"
    RESTART = "the input starts again"


Pieces = Generator[bytes | Mark, None, None]


@contextmanager
def opened(file: str) -> Iterator[BinaryIO]:
    """The file, or standard input. Raises CaptureError."""
    try:
        source = nullcontext(sys.stdin.buffer) if file == STANDARD_INPUT else open(file, "rb")  # noqa: SIM115
    except OSError as error:
        raise _unreadable(file, error) from error
    with source as stream:
        yield stream


def pieces(file: str, stream: BinaryIO) -> Pieces:
    """The stream to its end, PIECE_OCTETS at once. Raises CaptureError."""
    while piece := _read(file, lambda: stream.read(PIECE_OCTETS)):
        yield piece


def follow(file: str, tell: Callable[[str], None]) -> Pieces:
    """The input as it comes: standard input or a run to its end, a file for ever, also one that is not there yet.

    A file that has become shorter, or has made room for another, is told and read from its start; one that shrinks and
    grows again between two looks, POLL_S apart, is not noticed. Raises CaptureError or EndpointError.
    """
    if is_endpoint(file):
        from .live import received  # zmq comes with it

        yield from received(file, tell)
        return
    if file == STANDARD_INPUT:
        standard_input: Any = sys.stdin.buffer  # typeshed knows no read1 of it
        while piece := _read(file, lambda: standard_input.read1(PIECE_OCTETS)):
            yield piece
            yield Mark.PAUSE
        return
    while True:
        with _opened_when_there(file, tell) as stream:
            yield from _growing(file, stream, tell)
        tell(f"{file} was replaced: reading the new one from its start")
        yield Mark.RESTART


def _opened_when_there(file: str, tell: Callable[[str], None]) -> BinaryIO:
    told = False
    while True:
        try:
            return open(file, "rb", buffering=0)
        except FileNotFoundError:
            if not told:
                tell(f"{file} is not there yet: waiting for it")
            told = True
            time.sleep(POLL_S)
        except OSError as error:
            raise _unreadable(file, error) from error


def _growing(file: str, stream: BinaryIO, tell: Callable[[str], None]) -> Pieces:
    """The stream until its path leads to another file."""
    while True:
        replaced = _replaced(
            file, stream
        )  # before the last read of the old file, so that nothing of it is missed
        while piece := _read(file, lambda: stream.read(PIECE_OCTETS)):
            yield piece
        if replaced:
            return
        status = os.fstat(stream.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size < stream.tell():
            tell(f"{file} has shrunk to {status.st_size:,} octets: reading it from its start")
            stream.seek(0)
            yield Mark.RESTART
        else:
            yield Mark.PAUSE
            time.sleep(POLL_S)


def _replaced(file: str, stream: BinaryIO) -> bool:
    """Whether another file is there now; where there is none, one may come."""
    try:
        return not os.path.samestat(os.stat(file), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


def _read(file: str, read: Callable[[], bytes | None]) -> bytes:
    try:
        return read() or b""
    except OSError as error:
        raise CaptureError(f"cannot read on in {file}: {error.strerror}; copy it and try again") from error


def _unreadable(file: str, error: OSError) -> CaptureError:
    return CaptureError(f"cannot read {file}: {error.strerror}; give a file of channel octets, or -")
