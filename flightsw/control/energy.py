# SPDX-License-Identifier: Apache-2.0
"""The power board's readings filtered into an estimate of the satellite's energy.

Power that falls is carried forward to the end of the cycle in which a command acts.
"""

from __future__ import annotations

from ..fdir.readings import Readings
from ..parameters import FlightParameters
from .port import Energy
from .sunlight import Sunlight

GAUGE_GAIN = 0.01  # how much of a cycle's gauge reading enters the estimate; the rest is counted charge
STEADY_FRACTION = 0.02  # of nominal array power: a change within this is noise
CYCLES_TO_ACT = 2.0  # from the instant of the sample to the end of the cycle that the command rules


class EnergyEstimate:
    """Filters the power board's readings into an Energy.

    Attributes:
        energy: the latest estimate.
        rack_w: what the racks draw, measured.
        battery_w: what goes into the battery, measured; negative while it is discharged.
        battery_k: cell temperature.
    """

    __slots__ = (
        "_array_w",
        "_bus_w",
        "_last_array_w",
        "_last_ms",
        "_parameters",
        "_state_of_charge",
        "_sunlight",
        "battery_k",
        "battery_w",
        "energy",
        "rack_w",
    )

    def __init__(self, parameters: FlightParameters, readings: Readings, now_ms: int) -> None:
        self._parameters = parameters
        self._last_ms = now_ms
        self._state_of_charge = readings.state_of_charge
        self._array_w = self._last_array_w = readings.array_w
        self._bus_w = parameters.bus_power_w
        self._sunlight = Sunlight(parameters, self._array_w, now_ms)
        self.update(readings, now_ms)

    def update(self, readings: Readings, now_ms: int) -> Energy:
        """Take a cycle's sample in."""
        self.rack_w = readings.racks_w
        self.battery_w = readings.battery_w
        self.battery_k = readings.battery_k
        bus_w = readings.bus_a * readings.bus_v - self.rack_w
        self._bus_w = max(self._bus_w + 0.1 * (bus_w - self._bus_w), 0.0)
        self._count_charge(readings.state_of_charge, now_ms)
        soon_w = self._follow_array(readings.array_w)
        remaining_s = self._sunlight.update(now_ms, self._last_array_w)
        self.energy = Energy(
            self._state_of_charge,
            self._array_w,
            soon_w,
            self._bus_w,
            self._sunlight.in_sun,
            remaining_s,
            self.rack_w,
        )
        return self.energy

    def _count_charge(self, gauge: float, now_ms: int) -> None:
        elapsed_s = (now_ms - self._last_ms) / 1000.0
        self._last_ms = now_ms
        counted = self._state_of_charge + self.battery_w * elapsed_s / (
            3600.0 * self._parameters.battery_capacity_wh
        )
        self._state_of_charge = counted + GAUGE_GAIN * (gauge - counted)

    def _follow_array(self, array_w: float) -> float:
        steady_w = STEADY_FRACTION * self._parameters.array_w
        fallen_w = self._last_array_w - array_w
        self._last_array_w = array_w
        if abs(array_w - self._array_w) > steady_w:
            self._array_w = array_w
        else:
            self._array_w += 0.2 * (array_w - self._array_w)
        ahead_w = CYCLES_TO_ACT * fallen_w if fallen_w > steady_w else 0.0
        return max(self._array_w - ahead_w, 0.0)
