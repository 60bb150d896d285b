# SPDX-License-Identifier: Apache-2.0
"""The parameters that the ground may set while flight software runs, changed all together or not at all.

Memory flips bits in orbit. So each value is held three times, and a scrub each cycle, before anything reads one, puts right the
one of the three that differs from the other two.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from flatsat.protocols.dictionary import SettableParameter

from .parameters import FlightParameters

COPIES = 3
_FLOAT, _WHOLE = struct.Struct(">d"), struct.Struct(">q")


class ParameterTable:
    """Flight software's own copy of its parameters, and the only way to change it.

    Args:
        loaded: what the ground loaded before launch; it stays as it is.
        settable: the parameters that may be set, by name.

    Attributes:
        live: what every module reads; the first of the three copies of what may be set.
        changed: what has been set since launch, by identifier.
    """

    __slots__ = ("_loaded", "_names", "_read", "_settable", "_spares", "changed", "live")

    def __init__(self, loaded: FlightParameters, settable: Mapping[str, SettableParameter]) -> None:
        self._loaded = loaded
        self.live = replace(loaded)
        self.changed: dict[int, float] = {}
        self._settable = {parameter.identifier: parameter for parameter in settable.values()}
        self._names = tuple(parameter.name for parameter in self._settable.values())
        self._read = attrgetter(*self._names)
        self._spares = [self._values(), self._values()]

    def __contains__(self, identifier: int) -> bool:
        return identifier in self._settable

    def value(self, identifier: int) -> float:
        """The value in force of a parameter that may be set."""
        return float(getattr(self.live, self._settable[identifier].name))

    def permits(self, identifier: int, value: float) -> bool:
        """Whether a value is within the range of a parameter that may be set."""
        return self._settable[identifier].permits(value)

    def consistent(self, values: Mapping[int, float]) -> bool:
        """Whether the whole table would be in order with these values of parameters that may be set."""
        return self._in_order(self.live, values)

    def fits_loaded(self, values: Mapping[int, float]) -> bool:
        """Whether what was loaded would be in order with these values instead."""
        return self._in_order(self._loaded, values)

    def set(self, values: Mapping[int, float]) -> None:
        """Put permitted and consistent values into force."""
        for name, value in self._fields(values).items():
            setattr(self.live, name, value)
        self._spares = [self._values(), self._values()]
        self.changed.update(values)

    def reset(self) -> None:
        """Put what was loaded back into force."""
        for known in self._settable.values():
            setattr(self.live, known.name, getattr(self._loaded, known.name))
        self._spares = [self._values(), self._values()]
        self.changed.clear()

    def scrub(self) -> list[tuple[int, int]]:
        """Put right what differs from the other two copies; what all three differ in is as loaded again.

        Returns identifier and number of the copy that was wrong, 0 the live one; COPIES stands for all three.
        """
        values = self._values()
        if values == self._spares[0] == self._spares[1]:
            return []
        return [*self._repair(values)]

    def upset(self, index: int, bit: int) -> None:
        """Flip one bit of one of the values held, as radiation does: the door of the bench's faults.

        Args:
            index: which value, counted over the live values and then over those of both other copies, modulo their number.
            bit: of the 64 of an IEEE double or of an integer, modulo 64.
        """
        copy, place = divmod(index % (COPIES * len(self._names)), len(self._names))
        name = self._names[place]
        value = getattr(self.live, name) if copy == 0 else self._spares[copy - 1][place]
        layout = _WHOLE if isinstance(value, int) else _FLOAT
        octets = bytearray(layout.pack(value))
        octets[bit // 8 % 8] ^= 1 << bit % 8
        (flipped,) = layout.unpack(octets)
        if copy == 0:
            setattr(self.live, name, flipped)
        else:
            self._spares[copy - 1][place] = flipped

    def _repair(self, values: list[Any]) -> Iterator[tuple[int, int]]:
        first, second = self._spares
        for place, (identifier, known) in enumerate(self._settable.items()):
            held = values[place], first[place], second[place]
            if held[0] == held[1] == held[2]:
                continue
            agreed = next((value for value in held if held.count(value) > 1), None)
            copy = COPIES if agreed is None else next(i for i, value in enumerate(held) if value != agreed)
            right = getattr(self._loaded, known.name) if agreed is None else agreed
            setattr(self.live, known.name, right)
            first[place] = second[place] = right
            yield identifier, copy

    def _values(self) -> list[Any]:
        return list(self._read(self.live))

    def _in_order(self, table: FlightParameters, values: Mapping[int, float]) -> bool:
        try:
            replace(table, **self._fields(values))
        except ValueError:
            return False
        return True

    def _fields(self, values: Mapping[int, float]) -> dict[str, Any]:
        settable = ((self._settable[identifier], value) for identifier, value in values.items())
        return {known.name: int(value) if known.whole else value for known, value in settable}
