# SPDX-License-Identifier: Apache-2.0
"""What a telecommand asks for, what can be wrong with it, and what carrying it out means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from flatsat.protocols.telecommand import Arguments, TelecommandDefinition


class Failure(IntEnum):
    """Why a telecommand is rejected; the values are those of verification reports."""

    LENGTH = 1
    ERROR_CONTROL = 2
    PUS_VERSION = 3
    APID = 4
    SERVICE = 5
    SUBTYPE = 6
    ARGUMENTS = 7
    OUT_OF_RANGE = 8
    DUPLICATE = 9
    LATE = 10
    NO_ROOM = 11
    NOT_FOUND = 12
    INCONSISTENT = 13
    NOT_NOW = 14


class Rejected(Exception):
    """A telecommand that changes nothing.

    Attributes:
        detail: what was found, 32 bits.
    """

    def __init__(self, failure: Failure, detail: int = 0) -> None:
        super().__init__(failure, detail)
        self.failure = failure
        self.detail = detail & 0xFFFFFFFF


class Request(NamedTuple):
    """Request identifier: the first four octets of the telecommand."""

    packet: int
    sequence: int


class Telecommand(NamedTuple):
    """A telecommand that may be accepted."""

    request: Request
    source: int
    apid: int
    sequence_count: int
    acknowledge: int
    definition: TelecommandDefinition
    arguments: Arguments


Effect: TypeAlias = Callable[[], None]
"""Carries out a telecommand whose items have all been checked; nothing can go wrong any more."""

Check: TypeAlias = Callable[[Arguments, int], Effect]
"""Checks all items of a telecommand, at a board time, and returns its effect. Raises Rejected."""

Commands: TypeAlias = Mapping[str, Check]
"""The telecommands of a service, by their names in the dictionary."""


def integers(arguments: Arguments, name: str) -> tuple[int, ...]:
    """The items of an integer argument; one item if it does not repeat."""
    return tuple(int(item) for item in _items(arguments, name))


def integer(arguments: Arguments, name: str) -> int:
    """An integer argument that does not repeat."""
    return integers(arguments, name)[0]


def numbers(arguments: Arguments, name: str) -> tuple[float, ...]:
    """The items of a floating point argument."""
    return tuple(float(item) for item in _items(arguments, name))


def packets(arguments: Arguments, name: str) -> tuple[bytes, ...]:
    """The items of an argument that is a telecommand packet."""
    return tuple(bytes(item) for item in _items(arguments, name) if isinstance(item, bytes))


def _items(arguments: Arguments, name: str) -> tuple[int | float | bytes, ...]:
    value = arguments[name]
    return value if isinstance(value, tuple) else (value,)
