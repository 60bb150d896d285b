# SPDX-License-Identifier: Apache-2.0
"""What no controller can change: the array's power and the heat absorbed, interval by interval, from the plant's own models.

The plant holds the power at the end of a step for the whole step, and a run may cut its steps finer where a board acts by
itself. So each step counts at the most that any cut could give: the greatest sunlight, cold boost and wander in it. The
absorbed heat counts at the least. Steps are those of the bench: cycles, cut at `max_step_ms` and where faults begin and end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi

import numpy as np
from flatsat.boards.registers.laser_flight import ACQUIRE_MS, LOSS_MS
from numpy.typing import NDArray

from ..errors import FlatsatError
from ..plant import Plant
from ..plant.array import KNOT_MS, SolarArray
from ..plant.battery import PACKS
from ..plant.heat import ABSORBED_DARK_W, ABSORBED_SUN_W
from ..plant.loads import NODES
from ..plant.strikes import HALF_OSCILLATION_MS, QUIET, Strikes, Struck
from ..scenario import Scenario, next_edge_ms

Series = NDArray[np.float64]

ALL_STRINGS = 0xFF
HUNG_SHARE = 1 - 1e-5
"""A node under a `hang` works for one millisecond before it hangs, at most once in the 120 s of a boot."""
UNBOUNDED = {
    "short": "a short takes what no bound of the loads covers",
    "surge": "a surge does the same work with less power",
}
"""Kinds of fault for which no bound is known, with the reason."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Horizon:
    """What is given in the intervals of the linear program; the first may be shorter than the others.

    Attributes:
        end_s: where each interval ends; width_s: how long each lasts.
        longest_s: the longest step of the plant.
        array_w, absorbed_w: upper and lower bound of the mean power.
        nodes: how many nodes may be on.
        radiating: the greatest share of the radiator's emissivity.
        resistance: the least factor on the cells' resistance, their temperature left out.
        kept: the share of the stored energy that outlasts faults in the interval; above 1 where they end.
        capacity: share of the battery's capacity in the circuit at the end of the interval.
        returned: share of the whole capacity by which a pack that comes back may add to the energy.
        packs: share of the packs in the circuit, the most in the interval.
        overcharge: whether the end of charge may be ignored.
        taken: for which share of the interval the relay can take results.
    """

    end_s: Series
    width_s: Series
    longest_s: float
    array_w: Series
    absorbed_w: Series
    nodes: Series
    radiating: Series
    resistance: Series
    kept: Series
    capacity: Series
    returned: Series
    packs: Series
    overcharge: bool
    taken: Series


def look_ahead(scenario: Scenario, grid_ms: int) -> Horizon:
    """Work out the whole scenario on intervals of `grid_ms`; what is left over comes first.

    Raises:
        FlatsatError: one of its faults has no bound.
    """
    for fault in scenario.faults:
        if fault.kind in UNBOUNDED:
            raise FlatsatError(f"no bound with {fault.name}: {UNBOUNDED[fault.kind]}; leave it out")
    first_ms = scenario.duration_ms % grid_ms or grid_ms
    ends_ms = np.arange(first_ms, scenario.duration_ms + 1, grid_ms, dtype=np.float64)
    widths_ms = np.diff(ends_ms, prepend=0.0)
    count = len(ends_ms)
    sums = np.zeros((3, count))
    radiating, resistance, packs = np.zeros(count), np.full(count, np.inf), np.zeros(count)
    kept, returned, capacity = np.ones(count), np.zeros(count), np.ones(count)
    plant, strikes, link = Plant(scenario, scenario.seed), Strikes(scenario.faults, scenario.seed), _Link()
    longest_ms, before, overcharge = 0, QUIET, False
    for at_ms, to_ms in _steps(scenario):
        longest_ms = max(longest_ms, to_ms - at_ms)
        struck = strikes.at(at_ms)
        given = (*_given_in(plant, struck, at_ms, to_ms), link.taken_s(plant, at_ms, to_ms))
        shares = list(_shares(at_ms, to_ms, first_ms, grid_ms))
        for place, seconds in shares:
            sums[:, place] += [power * seconds for power in given]
        place = shares[0][0]
        if struck is not before:
            kept[place] *= _left(struck) / _left(before)
            returned[place] += max(_packs(struck) - _packs(before), 0.0)
            before = struck
            overcharge |= struck.overcharge
        for place, _ in shares:
            radiating[place] = max(radiating[place], struck.emissivity_share)
            resistance[place] = min(resistance[place], struck.resistance)
            packs[place] = max(packs[place], _packs(struck))
            capacity[place] = _left(struck) * _packs(struck)
    width_s = widths_ms / 1000
    array_w, absorbed_w, taken = sums / width_s
    return Horizon(
        end_s=ends_ms / 1000,
        width_s=width_s,
        longest_s=longest_ms / 1000,
        array_w=array_w,
        absorbed_w=absorbed_w,
        nodes=_nodes(scenario, ends_ms - widths_ms, ends_ms),
        radiating=radiating,
        resistance=resistance,
        kept=kept,
        capacity=capacity,
        returned=returned,
        packs=packs,
        overcharge=overcharge,
        taken=taken,
    )


