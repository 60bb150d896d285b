# SPDX-License-Identifier: Apache-2.0
"""The sensors: which word holds what, quantisation, saturation, and the noise's moments."""

from statistics import fmean, pstdev

import pytest
from flatsat.boards.register import Field
from flatsat.boards.registers import compute_stimulus as compute
from flatsat.boards.registers import laser_stimulus as laser
from flatsat.boards.registers import power_stimulus as power
from flatsat.hil import scenario, sensors
from flatsat.hil.plant import Plant
from flatsat.hil.plant.noise import GAUSSIAN, Noise
from hypothesis import given
from hypothesis import strategies as st

LEO = scenario.load("leo-orbit")
FIRST = (
    power.BUS_VOLTAGE.address,
    compute.MEMORY_ERRORS_CORRECTED.address,
    laser.OPTICAL_RECEIVED_POWER.address,
)
QUIET = 128
"""An octet whose noise is nearly none (0.005 deviations)."""


def known_plant() -> Plant:
    """A plant whose truth is a different number everywhere."""
    plant = Plant(LEO, 1)
    truth = plant.truth
    truth.bus_voltage_v, truth.bus_current_a = 299.0, 310.0
    truth.battery_voltage_v, truth.battery_current_a = 328.0, -41.0
    truth.state_of_charge, truth.battery_k = 0.8, 291.0
    truth.string_current_a = [20.0 + i for i in range(8)]
    truth.load_current_a = [100.0 + 7 * i for i in range(8)]
    truth.pack_current_a, truth.pack_spread_v, truth.pack_k = [-21.0, -20.0], [0.012, 0.2], [292.0, 301.0]
    truth.corrected, truth.uncorrected = 70_000, 2
    truth.coolant_k, truth.radiator_k = 301.0, 287.0
    truth.junction_k = [300.0 + 4 * i for i in range(16)]
    truth.received_power_w, truth.pointing_error_rad, truth.laser_k = 11e-6, 2e-6, 277.0
    return plant


# 0.309 K: one reading in ten of a 0.3 K deviation crosses the 0.5 K to the next count.
FIELDS = [
    (power.BUS_VOLTAGE, 299.0, 0.05),
    (power.BUS_CURRENT, 310.0, 0.2),
    (power.BATTERY_VOLTAGE, 328.0, 0.05),
    (power.BATTERY_CURRENT, -41.0, 0.05),
    (power.GAUGE_STATE_OF_CHARGE, 0.8, 0.004),
    (power.GAUGE_TEMPERATURE, 291.0, 0.1),
    *((getattr(power, f"STRING_{i & ~1}_{i | 1}_STRING{i}"), 20.0 + i, 0.1) for i in range(8)),
    *((getattr(power, f"LOAD_{i & ~1}_{i | 1}_LOAD{i}"), 100.0 + 7 * i, 0.05) for i in range(8)),
    *((getattr(power, f"PACK_CURRENT_PACK{i}"), -21.0 + i, 0.05) for i in range(2)),
    *((getattr(power, f"PACK_SPREAD_PACK{i}"), (0.012, 0.2)[i], 0.0005) for i in range(2)),
    *((getattr(power, f"PACK_TEMPERATURE_PACK{i}"), 292.0 + 9 * i, 0.1) for i in range(2)),
    (compute.COOLANT_COOLANT_TEMPERATURE, 301.0, 0.1),
    (compute.COOLANT_RADIATOR_TEMPERATURE, 287.0, 0.1),
    *((getattr(compute, f"TEMPERATURE_{i & ~3}_{i | 3}_NODE{i}"), 300.0 + 4 * i, 0.309) for i in range(16)),
    (laser.OPTICAL_RECEIVED_POWER, 11e-6, 30e-9),
    (laser.OPTICAL_POINTING_ERROR, 2e-6, 50e-9),
    (laser.TEMPERATURE_TERMINAL, 277.0, 0.1),
]


def board_of(field: Field) -> int:
    maps = (power, compute, laser)
    return next(i for i, module in enumerate(maps) if field in vars(module).values())


@pytest.fixture(scope="module")
def readings() -> list[tuple[tuple[int, ...], ...]]:
    plant = known_plant()
    return [sensors.words(plant, now_ms, 5) for now_ms in range(0, 2_000_000, 1000)]


