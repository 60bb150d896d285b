# SPDX-License-Identifier: Apache-2.0
"""The plant relaxed to a linear program: whatever a controller can do is a point of it, so its maximum is an upper bound.

Unknowns are means over the intervals of the grid, and states at their ends; powers are in kW, energies in MJ. What holds at
every instant holds for the means where it is linear, and by Jensen's inequality where it is convex. "Gives away" says what the
relaxation grants beyond the plant.

Who is bounded: every controller that keeps the floor and the temperature limit, feeds the loads that are always on (`ALWAYS_W`,
the laser terminal too: without it the satellite is deaf and its results stay on board) and browns nothing
out. Energy that a run did not give to those loads, or that loads
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
- Cells: stored power is terminal power less I (R0 I + v), v the polarisation. With X = energy + tau v^2 / (2 R1), each step has
  X+ - X <= (p - (R0 - held R1) I^2) dt, `held` from `_recovered`. So X takes the energy's place: floor <= X <= capacity + the
  most that tau v^2 / (2 R1) can be. Both packs count as one with half of the resistance, as warm as they can get. I is at least
  power / the end-of-charge voltage, and R I^2 is bounded by tangents from below. Gives away the loss in R1, aging and a shorted
  cell.
- Faults: `fade` shrinks X alike; a pack that is open takes its share of limits and capacity with it, and the other one may hold
  whatever fits; when it comes back it may be full. What only harms (latch-ups, stuck loads, inrush, runaway, the pump) is left
  out.
- Floor: `floor`, or the state at the start if that is lower. End free.
- Link: work that a full buffer cannot take is lost; see `horizon.py` for when the relay can take results. Left out
  where even work
  at full rate all the time would fit.
- Heat: sold at prices, see `cooling.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import exp

import numpy as np
from flatsat.boards.registers import compute_stimulus
from flatsat.boards.work import WORK_PER_MS

from ..errors import FlatsatError
from ..plant import battery, heat, loads, pack, results
from ..scenario import Satellite, Scenario
from . import cooling
from .horizon import Horizon
from .rows import LinearProgram, Places, Rows, Series

ALWAYS_KW = loads.ALWAYS_W / 1000
BOOT_KW = loads.BOOT_NODE_W / 1000
BOOT_S = compute_stimulus.BOOT_MS.reset / 1000
STEP_KW = [watts / 1000 for watts in loads.NODE_W[loads.ON]]
CHARGE_KW, DISCHARGE_KW = battery.CHARGE_LIMIT_W / 1000, battery.DISCHARGE_LIMIT_W / 1000
ETA = battery.CONVERTER_EFFICIENCY
TANGENTS = 9
LOSS_W = 1_200.0
"""More than the cells lose at any time on average over a thermal time constant."""
WARMED_PER_S = 1e-3
"""Resistance cannot fall faster than by this share of it."""
LONGEST_STEP_S = 40.0
HEAT = (
    ("on_kw", 0, 1.0),
    ("boots", 0, BOOT_KW),
    ("charge", 1, 1 - ETA),
    ("discharge", 1, 1 / ETA - 1),
    ("loss", 2, 1.0),
)
"""Unknowns that set heat free: the row of its price, and how many kilowatts each of them is."""
LASER_MJ_K = heat.LASER_CAPACITY_J_K / 1e6


@dataclass(frozen=True, kw_only=True, eq=False)
class Relaxed:
    """The linear program and its readable parts.

    Attributes:
        program: its maximum is in seconds of all nodes at the top clock step.
        bus: the rows of the power bus, one for each interval.
        width_s: how long each interval is.
    """

    program: LinearProgram
    bus: Places
    width_s: Series


@dataclass(frozen=True, kw_only=True, eq=False)
class Steered:
    """The linear program with heat: columns of the temperature at the end of each interval; rows whose multipliers are prices."""

    program: LinearProgram
    end_k: Places
    sold: Places
    rising: Places
    falling: Places
    limit: Places


def relax(scenario: Scenario, horizon: Horizon, sale: Series | None = None) -> Relaxed:
    """Write the linear program of a scenario, with heat at the prices `cooling.Worth.sale`, in seconds for a kilojoule.

    Raises:
        FlatsatError: its plant takes steps that are too long for the battery's relaxation.
    """
    if horizon.longest_s > LONGEST_STEP_S:
        raise FlatsatError(f"no bound for steps above {LONGEST_STEP_S:g} s: lower cycle_s or max_step_ms")
    rows = Rows()
    bus, gain = _electrical(rows, scenario, horizon)
    if sale is not None:
        for name, kind, kw in HEAT:
            paid = -kw * sale[kind] * horizon.width_s
            gain |= dict(zip(rows.named[name].tolist(), paid.tolist(), strict=True))
    return Relaxed(program=rows.program(gain), bus=bus, width_s=horizon.width_s)


def steer(scenario: Scenario, horizon: Horizon, near_k: Series) -> Steered:
    """Write the linear program with heat in it, T^4 by its tangents at these temperatures: it proves nothing, but has prices."""
    rows = Rows()
    _, gain = _electrical(rows, scenario, horizon)
    sold_kw = rows.variables("sold_kw", len(horizon.width_s), 0, cooling.MOST_KW)
    sold = rows.at_most(0, *((kw, rows.named[name]) for name, kind, kw in HEAT if not kind), (-1, sold_kw))
    end_k, rising, falling, limit = _cooled(rows, scenario.satellite, horizon, sold_kw, near_k)
    return Steered(
        program=rows.program(gain), end_k=end_k, sold=sold, rising=rising, falling=falling, limit=limit
    )


def _electrical(rows: Rows, scenario: Scenario, horizon: Horizon) -> tuple[Places, dict[int, float]]:
    """Everything but heat: the rows of the bus, the gain."""
    count = len(horizon.width_s)
    rows.kind = "power"
    on_kw = rows.variables("on_kw", count, 0, cooling.MOST_KW)
    boots = rows.variables("boots", count, 0, loads.NODES)
    charge = rows.variables("charge", count, 0, CHARGE_KW * horizon.packs)
    discharge = rows.variables("discharge", count, 0, DISCHARGE_KW * horizon.packs)
    work = _nodes(rows, horizon, on_kw, boots)
    rows.kind = "power"
    bus = rows.at_most(
        horizon.array_w / 1000 - ALWAYS_KW, (1, on_kw), (BOOT_KW, boots), (1, charge), (-1, discharge)
    )
    _battery(rows, scenario.satellite, horizon, charge, discharge)
    delivered = _results(rows, horizon, work)
    gain = dict(zip(delivered.tolist(), (horizon.width_s / loads.NODES).tolist(), strict=True))
    return bus, gain


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
    on = rows.variables("on", count, 0, horizon.nodes * booted)
    work = rows.variables("work", count, 0, horizon.nodes * booted)
    for slope, offset in envelope():
        rows.at_most(0, (1, work), (-slope, on_kw), (-offset, on))
    rows.at_most(0, (STEP_KW[0], on), (-1, on_kw))
    rows.kind = "boots"
    rows.at_most(loads.NODES, (1, on), (1, boots))

    rows.kind = "boots"
    within = np.append(np.ones(count - 1), 0.0)
    started = rows.variables("started", count, 0, loads.NODES * within)
    equal = (
        horizon.width_s[:-1] == horizon.width_s[1:]
    )  # the first interval may be shorter: nothing is on in it
    rows.at_most(0, *((f, v[equal]) for f, v in ((1, on[1:]), (-1, on[:-1]), (-1, started[:-1]))))
    length = int(BOOT_S / horizon.width_s[-1] + 1e-9)
    first = 0 if equal.all() else 1
    rows.at_most(0, (-1, boots[first:]), *((1, started[first + i :]) for i in range(length)))
    return work


def _results(rows: Rows, horizon: Horizon, work: Places) -> Places:
    """Work that is not lost, in nodes at the top clock step: what is beyond a full buffer is."""
    backlog = most = 0.0
    for seconds in horizon.width_s * (1 - results.DRAIN * horizon.taken):
        backlog = max(backlog + seconds, 0.0)
        most = max(most, backlog)
    if most <= results.BUFFER_S:
        return work
    count = len(work)
    rows.kind = "link"
    delivered = rows.variables("delivered", count, 0, loads.NODES)
    waiting = rows.variables("waiting", count, 0, results.BUFFER_S)
    sent = rows.variables("sent", count, 0, results.DRAIN * horizon.taken * loads.NODES)
    rows.at_most(0, (1, delivered), (-1, work))
    per_s = loads.NODES / horizon.width_s
    _gathered(rows, per_s, waiting, delivered, sent)
    return delivered


def _gathered(rows: Rows, per_s: Series, waiting: Places, delivered: Places, sent: Places) -> None:
    rows.at_most(0, (-per_s[:1], waiting[:1]), (1, delivered[:1]), (-1, sent[:1]))
    if len(waiting) > 1:
        rows.at_most(
            0, (-per_s[1:], waiting[1:]), (per_s[1:], waiting[:-1]), (1, delivered[1:]), (-1, sent[1:])
        )


def _battery(rows: Rows, satellite: Satellite, horizon: Horizon, charge: Places, discharge: Places) -> None:
    rows.kind = "power"
    held = _recovered(horizon.longest_s)
    warm = resistance_floor(satellite, horizon)
    ohm = warm * (battery.SERIES_OHM - held * battery.POLARISATION_OHM)
    capacity = 0.0036 * satellite.battery_wh
    low = min(satellite.floor, satellite.state_of_charge)
    brim = battery.OVERCHARGED if horizon.overcharge else 1.0
    highest_v = battery.OVERCHARGE_V if horizon.overcharge else battery.END_OF_CHARGE_V
    most_ohm = float(horizon.resistance.max()) * pack.resistance_share(satellite.battery_k)
    most_a = 1000 * DISCHARGE_KW / ETA / battery.LOWEST_V
    polarised = battery.POLARISATION_S * most_ohm * battery.POLARISATION_OHM * most_a * most_a / 2e6
    energy = rows.variables(
        "energy",
        len(charge),
        capacity * low * horizon.capacity,
        capacity * brim * horizon.capacity + polarised,
    )
    per_kw = 1000 * ohm / highest_v**2  # a vector: cells warm up
    most_kw = max(CHARGE_KW * ETA, DISCHARGE_KW / ETA)
    loss = rows.variables("loss", len(charge), 0, 4 * per_kw * most_kw**2)
    for at_kw in np.linspace(0, most_kw, TANGENTS + 1)[1:]:
        slope = 2 * per_kw * at_kw
        rows.at_most(per_kw * at_kw**2, (slope * ETA, charge), (slope / ETA, discharge), (-1, loss))
    kept = horizon.kept
    flow = (
        (-ETA * np.maximum(kept, 1), charge),
        (np.minimum(kept, 1) / ETA, discharge),
        (np.minimum(kept, 1), loss),
    )
    start = capacity * satellite.state_of_charge
    warming_kw = polarised * WARMED_PER_S * 1000
    returned_kw = 1000 * capacity * brim * horizon.returned / horizon.width_s
    _balance(rows, horizon, ((1.0, energy, start),), warming_kw + returned_kw, flow, kept)


def _recovered(step_s: float) -> float:
    """Share of the polarisation's resistance that a step's loss may fall short of series resistance, at the most."""
    decay = exp(-step_s / battery.POLARISATION_S)
    share = (1 - decay) * battery.POLARISATION_S / step_s
    return (1 - share * decay) ** 2 / (2 * share * (1 + decay)) + share * (1 - decay) / 2


def resistance_floor(satellite: Satellite, horizon: Horizon) -> Series:
    """The least factor on the cells' resistance in each interval, from the warmest that they can be."""
    warmest_k = max(satellite.limit_k, satellite.radiator_k, satellite.coolant_k)
    heated_k = (loads.BATTERY_HEATER_W + LOSS_W) / heat.BATTERY_W_K
    settled_k = max(warmest_k, satellite.battery_k) + heated_k
    left = np.exp(-horizon.end_s * heat.BATTERY_W_K / heat.BATTERY_CAPACITY_J_K)
    k = settled_k - (settled_k - satellite.battery_k) * left
    return horizon.resistance * np.exp(pack.ARRHENIUS_K * (1 / k - 1 / pack.REFERENCE_K))


