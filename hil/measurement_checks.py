# SPDX-License-Identifier: Apache-2.0
"""Refuses measurements that no run can pass: broken by how the satellite starts, or at odds with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Protocol

from flatsat.protocols.tables import TableError

Span = tuple[float, float]


class Wanted(Protocol):
    """A measurement of a scenario."""

    @property
    def name(self) -> str: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


class Start(Protocol):
    """The satellite as it starts, and the limits it is judged by."""

    @property
    def state_of_charge(self) -> float: ...
    @property
    def floor(self) -> float: ...
    @property
    def radiator_k(self) -> float: ...
    @property
    def coolant_k(self) -> float: ...
    @property
    def limit_k(self) -> float: ...


def check(measurements: Sequence[Wanted], start: Start) -> None:
    """Hold the measurements of a scenario against its start and against each other.

    Raises:
        TableError: with the path of the key at fault.
    """
    possible = dict(_possible(start))
    for index, wanted in enumerate(measurements):
        least, most = possible.get(wanted.name, (-inf, inf))
        if wanted.low is not None and wanted.low > most:
            problem = f"{wanted.low:g} cannot be reached: {wanted.name} is {most:g} at most from the start on"
            raise TableError(f"measurements[{index}].low", problem, f"to {most:g}")
        if wanted.high is not None and wanted.high < least:
            problem = f"{wanted.high:g} cannot be kept: {wanted.name} is {least:g} at least from the start on"
            raise TableError(f"measurements[{index}].high", problem, f"from {least:g}")
        low, high = least, most
        if wanted.low is not None:
            low = max(low, wanted.low)
        if wanted.high is not None:
            high = min(high, wanted.high)
        if low > high:
            problem = f"{wanted.name} has limits elsewhere that leave it nothing"
            key = "high" if wanted.high is not None else "low"
            raise TableError(f"measurements[{index}].{key}", problem, f"from {least:g} to {most:g}")
        possible[wanted.name] = low, high


def _possible(start: Start) -> Iterator[tuple[str, Span]]:
    """What the first moment leaves of each figure."""
    hottest_k = max(start.radiator_k, start.coolant_k)
    yield "battery.min_state_of_charge", (-inf, start.state_of_charge)
    yield "battery.floor_violations", (float(start.state_of_charge < start.floor), inf)
    yield "thermal.max_k", (hottest_k, inf)
    yield "thermal.violations", (float(hottest_k > start.limit_k), inf)
