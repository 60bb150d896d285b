# SPDX-License-Identifier: Apache-2.0
"""Judges a run: the scenario's measurements by key path of the summary, and whether each fault was noticed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .downlink import EventReport
from .scenario import Fault, Scenario
from .summary import FAIL, INCONCLUSIVE, PASS, Measurement

RECOVERY = {"LINK_LOST": "LINK_ACQUIRED", "BOARD_SILENT": "BOARD_BACK", "BOOTED": "BOOTED"}
"""The event report that shows that what an earlier one told is over."""

BOARD_ACTS = ("flightsw", *(f"load{i}" for i in range(8)))
"""Targets whose faults the power board answers by itself; to all others the response is the flight software's."""


def measure(scenario: Scenario, summary: Mapping[str, Any], *, cut_short: bool) -> list[Measurement]:
    """Look up each measurement that the scenario asks for in the summary."""
    return [
        Measurement(
            name=wanted.name,
            unit=wanted.unit,
            value=_at(summary, wanted.name),
            low=wanted.low,
            high=wanted.high,
            may_grow=cut_short,
        )
        for wanted in scenario.measurements
    ]


def judge_faults(
    scenario: Scenario, events: Iterable[EventReport], stops_ms: Iterable[int], simulated_s: float
) -> list[dict[str, Any]]:
    """Say of each fault when it was detected (and, on board, answered at once), and when it was over.

    A fault that the power board answers by itself is detected when the board stops the grant; it passes when the flight
    software has reported it as well.
    """
    events, stops = list(events), list(stops_ms)
    return [_judge(fault, events, stops, simulated_s) for fault in scenario.faults]


def _judge(
    fault: Fault, events: list[EventReport], stops_ms: list[int], simulated_s: float
) -> dict[str, Any]:
    reported = _first(fault.at_ms, (e.time_ms for e in events if e.name == fault.expect))
    acted = _first(fault.at_ms, stops_ms) if fault.target in BOARD_ACTS else None
    detected = reported if acted is None else acted
    recovery = RECOVERY.get(fault.expect or "")
    recovered = (
        _first(detected, (e.time_ms for e in events if e.name == recovery)) if detected is not None else None
    )
    if fault.at_s >= simulated_s:
        verdict = INCONCLUSIVE
    else:
        verdict = PASS if fault.expect is None or reported is not None else FAIL
    return {
        "name": fault.name,
        "at_s": fault.at_s,
        "detected_s": _seconds(detected),
        "responded_s": _seconds(detected),
        "recovered_s": _seconds(recovered),
        "verdict": verdict,
    }


def _first(from_ms: int, times_ms: Iterable[int]) -> int | None:
    return min((time_ms for time_ms in times_ms if time_ms >= from_ms), default=None)


def _seconds(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 1000


def _at(summary: Mapping[str, Any], path: str) -> float | None:
    value: Any = summary
    for key in path.split("."):
        value = value[key]
    return value  # type: ignore[no-any-return]
