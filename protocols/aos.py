# SPDX-License-Identifier: Apache-2.0
"""AOS transfer frames (CCSDS 732.0-B): layout, header, error control, and the filling of packet zones.

Pure Python, because flight software builds its frames with it. AosError for a field that does not fit.
"""

from binascii import crc_hqx
from dataclasses import dataclass

from .errors import ProtocolError
from .space_packet import SHORTEST_PACKET, idle_packet

VERSION = 0b01  # transfer frame version number, 4.1.2.2
IDLE_VCID = 63  # virtual channel of frames with only idle data (OID)
HEADER_OCTETS = 6
NO_PACKET_STARTS = 0x7FF  # first header pointer: the zone holds the middle of one packet
ONLY_IDLE_DATA = 0x7FE  # first header pointer we never send: ground systems stumble over it
COUNT_MODULUS = 1 << 24
CYCLE_MODULUS = 1 << 4
CLCW_NO_RF = bytes.fromhex("01008000")  # CCSDS 232.0-B 4.2: COP-1 in effect, no radio link for telecommands
IDLE_PATTERN = b"\x55"


class AosError(ProtocolError):
    """A frame, or a field of one, that AOS or the channel's layout does not allow."""


class OutOfRange(AosError):
    def __init__(self, field: str, value: int, low: int, high: int) -> None:
        super().__init__(f"{field} is {value}, allowed are {low} to {high}")
        self.field, self.value, self.low, self.high = field, value, low, high


