# SPDX-License-Identifier: Apache-2.0
"""The battery: two Thevenin packs in parallel against closed forms, their protection, age and temperature."""

from math import exp, sqrt

import pytest
from flatsat.hil.plant.battery import (
    CHARGE_LIMIT_W,
    CONVERTER_EFFICIENCY,
    DISCHARGE_LIMIT_W,
    END_OF_CHARGE_V,
    OVERCHARGE_V,
    POLARISATION_OHM,
    POLARISATION_S,
    SERIES_OHM,
    Battery,
    open_circuit_v,
)
from flatsat.hil.plant.pack import CELLS, Pack, cell_v, resistance_share
from hypothesis import given
from hypothesis import strategies as st

CAPACITY_J = 25e3 * 3600


def battery(state_of_charge: float = 0.8) -> Battery:
    return Battery(CAPACITY_J, state_of_charge)


def run(cells: Battery, bus_w: float, seconds: float, dt_s: float = 1.0, charge: bool = True) -> float:
    """Ask for a power for some time; return the energy at the bus."""
    energy_j = 0.0
    for _ in range(round(seconds / dt_s)):
        energy_j += dt_s * cells.flow(bus_w, dt_s, charge)
        cells.step(dt_s)
    return energy_j


def reference(bus_w: float, seconds: int, state_of_charge: float) -> tuple[float, float]:
    """Energy and terminal voltage of one Thevenin circuit at constant power, by Runge and Kutta in 50 ms, in joules and volts."""
    power_w = bus_w * CONVERTER_EFFICIENCY if bus_w > 0 else bus_w / CONVERTER_EFFICIENCY

    def current(energy_j: float, drop_v: float) -> float:
        emf_v = open_circuit_v(energy_j / CAPACITY_J) + drop_v
        return (sqrt(emf_v**2 + 4 * SERIES_OHM * power_w) - emf_v) / (2 * SERIES_OHM)

    def slope(energy_j: float, drop_v: float) -> tuple[float, float]:
        i = current(energy_j, drop_v)
        return open_circuit_v(energy_j / CAPACITY_J) * i, (i * POLARISATION_OHM - drop_v) / POLARISATION_S

    energy_j, drop_v, h = CAPACITY_J * state_of_charge, 0.0, 0.05
    for _ in range(round(seconds / h)):
        a = slope(energy_j, drop_v)
        b = slope(energy_j + h / 2 * a[0], drop_v + h / 2 * a[1])
        c = slope(energy_j + h / 2 * b[0], drop_v + h / 2 * b[1])
        d = slope(energy_j + h * c[0], drop_v + h * c[1])
        energy_j += h / 6 * (a[0] + 2 * b[0] + 2 * c[0] + d[0])
        drop_v += h / 6 * (a[1] + 2 * b[1] + 2 * c[1] + d[1])
    emf_v = open_circuit_v(energy_j / CAPACITY_J) + drop_v
    return energy_j, emf_v + SERIES_OHM * current(energy_j, drop_v)


@pytest.mark.parametrize("bus_w", [20e3, 7e3, -3e3, -25e3])
def test_like_packs_are_one_thevenin_circuit(bus_w: float) -> None:
    cells = battery()
    run(cells, bus_w, 300, 0.5)
    energy_j, voltage_v = reference(bus_w, 300, 0.8)
    flowed_j = energy_j - 0.8 * CAPACITY_J
    assert cells.energy_j + cells.faded_j - 0.8 * CAPACITY_J == pytest.approx(flowed_j, rel=2e-4)
    cells.flow(bus_w, 0.5, True)
    assert cells.voltage_v == pytest.approx(voltage_v, abs=0.02)
    one, other = cells.packs
    assert one.current_a == other.current_a == pytest.approx(cells.current_a / 2)


@pytest.mark.parametrize("dt_s", [0.001, 1.0, 7.0])
def test_polarisation_under_constant_current_is_the_closed_form(dt_s: float) -> None:
    pack = Pack(CAPACITY_J / 2, 0.8, 2 * SERIES_OHM, 2 * POLARISATION_OHM)
    for n in range(1, 30):
        pack.current_a = -40.0
        pack.step(dt_s, exp(-dt_s / POLARISATION_S))
        drop_v = pack.emf_v - open_circuit_v(pack.state_of_charge)
        expected_v = -40 * 2 * POLARISATION_OHM * (1 - exp(-n * dt_s / POLARISATION_S))
        assert drop_v == pytest.approx(expected_v, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("bus_w", "charge"), [(15e3, True), (-15e3, True), (5e3, False)], ids=["charging", "discharging", "idle"]
)
def test_unlike_packs_share_the_current_by_kirchhoffs_laws(bus_w: float, charge: bool) -> None:
    cells = battery()
    cells.packs[0].energy_j *= 0.97
    cells.packs[0].become(1.0, CELLS - 1)
    cells.packs[1].warm(283.0, 1.0)
    one, other = cells.packs
    power_w = cells.flow(bus_w, 1.0, charge)
    for pack in cells.packs:
        assert cells.voltage_v == pytest.approx(pack.emf_v + pack.series_ohm * pack.current_a)
    assert one.current_a + other.current_a == pytest.approx(cells.current_a, abs=1e-9)
    assert one.current_a != pytest.approx(other.current_a, abs=1)
    assert power_w == pytest.approx(bus_w if charge else 0.0, abs=1e-6)
    assert cells.loss_w == pytest.approx(one.loss_w + other.loss_w)
    assert cells.loss_w > 0


