# SPDX-License-Identifier: Apache-2.0
"""The dictionary: telemetry packets, events, telecommands and settable parameters.

`dictionary.toml` is the one source of the on-board software, the ground and the documentation; its first lines say how it
is written.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from .dictionary_file import (
    ArgumentTable,
    DictionaryTable,
    EventTable,
    Limits,
    LimitState,
    PacketTable,
    ParameterTable,
    RawType,
    SettableParameter,
    TelecommandTable,
)
from .event import EventDefinition, EventParameter
from .packet_definition import (
    DictionaryError,
    PacketDefinition,
    Parameter,
    RawOutOfRange,
    WrongCount,
    WrongOctets,
    WrongStructure,
)
from .tables import TableError, read
from .telecommand import Argument, TelecommandDefinition

__all__ = [
    "Argument",
    "Dictionary",
    "DictionaryError",
    "EventDefinition",
    "EventParameter",
    "LimitState",
    "Limits",
    "PacketDefinition",
    "Parameter",
    "RawOutOfRange",
    "RawType",
    "SettableParameter",
    "TelecommandDefinition",
    "WrongCount",
    "WrongOctets",
    "WrongStructure",
    "from_table",
    "load",
]

BUILT_IN = Path(__file__).with_name("dictionary.toml")

States = Mapping[str, Mapping[int, str]]


@dataclass(frozen=True, kw_only=True)
class Dictionary:
    version: int
    telecommand_apid: int
    packets: Mapping[str, PacketDefinition]
    events: Mapping[str, EventDefinition]
    telecommands: Mapping[str, TelecommandDefinition]
    parameters: Mapping[str, SettableParameter]
    enumerations: States

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

    @cached_property
    def _telecommands(self) -> dict[tuple[int, int, int | None], TelecommandDefinition]:
        return {(tc.service, tc.subtype, tc.function): tc for tc in self.telecommands.values()}

    def identify_telecommand(
        self, service: int, subtype: int, function: int | None = None
    ) -> TelecommandDefinition | None:
        """The definition of a telecommand, None if there is none. `function` may be the first octet of any
        application data: it is not looked at where a telecommand has no function number."""
        identified = self._telecommands.get((service, subtype, function))
        return identified or self._telecommands.get((service, subtype, None))

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
    for key, items in (
        ("events", file.events),
        ("packets", file.packets),
        ("telecommands", file.telecommands),
        ("parameters", file.parameters),
    ):
        _all_different(key, "name", [item.name for item in items])
    _all_different("events", "identifier", [event.identifier for event in file.events])
    _all_different("parameters", "identifier", [parameter.identifier for parameter in file.parameters])
    states = _states(file)
    packets = [_packet(packet, states, f"packets[{index}]") for index, packet in enumerate(file.packets)]
    for index, packet in enumerate(packets):
        for other in packets[:index]:
            if set(_identities(packet)) & set(_identities(other)):
                raise TableError(
                    f"packets[{index}]", f"APID, service, subtype and structure are {other.name}'s"
                )
    events = [_event(event, states, f"events[{index}]") for index, event in enumerate(file.events)]
    telecommands = [
        _telecommand(telecommand, states, f"telecommands[{index}]")
        for index, telecommand in enumerate(file.telecommands)
    ]
    _functions_different(file.telecommands)
    return Dictionary(
        version=file.version,
        telecommand_apid=file.telecommand_apid,
        packets={packet.name: packet for packet in packets},
        events={event.name: event for event in events},
        telecommands={telecommand.name: telecommand for telecommand in telecommands},
        parameters={parameter.name: parameter for parameter in file.parameters},
        enumerations=states,
    )


def _states(file: DictionaryTable) -> States:
    """Names of raw values, by enumeration; the last four are made of what else is in the file."""
    housekeeping = [packet for packet in file.packets if packet.structure is not None]
    states: dict[str, Mapping[int, str]] = {
        name: {raw: state for state, raw in table.items()} for name, table in file.enumerations.items()
    }
    states["event"] = {event.identifier: event.name for event in file.events}
    states["structure"] = {packet.structure or 0: packet.name for packet in housekeeping}
    states["settable"] = {parameter.identifier: parameter.name for parameter in file.parameters}
    states["sampled"] = {
        (packet.structure or 0) << 8 | place: f"{packet.name}.{name}"
        for packet in housekeeping
        for place, name in enumerate(name for table in packet.parameters for name in _names(table))
    }
    return states


def _event(table: EventTable, states: States, key_path: str) -> EventDefinition:
    parameters = tuple(
        EventParameter(
            name=parameter.name,
            unit=parameter.unit,
            zero=parameter.zero,
            scale=parameter.scale,
            states=_named(parameter.enumeration, states, f"{key_path}.parameters[{index}]"),
        )
        for index, parameter in enumerate(table.parameters)
    )
    definition = EventDefinition(
        name=table.name,
        identifier=table.identifier,
        severity=table.severity,
        sentence=table.sentence,
        description=table.description,
        parameters=parameters,
    )
    try:
        definition.tell()
    except (KeyError, ValueError, IndexError) as error:
        names = ", ".join("{" + parameter.name + "}" for parameter in parameters)
        raise TableError(f"{key_path}.sentence", f"cannot be told: {error}", names or "no braces") from error
    return definition


def _telecommand(table: TelecommandTable, states: States, key_path: str) -> TelecommandDefinition:
    names = [argument.name for argument in (*table.arguments, *table.repeat)]
    if len(set(names)) < len(names):
        raise TableError(key_path, "two arguments have one name")
    return TelecommandDefinition(
        name=table.name,
        service=table.service,
        subtype=table.subtype,
        function=table.function,
        description=table.description,
        arguments=_arguments(table.arguments, states, f"{key_path}.arguments"),
        repeat=_arguments(table.repeat, states, f"{key_path}.repeat"),
    )


def _arguments(tables: Sequence[ArgumentTable], states: States, key_path: str) -> tuple[Argument, ...]:
    return tuple(
        Argument(
            name=table.name,
            type=None if table.type == "telecommand" else RawType(table.type),
            unit=table.unit,
            description=table.description,
            states=_named(table.enumeration, states, f"{key_path}[{index}]"),
            low=table.low,
            high=table.high,
        )
        for index, table in enumerate(tables)
    )


def _functions_different(tables: Sequence[TelecommandTable]) -> None:
    """Telecommands of one service and subtype have each a function number of their own, or are one."""
    for index, table in enumerate(tables):
        for other in tables[:index]:
            same = (table.service, table.subtype) == (other.service, other.subtype)
            if same and (None in (table.function, other.function) or table.function == other.function):
                raise TableError(
                    f"telecommands[{index}]", f"service, subtype and function are {other.name}'s"
                )


def _named(enumeration: str, states: States, key_path: str) -> Mapping[int, str] | None:
    if enumeration and enumeration not in states:
        raise TableError(f"{key_path}.enumeration", f"is {enumeration!r}", ", ".join(states))
    return states.get(enumeration)


def _names(table: ParameterTable) -> list[str]:
    return [table.name.format(number) for number in range(table.count)] if table.count > 1 else [table.name]


def _packet(table: PacketTable, states: States, key_path: str) -> PacketDefinition:
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


def _parameters(table: ParameterTable, states: States, key_path: str) -> list[Parameter]:
    named = _named(table.enumeration, states, key_path)
    if named is not None and (table.calibration or table.limits):
        raise TableError(f"{key_path}.enumeration", "excludes calibration and limits")
    names = _names(table)
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
            states=named,
            limits=table.limits,
        )
        for number, name in enumerate(names)
    ]


def _all_different(key_path: str, key: str, values: Sequence[object]) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise TableError(
                f"{key_path}[{index}].{key}", f"{value!r} is taken by {key_path}[{values.index(value)}]"
            )
