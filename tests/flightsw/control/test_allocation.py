# SPDX-License-Identifier: Apache-2.0
"""Nodes and clocks from a power budget: never above it, never less for more, nothing left that one more step would use."""

import pytest
from flatsat.flightsw.control import allocation
from flatsat.flightsw.parameters import NODES, NodePower
from hypothesis import given
from hypothesis import strategies as st

TABLE = allocation.step_table(NodePower())
LOWEST, TOP = TABLE.step_w[0], TABLE.step_w[-1]
powers = st.floats(0.0, 150_000.0)
nodes = st.integers(1, NODES)


def test_table_is_that_of_the_node_model():
    assert pytest.approx(1600 + 5600 * 0.35**2.6) == LOWEST
    assert pytest.approx(7200.0) == TOP
    assert TABLE.efficient in (2, 3)  # the optimum of the model is f = 0.452, between these steps


@pytest.mark.parametrize(
    ("power_w", "expected"),
    [(0.0, 0), (2_200.0, 0), (2_300.0, 1), (7_000.0, 3), (35_000.0, 15), (99_000.0, 16), (-5.0, 0)],
    ids=["nothing", "just-not-one", "one", "eclipse", "almost-all", "sun", "negative"],
)
def test_nodes_fed(power_w, expected):
    assert allocation.nodes_fed(power_w, TABLE) == expected


@pytest.mark.parametrize(
    ("power_w", "running", "expected"),
    [
        (16 * TOP, 16, (15, 0)),
        (200_000.0, 16, (15, 0)),
        (16 * LOWEST, 16, (0, 0)),
        (0.0, 16, (0, 0)),
        (0.0, 0, (0, 0)),
        (3 * TABLE.step_w[2] + 1.0, 3, (2, 0)),
        (2 * TABLE.step_w[2] + TABLE.step_w[3] + 1.0, 3, (2, 1)),
    ],
    ids=["all-at-top", "more-than-top", "all-at-lowest", "shortage", "no-node", "even", "one-faster"],
)
def test_clocks(power_w, running, expected):
    assert allocation.clocks(power_w, running, TABLE) == expected


@given(powers, nodes)
def test_clocks_stay_within_the_power_that_feeds_the_lowest_step(power_w, running):
    choice = allocation.clocks(power_w, running, TABLE)
    used_w = allocation.clocks_w(choice, running, TABLE)
    assert used_w <= max(power_w, running * LOWEST) + 1e-6
    step_up_w = TABLE.step_w[min(choice.base + 1, 15)] - TABLE.step_w[choice.base]
    if running * LOWEST <= power_w < running * TOP:
        assert power_w - used_w <= step_up_w + 1e-6


@given(powers, powers, nodes)
def test_more_power_is_never_less_clock(first_w, second_w, running):
    low_w, high_w = sorted((first_w, second_w))
    low, high = allocation.clocks(low_w, running, TABLE), allocation.clocks(high_w, running, TABLE)
    assert allocation.clocks_w(low, running, TABLE) <= allocation.clocks_w(high, running, TABLE) + 1e-6


@given(powers, st.floats(0.0, 40_000.0), st.integers(0, NODES), st.data())
def test_kept_nodes_never_pass_the_ceiling(plan_w, more_w, running, data):
    booting = data.draw(st.integers(0, running))
    mature = data.draw(st.integers(0, running))
    ceiling_w = plan_w + more_w
    kept = allocation.keep(plan_w, ceiling_w, running - booting, booting, mature, TABLE)
    each_w = TABLE.boot_w if booting else LOWEST
    assert 0 <= kept <= running
    assert kept * each_w <= ceiling_w or (running - booting) * LOWEST + booting * TABLE.boot_w <= plan_w
    if kept * each_w > plan_w and kept < running:
        assert kept <= running - mature


@given(powers, powers, st.integers(0, NODES))
def test_more_power_keeps_no_fewer_nodes(first_w, second_w, running):
    low_w, high_w = sorted((first_w, second_w))
    kept = [allocation.keep(w, w, running, 0, running, TABLE) for w in (low_w, high_w)]
    assert kept[0] <= kept[1]


@given(nodes, st.integers(1, 14), st.floats(0.0, 1.0))
def test_nodes_that_heat_allows_a_step_go_up_one_after_another(count, step, share):
    slow_w, fast_w = TABLE.step_w[step - 1], TABLE.step_w[step]
    found_w = allocation.cool_w(fast_w + share * allocation.BAND_W, count, TABLE)
    assert count * slow_w <= found_w <= count * fast_w
    assert found_w == pytest.approx(count * (slow_w + share * (fast_w - slow_w)))
