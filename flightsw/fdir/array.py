# SPDX-License-Identifier: Apache-2.0
"""The solar array: strings that are lost or swing, an array that gives less than it should, and the over-voltage trip.

A string that swings is switched off, and on again after a while, three times. After an over-voltage trip all strings are off:
the trip is cleared after a while, then one string after the other comes back as long as the bus stays well below the limit.
"""

from __future__ import annotations

from math import exp

from flatsat.boards.registers import power_flight

from ..events import EventSink
from ..parameters import FlightParameters
from ..retry import RetryLadder
from ..sample import PowerWords
from .alarm import SETTABLE, alarms, median
from .quarantine import Thing, tell_given_up
from .readings import TAPER_CELL_V, Readings

STRINGS = 8
ALL_STRINGS = 0xFF
GONE, BACK = 0.2, 0.6  # of what the others give
LIT = 0.15  # of a string's nominal current: below it strings are not compared
SWING = 0.08  # of what the others give, from one sample to the next and back
BACK_SAMPLES = 5
SWING_SAMPLES, STEADY_SAMPLES = 6, 20
DAY = 0.25  # of nominal: what makes the array's power comparable with what it should be
LOW_S = 60.0
ENOUGH_SAMPLES = 30
CLOSE_EVERY_MS = 5000
MOST_SHARE = 1.15  # of its nominal power, that a cold string may give
_TRIPPED = power_flight.STATUS_OVERVOLTAGE.mask
_AMPERE = power_flight.STRING_0_1_STRING0.lsb


