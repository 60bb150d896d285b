# SPDX-License-Identifier: Apache-2.0
"""The telemetry dictionary: what each packet holds, and how its raw values become engineering values.

`dictionary.toml` is the one source of the on-board packer, the decoder and the documentation; its first
lines say how it is written. Octets here begin after the PUS secondary header: for housekeeping the
structure identifier, then the parameters without gaps, big-endian.
"""

import struct
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from .dictionary_file import (
    DictionaryTable,
    EventDefinition,
    Limits,
    LimitState,
    PacketTable,
    ParameterTable,
    RawType,
)
from .errors import ProtocolError
from .tables import TableError, read

__all__ = [
    "Dictionary",
    "DictionaryError",
    "EventDefinition",
    "LimitState",
    "Limits",
    "PacketDefinition",
    "Parameter",
    "RawOutOfRange",
    "RawType",
    "WrongCount",
    "WrongOctets",
    "WrongStructure",
    "from_table",
    "load",
]

BUILT_IN = Path(__file__).with_name("dictionary.toml")

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


@dataclass(frozen=True, kw_only=True)
class Dictionary:
    version: int
    packets: Mapping[str, PacketDefinition]
    events: Mapping[str, EventDefinition]

    @cached_property
    def _by_identity(self) -> dict[tuple[int, int, int, int | None], PacketDefinition]:
        return {identity: packet for packet in self.packets.values() for identity in _identities(packet)}

    def identify(
        self, apid: int, service: int, subtype: int, structure: int | None = None
    ) -> PacketDefinition | None:
        """The definition of a packet, None if there is none. `structure` may be the first octet after the PUS
        header of any packet: it is not looked at where a packet has no structure identifier."""
        identified = self._by_identity.get((apid, service, subtype, structure))
        return identified or self._by_identity.get((apid, service, subtype, None))

    def markdown(self) -> str:
        """One table a packet, for readers."""
        lines = [f"# Telemetry dictionary, version {self.version}"]
        for packet in self.packets.values():
            subtypes = ", ".join(map(str, packet.subtypes))
            identity = f"APID 0x{packet.apid:02X}, service {packet.service}, subtype {subtypes}"
            lines += [
                f"\n## {packet.name}\n\n{packet.description}\n",
                f"{identity}, {packet.octets} octets.\n",
                "| parameter | type | unit | calibration | meaning |\n|---|---|---|---|---|",
            ]
            for p in packet.parameters:
                states = [f"{raw} {name}" for raw, name in (p.states or {}).items()]
                calibration = " + ".join(
                    f"{c:g}·raw^{n}" if n else f"{c:g}" for n, c in enumerate(p.calibration)
                )
                shown = calibration or ", ".join(states)
                lines.append(f"| {p.name} | {p.type.value} | {p.unit} | {shown} | {p.description} |")
        return "\n".join(lines) + "\n"


def _identities(packet: PacketDefinition) -> list[tuple[int, int, int, int | None]]:
    return [(packet.apid, packet.service, subtype, packet.structure) for subtype in packet.subtypes]


@cache
def load(path: Path = BUILT_IN) -> Dictionary:
    """The dictionary in a TOML file. Raises TableError with the path of the key at fault."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TableError(str(path), f"cannot be read: {error}") from error
    return from_table(table)


def from_table(table: object) -> Dictionary:
    """The dictionary in a parsed TOML document. Raises TableError with the path of the key at fault."""
    file = read(DictionaryTable, table)
    _all_different("events", "name", [event.name for event in file.events])
    _all_different("events", "identifier", [event.identifier for event in file.events])
    _all_different("packets", "name", [packet.name for packet in file.packets])
    states = {name: {raw: state for state, raw in table.items()} for name, table in file.enumerations.items()}
    states["event"] = {event.identifier: event.name for event in file.events}
    packets = [_packet(packet, states, f"packets[{index}]") for index, packet in enumerate(file.packets)]
    for index, packet in enumerate(packets):
        for other in packets[:index]:
            if set(_identities(packet)) & set(_identities(other)):
                raise TableError(
                    f"packets[{index}]", f"APID, service, subtype and structure are {other.name}'s"
                )
    return Dictionary(
        version=file.version,
        packets={packet.name: packet for packet in packets},
        events={event.name: event for event in file.events},
    )


def _packet(table: PacketTable, states: Mapping[str, Mapping[int, str]], key_path: str) -> PacketDefinition:
    parameters: dict[str, Parameter] = {}
    for index, parameter_table in enumerate(table.parameters):
        for parameter in _parameters(parameter_table, states, f"{key_path}.parameters[{index}]"):
            if parameter.name in parameters:
                raise TableError(f"{key_path}.parameters[{index}].name", f"{parameter.name!r} is taken")
            parameters[parameter.name] = parameter
    return PacketDefinition(
        name=table.name,
        apid=table.apid,
        service=table.service,
        subtypes=table.subtype if isinstance(table.subtype, tuple) else (table.subtype,),
        structure=table.structure,
        period_s=table.period_s,
        description=table.description,
        parameters=tuple(parameters.values()),
    )


def _parameters(
    table: ParameterTable, states: Mapping[str, Mapping[int, str]], key_path: str
) -> list[Parameter]:
    if table.enumeration and table.enumeration not in states:
        raise TableError(f"{key_path}.enumeration", f"is {table.enumeration!r}", ", ".join(states))
    if table.enumeration and (table.calibration or table.limits):
        raise TableError(f"{key_path}.enumeration", "excludes calibration and limits")
    numbers = range(table.count)
    names = [table.name.format(number) for number in numbers] if table.count > 1 else [table.name]
    if not all(name.isidentifier() for name in names):
        raise TableError(
            f"{key_path}.name", f"is {table.name!r}", "letters, digits and _ (and {} with count)"
        )
    return [
        Parameter(
            name=name,
            type=table.type,
            unit=table.unit,
            description=table.description.format(number),
            calibration=table.calibration,
            states=states.get(table.enumeration),
            limits=table.limits,
        )
        for number, name in zip(numbers, names, strict=True)
    ]


def _all_different(key_path: str, key: str, values: Sequence[object]) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise TableError(
                f"{key_path}[{index}].{key}", f"{value!r} is taken by {key_path}[{values.index(value)}]"
            )
