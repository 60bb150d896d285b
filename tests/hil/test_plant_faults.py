# SPDX-License-Identifier: Apache-2.0
"""Faults of the physics: what each does to the plant, that it ends, and that energy and heat close meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from math import cos, pi
from typing import Any

import pytest
from flatsat.hil import scenario
from flatsat.hil.physics_faults import PHYSICS
from flatsat.hil.plant import Actuators, Plant, PlantTruth
from flatsat.hil.plant.loads import BOOT, IDLE_NODE_W, NODE_W, OFF, ON
from flatsat.hil.plant.strikes import QUIET, Strikes
from flatsat.hil.scenario import Fault, Scenario

LEO = scenario.load("leo-orbit")
AT_S, UNTIL_S = 20, 60


def nodes(count: int, step: int, state: int = ON, **others: Any) -> Actuators:
    """`count` nodes in a state and at a clock step, everything but the heaters fed."""
    steps = sum(step << 4 * i for i in range(16))
    return Actuators(
        node_state=sum(state << 2 * i for i in range(count)),
        steps_low=steps & 0xFFFFFFFF,
        steps_high=steps >> 32,
        laser_state=2,
        **{"lcl_on": 0x9F, **others},
    )


def satellite(start: str, *faults: Fault, **changes: Any) -> Scenario:
    orbit = replace(LEO.orbit, start=type(LEO.orbit.start)(start))
    return replace(LEO, orbit=orbit, satellite=replace(LEO.satellite, **changes), faults=faults)


def fly(plant: Plant, actuators: Actuators, until_s: float, step_ms: int = 1000) -> PlantTruth:
    """Fly on in steps; transients get the steps that the plant asks for."""
    while (at := plant.truth.time_ms) < until_s * 1000:
        plant.step(actuators, at, min(at + min(step_ms, plant.longest_step_ms), round(until_s * 1000)))
    return plant.truth


def fault(target: str, kind: str, value: float | None = None) -> Fault:
    return Fault(at_s=AT_S, until_s=UNTIL_S, target=target, kind=kind, value=value)


Figure = Callable[[PlantTruth], float]


def rack_a_w(truth: PlantTruth) -> float:
    return truth.load_current_a[2] * truth.bus_voltage_v


HALF = [
    pytest.param("array", "stuck", None, "noon", lambda t: t.array_w, cos(2 * pi * 20 / 5739), 3e-3, id="array stuck"),
    pytest.param("array", "degrade", 0.6, "noon", lambda t: t.array_w, 0.6, 1e-3, id="array degrade"),
    pytest.param("string3", "open", None, "noon", lambda t: t.string_current_a[3], 0.0, 1e-9, id="string open"),
    pytest.param("string3", "open", None, "noon", lambda t: t.array_w, 7 / 8, 5e-3, id="one string of eight"),
    pytest.param("sun", "eclipse", None, "noon", lambda t: t.sunlight, 0.0, 1e-9, id="eclipse"),
    pytest.param("battery", "fade", 0.7, "midnight", lambda t: t.state_of_charge, 1.0, 2e-2, id="fade keeps the charge"),
    pytest.param("load3", "stuck_off", None, "noon", lambda t: t.load_current_a[3], 0.0, 1e-9, id="rack B not fed"),
    pytest.param("load2", "short", None, "noon", lambda t: t.load_current_a[2] / 1000, None, 0, id="short"),
    pytest.param("node3", "latchup", 900.0, "noon", rack_a_w, 1 + 900 / (8 * NODE_W[ON][0]), 1e-3, id="latchup"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "kind", "value", "start", "figure", "share", "tolerance"), HALF)
def test_a_fault_scales_a_figure_while_it_lasts(
    target: str,
    kind: str,
    value: float | None,
    start: str,
    figure: Figure,
    share: float | None,
    tolerance: float,
) -> None:
    struck, healthy = Plant(satellite(start, fault(target, kind, value)), 1), Plant(satellite(start), 1)
    for until_s, acts in ((AT_S - 1, False), (AT_S + 20, True)):
        found, usual = (figure(fly(plant, nodes(16, 0), until_s)) for plant in (struck, healthy))
        if not acts:
            assert found == usual
        elif share is None:
            assert found == 1 != usual
        else:
            assert found == pytest.approx(share * usual, rel=tolerance, abs=1e-9)
    found, usual = (figure(fly(plant, nodes(16, 0), 300)) for plant in (struck, healthy))
    if kind != "latchup":
        assert found == pytest.approx(usual, rel=1e-2)


@pytest.mark.parametrize(
    ("time_s", "share"), [(20, 1.0), (20 + 5739 / 6, 0.5), (20 + 5739 / 4, 0.0), (20 + 5739 / 2, 0.0)]
)
def test_a_stuck_drive_turns_the_array_away(time_s: float, share: float) -> None:
    struck = Strikes([Fault(at_s=20, target="array", kind="stuck")], 1).at(round(time_s * 1000))
    assert struck.strings_w([100.0] * 8, round(time_s * 1000), 5739)[0] == pytest.approx(100 * share, abs=0.1)


def test_a_string_swings_with_a_second_up_and_down_each() -> None:
    plant = Plant(satellite("noon", fault("string5", "oscillate", 0.4)), 1)
    fly(plant, nodes(0, 0), 20)
    found = []
    for _ in range(8):
        fly(plant, nodes(0, 0), plant.truth.time_ms / 1000 + 0.5, 500)
        found.append(plant.truth.string_current_a[5] / plant.truth.string_current_a[4])
    assert [round(a, 1) for a in found] == [1.0, 0.6, 0.6, 1.0, 1.0, 0.6, 0.6, 1.0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_flicker_swings_the_light_with_a_seeded_period(seed: int) -> None:
    strikes = Strikes([Fault(at_s=0, target="sun", kind="flicker", value=0.8)], seed)
    light = [strikes.at(t).sunlight(1.0, t) for t in range(0, 200_000, 50)]
    assert min(light) == pytest.approx(0.2, abs=0.01)
    assert max(light) == pytest.approx(1.0, abs=0.01)
    assert light[0] == 1
    rises = sum(1 for a, b in pairwise(light) if a < 0.6 <= b)
    assert 2 <= 200 / rises <= 10.6
    other = Strikes([Fault(at_s=0, target="sun", kind="flicker", value=0.8)], seed + 1)
    assert [other.at(t).sunlight(1.0, t) for t in range(0, 200_000, 50)] != light


def test_a_failed_shunt_raises_the_bus_and_open_strings_bring_it_back() -> None:
    plant = Plant(satellite("noon", fault("bus", "overvoltage"), state_of_charge=0.9), 1)
    busy = nodes(16, 8)
    truth = fly(plant, busy, 20)
    assert truth.bus_voltage_v == pytest.approx(480), "60 % more at the most"
    truth = fly(plant, busy, 40)
    assert truth.shunt_w == 0
    assert truth.array_w == pytest.approx(truth.load_w + truth.battery_w)
    truth = fly(plant, replace(busy, string_on=0x3F), 41)
    taken_w = truth.load_w + truth.battery_w
    assert truth.bus_voltage_v == pytest.approx(300, abs=1)
    assert truth.array_w == pytest.approx(taken_w, rel=1e-6)
    assert fly(plant, busy, 70).bus_voltage_v == pytest.approx(300, abs=1)


def test_the_bus_rises_ten_volts_for_each_kilowatt() -> None:
    plant = Plant(satellite("noon", fault("bus", "overvoltage"), state_of_charge=0.9), 1)
    truth = fly(plant, replace(nodes(16, 3), string_on=0x1F), 19)
    surplus_w = truth.shunt_w
    assert 500 < surplus_w < 15_000
    assert fly(plant, replace(nodes(16, 3), string_on=0x1F), 20).bus_voltage_v == pytest.approx(
        300 + surplus_w / 100, rel=0.02
    )


def test_resistance_lowers_the_voltage_under_load() -> None:
    drop_v = []
    for factor in (1.0, 3.0):
        plant = Plant(satellite("midnight", fault("battery", "resistance", factor)), 1)
        before_v, now = plant.truth.battery_voltage_v, fly(plant, nodes(3, 3), 21)
        drop_v.append(before_v - now.battery_voltage_v)
    assert 2.2 * drop_v[0] < drop_v[1] < 3 * drop_v[0], "the polarisation takes its time"


def test_a_runaway_heats_pack_0_alone() -> None:
    plant = Plant(satellite("noon", fault("battery", "runaway", 8000.0)), 1)
    start_k = list(fly(plant, nodes(0, 0), 20).pack_k)
    now_k = fly(plant, nodes(0, 0), 60).pack_k
    assert now_k[0] - start_k[0] == pytest.approx(8000 * 40 / 82.5e3, rel=0.05)
    assert abs(now_k[1] - start_k[1]) < 0.3
    assert plant.heat.released_j == pytest.approx(8000 * 40)


def test_an_ignored_end_of_charge_passes_the_secondary_trip() -> None:
    plant = Plant(
        satellite("noon", replace(fault("battery", "overcharge"), until_s=600), state_of_charge=1.0), 1
    )
    assert fly(plant, nodes(0, 0), 20).battery_voltage_v < 84 * 4.16
    assert fly(plant, nodes(0, 0), 500).battery_voltage_v > 84 * 4.2


@pytest.mark.parametrize("pack", [0, 1])
def test_a_shorted_cell_shows_in_the_spread_and_moves_current(pack: int) -> None:
    plant = Plant(satellite("midnight", fault(f"pack{pack}", "cell_short")), 1)
    truth = fly(plant, nodes(1, 0), 19)
    assert truth.pack_current_a[0] == pytest.approx(truth.pack_current_a[1], rel=1e-3)
    truth = fly(plant, nodes(1, 0), 21)
    assert truth.pack_spread_v[pack] > 0.2
    assert truth.pack_spread_v[1 - pack] < 0.06
    assert truth.pack_current_a[pack] - truth.pack_current_a[1 - pack] > 5, "the other one charges it"
    truth = fly(plant, nodes(1, 0, pack_on=3 & ~(1 << pack)), 22)
    assert truth.pack_current_a[pack] == 0
    assert truth.battery_w == pytest.approx(-truth.load_w)


def test_an_open_pack_leaves_half_of_the_power() -> None:
    plant = Plant(satellite("midnight", fault("pack1", "open")), 1)
    assert fly(plant, nodes(7, 0), 19).brown_out_w == 0
    truth = fly(plant, nodes(7, 0), 21)
    assert truth.battery_w == pytest.approx(-12.5e3)
    assert truth.pack_current_a[1] == 0
    assert plant.violations.discharge == 1
    assert fly(plant, nodes(7, 0), 61).brown_out_w == 0


@pytest.mark.parametrize(("target", "lcl_on", "fed"), [("load4", 0x8F, True), ("load1", 0x9D, True)])
def test_a_stuck_limiter_feeds_its_load_though_it_is_off(target: str, lcl_on: int, fed: bool) -> None:
    load = int(target[-1])
    plant = Plant(satellite("noon", fault(target, "stuck_on")), 1)
    off = nodes(0, 0, lcl_on=lcl_on)
    assert fly(plant, off, 19).load_current_a[load] == 0
    assert (fly(plant, off, 21).load_current_a[load] > 0) == fed
    assert bool(plant.fed(lcl_on) >> load & 1) == fed
    assert fly(plant, off, 61).load_current_a[load] == 0


def test_a_latch_up_lets_go_only_after_time_without_power() -> None:
    plant = Plant(satellite("noon", fault("node3", "latchup", 900.0)), 1)
    on, off = nodes(8, 0), nodes(3, 0)
    more_w = 8 * NODE_W[ON][0] + 900
    assert rack_a_w(fly(plant, on, 70)) == pytest.approx(more_w, rel=1e-3), "it outlives the fault"
    fly(plant, off, 70.3, 100)
    assert rack_a_w(fly(plant, on, 71)) == pytest.approx(more_w, rel=1e-3), "0.3 s are too short"
    fly(plant, off, 71.5, 100)
    assert rack_a_w(fly(plant, on, 73)) == pytest.approx(more_w - 900, rel=1e-3)


def test_a_latch_up_comes_back_at_each_boot_while_the_fault_lasts() -> None:
    plant = Plant(satellite("noon", fault("node3", "latchup", 900.0)), 1)
    fly(plant, nodes(8, 0), 30)
    assert rack_a_w(fly(plant, nodes(0, 0, OFF), 32)) == 0
    assert rack_a_w(fly(plant, nodes(8, 0), 34)) == pytest.approx(8 * NODE_W[ON][0] + 900, rel=1e-3)


def test_a_surge_swings_all_nodes_together() -> None:
    plant = Plant(satellite("noon", fault("racks", "surge", 0.5)), 1)
    fly(plant, nodes(16, 15), 20)
    found = []
    for at in range(21, 25):
        truth = fly(plant, nodes(16, 15), at - 0.001)
        found.append(sum(truth.load_current_a[2:4]) * truth.bus_voltage_v)
        fly(plant, nodes(16, 15), at)
    low_w = 16 * (IDLE_NODE_W + 0.5 * 5600)
    assert found == pytest.approx([16 * 7200, low_w, 16 * 7200, low_w], rel=1e-6)


def test_a_stopped_pump_keeps_its_current_and_lets_the_junctions_heat_up() -> None:
    plant, healthy = Plant(satellite("noon", fault("pump", "stop")), 1), Plant(satellite("noon"), 1)
    struck, usual = fly(plant, nodes(8, 8), 40), fly(healthy, nodes(8, 8), 40)
    assert struck.load_current_a[4] == usual.load_current_a[4] > 0
    assert max(struck.junction_k) > max(usual.junction_k) + 10


@pytest.mark.parametrize(
    ("kind", "value", "radiated", "absorbed"),
    [("fade", 0.8, 0.8, 1.0), ("flux", 1.8, 1.0, 1.8), ("flux", 0.0, 1.0, 0.0)],
)
def test_radiator(kind: str, value: float, radiated: float, absorbed: float) -> None:
    books = []
    for faults in ((), (fault("radiator", kind, value),)):
        plant = Plant(satellite("noon", *faults), 1)
        fly(plant, nodes(0, 0), 20)
        radiated_j, absorbed_j = plant.heat.radiated_j, plant.heat.absorbed_j
        fly(plant, nodes(0, 0), 24)
        books.append((plant.heat.radiated_j - radiated_j, plant.heat.absorbed_j - absorbed_j))
    assert books[1] == pytest.approx((radiated * books[0][0], absorbed * books[0][1]), rel=2e-3)


def longest_above_ms(plant: Plant, actuators: Actuators, limit_a: float) -> int:
    """How long rack A's current stays above a limit after nodes begin to boot, as the bench would sample it."""
    fly(plant, actuators, plant.truth.time_ms / 1000 + 1)
    above_ms = 0
    while plant.longest_step_ms < 1000:
        if plant.truth.load_current_a[2] <= limit_a:
            return above_ms
        above_ms += plant.longest_step_ms
        fly(plant, actuators, (plant.truth.time_ms + plant.longest_step_ms) / 1000)
    return above_ms


