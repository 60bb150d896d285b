# SPDX-License-Identifier: Apache-2.0
"""One finding of the doctor: what was looked at, what was found, and the mend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How it is: a warning stops nothing today."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was looked at.

    Attributes:
        stops: what cannot go on without it: `twin`, `verilator`, `icarus`.
        mend: one line; empty where there is nothing to mend.
    """

    name: str
    state: State
    found: str
    mend: str = ""
    stops: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As it stands in `flatsat doctor --json`."""
        return {
            "name": self.name,
            "state": str(self.state),
            "found": self.found,
            "mend": self.mend,
            "stops": list(self.stops),
        }


def ok(name: str, found: str) -> Finding:
    """All is well."""
    return Finding(name=name, state=State.OK, found=found)


def warning(name: str, found: str, mend: str) -> Finding:
    """Something to know of; runs can fly."""
    return Finding(name=name, state=State.WARNING, found=found, mend=mend)


def missing(name: str, found: str, mend: str, *stops: str) -> Finding:
    """Something that `stops` need."""
    return Finding(name=name, state=State.MISSING, found=found, mend=mend, stops=stops)
