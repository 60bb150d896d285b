# SPDX-License-Identifier: Apache-2.0
"""The bus: load steps, collapse and revival; and what keeps the coolant from freezing."""

from dataclasses import replace
from typing import Any

import pytest
from flatsat.hil import scenario
from flatsat.hil.plant import Actuators, Plant, PlantTruth
from flatsat.hil.plant.bus import REGULATED_S, Bus
from flatsat.hil.plant.heat import FREEZING_K
from flatsat.hil.plant.loads import ON
from flatsat.hil.scenario import Fault, Scenario

LEO = scenario.load("leo-orbit")
BASE = Actuators(lcl_on=0x93, laser_state=2)


def nodes(count: int, step: int, lcl_on: int = 0x9F) -> Actuators:
    steps = sum(step << 4 * i for i in range(16))
    return replace(
        BASE,
        lcl_on=lcl_on,
        node_state=sum(ON << 2 * i for i in range(count)),
        steps_low=steps & 0xFFFFFFFF,
        steps_high=steps >> 32,
    )


def satellite(start: str, *faults: Fault, **changes: Any) -> Scenario:
    orbit = replace(LEO.orbit, start=type(LEO.orbit.start)(start))
    return replace(LEO, orbit=orbit, satellite=replace(LEO.satellite, **changes), faults=faults)


def fly(plant: Plant, actuators: Actuators, until_s: float, step_ms: int = 1000) -> PlantTruth:
    while (at := plant.truth.time_ms) < until_s * 1000:
        plant.step(actuators, at, min(at + step_ms, round(until_s * 1000)))
    return plant.truth


@pytest.mark.parametrize("step_kw", [60, 90, -60, -90])
@pytest.mark.parametrize("bus_v", [120.0, 300.0, 600.0])
def test_a_load_step_in_ten_milliseconds_stays_within_ten_percent(step_kw: float, bus_v: float) -> None:
    """Ten milliseconds are a step of one regulator's time constant or less: as bad as at once."""
    bus = Bus(bus_v)
    bus.load(100e3)
    worst = 0.0
    for ms in range(1, 200):
        bus.regulate(0.001)
        bus.load(100e3 + 100 * step_kw * min(ms, 10))
        worst = max(worst, abs(bus.voltage_v(0, 0) / bus_v - 1))
    assert 0.03 < worst < 0.10
    assert bus.voltage_v(0, 0) == pytest.approx(bus_v, rel=1e-3)


@pytest.mark.parametrize("spare_j", [1e2, 1e3, 5e3])
def test_a_bus_that_an_all_but_empty_battery_lets_collapse_stays_dead_in_the_dark(spare_j: float) -> None:
    """Without a load, what is left in the battery would bring it back: to collapse again under the next."""
    plant = Plant(satellite("midnight", state_of_charge=0.005 + spare_j / 3600 / LEO.satellite.battery_wh), 1)
    quiet = replace(BASE, lcl_on=0, computer_on=False)
    truth = fly(plant, BASE, 5)
    while truth.bus_voltage_v and truth.time_ms < 60_000:
        truth = fly(plant, BASE, truth.time_ms / 1000 + 1)
    assert fly(plant, quiet, truth.time_ms / 1000 + 100).bus_voltage_v == 0.0
    assert plant.violations.discharge == 0


def test_the_plant_sees_a_load_step_out_in_small_steps() -> None:
    plant = Plant(satellite("noon"), 1)
    fly(plant, nodes(16, 10), 10)
    assert plant.longest_step_ms > 60_000
    truth = fly(plant, nodes(0, 0), 10.012, 12)
    rise = truth.bus_voltage_v / 300 - 1
    assert 0.03 < rise < 0.10, "a rack's limiter opens"
    assert plant.longest_step_ms == 5
    steps = 0
    while plant.longest_step_ms == 5:
        plant.step(nodes(0, 0), truth.time_ms, truth.time_ms + 5)
        steps += 1
    assert 5 * steps / 1000 <= 6 * REGULATED_S
    assert plant.truth.bus_voltage_v == pytest.approx(300, rel=0.0101)


def test_steps_of_a_clock_step_are_no_transient() -> None:
    plant = Plant(satellite("noon"), 1)
    for step in range(16):
        fly(plant, nodes(12, step), 1 + step)
        assert plant.longest_step_ms > 60_000 or step == 0


