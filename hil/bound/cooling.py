# SPDX-License-Identifier: Apache-2.0
"""What the radiator can do: the most that heat from the nodes is worth at given prices, exactly in T^4, by dynamic programming.

The linear program sells each kilojoule that nodes, converter and cells set free to this problem at a price; by Lagrangian
duality the maximum of the one plus the maximum of the other is an upper bound at any prices, and a tight one at the right ones.
The nodes' is `Prices.sale`. The converter's heats the radiator, whose heat costs what the value falls by about the temperature
that the prices were made for: there, this problem does not care how much of it is bought. Cells heat their packs, and so does
the laser terminal itself, with all of its power: they exchange heat with the radiator, at prices that follow from its own. The
program's loss in the cells is below the true one, and no price is below 0: what is not sold only heats.

The state is theta, the heat in junctions, coolant and radiator over their capacity. It is never below the radiator's temperature:
coolant and junctions are never colder than a radiator that is warmer than it gets by itself. Each step of the plant is exactly
C (theta+ - theta) = (P + rest - radiated) dt, with the radiator at theta - g, where C g = s P - d(psi)/dt: what junctions and
coolant are warmer than the radiator by. The limit of the junctions is, exactly, b P <= limit - theta + later d(theta)/dt +
d(gap)/dt; its multiplier is `margin`, the less the further below the limit, and dearer the warmer beyond the temperature that
prices were made for: any multiplier that is not below 0 will do, one for each temperature too. A level one lets the maximum run
far too hot at its price, because T^4 is convex: that made the bound 0.3 % looser on the hot day.
The value is a function of theta alone, joined by straight lines.

The gap is what junctions and coolant together (C_l of C) are warmer than the radiator. Summed by parts, its term in the limit
is worth (margin now - margin after) x gap: nothing at best where the margin rises, for the gap is never below 0, and at most
margin x the greatest gap where it falls. The greatest gap: junctions are at the limit L at most. In a step coolant relaxes
towards radiator + q / loop, where q, the mean flow from junctions and heater, is at most (L - coolant) / junctions' resistance
+ the heater's power. So with keep = exp(-dt loop / C_c) and k = junctions' conductance / loop's, u = coolant - radiator - k /
(1 + k) (L - radiator) obeys u+ <= (keep - (1 - keep) k) u + (1 - keep) heater / loop + the radiator's fall / (1 + k), and where
keep >= (1 - keep) k, u stays below (fall rate x dt / (1 - keep + (1 - keep) k) + heater / loop) / (1 + k). The radiator falls
no faster than by all that it emits at the limit. Mean junctions and coolant, put L - radiator = room + C_l / C gap, solve for
the gap: `Lags.most_gap_k`. This asks for an open valve; where the margin counts, theta is within `HELD_K` of the limit, more
than a hundred of the coolant's seconds after the valve has opened. What is left of a closed valve's gap is then below e^-20 of
it. For steps too long for keep >= (1 - keep) k the greatest gap is all of L - radiator.

Proven: the balance, the limit, the greatest gap, duality: any prices do. Measured or estimated, not proven:
- joining by lines is exact where the value is convex; where it is not, lines are a little below it: a grid twice as fine moves
  the bound by less than 2e-5 of it;
- steps that a board cuts short: lags are those of whole steps;
- the pump: a stopped pump is taken to do only harm;
- a start near the limit with coolant far warmer than the radiator: its first half minute may pass the greatest gap.
- packs so cold that their heat pipe closes: their exchange is that of an open one.
Given away: that prices are no better than they are; the part of the cells' heat that the program's loss leaves out; heaters;
heat that goes into gap and psi once; that clock steps are whole: the limit is held by a mean over nodes and time, a flight
holds it with the faster one of two steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from ..plant import battery, heat, loads
from ..scenario import Satellite
from .horizon import Horizon
from .rows import Series

MOST_KW = loads.NODES * max(loads.NODE_W[loads.ON]) / 1000
REST_KW = (loads.ALWAYS_W - loads.LASER_W) / 1000
RADIATED_KW_K4 = heat.RADIATOR_EMISSIVITY * heat.STEFAN_BOLTZMANN * heat.RADIATOR_AREA_M2 / 1000
JUNCTIONS_KJ_K, COOLANT_KJ_K = (
    loads.NODES * heat.JUNCTION_CAPACITY_J_K / 1000,
    heat.COOLANT_CAPACITY_J_K / 1000,
)
KJ_K = JUNCTIONS_KJ_K + COOLANT_KJ_K + heat.RADIATOR_CAPACITY_J_K / 1000
JUNCTIONS_K_KW, LOOP_K_KW = 1000 * heat.JUNCTION_K_W / loads.NODES, 1000 / heat.LOOP_W_K
BESIDE = (
    (heat.BATTERY_W_K / 1000, heat.BATTERY_CAPACITY_J_K / 1000),
    (heat.LASER_W_K / 1000, heat.LASER_CAPACITY_J_K / 1000),
)
"""Conductance in kW/K and capacity in kJ/K of what sits on the radiator's panel: battery, laser terminal."""
BESIDE_KW = 8.0
"""More than all but nodes and bus give to the radiator: heaters 2.5, cells 2.5 with their resistance doubled, converters 0.8,
laser terminal 0.6, and what battery and terminal stored."""
CONVERTER_KW = max(
    (1 - battery.CONVERTER_EFFICIENCY) * battery.CHARGE_LIMIT_W / 1000,
    (1 / battery.CONVERTER_EFFICIENCY - 1) * battery.DISCHARGE_LIMIT_W / 1000,
)
"""The most heat of the converter between bus and battery."""
HEATER_KW = loads.COOLANT_HEATER_W / 1000
GAP_KJ_KW = JUNCTIONS_KJ_K * JUNCTIONS_K_KW + (JUNCTIONS_KJ_K + COOLANT_KJ_K) * LOOP_K_KW
STEP_K = 0.25
ABOUT_K = 1.0
"""On each side of the temperature about which the value's slope is the price of the radiator's heat."""
WORTHLESS = 1e-6
"""Prices of heat below this, in s/kJ, are the solver's tolerance."""
HELD_K = (19.0, 13.0)
"""From the first to the second of these below the limit, the junctions' limit counts more and more, then whole."""
DEARER_K = 0.03
"""Share by which the multiplier of the limit grows with each kelvin."""
BEYOND_K = 2.0
"""How far above the limit values are kept: nothing gets there, but steps from below it are joined by lines."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prices:
    """Seconds of full-rate work, interval by interval.

    Attributes:
        end_s: where each interval ends.
        sale: for each kilojoule of the nodes' heat.
        margin: for each kelvin second of the junctions' limit.
        near_k: the temperature that they were made for, at the end of each interval.
    """

    end_s: Series
    sale: Series
    margin: Series
    near_k: Series

    def on(self, horizon: Horizon) -> Prices:
        """On the intervals of another horizon of the same run; 0 where heat is worth next to nothing."""
        places = np.searchsorted(self.end_s, horizon.end_s - horizon.width_s / 2)
        scarce = self.sale.max() > WORTHLESS
        return Prices(
            end_s=horizon.end_s,
            sale=scarce * self.sale[places],
            margin=scarce * self.margin[places],
            near_k=np.interp(horizon.end_s, self.end_s, self.near_k),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Worth:
    """What the radiator can do.

    Attributes:
        sold_s: the most that heat can be sold for.
        sale: the prices of heat from nodes, converter and cells, a row each.
        dearest: the highest price of a kilojoule in the radiator.
    """

    sold_s: float
    sale: Series
    dearest: float


@dataclass(frozen=True, kw_only=True)
class Lags:
    """How far junctions and coolant are behind for steps of one length: seconds, and kJ s/K."""

    later_s: float
    gap_s: float
    psi_kj_s_k: float
    psi_gap_kj_s_k: float
    coolant_share: float
    coolant_late_s: float

    @staticmethod
    def of(step_s: float) -> Lags:
        junction_s = step_s - _lag_s(step_s, JUNCTIONS_KJ_K * JUNCTIONS_K_KW)
        coolant_s = step_s - _lag_s(step_s, COOLANT_KJ_K * LOOP_K_KW)
        both = JUNCTIONS_K_KW + LOOP_K_KW
        limit_s = both * JUNCTIONS_KJ_K, LOOP_K_KW * COOLANT_KJ_K + coolant_s
        lumped = JUNCTIONS_KJ_K + COOLANT_KJ_K
        psi = (
            JUNCTIONS_KJ_K * (JUNCTIONS_K_KW * JUNCTIONS_KJ_K + junction_s + lumped * LOOP_K_KW),
            lumped * (COOLANT_KJ_K * LOOP_K_KW + coolant_s),
        )
        return Lags(
            later_s=sum(limit_s) - sum(psi) / KJ_K,
            gap_s=sum(limit_s) * heat.RADIATOR_CAPACITY_J_K / 1000 / KJ_K,
            psi_kj_s_k=sum(psi),
            psi_gap_kj_s_k=sum(psi),
            **_settling(step_s),
        )

    def most_gap_k(self, room_k: Series, falls_k_s: float) -> Series:
        """The most that junctions and coolant together are warmer than the radiator, this far below the limit; see above."""
        junctions = JUNCTIONS_KJ_K / (JUNCTIONS_KJ_K + COOLANT_KJ_K)
        share = junctions + (1 - junctions) * self.coolant_share
        late_k = (
            (1 - junctions)
            * (1 - self.coolant_share)
            * (falls_k_s * self.coolant_late_s + LOOP_K_KW * HEATER_KW)
        )
        lumped = (JUNCTIONS_KJ_K + COOLANT_KJ_K) / KJ_K
        return (share * room_k + late_k) / (1 - share * lumped)


def _settling(step_s: float) -> dict[str, float]:
    """Where coolant settles between a radiator at 0 and junctions at 1, and how long it is late behind a radiator that cools."""
    against = LOOP_K_KW / JUNCTIONS_K_KW
    keep = exp(-step_s / (COOLANT_KJ_K * LOOP_K_KW))
    left = keep - (1 - keep) * against
    if left < 0.0:  # steps too long for the coolant to settle without swinging
        return {"coolant_share": 1.0, "coolant_late_s": 0.0}
    return {"coolant_share": against / (1 + against), "coolant_late_s": step_s / (1 - left)}


def cooling_k_s(horizon: Horizon, high_k: float) -> float:
    """No radiator cools faster than this."""
    emitted_kw = RADIATED_KW_K4 * float(horizon.radiating.max()) * high_k**4
    return emitted_kw / (heat.RADIATOR_CAPACITY_J_K / 1000)


def _lag_s(step_s: float, tau_s: float) -> float:
    return tau_s - step_s / (exp(step_s / tau_s) - 1)


def per_kw_k() -> float:
    """What a kilowatt of the nodes takes of the limit's kelvins once all is steady."""
    return JUNCTIONS_K_KW + LOOP_K_KW - GAP_KJ_KW / KJ_K


