# SPDX-License-Identifier: Apache-2.0
"""The receiving end of a link: octets of a physical channel in, events out.

Synchronization, derandomizing, Reed-Solomon, frame error control, virtual channels and packets, as a profile says.
Nothing that is lost goes unreported: octets, frames and packets each have their event.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from . import coding
from .aos import HEADER_OCTETS, NO_PACKET_STARTS, ONLY_IDLE_DATA, VERSION, FrameHeader, header_error_control
from .assembler import PacketAssembler, Piece, Quality
from .cadu import Located, OctetsSkipped, Synchronizer
from .profile import MARKER, Profile, Service
from .space_packet import IDLE_APID

CORRECTABLE_SYMBOLS = 16  # of one codeword


class Rule(Enum):
    """What a rejected frame broke."""

    UNCORRECTABLE = "more than 16 wrong symbols in a codeword"
    VERSION = "transfer frame version"
    FRAME_ERROR_CONTROL = "frame error control"
    HEADER_ERROR_CONTROL = "header error control"
    VIRTUAL_CHANNEL = "virtual channel not in the profile"
    FIRST_HEADER_POINTER = "first header pointer beyond the packet zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameReceived:
    """`octets` is the corrected frame of the CADU at `offset` of the stream."""

    offset: int
    header: FrameHeader
    octets: bytes
    symbols_corrected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRejected:
    offset: int
    rule: Rule
    codewords_uncorrectable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLost:
    """`count` frames of a virtual channel are missing before the one that follows."""

    spacecraft_id: int
    vcid: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSteppedBack:
    """A frame counter went back, as after a reset of the sender; how many frames are missing is not known."""

    spacecraft_id: int
    vcid: int
    expected: int
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketReceived:
    """A space packet, primary header included; partial ones hold as much as arrived."""

    spacecraft_id: int
    vcid: int
    octets: bytes
    quality: Quality

    @property
    def is_complete(self) -> bool:
        return self.quality is Quality.COMPLETE

    @property
    def apid(self) -> int:
        """Application process identifier; a partial packet may be too short to have one: IndexError."""
        return (self.octets[0] & 7) << 8 | self.octets[1]

    @property
    def is_idle(self) -> bool:
        return self.apid == IDLE_APID


Event = FrameReceived | FrameRejected | FrameLost | CountSteppedBack | PacketReceived | OctetsSkipped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """A decoded codeblock."""

    octets: bytes
    rule: Rule | None
    symbols_corrected: int
    codewords_uncorrectable: int

    @property
    def accepted(self) -> bool:
        return self.rule is None


class _Channel:
    """What is remembered of one virtual channel."""

    def __init__(self) -> None:
        self.expected: int | None = None
        self.packets = PacketAssembler()


class Receiver:
    """Octets in, events out; the events do not depend on how the stream is cut. Feed it in pieces of 100 kB or more."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._layout = profile.frame
        overlap = CORRECTABLE_SYMBOLS * profile.coding.interleave
        self._synchronizer = Synchronizer(MARKER, profile.cadu_octets, overlap, self._judge, self._glance)
        self._channels: dict[tuple[int, int], _Channel] = {}

    def receive(self, octets: bytes) -> list[Event]:
        """What these octets made certain."""
        return [event for found in self._synchronizer.receive(octets) for event in self._events(found)]

    def close(self) -> list[Event]:
        """What remains when no more octets come."""
        events = [event for found in self._synchronizer.close() for event in self._events(found)]
        for (spacecraft_id, vcid), channel in self._channels.items():
            events += _packets(spacecraft_id, vcid, channel.packets.abandon())
        return events

    def _glance(self, cadus: NDArray[np.uint8]) -> NDArray[np.bool_]:
        words, good = coding.first_codewords(cadus[:, len(MARKER) :], self._profile)
        good &= words[:, 0] >> 6 == VERSION
        return good

    def _judge(self, cadus: NDArray[np.uint8]) -> list[_Content]:
        frames, corrected = coding.decode_codeblocks(cadus[:, len(MARKER) :], self._profile)
        uncorrectable = (corrected < 0).sum(axis=1)
        rules: list[Rule | None] = [None] * len(frames)
        broken = {
            Rule.FRAME_ERROR_CONTROL: coding.crc16(frames) * self._layout.frame_error_control,
            Rule.VERSION: frames[:, 0] >> 6 ^ VERSION,
            Rule.UNCORRECTABLE: uncorrectable,
        }
        for rule, breaches in broken.items():
            for index in np.flatnonzero(breaches):
                rules[index] = rule
        octets, length = frames.tobytes(), self._layout.length_octets
        return [
            _Content(
                octets=octets[index * length : (index + 1) * length],
                rule=rule,
                symbols_corrected=symbols,
                codewords_uncorrectable=codewords,
            )
            for index, (rule, symbols, codewords) in enumerate(
                zip(rules, corrected.clip(0).sum(axis=1).tolist(), uncorrectable.tolist(), strict=True)
            )
        ]

    def _events(self, found: Located[_Content] | OctetsSkipped) -> Iterator[Event]:
        if isinstance(found, OctetsSkipped):
            yield found
            return
        content = found.judgement
        if content.rule is not None:
            yield self._rejected(found, content.rule)
            return
        header = FrameHeader.parse(content.octets)
        service = self._profile.service(header.vcid)
        rule = self._breach(header, service, content.octets)
        if rule is not None:
            yield self._rejected(found, rule)
            return
        channel = self._channels.setdefault((header.spacecraft_id, header.vcid), _Channel())
        yield from self._continuity(header, channel)
        yield FrameReceived(
            offset=found.offset,
            header=header,
            octets=content.octets,
            symbols_corrected=content.symbols_corrected,
        )
        if service is Service.PACKETS:
            zone = content.octets[self._layout.zone_offset : self._layout.zone_end]
            pieces = channel.packets.receive(self._first_header_pointer(content.octets), zone)
            yield from _packets(header.spacecraft_id, header.vcid, pieces)

    def _breach(self, header: FrameHeader, service: Service, frame: bytes) -> Rule | None:
        control = int.from_bytes(frame[HEADER_OCTETS : HEADER_OCTETS + 2], "big")
        if self._layout.header_error_control and header_error_control(frame) != control:
            return Rule.HEADER_ERROR_CONTROL
        if service is Service.REJECT:
            return Rule.VIRTUAL_CHANNEL
        if service is Service.PACKETS and not self._pointer_allowed(self._first_header_pointer(frame)):
            return Rule.FIRST_HEADER_POINTER
        return None

    def _first_header_pointer(self, frame: bytes) -> int:
        offset = self._layout.data_offset
        return int.from_bytes(frame[offset : offset + 2], "big") & 0x7FF

    def _pointer_allowed(self, pointer: int) -> bool:
        return pointer < self._layout.zone_octets or pointer in (NO_PACKET_STARTS, ONLY_IDLE_DATA)

    def _continuity(self, header: FrameHeader, channel: _Channel) -> Iterator[Event]:
        """Compare the frame count with the one due; after any gap the packet that was begun cannot go on."""
        expected, received = channel.expected, header.sequence
        channel.expected = (received + 1) % header.modulus
        if expected is None or expected == received:
            return
        missing = (received - expected) % header.modulus
        spacecraft_id, vcid = header.spacecraft_id, header.vcid
        if missing < header.modulus // 2:
            yield FrameLost(spacecraft_id=spacecraft_id, vcid=vcid, count=missing)
        else:
            yield CountSteppedBack(
                spacecraft_id=spacecraft_id, vcid=vcid, expected=expected, received=received
            )
        yield from _packets(spacecraft_id, vcid, channel.packets.abandon())

    @staticmethod
    def _rejected(found: Located[_Content], rule: Rule) -> FrameRejected:
        codewords = found.judgement.codewords_uncorrectable
        return FrameRejected(offset=found.offset, rule=rule, codewords_uncorrectable=codewords)


def _packets(spacecraft_id: int, vcid: int, pieces: list[Piece]) -> list[PacketReceived]:
    return [
        PacketReceived(spacecraft_id=spacecraft_id, vcid=vcid, octets=octets, quality=quality)
        for quality, octets in pieces
    ]
