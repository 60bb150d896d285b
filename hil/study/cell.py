# SPDX-License-Identifier: Apache-2.0
"""The cells of a study: which controller flies which case with which seed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import typer
from flatsat.flightsw.control.choice import CONTROLLERS

from .. import scenario_toml
from ..scenario import Flight, Scenario, load
from ..suggestion import nearest

PACKAGES = ("protocols", "boards", "flightsw", "hil")
MOST_SEEDS = 100_000
_ROOT = Path(__file__).parents[2]


Row = dict[str, Any]
"""What came of a cell."""


class Cell(NamedTuple):
    """One flight. `digest` is that of its scenario and of all sources: with another one it is another flight."""

    case: str
    seed: int
    controller: str
    digest: str


def cells(cases: Mapping[str, Scenario], seeds: Iterable[int], controllers: Sequence[str]) -> list[Cell]:
    """All of a study, seed by seed, so that what is flown of it says something of all."""
    sources = _sources_sha256()
    digests = {
        case: sha256(f"{scenario_toml.dumps(found)}{sources}".encode()).hexdigest()[:16]
        for case, found in cases.items()
    }
    return [
        Cell(case, seed, controller, digests[case])
        for seed in seeds
        for case in cases
        for controller in controllers
    ]


def flown(scenario: Scenario, seed: int, controller: str) -> Scenario:
    """The scenario as a cell flies it."""
    return replace(scenario, seed=seed, flight=Flight(controller=controller))


def load_cases(names: Sequence[str]) -> dict[str, Scenario]:
    """The scenarios by their own names.

    Raises:
        ScenarioError: one cannot be flown.
        typer.BadParameter: two have the same name.
    """
    found: dict[str, Scenario] = {}
    for name in names:
        scenario = load(name)
        if scenario.name in found:
            raise typer.BadParameter(f"two cases are called {scenario.name}", param_hint="--cases")
        found[scenario.name] = scenario
    return found


def parse_seeds(text: str) -> tuple[int, ...]:
    """Parse seeds and spans of them, as in `1,7,101-120`.

    Raises:
        typer.BadParameter: it is neither.
    """
    seeds: dict[int, None] = {}
    for part in text.split(","):
        span = re.fullmatch(r"(\d{1,18})(?:-(\d{1,18}))?", part.strip(), re.ASCII)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if not first <= last < first + MOST_SEEDS:
            told = f"{part.strip()!r} is neither a seed nor a span of seeds such as 101-120"
            raise typer.BadParameter(told, param_hint="--seeds")
        seeds |= dict.fromkeys(range(first, last + 1))
    return tuple(seeds)


def parse_controllers(text: str) -> tuple[str, ...]:
    """Parse names of controllers with commas between them; `all` is every one.

    Raises:
        typer.BadParameter: there is none of that name.
    """
    names = tuple(CONTROLLERS) if text == "all" else parse_names(text)
    for name in names:
        if name not in CONTROLLERS:
            told = f"there is no controller {name!r}{nearest(name, CONTROLLERS)}"
            raise typer.BadParameter(
                f"{told}; there are {', '.join(CONTROLLERS)}", param_hint="--controllers"
            )
    return names


def parse_names(text: str) -> tuple[str, ...]:
    """Names with commas between them, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",")))


def _sources_sha256() -> str:
    digest = sha256()
    for package in PACKAGES:
        for path in sorted((_ROOT / package).rglob("*")):
            if path.suffix in {".py", ".toml"} and path.parent.name != "scenarios":
                digest.update(path.read_bytes())
    return digest.hexdigest()
