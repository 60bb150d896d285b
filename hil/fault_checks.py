# SPDX-License-Identifier: Apache-2.0
"""Refuses faults of a scenario that its run cannot show, or that are at odds with each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flatsat.protocols.tables import TableError, join

from .expectation import STAGES
from .faults import Fault

MOST_FLAPS = 100_000
OPPOSITE = {"stuck_on": "stuck_off", "stuck_off": "stuck_on"}


def check(faults: Sequence[Fault], duration_s: float) -> None:
    """Hold the faults of a run, as they stand in the scenario, against its length and each other.

    Raises:
        TableError: with the path of the key at fault.
    """
    for index, fault in enumerate(faults):
        path = f"faults[{index}]"
        if fault.at_s >= duration_s:
            problem = f"{fault.at_s:g} s is not within the run"
            raise TableError(join(path, "at_s"), problem, f"below {duration_s:g} s")
        _check_deadlines(fault, path, duration_s)
        if fault.name == "link flap":
            _check_flap(fault, path, duration_s)
    order = sorted(range(len(faults)), key=lambda index: faults[index].at_ms)
    _check_clock(faults, order)
    _check_overlaps(faults, order)


def _check_clock(faults: Sequence[Fault], order: Iterable[int]) -> None:
    jumped_s = 0.0
    for index in order:
        fault = faults[index]
        if fault.name == "flightsw clock_jump":
            jumped_s += fault.amount
            if fault.at_s + jumped_s < 0:
                problem = "the clock would stand before the start of the mission"
                least_s = fault.amount - fault.at_s - jumped_s
                raise TableError(f"faults[{index}].value", problem, f"from {least_s:g} s")


def _check_flap(fault: Fault, path: str, duration_s: float) -> None:
    if round(1000 * fault.amount) % 2:
        raise TableError(
            join(path, "value"), f"half of {fault.amount:g} s is no millisecond", "multiples of 0.002 s"
        )
    if (min(fault.until_ms / 1000, duration_s) - fault.at_s) / fault.amount > MOST_FLAPS:
        raise TableError(join(path, "until_s"), f"makes more than {MOST_FLAPS:,} periods", "an earlier end")


def _check_deadlines(fault: Fault, path: str, duration_s: float) -> None:
    for stage in STAGES:
        latest_s = fault.latest_s(stage)
        if latest_s is not None and latest_s > duration_s:
            problem = f"is over at {latest_s:g} s, after the run"
            raise TableError(join(path, f"expect.{stage}_s"), problem, f"until {duration_s:g} s")


def _check_overlaps(faults: Sequence[Fault], order: Iterable[int]) -> None:
    """Of kinds that take no value a second one at the same time changes nothing: the two were meant otherwise. Nor can
    a load be stuck both ways."""
    latest: dict[str, int] = {}
    for index in order:
        fault = faults[index]
        if fault.value is not None or fault.is_momentary:
            continue
        for name in (fault.name, f"{fault.target} {OPPOSITE.get(fault.kind)}"):
            before = latest.get(name)
            if before is not None and fault.at_ms < faults[before].until_ms:
                problem = f"{name} strikes already, since {faults[before].at_s:g} s (faults[{before}])"
                until_s = faults[before].until_s
                allowed = "leave one out" if until_s is None else f"from {until_s:g} s"
                raise TableError(f"faults[{index}].at_s", problem, allowed)
        latest[fault.name] = index
