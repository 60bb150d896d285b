# SPDX-License-Identifier: Apache-2.0
"""The orbit and its sunlight against closed forms."""

from math import asin, cos, degrees, pi, radians, sin

import pytest
from flatsat.hil import scenario
from flatsat.hil.plant.orbit import EARTH_RADIUS_M, Body, CircularOrbit, Start, visible_fraction


def leo(start: Start = Start.SUNRISE) -> CircularOrbit:
    return CircularOrbit(550, 0, start)


@pytest.mark.parametrize(
    ("altitude_km", "period_min", "eclipse_min"),
    [
        pytest.param(340, 91.3, 36.4, id="340 km"),
        pytest.param(550, 95.6, 35.6, id="550 km"),
        pytest.param(1200, 109.4, 34.8, id="1200 km"),
    ],
)
def test_period_and_longest_eclipse(altitude_km: float, period_min: float, eclipse_min: float) -> None:
    """The figures come from a propagator with J2 and a solar ephemeris, over a year at 53 degrees inclination."""
    orbit = CircularOrbit(altitude_km, 0, Start.SUNRISE)
    assert orbit.period_s / 60 == pytest.approx(period_min, abs=0.1)
    assert orbit.eclipse_s / 60 == pytest.approx(eclipse_min, abs=0.1)


def test_leo_orbit_numbers() -> None:
    assert leo().period_s == pytest.approx(5739, abs=0.1)
    assert leo().eclipse_s == pytest.approx(2136, abs=10)
    closed_form_s = asin(EARTH_RADIUS_M / (EARTH_RADIUS_M + 550e3)) / pi * leo().period_s
    assert leo().eclipse_s == pytest.approx(closed_form_s, rel=1e-12)


def test_light_lost_in_one_orbit_is_the_closed_form_eclipse() -> None:
    orbit = leo()
    lost_s = sum(1 - orbit.sunlight(t / 4) for t in range(4 * 5739)) / 4
    assert lost_s == pytest.approx(orbit.eclipse_s, abs=1)


def test_penumbra_lasts_as_long_as_the_solar_disc_takes_to_rise() -> None:
    orbit = leo()
    penumbra_s = (orbit.shadow_s - orbit.umbra_s) / 2
    assert 8 < penumbra_s < 10
    assert penumbra_s == pytest.approx(orbit.period_s * 0.533 / 360, rel=0.01)


@pytest.mark.parametrize(
    ("start", "time_s", "low", "high"),
    [
        pytest.param(Start.SUNRISE, 0, 1, 1, id="penumbra ends at 0"),
        pytest.param(Start.SUNRISE, -0.5, 0.9, 0.999, id="just before sunrise"),
        pytest.param(Start.SUNRISE, -9, 0, 0, id="umbra before sunrise"),
        pytest.param(Start.SUNRISE, 3593, 1, 1, id="last full light"),
        pytest.param(Start.SUNRISE, 3598, 0.3, 0.7, id="mid penumbra"),
        pytest.param(Start.SUNRISE, 3603, 0, 0, id="umbra"),
        pytest.param(Start.SUNSET, 1, 0.9, 0.999, id="sunset start"),
        pytest.param(Start.NOON, 0, 1, 1, id="noon start"),
        pytest.param(Start.MIDNIGHT, 0, 0, 0, id="midnight start"),
        pytest.param(Start.MIDNIGHT, 1070, 0.0, 0.9, id="sunrise after midnight"),
        pytest.param(Start.MIDNIGHT, 1073, 1, 1, id="day after midnight"),
    ],
)
def test_sunlight(start: Start, time_s: float, low: float, high: float) -> None:
    assert low <= leo(start).sunlight(time_s) <= high


@pytest.mark.parametrize(
    ("separation", "expected"),
    [
        pytest.param(1.2, 1.0, id="apart"),
        pytest.param(1.1, 1.0, id="touching outside"),
        pytest.param(0.9, 0.0, id="touching inside"),
        pytest.param(0.5, 0.0, id="within"),
        pytest.param(0.001, 0.0, id="behind the middle"),
    ],
)
def test_visible_fraction_at_the_bounds(separation: float, expected: float) -> None:
    assert visible_fraction(separation, 0.1, 1.0) == expected


def test_visible_fraction_of_a_small_sun_on_a_straight_limb_is_half() -> None:
    assert visible_fraction(1.0, 1e-4, 1.0) == pytest.approx(0.5, abs=1e-4)


