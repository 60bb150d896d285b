# SPDX-License-Identifier: Apache-2.0
"""The laser link: acquire, track, search again after a loss; and frames on their way into the board's FIFO.

Frames wait in a bounded queue in flight memory until there is light: those in the FIFO would be lost with the board's power.
At most one is handed over in a cycle. One that was refused or not answered is handed over again with its sequence number, so
that the board drops it if it has it already; no other frame is handed over before. Frames are numbered before they wait:
those that a full queue drops, and those that wait here or in the board when the computer is reset, are gaps in the count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from flatsat.boards.registers import laser_flight

from .events import EventSink
from .parameters import FlightParameters
from .ports import BoardId, NoReply, PortFault, Refused, Write
from .sample import LaserWords

FIFO_FRAMES = 4
FIFO_ADDRESS = laser_flight.TX_FIFO.address
FIFO_OCTETS = 1120
AHEAD_MS = 1500  # how long before TRACK is due the FIFO may be filled
OFF, ENABLE, SEARCH_AGAIN = 0, 1, 3


class LinkState(IntEnum):
    """State of the laser board."""

    OFF = 0
    ACQUIRE = 1
    TRACK = 2
    LOST = 3


class Zone(NamedTuple):
    """A filled packet zone that waits to become a frame; its transmission time is not known yet."""

    number: int
    first_header_pointer: int
    octets: bytes


class Pending(NamedTuple):
    """A frame that was handed over and not yet acknowledged."""

    sequence: int
    zone: Zone
    frame: bytes


class LaserControl:
    """The link and its queue.

    Args:
        build: makes the frame of a zone that is transmitted at a time in board milliseconds.

    Attributes:
        state: in the latest sample.
        dropped: zones lost since boot because the queue was full.
    """

    __slots__ = (
        "_build",
        "_handed",
        "_lost_ms",
        "_parameters",
        "_pending",
        "_queue",
        "_ready",
        "_report_at",
        "_search",
        "_sent",
        "_sequence",
        "dropped",
        "state",
    )

    def __init__(self, parameters: FlightParameters, build: Callable[[Zone, int], bytes]) -> None:
        self._parameters = parameters
        self._build = build
        self._queue: deque[Zone] = deque()
        self._handed: deque[Zone] = deque()  # acknowledged, not yet known to be sent
        self._pending: Pending | None = None
        self._sequence = -1  # the last one the board has taken; -1 unknown
        self._sent = 0
        self._ready = False
        self._search = False
        self._lost_ms = 0
        self.state = LinkState.OFF
        self.dropped = 0
        self._report_at = 0  # the next number dropped that is an event

    @property
    def queued(self) -> int:
        """Frames that have not been acknowledged by the board."""
        return len(self._queue) + (self._pending is not None)

    def push(self, zone: Zone, now_ms: int, events: EventSink) -> None:
        """Queue a zone; when the queue is full the oldest one has to go for it.

        That is an event when it begins, and again once a whole queue has gone: so one report at least is among what is kept.
        """
        self._queue.append(zone)
        if len(self._queue) <= self._parameters.frame_queue:
            return
        self._queue.popleft()
        self.dropped += 1
        if self.dropped >= self._report_at:
            events.raise_event("FRAMES_DROPPED", now_ms, self.dropped, self.queued)
            self._report_at = self.dropped + self._parameters.frame_queue

    def search(self) -> None:
        """Give up the light there is: the board is switched off, and acquires anew."""
        self._search = True

    def no_sample(self) -> None:
        """Nothing was heard from the board: hand nothing over."""
        self._ready = False

    def forget(self) -> None:
        """The board has lost power, and the frames it held; in TRACK they had left within the cycle."""
        if self.state is not LinkState.TRACK:
            if self._pending is not None:
                self._queue.appendleft(self._pending.zone)
                self._pending = None
            self._queue.extendleft(reversed(self._handed))
        self._handed.clear()
        self._sequence = -1
        self._sent = 0
        self._ready = self._search = False
        self.state = LinkState.OFF

    def restarted(self, words: LaserWords) -> bool:
        """Whether the board has gone off without being told to, and has lost what it was told and the frames it held."""
        state = self.state
        if words.state != LinkState.OFF or state is LinkState.OFF or self._search:
            return False
        self.forget()
        self.state = state  # the loss of the link is yet to be told
        return True

    def observe(self, now_ms: int, words: LaserWords, events: EventSink) -> None:
        """Take in a sample: link state, what was taken and what was sent."""
        if words.state != self.state:
            self._change(LinkState(words.state), words.acquisitions, now_ms, events)
        state = self.state
        self._search = self._search and state is not LinkState.OFF
        for _ in range(min((words.frames_sent - self._sent) & 0xFFFFFFFF, len(self._handed))):
            self._handed.popleft()
        self._sent = words.frames_sent
        self._settle(words)
        soon = state is LinkState.ACQUIRE and words.timer_ms + AHEAD_MS >= self._parameters.acquire_ms
        self._ready = (state is LinkState.TRACK or soon) and words.fifo_level < FIFO_FRAMES

    def _change(self, state: LinkState, acquisitions: int, now_ms: int, events: EventSink) -> None:
        if state is LinkState.TRACK:
            events.raise_event("LINK_ACQUIRED", now_ms, acquisitions, (now_ms - self._lost_ms) // 1000)
        elif self.state is LinkState.TRACK:
            events.raise_event("LINK_LOST", now_ms, state, len(self._queue))
            self._lost_ms = now_ms
        self.state = state

    def _settle(self, words: LaserWords) -> None:
        """Compare the board's sequence with the frame that awaits its acknowledgement."""
        reset = self._sequence < 0
        self._sequence = words.tx_sequence
        if self._pending is None:
            return
        if reset:  # it may bear any number: take the next one, lest the board think it a repeat
            sequence = (self._sequence + 1) & 0xFFFF
            self._pending = self._pending._replace(sequence=sequence)
        elif self._pending.sequence == self._sequence:
            self._acknowledge(self._pending)

    def command(self) -> int:
        """What LASER_COMMAND should be told."""
        if self._search:
            return OFF
        return SEARCH_AGAIN if self.state is LinkState.LOST else ENABLE

    def hand_over(self, now_ms: int) -> Write | None:
        """The frame to write in this cycle, if there is one and the board can take it."""
        if not self._ready:
            return None
        if self._pending is None:
            if not self._queue:
                self._report_at = 0
                return None
            zone = self._queue.popleft()
            self._pending = Pending((self._sequence + 1) & 0xFFFF, zone, self._build(zone, now_ms))
        frame = self._pending.frame
        window = self._pending.sequence.to_bytes(2, "big") + len(frame).to_bytes(2, "big") + frame
        return Write(BoardId.LASER, FIFO_ADDRESS, window.ljust(FIFO_OCTETS, b"\0"), incrementing=False)

    def handed(self, answer: bytes | PortFault) -> None:
        """The answer to the latest frame: anything but an acknowledgement leaves it pending."""
        if self._pending is not None and not isinstance(answer, NoReply | Refused):
            self._sequence = self._pending.sequence
            self._acknowledge(self._pending)

    def _acknowledge(self, pending: Pending) -> None:
        self._handed.append(pending.zone)
        self._pending = None
