# SPDX-License-Identifier: Apache-2.0
"""The faults that a scenario may ask for: every target and kind here acts, and nothing else is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from flatsat.protocols import dictionary
from flatsat.protocols.tables import Rule, TableError, check

from .fault_kind import Kind
from .physics_faults import PHYSICS

YEAR_S = 31_622_400
NEVER_MS = 2**62
"""The end of a fault that has none."""


def check_whole_milliseconds(seconds: float, key: str) -> None:
    """Refuse a time that board time cannot hit.

    Raises:
        TableError: at `key`.
    """
    if abs(seconds * 1000 - round(seconds * 1000)) > 1e-6:
        raise TableError(key, f"{seconds!r} s is not a whole number of milliseconds", "multiples of 0.001 s")


_SHARE = Rule("share of the packets that are struck", unit="1", above=0, high=1)
_WIRE = {
    "lose": Kind(description="packets on the board's flight port vanish", value=_SHARE),
    "corrupt": Kind(description="one bit of a packet flips", value=_SHARE),
    "duplicate": Kind(description="a command arrives twice", value=_SHARE),
    "delay": Kind(description="a reply comes after its deadline", value=_SHARE),
    "truncate": Kind(description="a packet loses its end", value=_SHARE),
}
_NODE = {
    "hang": Kind(description="the accelerator node hangs: it draws idle power and its heartbeat stops"),
    "corrupt": Kind(description="the accelerator node is alive and answers challenges wrongly"),
}

_BENCH: dict[str, dict[str, Kind]] = {
    "flightsw": {
        "hang": Kind(description="the flight software stops until the computer is power-cycled", ends=False)
    },
    "link": {"outage": Kind(description="no light from the relay")},
    **dict.fromkeys(("power", "compute", "laser"), _WIRE),
    **{f"node{i}": _NODE for i in range(16)},
}
FAULTS: dict[str, dict[str, Kind]] = {
    target: {**_BENCH.get(target, {}), **PHYSICS.get(target, {})} for target in {**_BENCH, **PHYSICS}
}
"""Kinds of fault by target."""

EVENTS = tuple(dictionary.load().events)
"""Event reports of the flight software by which a fault can be expected to be noticed."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong, from `at_s` until just before `until_s`."""

    at_s: Annotated[float, Rule("when it begins", unit="s", low=0, high=YEAR_S)]
    until_s: Annotated[
        float | None, Rule("when it ends; without it, never", unit="s", low=0, high=YEAR_S)
    ] = None
    target: Annotated[str, Rule("what it strikes", choices=tuple(FAULTS))]
    kind: Annotated[str, Rule("how", pattern="[a-z_]+")]
    value: Annotated[float | None, Rule("how much, for the kinds that take it")] = None
    expect: Annotated[
        str | None, Rule("event report that shows it was noticed; without it, not judged", choices=EVENTS)
    ] = None

    def __post_init__(self) -> None:
        check(self)
        kinds = FAULTS[self.target]
        if self.kind not in kinds:
            raise TableError("kind", f"{self.kind!r} is not a fault of {self.target}", ", ".join(kinds))
        kind = kinds[self.kind]
        check_whole_milliseconds(self.at_s, "at_s")
        if self.until_s is not None:
            if not kind.ends:
                raise TableError("until_s", f"{self.name} has no end of its own", "leave it out")
            check_whole_milliseconds(self.until_s, "until_s")
            if self.until_s <= self.at_s:
                raise TableError("until_s", f"{self.until_s:g} s is not after at_s", f"above {self.at_s:g} s")
        if kind.value is None and self.value is not None:
            raise TableError("value", f"{self.name} takes no value", "leave it out")
        if kind.value is not None:
            if self.value is None:
                raise TableError("value", "is missing", f"{kind.value.description}, {kind.value.allowed()}")
            if kind.value.broken_by(self.value):
                raise TableError("value", f"{self.value:g} is not allowed", kind.value.allowed())

    @property
    def name(self) -> str:
        """Target and kind."""
        return f"{self.target} {self.kind}"

    @property
    def at_ms(self) -> int:
        """First board millisecond struck."""
        return round(self.at_s * 1000)

    @property
    def until_ms(self) -> int:
        """First board millisecond no longer struck."""
        return NEVER_MS if self.until_s is None else round(self.until_s * 1000)