class ArrayWatch:
    """Which strings are connected.

    Attributes:
        enable: mask of the strings that are to be on.
        lost: mask of those that give nothing although they are on.
        clear: whether the over-voltage trip is to be cleared now.
        tripped: whether the power board holds all strings open.
    """

    __slots__ = (
        "_back",
        "_isolated",
        "_ladder",
        "_lost",
        "_low",
        "_moved_ms",
        "_parameters",
        "_ratios",
        "_rises",
        "_sampled",
        "_share",
        "_steady",
        "_swing",
        "_trips",
        "_was_ms",
        "clear",
        "enable",
        "lost",
        "tripped",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._ladder = RetryLadder(STRINGS, parameters.retry_s)
        self._trips = RetryLadder(1, parameters.overvoltage_retry_s, never=1)
        self._lost = alarms(STRINGS, SETTABLE, BACK_SAMPLES)
        self._swing = alarms(STRINGS, SWING_SAMPLES, STEADY_SAMPLES)
        self._isolated = 0  # strings that have not been steady since they were switched off
        self._steady = [0] * STRINGS
        self._low = alarms(1, SETTABLE, ENOUGH_SAMPLES)[0]
        self._ratios = [1.0] * STRINGS
        self._rises = [0.0] * STRINGS
        self._share = 1.0
        self._was_ms: int | None = None
        self._moved_ms = 0
        self._back = ALL_STRINGS  # strings that a trip no longer keeps off
        self.enable = ALL_STRINGS
        self._sampled = ALL_STRINGS  # what the next sample shows: it precedes the command
        self.lost = 0
        self.clear = False
        self.tripped = False

    def strings_on(self, words: PowerWords) -> int:
        """How many strings give power in a sample when there is light: those connected and not lost."""
        return 0 if words.status & _TRIPPED else (self._sampled & ~self.lost).bit_count()

    @property
    def strings_usable(self) -> int:
        """How many strings are neither lost nor held off after faults of their own."""
        return STRINGS - (self._ladder.held | self.lost).bit_count()

    def clear_retries(self) -> None:
        """Let every string that is held off be tried again at once."""
        self._ladder.clear()
        self._trips.clear()

    def observe(self, now_ms: int, words: PowerWords, now: Readings, sensed: bool, events: EventSink) -> None:
        """Take in a sample and decide on the strings.

        Args:
            sensed: whether the strings' sensors are trusted.
        """
        elapsed_s = 0.0 if self._was_ms is None else (now_ms - self._was_ms) / 1000.0
        self._was_ms = now_ms
        self._watch_trip(now_ms, words, now, events)
        if sensed and not self.tripped:
            strings_a = [count * _AMPERE for count in words[11:19]]
            self._compare(now_ms, strings_a, events)
            self._watch_power(now_ms, strings_a, elapsed_s, events)
        elif not sensed:
            for alarm in self._swing:
                alarm.forget()
        held = self._ladder.release(now_ms)
        enable = self._back & ~held
        opened = enable & ~self.enable
        for string in range(STRINGS) if opened else ():
            if opened >> string & 1:
                self._swing[string].forget()
                self._ratios[string], self._rises[string] = 1.0, 0.0
        self._sampled, self.enable = self.enable, enable

    # strings

    def _compare(self, now_ms: int, strings_a: list[float], events: EventSink) -> None:
        lit_a = LIT * (self._parameters.array_w / STRINGS / self._parameters.bus_nominal_v)
        giving_a = self._giving_a(strings_a)
        for string, amperes in enumerate(strings_a) if giving_a and giving_a[-1] >= lit_a else ():
            if not self.enable >> string & 1:
                continue
            lost, others_a = self.lost, giving_a.copy()
            if not lost >> string & 1:
                others_a.remove(amperes)
            whole_a = _second_best(others_a)
            if whole_a < lit_a:
                continue
            ratio = amperes / whole_a
            self._watch_loss(now_ms, string, ratio, amperes, events)
            self._watch_swing(now_ms, string, ratio, amperes, events)
            if self.lost != lost:
                giving_a = self._giving_a(strings_a)

    def _giving_a(self, strings_a: list[float]) -> list[float]:
        """Currents of the strings that are on and not lost, ascending."""
        giving = self.enable & ~self.lost
        return sorted([amperes for string, amperes in enumerate(strings_a) if giving >> string & 1])

    def _watch_loss(self, now_ms: int, string: int, ratio: float, amperes: float, events: EventSink) -> None:
        alarm = self._lost[string]
        gone = ratio < (BACK if alarm.active else GONE)
        if not alarm.follow(gone, self._parameters.string_lost_samples):
            return
        self.lost ^= 1 << string
        name = "STRING_LOST" if alarm.active else "STRING_BACK"
        events.raise_event(name, now_ms, string, round(amperes * 100))

    def _watch_swing(self, now_ms: int, string: int, ratio: float, amperes: float, events: EventSink) -> None:
        """A swing is a rise after a fall or a fall after a rise: a string that goes or comes does so once."""
        rise, before = ratio - self._ratios[string], self._rises[string]
        turned = rise * before < 0.0
        large = abs(rise) > SWING and abs(before) > SWING
        self._ratios[string], self._rises[string] = ratio, rise
        if self._isolated >> string & 1:
            self._steady[string] = 0 if large else self._steady[string] + 1
            if self._steady[string] >= STEADY_SAMPLES:
                self._isolated &= ~(1 << string)
                events.raise_event("STRING_BACK", now_ms, string, round(amperes * 100))
        if self._swing[string].follow(turned and large) and self._swing[string].active:
            alone = sum(alarm.likely for alarm in self._swing) == 1
            self._swing[string].forget()
            if not alone:  # it is their sensors that swing
                return
            self._isolated |= 1 << string
            self._steady[string] = 0
            given_up = self._ladder.fail(string, now_ms)
            events.raise_event("STRING_ISOLATED", now_ms, string, self._ladder.faults[string])
            tell_given_up(given_up, now_ms, Thing.STRING, string, events)

    # the array as a whole

    def _watch_power(self, now_ms: int, strings_a: list[float], elapsed_s: float, events: EventSink) -> None:
        on = self._giving_a(strings_a)
        parameters = self._parameters
        nominal_a = parameters.array_w / STRINGS / parameters.bus_nominal_v
        share = median(on) / nominal_a if on else 0.0
        if share < DAY:  # night, or it looks like it
            self._share = max(self._share, parameters.array_low)
            return
        self._share += (1.0 - exp(-elapsed_s / LOW_S)) * (share - self._share)
        limit = parameters.array_low + (parameters.array_low_hysteresis if self._low.active else 0.0)
        if self._low.follow(self._share < limit, parameters.array_low_samples):
            name = "ARRAY_LOW" if self._low.active else "ARRAY_RESTORED"
            events.raise_event(name, now_ms, round(self._share * 100))

    # over-voltage

    def _watch_trip(self, now_ms: int, words: PowerWords, now: Readings, events: EventSink) -> None:
        tripped = bool(words.status & _TRIPPED)
        if tripped is not self.tripped:
            events.raise_event("OVER_VOLTAGE", now_ms, tripped, words.bus_voltage)
            self._moved_ms = now_ms
        if tripped and not self.tripped:
            self._trips.fail(0, now_ms)
            self._back = 0
        self.tripped = tripped
        self.clear = tripped and not self._trips.release(now_ms)
        if not tripped and self._back != ALL_STRINGS:
            self._move(now_ms, now)

    def _move(self, now_ms: int, now: Readings) -> None:
        """One string less while the bus is high, one more after a while if the battery could take all that it may give."""
        parameters = self._parameters
        if now.bus_v > parameters.overvoltage_v - parameters.overvoltage_margin_v:
            self._back &= self._back >> 1
        elif now_ms - self._moved_ms >= CLOSE_EVERY_MS and self._room_w(now) > self._string_w():
            self._back = self._back << 1 | 1
        else:
            return
        self._moved_ms = now_ms

    def _room_w(self, now: Readings) -> float:
        parameters = self._parameters
        if now.battery_v > TAPER_CELL_V * parameters.cell.cells:
            return 0.0
        return parameters.charge_limit_w * now.packs_usable / 2 - now.battery_w

    def _string_w(self) -> float:
        return MOST_SHARE * self._parameters.array_w / STRINGS


def _second_best(ascending_a: list[float]) -> float:
    """What a whole string gives, even where most are lost; one sensor that reads too much does not count."""
    return ascending_a[-2:][0] if ascending_a else 0.0
