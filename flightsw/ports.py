# SPDX-License-Identifier: Apache-2.0
"""What flight software asks of the world outside: a bus to the boards and a non-volatile memory. Back ends implement both.

Faults of the bus are values, because a missing reply is part of the job:

    PortFault
    +-- NoReply    no usable reply came within the deadline and its retry: whether a write took effect is unknown
    +-- Refused    the board answered with a status other than 0: nothing has changed
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol


class BoardId(IntEnum):
    """The three boards of the satellite."""

    POWER = 0
    COMPUTE = 1
    LASER = 2


class Read(NamedTuple):
    """Read `length` octets of registers from an octet address on, or (not incrementing) one FIFO window."""

    board: BoardId
    address: int
    length: int
    incrementing: bool = True


class Write(NamedTuple):
    """Write registers from an octet address on, or (not incrementing) one frame into a FIFO window."""

    board: BoardId
    address: int
    octets: bytes
    incrementing: bool = True


@dataclass(frozen=True)
class PortFault:
    """A request that did not bring what it asked for."""


@dataclass(frozen=True)
class NoReply(PortFault):
    """No usable reply came."""


@dataclass(frozen=True)
class Refused(PortFault):
    """The board answered with an RMAP status other than 0."""

    status: int


class BoardBus(Protocol):
    """The way to the registers of the boards."""

    def exchange(self, requests: Sequence[Read | Write]) -> list[bytes | PortFault]:
        """Carry out requests; those to one board run in order. A write that was done answers empty octets."""


class NonVolatileMemory(Protocol):
    """A small store of named records that survives a reset; each write is atomic."""

    def read(self, name: str) -> bytes | None:
        """Return a record, or None if there is none that is whole."""

    def write(self, name: str, octets: bytes) -> None:
        """Replace a record."""
