# SPDX-License-Identifier: Apache-2.0
"""Day or night, and how long it will last.

Both are told by the measured array power; the ephemeris is only the first guess of the next terminator, and every terminator
that is seen corrects it.
"""

from __future__ import annotations

from ..parameters import FlightParameters

DAWN, DUSK = 0.25, 0.10  # of the array's nominal power: what makes it day, and what makes it night
TRUSTED_TERMINATOR_S = 900.0  # a terminator further off than this may be none: a shadow, a failed array
LATE_SUNRISE_S = 300.0  # how long the night may still last when the sunrise is overdue
DAWN_GRACE_S = 10.0  # from the predicted sunrise until it is overdue


class Sunlight:
    """Day or night by measured power; how long it lasts by an ephemeris that each terminator seen corrects.

    Args:
        array_w: measured power at `now_ms`.
    """

    __slots__ = ("_dark_since_ms", "_parameters", "_sunrise_ms", "in_sun")

    def __init__(self, parameters: FlightParameters, array_w: float, now_ms: int) -> None:
        self._parameters = parameters
        self._sunrise_ms = float(parameters.sunrise_ms)
        self._dark_since_ms = now_ms
        self.in_sun = array_w > DAWN * parameters.array_w

    def update(self, now_ms: int, array_w: float) -> float:
        """Notice a terminator and return the seconds until the next one."""
        parameters = self._parameters
        day_s = parameters.orbit_period_s - parameters.eclipse_s
        if self.in_sun:
            if array_w < DUSK * parameters.array_w:
                self.in_sun = False
                self._dark_since_ms = now_ms
                self._correct(now_ms - day_s * 1000.0, trusted=False)
        elif array_w > DAWN * parameters.array_w:
            self.in_sun = True
            long_night = now_ms - self._dark_since_ms > parameters.eclipse_s * 500.0
            self._correct(float(now_ms), trusted=long_night)
        phase_s = (now_ms - self._sunrise_ms) / 1000.0 % parameters.orbit_period_s
        if self.in_sun:
            return _day_left_s(phase_s, parameters)
        return _night_left_s(phase_s, (now_ms - self._dark_since_ms) / 1000.0, parameters)

    def _correct(self, sunrise_ms: float, *, trusted: bool) -> None:
        period_s = self._parameters.orbit_period_s
        late_s = ((sunrise_ms - self._sunrise_ms) / 1000.0 + period_s / 2) % period_s - period_s / 2
        if trusted or abs(late_s) < TRUSTED_TERMINATOR_S:
            self._sunrise_ms = sunrise_ms


def _day_left_s(phase_s: float, parameters: FlightParameters) -> float:
    day_s = parameters.orbit_period_s - parameters.eclipse_s
    if phase_s < day_s:
        return day_s - phase_s
    early_sunrise_s = parameters.orbit_period_s - phase_s
    return early_sunrise_s + day_s if early_sunrise_s < parameters.eclipse_s / 2 else 0.0


def _night_left_s(phase_s: float, dark_s: float, parameters: FlightParameters) -> float:
    """An ephemeris that says day is believed only after a whole night of darkness."""
    day_s = parameters.orbit_period_s - parameters.eclipse_s
    if phase_s >= day_s:
        return parameters.orbit_period_s - phase_s + DAWN_GRACE_S
    if phase_s > day_s / 2:  # an early sunset
        return day_s - phase_s + parameters.eclipse_s + DAWN_GRACE_S
    overdue_s = LATE_SUNRISE_S if phase_s > DAWN_GRACE_S else DAWN_GRACE_S - phase_s
    return max(overdue_s, parameters.eclipse_s + DAWN_GRACE_S - dark_s)
