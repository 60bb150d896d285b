# SPDX-License-Identifier: Apache-2.0
"""The battery: two packs in parallel behind one converter, each with a switch and half of the capacity.

The packs share the current by their resistance and open-circuit voltage; unlike packs also drive a current through each other.
The converter limits the power at its bus side, to half with one pack out, and the voltage at the end of charge. Each pack's own
protection ends its discharge at 0.005 state of charge (cells at 3.0 V) and lets it again at 0.03. The published plant this one
follows has the loss kR p^2 with kR = 0.0016 / kW; the Thevenin circuits lose about as much at 293 K once polarised.
"""

from __future__ import annotations

from math import exp, sqrt

from .pack import CELLS, Pack, cell_v

PACKS = 2
SERIES_OHM = 0.09
POLARISATION_OHM = 0.06
"""Of both packs in parallel, at 293 K."""
POLARISATION_S = 40.0
CONVERTER_EFFICIENCY = 0.97
CHARGE_LIMIT_W = 20_000.0
DISCHARGE_LIMIT_W = 25_000.0
END_OF_CHARGE_V = CELLS * 4.15
OVERCHARGE_V, OVERCHARGED = CELLS * 4.3, 1.06
"""Voltage and state of charge at which even a charger stops that ignores the end of charge."""
LOWEST_V = CELLS * 2.5
"""Below this terminal voltage the converter draws no more current."""


def open_circuit_v(state_of_charge: float) -> float:
    """Voltage of a pack at rest: 4.05 V a cell when full, 3.0 V when empty."""
    return CELLS * cell_v(state_of_charge)


