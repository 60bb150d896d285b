# SPDX-License-Identifier: Apache-2.0
"""How long the intervals of a scenario's linear program are."""

from __future__ import annotations

from ..errors import FlatsatError
from ..scenario import Scenario

GRIDS_MS = ((100_000.0, 10_000), (1_000_000.0, 60_000))
"""Up to which duration (s) which intervals are taken; longer ones make the bound looser: by 0.08 % at 20 s, 0.2 % at 30 s."""
COARSE_MS = 30_000
"""Intervals on which heat is priced."""


def grid_ms(scenario: Scenario) -> int:
    """How long the intervals of a scenario's linear program are.

    Raises:
        FlatsatError: it lasts too long.
    """
    for longest_s, grid in GRIDS_MS:
        if scenario.duration_s <= longest_s:
            return grid
    raise FlatsatError(f"no bound beyond {GRIDS_MS[-1][0]:,.0f} s: try a shorter --duration")
