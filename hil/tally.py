# SPDX-License-Identifier: Apache-2.0
"""Counts of what a receiver reported: the numbers of `flatsat decode --json`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from flatsat.protocols.breach import Rule
from flatsat.protocols.cadu import OctetsSkipped
from flatsat.protocols.receiver import (
    CountSteppedBack,
    Event,
    FrameLost,
    FrameReceived,
    FrameRejected,
    PacketReceived,
)

CHANNEL_COUNTS = ("frames", "lost", "stepped_back", "packets")  # of each virtual channel


class Tally:
    """Counts events; `packets_decoded` are complete packets, idle ones excluded.

    `stepped_back` of a channel is how often its frame count went back: how many frames are lost there is not known.
    """

    def __init__(self) -> None:
        self.octets_skipped = 0
        self.frames_decoded = 0
        self.frames_rejected = 0
        self.codewords_uncorrectable = 0
        self.symbols_corrected = 0
        self.packets_decoded = 0
        self.packets_partial = 0
        self.idle_packets = 0
        self.apids: Counter[int] = Counter()
        self.rules: Counter[Rule] = Counter()
        self._channels: defaultdict[tuple[int, int], Counter[str]] = defaultdict(Counter)

    def count(self, events: Iterable[Event]) -> list[PacketReceived]:
        """Count what a receiver returned; gives back the packets that `packets_decoded` counted."""
        decoded = []
        for event in events:
            if isinstance(event, PacketReceived):
                if self._packet(event):
                    decoded.append(event)
            elif isinstance(event, FrameReceived):
                self.frames_decoded += 1
                self.symbols_corrected += event.symbols_corrected
                self._channels[event.header.spacecraft_id, event.header.vcid]["frames"] += 1
            elif isinstance(event, FrameLost):
                self._channels[event.spacecraft_id, event.vcid]["lost"] += event.count
            elif isinstance(event, CountSteppedBack):
                self._channels[event.spacecraft_id, event.vcid]["stepped_back"] += 1
            elif isinstance(event, FrameRejected):
                self.frames_rejected += 1
                self.rules[event.rule] += 1
                self.codewords_uncorrectable += event.codewords_uncorrectable
            elif isinstance(event, OctetsSkipped):
                self.octets_skipped += event.count
        return decoded

    def summary(self, octets: int) -> dict[str, Any]:
        """The object that `flatsat decode --json` prints, for an input of `octets` octets."""
        return {
            "octets": octets,
            "octets_skipped": self.octets_skipped,
            "frames_decoded": self.frames_decoded,
            "frames_rejected": self.frames_rejected,
            "codewords_uncorrectable": self.codewords_uncorrectable,
            "symbols_corrected": self.symbols_corrected,
            "packets_decoded": self.packets_decoded,
            "packets_partial": self.packets_partial,
            "idle_packets": self.idle_packets,
            "virtual_channels": [
                {"scid": scid, "vcid": vcid} | {key: channel[key] for key in CHANNEL_COUNTS}
                for (scid, vcid), channel in sorted(self._channels.items())
            ],
            "apids": {str(apid): packets for apid, packets in sorted(self.apids.items())},
        }

    def _packet(self, event: PacketReceived) -> bool:
        if not event.is_complete:
            self.packets_partial += 1
            return False
        if event.is_idle:
            self.idle_packets += 1
            return False
        self.packets_decoded += 1
        self.apids[event.apid] += 1
        self._channels[event.spacecraft_id, event.vcid]["packets"] += 1
        return True