def _left(struck: Struck) -> float:
    """Share of capacity and energy that is left, a shorted cell not counted."""
    return struck.capacity_share


def _packs(struck: Struck) -> float:
    return sum(1 for i in range(PACKS) if not struck.packs_open >> i & 1) / PACKS


class _Link:
    """For how long the relay can take results: while there is light, once the board has seen it for its acquisition time.

    A step counts as lit to the board where there is light at any time of it, for a run may cut it there.
    """

    def __init__(self) -> None:
        self._seen_ms = self._dark_ms = 0

    def taken_s(self, plant: Plant, at_ms: int, to_ms: int) -> float:
        lit_ms = plant.light.lit_ms(at_ms, to_ms)
        if lit_ms:
            self._seen_ms, self._dark_ms = self._seen_ms + to_ms - at_ms, 0
            return lit_ms if self._seen_ms >= ACQUIRE_MS.reset else 0.0
        self._dark_ms += to_ms - at_ms
        if self._dark_ms >= LOSS_MS.reset:
            self._seen_ms = 0
        return 0.0


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


def _given_in(plant: Plant, struck: Struck, at_ms: int, to_ms: int) -> tuple[float, float]:
    """The most array power and the least absorbed heat of a step, in watts; ages the array by it."""
    before, after = plant.orbit.sunlight(at_ms / 1000), plant.orbit.sunlight(to_ms / 1000)
    darkest, brightest = min(before, after), max(before, after)
    if struck.eclipse:
        darkest = brightest = 0.0
    for depth, period_ms, since_ms in struck.flickers:
        crest = (at_ms - since_ms) // period_ms != (to_ms - since_ms) // period_ms
        swing = [1 - depth * (1 - cos(2 * pi * (t - since_ms) / period_ms)) / 2 for t in (at_ms, to_ms)]
        brightest *= 1.0 if crest else max(swing)
        darkest *= 1 - depth
    array_w = _most_w(plant.array, struck, (brightest, darkest), at_ms, to_ms, 1000 * plant.orbit.period_s)
    return array_w, (ABSORBED_DARK_W + ABSORBED_SUN_W * darkest) * struck.absorbed


def _most_w(
    array: SolarArray, struck: Struck, light: tuple[float, float], at_ms: int, to_ms: int, period_ms: float
) -> float:
    brightest, darkest = light
    warmer = array.coldness
    array.step(darkest, (to_ms - at_ms) / 1000)
    colder = array.coldness
    array.coldness = max(warmer, colder)
    knots_ms = range(-(-at_ms // KNOT_MS) * KNOT_MS, to_ms, KNOT_MS)
    strings = ALL_STRINGS & ~struck.strings_open
    most_w = 0.0
    for time_ms in (at_ms, *knots_ms, to_ms):
        strings_w = array.strings_w(brightest, time_ms, strings)
        for string, depth, since_ms in struck.oscillations:
            halves = {(t - since_ms) // HALF_OSCILLATION_MS & 1 for t in (at_ms + 1, to_ms)}
            if halves == {1} and to_ms - at_ms <= HALF_OSCILLATION_MS:
                strings_w[string] *= 1 - depth
        most_w = max(most_w, sum(strings_w))
    array.coldness = colder
    if struck.array_stuck_ms is not None:
        turned = [(time_ms - struck.array_stuck_ms) / period_ms for time_ms in (at_ms, to_ms)]
        crest = turned[0] // 1 != turned[1] // 1
        most_w *= 1.0 if crest else max(0.0, *(cos(2 * pi * turn) for turn in turned))
    return most_w * struck.array_share


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