class WrongOctets(AosError):
    def __init__(self, field: str, octets: int, expected_octets: int) -> None:
        super().__init__(f"{field} has {expected_octets} octets, not {octets}")
        self.field, self.octets, self.expected_octets = field, octets, expected_octets


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLayout:
    """What every frame of a physical channel has in common; all lengths are fixed by it."""

    length_octets: int
    header_error_control: bool
    insert_zone_octets: int
    count_cycle: bool
    operational_control: bool
    frame_error_control: bool

    def __post_init__(self) -> None:
        _check("insert_zone_octets", self.insert_zone_octets, 0, self.length_octets)
        _check("packet zone octets", self.zone_octets, SHORTEST_PACKET, ONLY_IDLE_DATA)

    @property
    def insert_zone_offset(self) -> int:
        return HEADER_OCTETS + 2 * self.header_error_control

    @property
    def data_offset(self) -> int:
        """Where the data field starts: the M_PDU header, or idle data in a frame of the idle channel."""
        return self.insert_zone_offset + self.insert_zone_octets

    @property
    def zone_offset(self) -> int:
        return self.data_offset + 2

    @property
    def zone_end(self) -> int:
        return self.length_octets - 4 * self.operational_control - 2 * self.frame_error_control

    @property
    def zone_octets(self) -> int:
        return self.zone_end - self.zone_offset

    def first_header_pointer(self, frame: bytes) -> int:
        """Of a frame whose data field is an M_PDU, 4.1.4.2.3."""
        return (frame[self.data_offset] & 7) << 8 | frame[self.data_offset + 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameHeader:
    """Primary header, 4.1.2; `cycle` is None where the frame count cycle is not in use."""

    spacecraft_id: int
    vcid: int
    count: int
    cycle: int | None = 0
    replay: bool = False

    def __post_init__(self) -> None:
        _check("spacecraft_id", self.spacecraft_id, 0, 255)
        _check("vcid", self.vcid, 0, IDLE_VCID)
        _check("count", self.count, 0, COUNT_MODULUS - 1)
        _check("cycle", self.cycle or 0, 0, CYCLE_MODULUS - 1)

    def encode(self) -> bytes:
        identification = VERSION << 14 | self.spacecraft_id << 6 | self.vcid
        signalling = self.replay << 7 | (0 if self.cycle is None else 0x40 | self.cycle)
        return (identification << 32 | self.count << 8 | signalling).to_bytes(HEADER_OCTETS, "big")

    @classmethod
    def parse(cls, octets: bytes) -> "FrameHeader":
        """Header at the start of `octets`; AosError if it is short or of another frame version."""
        if len(octets) < HEADER_OCTETS:
            raise WrongOctets("frame header", len(octets), HEADER_OCTETS)
        word = int.from_bytes(octets[:HEADER_OCTETS], "big")
        if word >> 46 != VERSION:
            raise OutOfRange("transfer frame version", word >> 46, VERSION, VERSION)
        return cls(
            spacecraft_id=word >> 38 & 0xFF,
            vcid=word >> 32 & 0x3F,
            count=word >> 8 & 0xFFFFFF,
            cycle=word & 0xF if word & 0x40 else None,
            replay=bool(word & 0x80),
        )

    @property
    def modulus(self) -> int:
        """How many frames until `sequence` comes round."""
        return COUNT_MODULUS if self.cycle is None else COUNT_MODULUS * CYCLE_MODULUS

    @property
    def sequence(self) -> int:
        """Frame count extended by the cycle."""
        return (self.cycle or 0) * COUNT_MODULUS + self.count


def header_error_control(octets: bytes) -> int:
    """Check symbols of RS(10,6) over GF(16) for header octets 0, 1 and 5, 4.1.2.6."""
    nibbles = f"{octets[0]:02x}{octets[1]:02x}{octets[5]:02x}"
    register = 0
    for nibble in nibbles:
        feedback = register >> 12 ^ int(nibble, 16)
        register = (register << 4 & 0xFFFF) ^ _FEEDBACK[feedback]
    return register


def build_frame(
    layout: FrameLayout,
    *,
    spacecraft_id: int,
    vcid: int,
    count: int,
    cycle: int = 0,
    insert_zone: bytes = b"",
    first_header_pointer: int,
    zone: bytes,
    ocf: bytes = CLCW_NO_RF,
) -> bytes:
    """One frame whose data field is an M_PDU: `zone` as PacketMultiplexer filled it."""
    if len(zone) != layout.zone_octets:
        raise WrongOctets("packet zone", len(zone), layout.zone_octets)
    _check("first_header_pointer", first_header_pointer, 0, NO_PACKET_STARTS)
    header = _header(layout, spacecraft_id, vcid, count, cycle)
    return _assemble(layout, header, insert_zone, first_header_pointer.to_bytes(2, "big") + zone, ocf)


def build_idle_frame(
    layout: FrameLayout,
    *,
    spacecraft_id: int,
    count: int,
    cycle: int = 0,
    insert_zone: bytes = b"",
    ocf: bytes = CLCW_NO_RF,
) -> bytes:
    """One frame with only idle data (OID): virtual channel 63, no M_PDU header."""
    header = _header(layout, spacecraft_id, IDLE_VCID, count, cycle)
    idle = IDLE_PATTERN * (layout.zone_octets + 2)
    return _assemble(layout, header, insert_zone, idle, ocf)


class PacketMultiplexer:
    """Packs packets back to back into packet zones of one length (M_PDU, 4.1.4.2)."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._pending = bytearray()
        self._starts: list[int] = []  # where packets start in _pending
        self._only_idle = True

    @property
    def pending_octets(self) -> int:
        """Octets of packets that no finished zone holds yet."""
        return 0 if self._only_idle else len(self._pending)

    def push(self, packet: bytes) -> list[tuple[int, bytes]]:
        """Append a packet; returns the zones this filled, each as (first header pointer, zone)."""
        if len(packet) < SHORTEST_PACKET:
            raise WrongOctets("space packet", len(packet), SHORTEST_PACKET)
        self._append(packet)
        self._only_idle = False
        return self._filled()

    def flush(self) -> list[tuple[int, bytes]]:
        """Close the zone that holds octets of packets with an idle packet, which may spill into the next."""
        if self._only_idle:
            return []
        space = self._capacity - len(self._pending)
        self._append(idle_packet(max(space, SHORTEST_PACKET)))
        zones = self._filled()
        self._only_idle = True
        return zones

    def _append(self, packet: bytes) -> None:
        self._starts.append(len(self._pending))
        self._pending += packet

    def _filled(self) -> list[tuple[int, bytes]]:
        zones = []
        while len(self._pending) >= self._capacity:
            inside = [start for start in self._starts if start < self._capacity]
            zones.append((inside[0] if inside else NO_PACKET_STARTS, bytes(self._pending[: self._capacity])))
            del self._pending[: self._capacity]
            self._starts = [start - self._capacity for start in self._starts if start >= self._capacity]
        if not self._pending:
            self._only_idle = True
        return zones


def _check(field: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise OutOfRange(field, value, low, high)


def _header(layout: FrameLayout, spacecraft_id: int, vcid: int, count: int, cycle: int) -> FrameHeader:
    used = cycle if layout.count_cycle else None
    return FrameHeader(spacecraft_id=spacecraft_id, vcid=vcid, count=count, cycle=used)


def _assemble(
    layout: FrameLayout, header: FrameHeader, insert_zone: bytes, data_field: bytes, ocf: bytes
) -> bytes:
    if len(insert_zone) > layout.insert_zone_octets:
        raise WrongOctets("insert zone", len(insert_zone), layout.insert_zone_octets)
    if layout.operational_control and len(ocf) != 4:
        raise WrongOctets("operational control field", len(ocf), 4)
    primary = header.encode()
    frame = b"".join(
        (
            primary,
            header_error_control(primary).to_bytes(2, "big") if layout.header_error_control else b"",
            insert_zone.ljust(layout.insert_zone_octets, b"\0"),
            data_field,
            ocf if layout.operational_control else b"",
        )
    )
    return frame + crc_hqx(frame, 0xFFFF).to_bytes(2, "big") if layout.frame_error_control else frame


def _feedback_row(symbol: int) -> int:
    """`symbol` times x^3 + a^3 ... of g = x^4 + a^3 x^3 + a x^2 + a^3 x + 1, as four nibbles."""
    row = 0
    for coefficient in (0b1000, 0b0010, 0b1000, 0b0001):
        row = row << 4 | _multiply16(coefficient, symbol)
    return row


def _multiply16(a: int, b: int) -> int:
    """Product in GF(16) with x^4 + x + 1."""
    product = 0
    for bit in range(4):
        product ^= (a << bit) * (b >> bit & 1)
    for bit in (6, 5, 4):
        product ^= (0b10011 << bit - 4) * (product >> bit & 1)
    return product


_FEEDBACK = tuple(_feedback_row(symbol) for symbol in range(16))
