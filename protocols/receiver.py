# SPDX-License-Identifier: Apache-2.0
"""The receiving end of a link: octets of a physical channel in, events out.

Synchronization, derandomizing, Reed-Solomon, frame error control, virtual channels and packets, as a profile says.
Nothing that is lost goes unreported: octets, frames and packets each have their event.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import coding
from .aos import HEADER_OCTETS, NO_PACKET_STARTS, ONLY_IDLE_DATA, VERSION, FrameHeader, header_error_control
from .assembler import Extent, PacketAssembler, Piece
from .breach import CORRECTABLE_SYMBOLS, Rule, Suspect, describe
from .cadu import Located, OctetsSkipped, Synchronizer
from .profile import MARKER, Profile, Service
from .space_packet import IDLE_APID


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameReceived:
    """`octets` is the corrected frame of the CADU at `offset` of the stream."""

    offset: int
    header: FrameHeader
    octets: bytes
    symbols_corrected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRejected:
    """The CADU at `offset` broke `rule`: its `field` is `found` where `expected` was due, both as a reader wants them."""

    offset: int
    rule: Rule
    field: str
    expected: str
    found: str
    codewords_uncorrectable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLost:
    """`count` frames of a virtual channel are missing before the one at `offset`."""

    offset: int
    spacecraft_id: int
    vcid: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSteppedBack:
    """The frame counter of the frame at `offset` went back, as after a reset of the sender; how many frames are missing
    is not known."""

    offset: int
    spacecraft_id: int
    vcid: int
    expected: int
    received: int


class PacketReceived(NamedTuple):
    """A space packet, primary header included; partial ones hold as much as arrived.

    Attributes:
        offset: of the CADU in which it begins.
        corrected: symbols were corrected in a frame that carried some of its octets.
        after_gap: something of its channel is missing between the packet before (idle ones excluded) and this one, by the
            channel's frame count (CCSDS 732.0-B 4.1.2.4, with its cycle of 4.1.2.5) or its packets' lengths. Before a
            channel's first packet, whatever the receiver could not read may have been the channel's.
    """

    offset: int
    spacecraft_id: int
    vcid: int
    octets: bytes
    extent: Extent
    corrected: bool
    after_gap: bool

    @property
    def is_complete(self) -> bool:
        return self.extent is Extent.COMPLETE

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
    uncorrectable: tuple[int, ...]

    @property
    def accepted(self) -> bool:
        return self.rule is None


class _Channel:
    """What is remembered of one virtual channel."""

    def __init__(self, spacecraft_id: int, vcid: int, after_gap: bool) -> None:
        self.spacecraft_id = spacecraft_id
        self.vcid = vcid
        self.expected: int | None = None
        self.packets = PacketAssembler()
        self._after_gap = after_gap

    def deliver(self, pieces: Iterable[Piece]) -> Iterator[PacketReceived]:
        for extent, octets, corrected, offset in pieces:
            packet = PacketReceived(
                offset, self.spacecraft_id, self.vcid, octets, extent, corrected, self._after_gap
            )
            if extent is Extent.PARTIAL:
                self._after_gap = True
            elif self._after_gap and not packet.is_idle:
                self._after_gap = False
            yield packet

    def interrupt(self) -> Iterator[PacketReceived]:
        """Frames are missing here: the packet that was begun cannot go on."""
        yield from self.deliver(self.packets.abandon())
        self._after_gap = True


class Receiver:
    """Octets in, events out; the events do not depend on how the stream is cut. Feed it in pieces of 100 kB or more."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._layout = profile.frame
        overlap = CORRECTABLE_SYMBOLS * profile.coding.interleave
        self._synchronizer = Synchronizer(MARKER, profile.cadu_octets, overlap, self._judge, self._glance)
        self._channels: dict[tuple[int, int], _Channel] = {}
        self._missed = False  # octets that may have been of a channel not yet seen

    def receive(self, octets: bytes) -> list[Event]:
        """What these octets made certain."""
        return [event for found in self._synchronizer.receive(octets) for event in self._events(found)]

    def close(self) -> list[Event]:
        """What remains when no more octets come."""
        events = [event for found in self._synchronizer.close() for event in self._events(found)]
        for channel in self._channels.values():
            events += channel.deliver(channel.packets.abandon())
        return events

    def _glance(self, cadus: NDArray[np.uint8]) -> NDArray[np.bool_]:
        words, good = coding.first_codewords(cadus[:, len(MARKER) :], self._profile)
        good &= words[:, 0] >> 6 == VERSION
        return good

    def _judge(self, cadus: NDArray[np.uint8]) -> list[_Content]:
        frames, corrected = coding.decode_codeblocks(cadus[:, len(MARKER) :], self._profile)
        uncorrectable = corrected < 0
        rules: list[Rule | None] = [None] * len(frames)
        broken = {
            Rule.FRAME_ERROR_CONTROL: coding.crc16(frames) * self._layout.frame_error_control,
            Rule.VERSION: frames[:, 0] >> 6 ^ VERSION,
            Rule.UNCORRECTABLE: uncorrectable.any(axis=1),
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
                uncorrectable=tuple(np.flatnonzero(uncorrectable[index]).tolist())
                if rule is Rule.UNCORRECTABLE
                else (),
            )
            for index, (rule, symbols) in enumerate(
                zip(rules, corrected.clip(0).sum(axis=1).tolist(), strict=True)
            )
        ]

    def _events(self, found: Located[_Content] | OctetsSkipped) -> Iterator[Event]:
        if isinstance(found, OctetsSkipped):
            self._missed = True
            yield found
            return
        content = found.judgement
        rule = content.rule or self._breach(content.octets)
        if rule is not None:
            self._missed = True
            yield self._rejected(found, rule)
            return
        header = FrameHeader.parse(content.octets)
        channel = self._channel(header)
        yield from self._continuity(found.offset, header, channel)
        yield FrameReceived(
            offset=found.offset,
            header=header,
            octets=content.octets,
            symbols_corrected=content.symbols_corrected,
        )
        if self._profile.service(header.vcid) is Service.PACKETS:
            zone = content.octets[self._layout.zone_offset : self._layout.zone_end]
            pieces = channel.packets.receive(
                self._layout.first_header_pointer(content.octets),
                zone,
                corrected=content.symbols_corrected > 0,
                offset=found.offset,
            )
            yield from channel.deliver(pieces)

    def _channel(self, header: FrameHeader) -> _Channel:
        key = header.spacecraft_id, header.vcid
        if key not in self._channels:
            self._channels[key] = _Channel(*key, after_gap=self._missed)
        return self._channels[key]

    def _breach(self, frame: bytes) -> Rule | None:
        service = self._profile.service(frame[1] & 0x3F)
        control = int.from_bytes(frame[HEADER_OCTETS : HEADER_OCTETS + 2], "big")
        if self._layout.header_error_control and header_error_control(frame) != control:
            return Rule.HEADER_ERROR_CONTROL
        if service is Service.REJECT:
            return Rule.VIRTUAL_CHANNEL
        if service is Service.PACKETS and not self._pointer_allowed(self._layout.first_header_pointer(frame)):
            return Rule.FIRST_HEADER_POINTER
        return None

    def _pointer_allowed(self, pointer: int) -> bool:
        return pointer < self._layout.zone_octets or pointer in (NO_PACKET_STARTS, ONLY_IDLE_DATA)

    def _continuity(self, offset: int, header: FrameHeader, channel: _Channel) -> Iterator[Event]:
        """Compare the frame count with the one due (4.1.2.4)."""
        expected, received = channel.expected, header.sequence
        channel.expected = (received + 1) % header.modulus
        if expected is None or expected == received:
            return
        missing = (received - expected) % header.modulus
        spacecraft_id, vcid = header.spacecraft_id, header.vcid
        if missing < header.modulus // 2:
            yield FrameLost(offset=offset, spacecraft_id=spacecraft_id, vcid=vcid, count=missing)
        else:
            yield CountSteppedBack(
                offset=offset,
                spacecraft_id=spacecraft_id,
                vcid=vcid,
                expected=expected,
                received=received,
            )
        yield from channel.interrupt()

    def _rejected(self, found: Located[_Content], rule: Rule) -> FrameRejected:
        content = found.judgement
        suspect = Suspect(octets=content.octets, uncorrectable=content.uncorrectable, profile=self._profile)
        breach = describe(rule, suspect)
        return FrameRejected(
            offset=found.offset,
            rule=rule,
            field=breach.field,
            expected=breach.expected,
            found=breach.found,
            codewords_uncorrectable=len(content.uncorrectable),
        )
