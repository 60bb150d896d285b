# SPDX-License-Identifier: Apache-2.0
"""Space packets, CCSDS 133.0-B-2 section 4.1."""

from dataclasses import dataclass
from enum import IntEnum

from construct import BitsInteger, BitStruct, Flag

from .errors import ProtocolError
from .header import Header

IDLE_APID = 0x7FF
LONGEST_DATA_FIELD = 1 << 16
PRIMARY_HEADER_OCTETS = 6
SHORTEST_PACKET = PRIMARY_HEADER_OCTETS + 1

PRIMARY_HEADER = Header(
    "space packet primary header",
    BitStruct(
        "version" / BitsInteger(3),
        "is_telecommand" / Flag,
        "has_secondary_header" / Flag,
        "apid" / BitsInteger(11),
        "flags" / BitsInteger(2),
        "sequence_count" / BitsInteger(14),
        "data_field_octets_less_one" / BitsInteger(16),
    ),
)


class SequenceFlags(IntEnum):
    CONTINUATION = 0
    FIRST = 1
    LAST = 2
    UNSEGMENTED = 3


class SpacePacketError(ProtocolError):
    """Octets that are no space packet, or a data field that none can carry."""


class UnknownVersion(SpacePacketError):
    def __init__(self, version: int) -> None:
        super().__init__(f"packet version number {version}, space packets have 0")
        self.version = version


class WrongLength(SpacePacketError):
    def __init__(self, octets: int, expected_octets: int) -> None:
        super().__init__(f"{octets} octets, the length field says {expected_octets}")
        self.octets, self.expected_octets = octets, expected_octets


class DataFieldLength(SpacePacketError):
    def __init__(self, octets: int) -> None:
        super().__init__(f"data field of {octets} octets, allowed are 1 to {LONGEST_DATA_FIELD}")
        self.octets = octets


_FLAGS = tuple(SequenceFlags)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpacePacket:
    """A packet; `octets` is its data field (secondary header included), 1 to 65,536 octets."""

    apid: int
    sequence_count: int
    octets: bytes
    is_telecommand: bool = False
    has_secondary_header: bool = False
    flags: SequenceFlags = SequenceFlags.UNSEGMENTED

    @property
    def is_idle(self) -> bool:
        return self.apid == IDLE_APID

    def encode(self) -> bytes:
        """The packet's octets. Raises FieldOutOfRange or DataFieldLength."""
        if not 1 <= len(self.octets) <= LONGEST_DATA_FIELD:
            raise DataFieldLength(len(self.octets))
        header = PRIMARY_HEADER.encode(
            0,
            self.is_telecommand,
            self.has_secondary_header,
            self.apid,
            self.flags,
            self.sequence_count,
            len(self.octets) - 1,
        )
        return header + self.octets


def packet_octets(octets: bytes, offset: int = 0) -> int:
    """Length of the packet whose primary header starts at `offset`, read from its length field."""
    if len(octets) < offset + PRIMARY_HEADER_OCTETS:
        raise WrongLength(len(octets) - offset, PRIMARY_HEADER_OCTETS)
    return (octets[offset + 4] << 8 | octets[offset + 5]) + SHORTEST_PACKET


def parse(packet: bytes) -> SpacePacket:
    """The packet that these octets are, no more and no fewer. Raises SpacePacketError or ShortHeader."""
    version, command, secondary, apid, flags, count, less_one = PRIMARY_HEADER.parse(packet)
    if version:
        raise UnknownVersion(version)
    if len(packet) != less_one + SHORTEST_PACKET:
        raise WrongLength(len(packet), less_one + SHORTEST_PACKET)
    return SpacePacket(
        apid=apid,
        sequence_count=count,
        octets=packet[PRIMARY_HEADER_OCTETS:],
        is_telecommand=bool(command),
        has_secondary_header=bool(secondary),
        flags=_FLAGS[flags],
    )


def idle_packet(octets: int) -> bytes:
    """Idle packet of `octets` in all, 7 to 65,542: APID 0x7FF, no secondary header, zeros."""
    return SpacePacket(
        apid=IDLE_APID, sequence_count=0, octets=bytes(max(octets - PRIMARY_HEADER_OCTETS, 0))
    ).encode()
