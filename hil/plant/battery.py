# SPDX-License-Identifier: Apache-2.0
"""The battery: 84 lithium-ion cells in series behind a converter, as a Thevenin circuit (source, R0, R1-C1).

Its state of charge is the share of the stored energy, so that the energy balance of the satellite closes on
it: dE/dt = OCV(E) I. The converter limits the power at its bus side, and at the end of charge the voltage.
"""

from __future__ import annotations

from math import exp, sqrt

CELLS = 84
SERIES_OHM = 0.09
POLARISATION_OHM = 0.06
POLARISATION_S = 40.0
CONVERTER_EFFICIENCY = 0.97
CHARGE_LIMIT_W = 20_000.0
DISCHARGE_LIMIT_W = 25_000.0
END_OF_CHARGE_V = CELLS * 4.15
EMPTY_CELL_V, SLOPE_CELL_V, KNEE_CELL_V, KNEE = 3.25, 0.80, 0.25, 0.03


def open_circuit_v(state_of_charge: float) -> float:
    """Voltage of the pack at rest: 4.05 V a cell when full, 3.0 V when empty."""
    knee = KNEE_CELL_V * exp(-state_of_charge / KNEE)
    return CELLS * (EMPTY_CELL_V + SLOPE_CELL_V * state_of_charge - knee)


class Battery:
    """Energy, polarisation, and what flowed in the last step (currents are positive while charging)."""

    __slots__ = (
        "_rest_v", "capacity_j", "current_a", "energy_j", "initial_j", "loss_w", "polarisation_v", "voltage_v",
    )  # fmt: skip

    def __init__(self, capacity_j: float, state_of_charge: float) -> None:
        self.capacity_j = capacity_j
        self.initial_j = self.energy_j = capacity_j * state_of_charge
        self._rest_v = open_circuit_v(state_of_charge)
        self.polarisation_v = 0.0
        self.current_a = 0.0
        self.voltage_v = self._rest_v
        self.loss_w = 0.0

    @property
    def state_of_charge(self) -> float:
        """Stored energy as a share of the capacity, 0 to 1."""
        return self.energy_j / self.capacity_j

    def flow(self, bus_w: float, dt_s: float, can_charge: bool) -> float:
        """Set the current for `bus_w` at the bus (positive charges); return the power really taken or given.

        That is less than `bus_w` when the converter, the voltage or the energy left for the next `dt_s`
        limits it.
        """
        emf_v = self._rest_v + self.polarisation_v
        if bus_w >= 0.0:
            wanted_w = min(bus_w, CHARGE_LIMIT_W) * CONVERTER_EFFICIENCY if can_charge else 0.0
            current = (sqrt(emf_v * emf_v + 4 * SERIES_OHM * wanted_w) - emf_v) / (2 * SERIES_OHM)
            most = max(0.0, (END_OF_CHARGE_V - emf_v) / SERIES_OHM)
            if dt_s > 0.0:
                most = min(most, (self.capacity_j - self.energy_j) / (self._rest_v * dt_s))
            elif self.energy_j >= self.capacity_j:
                most = 0.0
            current = min(current, most)
            self._set(current, emf_v)
            return current * self.voltage_v / CONVERTER_EFFICIENCY
        wanted_w = max(bus_w, -DISCHARGE_LIMIT_W) / CONVERTER_EFFICIENCY
        current = (sqrt(emf_v * emf_v + 4 * SERIES_OHM * wanted_w) - emf_v) / (2 * SERIES_OHM)
        if dt_s > 0.0:
            current = max(current, -self.energy_j / (self._rest_v * dt_s))
        elif self.energy_j <= 0.0:
            current = 0.0
        self._set(current, emf_v)
        return current * self.voltage_v * CONVERTER_EFFICIENCY

    def step(self, dt_s: float) -> None:
        """Let the current of `flow` act for `dt_s`."""
        self.energy_j += self._rest_v * self.current_a * dt_s
        self.energy_j = min(max(self.energy_j, 0.0), self.capacity_j)
        target = self.current_a * POLARISATION_OHM
        self.polarisation_v = target + (self.polarisation_v - target) * exp(-dt_s / POLARISATION_S)
        self._rest_v = open_circuit_v(self.energy_j / self.capacity_j)

    def _set(self, current: float, emf_v: float) -> None:
        self.current_a = current
        self.voltage_v = emf_v + SERIES_OHM * current
        self.loss_w = current * (self.voltage_v - self._rest_v)
