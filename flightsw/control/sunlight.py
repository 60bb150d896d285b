# SPDX-License-Identifier: Apache-2.0
"""Day or night, how long it will last, and how much light the next cycle has.

Measured light tells day and night. The ephemeris is only the first guess of the next terminator; every terminator that is
seen corrects it, to a fraction of a second where a sample fell into the penumbra. Terminators are the instants of half light.
"""

from __future__ import annotations

from math import asin, pi, sqrt

from ..parameters import FlightParameters

DAWN, DUSK = 0.25, 0.10  # of full light: what makes it day, and what makes it night
TRUSTED_TERMINATOR_S = 900.0  # a terminator further off than this may be none: a shadow, a failed array
LATE_SUNRISE_S = 300.0  # how long the night may still last when the sunrise is overdue
DAWN_GRACE_S = 10.0  # from the predicted sunrise until it is overdue
TOLD_S = 3.0  # how far off a sunset of the ephemeris may be
TOLD_NIGHT_S = 10.0  # how far off the length of a night may be that was not measured
SEEN_S, SEEN_CYCLES = 0.5, 0.3  # how far off a terminator may be that follows from those seen
NIGHT_GAIN, SUNRISE_GAIN = 0.5, 0.6  # how much of what was seen enters the next one
SMALL_S = 5.0  # a sunrise that is no further off is smoothed
PENUMBRA = (0.005, 0.96)  # light between these tells the time


class Sunlight:
    """Day or night, and its terminators.

    Args:
        light: measured share of full light at `now_ms`.

    Attributes:
        in_sun: by day.
        night_s: how long nights are, half light to half light.
        unsure_s: how far off the next terminator may be.
        night_unsure_s: how far off the length of the night may be.
    """

    __slots__ = (
        "_dark_since_ms", "_last_light", "_last_ms", "_parameters", "_seen_ms", "_seen_unsure_s", "_sunrise_ms",
        "in_sun", "night_s", "night_unsure_s", "unsure_s",
    )  # fmt: skip

    def __init__(self, parameters: FlightParameters, light: float, now_ms: int) -> None:
        self._parameters = parameters
        self._sunrise_ms = parameters.sunrise_ms - 500.0 * parameters.penumbra_s
        self.night_s = parameters.eclipse_s - parameters.penumbra_s
        self.unsure_s, self.night_unsure_s = TOLD_S, TOLD_NIGHT_S
        self._dark_since_ms = float(now_ms)
        self._last_ms, self._last_light = now_ms, light
        self._seen_ms = -1.0
        self._seen_unsure_s = SEEN_S + SEEN_CYCLES * parameters.cycle_ms / 1000.0
        self.in_sun = light > DAWN

    def update(self, now_ms: int, light: float) -> float:
        """Notice a terminator in the light measured at `now_ms`; return the seconds until the next one."""
        if self.in_sun and light < DUSK:
            self._sunset(self._half_light_ms(now_ms, light))
        elif not self.in_sun and light > DAWN:
            self._sunrise(self._half_light_ms(now_ms, light))
        if PENUMBRA[0] < light < PENUMBRA[1]:
            offset_ms = 1000.0 * penumbra_time_s(light, self._parameters.penumbra_s)
            self._seen_ms = now_ms - offset_ms if light > self._last_light else now_ms + offset_ms
        self._last_ms, self._last_light = now_ms, light
        return self.remaining_s(now_ms)

    def remaining_s(self, now_ms: float) -> float:
        """Seconds until the next terminator."""
        period_s = self._parameters.orbit_period_s
        phase_s = (now_ms - self._sunrise_ms) / 1000.0 % period_s
        if self.night_s <= 0.0:
            return period_s
        if self.in_sun:
            return _day_left_s(phase_s, period_s, self.night_s)
        return _night_left_s(phase_s, (now_ms - self._dark_since_ms) / 1000.0, period_s, self.night_s)

    def rising(self, now_ms: float) -> bool:
        """Whether the nearest terminator is a sunrise."""
        period_s = self._parameters.orbit_period_s
        phase_s = (now_ms - self._sunrise_ms) / 1000.0 % period_s
        day_s = period_s - self.night_s
        return phase_s < day_s / 2 or phase_s > day_s + self.night_s / 2

    def overdue_s(self, now_ms: float) -> float:
        """For how long the sunrise should have been seen by now; negative before it is due."""
        period_s = self._parameters.orbit_period_s
        phase_s = (now_ms - self._sunrise_ms) / 1000.0 % period_s
        return phase_s if phase_s < period_s / 2 else phase_s - period_s

    def predicted(self, at_ms: float) -> float:
        """The share of full light that the terminators known foretell."""
        if self.night_s <= 0.0:
            return 1.0
        period_s, half_s = self._parameters.orbit_period_s, self._parameters.penumbra_s / 2
        phase_s = (at_ms - self._sunrise_ms) / 1000.0 % period_s
        day_s = period_s - self.night_s
        if phase_s > day_s + self.night_s / 2:
            phase_s -= period_s
        inside_s = min(phase_s, day_s - phase_s)  # of the nearer terminator
        return penumbra_light(inside_s / half_s) if half_s else float(inside_s > 0.0)

    def _half_light_ms(self, now_ms: int, light: float) -> float:
        """When the light passed one half: by a sample in the penumbra, or between the last two."""
        reach_ms = 500.0 * self._parameters.penumbra_s + 100.0
        if self._last_ms - reach_ms <= self._seen_ms <= now_ms + reach_ms:
            return self._seen_ms
        if PENUMBRA[0] < light < PENUMBRA[1]:
            offset_ms = 1000.0 * penumbra_time_s(light, self._parameters.penumbra_s)
            return now_ms - offset_ms if not self.in_sun else now_ms + offset_ms
        return (self._last_ms + now_ms) / 2.0

    def _sunset(self, at_ms: float) -> None:
        self.in_sun = False
        self._dark_since_ms = at_ms
        self._correct(at_ms - (self._parameters.orbit_period_s - self.night_s) * 1000.0, trusted=False)

    def _sunrise(self, at_ms: float) -> None:
        self.in_sun = True
        dark_s = (at_ms - self._dark_since_ms) / 1000.0
        long_night = dark_s > self._parameters.eclipse_s / 2
        if long_night and abs(dark_s - self.night_s) < TRUSTED_TERMINATOR_S and self.unsure_s < TOLD_S:
            first = self.night_unsure_s >= TOLD_NIGHT_S
            self.night_s += (1.0 if first else NIGHT_GAIN) * (dark_s - self.night_s)
            self.night_unsure_s = self._seen_unsure_s
        self._correct(at_ms, trusted=long_night)

    def _correct(self, sunrise_ms: float, *, trusted: bool) -> None:
        period_s = self._parameters.orbit_period_s
        late_s = ((sunrise_ms - self._sunrise_ms) / 1000.0 + period_s / 2) % period_s - period_s / 2
        if trusted or abs(late_s) < TRUSTED_TERMINATOR_S:
            smooth = self.night_unsure_s < TOLD_NIGHT_S and abs(late_s) < SMALL_S
            self._sunrise_ms = sunrise_ms - (1.0 - SUNRISE_GAIN) * 1000.0 * late_s if smooth else sunrise_ms
            self.unsure_s = self._seen_unsure_s


