# SPDX-License-Identifier: Apache-2.0
"""The downlink: telemetry packets, multiplexed into AOS transfer frames of link profile OISL-1 (CCSDS 732.0-B).

A packet zone is closed when it is full, or with an idle packet when its first octet has waited long enough. Counters are
stored before a frame can go out, so that after a reset they go on: no frame count comes twice, and a gap in it is a frame
really lost: on the way, dropped from a full queue, or waiting in memory or the laser board at a reset.
"""

from __future__ import annotations

from collections.abc import Sequence

from flatsat.protocols import aos, cuc, pus
from flatsat.protocols.dictionary import Dictionary, PacketDefinition

from ..laser import Zone
from ..onboard_time import OnboardTime
from ..parameters import FlightParameters
from ..ports import NonVolatileMemory
from ..records import Counters

REALTIME_VCID = 0
FIRST_APID = 0x10  # APIDS from here on have a counter each
LAYOUT = aos.FrameLayout(
    length_octets=1115,
    header_error_control=False,
    insert_zone_octets=16,
    count_cycle=True,
    operational_control=True,
    frame_error_control=True,
)


class Downlink:
    """Numbers packets and fills packet zones; `build_frame` makes a zone a frame when it is about to leave.

    Args:
        dictionary: says which reports there are to be counted.

    Attributes:
        packets, frames: how many were made since boot.
    """

    __slots__ = (
        "_counters",
        "_cuc_time",
        "_memory",
        "_multiplexer",
        "_parameters",
        "_places",
        "_time",
        "_timed_ms",
        "_waiting_since_ms",
        "frames",
        "packets",
    )

    def __init__(
        self,
        parameters: FlightParameters,
        memory: NonVolatileMemory,
        time: OnboardTime,
        dictionary: Dictionary,
    ) -> None:
        self._parameters = parameters
        self._memory = memory
        self._time = time
        kinds = {(p.service, subtype) for p in dictionary.packets.values() for subtype in p.subtypes}
        self._places = {kind: place for place, kind in enumerate(sorted(kinds))}
        self._counters = Counters(memory, len(kinds))
        self._multiplexer = aos.PacketMultiplexer(LAYOUT.zone_octets)
        self._waiting_since_ms: int | None = None
        self._timed_ms = time.tai_ms(0)
        self._cuc_time = cuc.time(self._timed_ms)
        self.packets = 0
        self.frames = 0

    def close_late(self, now_ms: int) -> list[Zone]:
        """Close the zone whose first packet has waited for the longest time allowed."""
        since_ms = self._waiting_since_ms
        if (
            since_ms is None
            or now_ms - since_ms < self._parameters.frame_latest_ms - self._parameters.cycle_ms
        ):
            return []
        self._waiting_since_ms = None
        return self._zones(self._multiplexer.flush())

    def build_frame(self, zone: Zone, now_ms: int) -> bytes:
        """The transfer frame of a zone, with the time of its transmission in the insert zone."""
        time = cuc.encode(self._time.tai_ms(now_ms), 4)
        return aos.build_frame(
            LAYOUT,
            spacecraft_id=self._parameters.spacecraft_id,
            vcid=REALTIME_VCID,
            count=zone.number & 0xFFFFFF,
            cycle=zone.number >> 24,
            insert_zone=time,
            first_header_pointer=zone.first_header_pointer,
            zone=zone.octets,
        )

    def send(
        self, packet: PacketDefinition, subtype: int, raw: Sequence[float], now_ms: int, destination: int = 0
    ) -> list[Zone]:
        """Send a report of one of the packet's subtypes; returns the zones it filled.

        The message counter counts each kind of report over all destinations.
        """
        source, counters = packet.pack(raw), self._counters
        place, kind = packet.apid - FIRST_APID, self._places[packet.service, subtype]
        count, message = counters.packets[place], counters.messages[kind]
        octets = pus.encode_telemetry(
            packet.apid, count, packet.service, subtype, message, self._cuc(now_ms), source, destination
        )
        counters.packets[place] = count + 1 & 0x3FFF
        counters.messages[kind] = message + 1 & 0xFFFF
        self.packets += 1
        zones = self._multiplexer.push(octets)
        if zones:
            self._waiting_since_ms = now_ms if self._multiplexer.pending_octets else None
            return self._zones(zones)
        if self._waiting_since_ms is None:
            self._waiting_since_ms = now_ms
        return []

    def _cuc(self, now_ms: int) -> cuc.Time:
        tai_ms = self._time.tai_ms(now_ms)
        if tai_ms != self._timed_ms:
            self._timed_ms, self._cuc_time = tai_ms, cuc.time(tai_ms)
        return self._cuc_time

    def _zones(self, filled: list[tuple[int, bytes]]) -> list[Zone]:
        zones = []
        for pointer, octets in filled:
            zones.append(Zone(self._counters.frames, pointer, octets))
            self._counters.frames = self._counters.frames + 1 & 0xFFFFFFF
            self.frames += 1
        if zones:
            self._counters.store(self._memory)
        return zones