@pytest.mark.parametrize(
    ("running", "booting", "factor", "trips"),
    [
        pytest.param(0, 16, None, False, id="all sixteen start at once"),
        pytest.param(8, 8, None, False, id="eight beside eight"),
        pytest.param(7, 1, None, False, id="one beside seven"),
        pytest.param(0, 1, 20.0, False, id="a larger inrush that passes"),
        pytest.param(0, 1, 40.0, True, id="an inrush that trips"),
        pytest.param(7, 1, 25.0, True, id="one that trips beside seven"),
    ],
)
def test_inrush_against_the_racks_limiter(
    running: int, booting: int, factor: float | None, trips: bool
) -> None:
    """75 kW for 20 ms trip the limiter."""
    faults = [replace(fault(f"node{i}", "inrush", factor), at_s=0) for i in range(16)] if factor else []
    plant = Plant(satellite("noon", *faults), 1)
    on = sum(ON << 2 * i for i in range(running))
    begun = on | sum(BOOT << 2 * i for i in range(running, running + booting))
    fly(plant, replace(nodes(0, 15), node_state=on), 5)
    above_ms = longest_above_ms(plant, replace(nodes(0, 15), node_state=begun), 250.0)
    assert (above_ms >= 20) == trips
    assert trips or above_ms < 15


