# SPDX-License-Identifier: Apache-2.0
"""How many nodes run, and how fast, on a given power: pure functions, no state.

Work grows as f^0.8 and power as 1.6 + 5.6 f^2.6 kW, so nodes that are on share their power evenly, and as many are on as the
power feeds at the clock step of least energy per work. Ten nodes at that step beat five at twice the power.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from ..parameters import NODES, STEPS, NodePower

WORK_EXPONENT = 0.8
BAND_W = 150.0  # a third of a step: nodes that all go up warm the coolant by nearly half of what a step takes


class StepTable(NamedTuple):
    """Node power at each clock step.

    Attributes:
        step_w: power at each of the sixteen steps, ascending.
        efficient: step of least energy per work.
        boot_w: power while booting.
    """

    step_w: tuple[float, ...]
    efficient: int
    boot_w: float


class Clocks(NamedTuple):
    """Every node that is on runs at step `base`, the first `faster` of them one step above."""

    base: int
    faster: int


def step_table(node: NodePower) -> StepTable:
    """Work out the power of each step once."""
    step_w = tuple(node.at_step(step) for step in range(STEPS))
    fraction = [
        node.lowest_fraction + (1 - node.lowest_fraction) * step / (STEPS - 1) for step in range(STEPS)
    ]
    efficient = min(range(STEPS), key=lambda step: step_w[step] / fraction[step] ** WORK_EXPONENT)
    return StepTable(step_w, efficient, node.boot_w)


def nodes_fed(power_w: float, table: StepTable) -> int:
    """How many nodes a power feeds at the efficient step."""
    return min(int(max(power_w, 0.0) / table.step_w[table.efficient]), NODES)


def clocks(power_w: float, nodes: int, table: StepTable) -> Clocks:
    """Spread a power over nodes that are on; the lowest step is all a shortage can do, the rest is for the number of nodes."""
    step_w = table.step_w
    base = bisect_right(step_w, power_w / nodes) - 1 if nodes else 0
    if base < 0 or nodes == 0:
        return Clocks(0, 0)
    if base == STEPS - 1:
        return Clocks(base, 0)
    rest_w = power_w - nodes * step_w[base]
    return Clocks(base, min(int(rest_w / (step_w[base + 1] - step_w[base])), nodes - 1))


def clocks_w(choice: Clocks, nodes: int, table: StepTable) -> float:
    """Power of that choice of clocks."""
    slow_w = table.step_w[choice.base]
    return nodes * slow_w + (
        choice.faster * (table.step_w[choice.base + 1] - slow_w) if choice.faster else 0.0
    )


def cool_w(node_w: float, nodes: int, table: StepTable) -> float:
    """Most power of nodes that are on when `node_w` is the most that one may turn into heat.

    A node that goes one step up warms the coolant of all. So those that may are not sent up at once: as many are as the room
    above their step, in `BAND_W`, has a share for.
    """
    step_w = table.step_w
    base = bisect_right(step_w, node_w) - 1
    if base <= 0 or node_w >= step_w[base] + BAND_W:
        return nodes * step_w[max(base, 0)]
    share = (node_w - step_w[base]) / BAND_W
    return nodes * (step_w[base - 1] + share * (step_w[base] - step_w[base - 1]))


def keep(power_w: float, ceiling_w: float, on: int, booting: int, mature: int, table: StepTable) -> int:
    """How many of the nodes that run may stay.

    Below `power_w` at their lowest step all stay; otherwise nodes go, those younger than their least time on last, and
    these only if `ceiling_w` demands it.

    Args:
        power_w: the plan; ceiling_w: what must not be passed, at least as much.
        on: nodes that are on; booting: nodes that boot; mature: nodes past their least time on.
    """
    each_w = table.boot_w if booting else table.step_w[0]
    running = on + booting
    if on * table.step_w[0] + booting * table.boot_w <= power_w:
        return running
    by_plan = int(max(power_w, 0.0) / each_w)
    by_ceiling = int(max(ceiling_w, 0.0) / each_w)
    return min(max(by_plan, running - mature), by_ceiling, running)
