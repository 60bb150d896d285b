# SPDX-License-Identifier: Apache-2.0
"""The plant relaxed to a linear program: whatever a controller can do is a point of it, so its maximum is an upper bound.

Unknowns are means over the intervals of the grid, and states at their ends; powers are in kW, energies in MJ. What holds at
every instant holds for the means where it is linear, and by Jensen's inequality where it is convex. "Gives away" says what the
relaxation grants beyond the plant.

Who is bounded: every controller that keeps the floor and the temperature limit, feeds the loads that are always on (`ALWAYS_W`,
the laser terminal at its standby power) and browns nothing out. Energy that a run did not give to those loads, or that loads
asked for and did not get, is worth at most `Certified.per_spared_j` a joule; `share.py` adds that.

Not bounded: what a node does between two samples of the plant beyond what its state at the second one allows, and steps that
cross the end of a cycle because flight software overran it.

- Array: all of `horizon.py`; strings may be opened and power may be shunted (<=). Gives away the cuts of time within a step.
- Nodes: r on, b booting, r + b <= 16. Work w <= the concave envelope of work over power, in perspective: for each edge of the
  envelope w <= slope p + offset r. Gives away that nodes and clock steps are whole numbers. Hung nodes draw power for nothing.
- Boots: with S(x, y] the boots that end in (x, y] and q = the mean of S(x, x + h] over x in the interval, exactly
  r[t + 1] - r[t] <= q[t], and b[t] >= q[t] + ... + q[t + n - 1] with n h <= the boot time. Nothing is on before one boot time.
  Gives away boots that are broken off and what is left of n h.
- Converter: exact. Charge and discharge power are bounded apart; the end-of-charge voltage is not held (gives that away).
- Cells: stored power is terminal power less I (R0 I + v), v the polarisation. With X = energy + v^2 g / (2 R1) and
  g = dt / (1 - exp(-dt / tau)), each step has X+ - X <= (p - R I^2) dt with R = R0 - (1 - exp(-dt / tau)) R1, for steps up to
  40 s (`LONGEST_STEP_S`). So X takes the energy's place: floor <= X <= capacity + the most that v^2 g / (2 R1) can be. I is at
  least power / END_OF_CHARGE_V, and R I^2 is bounded by tangents from below. Gives away the loss in R1.
- Floor: `floor`, or the state at the start if that is lower. End free.
- Heat, junctions: none is above the limit, so that coolant <= limit - (R/16) F, F the heat that the sixteen pass on.
  Coolant to radiator: radiator <= coolant - q / G, q the heat passed on. Both stores (junctions, coolant) are free between the
  coldest that anything can get and the limit. The coolant's rise within a step is granted (`slack_k`).
- Heat, radiator: capacity * rise >= q + loads + converter losses + absorbed - radiated - what battery and laser take up, these
  two up to the limit. T^4 is convex, so its secant over all possible temperatures rejects too much, never too little; the mean
  temperature is that at the end of the interval and what it can have fallen by, or less. Losses in the cells and the laser's heat
  stay where they are. Gives away most when the radiator is between the ends of the secant.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import exp, sqrt

import numpy as np
from flatsat.boards.registers import compute_stimulus
from flatsat.boards.work import WORK_PER_MS

from ..errors import FlatsatError
from ..plant import battery, heat, loads
from ..scenario import Satellite, Scenario
from .horizon import Horizon
from .rows import LinearProgram, Places, Rows, Series

ALWAYS_KW = loads.ALWAYS_W / 1000
TO_RADIATOR_KW = ALWAYS_KW - loads.LASER_STANDBY_W / 1000
BOOT_KW = loads.BOOT_NODE_W / 1000
BOOT_S = compute_stimulus.BOOT_MS.reset / 1000
STEP_KW = [watts / 1000 for watts in loads.NODE_W[loads.ON]]
MOST_KW = loads.NODES * STEP_KW[-1]
CHARGE_KW, DISCHARGE_KW = battery.CHARGE_LIMIT_W / 1000, battery.DISCHARGE_LIMIT_W / 1000
ETA = battery.CONVERTER_EFFICIENCY
TANGENTS = 9
LONGEST_STEP_S = 40.0
RADIATED_KW_K4 = heat.RADIATOR_EMISSIVITY * heat.STEFAN_BOLTZMANN * heat.RADIATOR_AREA_M2 / 1000
COOLEST_K = (heat.ABSORBED_DARK_W / 1000 / RADIATED_KW_K4) ** 0.25
JUNCTIONS_MJ_K = loads.NODES * heat.JUNCTION_CAPACITY_J_K / 1e6
COOLANT_MJ_K, RADIATOR_MJ_K = heat.COOLANT_CAPACITY_J_K / 1e6, heat.RADIATOR_CAPACITY_J_K / 1e6
BATTERY_MJ_K, LASER_MJ_K = heat.BATTERY_CAPACITY_J_K / 1e6, heat.LASER_CAPACITY_J_K / 1e6
JUNCTIONS_K_KW = 1000 * heat.JUNCTION_K_W / loads.NODES
LOOP_K_KW = 1000 / heat.LOOP_W_K


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """The linear program and its readable parts.

    Attributes:
        program: its maximum is in seconds of all nodes at the top clock step.
        spared: rows, one for each interval, and by how much a kilowatt spared in it loosens them.
        width_s: how long each interval is.
    """

    program: LinearProgram
    spared: tuple[tuple[Places, float], ...]
    width_s: Series


def relax(scenario: Scenario, horizon: Horizon) -> Relaxed:
    """Write the linear program of a scenario.

    Raises:
        FlatsatError: its plant takes steps that are too long for the battery's relaxation.
    """
    if horizon.longest_s > LONGEST_STEP_S:
        raise FlatsatError(f"no bound for steps above {LONGEST_STEP_S:g} s: lower cycle_s or max_step_ms")
    rows = Rows()
    count = len(horizon.width_s)
    on_kw = rows.variables(count, 0, MOST_KW)
    boots = rows.variables(count, 0, loads.NODES)
    charge = rows.variables(count, 0, CHARGE_KW)
    discharge = rows.variables(count, 0, DISCHARGE_KW)
    work = _nodes(rows, horizon, on_kw, boots)
    bus = rows.at_most(
        horizon.array_w / 1000 - ALWAYS_KW, (1, on_kw), (BOOT_KW, boots), (1, charge), (-1, discharge)
    )
    _battery(rows, scenario.satellite, horizon, charge, discharge)
    spared = _heat(rows, scenario.satellite, horizon, on_kw, boots, charge, discharge)
    gain = dict(zip(work.tolist(), (horizon.width_s / loads.NODES).tolist(), strict=True))
    return Relaxed(program=rows.program(gain), spared=((bus, 1.0), *spared), width_s=horizon.width_s)


def envelope() -> list[tuple[float, float]]:
    """Edges (slope per kW, offset) of the concave envelope of a node's work over its power, the level one last."""
    points = [(kw, work / WORK_PER_MS[-1]) for kw, work in zip(STEP_KW, WORK_PER_MS, strict=True)]
    hull: list[tuple[float, float]] = []
    for point in points:
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) <= _slope(hull[-1], point):
            hull.pop()
        hull.append(point)
    edges = [(_slope(a, b), a[1] - _slope(a, b) * a[0]) for a, b in pairwise(hull)]
    return [*edges, (0.0, 1.0)]