class Battery:
    """Both packs, and what flowed in the last step (currents are positive while charging).

    Attributes:
        packs: each pack.
        voltage_v: at the terminals that the packs share; 0 when none is connected.
        charge_limit_w, discharge_limit_w: of the converter with the packs that are in.
        overcharge: the end of charge is ignored.
    """

    __slots__ = (
        "_decay", "_decay_s", "_in", "charge_limit_w", "current_a", "discharge_limit_w", "initial_j", "loss_w",
        "overcharge", "packs", "voltage_v",
    )  # fmt: skip

    def __init__(self, capacity_j: float, state_of_charge: float) -> None:
        self.packs = [
            Pack(capacity_j / PACKS, state_of_charge, PACKS * SERIES_OHM, PACKS * POLARISATION_OHM)
            for _ in range(PACKS)
        ]
        self.initial_j = self.energy_j
        self.overcharge = False
        self.current_a = self.loss_w = 0.0
        self.voltage_v = open_circuit_v(state_of_charge)
        self._decay_s, self._decay = 0.0, 1.0
        self.connect((1 << PACKS) - 1)

    @property
    def energy_j(self) -> float:
        """Stored in all packs."""
        return sum(pack.energy_j for pack in self.packs)

    @property
    def capacity_j(self) -> float:
        """Of all packs as they are now."""
        return sum(pack.capacity_j for pack in self.packs)

    @property
    def faded_j(self) -> float:
        """Energy that went with capacity since the start."""
        return sum(pack.faded_j for pack in self.packs)

    @property
    def state_of_charge(self) -> float:
        """Of the packs that are in the circuit together; of all of them when none is."""
        packs = self._in or self.packs
        return sum([pack.energy_j for pack in packs]) / sum([pack.capacity_j for pack in packs])

    def connect(self, mask: int) -> None:
        """Put these packs into the circuit, one bit each, and the others out of it."""
        for i, pack in enumerate(self.packs):
            pack.on = bool(mask >> i & 1)
            if not pack.on:
                pack.current_a = pack.loss_w = 0.0
        self._in = [pack for pack in self.packs if pack.on]
        self.charge_limit_w = CHARGE_LIMIT_W * len(self._in) / PACKS
        self.discharge_limit_w = DISCHARGE_LIMIT_W * len(self._in) / PACKS

    def warm(self, pack_k: list[float], factor: float = 1.0) -> None:
        """Have the resistances of these temperatures, times a factor."""
        for pack, temperature_k in zip(self.packs, pack_k, strict=True):
            pack.warm(temperature_k, factor)

    def most_discharge_w(self) -> float:
        """What the converter may draw at its bus side; 0 when no pack can give any."""
        return DISCHARGE_LIMIT_W * sum(1 for pack in self._in if not pack.empty) / PACKS

    def flow(self, bus_w: float, dt_s: float, can_charge: bool) -> float:
        """Set the currents for `bus_w` at the bus (positive charges); return the power really taken or given.

        That is less than `bus_w` when the converter, the voltage or the energy left for the next `dt_s`
        limits it.
        """
        if bus_w >= 0.0:
            wanted_w = min(bus_w, self.charge_limit_w) * CONVERTER_EFFICIENCY if can_charge else 0.0
            self._share(self._in, wanted_w, dt_s)
            return self.current_a * self.voltage_v / CONVERTER_EFFICIENCY
        packs = [pack for pack in self._in if not pack.empty]
        limit_w = DISCHARGE_LIMIT_W * len(packs) / PACKS
        self._share(packs, max(bus_w, -limit_w) / CONVERTER_EFFICIENCY, dt_s)
        return self.current_a * self.voltage_v * CONVERTER_EFFICIENCY

    def step(self, dt_s: float) -> None:
        """Let the currents of `flow` act for `dt_s`."""
        if dt_s != self._decay_s:
            self._decay_s, self._decay = dt_s, exp(-dt_s / POLARISATION_S)
        for pack in self.packs:
            pack.step(dt_s, self._decay)

    def _share(self, packs: list[Pack], wanted_w: float, dt_s: float) -> None:
        """Let `packs` carry this power at their terminals, as far as voltage and energy allow; the others nothing."""
        if len(packs) < PACKS:
            for pack in self.packs:
                pack.current_a = pack.loss_w = 0.0
            if not packs:
                self.current_a = self.loss_w = 0.0
                self.voltage_v = max((pack.emf_v for pack in self._in), default=0.0)
                return
        emf_v, ohm = _source(packs)
        total_a = (sqrt(max(emf_v * emf_v + 4 * ohm * wanted_w, 0.0)) - emf_v) / (2 * ohm)
        end_v, brim = (OVERCHARGE_V, OVERCHARGED) if self.overcharge else (END_OF_CHARGE_V, 1.0)
        if total_a > 0.0:
            total_a = min(total_a, max(0.0, (end_v - emf_v) / ohm))
        elif total_a < 0.0:
            total_a = max(total_a, min(0.0, (LOWEST_V - emf_v) / ohm))
        self.voltage_v = voltage_v = emf_v + ohm * total_a
        within = True
        for pack in packs:
            pack.current_a = current_a = (voltage_v - pack.emf_v) / pack.series_ohm
            within = within and pack.least_a(dt_s) <= current_a <= pack.most_a(dt_s, brim)
        if not within:
            self._keep_within(packs, wanted_w, dt_s, end_v, brim)
        self.current_a = self.loss_w = 0.0
        for pack in packs:
            pack.lose(self.voltage_v)
            self.current_a += pack.current_a
            self.loss_w += pack.loss_w

    def _keep_within(
        self, packs: list[Pack], wanted_w: float, dt_s: float, end_v: float, brim: float
    ) -> None:
        """Hold the packs to the currents that their energy allows, and let one make up for the other if it can."""
        bounds = [(pack.least_a(dt_s), pack.most_a(dt_s, brim)) for pack in packs]
        held = [not low <= pack.current_a <= high for pack, (low, high) in zip(packs, bounds, strict=True)]
        for pack, (low, high) in zip(packs, bounds, strict=True):
            if pack.current_a < low:
                pack.empty = True  # also if the bus collapses for it, so that what is left is never drawn
            pack.current_a = min(max(pack.current_a, low), high)
        turns = (0, 1) if held[-1] else (1, 0)
        for turn in turns if len(packs) == PACKS else ():
            pack, beside_a = packs[turn], packs[1 - turn].current_a
            most_a, least_a = (
                (end_v - pack.emf_v) / pack.series_ohm,
                (LOWEST_V - pack.emf_v) / pack.series_ohm,
            )
            free_a = min(max(pack.beside(beside_a, wanted_w), min(0.0, least_a)), max(0.0, most_a))
            pack.current_a = min(max(free_a, bounds[turn][0]), bounds[turn][1])
            if pack.current_a == free_a:
                self.voltage_v = pack.emf_v + pack.series_ohm * free_a
                return
        emf_v, ohm = _source(packs)
        self.voltage_v = emf_v + ohm * sum(pack.current_a for pack in packs)


def _source(packs: list[Pack]) -> tuple[float, float]:
    """The one source that one or two packs in parallel amount to: voltage and resistance."""
    if len(packs) == 1:
        return packs[0].emf_v, packs[0].series_ohm
    one, other = packs
    total_ohm = one.series_ohm + other.series_ohm
    emf_v = one.emf_v + (other.emf_v - one.emf_v) * (one.series_ohm / total_ohm)
    return emf_v, one.series_ohm * other.series_ohm / total_ohm
