# SPDX-License-Identifier: Apache-2.0
"""The port to the hosts of the boards' lines (`rtl/uart_host.v`) that each simulator implements its own way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from flatsat.protocols.bridge import OpticalRecord

BOARDS = ("power", "compute", "laser")
CLOCK_LIMIT = 100_000_000  # of one run: what is not done then hangs
MOST_REQUESTS = 30  # of one board in one run: their longest replies fill the host's buffer
BUFFER_OCTETS = 65_536
LIGHT_FRAMES = 64
HOST, LIGHT = ".bench[{}].host", ".bench[2].light.monitor"  # scopes below bench_top


class NoSuchVariable(Exception):
    """The model has no such variable: it was built from another bench_top."""


class Words(Protocol):
    """A buffer of the model, a slice at a time."""

    def __getitem__(self, place: slice, /) -> Sequence[int]:
        """Read the words of a slice."""


def pieces(octets: Words, ends: Words, count: int) -> list[bytes]:
    """Cut a buffer at the first `count` of `ends`."""
    return [bytes(octets[start:end]) for start, end in pairwise([0, *ends[:count]])]


def light(octets: Words, starts: Words, ends: Words, count: int) -> list[OpticalRecord]:
    """Make records of the first `count` frames in the monitor's buffers."""
    frames = pieces(octets, ends, count)
    return [OpticalRecord(start, frame) for start, frame in zip(starts[:count], frames, strict=True)]


class Hosts(Protocol):
    """Three hosts and the monitor on the optical pin."""

    def load(self, board: int, requests: int, script: bytes | bytearray) -> None:
        """Give a host its script; it plays when the clock runs."""

    async def play(self) -> None:
        """Run the clock until every board is at rest, at most CLOCK_LIMIT clocks."""

    def busy(self, board: int) -> bool:
        """Tell whether a host's script is not over."""

    def heard(self, board: int, requests: int) -> list[bytes]:
        """Octets that came back after each request of the script that is over."""

    def take_light(self) -> list[OpticalRecord]:
        """Hand over the frames of light seen since the last call."""
