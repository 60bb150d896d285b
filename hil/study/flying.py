# SPDX-License-Identifier: Apache-2.0
"""Has the workers compute the bounds that a study needs and fly its cells, with a bar for each on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ..bound.cache import Bound
from ..bound.solve import require
from ..interrupt import held
from ..scenario import Scenario
from .cell import Cell, flown
from .flight import Flight, bound, fly
from .results import Results
from .workers import answers


def fly_missing(
    results: Results, wanted: Sequence[Cell], cases: dict[str, Scenario], jobs: int, *, quiet: bool
) -> None:
    """Compute the bounds that are needed, then fly.

    Raises:
        FlatsatError: there is no solver or no bound, a result cannot be kept, or a worker is lost.
    """
    require()
    missing = results.missing(wanted)
    needed = list(dict.fromkeys((cell.case, cell.seed) for cell in missing))
    bounds: dict[tuple[str, int], Bound] = {}
    with _bar("bounds", len(needed), quiet=quiet) as advance:
        bounded = [replace(cases[case], seed=seed) for case, seed in needed]
        for place, found in answers(bound, bounded, jobs):
            bounds[needed[place]] = found
            advance()
    with _bar("flights", len(missing), quiet=quiet) as advance:
        flights = [_flight(cases[cell.case], cell, bounds) for cell in missing]
        for place, row in answers(fly, flights, jobs):
            with held():
                results.append(missing[place], row)
            advance()


def _flight(scenario: Scenario, cell: Cell, bounds: Mapping[tuple[str, int], Bound]) -> Flight:
    return Flight(flown(scenario, cell.seed, cell.controller), bounds[cell.case, cell.seed])


@contextmanager
def _bar(title: str, total: int, *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Give a function that counts one done; silent where nobody looks."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal or not total:
        yield lambda: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console, transient=True)
    task = progress.add_task(title, total=total)
    progress.start()
    try:
        yield lambda: progress.advance(task)
    finally:
        with suppress(OSError):  # the terminal may have gone
            progress.stop()
