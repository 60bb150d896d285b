# SPDX-License-Identifier: Apache-2.0
"""Received packets as rows: engineering values where the dictionary knows the packet, else octets and the reason."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO

from flatsat.protocols import cuc, pus, space_packet
from flatsat.protocols.dictionary import Dictionary, PacketDefinition
from flatsat.protocols.errors import ProtocolError

if TYPE_CHECKING:
    from flatsat.protocols.receiver import PacketReceived

Value = int | float | str | None


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


class Undefined(ProtocolError):
    """A packet that the dictionary does not describe."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """`packet` is the dictionary's name; where it is empty, `octets` and `undecoded` say what came and why."""

    scid: int
    vcid: int
    apid: int
    sequence_count: int
    time_utc: str = ""
    service: int | None = None
    subtype: int | None = None
    packet: str = ""
    parameters: Mapping[str, Value] = field(default_factory=dict)
    octets: str = ""
    undecoded: str = ""

    def cells(self) -> dict[str, Any]:
        """Everything but the parameters, by column."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = (
    "time_utc", "scid", "vcid", "apid", "sequence_count", "service", "subtype", "packet", "octets", "undecoded",
)  # fmt: skip


def row(received: PacketReceived, dictionary: Dictionary | None) -> Row:
    """One complete packet as a row."""
    packet = space_packet.parse(received.octets)
    known: dict[str, Any] = {
        "scid": received.spacecraft_id,
        "vcid": received.vcid,
        "apid": packet.apid,
        "sequence_count": packet.sequence_count,
    }
    try:
        if dictionary is None:
            raise Undefined("the profile has no dictionary")
        if not packet.has_secondary_header:
            raise Undefined("no secondary header")
        header = pus.parse(packet.octets)
        known |= {"time_utc": _utc(header.time), "service": header.service, "subtype": header.subtype}
        source = packet.octets[pus.TELEMETRY_HEADER_OCTETS :]
        definition = _definition(dictionary, packet.apid, header, source)
        values = definition.engineering(definition.unpack(source))
    except ProtocolError as error:
        return Row(**known, octets=received.octets.hex(), undecoded=str(error))
    return Row(**known, packet=definition.name, parameters={name: _plain(v) for name, v in values.items()})


def _definition(
    dictionary: Dictionary, apid: int, header: pus.TelemetryHeader, source: bytes
) -> PacketDefinition:
    structure = source[0] if source else None
    definition = dictionary.identify(apid, header.service, header.subtype, structure)
    if definition is None:
        raise Undefined(
            f"not in the dictionary: APID {apid}, service {header.service}, subtype {header.subtype}, "
            f"structure {structure}"
        )
    return definition


def _utc(time: cuc.Time) -> str:
    return cuc.utc(time.tai_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: float | str) -> Value:
    """Without the noise of binary fractions; None for what JSON has no number for."""
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    return value


class JsonLinesWriter:
    """An object a packet, its parameters in an object of their own."""

    def __init__(self, stream: TextIO, dictionary: Dictionary | None) -> None:
        self._stream = stream

    def write(self, row: Row) -> None:
        cells = {name: value for name, value in row.cells().items() if value not in ("", None)}
        if row.packet:
            cells["parameters"] = row.parameters
        self._stream.write(json.dumps(cells, allow_nan=False) + "\n")


class CsvWriter:
    """A line a packet, a column for every parameter name of the dictionary; cells of other packets' stay empty."""

    def __init__(self, stream: TextIO, dictionary: Dictionary | None) -> None:
        packets = dictionary.packets.values() if dictionary else ()
        parameters = dict.fromkeys(name for packet in packets for name in packet.names)
        self._csv = csv.DictWriter(stream, [*COLUMNS, *parameters], restval="", lineterminator="\n")
        self._csv.writeheader()

    def write(self, row: Row) -> None:
        self._csv.writerow({**row.cells(), **row.parameters})


Writer = CsvWriter | JsonLinesWriter
WRITERS: Mapping[Format, type[CsvWriter] | type[JsonLinesWriter]] = {
    Format.CSV: CsvWriter,
    Format.JSONL: JsonLinesWriter,
}
