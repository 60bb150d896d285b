# SPDX-License-Identifier: Apache-2.0
"""Service 9, time (ECSS-E-ST-70-41C 6.9): reports of the time correlation, and a new one from the ground."""

from __future__ import annotations

import struct

from flatsat.protocols import cuc
from flatsat.protocols.telecommand import Arguments

from .. import onboard_time
from ..events import EventSink
from ..onboard_time import OnboardTime
from .answers import Answers
from .request import Commands, Effect, Failure, Rejected, integer

FIRST_EXPONENT = 6
LARGEST_EXPONENT = 8
_KEPT = struct.Struct(">B?q")
_DAY_MS = 86_400_000


class TimeService:
    """Reports at the multiples of 2^n s of board time, at boot, and when the correlation has been set.

    Args:
        booted_ms: board time of the boot.

    Attributes:
        due_ms: board time of the next report.
    """

    key, version = 9, 1

    def __init__(self, time: OnboardTime, events: EventSink, answers: Answers, booted_ms: int) -> None:
        self._time = time
        self._events = events
        self._answers = answers
        self._booted_ms = booted_ms
        self._exponent = FIRST_EXPONENT
        self.due_ms = 0

    @property
    def commands(self) -> Commands:
        return {"time_rate": self._rate, "time_set": self._set}

    def report(self, now_ms: int) -> None:
        """Make the report that is due."""
        if not self._answers.room:
            return
        period_ms = 1000 << self._exponent
        self.due_ms = (now_ms // period_ms + 1) * period_ms
        tai = cuc.time(self._time.tai_ms(now_ms))
        raw = (self._exponent, now_ms & 0xFFFFFFFF, tai.seconds, tai.fraction, self._time.set_by_ground)
        self._answers.add("time", raw)

    def pack(self) -> bytes:
        epoch_ms = self._time.epoch_tai_ms if self._time.set_by_ground else 0
        return _KEPT.pack(self._exponent, self._time.set_by_ground, epoch_ms)

    def restore(self, octets: bytes) -> None:
        exponent, set_by_ground, epoch_ms = _KEPT.unpack(octets)
        if exponent > LARGEST_EXPONENT or (
            set_by_ground and not onboard_time.is_possible(epoch_ms, self._booted_ms)
        ):
            raise ValueError("no such rate, or a time that cannot be")
        self._exponent = exponent
        if set_by_ground:
            self._time.set(epoch_ms)

    def _rate(self, arguments: Arguments, now_ms: int) -> Effect:
        exponent = integer(arguments, "exponent")

        def effect() -> None:
            self._exponent = exponent
            self.due_ms = now_ms

        return effect

    def _set(self, arguments: Arguments, now_ms: int) -> Effect:
        seconds = integer(arguments, "seconds")
        epoch_ms = onboard_time.epoch_tai_ms(
            integer(arguments, "board_ms"), seconds, integer(arguments, "fraction"), now_ms
        )
        if not onboard_time.is_possible(epoch_ms, now_ms):
            raise Rejected(Failure.OUT_OF_RANGE, seconds)

        def effect() -> None:
            shift_ms = epoch_ms - self._time.epoch_tai_ms
            self._time.set(epoch_ms)
            days, rest_ms = divmod(abs(shift_ms), _DAY_MS)
            sign = -1 if shift_ms < 0 else 1
            self._events.raise_event("TIME_SET", now_ms, sign * days, sign * rest_ms)
            self.due_ms = now_ms

        return effect
