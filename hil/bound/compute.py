# SPDX-License-Identifier: Apache-2.0
"""The bound of a scenario, from the cache or computed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ..scenario import Scenario
from . import cache
from .cache import Bound
from .grid import COARSE_MS, grid_ms


def bound_of(scenario: Scenario, stage: Callable[[str], None]) -> Bound:
    """Look the bound up, or compute and keep it; `stage` is told what is being done.

    Heat comes first on a coarse grid: where it limits nothing, it is left out, which no bound suffers from.

    Raises:
        FlatsatError: it cannot be computed: too long, a fault that has none, no solver, or limits that nothing can keep.
    """
    known = cache.find(scenario)
    if known is not None:
        return known
    from . import cooling
    from .horizon import look_ahead
    from .program import relax
    from .solve import price, require, solve

    require()
    stage("sunlight, array and link")
    horizon = look_ahead(scenario, grid_ms(scenario))
    stage("what heat is worth")
    prices = price(scenario, look_ahead(scenario, max(COARSE_MS, grid_ms(scenario)))).on(horizon)
    stage("the radiator's temperature")
    worth = cooling.worth(scenario.satellite, horizon, prices)
    stage(f"linear program of {len(horizon.end_s):,} intervals")
    certified = solve(relax(scenario, horizon, worth.sale))
    bound = Bound(
        delivered_s=certified.delivered_s + worth.sold_s,
        per_spared_j=certified.per_spared_j + worth.dearest / 1000,
        sold_s=worth.sold_s,
        sale=worth.sale,
        multipliers=certified.multipliers,
    )
    with suppress(OSError):  # the command tells
        cache.keep(scenario, bound)
    return bound
