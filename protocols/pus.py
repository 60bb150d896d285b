# SPDX-License-Identifier: Apache-2.0
"""Secondary headers of the packet utilisation standard, ECSS-E-ST-70-41C (PUS-C), clauses 7.4.3 and 7.4.4.

That of telemetry, with a CUC time of 4 and 2 octets, has 13 octets; no packet error control follows our source data.
That of telecommands has 5; every telecommand packet ends with 2 octets of packet error control over all before them.
"""

import struct
from binascii import crc_hqx
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from construct import BitsInteger, BitStruct

from . import cuc, space_packet
from .errors import ProtocolError
from .header import Header

PUS_C = 2
FINE_TIME_OCTETS = 2

TELEMETRY_HEADER = Header(
    "PUS telemetry secondary header",
    BitStruct(
        "version" / BitsInteger(4),
        "time_reference" / BitsInteger(4),
        "service" / BitsInteger(8),
        "subtype" / BitsInteger(8),
        "message_counter" / BitsInteger(16),
        "destination" / BitsInteger(16),
        "seconds" / BitsInteger(32),
        "fraction" / BitsInteger(16),
    ),
)
TELEMETRY_HEADER_OCTETS = TELEMETRY_HEADER.octets

TELECOMMAND_HEADER = Header(
    "PUS telecommand secondary header",
    BitStruct(
        "version" / BitsInteger(4),
        "acknowledge" / BitsInteger(4),
        "service" / BitsInteger(8),
        "subtype" / BitsInteger(8),
        "source" / BitsInteger(16),
    ),
)
TELECOMMAND_HEADER_OCTETS = TELECOMMAND_HEADER.octets
ERROR_CONTROL_OCTETS = 2
_AROUND_DATA = space_packet.PRIMARY_HEADER_OCTETS + TELECOMMAND_HEADER_OCTETS
SHORTEST_TELECOMMAND = _AROUND_DATA + ERROR_CONTROL_OCTETS


class Severity(IntEnum):
    """Subtypes of service 5: event reports by severity."""

    INFORMATION = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4


class Acknowledge(IntFlag):
    """Which reports of success a telecommand asks for (7.4.4.1); failures are always reported."""

    NONE = 0
    COMPLETION = 1
    PROGRESS = 2
    START = 4
    ACCEPTANCE = 8


class PusError(ProtocolError):
    """A secondary header of another kind, or a packet that is no telecommand."""


class WrongLength(PusError):
    def __init__(self, octets: int, expected_octets: int) -> None:
        super().__init__(f"telecommand of {octets} octets, expected {expected_octets}")
        self.octets, self.expected_octets = octets, expected_octets


class WrongErrorControl(PusError):
    def __init__(self, found: int, expected: int) -> None:
        super().__init__(f"packet error control 0x{found:04X}, expected 0x{expected:04X}")
        self.found, self.expected = found, expected


class NotATelecommand(PusError):
    def __init__(self, packet: int, sequence: int) -> None:
        super().__init__(
            f"packet that begins 0x{packet:04X} 0x{sequence:04X} is no unsegmented PUS telecommand"
        )
        self.packet, self.sequence = packet, sequence


class WrongTime(PusError):
    def __init__(self, fine_octets: int) -> None:
        super().__init__(f"time with {fine_octets} octets of fraction, telemetry has {FINE_TIME_OCTETS}")
        self.fine_octets = fine_octets


class UnknownVersion(PusError):
    def __init__(self, version: int) -> None:
        super().__init__(f"PUS version number {version}, PUS-C has {PUS_C}")
        self.version = version


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryHeader:
    """`message_counter` counts the reports of one service and subtype, modulo 65,536; the standard would count them for each
    `destination` apart, flight software counts them together."""

    service: int
    subtype: int
    message_counter: int
    time: cuc.Time
    destination: int = 0
    time_reference: int = 0

    def __post_init__(self) -> None:
        if self.time.fine_octets != FINE_TIME_OCTETS:
            raise WrongTime(self.time.fine_octets)

    def encode(self) -> bytes:
        """Thirteen octets. Raises FieldOutOfRange."""
        return TELEMETRY_HEADER.encode(
            PUS_C,
            self.time_reference,
            self.service,
            self.subtype,
            self.message_counter,
            self.destination,
            self.time.seconds,
            self.time.fraction,
        )


def encode_telemetry(
    apid: int,
    sequence_count: int,
    service: int,
    subtype: int,
    message_counter: int,
    time: cuc.Time,
    data: bytes,
    destination: int = 0,
) -> bytes:
    """A whole telemetry packet: what `TelemetryHeader` and `SpacePacket` make, for those who make many.

    Raises struct.error if a field does not fit; an APID of more than 11 bits or a count of more than 14 is not noticed.
    """
    headers = _TELEMETRY_HEADERS.pack(
        _TELEMETRY_PACKET | apid,
        _UNSEGMENTED | sequence_count,
        TELEMETRY_HEADER_OCTETS + len(data) - 1,
        PUS_C << 4,
        service,
        subtype,
        message_counter,
        destination,
        time.seconds,
        time.fraction,
    )
    return headers + data


