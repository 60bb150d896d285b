# SPDX-License-Identifier: Apache-2.0
"""The ground's side of the uplink: encodes a scenario's telecommands, numbers them and hands out a block a cycle."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from flatsat.protocols import pus

from .faults import Fault
from .ground_time import GroundTime, Moment
from .plant.noise import Noise
from .telecommand import COMPLETED, Request, Telecommand
from .timeline import Timeline

SEQUENCE_COUNTS = 1 << 14


@dataclass(slots=True, kw_only=True)
class Sending:
    """A telecommand on its way.

    Attributes:
        asked: what the scenario says of it.
        block: its octets.
        released_ms: for one of the schedule, board time at which it is to be executed.
        sent_ms: board time at which it, or the telecommand that carries it, was sent; None before that.
        struck: it is damaged, or comes again: it must not be carried out.
    """

    asked: Request
    block: bytes
    at_ms: int
    released_ms: int | None = None
    sent_ms: int | None = None
    struck: bool = False

    @property
    def at_s(self) -> float:
        """When it is to be sent, or executed if it is one of the schedule."""
        return (self.at_ms if self.released_ms is None else self.released_ms) / 1000

    @property
    def acts_ms(self) -> int | None:
        """Board time from which on it can be executed; None while it has not been sent."""
        return self.sent_ms if self.released_ms is None or self.sent_ms is None else self.released_ms

    @property
    def request(self) -> tuple[int, int] | None:
        """The request identifier that reports about it bear; None where it is too short for one."""
        return pus.request(self.block)

    @property
    def source(self) -> int:
        """Whom reports about it are sent to."""
        return pus.source(self.block)

    @property
    def beginning(self) -> tuple[int, int]:
        """Its first two octets and its length, which the satellite tells of what it discards."""
        return int.from_bytes(self.block[:2], "big"), len(self.block)

    @property
    def is_discardable(self) -> bool:
        """Whether the satellite cannot tell a telecommand in it."""
        try:
            pus.parse_telecommand(self.block)
        except pus.NotATelecommand:
            return True
        except pus.PusError:
            return self.request is None
        return False


REPLAYED_MS = 5_000


class UplinkFaults:
    """What befalls telecommands on their way up, by the time at which they are to be sent, the seed and their order."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._timeline = Timeline(fault for fault in faults if fault.target == "uplink")
        self._dice = Noise(seed, "uplink faults")

    def befall(self, followed: list[Sending], order: int) -> list[list[Sending]]:
        """What goes up in place of a telecommand and what it carries; telecommands come in order of time."""
        sending = followed[0]
        struck = self._timeline.at(sending.at_ms)
        late_ms = sum(round(1000 * fault.amount) for fault in struck if fault.kind == "late")
        replays = [
            replace(sending, at_ms=sending.at_ms + late_ms + REPLAYED_MS, struck=True)
            for fault in struck
            if fault.kind == "replay"
        ]
        for late in followed:
            late.at_ms += late_ms
        if any(f.kind == "corrupt" and self._dice.uniform(order) <= f.amount for f in struck):
            followed = [replace(sending, block=self._damaged(sending.block, order), struck=True)]
        return [followed, *([replay] for replay in replays)]

    def _damaged(self, block: bytes, order: int) -> bytes:
        bit = int.from_bytes(self._dice.octets(order)[8:12], "big") % (8 * len(block))
        octets = bytearray(block)
        octets[bit >> 3] ^= 0x80 >> (bit & 7)
        return bytes(octets)


class Uplink:
    """Telecommands in the order of their times, each sent once. The ground does not know whether they arrive.

    Args:
        telecommands: in order of time.
        epoch_tai_ms: TAI at board time 0, as loaded before launch.
        faults: what befalls them on their way.
    """

    def __init__(
        self, telecommands: Sequence[Telecommand], epoch_tai_ms: int, faults: UplinkFaults | None = None
    ) -> None:
        self.epoch_tai_ms = epoch_tai_ms
        self.sendings: list[Sending] = []
        self._time = GroundTime(telecommands, epoch_tai_ms)
        given = {count for telecommand in telecommands for count in telecommand.given_counts}
        self._given = given if len(given) < SEQUENCE_COUNTS else set()
        self._next_count = 0
        on_their_way: list[list[Sending]] = []
        for order, telecommand in enumerate(telecommands):
            known_tai_ms = self._time.epoch_tai_ms(Moment(telecommand.at_ms, order))
            group = [*self._nested(telecommand, telecommand.at_ms, known_tai_ms)]
            sending = Sending(
                asked=telecommand,
                block=self._encode(telecommand, known_tai_ms, [nested.block for nested in group]),
                at_ms=telecommand.at_ms,
            )
            followed = [sending, *(group if telecommand.expect == COMPLETED else ())]
            on_their_way += faults.befall(followed, order) if faults else [followed]
        on_their_way.sort(key=lambda followed: followed[0].at_ms)
        self._waiting = deque(on_their_way)
        for followed in on_their_way:
            self.sendings += followed

    def next_block(self, now_ms: int) -> bytes | None:
        """The block that goes up now, if one is due; its time of sending is noted."""
        if not self._waiting or self._waiting[0][0].at_ms > now_ms:
            return None
        followed = self._waiting.popleft()
        for sending in followed:
            sending.sent_ms = now_ms
        return followed[0].block

    def _nested(self, request: Request, at_ms: int, known_tai_ms: int) -> Iterator[Sending]:
        for nested, release_ms in zip(request.nested, request.released_ms(known_tai_ms), strict=True):
            inner = [sending.block for sending in self._nested(nested, release_ms, known_tai_ms)]
            block = self._encode(nested, known_tai_ms, inner)
            yield Sending(asked=nested, block=block, at_ms=at_ms, released_ms=release_ms)

    def _encode(self, request: Request, known_tai_ms: int, nested: Sequence[bytes]) -> bytes:
        """Octets with the count that the scenario gives, or the next one that it does not give to any."""
        if request.sequence is None and request.raw is None:
            while self._next_count in self._given:
                self._next_count = (self._next_count + 1) % SEQUENCE_COUNTS
            count = self._next_count
            self._next_count = (count + 1) % SEQUENCE_COUNTS
            return request.encode(count, known_tai_ms, nested)
        return request.encode(0, known_tai_ms, nested)
