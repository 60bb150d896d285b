# SPDX-License-Identifier: Apache-2.0
"""Definitions of telemetry packets: what each holds, and how its raw values become engineering values.

Octets here begin after the PUS secondary header: for housekeeping the structure identifier, then the parameters without
gaps, big-endian.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .dictionary_file import Limits, RawType
from .errors import ProtocolError

Value = int | float | str


class DictionaryError(ProtocolError):
    """Raw values or octets that do not fit a packet's definition."""


class WrongCount(DictionaryError):
    def __init__(self, packet: str, values: int, expected: int) -> None:
        super().__init__(f"{packet}: {values} raw values, it has {expected} parameters")
        self.packet, self.values, self.expected = packet, values, expected


class RawOutOfRange(DictionaryError):
    def __init__(self, packet: str, parameter: str, value: float, type_name: str) -> None:
        super().__init__(f"{packet}.{parameter}: {value!r} does not fit {type_name}")
        self.packet, self.parameter, self.value, self.type_name = packet, parameter, value, type_name


class WrongOctets(DictionaryError):
    def __init__(self, packet: str, octets: int, expected_octets: int) -> None:
        super().__init__(f"{packet}: {octets} octets, expected {expected_octets}")
        self.packet, self.octets, self.expected_octets = packet, octets, expected_octets


class WrongStructure(DictionaryError):
    def __init__(self, packet: str, structure: int, expected: int) -> None:
        super().__init__(f"{packet}: structure identifier {structure}, expected {expected}")
        self.packet, self.structure, self.expected = packet, structure, expected


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """`calibration` holds polynomial coefficients from the constant up, `states` the name of each raw value;
    with neither, the engineering value is the raw one."""

    name: str
    type: RawType
    unit: str
    description: str
    calibration: tuple[float, ...] = ()
    states: Mapping[int, str] | None = None
    limits: Limits | None = None

    def engineering(self, raw: float) -> Value:
        """Engineering value in `unit`; a raw value that has no name becomes `UNDEFINED_<raw>`."""
        if self.states is not None:
            return self.states.get(int(raw)) or f"UNDEFINED_{raw}"
        if not self.calibration:
            return raw
        value = 0.0
        for coefficient in reversed(self.calibration):
            value = value * raw + coefficient
        return value


@dataclass(frozen=True, kw_only=True)
class PacketDefinition:
    """One telemetry packet. `structure` is None where no structure identifier precedes the parameters,
    `period_s` None for a packet that is sent on an event; one service may use several `subtypes`."""

    name: str
    apid: int
    service: int
    subtypes: tuple[int, ...]
    structure: int | None
    period_s: float | None
    description: str
    parameters: tuple[Parameter, ...]

    @property
    def subtype(self) -> int:
        return self.subtypes[0]

    @property
    def octets(self) -> int:
        """Octets after the PUS secondary header."""
        return self._layout.size

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def _layout(self) -> struct.Struct:
        prefix = ">" if self.structure is None else ">B"
        return struct.Struct(prefix + "".join(parameter.type.code for parameter in self.parameters))

    def pack(self, raw: Sequence[float]) -> bytes:
        """Octets of these raw values, in the order of `names`; the structure identifier goes first."""
        try:
            return (
                self._layout.pack(*raw) if self.structure is None else self._layout.pack(self.structure, *raw)
            )
        except (struct.error, OverflowError) as error:
            raise self._unfit(raw) from error

    def _unfit(self, raw: Sequence[float]) -> DictionaryError:
        if len(raw) != len(self.parameters):
            return WrongCount(self.name, len(raw), len(self.parameters))
        for parameter, value in zip(self.parameters, raw, strict=True):
            try:
                struct.pack(">" + parameter.type.code, value)
            except (struct.error, OverflowError):
                return RawOutOfRange(self.name, parameter.name, value, parameter.type.value)
        raise AssertionError(f"{self.name}: each of {raw} fits alone")

    def unpack(self, octets: bytes) -> tuple[float, ...]:
        """Raw values in these octets, which follow the PUS secondary header and end with the packet."""
        if len(octets) != self._layout.size:
            raise WrongOctets(self.name, len(octets), self._layout.size)
        values = self._layout.unpack(octets)
        if self.structure is None:
            return values
        if values[0] != self.structure:
            raise WrongStructure(self.name, values[0], self.structure)
        return values[1:]

    def engineering(self, raw: Sequence[float]) -> dict[str, Value]:
        """Engineering values by parameter name."""
        if len(raw) != len(self.parameters):
            raise WrongCount(self.name, len(raw), len(self.parameters))
        return {p.name: p.engineering(value) for p, value in zip(self.parameters, raw, strict=True)}