@pytest.mark.parametrize(("count", "alive"), [(15, True), (16, False)], ids=["59 % missing", "62 % missing"])
def test_the_bus_collapses_when_too_much_is_missing(count: int, alive: bool) -> None:
    plant = Plant(satellite("midnight"), 1)
    truth = fly(plant, nodes(count, 8), 1)
    missing = truth.brown_out_w / (truth.brown_out_w + truth.load_w)
    if alive:
        assert 0.58 < missing < 0.6
        assert truth.bus_voltage_v > 0.85 * 300
    else:
        assert (truth.bus_voltage_v, truth.load_w, truth.battery_w, truth.bus_current_a) == (0, 0, 0, 0)
        assert missing == 1
        assert sum(truth.load_current_a) == 0
    assert plant.violations.discharge == 1


def test_a_dead_bus_comes_back_when_the_battery_can_carry_what_is_asked() -> None:
    plant = Plant(satellite("midnight"), 1)
    assert fly(plant, nodes(16, 15), 2).bus_voltage_v == 0
    assert fly(plant, nodes(6, 15), 3).bus_voltage_v == 0, (
        "47 kW: more than the battery gives, though only half is missing"
    )
    truth = fly(plant, nodes(2, 0), 4)
    assert truth.bus_voltage_v == pytest.approx(300, rel=0.1)
    assert truth.brown_out_w == 0


def test_a_dead_bus_comes_back_with_two_kilowatts_of_sunlight() -> None:
    """An empty battery in the dark; loads are off, as the power board leaves them."""
    off = Actuators(lcl_on=0, computer_on=False)
    plant = Plant(satellite("midnight", state_of_charge=0.005), 1)
    voltages = []
    while plant.truth.state_of_charge < 0.0051:
        truth = fly(plant, off, plant.truth.time_ms / 1000 + 1)
        voltages.append((truth.bus_voltage_v, truth.array_w))
    assert voltages[1000] == (0, 0)
    revived_w = next(array_w for voltage, array_w in voltages if voltage > 0)
    assert 2000 < revived_w < 30_000
    assert truth.bus_voltage_v == 300
    assert truth.battery_w > 0
    assert plant.ledger.bus_closure_j == pytest.approx(0, abs=1)


def test_no_short_collapses_the_bus() -> None:
    short = Fault(at_s=10, until_s=20, target="load2", kind="short")
    plant = Plant(satellite("midnight", short), 1)
    truth = fly(plant, nodes(1, 0), 10.012, 12)
    assert truth.bus_voltage_v > 0.75 * 300
    assert truth.load_current_a[4] == pytest.approx(1200 / truth.bus_voltage_v)


def orbits(heater: bool, pump: bool, count: int) -> tuple[float, float]:
    """Coldest coolant and radiator of a satellite in safe mode."""
    plant = Plant(satellite("sunset", radiator_k=280.0, coolant_k=280.0), 1)
    safe = Actuators(lcl_on=0xD0 if pump else 0xC0, coolant_heater=heater)
    coolant_k = radiator_k = 400.0
    while plant.truth.time_ms < count * 5_739_000:
        truth = fly(plant, safe, plant.truth.time_ms / 1000 + 30, 10_000)
        coolant_k, radiator_k = min(coolant_k, truth.coolant_k), min(radiator_k, truth.radiator_k)
    return coolant_k, radiator_k


def test_the_valve_keeps_the_coolant_liquid_through_an_eclipse_and_the_heater_beyond() -> None:
    coolant_k, radiator_k = orbits(heater=False, pump=True, count=1)
    assert radiator_k < 235
    assert coolant_k > FREEZING_K + 5
    assert orbits(heater=True, pump=True, count=10)[0] > FREEZING_K + 10
    assert orbits(heater=False, pump=True, count=10)[0] < FREEZING_K, "why safe mode heats"


def test_an_empty_battery_is_no_violation_of_the_discharge_limit() -> None:
    plant = Plant(satellite("noon", state_of_charge=0.005), 1)
    truth = fly(plant, replace(nodes(8, 0), string_on=0x01), 5)
    assert truth.brown_out_w > 1000
    assert truth.bus_voltage_v > 270
    assert plant.violations.discharge == 0
