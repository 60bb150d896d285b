# SPDX-License-Identifier: Apache-2.0
"""Heat: sixteen junctions on a coolant loop, the loop on the radiator, the radiator to space.

The pump moves the coolant; without it the junctions heat up within seconds. Ten accelerators of 0.015 K/W side by side make a
node's 0.0015 K/W, with 5 s. The radiator has 750 kJ/K and falls to 217 K in a low orbit's eclipse at base load, to 226 K with
three nodes on, to 207 K about the Moon and to 178 K in a satellite without nodes. The coolant (150 kJ/K) does not follow it: a
thermostat valve bypasses the radiator below 263 K, so that it stays above 255 K in any of these eclipses; the leak of the valve
would freeze it in a day without nodes, against which the coolant heater holds it at 261 K. Packs and laser terminal sit on the
radiator's panel, each pack on a heat pipe that closes when the pack is cold and the panel colder: its heater then holds it above
freezing however long no node works. About the Moon the same heat is absorbed as about the Earth, as if the radiator stood
edge-on to its day side.

Each node of the model relaxes exponentially towards its sink, which is exact for a constant sink and stable for any step, and
hands on exactly the heat that it does not keep.
"""

from __future__ import annotations

from math import ceil, exp

from .battery import PACKS
from .loads import NODES
from .strikes import QUIET, Struck

STEFAN_BOLTZMANN = 5.670374419e-8
RADIATOR_AREA_M2 = 230.0
RADIATOR_EMISSIVITY = 0.88
RADIATOR_CAPACITY_J_K = 750e3
ABSORBED_DARK_W = 45.0 * RADIATOR_AREA_M2 / 2
ABSORBED_SUN_W = 55.0 * RADIATOR_AREA_M2 / 2
COOLANT_CAPACITY_J_K = 150e3
LOOP_W_K = 25e3
FREEZING_K = 220.0
"""Of a coolant such as propylene glycol and water at equal parts; nothing breaks in the model, tests hold to it."""
VALVE_CLOSED_K, VALVE_BAND_K, VALVE_LEAK = 263.0, 10.0, 0.001
VALVE_STEP_S = 1.0
"""Open, the coolant settles with 6 s: a valve that is set once in a longer time swings."""
JUNCTION_CAPACITY_J_K = 3.3e3
JUNCTION_K_W, JUNCTION_STILL_K_W = 0.0015, 0.03
BATTERY_CAPACITY_J_K, BATTERY_W_K = 165e3, 12.0
BATTERY_OPEN_K, BATTERY_CLOSED_K, BATTERY_LEAK = 283.0, 277.0, 0.1
PACK_CAPACITY_J_K, PACK_W_K = BATTERY_CAPACITY_J_K / PACKS, BATTERY_W_K / PACKS
LASER_CAPACITY_J_K, LASER_W_K = 12e3, 40.0

_RADIATED = RADIATOR_EMISSIVITY * STEFAN_BOLTZMANN * RADIATOR_AREA_M2


