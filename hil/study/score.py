# SPDX-License-Identifier: Apache-2.0
"""What a controller came to in a case: its share of the bound over the seeds, and what it violated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from .cell import Cell, Row

VIOLATIONS = ("floor_violations", "discharge_violations", "thermal_violations")


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of all seeds flown.

    Attributes:
        mean, worst: shares of the bound; None where nothing was flown to its end.
        worst_seed: where the share was the least.
        floor_violations, discharge_violations, thermal_violations: of all seeds together. Any of them disqualifies.
        errors: flights that ended in an error.
    """

    controller: str
    case: str
    flown: int
    mean: float | None
    worst: float | None
    worst_seed: int | None
    floor_violations: int
    discharge_violations: int
    thermal_violations: int
    errors: int

    @property
    def violations(self) -> int:
        """Of every kind."""
        return self.floor_violations + self.discharge_violations + self.thermal_violations

    @property
    def told(self) -> str:
        """In a few words, for a table."""
        if self.errors:
            return f"{self.errors} errors"
        if self.mean is None or self.worst is None:
            return ""
        if self.violations:
            return f"disqualified: {self.violations} violations ({self.mean:.3f})"
        return f"{self.mean:.4f} ({self.worst:.4f})"


def scores(rows: Mapping[Cell, Row], cells: Iterable[Cell]) -> list[Score]:
    """One for each controller in each case, in the order of the cells."""
    groups: dict[tuple[str, str], list[tuple[int, Row]]] = {}
    for cell in cells:
        group = groups.setdefault((cell.case, cell.controller), [])
        if cell in rows:
            group.append((cell.seed, rows[cell]))
    return [_score(controller, case, group) for (case, controller), group in groups.items()]


def _score(controller: str, case: str, group: list[tuple[int, Row]]) -> Score:
    ended = [(row["fraction_of_bound"], seed, row) for seed, row in group if "error" not in row]
    worst, worst_seed = min(((share, seed) for share, seed, _ in ended), default=(None, None))
    return Score(
        controller=controller,
        case=case,
        flown=len(ended),
        mean=fmean(share for share, _, _ in ended) if ended else None,
        worst=worst,
        worst_seed=worst_seed,
        errors=len(group) - len(ended),
        **{name: sum(row[name] for _, _, row in ended) for name in VIOLATIONS},
    )
