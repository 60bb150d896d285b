# SPDX-License-Identifier: Apache-2.0
"""The battery as it is: state of charge, capacity and resistance, estimated from voltage and counted charge.

The open-circuit voltage rises by 67 V from empty to full and is measured to 0.05 V: terminal voltage less the drop over the
resistance tells the state of charge far better than the gauge. A Kalman filter of three states learns at once what the drop is
and how much charge makes how much voltage:

    z   state of charge        dz/dt = c OCV(z) I / nominal energy
    k   resistance, c  inverse capacity, both as a multiple of what was loaded; they change slowly
    V = OCV(z) + k (R0 I + R1 u),  u the current as the polarisation sees it, du/dt = (I - u) / tau;  R0, R1 at the temperature

The gauge starts the filter, and keeps it while the voltage is not to be believed. While the voltage is not measured charge is
counted, the estimate grows less sure, and as it does the gauge enters.
"""

from __future__ import annotations

from math import exp, sqrt

from ..fdir.readings import Readings
from ..parameters import CellCurve, FlightParameters

GAUGE_GAIN = 0.01  # of a reading, while the voltage is not to be believed
START_Z, START_K, START_C = 0.05, 0.6, 0.25  # deviations of the first guess
DRIFT_Z, DRIFT_K, DRIFT_C = 2e-6, 2e-4, 1e-5  # by how much each may have wandered after a second
WARM_S = 60.0  # over which the temperature's noise is averaged
VOLTAGE_V = 0.08  # deviation of a reading, its rounding and the current's noise included
MODEL = 0.02  # of the drop over the resistance: what the circuit of two resistors and a capacitor leaves out
STEP_OHM = (
    0.03  # by which a change of the current makes a sample unsure: voltage and current are not of one instant
)
UNSEEN = 2.5e-8  # by which the variance grows in a second without a voltage: 0.005 in a quarter of an hour
BELIEVED_V = 4.0  # further off than this and five deviations is a fault of the sensor
ANOTHER_SAMPLES = 20  # in a row: no sensor, of which another stands in by then, but another battery
GAUGE_Z = 0.015  # deviation of the gauge's readings that were taken in meanwhile
FULL = 0.99
OVERCHARGED_V = 0.5  # above a full battery at rest
LEAST_SHARE = 0.5  # one pack of two
LEAST_K, MOST_K, LEAST_C, MOST_C = 0.3, 6.0, 0.6, 5.0