class Heat:
    """Temperatures in kelvins, and energies in joules: absorbed from outside, gone to space, set free by cells in runaway."""

    __slots__ = (
        "absorbed_j",
        "coolant_k",
        "junction_k",
        "laser_k",
        "pack_k",
        "radiated_j",
        "radiator_k",
        "released_j",
    )

    def __init__(self, radiator_k: float, coolant_k: float, battery_k: float) -> None:
        self.radiator_k = radiator_k
        self.coolant_k = coolant_k
        self.junction_k = [coolant_k] * NODES
        self.pack_k = [battery_k] * PACKS
        self.laser_k = radiator_k
        self.absorbed_j = 0.0
        self.radiated_j = 0.0
        self.released_j = 0.0

    @property
    def battery_k(self) -> float:
        """Mean of the packs."""
        return sum(self.pack_k) / PACKS

    @property
    def stored_j(self) -> float:
        """Heat held above 0 K."""
        return (
            JUNCTION_CAPACITY_J_K * sum(self.junction_k)
            + COOLANT_CAPACITY_J_K * self.coolant_k
            + RADIATOR_CAPACITY_J_K * self.radiator_k
            + PACK_CAPACITY_J_K * sum(self.pack_k)
            + LASER_CAPACITY_J_K * self.laser_k
        )

    def step(
        self,
        dt_s: float,
        *,
        node_w: list[float],
        coolant_w: float,
        pack_w: list[float],
        laser_w: float,
        radiator_w: float,
        pump: bool,
        sunlight: float,
        struck: Struck = QUIET,
    ) -> None:
        """Let heat sources of these powers act for `dt_s`; `struck` tells what is wrong with the radiator and pack 0."""
        before_k, sink_k = sum(self.junction_k), self.coolant_k
        if struck.runaway_w:
            pack_w = [pack_w[0] + struck.runaway_w, *pack_w[1:]]
            self.released_j += struck.runaway_w * dt_s
        resistance = JUNCTION_K_W if pump else JUNCTION_STILL_K_W
        keep = exp(-dt_s / (resistance * JUNCTION_CAPACITY_J_K))
        rest_k = (1 - keep) * sink_k
        rise_k = (1 - keep) * resistance
        self.junction_k = [
            rest_k + keep * t + rise_k * p for t, p in zip(self.junction_k, node_w, strict=True)
        ]
        heat_j = sum(node_w) * dt_s - JUNCTION_CAPACITY_J_K * (sum(self.junction_k) - before_k)

        to_radiator_j = self._follow_valve(dt_s, heat_j + coolant_w * dt_s, pump)
        battery_j = 0.0
        for i, (t_k, power_w) in enumerate(zip(self.pack_k, pack_w, strict=True)):
            conductance_w_k = PACK_W_K if t_k >= BATTERY_OPEN_K else _pipe_w_k(t_k, self.radiator_k)
            self.pack_k[i], passed_j = _relax(
                t_k, self.radiator_k, power_w * dt_s, PACK_CAPACITY_J_K, conductance_w_k, dt_s
            )
            battery_j += passed_j
        self.laser_k, laser_j = _relax(
            self.laser_k, self.radiator_k, laser_w * dt_s, LASER_CAPACITY_J_K, LASER_W_K, dt_s
        )
        absorbed_j = (ABSORBED_DARK_W + ABSORBED_SUN_W * sunlight) * struck.absorbed * dt_s
        radiated_j = _RADIATED * struck.emissivity_share * self.radiator_k**4 * dt_s
        self.radiator_k += (
            to_radiator_j + battery_j + laser_j + radiator_w * dt_s + absorbed_j - radiated_j
        ) / RADIATOR_CAPACITY_J_K
        self.absorbed_j += absorbed_j
        self.radiated_j += radiated_j

    def _follow_valve(self, dt_s: float, heat_j: float, pump: bool) -> float:
        """Let heat come into the coolant; returns what it hands on. A valve that moves is followed second by second."""
        opening = _opening(self.coolant_k) if pump else VALVE_LEAK
        coolant_k, passed_j = _relax(
            self.coolant_k, self.radiator_k, heat_j, COOLANT_CAPACITY_J_K, opening * LOOP_W_K, dt_s
        )
        if not pump or dt_s <= VALVE_STEP_S or opening == _opening(coolant_k):
            self.coolant_k = coolant_k
            return passed_j
        steps = ceil(dt_s / VALVE_STEP_S)
        passed_j = 0.0
        for _ in range(steps):
            conductance_w_k = _opening(self.coolant_k) * LOOP_W_K
            self.coolant_k, more_j = _relax(
                self.coolant_k,
                self.radiator_k,
                heat_j / steps,
                COOLANT_CAPACITY_J_K,
                conductance_w_k,
                dt_s / steps,
            )
            passed_j += more_j
        return passed_j


def _opening(coolant_k: float) -> float:
    return min(max((coolant_k - VALVE_CLOSED_K) / VALVE_BAND_K, VALVE_LEAK), 1.0)


def _pipe_w_k(pack_k: float, radiator_k: float) -> float:
    """What a pack's heat pipe conducts: hardly any heat from a cold pack to a radiator that is colder."""
    if radiator_k >= pack_k:
        return PACK_W_K
    share = (pack_k - BATTERY_CLOSED_K) / (BATTERY_OPEN_K - BATTERY_CLOSED_K)
    return PACK_W_K * min(max(share, BATTERY_LEAK), 1.0)


def _relax(
    t_k: float, sink_k: float, heat_j: float, capacity_j_k: float, conductance_w_k: float, dt_s: float
) -> tuple[float, float]:
    """Relax towards the sink while `heat_j` comes in; return the new temperature and the heat passed on."""
    if dt_s == 0.0:
        return t_k, 0.0
    settled_k = sink_k + heat_j / (dt_s * conductance_w_k)
    new_k = settled_k + (t_k - settled_k) * exp(-dt_s * conductance_w_k / capacity_j_k)
    return new_k, heat_j - capacity_j_k * (new_k - t_k)
