# SPDX-License-Identifier: Apache-2.0
"""The voltage of the power bus: regulated, deviating after load steps, sagging in a brown-out, raised by a failed shunt, or gone.

- A load step moves the bus by 7 % for 90 kW, which the regulator takes back with 20 ms. The plant sees a step when its own step
  ends and takes it to happen there, all at once; the compute board's ramp spreads it over 150 ms, so that is the worst case.
- In a brown-out every load gets the same share and the bus sags by a fifth of what is missing. Past 60 % missing it
  collapses: 0 V and nothing for anybody, until the array has 2 kW or the battery can carry all that is asked for.
- With the shunt failed, what nobody takes of the array raises the bus by 10 V a kilowatt, up to 60 %.

A shorted load neither sags nor collapses the bus: its limiter limits what it takes.
"""

from __future__ import annotations

from math import exp

STEP_SHARE_PER_W = 0.07 / 90e3
REGULATED_S = 0.020
LARGEST_DEVIATION = 0.5
NOTED_DEVIATION = 0.01
"""A deviation above this share of the voltage is a transient."""
SAG = 0.2
COLLAPSE_SHARE = 0.6
REVIVAL_W = 2_000.0
RISE_V_PER_W, HIGHEST_RISE = 0.010, 0.6


class Bus:
    """How far the bus is from its nominal voltage.

    Attributes:
        dead: it has collapsed.
    """

    __slots__ = ("_deviation", "_load_w", "dead", "nominal_v")

    def __init__(self, nominal_v: float) -> None:
        self.nominal_v = nominal_v
        self.dead = False
        self._deviation = 0.0
        self._load_w: float | None = None

    @property
    def in_transient(self) -> bool:
        """Whether it deviates noticeably from its nominal voltage after a load step."""
        return abs(self._deviation) > NOTED_DEVIATION

    def regulate(self, dt_s: float) -> None:
        """Let the regulator work for `dt_s`."""
        if self._deviation:
            self._deviation *= exp(-dt_s / REGULATED_S)
            if abs(self._deviation) < 1e-6:
                self._deviation = 0.0

    def load(self, load_w: float) -> None:
        """Take the power that loads get from now on."""
        if load_w != self._load_w:
            if self._load_w is not None:
                deviation = self._deviation - STEP_SHARE_PER_W * (load_w - self._load_w)
                self._deviation = min(max(deviation, -LARGEST_DEVIATION), LARGEST_DEVIATION)
            self._load_w = load_w

    def collapses(self, asked_w: float, served_w: float, sources: bool) -> bool:
        """Whether the bus is gone with this much asked for and served."""
        return asked_w - served_w > COLLAPSE_SHARE * asked_w or not sources

    def revives(self, array_w: float, battery_w: float, asked_w: float) -> bool:
        """Whether a dead bus comes back with this much that array and battery could give."""
        return array_w > REVIVAL_W or 0.0 < battery_w >= asked_w

    def die(self) -> None:
        """Collapse."""
        self.dead = True
        self._deviation = 0.0
        self._load_w = 0.0

    def voltage_v(self, missing_share: float, surplus_w: float) -> float:
        """Voltage with a share of the asked power missing, or with power on it that nobody takes."""
        rise = min(RISE_V_PER_W * surplus_w / self.nominal_v, HIGHEST_RISE)
        return self.nominal_v * (1 - SAG * missing_share + self._deviation + rise)