def test_beta_shortens_the_eclipse_and_ends_it() -> None:
    assert CircularOrbit(550, 50, Start.SUNRISE).eclipse_s < leo().eclipse_s
    always = CircularOrbit(550, 80, Start.NOON)
    assert always.shadow_s == 0
    assert min(always.sunlight(t) for t in range(0, 5739, 60)) == 1
    with pytest.raises(ValueError, match="no sunrise"):
        CircularOrbit(550, 80, Start.SUNRISE)


@pytest.mark.parametrize("start", list(Start))
def test_sunrise_is_where_full_sunlight_begins(start: Start) -> None:
    orbit = leo(start)
    assert orbit.sunlight(orbit.sunrise_s + 0.01) == 1
    assert 0.9 < orbit.sunlight(orbit.sunrise_s - 0.1) < 1


def sun_synchronous_beta_deg(inclination_deg: float, local_time_h: float, day_of_year: float) -> float:
    """Beta of an orbit whose ascending node keeps its mean local time, from the Sun's ecliptic longitude (USNO, 0.01 degrees)."""
    days = day_of_year - 1.5
    anomaly = radians(357.529 + 0.98560028 * days)
    mean_longitude = radians(280.459 + 0.98564736 * days)
    longitude = mean_longitude + radians(1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    obliquity = radians(23.4393)
    sun = (cos(longitude), cos(obliquity) * sin(longitude), sin(obliquity) * sin(longitude))
    node = mean_longitude + radians(15 * (local_time_h - 12))
    tilt = radians(inclination_deg)
    normal = (sin(tilt) * sin(node), -sin(tilt) * cos(node), cos(tilt))
    return degrees(asin(sum(a * b for a, b in zip(sun, normal, strict=True))))


@pytest.mark.parametrize(
    ("altitude_km", "inclination_deg", "period_min", "eclipse_min", "fraction"),
    [
        pytest.param(550, 97.59, 95.6, 21.7, 0.226, id="550 km"),
        pytest.param(650, 97.99, 97.7, 19.7, 0.202, id="650 km"),
        pytest.param(800, 98.60, 100.9, 16.9, 0.167, id="800 km"),
        pytest.param(1000, 99.48, 105.1, 13.0, 0.124, id="1000 km"),
    ],
)
def test_longest_eclipse_of_a_dawn_dusk_orbit(
    altitude_km: float, inclination_deg: float, period_min: float, eclipse_min: float, fraction: float
) -> None:
    """Figures of a propagator with J2 and a solar ephemeris over a year; beta here is from the Sun's place alone."""
    beta_deg = min(
        (abs(sun_synchronous_beta_deg(inclination_deg, 18, day)) for day in range(1, 366)), default=0.0
    )
    orbit = CircularOrbit(altitude_km, beta_deg, Start.SUNRISE)
    assert orbit.period_s / 60 == pytest.approx(period_min, abs=0.1)
    assert orbit.eclipse_s / 60 == pytest.approx(eclipse_min, abs=0.25)
    assert orbit.eclipse_s / orbit.period_s == pytest.approx(fraction, abs=0.0025)


def test_beta_of_a_sun_synchronous_orbit_hardly_moves_in_a_day() -> None:
    betas = [sun_synchronous_beta_deg(97.99, 18, 1 + hours / 24) for hours in range(366 * 24)]
    moved = [abs(later - sooner) for sooner, later in zip(betas, betas[24:], strict=False)]
    assert max(moved) < 0.45
    solstice = min(range(len(moved)), key=lambda hour: abs(betas[hour]))
    assert moved[solstice] < 0.03
    assert abs(betas[solstice]) == pytest.approx(scenario.load("sso-day").orbit.beta_deg, abs=0.1)


@pytest.mark.parametrize(
    ("beta_deg", "eclipse_min", "fraction"),
    [pytest.param(0, 46.5, 0.394, id="longest"), pytest.param(1.54, 46.4, 0.394, id="equatorial")],
)
def test_low_lunar_orbit(beta_deg: float, eclipse_min: float, fraction: float) -> None:
    orbit = CircularOrbit(100, beta_deg, Start.SUNRISE, Body.MOON)
    assert orbit.period_s / 60 == pytest.approx(117.8, abs=0.1)
    assert orbit.eclipse_s / 60 == pytest.approx(eclipse_min, abs=0.1)
    assert orbit.eclipse_s / orbit.period_s == pytest.approx(fraction, abs=0.001)


def test_the_moons_penumbra_is_longer() -> None:
    earth_s, moon_s = (
        (orbit.shadow_s - orbit.umbra_s) / 2
        for orbit in (leo(), CircularOrbit(100, 0, Start.SUNRISE, Body.MOON))
    )
    assert moon_s == pytest.approx(7066 * 0.533 / 360, rel=0.01)
    assert moon_s > 1.2 * earth_s