@pytest.mark.parametrize("factor", [20.0, 60.0, 100.0])
def test_a_limiter_that_trips_on_inrush_leaves_the_bus_below_over_voltage(factor: float) -> None:
    faults = [replace(fault(f"node{i}", "inrush", factor), at_s=0) for i in range(8)]
    plant = Plant(satellite("noon", *faults), 1)
    booting = sum(BOOT << 2 * i for i in range(8))
    fly(plant, replace(nodes(0, 15), node_state=booting), 1)
    fly(plant, replace(nodes(0, 15), node_state=booting), 1.02)
    assert plant.truth.load_current_a[2] < 420.0
    fly(plant, replace(nodes(0, 15), node_state=booting, lcl_on=0xFB), 1.021)
    assert plant.truth.bus_voltage_v < 330.0


ONE_OF_EACH = [
    t for t in PHYSICS if not t[-1].isdigit() or t in ("string7", "pack0", "load2", "load7", "node5")
]


@pytest.mark.parametrize(("target", "kind"), [(t, k) for t in ONE_OF_EACH for k in PHYSICS[t]])
def test_energy_and_heat_close_under_every_fault(target: str, kind: str) -> None:
    rule = PHYSICS[target][kind].value
    value = (
        (1.0 if rule.unit == "1" and rule.high == 1 else 3.0 if rule.unit == "1" else 5000.0)
        if rule
        else None
    )
    for start, charge in (("sunset", 0.8), ("noon", 0.99), ("midnight", 0.006)):
        plant = Plant(satellite(start, fault(target, kind, value), state_of_charge=charge), 1)
        energy_j, heat_j = plant.battery.energy_j, plant.heat.stored_j
        for number, until_s in enumerate((15, 40, 50, 70, 90)):
            states = (nodes(6, 8), nodes(16, 15), nodes(2, 0, BOOT), nodes(9, 3, lcl_on=0x8B), nodes(0, 0))
            truth = fly(plant, states[number], until_s)
            assert min(truth.load_w, truth.shunt_w, truth.brown_out_w, *truth.load_current_a) >= 0
        ledger, heat = plant.ledger, plant.heat
        assert abs(ledger.bus_closure_j) < 1
        assert plant.battery.energy_j - energy_j == pytest.approx(ledger.stored_j, abs=1)
        came_j = (
            ledger.loads_j + ledger.converter_j + ledger.battery_loss_j + heat.absorbed_j + heat.released_j
        )
        assert heat.stored_j - heat_j == pytest.approx(came_j - heat.radiated_j, abs=1)


