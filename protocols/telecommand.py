# SPDX-License-Identifier: Apache-2.0
"""Telecommand definitions: how arguments become the application data of a telecommand, and what they may be.

Application data: the function number, u8, where there is one (service 8); the arguments, big-endian without gaps; and
where there is a group of arguments that repeats, the number of its items N, u8, 1 to 16, and N items.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

from .dictionary_file import RawType
from .errors import ProtocolError
from .space_packet import PRIMARY_HEADER_OCTETS, packet_octets

MOST_ITEMS = 16

Raw = int | float | bytes
Given = int | float | str | bytes
Arguments = Mapping[str, Raw | tuple[Raw, ...]]


class ArgumentError(ProtocolError):
    """Arguments, or octets of them, that do not fit a telecommand's definition."""


class UnknownArgument(ArgumentError):
    def __init__(self, telecommand: str, argument: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{telecommand} has no argument {argument!r}; it has {', '.join(allowed) or 'none'}")
        self.telecommand, self.argument, self.allowed = telecommand, argument, tuple(allowed)


class MissingArgument(ArgumentError):
    def __init__(self, telecommand: str, argument: str) -> None:
        super().__init__(f"{telecommand} needs its argument {argument!r}")
        self.telecommand, self.argument = telecommand, argument


class WrongItems(ArgumentError):
    """Lists that do not make one to sixteen items, or a list where one value is due."""

    def __init__(self, telecommand: str, argument: str, items: int, allowed: str) -> None:
        super().__init__(f"{telecommand}.{argument}: {items} items; allowed: {allowed}")
        self.telecommand, self.argument, self.items, self.allowed = telecommand, argument, items, allowed


class WrongArgument(ArgumentError):
    """A value that the argument's type cannot carry, on the ground."""

    def __init__(self, telecommand: str, argument: str, value: object, allowed: str) -> None:
        super().__init__(f"{telecommand}.{argument}: {value!r} is not allowed; allowed: {allowed}")
        self.telecommand, self.argument, self.value, self.allowed = telecommand, argument, value, allowed


class ArgumentOutOfRange(WrongArgument):
    """A value that fits its type, and is outside its range or has no name in its enumeration."""


class WrongLayout(ArgumentError):
    """Octets that are not as long as the arguments say, or no item, or more than sixteen."""

    def __init__(self, telecommand: str, octets: int, problem: str) -> None:
        super().__init__(f"{telecommand}: {octets} octets of application data, {problem}")
        self.telecommand, self.octets, self.problem = telecommand, octets, problem


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument. `type` is None for a whole telecommand packet, whose own length field ends it; `states` holds
    the name of each raw value that is allowed; `low` and `high` are allowed themselves."""

    name: str
    type: RawType | None
    unit: str
    description: str
    states: Mapping[int, str] | None = None
    low: float | None = None
    high: float | None = None

    @property
    def allowed(self) -> str:
        """What the argument takes, in words."""
        if self.type is None:
            return "a telecommand packet"
        if self.states is not None:
            return ", ".join(self.states.values())
        limits = [
            f"{word} {end:g}" for word, end in (("from", self.low), ("to", self.high)) if end is not None
        ]
        return " ".join(limits) or ("a finite number" if self.type is RawType.F32 else self.type.value)

    def permits(self, raw: Raw) -> bool:
        """Say whether a raw value that fits the type is within the range or the enumeration."""
        if isinstance(raw, bytes):
            return True
        if self.states is not None:
            return raw in self.states
        above = self.low is None or raw >= self.low
        return isfinite(raw) and above and (self.high is None or raw <= self.high)

    def encode(self, telecommand: str, value: Given, *, checked: bool = True) -> bytes:
        """Octets of a raw value or of the name of one. Raises WrongArgument or ArgumentOutOfRange."""
        if isinstance(value, str):
            named = [raw for raw, name in (self.states or {}).items() if name == value]
            if not named:
                raise WrongArgument(telecommand, self.name, value, self.allowed)
            value = named[0]
        if isinstance(value, bytes) or self.type is None:
            if isinstance(value, bytes) and self.type is None and _is_packet(value):
                return value
            raise WrongArgument(telecommand, self.name, value, self.allowed)
        try:
            octets = struct.pack(">" + self.type.code, value)
        except (struct.error, OverflowError) as error:
            raise WrongArgument(telecommand, self.name, value, self.type.value) from error
        if checked and not self.permits(value):
            raise ArgumentOutOfRange(telecommand, self.name, value, self.allowed)
        return octets


@dataclass(frozen=True, kw_only=True)
class TelecommandDefinition:
    """One telecommand. `function` is None outside service 8; `repeat` are the arguments of each item of its group."""

    name: str
    service: int
    subtype: int
    function: int | None
    description: str
    arguments: tuple[Argument, ...]
    repeat: tuple[Argument, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(argument.name for argument in (*self.arguments, *self.repeat))

    def pack(self, arguments: Mapping[str, Given | Sequence[Given]], *, checked: bool = True) -> bytes:
        """Application data of these arguments, raw or by the names of their enumeration.

        Each argument of the group that repeats is a list, all of one length, or one value for one item.
        `checked=False` lets values outside their range pass. Raises ArgumentError.
        """
        for name in arguments:
            if name not in self.names:
                raise UnknownArgument(self.name, name, self.names)
        for name in self.names:
            if name not in arguments:
                raise MissingArgument(self.name, name)
        octets = b"" if self.function is None else bytes([self.function])
        for argument in self.arguments:
            value = arguments[argument.name]
            if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
                raise WrongItems(self.name, argument.name, len(value), "one value")
            octets += argument.encode(self.name, value, checked=checked)
        if self.repeat:
            columns = [_column(arguments[argument.name]) for argument in self.repeat]
            octets += bytes([self._items(columns)])
            for item in zip(*columns, strict=True):
                for argument, value in zip(self.repeat, item, strict=True):
                    octets += argument.encode(self.name, value, checked=checked)
        return octets

    def _items(self, columns: Sequence[Sequence[Given]]) -> int:
        items = len(columns[0])
        for argument, column in zip(self.repeat, columns, strict=True):
            if len(column) != items:
                raise WrongItems(
                    self.name, argument.name, len(column), f"{items}, as in {self.repeat[0].name}"
                )
        if not 1 <= items <= MOST_ITEMS:
            raise WrongItems(self.name, self.repeat[0].name, items, f"1 to {MOST_ITEMS}")
        return items

    def unpack(self, octets: bytes) -> Arguments:
        """Raw arguments in application data, the function number included: a value each, a tuple of values for
        each of the group that repeats.

        Raises WrongLayout before anything else, then ArgumentOutOfRange for the first value that is not allowed.
        """
        reader = _Reader(self.name, octets)
        if self.function is not None and reader.take(1) != bytes([self.function]):
            raise WrongLayout(self.name, len(octets), f"the function is not {self.function}")
        arguments: dict[str, Raw | tuple[Raw, ...]] = {a.name: reader.value(a) for a in self.arguments}
        if self.repeat:
            items = reader.take(1)[0]
            if not 1 <= items <= MOST_ITEMS:
                raise WrongLayout(self.name, len(octets), f"{items} items, allowed are 1 to {MOST_ITEMS}")
            rows = [[reader.value(argument) for argument in self.repeat] for _ in range(items)]
            columns = zip(*rows, strict=True)
            arguments |= {a.name: column for a, column in zip(self.repeat, columns, strict=True)}
        if reader.left:
            raise WrongLayout(self.name, len(octets), f"{reader.left} too many")
        for argument, raw in self._values(arguments):
            if not argument.permits(raw):
                raise ArgumentOutOfRange(self.name, argument.name, raw, argument.allowed)
        return arguments

    def _values(self, arguments: Arguments) -> Iterator[tuple[Argument, Raw]]:
        for argument in (*self.arguments, *self.repeat):
            value = arguments[argument.name]
            for raw in value if isinstance(value, tuple) else (value,):
                yield argument, raw


class _Reader:
    """Takes application data from the front."""

    def __init__(self, telecommand: str, octets: bytes) -> None:
        self._telecommand, self._octets, self._offset = telecommand, octets, 0

    @property
    def left(self) -> int:
        return len(self._octets) - self._offset

    def take(self, octets: int) -> bytes:
        if octets > self.left:
            raise WrongLayout(self._telecommand, len(self._octets), f"{octets - self.left} missing")
        self._offset += octets
        return self._octets[self._offset - octets : self._offset]

    def value(self, argument: Argument) -> Raw:
        if argument.type is None:
            if self.left < PRIMARY_HEADER_OCTETS:
                return self.take(PRIMARY_HEADER_OCTETS)
            return self.take(packet_octets(self._octets, self._offset))
        layout = struct.Struct(">" + argument.type.code)
        raw: int | float = layout.unpack(self.take(layout.size))[0]
        return raw


def _is_packet(octets: bytes) -> bool:
    return len(octets) > PRIMARY_HEADER_OCTETS and packet_octets(octets) == len(octets)


def _column(value: Given | Sequence[Given]) -> Sequence[Given]:
    return [value] if isinstance(value, (int, float, str, bytes)) else value
