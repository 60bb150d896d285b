# SPDX-License-Identifier: Apache-2.0
"""What heat leaves to the battery: learnt on one day, counted on the next, forgotten when it fails to come."""

import pytest
from flatsat.flightsw.control.adaptive import Adaptive, day_w
from flatsat.flightsw.control.port import Energy, NodeCounts, Situation
from flatsat.flightsw.control.warm import WarmHours
from flatsat.flightsw.parameters import FlightParameters

P = FlightParameters()
SUN = Energy(0.72, 110_000.0, 110_000.0, 4_600.0, True, 3_500.0)
COLD_W, WARM_W = 10_000.0, 4_600.0  # of one node
ALL = NodeCounts(16, 0, 16, 16)


def learnt(warm_s: int, array_w: float = 110_000.0) -> WarmHours:
    """A day whose last part was limited by heat, and the sunset after it."""
    warm, day_s = WarmHours(P), 3_600
    for at_s in range(0, day_s + 5, 5):
        node_w = WARM_W if at_s > day_s - warm_s else COLD_W
        energy = SUN._replace(array_w=array_w, in_sun=at_s < day_s, remaining_s=float(day_s - at_s))
        warm.follow(Situation(1000 * at_s, energy, node_w, ALL))
    return warm


@pytest.mark.parametrize(
    ("warm_s", "array_w", "least_w", "most_w"),
    [
        (0, 110_000.0, 95_000.0, 99_000.0),
        (2_000, 110_000.0, 105_400.0, 125_000.0),
        (300, 110_000.0, 96_000.0, 100_000.0),
        (2_000, 81_000.0, 90_000.0, 95_000.0),
    ],
    ids=["never-warm", "long-warm", "hardly-warm", "it-leaves-little"],
)
def test_a_morning_takes_all_the_light_where_heat_charges_the_battery_later(warm_s, array_w, least_w, most_w):
    assert least_w <= day_w(SUN, P, learnt(warm_s, array_w)) <= most_w


def test_a_battery_that_heat_will_charge_lends_down_to_its_floor():
    warm = learnt(2_000)
    given = [
        day_w(SUN._replace(state_of_charge=z), P, warm) - SUN.array_w + SUN.bus_w
        for z in (0.70, 0.702, 0.71, 0.74)
    ]
    assert given[1] == pytest.approx(0.0)
    assert given[0] <= 0.0 < given[2] <= given[3] < P.discharge_limit_w - P.discharge_margin_w


@pytest.mark.parametrize(
    ("left_s", "node_w", "expected_s"),
    [(3_500.0, COLD_W, 1_995.0), (1_000.0, COLD_W, 0.0), (1_000.0, WARM_W, 1_000.0)],
    ids=["morning", "fails-to-come", "has-come"],
)
def test_only_the_warm_part_that_is_still_likely_counts(left_s, node_w, expected_s):
    warm = learnt(2_000)
    energy = SUN._replace(remaining_s=left_s)
    warm.follow(Situation(7_000_000, energy, node_w, ALL))
    spare_w, spare_s = warm.spare(energy, left_s)
    assert spare_s == pytest.approx(expected_s)
    assert 0.0 <= spare_w <= P.charge_limit_w


def test_a_day_without_heat_follows_a_warm_one_without_a_debt():
    controller = Adaptive(P)
    controller._warm = learnt(2_000)
    plan = controller.plan(Situation(7_000_000, SUN._replace(remaining_s=1_500.0), COLD_W, ALL))
    assert plan.compute_w < 95_000.0