def warmest_k(satellite: Satellite) -> float:
    return max(satellite.limit_k, satellite.radiator_k, satellite.coolant_k)


def coolest_k(satellite: Satellite, horizon: Horizon) -> float:
    """Nothing gets colder than this."""
    alone_kw = REST_KW + float(horizon.absorbed_w.min()) / 1000
    settled_k: float = (alone_kw / RADIATED_KW_K4 / float(horizon.radiating.max())) ** 0.25
    return min(settled_k, satellite.radiator_k, satellite.coolant_k, satellite.battery_k) - 1.0


def start_k(satellite: Satellite) -> float:
    lumped_kj_k = JUNCTIONS_KJ_K + COOLANT_KJ_K
    return satellite.radiator_k + lumped_kj_k * (satellite.coolant_k - satellite.radiator_k) / KJ_K


def worth(satellite: Satellite, horizon: Horizon, prices: Prices) -> Worth:
    """The most that heat can be sold for at these prices, nothing where all are 0."""
    sale = np.zeros((3, len(horizon.width_s)))
    if not prices.sale.any():
        return Worth(sold_s=0.0, sale=sale, dearest=0.0)
    sale[0] = prices.sale
    low_k, high_k = coolest_k(satellite, horizon), warmest_k(satellite)
    theta = np.arange(low_k, high_k + BEYOND_K + STEP_K, STEP_K)
    lags, value, highest = Lags.of(horizon.longest_s), np.zeros(len(theta)), 0.0
    beside_k = _beside_range(satellite, low_k, high_k)
    costs = np.zeros(len(BESIDE))
    held_after = np.zeros(len(theta))
    falls_k_s = cooling_k_s(horizon, high_k)
    for place in reversed(range(len(horizon.width_s))):
        steps = max(round(float(horizon.width_s[place]) / horizon.longest_s), 1)
        dt_s = float(horizon.width_s[place]) / steps
        step = _Step(satellite, horizon, prices, place, dt_s, lags, theta)
        falling = np.maximum(step.held - held_after, 0.0)
        value = value + falling * lags.gap_s * lags.most_gap_k(np.maximum(high_k - theta, 0.0), falls_k_s)
        held_after = step.held
        step.charge(value)
        sale[1, place] = step.cost
        sale[2, place] = costs[0]
        for _ in range(steps):
            sale[2, place] = min(sale[2, place], costs[0])
            value, costs = step.before(value, costs, beside_k)
        highest = max(highest, float(-np.diff(value).min()) / (theta[1] - theta[0]) / KJ_K)
    at_start = float(np.interp(start_k(satellite), theta, value))
    held = sum(
        c * kj_k * k
        for c, (_, kj_k), k in zip(costs, BESIDE, (satellite.battery_k, satellite.radiator_k), strict=True)
    )
    return Worth(sold_s=at_start - float(held), sale=sale, dearest=highest)


