# SPDX-License-Identifier: Apache-2.0
"""What the satellite told of itself in a run, as sentences at board time: events, refused telecommands, check transitions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flatsat.protocols import dictionary
from flatsat.protocols.correlation import unwrapped_ms
from flatsat.protocols.dictionary import PacketDefinition
from flatsat.protocols.pus import Severity

from ..sentences import TOLD, Sentences

MOST_OF_A_NAME = 200
"""So many entries of each name are kept, the first ones."""

KINDS = TOLD
"""Telemetry packets that are told here, by their name in the dictionary."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One report; `time_s` is the board time it tells, or when its frame left the pin."""

    time_s: float
    name: str
    severity: Severity
    sentence: str


class Log:
    """Entries in the order in which they came down, and how many there were of each name."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.counts: Counter[str] = Counter()
        self._sentences = Sentences(dictionary.load())

    def take(self, sent_s: float, subtype: int, packet: PacketDefinition, data: bytes) -> None:
        """Take a packet of KINDS: what follows its PUS header, and when its frame left the pin."""
        raw = packet.unpack(data)
        name = self._sentences.name(packet.name, raw)
        self.counts[name] += 1
        if self.counts[name] > MOST_OF_A_NAME:
            return
        time_s = sent_s
        if "time_ms" in packet.names:
            time_ms = int(raw[packet.names.index("time_ms")])
            time_s = unwrapped_ms(time_ms, round(sent_s * 1000)) / 1000
        self.entries.append(
            Entry(
                time_s=time_s,
                name=name,
                severity=Severity(subtype) if packet.name == "event" else Severity.LOW,
                sentence=self._sentences.tell(packet.name, subtype, raw),
            )
        )
