# SPDX-License-Identifier: Apache-2.0
"""The faults that a scenario may ask for: every target and kind here acts, and nothing else is accepted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from flatsat.protocols.tables import Rule, TableError, check

from .bench_faults import BENCH
from .expectation import YEAR_S, Expectation, check_evidence
from .fault_kind import Kind
from .physics_faults import PHYSICS
from .suggestion import nearest
from .timeline import NEVER_MS


def check_whole_milliseconds(seconds: float, key: str) -> None:
    """Refuse a time that board time cannot hit.

    Raises:
        TableError: at `key`.
    """
    rounding_ms = 1e-6 + 1e-12 * abs(seconds)  # in a year a double is good for no more
    if abs(seconds * 1000 - round(seconds * 1000)) > rounding_ms:
        raise TableError(key, f"{seconds!r} s is not a whole number of milliseconds", "multiples of 0.001 s")


FAULTS: dict[str, dict[str, Kind]] = {
    target: {**BENCH.get(target, {}), **PHYSICS.get(target, {})} for target in {**BENCH, **PHYSICS}
}
"""Kinds of fault by target."""


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
        str | Expectation | None, Rule("what shows that it was noticed; without it, not judged")
    ] = None

    def __post_init__(self) -> None:
        if self.target not in FAULTS:
            problem = f"{self.target!r} is not a target{nearest(self.target, FAULTS)}"
            raise TableError("target", problem, ", ".join(FAULTS))
        kinds = FAULTS[self.target]
        if self.kind not in kinds:
            problem = f"{self.kind!r} is not a fault of {self.target}{nearest(self.kind, kinds)}"
            raise TableError("kind", problem, ", ".join(kinds))
        check(self)
        self._check_times(kinds[self.kind])
        self._check_value(kinds[self.kind])
        if isinstance(self.expect, str):
            check_evidence(self.expect, "expect")

    def _check_times(self, kind: Kind) -> None:
        check_whole_milliseconds(self.at_s, "at_s")
        if kind.from_start and self.at_s:
            raise TableError("at_s", f"{self.name} is there from the start", "0")
        if self.until_s is None:
            return
        if not kind.ends:
            raise TableError("until_s", f"{self.name} has no end of its own", "leave it out")
        check_whole_milliseconds(self.until_s, "until_s")
        if self.until_s <= self.at_s:
            raise TableError("until_s", f"{self.until_s:g} s is not after at_s", f"above {self.at_s:g} s")

    def _check_value(self, kind: Kind) -> None:
        if kind.value is None:
            if self.value is not None:
                raise TableError("value", f"{self.name} takes no value", "leave it out")
            return
        if self.value is None:
            raise TableError("value", "is missing", f"{kind.value.description}, {kind.value.allowed()}")
        if kind.value.broken_by(self.value):
            raise TableError("value", f"{self.value:g} is not allowed", kind.value.allowed())
        if kind.whole and self.value != int(self.value):
            raise TableError("value", f"{self.value:g} is not a whole number", kind.value.allowed())
        if kind.value.unit == "s":
            check_whole_milliseconds(self.value, "value")

    @property
    def name(self) -> str:
        """Target and kind."""
        return f"{self.target} {self.kind}"

    @property
    def amount(self) -> float:
        """The value; 0 for kinds that take none."""
        return self.value or 0.0

    @property
    def expectation(self) -> Expectation | None:
        """What is expected, in full."""
        return Expectation(detect=self.expect) if isinstance(self.expect, str) else self.expect

    def latest_s(self, stage: str) -> float | None:
        """Until when a stage of `expect` has to be reached; None where it has no deadline."""
        within_s: float | None = getattr(self.expectation, f"{stage}_s", None)
        if within_s is None:
            return None
        from_s = self.at_s if stage != "recover" or self.until_s is None else self.until_s
        return round(from_s + within_s, 6)

    @cached_property
    def at_ms(self) -> int:
        """First board millisecond struck."""
        return round(self.at_s * 1000)

    @cached_property
    def until_ms(self) -> int:
        """First board millisecond no longer struck."""
        return NEVER_MS if self.until_s is None else round(self.until_s * 1000)

    @property
    def is_momentary(self) -> bool:
        """Whether it strikes once and needs no end."""
        return not FAULTS[self.target][self.kind].ends
