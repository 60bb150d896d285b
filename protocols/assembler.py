# SPDX-License-Identifier: Apache-2.0
"""Space packets out of the packet zones of one virtual channel (M_PDU, CCSDS 732.0-B 4.1.4.2)."""

from enum import Enum
from typing import NamedTuple

from .aos import NO_PACKET_STARTS, ONLY_IDLE_DATA
from .space_packet import PRIMARY_HEADER_OCTETS, packet_octets


class Extent(Enum):
    """How much of a packet arrived."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # begun, but its end is lost, or contradicts the first header pointer


class Piece(NamedTuple):
    """Octets of one packet. Of the zones that carried any of them, `corrected` says whether one came from a frame with
    corrected symbols, and `offset` where in the stream the first one's frame began."""

    extent: Extent
    octets: bytes
    corrected: bool
    offset: int


class PacketAssembler:
    """Zones in, packets out. A packet whose beginning was not received leaves no trace."""

    def __init__(self) -> None:
        self._begun = b""
        self._corrected = False
        self._offset = 0

    def receive(
        self, first_header_pointer: int, zone: bytes, *, corrected: bool = False, offset: int = 0
    ) -> list[Piece]:
        """Packets that this zone, the next of its channel, completes, and those it contradicts."""
        if first_header_pointer == ONLY_IDLE_DATA:
            return self.abandon()
        at = min(first_header_pointer, len(zone))
        pieces: list[Piece] = []
        if self._begun:
            self._corrected |= corrected and at > 0
            pieces = self._continue(zone[:at], first_header_pointer == NO_PACKET_STARTS)
        while at < len(zone):
            if zone[at] >> 5:  # packet version: no space packet, so its length is not known
                return [*pieces, Piece(Extent.PARTIAL, zone[at:], corrected, offset)]
            end = at + _length(zone, at)
            if end > len(zone):
                self._begun, self._corrected, self._offset = zone[at:], corrected, offset
                break
            pieces.append(Piece(Extent.COMPLETE, zone[at:end], corrected, offset))
            at = end
        return pieces

    def abandon(self) -> list[Piece]:
        """The zone that would follow is lost."""
        return [self._end(Extent.PARTIAL)] if self._begun else []

    def _continue(self, tail: bytes, may_go_on: bool) -> list[Piece]:
        """The packet that was begun must end where the first header pointer says, or go on."""
        self._begun += tail
        missing = _length(self._begun, 0) - len(self._begun)
        if missing == 0:
            return [self._end(Extent.COMPLETE)]
        return [] if missing > 0 and may_go_on else self.abandon()

    def _end(self, extent: Extent) -> Piece:
        begun, self._begun = self._begun, b""
        return Piece(extent, begun, self._corrected, self._offset)


def _length(octets: bytes, at: int) -> int:
    """Length of the packet that begins there; more than there are octets while its header is cut."""
    whole = len(octets) - at >= PRIMARY_HEADER_OCTETS
    return packet_octets(octets, at) if whole else PRIMARY_HEADER_OCTETS + 1