@pytest.mark.parametrize(
    ("field", "value", "deviation"),
    [pytest.param(*row, id=f"{row[0].register}.{row[0].name}") for row in FIELDS],
)
def test_each_field_reads_its_truth_with_its_noise(
    readings: list[tuple[tuple[int, ...], ...]], field: Field, value: float, deviation: float
) -> None:
    board = board_of(field)
    index = (field.address - FIRST[board]) // 4
    found = [field.value(words[board][index]) for words in readings]
    assert fmean(found) == pytest.approx(value, abs=5 * deviation / len(found) ** 0.5 + 0.02 * field.lsb)
    assert pstdev(found) == pytest.approx(deviation, rel=0.12)


def test_memory_errors_are_counters_without_noise(readings: list[tuple[tuple[int, ...], ...]]) -> None:
    assert {words[1][0] for words in readings} == {2 << 16 | 70_000 & 0xFFFF}


def test_word_counts_match_the_maps(readings: list[tuple[tuple[int, ...], ...]]) -> None:
    power_end = power.TIME_TARGET_MILLISECONDS.address
    compute_end = compute.TIME_TARGET_MILLISECONDS.address
    laser_end = laser.TIME_TARGET_MILLISECONDS.address
    assert [len(words) for words in readings[0]] == [
        (power_end - FIRST[0]) // 4,
        (compute_end - FIRST[1]) // 4,
        (laser_end - FIRST[2]) // 4,
    ]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        pytest.param(power.BUS_VOLTAGE, 300.0, 30_000, id="exact"),
        pytest.param(power.BUS_VOLTAGE, 300.004, 30_000, id="rounds down"),
        pytest.param(power.BUS_VOLTAGE, 300.006, 30_001, id="rounds up"),
        pytest.param(power.BATTERY_CURRENT, 0.0, 32_768, id="offset zero"),
        pytest.param(power.BATTERY_CURRENT, -400.0, 0, id="below range"),
        pytest.param(power.LOAD_0_1_LOAD0, 1000.0, 0xFFFF, id="above range"),
        pytest.param(power.LOAD_0_1_LOAD0, 655.35, 0xFFFF, id="top of range"),
        pytest.param(power.LOAD_0_1_LOAD0, -1.0, 0, id="negative"),
        pytest.param(power.GAUGE_STATE_OF_CHARGE, 1.0, 50_000, id="full battery"),
        pytest.param(compute.TEMPERATURE_0_3_NODE0, 300.4, 100, id="junction"),
        pytest.param(compute.TEMPERATURE_0_3_NODE0, 500.0, 255, id="junction too hot to read"),
        pytest.param(compute.TEMPERATURE_0_3_NODE0, 150.0, 0, id="junction too cold to read"),
    ],
)
def test_quantisation(field: Field, value: float, expected: int) -> None:
    assert sensors.count(value, sensors.channel(field, 0.0), QUIET) == expected == field.count(value)


def test_a_shorted_load_reads_full_scale_whatever_the_noise() -> None:
    plant = known_plant()
    plant.truth.load_current_a[3] = 1000.0
    index = (power.LOAD_2_3_LOAD3.address - FIRST[0]) // 4
    assert {power.LOAD_2_3_LOAD3.raw(sensors.words(plant, t, 1)[0][index]) for t in range(300)} == {0xFFFF}


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**63 - 1))
def test_readings_depend_on_time_and_seed_alone(now_ms: int, seed: int) -> None:
    assert sensors.words(known_plant(), now_ms, seed) == sensors.words(known_plant(), now_ms, seed)
    assert sensors.words(known_plant(), now_ms, seed) != sensors.words(known_plant(), now_ms + 1, seed)
    assert sensors.words(known_plant(), now_ms, seed) != sensors.words(known_plant(), now_ms, seed ^ 1)


def test_gaussian_table_has_unit_variance_and_is_odd() -> None:
    assert fmean(GAUSSIAN) == 0
    assert pstdev(GAUSSIAN) == pytest.approx(1, abs=1e-4)
    assert all(low == -high for low, high in zip(GAUSSIAN, reversed(GAUSSIAN), strict=True))
    assert all(value * 1024 == int(value * 1024) for value in GAUSSIAN)


def test_noise_streams_are_fixed_and_apart() -> None:
    assert Noise(1, "power sensors").octets(7) == Noise(1, "power sensors").octets(7)
    assert Noise(1, "power sensors").octets(7).hex()[:16] == "6c30e06312b8de61"
    assert Noise(1, "power sensors").octets(7) != Noise(1, "laser sensors").octets(7)
    assert 0 < Noise(1, "x").uniform(3) <= 1
    assert fmean(Noise(1, "x").uniform(i) for i in range(4000)) == pytest.approx(0.5, abs=0.02)
