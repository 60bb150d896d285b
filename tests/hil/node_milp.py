# SPDX-License-Identifier: Apache-2.0
"""A second formulation, with whole nodes: one orbit in intervals of a minute as a mixed-integer program.

It shares no code with the bound and errs on the other side: nodes are whole, boots last two intervals and begin with one,
the battery loses what both its resistors take at a low voltage, by chords that lie above the parabola. Heat is left to the plant.
"""

from itertools import pairwise
from typing import NamedTuple

import highspy
from flatsat.boards.work import WORK_PER_MS

INTERVAL_S = 60
BUS_KW = 4.6
STEP_KW = [1.6 + 5.6 * (0.35 + 0.65 * step / 15) ** 2.6 for step in range(16)]
CONVERTER = 0.97
LOSS_PER_KW = 0.15 / 310**2 * 1000
BUFFER_S, DRAIN = 600.0, 2.5
BREAKS_KW = [0, 2, 4, 6, 8, 10, 13, 16, 20, 25]


class Schedule(NamedTuple):
    """What was found: seconds of work, and by interval the nodes on, those that boot, and the battery's power (charging > 0)."""

    delivered_s: float
    on: list[int]
    booting: list[int]
    battery_kw: list[float]
    node_kw: list[float]


def best_schedule(
    array_w: list[float], capacity_wh: float, charge: float, floor: float, relay_s: list[float] | None = None
) -> Schedule:
    """Maximise the work for an array power known by the second; charge and floor as shares of the capacity.

    Args:
        relay_s: for how long the relay takes results in each interval; without it, no work is lost.
    """
    count = len(array_w) // INTERVAL_S
    sun_kw = [sum(array_w[t * INTERVAL_S : (t + 1) * INTERVAL_S]) / INTERVAL_S / 1000 for t in range(count)]
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    h.setOptionValue("mip_rel_gap", 2e-4)
    h.setOptionValue("time_limit", 60.0)
    whole = highspy.HighsVarType.kInteger
    on = [h.addVariable(0, 16, type=whole) for _ in range(count)]
    starts = [h.addVariable(0, 16, type=whole) for _ in range(count)]
    node_kw = [h.addVariable(0, 16 * STEP_KW[-1]) for _ in range(count)]
    work = [h.addVariable(0, 16) for _ in range(count)]
    into = [[h.addVariable(0, b - a) for a, b in pairwise(BREAKS_KW)] for _ in range(count)]
    out = [[h.addVariable(0, b - a) for a, b in pairwise(BREAKS_KW)] for _ in range(count)]
    energy = [h.addVariable(capacity_wh * floor / 1000, capacity_wh / 1000) for _ in range(count)]
    for t in range(count):
        booting = starts[t] + (starts[t - 1] if t else 0)
        ready = starts[t - 2] if t > 1 else 0
        h.addConstr(on[t] - (on[t - 1] if t else 0) - ready <= 0)
        h.addConstr(on[t] + booting <= 16)
        h.addConstr(STEP_KW[0] * on[t] - node_kw[t] <= 0)
        for (kw, done), (more_kw, more) in pairwise(zip(STEP_KW, WORK_PER_MS, strict=True)):
            slope = (more - done) / 1000 / (more_kw - kw)
            h.addConstr(work[t] - slope * node_kw[t] - (done / 1000 - slope * kw) * on[t] <= 0)
        h.addConstr(work[t] - on[t] <= 0)
        charged, discharged = sum(into[t][1:], into[t][0] * 1), sum(out[t][1:], out[t][0] * 1)
        h.addConstr(node_kw[t] + 2.2 * booting + charged - discharged <= sun_kw[t] - BUS_KW)
        gained = sum(
            (CONVERTER - LOSS_PER_KW * CONVERTER**2 * (a + b)) * v
            for v, (a, b) in zip(into[t], pairwise(BREAKS_KW), strict=True)
        )
        lost = sum(
            (1 / CONVERTER + LOSS_PER_KW / CONVERTER**2 * (a + b)) * v
            for v, (a, b) in zip(out[t], pairwise(BREAKS_KW), strict=True)
        )
        h.addConstr(charged <= 20)
        before = energy[t - 1] if t else capacity_wh * charge / 1000
        h.addConstr(energy[t] - before - INTERVAL_S / 3600 * (gained - lost) <= 0)
    kept = work
    if relay_s is not None:
        kept = [h.addVariable(0, 16) for _ in range(count)]
        waiting = [h.addVariable(0, BUFFER_S) for _ in range(count)]
        for t in range(count):
            sent = h.addVariable(0, DRAIN * relay_s[t])
            h.addConstr(kept[t] - work[t] <= 0)
            before = waiting[t - 1] if t else 0
            h.addConstr(before + INTERVAL_S / 16 * kept[t] - sent - waiting[t] <= 0)
    h.maximize(sum(kept[1:], kept[0] * 1))
    x = h.getSolution().col_value

    def value(variables):
        return [x[v.index] for v in variables]

    n_on, n_starts = [round(v) for v in value(on)], [round(v) for v in value(starts)]
    return Schedule(
        delivered_s=sum(value(kept)) * INTERVAL_S / 16,
        on=n_on,
        booting=[n + (n_starts[t - 1] if t else 0) for t, n in enumerate(n_starts)],
        battery_kw=[sum(value(into[t])) - sum(value(out[t])) for t in range(count)],
        node_kw=value(node_kw),
    )