def _cooled(
    rows: Rows, satellite: Satellite, horizon: Horizon, sold_kw: Places, near_k: Series
) -> tuple[Places, Places, Places, Places]:
    """Heat as far as prices need it: steady but for the radiator, T^4 by its tangents at temperatures `near_k`."""
    count = len(sold_kw)
    mj_k = cooling.KJ_K / 1000 + LASER_MJ_K
    end_k = rows.variables(
        "end_k", count, cooling.coolest_k(satellite, horizon) - 50, cooling.warmest_k(satellite) + 50
    )
    emitted = cooling.RADIATED_KW_K4 * horizon.radiating
    slope, offset = 4 * emitted * near_k**3, -3 * emitted * near_k**4
    rest_kw = cooling.REST_KW + loads.LASER_W / 1000 + horizon.absorbed_w / 1000
    start_k = cooling.start_k(satellite)
    before = np.concatenate([end_k[:1], end_k[:-1]])
    first = np.zeros(count)
    first[0] = 1.0
    half = slope / 2
    per = 1000 * mj_k / horizon.width_s
    # per (end - before) >= sold (1 + slope gap) + rest - slope (end + before) / 2 - offset
    gap = slope * cooling.GAP_KJ_KW / cooling.KJ_K
    known = start_k * first
    limit = offset - rest_kw + (half - per) * known
    others = [(kw, rows.named[name]) for name, kind, kw in HEAT if kind]
    rising = rows.at_most(
        limit,
        (1 + gap, sold_kw),
        *others,
        (-per - half, end_k),
        ((per - half) * (1 - first), before),
    )
    falling = rows.at_most(
        -limit,
        (-1 - gap, sold_kw),
        *((-kw, columns) for kw, columns in others),
        (per + half, end_k),
        ((half - per) * (1 - first), before),
    )
    later = cooling.Lags.of(horizon.longest_s).later_s / horizon.width_s
    hot = rows.at_most(
        cooling.warmest_k(satellite) - (0.5 + later) * known,
        (cooling.per_kw_k(), sold_kw),
        (0.5 - later, end_k),
        ((0.5 + later) * (1 - first), before),
    )
    return end_k, rising, falling, hot


