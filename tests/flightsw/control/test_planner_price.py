# SPDX-License-Identifier: Apache-2.0
"""The planner's optimum against a linear program that HiGHS solves, on horizons at random."""

import pytest
from flatsat.flightsw.control.planner_price import WORK_EXPONENT, Slot, Storage, WorkCurve, stretches
from flatsat.flightsw.parameters import NODES, NodePower
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

NODE = NodePower()
CURVE = WorkCurve(NODE, NODES)
SLOT_S = 60.0
BATTERY = Storage(
    energy_j=19e3 * 3600,
    least_j=17.5e3 * 3600,
    most_j=25e3 * 3600,
    charge_limit_w=20e3,
    discharge_limit_w=25e3,
    charge_efficiency=0.96,
    discharge_efficiency=0.95,
)
DAY_W, NIGHT_W = 105e3, -4.6e3


def work(power_w):
    """What a slot does, in nodes at the full clock."""
    if power_w <= CURVE.best_w:
        return CURVE.price * power_w
    dynamic = (power_w / NODES - NODE.static_w) / NODE.dynamic_w
    return NODES * dynamic ** (WORK_EXPONENT / NODE.exponent)


def planned(net_w, most_w, storage):
    """The power of every slot by the planner, and what is left in the battery, which is checked on the way."""
    powers, energy_j = [], storage.energy_j
    slots = [Slot(SLOT_S, net, most) for net, most in zip(net_w, most_w, strict=True)]
    for stretch in stretches(slots, CURVE, storage):
        for _, net, most in slots[stretch.first : stretch.end]:
            power_w = stretch.power_w(net, most, storage)
            into_w = min(net - power_w, storage.charge_limit_w)
            energy_j += SLOT_S * (
                into_w * storage.charge_efficiency if into_w > 0 else into_w / storage.discharge_efficiency
            )
            assert -storage.discharge_limit_w - 1e-6 <= into_w
            assert 0.0 <= power_w <= most + 1e-6
            energy_j = min(energy_j, storage.most_j)  # a full battery takes no more, whatever is left over
            assert storage.least_j - 1e4 <= energy_j
            powers.append(power_w)
    return powers, energy_j


def best(net_w, most_w, storage):
    """The optimum of the linear program with 60 tangents of the work curve; None where nothing is feasible."""
    highspy = pytest.importorskip("highspy")
    h = highspy.Highs()
    h.setOptionValue("output_flag", False)
    edges = [CURVE.best_w + (CURVE.most_w - CURVE.best_w) * step / 60 for step in range(61)]
    tangents = [((work(p + 1) - work(p - 1)) / 2, p) for p in edges]
    done, energy = [], storage.energy_j / 1e6
    for net, most in zip(net_w, most_w, strict=True):
        power = h.addVariable(0, most / 1e3)
        slot, into, out = (
            h.addVariable(0, high)
            for high in (NODES, storage.charge_limit_w / 1e3, storage.discharge_limit_w / 1e3)
        )
        after = h.addVariable(storage.least_j / 1e6, storage.most_j / 1e6)
        h.addConstr(slot - 1e3 * CURVE.price * power <= 0)
        for slope, at_w in tangents:
            h.addConstr(slot - 1e3 * slope * power <= work(at_w) - slope * at_w)
        h.addConstr(power + into - out <= net / 1e3)
        h.addConstr(
            after
            - energy
            - SLOT_S / 1e3 * (storage.charge_efficiency * into - out / storage.discharge_efficiency)
            <= 0
        )
        done.append(slot)
        energy = after
    last = 1e6 / SLOT_S * CURVE.price * storage.discharge_efficiency
    h.maximize(sum(done) + last * energy)
    return (
        h.getInfo().objective_function_value
        if h.getModelStatus() == highspy.HighsModelStatus.kOptimal
        else None
    )


@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    lengths=st.lists(st.tuples(st.integers(2, 60), st.integers(2, 36)), min_size=1, max_size=3),
    factors=st.lists(st.floats(0.3, 1.1), min_size=300, max_size=300),
    charge=st.floats(0.71, 1.0),
    cap=st.floats(0.3, 1.0),
)
def test_the_plan_does_as_much_as_the_linear_program(lengths, factors, charge, cap):
    net_w = [w for day, night in lengths for w in [DAY_W] * day + [NIGHT_W] * night]
    net_w = [w * factor if w > 0 else w for w, factor in zip(net_w, factors, strict=False)]
    most_w = [CURVE.most_w * (cap if place % 7 else 1.0) for place in range(len(net_w))]
    storage = Storage(**{**vars(BATTERY), "energy_j": charge * BATTERY.most_j})
    optimum = best(net_w, most_w, storage)
    assume(optimum is not None)
    powers, left_j = planned(net_w, most_w, storage)
    mine = sum(map(work, powers)) + left_j / SLOT_S * CURVE.price * storage.discharge_efficiency
    assert mine == pytest.approx(optimum, rel=1e-3)
