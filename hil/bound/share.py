# SPDX-License-Identifier: Apache-2.0
"""What share of the bound a run delivered, where a bound of exactly that run is in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..scenario import Scenario
from . import cache
from .flown import Flown
from .losses import losses

JOULES_WH = 3600.0


def compute(
    delivered_s: float,
    scenario: Scenario,
    *,
    flown_s: float,
    energy: Mapping[str, float],
    violations: int,
    flown: Flown | None = None,
) -> dict[str, Any]:
    """The part `compute` of the summary.

    The bound holds for runs that last as long as their scenario and break neither floor nor temperature limit; of others it is
    None. It grows by what the energy could have done that loads which are always on, or loads in a brown-out, did not get.

    Args:
        scenario: as it was flown, with the seed it was flown with.
        flown_s: how long the run lasted.
        energy: the part of that name of the summary.
        violations: of the floor and of the temperature limit.
        flown: what was flown, to say where the rest went.
    """
    bound = None if violations or flown_s != scenario.duration_s else cache.find(scenario)
    spared_wh = energy.get("brown_out_wh", 0.0) + energy.get("spared_wh", 0.0)
    bound_s = None if bound is None else bound.delivered_s + bound.per_spared_j * JOULES_WH * spared_wh
    told: dict[str, Any] = {
        "delivered": delivered_s,
        "bound": bound_s,
        "fraction_of_bound": delivered_s / bound_s if bound_s else None,
        "losses": None,
    }
    if bound is not None and bound_s is not None and flown is not None:
        told["losses"] = losses(scenario, bound, flown, bound_s=bound_s, delivered_s=delivered_s)
    return told


def of_summary(
    summary: Mapping[str, Any], scenario: Scenario | None, flown: Flown | None = None
) -> dict[str, Any]:
    """The same of a run that was judged before, for its bound may have been computed since."""
    told: dict[str, Any] = dict(summary.get("compute", {}))
    needed = {"simulated_s", "energy", "battery", "thermal"}
    if scenario is None or told.get("losses") is not None or "delivered" not in told or needed - set(summary):
        return told
    return compute(
        told["delivered"],
        scenario,
        flown_s=summary["simulated_s"],
        energy=summary["energy"],
        violations=summary["battery"]["floor_violations"] + summary["thermal"]["violations"],
        flown=flown,
    )
