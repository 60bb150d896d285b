# SPDX-License-Identifier: Apache-2.0
"""The command `flatsat bound`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from .. import scenario as scenarios
from .. import usage
from . import cache
from .compute import bound_of


def bound_command(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A built-in scenario's name, or a TOML file.")
    ],
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            parser=usage.whole_number(0, 2**63 - 1),
            help="Seed of the array's wander [default: the scenario's].",
        ),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(metavar="S", parser=usage.seconds, help="Simulated seconds [default: the scenario's]."),
    ] = None,
    cycle: Annotated[
        float | None,
        typer.Option(
            metavar="S", parser=usage.seconds, help="As in `flatsat run` [default: the scenario's]."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
) -> None:
    """Compute the most work that any controller could deliver in a scenario if it knew everything beforehand.

    The result is kept; runs of the same scenario, seed, duration and cycle then tell what share of it they delivered.
    """
    found = scenarios.load(scenario)
    wanted = replace(
        found,
        duration_s=found.duration_s if duration is None else duration,
        cycle_s=found.cycle_s if cycle is None else cycle,
        seed=found.seed if seed is None else seed,
    )
    with _stages(f"bound of {wanted.name}", quiet=as_json) as stage:
        bound = bound_of(wanted, stage)
    if cache.find(wanted) is None:
        told = "the bound cannot be kept, so runs will not tell their share; set XDG_CACHE_HOME to a folder that can be written"
        typer.echo(f"flatsat: {told}", err=True)
    share = bound.delivered_s / wanted.duration_s
    if as_json:
        flown = {"scenario": wanted.name, "seed": wanted.seed, "duration_s": wanted.duration_s}
        print(json.dumps({**flown, "bound": bound.delivered_s, "share_of_time": share}))
    else:
        print(
            f"{wanted.name}, seed {wanted.seed}: at most {bound.delivered_s:,.2f} s of all nodes at the top clock step "
            f"in {wanted.duration_s:,.0f} s, {share:.1%} of the time"
        )


@contextmanager
def _stages(title: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Give a function that tells what is being done; silent where nobody looks."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda stage: None
        return
    with console.status(title) as status:
        yield lambda stage: status.update(f"{title}: {stage}")