def test_what_strikes_changes_at_the_edges_alone() -> None:
    strikes = Strikes(
        [fault("pump", "stop"), replace(fault("string1", "open"), at_s=30), fault("link", "outage")], 1
    )
    found = [strikes.at(t) for t in range(0, 80_000, 100)]
    assert found[0] is found[199] is QUIET
    assert found[200] is found[299] is not QUIET
    assert found[200].pump_stopped
    assert (found[300].strings_open, found[300].pump_stopped) == (2, True)
    assert found[600] is found[-1] is QUIET


def test_a_fault_is_the_same_however_time_is_cut() -> None:
    def flown(step_ms: int) -> Plant:
        plant = Plant(satellite("noon", fault("string2", "open"), fault("node1", "latchup", 500.0)), 3)
        fly(plant, nodes(8, 4), 100, step_ms)
        return plant

    fine, coarse = flown(100).truth, flown(1000).truth
    assert fine.string_current_a == pytest.approx(coarse.string_current_a, rel=1e-9)
    assert fine.load_current_a == pytest.approx(coarse.load_current_a, rel=1e-9)
    assert fine.state_of_charge == pytest.approx(coarse.state_of_charge, abs=1e-4)


def test_equal_seeds_give_equal_plants_to_the_bit() -> None:
    faults = [
        Fault(at_s=5 + i, until_s=40 + i, target=t, kind=k, value=0.5 if PHYSICS[t][k].value else None)
        for i, (t, k) in enumerate((t, k) for t in ONE_OF_EACH for k in PHYSICS[t])
    ]
    first, again, other = (Plant(satellite("sunset", *faults), seed) for seed in (1, 1, 2))
    for until_s in range(1, 90):
        told = [
            fly(plant, nodes(until_s % 17, until_s % 16), until_s).as_dict()
            for plant in (first, again, other)
        ]
        assert told[0] == told[1]
    assert told[0] != told[2]
    assert first.ledger == again.ledger
