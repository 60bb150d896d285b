# SPDX-License-Identifier: Apache-2.0
"""The parameters that the ground may set while flight software runs, changed all together or not at all."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from flatsat.protocols.dictionary import SettableParameter

from .parameters import FlightParameters

_FORMATS = {float: ">d", int: ">q"}  # how a number lies in memory


class ParameterTable:
    """Flight software's own copy of its parameters, and the only way to change it.

    Args:
        loaded: what the ground loaded before launch; it stays as it is.
        settable: the parameters that may be set, by name.

    Attributes:
        live: what every module reads.
        changed: what has been set since launch, by identifier.
    """

    __slots__ = ("_loaded", "_settable", "changed", "live")

    def __init__(self, loaded: FlightParameters, settable: Mapping[str, SettableParameter]) -> None:
        self._loaded = loaded
        self.live = replace(loaded)
        self.changed: dict[int, float] = {}
        self._settable = {parameter.identifier: parameter for parameter in settable.values()}

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
        self.changed.update(values)

    def flip(self, cell: int, bit: int) -> str:
        """Flip one of the 64 bits of a number in force, as radiation does; the numbers are counted round and round.

        Returns its name.
        """
        names = [
            field.name for field in fields(self.live) if type(getattr(self.live, field.name)) in _FORMATS
        ]
        name = names[cell % len(names)]
        form = _FORMATS[type(getattr(self.live, name))]
        (word,) = struct.unpack(">Q", struct.pack(form, getattr(self.live, name)))
        setattr(self.live, name, *struct.unpack(form, struct.pack(">Q", word ^ 1 << bit)))
        return name

    def reset(self) -> None:
        """Put what was loaded back into force."""
        for known in self._settable.values():
            setattr(self.live, known.name, getattr(self._loaded, known.name))
        self.changed.clear()

    def _in_order(self, table: FlightParameters, values: Mapping[int, float]) -> bool:
        try:
            replace(table, **self._fields(values))
        except ValueError:
            return False
        return True

    def _fields(self, values: Mapping[int, float]) -> dict[str, Any]:
        settable = ((self._settable[identifier], value) for identifier, value in values.items())
        return {known.name: int(value) if known.whole else value for known, value in settable}