def test_packs_of_unlike_charge_even_out_by_themselves() -> None:
    cells = battery(0.8)
    cells.packs[0].energy_j *= 0.9
    cells.packs[0].step(0.0, 1.0)
    apart = [pack.state_of_charge for pack in cells.packs]
    run(cells, 0.0, 4 * 3600, 10.0)
    together = [pack.state_of_charge for pack in cells.packs]
    assert abs(together[0] - together[1]) < 0.1 * abs(apart[0] - apart[1])


@pytest.mark.parametrize(
    ("mask", "charge_w", "discharge_w"),
    [(3, CHARGE_LIMIT_W, DISCHARGE_LIMIT_W), (1, 10e3, 12.5e3), (2, 10e3, 12.5e3), (0, 0, 0)],
    ids=["both", "pack 0", "pack 1", "none"],
)
def test_one_pack_carries_half_of_the_power(mask: int, charge_w: float, discharge_w: float) -> None:
    cells = battery()
    cells.connect(mask)
    assert (cells.charge_limit_w, cells.discharge_limit_w) == (charge_w, discharge_w)
    assert cells.flow(1e6, 1.0, True) == pytest.approx(charge_w)
    assert cells.flow(-1e6, 1.0, True) == pytest.approx(-discharge_w)
    for i, pack in enumerate(cells.packs):
        assert (pack.current_a == 0) == (not mask >> i & 1)
    assert (cells.voltage_v == 0) == (mask == 0)


def test_state_of_charge_is_that_of_the_packs_in_the_circuit() -> None:
    cells = battery(0.8)
    cells.connect(1)
    run(cells, -10e3, 600)
    one, other = (pack.state_of_charge for pack in cells.packs)
    assert other == 0.8
    assert cells.state_of_charge == one < 0.8
    cells.connect(3)
    assert cells.state_of_charge == pytest.approx((one + other) / 2, abs=1e-4)
    cells.connect(0)
    assert cells.state_of_charge == pytest.approx((one + other) / 2, abs=1e-4)


def test_an_empty_battery_protects_itself_until_it_has_charge_again() -> None:
    cells = battery(0.02)
    given_j = run(cells, -5e3, 600)
    assert cells.state_of_charge == pytest.approx(0.005, abs=1e-9)
    assert given_j == pytest.approx(-0.015 * CAPACITY_J * CONVERTER_EFFICIENCY, rel=0.02)
    assert cells.most_discharge_w() == 0
    assert cells.voltage_v == pytest.approx(CELLS * 3.0, rel=0.02)
    assert cells.flow(-5e3, 1.0, True) == 0
    run(cells, 20e3, 60)
    assert 0.005 < cells.state_of_charge < 0.03
    assert cells.flow(-5e3, 1.0, True) == 0, "not yet"
    run(cells, 20e3, 120)
    assert cells.state_of_charge > 0.03
    assert cells.flow(-5e3, 1.0, True) == pytest.approx(-5e3)


def test_an_empty_pack_leaves_the_other_half_of_the_power() -> None:
    cells = battery(0.5)
    cells.packs[0].energy_j = 0.004 * cells.packs[0].capacity_j
    cells.packs[0].step(0.0, 1.0)
    assert cells.most_discharge_w() == 12.5e3
    assert cells.flow(-25e3, 1.0, True) == pytest.approx(-12.5e3)
    assert cells.packs[0].current_a == 0


@pytest.mark.parametrize(
    ("temperature_k", "share"),
    [(293.0, 1.0), (273.0, 1.649), (313.0, 0.647), (200.0, 9.63)],
    ids=["reference", "0 C", "40 C", "held at 220 K"],
)
def test_cold_cells_resist_more(temperature_k: float, share: float) -> None:
    assert resistance_share(temperature_k) == pytest.approx(share, rel=2e-3)
    cells = battery()
    cells.warm([temperature_k] * 2, 2.0)
    cells.flow(-10e3, 1.0, True)
    assert cells.voltage_v - cells.packs[0].emf_v == pytest.approx(
        cells.current_a * SERIES_OHM * 2 * share, rel=2e-3
    )


