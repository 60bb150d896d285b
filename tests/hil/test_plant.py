# SPDX-License-Identifier: Apache-2.0
"""The plant: energy and heat close, limits hold, and time may be cut as one likes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flatsat.hil import scenario
from flatsat.hil.plant import Actuators, Plant
from flatsat.hil.plant.battery import (
    CHARGE_LIMIT_W,
    DISCHARGE_LIMIT_W,
    END_OF_CHARGE_V,
    Battery,
    open_circuit_v,
)
from flatsat.hil.plant.heat import Heat
from flatsat.hil.plant.loads import BOOT, HUNG, NODE_W, OFF, ON, SHORT_A, node_powers_w
from flatsat.hil.scenario import Fault, Scenario
from hypothesis import given, settings
from hypothesis import strategies as st

LEO = scenario.load("leo-orbit")
ALL_ON = 0xFF
NO_NODES = Actuators(lcl_on=0x93, laser_state=2)


def nodes(count: int, step: int, **others: Any) -> Actuators:
    """`count` nodes on at a clock step, everything but the heaters fed."""
    steps = sum(step << 4 * i for i in range(16))
    return Actuators(
        lcl_on=0x9F,
        node_state=sum(ON << 2 * i for i in range(count)),
        steps_low=steps & 0xFFFFFFFF,
        steps_high=steps >> 32,
        laser_state=2,
        **others,
    )


def fly(plant: Plant, actuators: Actuators, seconds: float, step_ms: int = 1000) -> Plant:
    start = plant.truth.time_ms
    for at in range(start, start + round(seconds * 1000), step_ms):
        plant.step(actuators, at, at + step_ms)
    return plant


def starting(changes: dict[str, Any], start: str = "sunrise", faults: tuple[Fault, ...] = ()) -> Scenario:
    orbit = replace(LEO.orbit, start=type(LEO.orbit.start)(start))
    return replace(LEO, orbit=orbit, satellite=replace(LEO.satellite, **changes), faults=faults)


def assert_books_close(plant: Plant, start_energy_j: float, start_heat_j: float) -> None:
    ledger, heat = plant.ledger, plant.heat
    assert ledger.array_j + ledger.discharged_j == pytest.approx(
        ledger.loads_j + ledger.charged_j + ledger.shunted_j, rel=1e-9, abs=1
    )
    into_battery_j = (
        ledger.charged_j - ledger.discharged_j - ledger.converter_j - ledger.battery_loss_j - ledger.faded_j
    )
    assert plant.battery.energy_j - start_energy_j == pytest.approx(into_battery_j, rel=1e-9, abs=1)
    into_heat_j = (
        ledger.loads_j
        + ledger.converter_j
        + ledger.battery_loss_j
        + heat.absorbed_j
        + heat.released_j
        - heat.radiated_j
    )
    assert heat.stored_j - start_heat_j == pytest.approx(into_heat_j, rel=1e-9, abs=1)


def test_energy_and_heat_close_over_an_orbit() -> None:
    plant = Plant(LEO, 1)
    energy_j, heat_j = plant.battery.energy_j, plant.heat.stored_j
    while plant.truth.time_ms < LEO.duration_ms:
        fly(plant, nodes(12, 15) if plant.truth.sunlight == 1 else nodes(2, 2), 1)
    assert_books_close(plant, energy_j, heat_j)
    assert plant.ledger.array_j / 3.6e6 == pytest.approx(111, rel=0.02), (
        "kWh from 3,594 s of 110 kW and the boost"
    )
    assert plant.violations.floor == 0
    assert plant.violations.thermal == 0


ACTUATORS = st.builds(
    Actuators,
    lcl_on=st.integers(0, 255),
    string_on=st.sampled_from([0, 0x0F, 0xFE, 0xFF]),
    charge=st.booleans(),
    battery_heater=st.booleans(),
    coolant_heater=st.booleans(),
    computer_on=st.booleans(),
    node_state=st.integers(0, 2**32 - 1),
    steps_low=st.integers(0, 2**32 - 1),
    steps_high=st.integers(0, 2**32 - 1),
    work_total=st.integers(0, 2**64 - 1),
    laser_state=st.integers(0, 3),
)


@settings(max_examples=60, deadline=None)
@given(
    legs=st.lists(st.tuples(ACTUATORS, st.integers(1, 60), st.sampled_from([1, 10, 1000, 5000])), max_size=6),
    charge=st.floats(0, 1),
    start=st.sampled_from(["sunrise", "noon", "sunset", "midnight"]),
    short=st.integers(0, 7),
    seed=st.integers(0, 2**63 - 1),
)
def test_invariants(
    legs: list[tuple[Actuators, int, int]], charge: float, start: str, short: int, seed: int
) -> None:
    fault = Fault(at_s=20, until_s=40, target=f"load{short}", kind="short")
    plant = Plant(starting({"state_of_charge": charge}, start, (fault,)), seed)
    energy_j, heat_j = plant.battery.energy_j, plant.heat.stored_j
    for actuators, steps, step_ms in legs:
        for _ in range(steps):
            at = plant.truth.time_ms
            plant.step(actuators, at, at + step_ms)
            truth = plant.truth
            assert 0 <= truth.state_of_charge <= 1
            assert -DISCHARGE_LIMIT_W - 1e-6 <= truth.battery_w <= CHARGE_LIMIT_W + 1e-6
            assert sum(truth.string_current_a) * truth.bus_voltage_v == pytest.approx(truth.array_w, abs=1e-6)
            assert min(truth.load_current_a) >= 0
            assert min(truth.shunt_w, truth.brown_out_w, truth.load_w) >= 0
            assert 60 < min(truth.junction_k) <= truth.max_k < 1000
    assert_books_close(plant, energy_j, heat_j)
    recorded = json.loads(plant.truth.as_json())
    assert recorded == {name: pytest.approx(plant.truth.as_dict()[name], rel=1e-6) for name in recorded}


@pytest.mark.parametrize("start", ["sunrise", "noon", "sunset"])
def test_cutting_time_finer_converges(start: str) -> None:
    """A quarter of the step has 0.6 of the error at most: of first order, but for the valve, which has steps of its own."""

    def outcome(step_ms: int) -> list[float]:
        plant = fly(Plant(starting({}, start), 7), nodes(10, 8), 240, step_ms)
        truth = plant.truth
        return [100 * truth.state_of_charge, truth.radiator_k, truth.coolant_k, truth.junction_k[0]]

    exact, fine, coarse = outcome(50), outcome(500), outcome(2000)
    for best, near, far in zip(exact, fine, coarse, strict=True):
        assert abs(near - best) <= 0.6 * abs(far - best) + 1e-6
        assert abs(near - best) < 0.05


@pytest.mark.parametrize("step_ms", [5000, 10_000])
@pytest.mark.parametrize("on", [0, 3, 16])
def test_a_valve_does_not_swing_in_long_steps(step_ms: int, on: int) -> None:
    coolants_k: list[list[float]] = []
    for length_ms in (1000, step_ms):
        plant = Plant(starting({}, "sunset"), 7)
        coolants_k.append([])
        for _ in range(60):
            fly(plant, nodes(on, 4), 10, length_ms)
            coolants_k[-1].append(plant.truth.coolant_k)
    assert max(abs(a - b) for a, b in zip(*coolants_k, strict=True)) < 1.0


def test_time_cut_at_odd_places_changes_next_to_nothing() -> None:
    whole, cut = Plant(LEO, 3), Plant(LEO, 3)
    fly(whole, nodes(8, 8), 60)
    for until in range(1000, 61000, 1000):
        for to in (until - 988, until - 987, until):
            cut.step(nodes(8, 8), cut.truth.time_ms, to)
    assert cut.truth.state_of_charge == pytest.approx(whole.truth.state_of_charge, abs=1e-6)
    assert cut.truth.received_power_w == whole.truth.received_power_w
    assert cut.truth.array_w == pytest.approx(whole.truth.array_w, rel=1e-6)


def test_the_seed_decides_everything_random() -> None:
    first, again, other = (fly(Plant(LEO, seed), nodes(8, 8), 30).truth.as_dict() for seed in (1, 1, 2))
    assert first == again
    assert first["string_current_a"] != other["string_current_a"]


@pytest.mark.parametrize(
    ("from_ms", "to_ms"), [pytest.param(1, 2, id="gap"), pytest.param(0, -1, id="backwards")]
)
def test_a_step_that_does_not_follow_is_refused(from_ms: int, to_ms: int) -> None:
    with pytest.raises(ValueError, match="plant is at 0 ms"):
        Plant(LEO, 1).step(NO_NODES, from_ms, to_ms)


@pytest.mark.parametrize(
    ("state", "step", "expected_w"),
    [
        pytest.param(OFF, 15, 0, id="off"),
        pytest.param(BOOT, 15, 2200, id="boot"),
        pytest.param(ON, 0, 1600 + 5600 * 0.35**2.6, id="slowest"),
        pytest.param(ON, 15, 7200, id="fastest"),
        pytest.param(HUNG, 15, 1600, id="hung"),
    ],
)
def test_node_power(state: int, step: int, expected_w: float) -> None:
    assert NODE_W[state][step] == pytest.approx(expected_w)
    powers = node_powers_w(state << 2 * 9, 0, step << 4)
    assert powers[9] == pytest.approx(expected_w)
    assert sum(powers) == powers[9]


@pytest.mark.parametrize(
    ("actuators", "expected_w"),
    [
        pytest.param(Actuators(lcl_on=0, computer_on=False), [0, 0, 0, 0, 0, 0, 0, 0], id="all off"),
        pytest.param(Actuators(), [0, 0, 0, 0, 0, 0, 0, 2200], id="after reset"),
        pytest.param(Actuators(lcl_on=ALL_ON), [400, 60, 0, 0, 1200, 0, 0, 2200], id="on, heaters open"),
        pytest.param(
            Actuators(
                lcl_on=ALL_ON, battery_heater=True, coolant_heater=True, laser_state=1, node_state=2 << 16
            ),
            [400, 600, 0, 1600 + 5600 * 0.35**2.6, 1200, 500, 2000, 2200],
            id="on, heaters closed, node 8",
        ),
        pytest.param(
            Actuators(lcl_on=0x84, node_state=0xAAAAAAAA),
            [0, 0, 8 * NODE_W[ON][0], 0, 0, 0, 0, 2200],
            id="rack A",
        ),
    ],
)
def test_load_currents(actuators: Actuators, expected_w: list[float]) -> None:
    truth = fly(Plant(starting({}, "noon"), 1), actuators, 1).truth
    assert [a * truth.bus_voltage_v for a in truth.load_current_a] == pytest.approx(expected_w)
    computer_w = 200 if actuators.computer_on else 0
    assert truth.bus_current_a * truth.bus_voltage_v == pytest.approx(sum(expected_w) + computer_w)


def test_base_load_is_four_kilowatts_without_laser() -> None:
    assert fly(Plant(LEO, 1), Actuators(lcl_on=0x91), 1).truth.load_w == pytest.approx(4000)


def test_strings_give_equal_shares_and_obey_their_switches() -> None:
    truth = fly(Plant(starting({}, "noon"), 1), replace(NO_NODES, string_on=0xFE), 1).truth
    assert truth.string_current_a[0] == 0
    assert truth.array_w == pytest.approx(110e3 * 7 / 8, rel=0.04)
    assert max(truth.string_current_a[1:]) < 1.03 * min(truth.string_current_a[1:])


def test_cold_cells_give_ten_percent_more_at_sunrise_and_warm_up() -> None:
    cold, warm = Plant(LEO, 1), Plant(starting({}, "noon"), 1)
    assert cold.truth.array_w / warm.truth.array_w == pytest.approx(1.10, abs=0.002)
    fly(cold, NO_NODES, 1200)
    fly(warm, NO_NODES, 1200)
    assert cold.truth.array_w / warm.truth.array_w == pytest.approx(1.0, abs=0.002)


def test_eclipse_runs_on_the_battery() -> None:
    truth = fly(Plant(starting({}, "midnight"), 1), NO_NODES, 10).truth
    assert truth.array_w == 0
    assert sum(truth.string_current_a) == 0
    assert truth.battery_w == pytest.approx(-truth.load_w)
    assert truth.battery_current_a < 0
    assert truth.in_eclipse


def test_charge_switch_open_sheds_the_surplus() -> None:
    truth = fly(Plant(LEO, 1), replace(NO_NODES, charge=False), 5).truth
    assert truth.battery_current_a == 0
    assert truth.shunt_w == pytest.approx(truth.array_w - truth.load_w)


def test_too_much_load_in_eclipse_browns_out() -> None:
    plant = fly(Plant(starting({}, "midnight"), 1), nodes(5, 15), 2)
    truth = plant.truth
    assert truth.battery_w == pytest.approx(-DISCHARGE_LIMIT_W)
    assert truth.load_w == pytest.approx(DISCHARGE_LIMIT_W)
    assert truth.brown_out_w == pytest.approx(5 * 7200 + 4600 - DISCHARGE_LIMIT_W)
    assert 0.9 * 300 < truth.bus_voltage_v < 300
    assert plant.ledger.brown_out_j == pytest.approx(2 * truth.brown_out_w)
    assert (plant.violations.discharge, plant.violations.discharge_s) == (1, 2)


def test_an_empty_battery_gives_nothing() -> None:
    plant = fly(Plant(starting({"state_of_charge": 0.0055}, "midnight"), 1), NO_NODES, 30)
    assert plant.truth.state_of_charge == pytest.approx(0.005, abs=1e-9)
    assert plant.truth.load_w == plant.truth.bus_voltage_v == 0
    assert plant.truth.brown_out_w == pytest.approx(4600)
    assert plant.violations.discharge == 0, "it is empty, not overdrawn"


def test_battery_voltage_and_charge_limits() -> None:
    battery = Battery(25e3 * 3600, 0.75)
    assert open_circuit_v(1) == pytest.approx(84 * 4.05)
    assert open_circuit_v(0) == pytest.approx(84 * 3.0)
    for _ in range(2 * 3600):
        battery.flow(30e3, 1, can_charge=True)
        assert battery.voltage_v <= END_OF_CHARGE_V + 1e-9
        battery.step(1)
    assert battery.state_of_charge == pytest.approx(1, abs=1e-9)
    assert battery.current_a == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("bus_kw", "loss_w"), [(20, 600), (-25, 1100), (-5, 45)])
def test_battery_losses_grow_with_the_square_of_the_power(bus_kw: float, loss_w: float) -> None:
    """About 1.6 W per square kilowatt once the polarisation has built up."""
    battery = Battery(25e3 * 3600, 0.85)
    for _ in range(200):
        battery.flow(1000 * bus_kw, 1, can_charge=True)
        battery.step(1)
    assert battery.loss_w == pytest.approx(loss_w, rel=0.2)


def test_a_short_saturates_its_sensor_until_the_limiter_opens() -> None:
    fault = Fault(at_s=10, until_s=20, target="load2", kind="short")
    plant = fly(Plant(starting({}, "noon", (fault,)), 1), nodes(12, 8), 10)
    assert plant.truth.load_current_a[2] == SHORT_A
    assert plant.ledger.brown_out_j == 0, "the short begins at the end of this step"
    other_a = plant.truth.load_current_a[3]
    plant.step(replace(nodes(12, 8), lcl_on=0x9B), 10_000, 10_012)
    assert plant.truth.load_current_a[2] == 0
    assert plant.truth.bus_voltage_v == pytest.approx(300, rel=0.1)
    assert plant.truth.load_current_a[3] == pytest.approx(other_a, rel=0.3)
    plant.step(nodes(12, 8), 10_012, 11_012)
    assert plant.truth.load_current_a[2] == SHORT_A
    assert plant.truth.brown_out_w > 0
    plant.step(nodes(12, 8), 11_012, 20_000)
    assert plant.truth.load_current_a[2] == pytest.approx(8 * NODE_W[ON][8] / 300, rel=0.1)


def test_junctions_overheat_within_seconds_without_the_pump() -> None:
    plant = Plant(starting({"radiator_k": 310.0, "coolant_k": 312.0}, "noon"), 1)
    fly(plant, nodes(13, 15), 60)
    cooled_k = plant.truth.max_k
    assert cooled_k < 333
    fly(plant, replace(nodes(13, 15), lcl_on=0x8F), 10)
    assert plant.truth.max_k > 333
    assert plant.violations.thermal == 1
    assert 0 < plant.violations.thermal_s < 10
    fly(plant, replace(NO_NODES, lcl_on=0x93), 60)
    assert plant.truth.max_k < 333


def test_full_sun_settles_below_the_limit_and_the_radiator_on_the_stefan_boltzmann_law() -> None:
    heat = Heat(300, 300, 293)
    for _ in range(20_000):
        heat.step(
            1,
            node_w=[6e3] * 16,
            coolant_w=0,
            pack_w=[0, 0],
            laser_w=0,
            radiator_w=5e3,
            pump=True,
            sunlight=1,
        )
    absorbed_w = 100.0 * 115
    expected_k = ((96e3 + 5e3 + absorbed_w) / (0.88 * 5.670374e-8 * 230)) ** 0.25
    assert heat.radiator_k == pytest.approx(expected_k, abs=0.1)
    assert heat.coolant_k - heat.radiator_k == pytest.approx(96e3 / 25e3, abs=0.01)
    assert max(heat.junction_k) - heat.coolant_k == pytest.approx(6e3 * 0.0015, abs=0.01)
    assert max(heat.junction_k) < 333


def test_the_valve_keeps_the_coolant_from_following_a_cold_radiator() -> None:
    heat = Heat(230, 280, 293)
    for _ in range(2136):
        heat.step(
            1,
            node_w=[0] * 16,
            coolant_w=2e3,
            pack_w=[0, 0],
            laser_w=0,
            radiator_w=4e3,
            pump=True,
            sunlight=0,
        )
    assert heat.radiator_k < 235
    assert heat.coolant_k > 262


def test_its_heater_keeps_a_battery_liquid_without_nodes_for_a_day() -> None:
    plant = fly(Plant(LEO, 1), replace(NO_NODES, lcl_on=0xA0, battery_heater=True), 86_400, 10_000)
    assert plant.truth.radiator_k < 200
    assert min(plant.truth.pack_k) > 278


def test_a_warm_battery_cools_on_the_radiator_and_a_cold_one_is_warmed_by_it() -> None:
    cooling, warming = Heat(230, 263, 300), Heat(310, 310, 260)
    for heat in (cooling, warming):
        for _ in range(600):
            heat.step(
                1,
                node_w=[0] * 16,
                coolant_w=0,
                pack_w=[0, 0],
                laser_w=0,
                radiator_w=0,
                pump=False,
                sunlight=0,
            )
    assert cooling.battery_k < 298
    assert warming.battery_k > 260.5


def test_the_floor_is_counted_once_for_each_visit() -> None:
    plant = fly(Plant(starting({"state_of_charge": 0.701}, "sunset"), 1), NO_NODES, 120)
    assert plant.violations.floor == 1
    assert 0 < plant.violations.floor_s < 120
    assert plant.violations.min_state_of_charge == pytest.approx(plant.truth.state_of_charge)
    assert plant.violations.min_state_of_charge < 0.70


def test_the_light_goes_out_for_an_outage_alone() -> None:
    plant = Plant(LEO, 1)
    dark = []
    for at in range(5739):
        plant.step(NO_NODES, at * 1000, at * 1000 + 1000)
        if plant.truth.received_power_w == 0:
            dark.append(at + 1)
        else:
            assert 8e-6 < plant.truth.received_power_w <= 12e-6
    assert dark == [*range(1500, 1560), *range(4200, 4320)]


def test_work_survives_a_reset_of_the_board_and_errors_depend_on_the_seed() -> None:
    plant = Plant(LEO, 1)
    fly(plant, nodes(16, 15, work_total=32_000_000), 1)
    assert plant.truth.delivered == 2
    fly(plant, NO_NODES, 1)
    fly(plant, nodes(16, 15, work_total=16_000_000), 1)
    assert plant.truth.delivered == 3
    counts = [fly(Plant(LEO, seed), nodes(16, 0), 5000, 5000).truth.corrected for seed in range(40)]
    assert sum(counts) / 40 == pytest.approx(0.5 * 16 * 5000 / 3600, rel=0.25)
    assert len(set(counts)) > 5


@pytest.mark.parametrize(
    ("laser_state", "coarse"),
    [
        pytest.param(0, True, id="off"),
        pytest.param(1, False, id="acquire: the first frames leave on this light"),
        pytest.param(2, False, id="track"),
        pytest.param(3, True, id="lost"),
    ],
)
def test_pointing_is_coarse_only_until_the_terminal_follows_the_light(laser_state: int, coarse: bool) -> None:
    light = Plant(LEO, 1).light
    errors_rad = [light.at(t, laser_state)[1] for t in range(0, 1_000_000, 1000)]
    mean_rad = sum(errors_rad) / len(errors_rad)
    assert mean_rad == pytest.approx((4e-6 if coarse else 1e-6) * 1.2533, rel=0.05), "mean of a Rayleigh law"
    assert coarse or min(light.at(t, laser_state)[0] for t in range(0, 1_000_000, 1000)) > 8e-6