def _beside_range(satellite: Satellite, low_k: float, high_k: float) -> list[tuple[float, float]]:
    heated_k = (loads.BATTERY_HEATER_W + 1200.0) / heat.BATTERY_W_K
    return [
        (low_k, max(high_k, satellite.battery_k) + heated_k),
        (low_k, high_k + loads.LASER_W / heat.LASER_W_K),
    ]


class _Step:
    """One step of the plant backwards: the value before it from the value after it."""

    def __init__(
        self,
        satellite: Satellite,
        horizon: Horizon,
        prices: Prices,
        place: int,
        dt_s: float,
        lags: Lags,
        theta: Series,
    ):
        self.theta, self.dt_s = theta, dt_s
        self.sale, self.margin, self.near_k = (
            float(p[place]) for p in (prices.sale, prices.margin, prices.near_k)
        )
        self.cost = 0.0
        emitted = RADIATED_KW_K4 * float(horizon.radiating[place])
        rest_kw = REST_KW + float(horizon.absorbed_w[place]) / 1000
        room_k = np.maximum(warmest_k(satellite) - theta, 0.0)
        most_g = np.minimum(1.3 * (JUNCTIONS_KJ_K + COOLANT_KJ_K) * (room_k + STEP_K) / KJ_K, 0.5 * theta)
        chord = emitted * (theta**4 - (theta - most_g) ** 4) / most_g  # kW/K, for any g up to the most
        # what psi may add while the chord changes, theta moving no faster than all heat or all radiation moves it
        drift_k_s = max(MOST_KW + rest_kw + BESIDE_KW, emitted * float(theta[-1]) ** 4) / KJ_K
        drift_kw = 3 * chord / theta * drift_k_s * lags.psi_gap_kj_s_k * (room_k + STEP_K) / KJ_K
        inert = 1 + chord * lags.psi_kj_s_k / KJ_K / KJ_K
        self.most_kw = float(
            np.clip(
                horizon.array_w[place] / 1000 - loads.ALWAYS_W / 1000 + battery.DISCHARGE_LIMIT_W / 1000,
                0.0,
                MOST_KW,
            )
        )
        self.moves = []
        for kw in (0.0, self.most_kw):
            net_kw = kw + rest_kw - emitted * theta**4 + chord * GAP_KJ_KW * kw / KJ_K - drift_kw
            self.moves.append((kw, net_kw / inert * dt_s / KJ_K))
        weight = np.clip((theta - warmest_k(satellite) + HELD_K[0]) / (HELD_K[0] - HELD_K[1]), 0.0, 1.0)
        self.held = margin = self.margin * weight * np.maximum(1 + DEARER_K * (theta - self.near_k), 0.0)
        self.per_kw = self.sale - margin * per_kw_k()
        self.flat = margin * (warmest_k(satellite) - theta) * dt_s
        self.later = margin * lags.later_s
        falls_k_s = cooling_k_s(horizon, warmest_k(satellite))
        self.gap = lags.gap_s * lags.most_gap_k(room_k + 1.0, falls_k_s)

    def charge(self, value: Series) -> None:
        """Set the price of the radiator's heat: what a kilojoule lowers the value after by."""
        about_k = self.near_k + np.array([-ABOUT_K, ABOUT_K])
        falls = -np.diff(np.interp(about_k, self.theta, value))[0] / (2 * ABOUT_K)
        later = np.interp(self.near_k, self.theta, self.later)
        self.cost = max(float(falls - later), 0.0) / KJ_K

    def _with_converter(self, value: Series) -> Series:
        """The value after, with the converter's heat sold to the radiator where that gains."""
        warmer_k = CONVERTER_KW * self.dt_s / KJ_K
        bought = self.cost * CONVERTER_KW * self.dt_s + self.later * warmer_k
        return np.maximum(value, np.interp(self.theta + warmer_k, self.theta, value) + bought)

    def before(
        self, value: Series, costs: Series, beside_k: list[tuple[float, float]]
    ) -> tuple[Series, Series]:
        theta, dt_s = self.theta, self.dt_s
        rates = [(kj_k * (1 - exp(-dt_s * kw_k / kj_k)), kj_k) for kw_k, kj_k in BESIDE]
        earlier = np.array(
            [c + kj / kj_k * (self.cost - c) for c, (kj, kj_k) in zip(costs, rates, strict=True)]
        )
        value = self._with_converter(value)
        best = np.full(len(theta), -np.inf)
        for battery_k in beside_k[0]:
            for laser_k in beside_k[1]:
                taken_kj, paid = np.zeros(len(theta)), np.zeros(len(theta))
                for (kj, kj_k), k, now, then in zip(rates, (battery_k, laser_k), earlier, costs, strict=True):
                    w = kj * (theta - k)
                    taken_kj = taken_kj + w
                    paid = paid - then * w + (now - then) * kj_k * k
                (_, least_k), (most_kw, most_k) = self.moves
                coolest = theta + least_k - taken_kj / KJ_K
                hottest = theta + most_k - taken_kj / KJ_K
                share = np.clip((theta[-1] - coolest) / (hottest - coolest + 1e-9), 0.0, 1.0)
                for kw, there in ((0.0, coolest), (share * most_kw, coolest + share * (hottest - coolest))):
                    gained = self.per_kw * kw * dt_s + self.later * (there - theta)
                    gained = gained + self.gap * np.maximum(
                        self.held - np.interp(there, theta, self.held), 0.0
                    )
                    best = np.maximum(best, np.interp(there, theta, value) + gained + paid)
        return best + self.flat - costs[1] * loads.LASER_W / 1000 * dt_s, earlier
