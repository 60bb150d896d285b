# SPDX-License-Identifier: Apache-2.0
"""What happened on board, in time order: one line a report with UTC, severity, name and the dictionary's sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from flatsat.protocols import cuc, space_packet
from flatsat.protocols.correlation import Correlation
from flatsat.protocols.dictionary import Dictionary

from .packet_table import Row
from .sentences import TOLD, Sentences, severity

WINDOW = 10_000  # reports put in order at once; bounds memory


class EventLog:
    """Rows of packets in, lines out. The order is that of time among `window` reports; 0 keeps the order of arrival.

    A report that bears a board time is given the TAI of that moment by the `time` reports that came before the line is
    written; where none does, the time of the packet.
    """

    def __init__(self, dictionary: Dictionary, stream: TextIO, window: int = WINDOW) -> None:
        self._sentences = Sentences(dictionary)
        self._stream = stream
        self._window = window
        self._correlation = Correlation()
        self._waiting: list[Row] = []

    def write(self, row: Row) -> None:
        """Take a row of any packet."""
        if row.packet == "time":
            self._correlate(row)
        elif row.text:
            self._waiting.append(row)
            if len(self._waiting) > 2 * self._window:
                self._tell(len(self._waiting) - self._window)

    def flush(self) -> None:
        """Let readers see what was written."""
        self._stream.flush()

    def close(self) -> None:
        """Write what waits."""
        self._tell(len(self._waiting))
        self.flush()

    def _correlate(self, row: Row) -> None:
        _, board_ms, seconds, fraction, *_ = map(int, row.raw)
        time = cuc.Time(seconds=seconds, fraction=fraction, fine_octets=2)
        self._correlation.add(board_ms, time.tai_ms)

    def _tell(self, count: int) -> None:
        """Write the first `count` that wait."""
        timed = sorted(((self._tai_ms(row), row) for row in self._waiting), key=lambda pair: pair[0])
        for tai_ms, row in timed[:count]:
            self._stream.write(self._line(tai_ms, row))
        self._waiting = [row for _, row in timed[count:]]

    def _tai_ms(self, row: Row) -> int:
        packet_ms = row.tai_ms or 0
        names = row.definition.names if row.definition else ()
        if "time_ms" not in names:
            return packet_ms
        found = self._correlation.tai_ms(int(row.raw[names.index("time_ms")]), packet_ms)
        return packet_ms if found is None else found

    def _line(self, tai_ms: int, row: Row) -> str:
        name = self._sentences.name(row.packet, row.raw)
        level = severity(row.packet, row.subtype or 0)
        return f"{cuc.utc_text(tai_ms)}  {level:11}  {name:22}  {row.text}\n"


def teller(dictionary: Dictionary) -> Callable[[bytes], bool]:
    """Whether a packet's headers say that an EventLog would list it."""
    listed = {
        (packet.apid >> 8, packet.apid & 0xFF, packet.service, subtype)
        for packet in (dictionary.packets[name] for name in TOLD)
        for subtype in packet.subtypes
    }
    service, subtype = space_packet.PRIMARY_HEADER_OCTETS + 1, space_packet.PRIMARY_HEADER_OCTETS + 2

    apids = {apid for _, apid, _, _ in listed}  # their low octets: most packets are of another

    def tells(octets: bytes) -> bool:
        if octets[1] not in apids or len(octets) <= subtype:
            return False
        return (octets[0] & 7, octets[1], octets[service], octets[subtype]) in listed

    return tells
