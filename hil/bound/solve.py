# SPDX-License-Identifier: Apache-2.0
"""Solves the linear program with HiGHS and certifies the result without trusting it.

By weak duality any multipliers y >= 0 prove that gain x <= y limit + the greatest (gain - y A) x over the variables' bounds,
whatever tolerance the solver stopped at. That sum is the bound; the solver's own objective only shows how little is given away.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import FlatsatError
from .program import Relaxed
from .rows import LinearProgram, Series


@dataclass(frozen=True, kw_only=True)
class Certified:
    """What the multipliers prove.

    Attributes:
        delivered_s: upper bound of the work, in seconds of all nodes at the top clock step.
        per_spared_j: by how much each joule that a run did not feed to a load raises it.
        objective_s: what the solver found, below the bound by its tolerance.
    """

    delivered_s: float
    per_spared_j: float
    objective_s: float


def solve(relaxed: Relaxed) -> Certified:
    """Solve and certify.

    Raises:
        FlatsatError: highspy is missing, or no controller can keep the limits of this scenario.
    """
    objective, multipliers = _solved(_highspy(), relaxed.program)
    return Certified(
        delivered_s=proven(relaxed.program, multipliers),
        per_spared_j=_per_spared_j(relaxed, np.maximum(multipliers, 0.0)),
        objective_s=objective,
    )


def proven(program: LinearProgram, multipliers: Series) -> float:
    """The upper bound that these multipliers, negative ones taken for 0, prove."""
    y = np.maximum(multipliers, 0.0)
    rest = program.gain - np.bincount(program.column, y[program.row] * program.value, len(program.gain))
    return float(y @ program.limit + np.maximum(rest * program.low, rest * program.high).sum())


def _per_spared_j(relaxed: Relaxed, y: Series) -> float:
    per_kw = sum(y[rows] * factor for rows, factor in relaxed.spared)
    return float(np.max(per_kw / relaxed.width_s)) / 1000


def _highspy() -> ModuleType:
    try:
        import highspy
    except ImportError:
        raise FlatsatError(
            "the bound needs highspy, which is not installed: pip install 'flatsat[bound]'"
        ) from None
    return highspy


def _solved(highspy: ModuleType, program: LinearProgram) -> tuple[float, Series]:
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.passModel(_model(highspy, program))
    highs.run()
    status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise FlatsatError(
            "no bound: no controller can keep the floor and the temperature limit of this scenario; lower them, or start better"
        )
    if status != highspy.HighsModelStatus.kOptimal:
        raise FlatsatError(f"no bound: HiGHS ended with {highs.modelStatusToString(status)}; try a shorter --duration")
    return highs.getInfo().objective_function_value, -np.array(highs.getSolution().row_dual)


def _model(highspy: ModuleType, program: LinearProgram) -> Any:
    order = np.lexsort((program.row, program.column))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(program.gain), len(program.limit)
    model.col_cost_ = -program.gain
    model.col_lower_, model.col_upper_ = program.low, program.high
    model.row_lower_ = np.full(len(program.limit), -highspy.kHighsInf)
    model.row_upper_ = program.limit
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    counts = np.bincount(program.column, minlength=len(program.gain))
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    model.a_matrix_.index_ = program.row[order].astype(np.int32)
    model.a_matrix_.value_ = program.value[order]
    return model
