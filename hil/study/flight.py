# SPDX-License-Identifier: Apache-2.0
"""Flies one cell of a study on the twins: the whole bench, boards and flight software, nothing recorded or decoded."""

from __future__ import annotations

import time
from typing import NamedTuple

from ..backends.port import Options, open_back_end
from ..bench import Bench
from ..bound.cache import Bound
from ..bound.compute import bound_of
from ..bound.share import JOULES_WH
from ..errors import FlatsatError
from ..scenario import Scenario
from ..summary import energy
from .cell import Row


class Flight(NamedTuple):
    """What a worker is told: a scenario with its seed and controller, and its bound."""

    scenario: Scenario
    bound: Bound


def fly(flight: Flight) -> Row:
    """Fly, and tell what share of the bound was delivered and what was violated; or the `error` that ended the flight."""
    started = time.process_time()
    try:
        bench = _flown(flight.scenario)
    except FlatsatError as error:
        return {"error": str(error)}
    except Exception as error:  # noqa: BLE001 - a controller with a bug ends its own flights only
        return {"error": f"{type(error).__name__}: {error}"}
    plant, bound = bench.plant, flight.bound
    booked = energy(plant.ledger, plant.battery.energy_j - plant.battery.initial_j)
    spared_j = JOULES_WH * (booked["brown_out_wh"] + booked["spared_wh"])
    violations = plant.violations
    return {
        "fraction_of_bound": plant.truth.delivered / (bound.delivered_s + bound.per_spared_j * spared_j),
        "delivered_s": plant.truth.delivered,
        "lost_s": plant.truth.lost_s,
        "floor_violations": violations.floor,
        "discharge_violations": violations.discharge,
        "thermal_violations": violations.thermal,
        "min_state_of_charge": violations.min_state_of_charge,
        "max_k": violations.max_k,
        "brown_out_wh": booked["brown_out_wh"],
        "cpu_s": round(time.process_time() - started, 2),
    }


def bound(scenario: Scenario) -> Bound:
    """The bound of a scenario with its seed: what a worker computes where it is not kept."""
    return bound_of(scenario, lambda stage: None)


def _flown(scenario: Scenario) -> Bench:
    back_end = open_back_end("twin", Options())
    try:
        bench = Bench(scenario, scenario.seed, back_end)
        for _ in bench.cycles(scenario.duration_ms // scenario.cycle_ms):
            bench.trace.take()
    finally:
        back_end.close()
    return bench
