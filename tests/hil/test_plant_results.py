# SPDX-License-Identifier: Apache-2.0
"""Results, their buffer, and the light that lets them out."""

from dataclasses import replace
from time import perf_counter

import pytest
from flatsat.hil import scenario
from flatsat.hil.plant import Actuators, Plant
from flatsat.hil.plant.light import TRACK, Light, apart, light_of
from flatsat.hil.plant.results import BUFFER_S, DRAIN, WORK_PER_S, Results
from flatsat.hil.scenario import Fault
from hypothesis import given
from hypothesis import strategies as st

LEO = scenario.load("leo-orbit")
DAY = replace(LEO, duration_s=86_400.0, cycle_s=1.0, faults=())
STRETCHED = replace(DAY.link, handover_every_s=1200.0, handover_gap_s=30.0)
BROKEN = replace(DAY.link, outage_every_s=5400.0, outage_mean_s=600.0)


def test_the_buffer_is_what_is_published() -> None:
    """40 Gb/s made, 100 Gb/s taken, 3 TB held: 600 s of full-rate work, let out at 2.5 s a second."""
    assert (BUFFER_S, DRAIN, WORK_PER_S) == (600, 2.5, 16_000_000)


@pytest.mark.parametrize(
    ("legs", "backlog_s", "lost_s"),
    [
        pytest.param([(100, 1.0, 0)], 100, 0, id="dark: it fills"),
        pytest.param([(100, 1.0, 100)], 0, 0, id="tracking: it stays empty"),
        pytest.param([(600, 1.0, 0)], 600, 0, id="just full"),
        pytest.param([(700, 1.0, 0)], 600, 100, id="full: what comes is lost"),
        pytest.param([(700, 0.5, 0)], 350, 0, id="half rate"),
        pytest.param([(600, 1.0, 0), (100, 1.0, 100)], 450, 0, id="drains while it works"),
        pytest.param([(600, 1.0, 0), (240, 0.0, 240)], 0, 0, id="empty after 240 s of rest"),
        pytest.param([(600, 1.0, 0), (10, 1.0, 4)], 600, 0, id="an instant of light makes room for the step"),
    ],
)
@pytest.mark.parametrize("step_s", [1, 5])
def test_backlog(legs: list[tuple[int, float, int]], backlog_s: float, lost_s: float, step_s: int) -> None:
    results, counter = Results(), 0
    for seconds, rate, lit_s in legs:
        for _ in range(0, seconds, step_s):
            counter += round(rate * step_s * WORK_PER_S)
            results.step(counter, step_s * lit_s / seconds)
    assert results.backlog_s == pytest.approx(backlog_s)
    assert results.lost_s == pytest.approx(lost_s)
    assert results.delivered_s == pytest.approx(sum(s * rate for s, rate, _ in legs) - lost_s)


@given(st.lists(st.tuples(st.integers(0, 2**36), st.floats(0, 60)), max_size=60))
def test_no_result_vanishes(steps: list[tuple[int, float]]) -> None:
    """Work = what the relay took + what waits + what is lost; a counter that falls was reset."""
    results, work, last = Results(), 0, 0
    for counter, taken_s in steps:
        work += counter - last if counter >= last else counter
        last = counter
        before_s = results.delivered_s - results.backlog_s
        results.step(counter, taken_s)
        assert 0 <= results.backlog_s <= BUFFER_S
        sent_s = results.delivered_s - results.backlog_s - before_s
        assert -1e-6 <= sent_s <= DRAIN * taken_s + 1e-6
    assert results.delivered_s + results.lost_s == pytest.approx(work / WORK_PER_S, abs=1e-6)


def test_the_plant_sends_only_in_track_and_in_light() -> None:
    plant = Plant(replace(LEO, faults=(Fault(at_s=20, until_s=30, target="link", kind="outage"),)), 1)
    backlog_s = []
    for at in range(40):
        state = TRACK if at >= 10 else 1
        counter = WORK_PER_S * (at + 1)
        plant.step(Actuators(work_total=counter, laser_state=state), 1000 * at, 1000 * at + 1000)
        backlog_s.append(plant.truth.backlog_s)
    assert backlog_s[9] == 10, "it acquires"
    assert backlog_s[19] == 0, "it has caught up"
    assert backlog_s[29] == 10, "no light"
    assert backlog_s[35] == pytest.approx(1.0)
    assert plant.truth.delivered == 40
    assert plant.truth.lost_s == 0


def test_work_beyond_a_full_buffer_is_not_delivered() -> None:
    plant = Plant(DAY, 1)
    for at in range(800):
        plant.step(Actuators(work_total=WORK_PER_S * (at + 1)), 1000 * at, 1000 * at + 1000)
    truth = plant.truth
    assert (truth.backlog_s, truth.lost_s, truth.delivered) == (600, 200, 600)


def dark_s(light: Light, duration_s: int) -> float:
    return duration_s - light.lit_ms(0, 1000 * duration_s) / 1000


def test_handovers_come_at_regular_times() -> None:
    light = light_of(replace(DAY, link=STRETCHED), 1)
    dark = [at for at in range(0, 86_400_000, 1000) if light.at(at, TRACK)[0] == 0]
    assert dark == [1000 * (n * 1200 + i) for n in range(1, 72) for i in range(30)]
    assert dark_s(light, 86_400) == 71 * 30


def test_outages_have_the_mean_that_is_asked_for_and_follow_the_seed() -> None:
    year = replace(DAY, duration_s=31_536_000.0, link=BROKEN)
    found = [light_of(year, seed) for seed in (1, 1, 2)]
    shares = [dark_s(light, 31_536_000) / 31_536_000 for light in found]
    assert shares[0] == shares[1] != shares[2]
    assert shares == pytest.approx([600 / 6000] * 3, rel=0.06)


def test_a_shorter_run_has_the_same_outages() -> None:
    whole, part = (light_of(replace(DAY, link=BROKEN, duration_s=s), 5) for s in (86_400.0, 43_200.0))
    assert all(whole.at(t, TRACK) == part.at(t, TRACK) for t in range(0, 43_200_000, 10_000))


def test_a_year_of_darkness_costs_next_to_nothing() -> None:
    link = replace(STRETCHED, outage_every_s=5400.0, outage_mean_s=600.0)
    year = replace(DAY, duration_s=31_536_000.0, link=link)
    started = perf_counter()
    light = light_of(year, 1)
    for at in range(0, 31_536_000_000, 31_536_000):
        light.lit_ms(at, at + 5000)
    assert perf_counter() - started < 2.0


INTERVALS = st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 100)), max_size=8)


@given(INTERVALS, st.integers(0, 1100), st.integers(0, 1100))
def test_light_time_is_the_count_of_lit_milliseconds(
    intervals: list[tuple[int, int]], one: int, other: int
) -> None:
    dark_ms = [(at, at + length) for at, length in intervals]
    light = Light(received_power_w=1e-5, jitter_rad=0, beam_rad=1e-5, dark_ms=apart(dark_ms), seed=1)
    first, last = sorted((one, other))
    lit = [not any(at <= t < until for at, until in dark_ms) for t in range(first, last)]
    assert light.lit_ms(first, last) == sum(lit)
    assert [light.at(t, TRACK)[0] > 0 for t in range(first, last)] == lit


def test_intervals_that_touch_become_one() -> None:
    assert apart([(5, 6), (1, 3), (3, 4), (2, 3)]) == [(1, 4), (5, 6)]
