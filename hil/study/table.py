# SPDX-License-Identifier: Apache-2.0
"""The table of a study: a row for each case, a column for each controller; Markdown where nobody looks on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from ..streams import Output
from .score import Score

CAPTION = (
    "Share of the bound: mean of {seeds} (the worst). Any violation of floor, discharge limit or temperature limit "
    "disqualifies."
)


def show(scores: Sequence[Score], seeds: int) -> None:
    """Print the table."""
    controllers = list(dict.fromkeys(score.controller for score in scores))
    rows = [
        [case, *(score.told for score in scores if score.case == case)]
        for case in dict.fromkeys(score.case for score in scores)
    ]
    output = Output()
    if output.is_terminal:
        output.table(_table(["case", *controllers], rows))
    else:
        for line in _markdown(["case", *controllers], rows):
            print(line)
    told = "one seed" if seeds == 1 else f"{seeds} seeds"
    print(f"\n{CAPTION.format(seeds=told)}")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(*headings, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    return table


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows)]
