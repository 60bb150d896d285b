# SPDX-License-Identifier: Apache-2.0
"""SLIP packet framing on a serial line (RFC 1055), with an END before and after each packet."""

from dataclasses import dataclass
from enum import Enum

END = b"\xc0"
ESCAPE = b"\xdb"
ESCAPED_END = b"\xdb\xdc"
ESCAPED_ESCAPE = b"\xdb\xdd"

LONGEST_PACKET = 4096


class Fault(Enum):
    """Why the octets between two ENDs are not a packet."""

    ESCAPE = "an ESC not followed by one of its two escape codes"
    LENGTH = "more octets than the receiver's buffer holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """Octets between two ENDs that make no packet; `octets` is how many were on the wire."""

    fault: Fault
    octets: int


def encode(packet: bytes) -> bytes:
    """The packet as it goes on the wire: END, escaped octets, END."""
    return END + packet.replace(ESCAPE, ESCAPED_ESCAPE).replace(END, ESCAPED_END) + END


class Decoder:
    """Finds packets in a stream of octets that arrives in any pieces.

    Empty packets yield nothing. Octets before the first END count as a packet, as RFC 1055 has it: noise
    there is for the layer above to refuse. At most twice `longest_packet` octets are held.
    """

    def __init__(self, longest_packet: int = LONGEST_PACKET) -> None:
        self._longest_packet = longest_packet
        self._held = bytearray()
        self._overflowed_octets = 0

    def receive(self, octets: bytes) -> list[bytes | Malformed]:
        """Packets that these octets complete, in order, with what could not be read as one."""
        *ended, rest = octets.split(END)
        packets = []
        for piece in ended:
            packet = self._end(piece)
            if packet:
                packets.append(packet)
        self._hold(rest)
        return packets

    def _hold(self, piece: bytes) -> None:
        self._held += piece
        # Escaping at most doubles a packet: what is longer on the wire than twice the limit is too long.
        if len(self._held) > 2 * self._longest_packet:
            self._overflowed_octets += len(self._held)
            self._held.clear()

    def _end(self, piece: bytes) -> bytes | Malformed:
        if self._held:
            piece = bytes(self._held) + piece
            self._held.clear()
        octets = self._overflowed_octets + len(piece)
        self._overflowed_octets = 0
        if octets > 2 * self._longest_packet:
            return Malformed(fault=Fault.LENGTH, octets=octets)
        packet = _unescape(piece)
        if packet is None:
            return Malformed(fault=Fault.ESCAPE, octets=octets)
        if len(packet) > self._longest_packet:
            return Malformed(fault=Fault.LENGTH, octets=octets)
        return packet


def _unescape(piece: bytes) -> bytes | None:
    if ESCAPE not in piece:
        return piece
    if piece.count(ESCAPE) != piece.count(ESCAPED_END) + piece.count(ESCAPED_ESCAPE):
        return None
    return piece.replace(ESCAPED_END, END).replace(ESCAPED_ESCAPE, ESCAPE)
