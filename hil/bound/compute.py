# SPDX-License-Identifier: Apache-2.0
"""The bound of a scenario, from the cache or computed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ..errors import FlatsatError
from ..scenario import Scenario
from . import cache
from .cache import Bound

GRIDS_MS = ((100_000.0, 10_000), (1_000_000.0, 60_000))
"""Up to which duration (s) which intervals are taken; longer ones make the bound looser."""


def bound_of(scenario: Scenario, stage: Callable[[str], None]) -> Bound:
    """Look the bound up, or compute and keep it; `stage` is told what is being done.

    Raises:
        FlatsatError: it cannot be computed: too long, no solver, or limits that nothing can keep.
    """
    known = cache.find(scenario)
    if known is not None:
        return known
    from .horizon import look_ahead
    from .program import relax
    from .solve import require, solve

    require()
    stage("sunlight and array")
    horizon = look_ahead(scenario, grid_ms(scenario))
    stage(f"linear program of {len(horizon.end_s):,} intervals")
    certified = solve(relax(scenario, horizon))
    bound = Bound(delivered_s=certified.delivered_s, per_spared_j=certified.per_spared_j)
    with suppress(OSError):  # the command tells
        cache.keep(scenario, bound)
    return bound


def grid_ms(scenario: Scenario) -> int:
    """How long the intervals of a scenario's linear program are.

    Raises:
        FlatsatError: it lasts too long.
    """
    for longest_s, grid in GRIDS_MS:
        if scenario.duration_s <= longest_s:
            return grid
    raise FlatsatError(f"no bound beyond {GRIDS_MS[-1][0]:,.0f} s: try a shorter --duration")
