# SPDX-License-Identifier: Apache-2.0
"""One battery pack: lithium-ion cells in series as a Thevenin circuit (source, R0, R1-C1), with energy and age.

Its state of charge is the share of the stored energy, so that the energy balance of the satellite closes on it:
dE/dt = OCV(E) I. Laws and figures are this project's choice for cells of the usual kind, not those of one product:

- resistance: both resistors follow an Arrhenius law, `resistance_share`: 1 at 293 K, 1.65 at 273 K, 0.65 at 313 K;
- age: a pack loses 2.2e-5 of its capacity with each capacity that it has given, which is a fifth after 30,000 cycles of 30 %;
  energy and capacity shrink alike, so that the state of charge stays;
- spread of the cell voltages: 8 mV at rest, what 0.4 % of capacity makes on the open-circuit curve, and 5 % of the cells'
  resistance under current; a shorted cell adds its own.
"""

from __future__ import annotations

from math import exp, sqrt

CELLS = 84
EMPTY_CELL_V, SLOPE_CELL_V, KNEE_CELL_V, KNEE = 3.25, 0.80, 0.25, 0.03
OVERCHARGED_SLOPE_CELL_V = 4.0
ARRHENIUS_K, REFERENCE_K = 2000.0, 293.0
FADE = 2.2e-5
"""Share of the capacity that is lost with each capacity given."""
PROTECTED, RECONNECTED = 0.005, 0.03
"""States of charge at which the pack's own protection stops its discharge, and lets it again."""
SPREAD_V, CAPACITY_SPREAD, RESISTANCE_SPREAD, SHORTED_SPREAD_V = 0.008, 0.004, 0.05, 0.2
_JUST_PROTECTED = PROTECTED * (1 + 1e-9)


def cell_v(state_of_charge: float) -> float:
    """Voltage of a cell at rest: 4.05 V when full, 3.0 V when empty, rising steeply when overcharged."""
    rest_v = EMPTY_CELL_V + SLOPE_CELL_V * state_of_charge - KNEE_CELL_V * exp(-state_of_charge / KNEE)
    return rest_v if state_of_charge <= 1.0 else rest_v + OVERCHARGED_SLOPE_CELL_V * (state_of_charge - 1.0)


def resistance_share(temperature_k: float) -> float:
    """Resistance at a temperature over that at 293 K."""
    return exp(ARRHENIUS_K * (1 / max(temperature_k, 220.0) - 1 / REFERENCE_K))


class Pack:
    """Energy, polarisation and circuit of a pack, and what flows in it (currents are positive while charging).

    Attributes:
        on: its switch is closed and it is whole: it is in the circuit.
        empty: its protection keeps it from discharging.
        emf_v: voltage behind R0; series_ohm is R0 as it is now.
    """

    __slots__ = (
        "_healthy_j", "_left", "_polarisation_ohm", "_polarisation_v", "_rest_v", "_series_ohm", "capacity_j", "cells",
        "current_a", "emf_v", "empty", "energy_j", "faded_j", "loss_w", "on", "polarisation_ohm", "series_ohm",
    )  # fmt: skip

    def __init__(
        self, capacity_j: float, state_of_charge: float, series_ohm: float, polarisation_ohm: float
    ) -> None:
        self._healthy_j = self.capacity_j = capacity_j
        self._left = 1.0
        self.energy_j = capacity_j * state_of_charge
        self.faded_j = 0.0
        self.cells = CELLS
        self._series_ohm = self.series_ohm = series_ohm
        self._polarisation_ohm = self.polarisation_ohm = polarisation_ohm
        self._polarisation_v = 0.0
        self._rest_v = self.emf_v = CELLS * cell_v(state_of_charge)
        self.current_a = self.loss_w = 0.0
        self.on = True
        self.empty = state_of_charge <= _JUST_PROTECTED

    @property
    def state_of_charge(self) -> float:
        """Stored energy as a share of the capacity; above 1 when overcharged."""
        return self.energy_j / self.capacity_j

    def become(self, left: float, cells: int) -> None:
        """Have this share of capacity and energy left in this many cells."""
        if (left, cells) == (self._left, self.cells):
            return
        share = left * cells / (self._left * self.cells)
        self._left, self.cells = left, cells
        self.faded_j += self.energy_j * (1 - share)
        self.energy_j *= share
        self.capacity_j *= share
        self._settle()

    def warm(self, temperature_k: float, factor: float) -> None:
        """Have the resistance of this temperature, times a factor."""
        share = factor * resistance_share(temperature_k)
        self.series_ohm = share * self._series_ohm
        self.polarisation_ohm = share * self._polarisation_ohm

    def most_a(self, dt_s: float, brim: float) -> float:
        """Current that fills the pack up to `brim` times its capacity in `dt_s`."""
        room_j = brim * self.capacity_j - self.energy_j
        if room_j <= 0.0:
            return 0.0
        return room_j / (self._rest_v * dt_s) if dt_s > 0.0 else 1e9

    def least_a(self, dt_s: float) -> float:
        """Current, negative, that empties the pack down to its protection in `dt_s`."""
        spare_j = self.energy_j - PROTECTED * self.capacity_j
        if self.empty or spare_j <= 0.0:
            return 0.0
        return -spare_j / (self._rest_v * dt_s) if dt_s > 0.0 else -1e9

    def beside(self, other_a: float, power_w: float) -> float:
        """The current that makes this power at the terminals together with another pack's current."""
        ohm, sum_v = self.series_ohm, self.emf_v + self.series_ohm * other_a
        return (sqrt(max(sum_v * sum_v - 4 * ohm * (self.emf_v * other_a - power_w), 0.0)) - sum_v) / (
            2 * ohm
        )

    def lose(self, voltage_v: float) -> None:
        """Work out what is lost between the cells and the terminals at this voltage; the polarisation may give some back."""
        self.loss_w = self.current_a * (voltage_v - self._rest_v)

    def step(self, dt_s: float, decay: float) -> None:
        """Let the current act for `dt_s`, in which the polarisation decays to this share."""
        current_a = self.current_a
        flow_j = self._rest_v * current_a * dt_s
        self.energy_j += flow_j
        if flow_j < 0.0:
            share = FADE * flow_j / self._healthy_j
            self.faded_j -= share * self.energy_j
            self.energy_j += share * self.energy_j
            self.capacity_j += share * self.capacity_j
        target_v = current_a * self.polarisation_ohm
        self._polarisation_v = target_v + (self._polarisation_v - target_v) * decay
        self._settle()

    def spread_v(self) -> float:
        """Between the highest and the lowest cell."""
        slope_v = SLOPE_CELL_V + KNEE_CELL_V / KNEE * exp(-self.energy_j / self.capacity_j / KNEE)
        drop_v = RESISTANCE_SPREAD * self.series_ohm / CELLS * abs(self.current_a)
        spread_v = SPREAD_V + CAPACITY_SPREAD * slope_v + drop_v
        return spread_v if self.cells == CELLS else spread_v + SHORTED_SPREAD_V

    def _settle(self) -> None:
        state_of_charge = self.energy_j / self.capacity_j
        self._rest_v = self.cells * cell_v(state_of_charge)
        self.emf_v = self._rest_v + self._polarisation_v
        if self.empty:
            self.empty = state_of_charge < RECONNECTED
        elif state_of_charge <= _JUST_PROTECTED:
            self.empty = True