def _slope(a: tuple[float, float], b: tuple[float, float]) -> float:
    return (b[1] - a[1]) / (b[0] - a[0])


def _nodes(rows: Rows, horizon: Horizon, on_kw: Places, boots: Places) -> Places:
    count = len(on_kw)
    booted = np.clip((horizon.end_s - BOOT_S) / horizon.width_s, 0, 1)
    on = rows.variables(count, 0, horizon.nodes * booted)
    work = rows.variables(count, 0, horizon.nodes * booted)
    for slope, offset in envelope():
        rows.at_most(0, (1, work), (-slope, on_kw), (-offset, on))
    rows.at_most(0, (STEP_KW[0], on), (-1, on_kw))
    rows.at_most(loads.NODES, (1, on), (1, boots))

    within = np.append(np.ones(count - 1), 0.0)
    started = rows.variables(count, 0, loads.NODES * within)
    equal = (
        horizon.width_s[:-1] == horizon.width_s[1:]
    )  # the first interval may be shorter: nothing is on in it
    rows.at_most(0, *((f, v[equal]) for f, v in ((1, on[1:]), (-1, on[:-1]), (-1, started[:-1]))))
    length = int(BOOT_S / horizon.width_s[-1] + 1e-9)
    first = 0 if equal.all() else 1
    rows.at_most(0, (-1, boots[first:]), *((1, started[first + i :]) for i in range(length)))
    return work


def _battery(rows: Rows, satellite: Satellite, horizon: Horizon, charge: Places, discharge: Places) -> None:
    held = 1 - exp(-horizon.longest_s / battery.POLARISATION_S)
    ohm = battery.SERIES_OHM - held * battery.POLARISATION_OHM
    capacity = 0.0036 * satellite.battery_wh
    low = min(satellite.floor, satellite.state_of_charge)
    most_a = _most_a(battery.open_circuit_v(low), 1000 * DISCHARGE_KW / ETA)
    polarised = horizon.longest_s / held * battery.POLARISATION_OHM * most_a * most_a / 2e6
    energy = rows.variables(len(charge), capacity * low, capacity + polarised)
    per_kw = 1000 * ohm / battery.END_OF_CHARGE_V**2
    most_kw = max(CHARGE_KW * ETA, DISCHARGE_KW / ETA)
    loss = rows.variables(len(charge), 0, 4 * per_kw * most_kw**2)
    for at_kw in np.linspace(0, most_kw, TANGENTS + 1)[1:]:
        slope = 2 * per_kw * at_kw
        rows.at_most(per_kw * at_kw**2, (slope * ETA, charge), (slope / ETA, discharge), (-1, loss))
    flow = ((-ETA, charge), (1 / ETA, discharge), (1.0, loss))
    start = capacity * satellite.state_of_charge
    _balance(rows, horizon, ((1.0, energy, start),), 0.0, flow)


