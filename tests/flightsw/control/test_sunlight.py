# SPDX-License-Identifier: Apache-2.0
"""Day and night from the measured array power, and how long they last."""

import pytest
from flatsat.flightsw.control.sunlight import DAWN_GRACE_S, Sunlight
from flatsat.flightsw.parameters import FlightParameters

P = FlightParameters()
DAY_S = P.orbit_period_s - P.eclipse_s

TERMINATORS = [
    ("as-predicted", DAY_S, DAY_S),
    ("a-minute-early", DAY_S - 60.0, DAY_S - 60.0),
    ("ten-minutes-late", DAY_S + 600.0, DAY_S + 600.0),
]


@pytest.mark.parametrize(("sunset_s"), [c[1] for c in TERMINATORS], ids=[c[0] for c in TERMINATORS])
def test_measured_sunset_corrects_the_ephemeris(sunset_s):
    sunlight = Sunlight(P, 110_000.0, 0)
    for now_s in range(int(sunset_s)):
        sunlight.update(now_s * 1000, 110_000.0)
    assert sunlight.in_sun
    left_s = sunlight.update(round(sunset_s * 1000), 0.0)
    assert not sunlight.in_sun
    assert left_s == pytest.approx(P.eclipse_s + DAWN_GRACE_S, abs=1.0)


def test_a_failed_array_at_noon_is_a_night_until_the_next_sunrise():
    sunlight = Sunlight(P, 110_000.0, 0)
    sunlight.update(1_900_000, 110_000.0)
    assert sunlight.update(1_901_000, 0.0) == pytest.approx(DAY_S - 1901 + P.eclipse_s + DAWN_GRACE_S)


@pytest.mark.parametrize(
    ("dark_s", "left_s"),
    [
        (60.0, P.eclipse_s + DAWN_GRACE_S - 60.0),
        (1_650.0, 496.0),
        (P.eclipse_s, DAY_S - 2_236.0 + P.eclipse_s + DAWN_GRACE_S),
    ],
    ids=["a-minute", "long", "by-now-it-must-be-another-night"],
)
def test_an_ephemeris_that_says_day_is_not_believed_in_the_dark(dark_s, left_s):
    sunlight = Sunlight(P, 0.0, 100_000)
    assert sunlight.update(100_000 + round(dark_s * 1000), 0.0) == pytest.approx(left_s)


def test_penumbra_does_not_chatter():
    sunlight = Sunlight(P, 110_000.0, 0)
    seen = []
    for now_s, share in enumerate([1.0, 0.5, 0.12, 0.2, 0.11, 0.2, 0.05, 0.2, 0.1, 0.2, 0.3]):
        sunlight.update(now_s * 1000, share * P.array_w)
        seen.append(sunlight.in_sun)
    assert seen == [True] * 6 + [False] * 4 + [True]
