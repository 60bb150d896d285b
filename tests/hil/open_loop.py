# SPDX-License-Identifier: Apache-2.0
"""Flies node schedules on the plant itself, without boards or flight software: what the bound is held against."""

from collections.abc import Callable
from typing import NamedTuple

from flatsat.boards.work import WORK_PER_MS
from flatsat.hil.bound.flown import Flown
from flatsat.hil.plant import Actuators, Plant
from flatsat.hil.plant.battery import DISCHARGE_LIMIT_W
from flatsat.hil.plant.light import ACQUIRE, TRACK
from flatsat.hil.plant.loads import BOOT, BOOT_NODE_W, NODE_W, NODES, OFF, ON
from flatsat.hil.scenario import Scenario

BOOT_S, ACQUISITION_S = 120, 12
ALWAYS_ON = 0b1001_1111  # everything but the heaters
ALWAYS_W = 4600.0
STEP_W = NODE_W[ON]


class Wish(NamedTuple):
    """What a schedule asks for in one second: nodes that have power, and what the nodes may draw."""

    nodes: int
    power_w: float


def array_series(scenario: Scenario, seed: int) -> list[float]:
    """Power of the array in each second's step: no load changes it."""
    plant = Plant(scenario, seed)
    powers = []
    for at in range(int(scenario.duration_s)):
        plant.step(Actuators(lcl_on=0), 1000 * at, 1000 * at + 1000)
        powers.append(plant.truth.array_w)
    return powers


def fly(
    scenario: Scenario,
    seed: int,
    array_w: list[float],
    wish: Callable[[int, float], Wish],
    reserve: float = 5e-4,
    flown: Flown | None = None,
) -> Plant:
    """Fly one wish a second, cut back so that the discharge limit, the floor and the junctions' limit hold.

    What has no power goes off at once; a node boots for 120 s before it works.

    Args:
        wish: takes the second and the array power in it.
        reserve: state of charge kept above the floor.
    """
    plant, floor = Plant(scenario, seed), scenario.satellite.floor
    left_s: list[int | None] = [None] * NODES  # of the boot; None is off
    night_j = _needed_j(array_w)
    work, lit_s = 0, 0
    for at, sun_w in enumerate(array_w):
        lit_s = lit_s + 1 if plant.light.lit_ms(1000 * at, 1000 * at + 1000) else 0
        laser_state = TRACK if lit_s > ACQUISITION_S else ACQUIRE
        spare_j = plant.battery.energy_j - (floor + reserve) * plant.battery.capacity_j - night_j[at]
        battery_w = min(DISCHARGE_LIMIT_W, max(0.93 * spare_j, 0.0)) if spare_j > 0 else 0.0
        most_w = max(sun_w - ALWAYS_W + battery_w, 0.0)
        nodes, power_w = wish(at, sun_w)
        if plant.heat.radiator_k > scenario.satellite.limit_k - 8:
            nodes = min(nodes, 4)
        if plant.truth.backlog_s > 590:
            nodes = 0
        steps = _settle(left_s, nodes, min(power_w, most_w), most_w, plant, scenario.satellite.limit_k)
        states = [OFF if left is None else BOOT if left > 0 else ON for left in left_s]
        work += sum(
            1000 * WORK_PER_MS[step] for step, state in zip(steps, states, strict=True) if state == ON
        )
        packed = sum(step << 4 * i for i, step in enumerate(steps))
        actuators = Actuators(
            lcl_on=ALWAYS_ON, node_state=sum(state << 2 * i for i, state in enumerate(states)),
            steps_low=packed & 0xFFFFFFFF, steps_high=packed >> 32, work_total=work, laser_state=laser_state,
        )  # fmt: skip
        plant.step(actuators, 1000 * at, 1000 * at + 1000)
        if flown:
            truth = plant.truth
            flown.take(
                truth.time_ms,
                racks_w=(truth.load_current_a[2] + truth.load_current_a[3]) * truth.bus_voltage_v,
                battery_w=truth.battery_w, state_of_charge=truth.state_of_charge,
                on=states.count(ON), booting=states.count(BOOT), delivered=truth.delivered,
            )  # fmt: skip
        left_s[:] = [left if left is None else max(left - 1, 0) for left in left_s]
    return plant


def _settle(
    left_s: list[int | None], nodes: int, power_w: float, most_w: float, plant: Plant, limit_k: float
) -> list[int]:
    """Switch nodes so that no more than `nodes` have power and they draw at most `most_w`; return their steps."""
    for i in range(NODES):
        left_s[i] = None if i >= nodes else BOOT_S if left_s[i] is None else left_s[i]

    def drawn_w() -> float:
        return sum(0.0 if left is None else BOOT_NODE_W if left else STEP_W[0] for left in left_s)

    for booting in (True, False):
        for i in reversed(range(NODES)):
            if drawn_w() > most_w and left_s[i] is not None and bool(left_s[i]) == booting:
                left_s[i] = None
    steps = [0] * NODES
    total_w = drawn_w()
    on = [i for i in range(NODES) if left_s[i] == 0]
    for step in range(1, 16):
        for i in on:
            more_w = STEP_W[step] - STEP_W[step - 1]
            hot_k = plant.heat.coolant_k + 1.0 + 0.0015 * STEP_W[step]
            if steps[i] == step - 1 and total_w + more_w <= power_w and hot_k < limit_k - 0.5:
                steps[i] = step
                total_w += more_w
    return steps


def _needed_j(array_w: list[float]) -> list[float]:
    """What must be in the battery before each second so that the loads that are always on last until the light is back."""
    needed, after_j = [0.0] * len(array_w), 0.0
    for at in reversed(range(len(array_w))):
        after_j = max(after_j + (ALWAYS_W - array_w[at]) * (1.06 if array_w[at] < ALWAYS_W else 0.9), 0.0)
        needed[at] = after_j
    return needed
