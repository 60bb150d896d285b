# SPDX-License-Identifier: Apache-2.0
"""Day and night from the measured array power, and how long they last."""

from dataclasses import replace

import pytest
from flatsat.flightsw.control.sunlight import (
    DAWN_GRACE_S,
    TOLD_S,
    Sunlight,
    penumbra_light,
    penumbra_time_s,
)
from flatsat.flightsw.parameters import FlightParameters
from hypothesis import given
from hypothesis import strategies as st

P = FlightParameters()
DAY_S = P.orbit_period_s - P.eclipse_s
NIGHT_S = P.eclipse_s - P.penumbra_s  # half light to half light

TERMINATORS = [
    ("as-foretold", DAY_S, 1.0),
    ("a-minute-early", DAY_S - 60.0, 1.0),
    ("ten-minutes-late", DAY_S + 600.0, 1.0),
    *(("seldom-sampled", DAY_S + 60.0 + late_s, 5.0) for late_s in (0.0, 1.0, 2.0, 3.0, 4.0)),
]


def light_at(now_s: float, sunset_s: float, sunrise_s: float) -> float:
    inside_s = min(sunset_s - now_s, DAY_S) if now_s < sunrise_s - NIGHT_S / 2 else now_s - sunrise_s
    return penumbra_light(inside_s / (P.penumbra_s / 2))


@pytest.mark.parametrize(
    ("sunset_s", "cycle_s"), [c[1:] for c in TERMINATORS], ids=[c[0] for c in TERMINATORS]
)
def test_terminators_seen_correct_the_ephemeris(sunset_s, cycle_s):
    sunlight = Sunlight(P, 1.0, 0)
    sunrise_s = sunset_s + NIGHT_S
    errors_s = []
    for count in range(int((sunrise_s + 900.0) / cycle_s)):
        now_s = count * cycle_s
        left_s = sunlight.update(round(now_s * 1000), light_at(now_s, sunset_s, sunrise_s))
        if sunset_s + 20.0 < now_s < sunrise_s - 20.0:
            errors_s.append(left_s - (sunrise_s - now_s))
    assert sunlight.in_sun
    assert max(map(abs, errors_s)) < 0.5
    assert sunlight.night_s == pytest.approx(NIGHT_S, abs=0.5)
    assert sunlight.unsure_s < TOLD_S


@given(st.floats(0.03, 0.97))
def test_light_tells_the_time_in_the_penumbra(light):
    assert penumbra_light(penumbra_time_s(light, 8.0) / 4.0) == pytest.approx(light, abs=0.002)


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
def test_light_grows_through_the_penumbra(first, second):
    assert penumbra_light(min(first, second)) <= penumbra_light(max(first, second))


def test_light_is_foretold_around_every_terminator():
    sunlight, half_ms = Sunlight(P, 1.0, 0), round(500 * P.penumbra_s)
    for orbit in range(3):
        sunset_ms = round(1000 * (orbit * P.orbit_period_s + DAY_S - P.penumbra_s / 2 + P.penumbra_s / 2))
        sunrise_ms = round(1000 * (orbit * P.orbit_period_s)) - half_ms
        assert sunlight.predicted(sunset_ms + half_ms) == pytest.approx(0.5, abs=0.01)
        assert sunlight.predicted(sunrise_ms) == pytest.approx(0.5, abs=0.01)
        assert sunlight.predicted(sunset_ms - 5 * half_ms) == 1.0
        assert sunlight.predicted(sunset_ms + 5 * half_ms) == 0.0


def test_a_failed_array_at_noon_is_a_night_until_the_next_sunrise():
    sunlight = Sunlight(P, 1.0, 0)
    sunlight.update(1_900_000, 1.0)
    assert sunlight.update(1_901_000, 0.0) == pytest.approx(P.orbit_period_s - 1901 - P.penumbra_s / 2)


@pytest.mark.parametrize(
    ("dark_s", "left_s"),
    [
        (60.0, NIGHT_S + DAWN_GRACE_S - 60.0),
        (1_650.0, NIGHT_S + DAWN_GRACE_S - 1_650.0),
        (P.eclipse_s, P.orbit_period_s - P.penumbra_s / 2 - 2_236.0),
    ],
    ids=["a-minute", "long", "by-now-it-must-be-another-night"],
)
def test_an_ephemeris_that_says_day_is_not_believed_in_the_dark(dark_s, left_s):
    sunlight = Sunlight(P, 0.0, 100_000)
    assert sunlight.update(100_000 + round(dark_s * 1000), 0.0) == pytest.approx(left_s)


def test_penumbra_does_not_chatter():
    sunlight = Sunlight(P, 1.0, 0)
    seen = []
    for now_s, share in enumerate([1.0, 0.5, 0.12, 0.2, 0.11, 0.2, 0.05, 0.2, 0.1, 0.2, 0.3]):
        sunlight.update(now_s * 1000, share)
        seen.append(sunlight.in_sun)
    assert seen == [True] * 6 + [False] * 4 + [True]


def test_an_orbit_without_a_night_has_none_to_come():
    sunlight = Sunlight(replace(P, eclipse_s=0.0), 1.0, 0)
    assert sunlight.update(1000, 1.0) > 5000.0
    assert sunlight.predicted(1000) == 1.0