class BatteryEstimate:
    """State of charge, resistance and capacity.

    Args:
        gauge, battery_k: their first readings.

    Attributes:
        state_of_charge: at the end of the time last counted.
        resistance, inverse_capacity: as multiples of what was loaded.
        innovation_v: by how much the latest voltage was not what was expected.
        disbelieved: readings of the voltage in a row that could not be believed.
    """

    __slots__ = (
        "_capacity_j", "_cc", "_cell", "_kc", "_kk", "_last_a", "_polarised_a", "_share", "_warm", "_zc", "_zk", "_zz",
        "disbelieved", "innovation_v", "inverse_capacity", "resistance", "state_of_charge",
    )  # fmt: skip

    def __init__(self, parameters: FlightParameters, gauge: float, battery_k: float) -> None:
        self._cell = parameters.cell
        self._capacity_j = 3600.0 * parameters.battery_capacity_wh
        self.state_of_charge = gauge
        self.resistance = self.inverse_capacity = 1.0
        self._zz, self._kk, self._cc = START_Z**2, START_K**2, START_C**2
        self._zk = self._zc = self._kc = 0.0
        self._polarised_a = self._last_a = 0.0
        self._share = 1.0
        self._warm = resistance_share(self._cell, battery_k)
        self.innovation_v = 0.0
        self.disbelieved = 0

    @property
    def deviation(self) -> float:
        """Standard deviation of the state of charge."""
        return sqrt(max(self._zz, 0.0))

    @property
    def ohm(self) -> float:
        """Resistance once the polarisation has built up."""
        ohm = self._cell.series_ohm + self._cell.polarisation_ohm
        return self.resistance * self._warm * ohm / max(self._share, LEAST_SHARE)

    @property
    def capacity_wh(self) -> float:
        """Energy from empty to full."""
        return self._capacity_j / 3600.0 / self.inverse_capacity * max(self._share, LEAST_SHARE)

    def update(self, readings: Readings, share: float, elapsed_s: float) -> None:
        """Take a reading in: voltage at the start, and current during, the last `elapsed_s`.

        Args:
            share: of the packs that carry the current; the filter goes on as if there were all of them.
        """
        self._share = share
        if share <= 0.0:
            return
        current_a = readings.battery_a / share
        self._warm += min(elapsed_s / WARM_S, 1.0) * (
            resistance_share(self._cell, readings.battery_k) - self._warm
        )
        if readings.voltage_known:
            self._correct(readings.battery_v, current_a, readings.state_of_charge)
        else:
            self._go_without(readings.state_of_charge, current_a, elapsed_s)
        self._count(current_a, elapsed_s)

    def ahead(self, current_a: float, elapsed_s: float) -> float:
        """State of charge after a current has flowed for a while."""
        z = self.state_of_charge
        flowed_j = rest_v(self._cell, z) * current_a / max(self._share, LEAST_SHARE) * elapsed_s
        return min(max(z + self.inverse_capacity * flowed_j / self._capacity_j, 0.0), 1.0)

    def _correct(self, voltage_v: float, current_a: float, gauge: float) -> None:
        cell, z, k = self._cell, self.state_of_charge, self.resistance
        drop_v = self._warm * (cell.series_ohm * current_a + cell.polarisation_ohm * self._polarised_a)
        self.innovation_v = off_v = voltage_v - rest_v(cell, z) - k * drop_v
        if z > FULL and voltage_v - k * drop_v > rest_v(cell, 1.0) + OVERCHARGED_V:
            self.state_of_charge = 1.0  # off the end of the curve, which teaches nothing
            return
        slope = rest_slope_v(cell, z)
        gain_z, gain_k = self._zz * slope + self._zk * drop_v, self._zk * slope + self._kk * drop_v
        gain_c = self._zc * slope + self._kc * drop_v
        leapt_v = STEP_OHM * (current_a - self._last_a)
        self._last_a = current_a
        variance = gain_z * slope + gain_k * drop_v + VOLTAGE_V**2 + (MODEL * drop_v) ** 2 + leapt_v**2
        if abs(off_v) > BELIEVED_V and off_v * off_v > 25.0 * variance:
            self.disbelieved += 1
            self.state_of_charge += GAUGE_GAIN * (gauge - z)
            if self.disbelieved % ANOTHER_SAMPLES == 0:
                self._begin_anew()
            return
        self.disbelieved = 0
        share = off_v / variance
        self.state_of_charge = min(max(z + gain_z * share, 0.0), 1.0)
        self.resistance = min(max(k + gain_k * share, LEAST_K), MOST_K)
        self.inverse_capacity = min(max(self.inverse_capacity + gain_c * share, LEAST_C), MOST_C)
        self._zz -= gain_z * gain_z / variance
        self._zk -= gain_z * gain_k / variance
        self._zc -= gain_z * gain_c / variance
        self._kk -= gain_k * gain_k / variance
        self._kc -= gain_k * gain_c / variance
        self._cc -= gain_c * gain_c / variance

    def _go_without(self, gauge: float, current_a: float, elapsed_s: float) -> None:
        """No voltage: the gauge enters by as much as counted charge has become unsure."""
        self._last_a = current_a
        self._zz = min(self._zz + UNSEEN * elapsed_s, max(self._zz, GAUGE_Z**2))
        gain = GAUGE_GAIN * min(self._zz / GAUGE_Z**2, 1.0)
        self.state_of_charge += gain * (gauge - self.state_of_charge)

    def _begin_anew(self) -> None:
        """Be as unsure of resistance and capacity as at the start."""
        self._zz, self._kk, self._cc = GAUGE_Z**2, START_K**2, START_C**2
        self._zk = self._zc = self._kc = 0.0

    def _count(self, current_a: float, elapsed_s: float) -> None:
        cell = self._cell
        per_c = rest_v(cell, self.state_of_charge) * current_a * elapsed_s / self._capacity_j
        self.state_of_charge = min(max(self.state_of_charge + self.inverse_capacity * per_c, 0.0), 1.0)
        self._zz += per_c * (2.0 * self._zc + per_c * self._cc) + DRIFT_Z * DRIFT_Z * elapsed_s
        self._zk += per_c * self._kc
        self._zc += per_c * self._cc
        self._kk += DRIFT_K * DRIFT_K * elapsed_s
        self._cc += DRIFT_C * DRIFT_C * elapsed_s
        self._polarised_a = current_a + (self._polarised_a - current_a) * exp(
            -elapsed_s / cell.polarisation_s
        )


def rest_v(cell: CellCurve, state_of_charge: float) -> float:
    """Voltage of the battery at rest."""
    knee_v = cell.knee_v * exp(-state_of_charge / cell.knee)
    return cell.cells * (cell.empty_v + cell.slope_v * state_of_charge - knee_v)


def resistance_share(cell: CellCurve, temperature_k: float) -> float:
    """Resistance at a temperature as a share of that which was measured on the ground."""
    return exp(cell.arrhenius_k * (1.0 / max(temperature_k, 200.0) - 1.0 / cell.reference_k))


def rest_slope_v(cell: CellCurve, state_of_charge: float) -> float:
    """By how much the voltage at rest rises with the state of charge."""
    return cell.cells * (cell.slope_v + cell.knee_v / cell.knee * exp(-state_of_charge / cell.knee))


def taken_w(stored_w: float, at_rest_v: float, ohm: float, efficiency: float) -> float:
    """Power at the bus that stores `stored_w`."""
    current_a = stored_w / at_rest_v
    return (at_rest_v + ohm * current_a) * current_a / efficiency


def given_w(drained_w: float, at_rest_v: float, ohm: float, efficiency: float) -> float:
    """Power at the bus while the store loses `drained_w`."""
    current_a = drained_w / at_rest_v
    return (at_rest_v - ohm * current_a) * current_a * efficiency


def drained_w(bus_w: float, at_rest_v: float, ohm: float, efficiency: float) -> float:
    """What the store loses while it gives `bus_w` at the bus."""
    power_w = bus_w / efficiency
    root_v = sqrt(max(at_rest_v * at_rest_v - 4.0 * ohm * power_w, 0.0))
    return at_rest_v * 2.0 * power_w / (at_rest_v + root_v)
