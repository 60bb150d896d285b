# SPDX-License-Identifier: Apache-2.0
"""The power board's readings filtered into an estimate of the satellite's energy.

A reading is a cycle old when it is taken, and a command acts until the end of the next cycle. So falling power is carried
forward to there, and foretold where the terminator is known.
"""

from __future__ import annotations

from math import exp

from ..fdir.readings import STRINGS, Readings
from ..parameters import FlightParameters
from .battery import BatteryEstimate
from .flicker import Troughs
from .port import Energy
from .sunlight import TOLD_NIGHT_S, Sunlight

PACKS = 2
STEADY_FRACTION = 0.02  # of the array's power: a change within this is noise
CYCLES_TO_ACT = 2.0  # from the instant of the sample to the end of the cycle that the command rules
BUS_GAIN = 0.1  # of what the loads beside the racks draw more or less, in a cycle
BUS_STEP_W, BUS_MORE_S = 300.0, 10.0  # so much more is no noise, but a heater: it is taken in within so long
FULL_S = 300.0  # over which the array's full power is averaged: longer than it wanders
BROKEN_FRACTION = 0.05  # a steady change beyond this is a string gained or lost
BROKEN_S = 10.0
TERMINATOR_S = 30.0  # around a terminator nothing is learned of the array


class EnergyEstimate:
    """Filters the power board's readings into an Energy.

    Attributes:
        energy: the latest estimate.
        battery: what is known of the battery.
        sunlight: what is known of day and night.
        rack_w: what the racks draw, measured.
        battery_w: what goes into the battery, measured; negative while it is discharged.
        battery_k: cell temperature.
    """

    __slots__ = (
        "_array_w", "_broken_s", "_bus_w", "_cycle_s", "_full_w", "_last_light_w", "_last_ms", "_parameters",
        "_strings_share", "_sunrise_ms", "_troughs", "battery", "battery_k", "battery_w", "energy", "rack_w", "sunlight",
    )  # fmt: skip

    def __init__(self, parameters: FlightParameters, readings: Readings, now_ms: int) -> None:
        self._parameters = parameters
        self._cycle_s = parameters.cycle_ms / 1000.0
        self._last_ms = now_ms
        self._array_w = readings.array_w
        self._last_light_w = light_w = readings.light_w or 0.0
        self._strings_share = 1.0
        self._full_w = parameters.array_w  # of all strings
        self._broken_s = 0.0
        self._troughs = Troughs(parameters)
        self._bus_w = parameters.bus_power_w
        self.battery = BatteryEstimate(parameters, readings.state_of_charge, readings.battery_k)
        self.sunlight = Sunlight(parameters, light_w / parameters.array_w, now_ms)
        period_ms = parameters.orbit_period_s * 1000.0
        self._sunrise_ms = now_ms - (now_ms - parameters.sunrise_ms) % period_ms
        self.update(readings, now_ms)

    def update(self, readings: Readings, now_ms: int) -> Energy:
        """Take a cycle's sample in."""
        elapsed_s = (now_ms - self._last_ms) / 1000.0
        self._last_ms = now_ms
        self.rack_w = readings.racks_w
        self.battery_w = readings.battery_w
        self.battery_k = readings.battery_k
        bus_w = readings.bus_a * readings.bus_v - self.rack_w
        more = bus_w > self._bus_w + BUS_STEP_W
        gain = max(min(self._cycle_s / BUS_MORE_S, 1.0), BUS_GAIN) if more else BUS_GAIN
        self._bus_w = max(self._bus_w + gain * (bus_w - self._bus_w), 0.0)
        share = readings.packs_usable / PACKS
        self.battery.update(readings, share, elapsed_s)
        soon_w, least_w = self._follow_array(readings, now_ms, elapsed_s)
        sunlight, battery = self.sunlight, self.battery
        self.energy = Energy(
            battery.ahead(readings.battery_a, self._cycle_s if elapsed_s else 0.0),
            self._array_w,
            soon_w,
            self._bus_w,
            sunlight.in_sun,
            sunlight.remaining_s(now_ms),
            self.rack_w,
            sunlight.night_s,
            self._full_w * readings.strings_usable / STRINGS,
            self._boost(now_ms),
            battery.capacity_wh,
            battery.ohm,
            battery.deviation,
            sunlight.night_unsure_s,
            least_w,
            share,
            self._troughs.flickers,
        )
        return self.energy

    def _follow_array(self, readings: Readings, now_ms: int, elapsed_s: float) -> tuple[float, float]:
        """Take the measured power in; return where it will be when a command given now has acted, likely and at the least."""
        array_w, fallen_w = readings.array_w, 0.0
        if readings.light_w is not None:
            self._strings_share = readings.strings_on / STRINGS
            fallen_w = (self._last_light_w - readings.light_w) * self._strings_share
            self._last_light_w = readings.light_w
            self._follow_light(readings.light_w, now_ms - self._parameters.cycle_ms, elapsed_s)
            self._troughs.follow(now_ms, readings.light_w, in_sun=self.sunlight.in_sun)

        steady_w = STEADY_FRACTION * self._parameters.array_w
        if abs(array_w - self._array_w) > steady_w:
            self._array_w = array_w
        else:
            self._array_w += 0.2 * (array_w - self._array_w)
        ahead_w = CYCLES_TO_ACT * fallen_w if fallen_w > steady_w else 0.0
        seen_w = max(self._array_w - ahead_w, 0.0)
        likely_w, least_w = self._foretold_w(now_ms, seen_w)
        if self.sunlight.in_sun and self._troughs.flickers:
            least_w = min(least_w, self._troughs.least_w * self._strings_share)
        return likely_w, least_w

    def _follow_light(self, light_w: float, sampled_ms: int, elapsed_s: float) -> None:
        """Take in what all strings would give; while none is connected, day and night are as they were."""
        was_day = self.sunlight.in_sun
        gain = 1.0 + (self._boost(sampled_ms) if was_day else self._parameters.cold_boost)
        self.sunlight.update(sampled_ms, light_w / (self._full_w * gain))
        if self.sunlight.in_sun and not was_day:
            self._sunrise_ms = float(sampled_ms)
        self._learn_full(light_w / gain, sampled_ms, elapsed_s)

    def _foretold_w(self, now_ms: int, seen_w: float) -> tuple[float, float]:
        """Power at the end of the cycle that a command given now rules, and the least power while it acts.

        Terminators come as foretold for the first, and at the worst time for the second: of a rising power that is the first, of
        a falling one the last.
        """
        sunlight, cycle_ms = self.sunlight, self._parameters.cycle_ms
        unsure_ms, full_w = 1000.0 * sunlight.unsure_s, self._full_w * self._strings_share
        if not sunlight.rising(now_ms):
            least = sunlight.predicted(now_ms + cycle_ms + unsure_ms)
            if least == 1.0:
                return seen_w, seen_w
            light = sunlight.predicted(now_ms + cycle_ms)
            likely_w = seen_w if light == 1.0 else min(seen_w, light * full_w)
            return likely_w, min(seen_w, least * full_w)
        risen = sunlight.predicted(now_ms - cycle_ms - unsure_ms) == 1.0  # what was seen is all there is
        if risen or not self._sunrise_foretold(now_ms):
            return seen_w, seen_w
        likely_w = seen_w
        if sunlight.predicted(now_ms - cycle_ms) < 1.0:
            cold_w = full_w * (1.0 + self._parameters.cold_boost)
            likely_w = max(seen_w, sunlight.predicted(now_ms + cycle_ms) * cold_w)
        return likely_w, max(seen_w, sunlight.predicted(now_ms - unsure_ms) * full_w)

    def _sunrise_foretold(self, now_ms: int) -> bool:
        """Whether the sunrise follows from terminators seen, and has not failed to come."""
        sunlight = self.sunlight
        overdue = not sunlight.in_sun and sunlight.overdue_s(now_ms - 2.0 * self._parameters.cycle_ms) > 0.0
        return not overdue and sunlight.night_unsure_s < TOLD_NIGHT_S

    def _learn_full(self, warm_w: float, sampled_ms: int, elapsed_s: float) -> None:
        sunlight = self.sunlight
        if not sunlight.in_sun or sunlight.predicted(sampled_ms) < 1.0:
            self._broken_s = 0.0
            return
        off = warm_w / self._full_w - 1.0
        self._broken_s = self._broken_s + elapsed_s if abs(off) > BROKEN_FRACTION else 0.0
        if self._broken_s > BROKEN_S:
            self._full_w = max(warm_w, 0.02 * self._parameters.array_w)
        elif self._broken_s == 0.0:
            self._full_w *= 1.0 + off * min(elapsed_s / FULL_S, 1.0)

    def _boost(self, now_ms: float) -> float:
        """What the cells give more because they are cold."""
        parameters = self._parameters
        since_s = max(now_ms - self._sunrise_ms, 0.0) / 1000.0
        return parameters.cold_boost * exp(-since_s / parameters.warm_up_s)
