# SPDX-License-Identifier: Apache-2.0
"""Solves the linear program with Clarabel and certifies the result without trusting it.

By weak duality any multipliers y >= 0 prove that gain x <= y limit + the greatest (gain - y A) x over the variables' bounds,
whatever tolerance the solver stopped at. That sum is the bound; the solver's own objective only shows how little is given away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import FlatsatError
from ..scenario import Scenario
from .cooling import Prices
from .horizon import Horizon
from .program import Relaxed, steer
from .rows import LinearProgram, Series

WORST_GAP = 1e-3
"""A certificate further above the objective than this share of it is no use."""


@dataclass(frozen=True, kw_only=True)
class Certified:
    """What the multipliers prove.

    Attributes:
        delivered_s: upper bound of the work, in seconds of all nodes at the top clock step.
        per_spared_j: by how much each joule that a run did not feed to a load raises it.
        objective_s: what the solver found, below the bound by its tolerance.
        multipliers: of the rows, none below 0.
    """

    delivered_s: float
    per_spared_j: float
    objective_s: float
    multipliers: Series


def solve(relaxed: Relaxed) -> Certified:
    """Solve and certify.

    Raises:
        FlatsatError: the solver is missing, or no controller can keep the limits of this scenario.
    """
    objective_s, _, multipliers = solved(relaxed.program)
    delivered_s = max(proven(relaxed.program, multipliers), 0.0)
    if delivered_s - objective_s > WORST_GAP * max(delivered_s, 1.0):
        raise FlatsatError(
            f"no bound: the solver stopped between {objective_s:,.0f} and {delivered_s:,.0f} s; try a shorter --duration"
        )
    return Certified(
        delivered_s=delivered_s,
        per_spared_j=_per_spared_j(relaxed, np.maximum(multipliers, 0.0)),
        objective_s=objective_s,
        multipliers=np.maximum(multipliers, 0.0),
    )


def proven(program: LinearProgram, multipliers: Series) -> float:
    """The upper bound that these multipliers, negative ones taken for 0, prove."""
    y = np.maximum(multipliers, 0.0)
    rest = program.gain - np.bincount(program.column, y[program.row] * program.value, len(program.gain))
    return float(y @ program.limit + np.maximum(rest * program.low, rest * program.high).sum())


def _per_spared_j(relaxed: Relaxed, y: Series) -> float:
    return float(np.max(y[relaxed.bus] / relaxed.width_s)) / 1000


def solved(program: LinearProgram) -> tuple[float, Series, Series]:
    """The objective, the unknowns, and the multipliers of the rows."""
    clarabel, sparse = require()
    count, rows = len(program.gain), len(program.limit)
    matrix = sparse.csc_matrix((program.value, (program.row, program.column)), shape=(rows, count))
    unit = sparse.identity(count, format="csc")
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_rel, settings.tol_gap_abs, settings.tol_feas = 1e-6, 1e-3, 1e-7
    solution = clarabel.DefaultSolver(
        sparse.csc_matrix((count, count)),
        -program.gain,
        sparse.vstack([matrix, unit, -unit]).tocsc(),
        np.concatenate([program.limit, program.high, -program.low]),
        [clarabel.NonnegativeConeT(rows + 2 * count)],
        settings,
    ).solve()
    if "PrimalInfeasible" in str(solution.status):
        raise FlatsatError(
            "no bound: no controller can keep the floor and the temperature limit of this scenario; lower them or start better"
        )
    return -solution.obj_val, np.array(solution.x), np.array(solution.z)[:rows]


def require() -> tuple[Any, Any]:
    """The solver and the sparse matrices that it takes.

    Raises:
        FlatsatError: they are not installed.
    """
    try:
        import clarabel
        from scipy import sparse
    except ImportError:
        raise FlatsatError(
            "the bound needs Clarabel, which is not installed: pip install 'flatsat[bound]'"
        ) from None
    return clarabel, sparse


def price(scenario: Scenario, horizon: Horizon) -> Prices:
    """What heat is worth, from a linear program whose T^4 is tangent to where it leads, twice over."""
    near_k = np.full(len(horizon.width_s), 300.0)
    for _ in range(3):
        steered = steer(scenario, horizon, near_k)
        _, x, y = solved(steered.program)
        near_k = np.clip(x[steered.end_k], 200.0, 340.0)
    width_s = horizon.width_s
    y = np.maximum(y, 0.0)
    return Prices(
        end_s=horizon.end_s,
        sale=y[steered.sold] / width_s,
        margin=y[steered.limit] / width_s,
        near_k=near_k,
    )
