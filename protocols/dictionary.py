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

from . import definitions
from .definitions import States
from .dictionary_file import (
    DictionaryTable,
    Limits,
    LimitState,
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
    states = definitions.states_of(file)
    packets = [
        definitions.packet(packet, states, f"packets[{index}]") for index, packet in enumerate(file.packets)
    ]
    for index, packet in enumerate(packets):
        for other in packets[:index]:
            if set(_identities(packet)) & set(_identities(other)):
                raise TableError(
                    f"packets[{index}]", f"APID, service, subtype and structure are {other.name}'s"
                )
    events = [definitions.event(event, states, f"events[{index}]") for index, event in enumerate(file.events)]
    telecommands = [
        definitions.telecommand(telecommand, states, f"telecommands[{index}]")
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


def _functions_different(tables: Sequence[TelecommandTable]) -> None:
    """Telecommands of one service and subtype have each a function number of their own, or are one."""
    for index, table in enumerate(tables):
        for other in tables[:index]:
            same = (table.service, table.subtype) == (other.service, other.subtype)
            if same and (None in (table.function, other.function) or table.function == other.function):
                raise TableError(
                    f"telecommands[{index}]", f"service, subtype and function are {other.name}'s"
                )


def _all_different(key_path: str, key: str, values: Sequence[object]) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise TableError(
                f"{key_path}[{index}].{key}", f"{value!r} is taken by {key_path}[{values.index(value)}]"
            )
