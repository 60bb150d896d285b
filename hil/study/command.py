# SPDX-License-Identifier: Apache-2.0
"""The command `flatsat study`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from .. import streams, usage
from ..errors import FlatsatError
from ..interrupt import Interrupted
from ..run_folder import RUNS
from . import table
from .cell import cells, load_cases, parse_controllers, parse_names, parse_seeds
from .results import Results
from .score import scores

CASES = ("leo-day", "leo-day-battery", "leo-day-string", "leo-day-link", "leo-day-hot", "leo-day-combined")


class StudyStopped(FlatsatError):
    """A study was interrupted; its text says how to go on."""


def study_command(
    controllers: Annotated[
        str, typer.Option(metavar="NAMES", help="Controllers, with commas between them.")
    ] = "all",
    cases: Annotated[
        str, typer.Option(metavar="NAMES", help="Scenarios' names or TOML files, with commas between them.")
    ] = ",".join(CASES),
    seeds: Annotated[str, typer.Option(metavar="SEEDS", help="Seeds, as in 1,7,101-120.")] = "101-120",
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=usage.whole_number(1, 4096), help="Worker processes [default: one a core]."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            parser=usage.path,
            help="Folder for the results; what it has of this study is not flown again [default: runs/study-TIME].",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
) -> None:
    """Fly controllers through cases and seeds on the twins, and tell what share of the bound each delivered.

    Nothing is recorded but a line for each flight, in results.jsonl. Bounds that are not known yet are computed first.
    """
    from .flying import fly_missing  # the bench comes with it, and --help can do without

    flying, drawn = parse_controllers(controllers), parse_seeds(seeds)
    chosen = load_cases(parse_names(cases))
    wanted = cells(chosen, drawn, flying)
    folder = out or RUNS / f"study-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    results = Results(folder)
    try:
        fly_missing(results, wanted, chosen, jobs or _cores(), quiet=as_json)
    except Interrupted as error:
        done = len(wanted) - len(results.missing(wanted))
        told = f"interrupted with {done} of {len(wanted)} flown; the same command with --out {folder} goes on"
        raise StudyStopped(told) from error
    told_scores = scores(results.rows, wanted)
    with streams.reader_may_close():
        if as_json:
            print(
                json.dumps(
                    {
                        "folder": str(folder),
                        "seeds": drawn,
                        "scores": [asdict(score) for score in told_scores],
                    }
                )
            )
        else:
            table.show(told_scores, len(drawn))
            print(f"{len(wanted)} flights in {folder}")
    raise typer.Exit(1 if any(score.errors for score in told_scores) else 0)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