def _most_a(rest_v: float, power_w: float) -> float:
    """Current of that power once the polarisation has built up."""
    ohm = battery.SERIES_OHM + battery.POLARISATION_OHM
    return (rest_v - sqrt(rest_v * rest_v - 4 * ohm * power_w)) / (2 * ohm)


def _heat(
    rows: Rows,
    satellite: Satellite,
    horizon: Horizon,
    on_kw: Places,
    boots: Places,
    charge: Places,
    discharge: Places,
) -> tuple[tuple[Places, float], ...]:
    count = len(on_kw)
    step_s, width_s = horizon.longest_s, float(horizon.width_s[-1])
    warmest_k = max(satellite.limit_k, satellite.radiator_k, satellite.coolant_k)
    coolest_k = min(COOLEST_K, satellite.radiator_k, satellite.coolant_k, satellite.battery_k)
    passed_k = loads.COOLANT_HEATER_W * LOOP_K_KW / 1000

    def store(mj_k: float, above_k: float = 0.0) -> Places:
        return rows.variables(count, mj_k * coolest_k, mj_k * (warmest_k + above_k))

    junctions, coolant = store(JUNCTIONS_MJ_K), store(COOLANT_MJ_K, passed_k)
    taken_mj = BATTERY_MJ_K * max(warmest_k - satellite.battery_k, 0) + LASER_MJ_K * (
        warmest_k - satellite.radiator_k
    )
    given_mj = BATTERY_MJ_K * satellite.battery_k + LASER_MJ_K * warmest_k + 5e-3 * float(horizon.end_s[-1])
    others = rows.variables(count, -given_mj, taken_mj)
    end_k, mean_k = (rows.variables(count, coolest_k, warmest_k) for _ in range(2))

    stores = (
        (1.0, junctions, JUNCTIONS_MJ_K * satellite.coolant_k),
        (1.0, coolant, COOLANT_MJ_K * satellite.coolant_k),
    )
    nodes_kw = ((1.0, on_kw), (BOOT_KW, boots))
    fourth = (warmest_k**4 - coolest_k**4) / (warmest_k - coolest_k)
    secant_kw_k = RADIATED_KW_K4 * fourth
    secant_kw = RADIATED_KW_K4 * coolest_k**4 - secant_kw_k * coolest_k
    radiator = _balance(
        rows,
        horizon,
        (
            (-RADIATOR_MJ_K, end_k, satellite.radiator_k),
            *((-f, v, s) for f, v, s in stores),
            (-1.0, others, 0.0),
        ),
        secant_kw - TO_RADIATOR_KW - horizon.absorbed_w / 1000,
        (*nodes_kw, (1 - ETA, charge), (1 / ETA - 1, discharge), (-secant_kw_k, mean_k)),
    )
    # mean <= limit - (R / 16) F - q / G, with F = nodes - junctions' rise and q = F - coolant's rise
    slack_k = step_s * MOST_KW / 1000 / COOLANT_MJ_K
    open_k = heat.VALVE_CLOSED_K + heat.VALVE_BAND_K + JUNCTIONS_K_KW * MOST_KW
    both = JUNCTIONS_K_KW + LOOP_K_KW
    junction = _balance(
        rows,
        horizon,
        ((-both, *stores[0][1:]), (-LOOP_K_KW, *stores[1][1:])),
        max(warmest_k, open_k) + slack_k,
        (*((both * f, v) for f, v in nodes_kw), (1.0, mean_k)),
    )
    fall_k_s = (RADIATED_KW_K4 * warmest_k**4 + 0.06 * (warmest_k - coolest_k)) / 1000 / RADIATOR_MJ_K
    first_k = COOLANT_MJ_K * max(satellite.radiator_k - satellite.coolant_k, 0) / RADIATOR_MJ_K
    rows.at_most(fall_k_s * (width_s / 2 + step_s) + first_k, (1, mean_k), (-1, end_k))
    return (radiator, 1.0), (junction, both)


def _balance(
    rows: Rows,
    horizon: Horizon,
    stores: tuple[tuple[float, Places, float], ...],
    limit: Series | float,
    flow: tuple[tuple[float, Places], ...],
) -> Places:
    """Rows `sum of factor * d(store)/dt + flow <= limit` in kW, the stores (MJ) at the interval's ends, known at time 0."""
    per_kw = 1000 / horizon.width_s
    limits = np.broadcast_to(np.asarray(limit, float), len(per_kw)).copy()
    limits[0] += sum(factor * per_kw[0] * start for factor, _, start in stores)
    first = rows.at_most(
        limits[:1], *((f * per_kw[:1], v[:1]) for f, v, _ in stores), *((f, v[:1]) for f, v in flow)
    )
    if len(per_kw) == 1:
        return first
    rest = rows.at_most(
        limits[1:],
        *((f * per_kw[1:], v[1:]) for f, v, _ in stores),
        *((-f * per_kw[1:], v[:-1]) for f, v, _ in stores),
        *((f, v[1:]) for f, v in flow),
    )
    return np.concatenate([first, rest])