def test_age_takes_a_fifth_in_thirty_thousand_cycles() -> None:
    """27,500 to 30,000 cycles of 30 % are five years of a low orbit."""
    cells = battery(1.0)
    for _ in range(10):
        run(cells, -20e3, 1300, 10.0)
        run(cells, 20e3, 3000, 10.0)
    given_share = 10 * 20e3 * 1300 / CONVERTER_EFFICIENCY / CAPACITY_J
    lost = 1 - cells.capacity_j / CAPACITY_J
    assert lost / given_share * 0.3 * 30_000 == pytest.approx(0.2, rel=0.1)


@pytest.mark.parametrize(("left", "cells_left"), [(0.7, 84), (1.0, 83), (0.5, 83)])
def test_capacity_that_goes_takes_its_energy_along_and_brings_it_back(left: float, cells_left: int) -> None:
    pack = Pack(1e6, 0.6, 0.18, 0.12)
    pack.become(left, cells_left)
    assert pack.state_of_charge == pytest.approx(0.6)
    assert pack.capacity_j == pytest.approx(1e6 * left * cells_left / CELLS)
    assert pack.energy_j + pack.faded_j == pytest.approx(0.6e6)
    assert pack.emf_v == pytest.approx(cells_left * cell_v(0.6))
    assert (pack.spread_v() > 0.15) == (cells_left < CELLS)
    pack.become(1.0, CELLS)
    assert (pack.energy_j, pack.faded_j) == (pytest.approx(0.6e6), pytest.approx(0, abs=1e-6))


def test_healthy_cells_are_never_apart_enough_to_warn() -> None:
    cells = battery(1.0)
    while not cells.packs[0].empty:
        cells.flow(-25e3, 10.0, True)
        cells.step(10.0)
        assert 0.008 < cells.packs[0].spread_v() < 0.060


def test_an_overcharge_ends_at_four_point_three_volts() -> None:
    cells, healthy = battery(0.98), battery(0.98)
    cells.overcharge = True
    highest_v = healthy_v = 0.0
    for _ in range(1200):
        run(cells, 20e3, 1)
        run(healthy, 20e3, 1)
        highest_v, healthy_v = max(highest_v, cells.voltage_v), max(healthy_v, healthy.voltage_v)
    assert 4.2 * CELLS < highest_v <= OVERCHARGE_V + 1e-9
    assert healthy_v <= END_OF_CHARGE_V + 1e-9
    assert healthy.state_of_charge == pytest.approx(1)
    cells.overcharge = False
    assert cells.flow(20e3, 1.0, True) == pytest.approx(0, abs=1e-6)


ASKS = st.lists(
    st.tuples(
        st.floats(-60e3, 60e3), st.sampled_from([0.001, 1.0, 60.0]), st.booleans(), st.integers(0, 3),
        st.sampled_from([220.0, 293.0, 333.0]), st.sampled_from([1.0, 10.0]), st.booleans(),
        st.sampled_from([1.0, 0.7]), st.sampled_from([83, 84]),
    ),
    max_size=40,
)  # fmt: skip


@given(start=st.floats(0, 1), asks=ASKS)
def test_what_is_stored_is_what_flowed_less_what_was_lost(start: float, asks: list[tuple]) -> None:  # type: ignore[type-arg]
    cells = battery(start)
    booked_j, faded_j = cells.energy_j, 0.0
    for bus_w, dt_s, charge, mask, temperature_k, factor, over, left, number in asks:
        cells.connect(mask)
        cells.warm([temperature_k, 293.0], factor)
        cells.overcharge = over
        cells.packs[0].become(left, number)
        power_w = cells.flow(bus_w, dt_s, charge)
        assert power_w <= (max(bus_w, 0.0) + 1e-6 if charge else 1e-6)
        assert power_w >= min(bus_w, 0.0) - 1e-6
        carried_w = sum(pack.current_a for pack in cells.packs) * cells.voltage_v
        stored_w = power_w * CONVERTER_EFFICIENCY if power_w > 0 else power_w / CONVERTER_EFFICIENCY
        assert carried_w == pytest.approx(stored_w, abs=1e-6)
        cells.step(dt_s)
        booked_j += (stored_w - cells.loss_w) * dt_s
        faded_j = cells.faded_j
        assert all(-1e-9 <= pack.state_of_charge <= 1.06 + 1e-9 for pack in cells.packs)
    assert cells.energy_j == pytest.approx(booked_j - faded_j, rel=1e-9, abs=1)
