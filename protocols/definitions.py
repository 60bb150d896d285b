# SPDX-License-Identifier: Apache-2.0
"""Definitions out of the tables of a dictionary file: names of raw values, events, telecommands and packets."""

from collections.abc import Mapping, Sequence

from .dictionary_file import (
    ArgumentTable,
    DictionaryTable,
    EventTable,
    PacketTable,
    ParameterTable,
    RawType,
    TelecommandTable,
)
from .event import EventDefinition, EventParameter
from .packet_definition import PacketDefinition, Parameter
from .tables import TableError
from .telecommand import Argument, TelecommandDefinition

States = Mapping[str, Mapping[int, str]]  # names of raw values, by enumeration


def states_of(file: DictionaryTable) -> States:
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


def event(table: EventTable, states: States, key_path: str) -> EventDefinition:
    """An event's definition. Raises TableError below `key_path`."""
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


def telecommand(table: TelecommandTable, states: States, key_path: str) -> TelecommandDefinition:
    """A telecommand's definition. Raises TableError below `key_path`."""
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


def _named(enumeration: str, states: States, key_path: str) -> Mapping[int, str] | None:
    if enumeration and enumeration not in states:
        raise TableError(f"{key_path}.enumeration", f"is {enumeration!r}", ", ".join(states))
    return states.get(enumeration)


def _names(table: ParameterTable) -> list[str]:
    return [table.name.format(number) for number in range(table.count)] if table.count > 1 else [table.name]


def packet(table: PacketTable, states: States, key_path: str) -> PacketDefinition:
    """A telemetry packet's definition. Raises TableError below `key_path`."""
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
