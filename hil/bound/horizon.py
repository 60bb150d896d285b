# SPDX-License-Identifier: Apache-2.0
"""What no controller can change: the array's power and the heat absorbed, interval by interval, from the plant's own models.

The plant holds the power at the end of a step for the whole step, and a run may cut its steps finer where a board acts by
itself. So each step counts at the most that any cut could give: the greatest sunlight, cold boost and wander in it. The
absorbed heat counts at the least. Steps are those of the bench: cycles, cut at `max_step_ms` and where faults begin and end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..plant import Plant
from ..plant.array import KNOT_MS, SolarArray
from ..plant.heat import ABSORBED_DARK_W, ABSORBED_SUN_W
from ..plant.loads import NODES
from ..scenario import Scenario, next_edge_ms

Series = NDArray[np.float64]

ALL_STRINGS = 0xFF
HUNG_SHARE = 1 - 1e-5
"""A node under a `hang` works for one millisecond before it hangs, at most once in the 120 s of a boot."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Horizon:
    """Averages over the intervals of the linear program; the first may be shorter than the others.

    Attributes:
        end_s: where each interval ends; width_s: how long each lasts.
        longest_s: the longest step of the plant.
        array_w, absorbed_w: upper and lower bound of the mean power.
        nodes: how many nodes may be on.
    """

    end_s: Series
    width_s: Series
    longest_s: float
    array_w: Series
    absorbed_w: Series
    nodes: Series


def look_ahead(scenario: Scenario, grid_ms: int) -> Horizon:
    """Work out the whole scenario on intervals of `grid_ms`; what is left over comes first."""
    first_ms = scenario.duration_ms % grid_ms or grid_ms
    ends_ms = np.arange(first_ms, scenario.duration_ms + 1, grid_ms, dtype=np.float64)
    widths_ms = np.diff(ends_ms, prepend=0.0)
    array_j, absorbed_j = np.zeros(len(ends_ms)), np.zeros(len(ends_ms))
    plant = Plant(scenario, scenario.seed)
    longest_ms = 0
    for at_ms, to_ms in _steps(scenario):
        longest_ms = max(longest_ms, to_ms - at_ms)
        array_w, absorbed_w = _given_in(plant, at_ms, to_ms)
        for place, seconds in _shares(at_ms, to_ms, first_ms, grid_ms):
            array_j[place] += array_w * seconds
            absorbed_j[place] += absorbed_w * seconds
    width_s = widths_ms / 1000
    return Horizon(
        end_s=ends_ms / 1000,
        width_s=width_s,
        longest_s=longest_ms / 1000,
        array_w=array_j / width_s,
        absorbed_w=absorbed_j / width_s,
        nodes=_nodes(scenario, ends_ms - widths_ms, ends_ms),
    )


def _steps(scenario: Scenario) -> Iterator[tuple[int, int]]:
    """The steps of the bench, as long as no board stops one short."""
    at_ms = 0
    while at_ms < scenario.duration_ms:
        cycle_end_ms = (at_ms // scenario.cycle_ms + 1) * scenario.cycle_ms
        to_ms = min(cycle_end_ms, at_ms + scenario.max_step_ms, next_edge_ms(scenario, at_ms))
        yield at_ms, to_ms
        at_ms = to_ms


def _shares(at_ms: int, to_ms: int, first_ms: int, grid_ms: int) -> Iterator[tuple[int, float]]:
    """The intervals that a step touches, each with the seconds it has there."""
    while at_ms < to_ms:
        place = 0 if at_ms < first_ms else (at_ms - first_ms) // grid_ms + 1
        until_ms = min(to_ms, first_ms + place * grid_ms)
        yield place, (until_ms - at_ms) / 1000
        at_ms = until_ms


def _given_in(plant: Plant, at_ms: int, to_ms: int) -> tuple[float, float]:
    """The most array power and the least absorbed heat of a step, in watts; ages the array by it."""
    before, after = plant.orbit.sunlight(at_ms / 1000), plant.orbit.sunlight(to_ms / 1000)
    darkest = min(before, after)
    array_w = _most_w(plant.array, max(before, after), darkest, at_ms, to_ms)
    return array_w, ABSORBED_DARK_W + ABSORBED_SUN_W * darkest


def _most_w(array: SolarArray, brightest: float, darkest: float, at_ms: int, to_ms: int) -> float:
    warmer = array.coldness
    array.step(darkest, (to_ms - at_ms) / 1000)
    colder = array.coldness
    array.coldness = max(warmer, colder)
    knots_ms = range(-(-at_ms // KNOT_MS) * KNOT_MS, to_ms, KNOT_MS)
    most_w = max(
        sum(array.strings_w(brightest, time_ms, ALL_STRINGS)) for time_ms in (at_ms, *knots_ms, to_ms)
    )
    array.coldness = colder
    return most_w


def _nodes(scenario: Scenario, starts_ms: Series, ends_ms: Series) -> Series:
    """Nodes that no `hang` strikes, on average over each interval."""
    nodes = np.full(len(ends_ms), float(NODES))
    for target in {fault.target for fault in scenario.faults if _hangs(fault.target, fault.kind)}:
        hung = np.zeros(len(ends_ms))
        for fault in scenario.faults:
            if fault.target == target and fault.kind == "hang":
                overlap = np.minimum(ends_ms, fault.until_ms) - np.maximum(starts_ms, fault.at_ms)
                hung += np.maximum(overlap, 0) / (ends_ms - starts_ms)
        nodes -= HUNG_SHARE * np.minimum(hung, 1.0)
    return nodes


def _hangs(target: str, kind: str) -> bool:
    return kind == "hang" and target.startswith("node")
