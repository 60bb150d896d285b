# SPDX-License-Identifier: Apache-2.0
"""Limits that hold any plan: heat, and the ladder's levels."""

import pytest
from flatsat.flightsw.control.limits import BACK_MS, SHED, SHED_W_S, THROTTLE, Clamp, ceiling_w
from flatsat.flightsw.control.port import Energy, NodeCounts, Plan, Situation
from flatsat.flightsw.parameters import FlightParameters

P = FlightParameters()
SUN = Energy(0.85, 110_000.0, 110_000.0, 4_600.0, True, 1_800.0, 90_000.0)
ALL = NodeCounts(16, 0, 16, 16)
PLAN = Plan(95_000.0, 120_000.0, 16)


def situation(**changes) -> Situation:
    return Situation(0, SUN, 10_000.0, ALL)._replace(**changes)


@pytest.mark.parametrize(
    ("changes", "power_w", "nodes"),
    [
        ({}, 95_000.0, 16),
        ({"level": THROTTLE}, 40_000.0, 16),
        ({"level": THROTTLE, "nodes": NodeCounts(3, 1, 16, 3)}, 10_000.0, 4),
        ({"level": SHED}, 90_000.0 - SHED_W_S, 16),
        ({"level": SHED, "energy": SUN._replace(rack_w=32_000.0)}, 12_000.0, 6),
        ({"level": SHED, "energy": SUN._replace(rack_w=12_000.0)}, 0.0, 0),
        ({"node_w": 1_500.0}, 95_000.0, 0),
    ],
    ids=["normal", "throttle", "throttle-starts-none", "shed", "shed-nodes", "shed-last", "too-hot"],
)
def test_levels(changes, power_w, nodes):
    held = Clamp(P).hold(PLAN, situation(**changes))
    assert held.compute_w <= power_w
    assert held.nodes == nodes


@pytest.mark.parametrize(("cycle_ms", "shed_w"), [(200, 4_000.0), (1000, 20_000.0), (5000, 20_000.0)])
def test_one_command_sheds_no_more_than_the_bus_likes_in_a_second(cycle_ms, shed_w):
    clamp = Clamp(FlightParameters(cycle_ms=cycle_ms))
    assert clamp.hold(PLAN, situation(level=SHED)).compute_w == 90_000.0 - shed_w
    dusk = PLAN._replace(compute_w=12_000.0, ceiling_w=12_000.0)
    assert clamp.hold(dusk, situation(level=SHED)).compute_w == 12_000.0


def test_nodes_come_back_one_by_one_after_a_shed():
    clamp = Clamp(P)
    clamp.hold(PLAN, situation(level=SHED, nodes=NodeCounts(0, 0, 16, 0)))
    allowed = [clamp.hold(PLAN, situation(now_ms=ms)).nodes for ms in range(0, 17 * BACK_MS, BACK_MS // 2)]
    assert allowed[:6] == [0, 0, 1, 1, 2, 2]
    assert allowed[-1] == 16


def test_no_node_starts_in_light_that_flickers_and_none_goes():
    few = NodeCounts(5, 1, 16, 6)
    allowed = [
        Clamp(P).hold(PLAN, situation(nodes=few, energy=SUN._replace(flickers=flickers))).nodes
        for flickers in (False, True)
    ]
    assert allowed == [16, 6]


@pytest.mark.parametrize("share", [1.0, 0.5], ids=["both packs", "one pack"])
def test_a_pack_gives_its_share(share):
    energy = Energy(0.9, 0.0, 0.0, 4_600.0, False, 1_000.0, battery_share=share)
    most_w = ceiling_w(energy, P)
    assert 0.0 < most_w < most_w + energy.bus_w <= share * P.discharge_limit_w