def _balance(
    rows: Rows,
    horizon: Horizon,
    stores: tuple[tuple[float, Places, float], ...],
    limit: Series | float,
    flow: tuple[tuple[Series | float, Places], ...],
    kept: Series | float = 1.0,
) -> Places:
    """Rows `sum of factor * d(store)/dt + flow <= limit` in kW, the stores (MJ) at the interval's ends, known at time 0."""
    per_kw = 1000 / horizon.width_s
    limits = np.broadcast_to(np.asarray(limit, float), len(per_kw)).copy()
    factors = [(np.broadcast_to(np.asarray(f, float), len(per_kw)), v) for f, v in flow]
    kept = np.broadcast_to(np.asarray(kept, float), len(per_kw))
    limits[0] += sum(kept[0] * factor * per_kw[0] * start for factor, _, start in stores)
    first = rows.at_most(
        limits[:1], *((f * per_kw[:1], v[:1]) for f, v, _ in stores), *((f[:1], v[:1]) for f, v in factors)
    )
    if len(per_kw) == 1:
        return first
    rest = rows.at_most(
        limits[1:],
        *((f * per_kw[1:], v[1:]) for f, v, _ in stores),
        *((-f * kept[1:] * per_kw[1:], v[:-1]) for f, v, _ in stores),
        *((f[1:], v[1:]) for f, v in factors),
    )
    return np.concatenate([first, rest])
