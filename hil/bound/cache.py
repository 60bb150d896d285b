# SPDX-License-Identifier: Apache-2.0
"""Bounds that were computed, one NumPy archive each, under the hash of what they follow from: scenario, seed, and sources.

In `$XDG_CACHE_HOME/flatsat/bound`, without it in `~/.cache`. What cannot be read counts as not there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from errno import ENOENT
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from flatsat.boards import work
from flatsat.boards.registers import compute_stimulus

from .. import scenario_toml
from ..scenario import Flight, Scenario
from .rows import Series

_HIL = Path(__file__).parents[1]
_SOURCES = (
    *sorted((_HIL / "plant").glob("*.py")),
    *(
        _HIL / "bound" / f"{name}.py"
        for name in ("compute", "cooling", "grid", "horizon", "program", "rows", "solve")
    ),
    _HIL / "scenario.py",
    *(_HIL / f"{name}.py" for name in ("faults", "fault_kind", "bench_faults", "physics_faults")),
    Path(work.__file__),
    Path(compute_stimulus.__file__),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound:
    """What no controller exceeds in one scenario with one seed.

    Attributes:
        delivered_s: in seconds of all nodes at the top clock step.
        per_spared_j: what each joule that a run did not feed to a load could have added to it; see `program.py`.
        sold_s: the part of it that heat could be sold for.
        sale, multipliers: the prices of heat in each interval, as in `cooling.Worth`, and the multipliers of the rows: what
            proves it.
    """

    delivered_s: float
    per_spared_j: float
    sold_s: float
    sale: Series
    multipliers: Series


def find(scenario: Scenario) -> Bound | None:
    """The bound of exactly this scenario with this seed, if it was computed before."""
    try:
        with np.load(_file(scenario)) as told:
            return Bound(
                delivered_s=float(told["delivered_s"]),
                per_spared_j=float(told["per_spared_j"]),
                sold_s=float(told["sold_s"]),
                sale=np.array(told["sale"], float),
                multipliers=np.array(told["multipliers"], float),
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def keep(scenario: Scenario, bound: Bound) -> Path:
    """Write a bound where `find` looks for it."""
    path = _file(scenario)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    with partial.open("wb") as file:
        np.savez_compressed(file, **vars(bound))
    partial.replace(path)
    return path


def _file(scenario: Scenario) -> Path:
    try:
        user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError as error:
        raise FileNotFoundError(ENOENT, "no home folder; set XDG_CACHE_HOME", "bound") from error
    told = replace(scenario, name="any", description="any", flight=Flight(), telecommands=(), measurements=())
    digest = sha256(scenario_toml.dumps(told).encode())
    for source in _SOURCES:
        digest.update(source.read_bytes())
    return user / "flatsat" / "bound" / f"{digest.hexdigest()}.npz"
