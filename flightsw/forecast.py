# SPDX-License-Identifier: Apache-2.0
"""What the ladder goes by and no sensor reads: where the night will leave the battery, and what its lowest cell would rest at."""

from __future__ import annotations

from .control.port import Energy
from .fdir import Readings
from .parameters import FlightParameters


def sunrise_charge(energy: Energy, parameters: FlightParameters) -> float:
    """State of charge at the end of the coming, or present, eclipse if no node runs."""
    full_wh = energy.capacity_wh
    day_s, night_s = (energy.remaining_s, energy.night_s) if energy.in_sun else (0.0, energy.remaining_s)
    charge_w = min(max(energy.array_w - energy.bus_w, 0.0), parameters.charge_limit_w * energy.battery_share)
    gained = charge_w * parameters.charge_efficiency * day_s / 3600.0 / full_wh
    lost = energy.bus_w / parameters.discharge_efficiency * night_s / 3600.0 / full_wh
    return min(energy.state_of_charge + gained, 1.0) - lost


def rest_cell_v(readings: Readings, energy: Energy, parameters: FlightParameters) -> float:
    """Voltage of the lowest cell without the drop over the battery's resistance."""
    rest_v = readings.battery_v - readings.battery_a * energy.battery_ohm
    return rest_v / parameters.cell.cells - max(readings.packs_spread_v) / 2