def parse(octets: bytes) -> TelemetryHeader:
    """The header that a packet's data field begins with. Raises UnknownVersion or ShortHeader."""
    version, reference, service, subtype, counter, destination, seconds, fraction = TELEMETRY_HEADER.parse(
        octets
    )
    if version != PUS_C:
        raise UnknownVersion(version)
    return TelemetryHeader(
        service=service,
        subtype=subtype,
        message_counter=counter,
        time=cuc.Time(seconds=seconds, fraction=fraction, fine_octets=FINE_TIME_OCTETS),
        destination=destination,
        time_reference=reference,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TelecommandHeader:
    """`acknowledge` says which successes are to be reported, `source` who sends."""

    service: int
    subtype: int
    acknowledge: int = Acknowledge.ACCEPTANCE | Acknowledge.START | Acknowledge.COMPLETION
    source: int = 0

    def encode(self) -> bytes:
        """Five octets. Raises FieldOutOfRange."""
        return TELECOMMAND_HEADER.encode(PUS_C, self.acknowledge, self.service, self.subtype, self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telecommand:
    """A telecommand packet; `data` is its application data."""

    apid: int
    sequence_count: int
    header: TelecommandHeader
    data: bytes = b""

    @property
    def request(self) -> tuple[int, int]:
        """The request identifier that verification reports carry: its packet's first two words of 16 bits."""
        return 3 << 11 | self.apid, space_packet.SequenceFlags.UNSEGMENTED << 14 | self.sequence_count

    def encode(self) -> bytes:
        """The whole packet, error control included. Raises FieldOutOfRange or DataFieldLength."""
        packet = space_packet.SpacePacket(
            apid=self.apid,
            sequence_count=self.sequence_count,
            octets=self.header.encode() + self.data + bytes(ERROR_CONTROL_OCTETS),
            is_telecommand=True,
            has_secondary_header=True,
        ).encode()[:-ERROR_CONTROL_OCTETS]
        return packet + error_control(packet).to_bytes(ERROR_CONTROL_OCTETS, "big")


def error_control(octets: bytes) -> int:
    """Packet error control (annex B): x^16 + x^12 + x^5 + 1, preset to ones."""
    return crc_hqx(octets, 0xFFFF)


def request(octets: bytes) -> tuple[int, int] | None:
    """The request identifier of what begins with these octets, None if they are too few for one."""
    if len(octets) < 4:
        return None
    return octets[0] << 8 | octets[1], octets[2] << 8 | octets[3]


def source(octets: bytes) -> int:
    """The source identifier of a telecommand whose error control holds, else 0."""
    whole = len(octets) >= SHORTEST_TELECOMMAND and error_control(octets) == 0
    return octets[_AROUND_DATA - 2] << 8 | octets[_AROUND_DATA - 1] if whole else 0


def parse_telecommand(octets: bytes) -> Telecommand:
    """The telecommand that these octets are, no more and no fewer.

    Raises, the first that applies: WrongLength, WrongErrorControl, NotATelecommand, UnknownVersion.
    """
    if len(octets) < SHORTEST_TELECOMMAND:
        raise WrongLength(len(octets), SHORTEST_TELECOMMAND)
    if len(octets) != space_packet.packet_octets(octets):
        raise WrongLength(len(octets), space_packet.packet_octets(octets))
    found = octets[-2] << 8 | octets[-1]
    expected = error_control(octets[:-ERROR_CONTROL_OCTETS])
    if found != expected:
        raise WrongErrorControl(found, expected)
    packet, sequence = octets[0] << 8 | octets[1], octets[2] << 8 | octets[3]
    if packet >> 11 != 3 or sequence >> 14 != space_packet.SequenceFlags.UNSEGMENTED:
        raise NotATelecommand(packet, sequence)
    version, acknowledge, service, subtype, source = TELECOMMAND_HEADER.parse(
        octets[space_packet.PRIMARY_HEADER_OCTETS : _AROUND_DATA]
    )
    if version != PUS_C:
        raise UnknownVersion(version)
    return Telecommand(
        apid=packet & 0x7FF,
        sequence_count=sequence & 0x3FFF,
        header=TelecommandHeader(service=service, subtype=subtype, acknowledge=acknowledge, source=source),
        data=octets[_AROUND_DATA:-ERROR_CONTROL_OCTETS],
    )


# Both headers of a telemetry packet: packet identification, sequence control, length; then the secondary one.
_TELEMETRY_HEADERS = struct.Struct(">HHH BBB HH IH")
_TELEMETRY_PACKET = 1 << 11  # version 0, telemetry, with a secondary header
_UNSEGMENTED = space_packet.SequenceFlags.UNSEGMENTED << 14
