# SPDX-License-Identifier: Apache-2.0
"""Received packets as rows: raw values where the dictionary knows the packet, else octets and the reason."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from flatsat.protocols import cuc, pus, space_packet
from flatsat.protocols.dictionary import Dictionary, PacketDefinition, Parameter
from flatsat.protocols.errors import ProtocolError

from .sentences import Sentences

if TYPE_CHECKING:
    from flatsat.protocols.receiver import PacketReceived

Value = int | float | str | None

COLUMNS = (
    "time_utc", "scid", "vcid", "apid", "sequence_count", "service", "subtype", "packet", "quality", "text", "octets",
    "undecoded",
)  # fmt: skip


# Both headers of a telemetry packet at once: space_packet.PRIMARY_HEADER, then pus.TELEMETRY_HEADER.
_HEADERS = struct.Struct(">HHxxBBBxxxxIH")
_HEADER_OCTETS = space_packet.PRIMARY_HEADER_OCTETS + pus.TELEMETRY_HEADER_OCTETS


class Row(NamedTuple):
    """One complete packet. `raw` are the values that `definition` describes; without one, `undecoded` says why.

    `tai_ms` is the packet's time from its secondary header, `text` what it says in a sentence, if it says one.
    """

    received: PacketReceived
    apid: int
    sequence_count: int
    tai_ms: int | None = None
    service: int | None = None
    subtype: int | None = None
    definition: PacketDefinition | None = None
    raw: tuple[float, ...] = ()
    text: str = ""
    undecoded: str = ""

    @property
    def time_utc(self) -> str:
        """Second 60 where it is a leap second; empty where the packet bears no time."""
        return "" if self.tai_ms is None else cuc.utc_text(self.tai_ms)

    @property
    def quality(self) -> str:
        """`clean`, `corrected`, `gap before` (by the frame count of AOS, CCSDS 732.0-B 4.1.2.4, or by packets cut), or the
        last two."""
        return QUALITIES[self.received.after_gap, self.received.corrected]

    @property
    def packet(self) -> str:
        return self.definition.name if self.definition else ""

    @property
    def octets(self) -> str:
        """In hexadecimal, where the packet is not decoded."""
        return "" if self.definition else self.received.octets.hex()

    @property
    def parameters(self) -> dict[str, Value]:
        """Engineering values by name."""
        known = self.definition.parameters if self.definition else ()
        return {p.name: engineering(p, raw) for p, raw in zip(known, self.raw, strict=True)}

    def cells(self) -> tuple[Value, ...]:
        """Everything but the parameters, in the order of COLUMNS."""
        return (self.time_utc, *self.cells_after_time())

    def cells_after_time(self) -> tuple[Value, ...]:
        """Those cells but the first."""
        return (
            self.received.spacecraft_id, self.received.vcid, self.apid, self.sequence_count, self.service, self.subtype,
            self.packet, self.quality, self.text, self.octets, self.undecoded,
        )  # fmt: skip


class RowReader:
    """Packets in, rows out; without a dictionary only what the primary header says."""

    def __init__(self, dictionary: Dictionary | None) -> None:
        self._dictionary = dictionary
        self._sentences = Sentences(dictionary) if dictionary else None

    def row(self, received: PacketReceived) -> Row:
        """The row of a complete packet."""
        octets = received.octets
        if self._dictionary is None or self._sentences is None:
            return _undecoded(received, "the profile has no dictionary")
        if len(octets) < _HEADER_OCTETS or not octets[0] & 0x08 or octets[6] >> 4 != pus.PUS_C:
            return _undecoded(received, _why_no_header(received))
        first, second, _, service, subtype, seconds, fraction = _HEADERS.unpack_from(octets)
        apid, count = first & 0x7FF, second & 0x3FFF
        tai_ms = seconds * 1000 + (fraction * 2000 + 0x10000 >> 17)
        structure = octets[_HEADER_OCTETS] if len(octets) > _HEADER_OCTETS else None
        definition = self._dictionary.identify(apid, service, subtype, structure)
        if definition is None:
            reason = f"not in the dictionary: APID {apid}, service {service}, subtype {subtype}, structure {structure}"
            return Row(received, apid, count, tai_ms, service, subtype, undecoded=reason)
        try:
            raw = definition.unpack(octets[_HEADER_OCTETS:])
        except ProtocolError as error:
            return Row(received, apid, count, tai_ms, service, subtype, undecoded=str(error))
        text = self._sentences.tell(definition.name, subtype, raw)
        return Row(received, apid, count, tai_ms, service, subtype, definition, raw, text)


def engineering(parameter: Parameter, raw: float) -> Value:
    """Without the noise of binary fractions; None for what JSON has no number for."""
    value = parameter.engineering(raw)
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    return value


def _undecoded(received: PacketReceived, reason: str) -> Row:
    packet = space_packet.parse(received.octets)
    return Row(received, packet.apid, packet.sequence_count, undecoded=reason)


def _why_no_header(received: PacketReceived) -> str:
    packet = space_packet.parse(received.octets)
    if not packet.has_secondary_header:
        return "no secondary header"
    try:
        pus.parse(packet.octets)
    except ProtocolError as error:
        return str(error)
    raise AssertionError("a telemetry header that is whole and of PUS-C")


QUALITIES: Mapping[tuple[bool, bool], str] = {  # by after_gap and corrected
    (False, False): "clean",
    (False, True): "corrected",
    (True, False): "gap before",
    (True, True): "gap before, corrected",
}
