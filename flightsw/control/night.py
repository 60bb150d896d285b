# SPDX-License-Identifier: Apache-2.0
"""The night: what the battery feeds until sunrise, and the nodes that boot before it.

A node that boots in the last two minutes of the night is on when the light comes; until the battery lets others boot there is
light to spare for it. So the energy of those boots is set aside first, as many as the discharge limit allows. The rest is
spread evenly over the night.
"""

from __future__ import annotations

from typing import NamedTuple

from ..parameters import FlightParameters
from . import limits
from .allocation import StepTable
from .battery import drained_w, given_w, rest_v
from .port import Energy, NodeCounts

EARLY_S = 5.0  # before half light, and two cycles more: nodes are seen to be on, then get their clocks
LEAST_S = 15.0  # shorter horizons would make noise swing the plan
CYCLES_AHEAD = 2.0
DEVIATIONS = 2.0
BUS_UNSURE_W = 100.0  # of the bus's power: energy is set aside for the boot that it decides on


class NightPlan(NamedTuple):
    """What the racks may draw until sunrise or the dawn's boots, and how many nodes are to boot for the dawn."""

    compute_w: float
    boots: int
    dawn: bool  # they boot now
    lasts: bool = False  # by dawn: what runs may go on for some cycles, and the bus until sunrise


def plan_night(
    energy: Energy, nodes: NodeCounts, on: int, parameters: FlightParameters, table: StepTable
) -> NightPlan:
    """Spread what is above the floor; `on` is how many nodes will run through the night."""
    day_s = energy.remaining_s if energy.in_sun else 0.0
    left_s = max(energy.night_s if energy.in_sun else energy.remaining_s, LEAST_S)
    least_w = on * table.step_w[0]
    at_rest_v = rest_v(parameters.cell, 0.5 * (energy.state_of_charge + parameters.floor))
    cells = at_rest_v, energy.battery_ohm, parameters.converter_efficiency
    spare_j = (energy.state_of_charge - parameters.floor - _margin(energy, parameters)) * (
        3600.0 * energy.capacity_wh
    )
    window_s = parameters.boot_s + EARLY_S + 0.002 * parameters.cycle_ms
    if not day_s and left_s <= window_s:
        compute_w = given_w(max(spare_j, 0.0) / left_s, *cells) - energy.bus_w
        running_w = nodes.on * table.step_w[0] + nodes.booting * table.boot_w
        boots = _boots(energy, nodes, running_w, parameters, table)
        bus_w = drained_w(energy.bus_w, *cells)
        racks_w = drained_w(energy.bus_w + running_w + boots * table.boot_w, *cells) - bus_w
        ahead_s = CYCLES_AHEAD * parameters.cycle_ms / 1000.0
        kept_j = (
            3600.0 * energy.capacity_wh * (_margin(energy, parameters) - _least_margin(energy, parameters))
        )
        need_j = bus_w * energy.remaining_s + racks_w * min(ahead_s, energy.remaining_s + 0.5 * ahead_s)
        lasts = spare_j + kept_j > need_j
        return NightPlan(compute_w, boots, dawn=True, lasts=lasts)
    boots = _boots(energy, nodes._replace(on=on, booting=0), least_w - BUS_UNSURE_W, parameters, table)
    while True:
        dawn_j = drained_w(energy.bus_w + least_w + boots * table.boot_w, *cells) * window_s
        flow_w = max(spare_j - dawn_j, 0.0) / (left_s - window_s)
        compute_w = given_w(flow_w, *cells) - energy.bus_w
        if (flow_w > 0.0 and compute_w > 0.0) or boots == 0:
            return NightPlan(compute_w, boots, dawn=False)
        boots -= 1


def _margin(energy: Energy, parameters: FlightParameters) -> float:
    """State of charge kept above the floor: for what the estimate is unsure of, and for a late sunrise."""
    late = energy.night_unsure_s * limits.discharge_w(energy, parameters) / (3600.0 * energy.capacity_wh)
    return parameters.floor_margin + DEVIATIONS * energy.deviation + min(late, 0.005)


def _least_margin(energy: Energy, parameters: FlightParameters) -> float:
    return 0.5 * parameters.floor_margin + energy.deviation


def _boots(
    energy: Energy, nodes: NodeCounts, running_w: float, parameters: FlightParameters, table: StepTable
) -> int:
    """How many nodes more the discharge limit lets boot."""
    fed = int(max(limits.discharge_w(energy, parameters) - energy.bus_w - running_w, 0.0) / table.boot_w)
    return max(min(fed, nodes.usable - nodes.running, parameters.dawn_nodes - nodes.booting), 0)
