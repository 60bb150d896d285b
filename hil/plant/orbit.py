# SPDX-License-Identifier: Apache-2.0
"""A circular orbit about the Earth or the Moon and the sunlight on it, in closed form.

The Sun keeps its direction (it moves 0.07 degrees in one low orbit), the orbit does not precess, and the body is a sphere: the
Earth's of its equatorial radius, the Moon's of its mean radius. The shadow is conical: the part of the solar disc that the
body's disc leaves free, both taken as flat discs on the sky (Montenbruck and Gill, Satellite Orbits, 3.4.2).

`beta`, the angle between the Sun and the orbit's plane, stays too. For a day of a sun-synchronous orbit that is right: its node
follows the mean Sun, so that beta moves with the Sun's declination and the equation of time alone, by less than 0.4 degrees a
day and least at the solstices, where a dawn-dusk orbit has its longest eclipses. For other low orbits of the Earth precession
moves beta by up to 5 degrees a day, which is left out; about the Moon it is below 0.1 degrees, and the Sun moves 1 degree a day.

Constants: GM of the Earth, EGM2008 (IERS Conventions 2010, table 1.1); its radius, WGS 84; GM of the Moon, DE440; its mean
radius, IAU WGCCRE 2015; Sun's radius, IAU 2015 resolution B3 (nominal); astronomical unit, IAU 2012.
"""

from __future__ import annotations

from enum import Enum
from math import acos, asin, cos, pi, radians, sqrt

EARTH_RADIUS_M, EARTH_GM_M3_S2 = 6_378_137.0, 3.986004418e14
MOON_RADIUS_M, MOON_GM_M3_S2 = 1_737_400.0, 4.902800118e12
SUN_RADIUS_M = 6.957e8
SUN_DISTANCE_M = 1.495978707e11


class Body(Enum):
    """What the orbit is about."""

    EARTH = "earth"
    MOON = "moon"


SIZES = {Body.EARTH: (EARTH_RADIUS_M, EARTH_GM_M3_S2), Body.MOON: (MOON_RADIUS_M, MOON_GM_M3_S2)}
"""Radius and gravitational parameter."""


class Start(Enum):
    """Where on the orbit time 0 is: the ends of the penumbra, or the middle of day or night."""

    SUNRISE = "sunrise"
    NOON = "noon"
    SUNSET = "sunset"
    MIDNIGHT = "midnight"


def visible_fraction(separation: float, sun: float, body: float) -> float:
    """The part (0 to 1) of the solar disc seen past the body's; separation and angular radii in radians."""
    if separation >= body + sun:
        return 1.0
    if separation <= body - sun:
        return 0.0
    along = (separation * separation + sun * sun - body * body) / (2 * separation)
    across = sqrt(max(sun * sun - along * along, 0.0))
    hidden = (
        sun * sun * acos(max(-1.0, min(1.0, along / sun)))
        + body * body * acos(max(-1.0, min(1.0, (separation - along) / body)))
        - separation * across
    )
    return min(1.0, max(0.0, 1.0 - hidden / (pi * sun * sun)))


class CircularOrbit:
    """Sunlight on a circular orbit, as a function of time.

    `beta_deg` is the angle between the Sun's direction and the orbit's plane. A start at sunrise or sunset on
    an orbit that has none raises ValueError.
    """

    def __init__(self, altitude_km: float, beta_deg: float, start: Start, body: Body = Body.EARTH) -> None:
        body_radius_m, gm_m3_s2 = SIZES[body]
        radius_m = body_radius_m + 1000.0 * altitude_km
        self.period_s = 2 * pi * sqrt(radius_m**3 / gm_m3_s2)
        self._body = asin(body_radius_m / radius_m)
        self._sun = asin(SUN_RADIUS_M / SUN_DISTANCE_M)
        self._cos_beta = cos(radians(beta_deg))
        dark_angle = self._half_angle(self._body + self._sun)
        if start in (Start.SUNRISE, Start.SUNSET) and dark_angle == 0.0:
            raise ValueError(f"there is no {start.value} at {altitude_km:g} km and beta {beta_deg:g} degrees")
        self.shadow_s = dark_angle / pi * self.period_s
        """Time per orbit with less than full sunlight: umbra and both penumbras."""
        self.umbra_s = self._half_angle(self._body - self._sun) / pi * self.period_s
        self.eclipse_s = self._half_angle(self._body) / pi * self.period_s
        """Time per orbit with the Sun's centre behind the body."""
        self._start_angle = {
            Start.SUNRISE: dark_angle - pi,
            Start.NOON: 0.0,
            Start.SUNSET: pi - dark_angle,
            Start.MIDNIGHT: -pi,
        }[start]
        self.sunrise_s = -(self._start_angle + pi - dark_angle) / (2 * pi) * self.period_s
        """A time at which full sunlight begins, at most one orbit before or after time 0."""
        self.start_dark_s = {Start.SUNRISE: 1.0, Start.MIDNIGHT: 0.5}.get(start, 0.0) * self.shadow_s
        """How long the satellite has been in the shadow at time 0."""

    def sunlight(self, time_s: float) -> float:
        """The part of full sunlight, 0 (umbra) to 1, at a time in seconds."""
        angle = self._start_angle + 2 * pi * time_s / self.period_s
        return visible_fraction(acos(-self._cos_beta * cos(angle)), self._sun, self._body)

    def _half_angle(self, separation: float) -> float:
        """Half the arc of the orbit on which Sun and body are closer than `separation` on the sky."""
        ratio = cos(separation) / self._cos_beta if self._cos_beta > 1e-12 else 2.0
        return acos(ratio) if ratio < 1.0 else 0.0
