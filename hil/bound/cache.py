# SPDX-License-Identifier: Apache-2.0
"""Bounds that were computed, one file each, under the hash of what they follow from: scenario, seed, and sources.

In `$XDG_CACHE_HOME/flatsat/bound`, without it in `~/.cache`. What cannot be read counts as not there.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from errno import ENOENT
from hashlib import sha256
from pathlib import Path

from flatsat.boards import work
from flatsat.boards.registers import compute_stimulus

from .. import scenario_toml
from ..scenario import Flight, Scenario

_HIL = Path(__file__).parents[1]
_SOURCES = (
    *sorted((_HIL / "plant").glob("*.py")),
    *(_HIL / "bound" / f"{name}.py" for name in ("horizon", "rows", "program", "solve")),
    _HIL / "scenario.py",
    *(_HIL / f"{name}.py" for name in ("faults", "fault_kind", "bench_faults")),
    Path(work.__file__),
    Path(compute_stimulus.__file__),
)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """What no controller exceeds in one scenario with one seed.

    Attributes:
        delivered_s: in seconds of all nodes at the top clock step.
        per_spared_j: what each joule that a run did not feed to a load could have added to it; see `program.py`.
    """

    delivered_s: float
    per_spared_j: float


def find(scenario: Scenario) -> Bound | None:
    """The bound of exactly this scenario with this seed, if it was computed before."""
    try:
        told = json.loads(_file(scenario).read_text())
        return Bound(delivered_s=float(told["delivered_s"]), per_spared_j=float(told["per_spared_j"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(scenario: Scenario, bound: Bound) -> Path:
    """Write a bound where `find` looks for it."""
    path = _file(scenario)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    told = {"scenario": scenario.name, "seed": scenario.seed, **asdict(bound)}
    partial.write_text(json.dumps(told) + "\n")
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
    return user / "flatsat" / "bound" / f"{digest.hexdigest()}.json"