def penumbra_light(place: float) -> float:
    """Share of a disc that a straight edge leaves free; -1 is none, 1 the whole disc."""
    if place <= -1.0:
        return 0.0
    if place >= 1.0:
        return 1.0
    return 0.5 + (asin(place) + place * sqrt(1.0 - place * place)) / pi


def penumbra_time_s(light: float, penumbra_s: float) -> float:
    """How long after half light that share is reached: the inverse of `penumbra_light`, by Newton's steps."""
    place = 1.3 * (light - 0.5)
    for _ in range(4):
        slope = 2.0 / pi * sqrt(max(1.0 - place * place, 0.05))
        place = min(max(place + (light - penumbra_light(place)) / slope, -1.0), 1.0)
    return place * penumbra_s / 2


def _day_left_s(phase_s: float, period_s: float, night_s: float) -> float:
    day_s = period_s - night_s
    if phase_s < day_s:
        return day_s - phase_s
    early_sunrise_s = period_s - phase_s
    return early_sunrise_s + day_s if early_sunrise_s < night_s / 2 else 0.0


def _night_left_s(phase_s: float, dark_s: float, period_s: float, night_s: float) -> float:
    """An ephemeris that says day is believed only after a whole night of darkness."""
    day_s = period_s - night_s
    if phase_s >= day_s:
        return period_s - phase_s
    if phase_s > day_s / 2:  # an early sunset
        return day_s - phase_s + night_s
    overdue_s = LATE_SUNRISE_S if phase_s > DAWN_GRACE_S else DAWN_GRACE_S - phase_s
    return max(overdue_s, night_s + DAWN_GRACE_S - dark_s)
