# SPDX-License-Identifier: Apache-2.0
"""Why something was not delivered: a line for each rejected frame, skip, gap, cut packet and packet not decoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

from flatsat.protocols import profile as profiles
from flatsat.protocols.breach import Rule
from flatsat.protocols.cadu import OctetsSkipped
from flatsat.protocols.profile import MARKER, Profile
from flatsat.protocols.receiver import (
    CountSteppedBack,
    Event,
    FrameLost,
    FrameReceived,
    FrameRejected,
    PacketReceived,
    Receiver,
)
from flatsat.protocols.space_packet import PRIMARY_HEADER_OCTETS, packet_octets

from .packet_table import Row


class Explanation:
    """Events of one receiver in, lines out; offsets are those of the input."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._rejected_at = -1

    def of_event(self, event: Event, octets: int) -> str:
        """A line about an event, empty where nothing is amiss; `octets` is how many the input had so far."""
        if isinstance(event, FrameRejected):
            self._rejected_at = event.offset
            told = _SENTENCES[event.rule].format(event=event, zone=self._profile.frame.zone_octets)
            return f"frame at {event.offset:,}: {told}"
        if isinstance(event, OctetsSkipped):
            return f"{event.count:,} octets skipped at {event.offset:,}: {self._skipped(event, octets)}"
        if isinstance(event, FrameLost):
            return f"before the frame at {event.offset:,}: {_channel(event)}, frames lost by their count: {event.count:,}"
        if isinstance(event, CountSteppedBack):
            return (
                f"frame at {event.offset:,}: {_channel(event)}, frame count went back: "
                f"expected {event.expected:,}, found {event.received:,}"
            )
        if isinstance(event, PacketReceived) and not event.is_complete:
            return f"packet begun in the frame at {event.offset:,}: {_partial(event)}"
        return ""

    @staticmethod
    def of_row(row: Row) -> str:
        """A line about a whole packet, empty where it was decoded."""
        if not row.undecoded:
            return ""
        packet = f"APID {row.apid}, sequence count {row.sequence_count:,}"
        return f"packet begun in the frame at {row.received.offset:,}: {packet}: {row.undecoded}"

    def _skipped(self, event: OctetsSkipped, octets: int) -> str:
        length = self._profile.cadu_octets
        if event.count < length and event.markers == 1:
            if event.offset == self._rejected_at:
                return f"the frame rejected there is {length - event.count:,} octets short"
            if event.offset + event.count == octets:
                return f"the input ends within a frame of {length:,} octets"
        if not event.markers:
            return "no marker"
        return f"{event.markers:,} marker{'s' * (event.markers > 1)}, but no frame behind"


def misfit(head: bytes, octets: int, name: str, profile: Profile, rules: Mapping[Rule, int]) -> str:
    """Why an input of `octets` octets that begins with `head` gave no frame: what was seen, and what to do."""
    if not head:
        return "the input is empty; give a capture of the coded channel"
    markers = _markers(head, MARKER)
    if rules and (not markers or _distance(markers) in (0, profile.cadu_octets)):
        rule, count = Counter(rules).most_common(1)[0]
        frames = f"{sum(rules.values()):,} frames rejected, {count:,} for {rule.value}"
        return f"{frames}; --why explains each, and check --profile {name}"
    if not markers:
        return _otherwise(head) or (
            f"no marker {MARKER.hex().upper()}; give a capture of the coded channel, octet-aligned, or check --profile {name}"
        )
    seen = f"{len(markers):,} marker{'s' * (len(markers) > 1)}"
    if len(head) < octets:
        seen += f" in the first {len(head):,} octets"
    if distance := _distance(markers):
        seen += f", mostly {distance:,} octets apart ({name} has {profile.cadu_octets:,})"
    elif len(head) - markers[0] < profile.cadu_octets:
        within = f"the input ends within a frame of {profile.cadu_octets:,} octets"
        return f"{seen}, and {within}; give more of it, or check --profile {name}"
    fitting = [other for other in profiles.names() if other != name and _fits(head, other)]
    if fitting:
        return f"{seen}; profile {fitting[0]} fits: --profile {fitting[0]}"
    known = ", ".join(profiles.names())
    return f"{seen}; no built-in profile fits ({known}): write one and give it with --profile FILE"


def _markers(head: bytes, marker: bytes) -> list[int]:
    found, at = [], head.find(marker)
    while at >= 0:
        found.append(at)
        at = head.find(marker, at + 1)
    return found


def _distance(markers: list[int]) -> int:
    """The most frequent distance between markers that follow each other, 0 for a single one."""
    distances = Counter(after - before for before, after in pairwise(markers))
    return distances.most_common(1)[0][0] if distances else 0


def _fits(head: bytes, name: str) -> bool:
    receiver = Receiver(profiles.load(name))
    return any(isinstance(event, FrameReceived) for event in receiver.receive(head) + receiver.close())


def _otherwise(head: bytes) -> str:
    """Markers with their bits inverted or shifted, told; empty where there are none either."""
    for inverted, shift in ((True, 0), *((flip, bits) for flip in (False, True) for bits in range(1, 8))):
        marker = bytes(octet ^ 0xFF for octet in MARKER) if inverted else MARKER
        found = sum(1 for _ in _shifted(head, marker, shift))
        if found:
            words = " and ".join(["inverted"] * inverted + [f"shifted by {shift} bits"] * (shift > 0))
            return (
                f"{found:,} marker{'s' * (found > 1)} with bits {words}; put the bits right before decoding"
            )
    return ""


def _shifted(head: bytes, marker: bytes, shift: int) -> Iterator[int]:
    """Where a marker begins `shift` bits into an octet."""
    if not shift:
        yield from _markers(head, marker)
        return
    word = int.from_bytes(marker, "big") << 8 - shift
    middle, mask = word.to_bytes(5, "big")[1:4], (1 << 32) - 1 << 8 - shift
    for at in _markers(head, middle):
        if at and int.from_bytes(head[at - 1 : at + 4], "big") & mask == word and at + 4 <= len(head):
            yield at - 1


def _channel(event: FrameLost | CountSteppedBack) -> str:
    return f"spacecraft {event.spacecraft_id} channel {event.vcid}"


def _partial(event: PacketReceived) -> str:
    found = len(event.octets)
    if event.octets[0] >> 5:
        return f"packet version: expected 0, found {event.octets[0] >> 5}; {found:,} octets of its packet zone are lost"
    if found < PRIMARY_HEADER_OCTETS:
        return f"{found} octets of its header, the rest is missing"
    expected = packet_octets(event.octets)
    told = "its end is missing" if found < expected else "the first header pointer says otherwise"
    return f"APID {event.apid}, {found:,} of {expected:,} octets: {told}"


_SENTENCES: Mapping[Rule, str] = {
    Rule.UNCORRECTABLE: "{event.field}: more than 16 wrong symbols",
    Rule.VERSION: "{event.field}: expected {event.expected}, found {event.found}",
    Rule.FRAME_ERROR_CONTROL: "{event.field}: expected {event.expected}, found {event.found}",
    Rule.HEADER_ERROR_CONTROL: "{event.field}: expected {event.expected}, found {event.found}",
    Rule.VIRTUAL_CHANNEL: "{event.field} {event.found} not in the profile ({event.expected})",
    Rule.FIRST_HEADER_POINTER: "{event.field} {event.found} beyond the packet zone of {zone:,}",
}
