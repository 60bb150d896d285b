# SPDX-License-Identifier: Apache-2.0
"""Judges a run: the scenario's measurements by key path of the summary, and whether each fault was noticed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .backends.port import BOARDS
from .bench import Stop
from .faults import NEVER_MS
from .reports import EventReport
from .scenario import Fault, Scenario
from .summary import FAIL, INCONCLUSIVE, PASS, Measurement

RECOVERY = {"LINK_LOST": "LINK_ACQUIRED", "BOARD_SILENT": "BOARD_BACK", "BOOTED": "BOOTED"}
"""The event report that shows that what an earlier one told is over."""

NAMING = ("LCL_TRIPPED", "NODE_HUNG", "NODE_TRIPPED", "WRONG_ANSWER", "BOARD_SILENT", "BOARD_BACK")
"""Reports whose first parameter is the number of a limiter, node or board."""

ACTS = {"flightsw": "watchdog", **{f"load{i}": "lcl_trip" for i in range(8)}}
"""What the power board does by itself against a fault, by the fault's target: a name of STOP_CAUSE."""


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
    scenario: Scenario,
    events: Sequence[EventReport],
    stops: Sequence[Stop],
    simulated_s: float,
    *,
    cut_short: bool,
) -> list[dict[str, Any]]:
    """Say of each fault when it was noticed, when a board acted by itself, and when it was over.

    A fault passes when the event report that it expects has come down; one that expects none is not judged (None). A
    report counts for the last fault before it that expects it; what a run cut short has not brought down is inconclusive.
    """
    return [
        _judge(fault, _until_next(scenario, fault, events), stops, simulated_s, cut_short)
        for fault in scenario.faults
    ]


def _until_next(scenario: Scenario, fault: Fault, events: Sequence[EventReport]) -> list[EventReport]:
    """The reports from a fault on, until the next fault of the same target that expects the same report."""
    later = [
        other.at_ms
        for other in scenario.faults
        if other.at_ms > fault.at_ms and other.expect == fault.expect and other.target == fault.target
    ]
    end_ms = min(later, default=NEVER_MS)
    return [event for event in events if fault.at_ms <= event.time_ms < end_ms]


def _judge(
    fault: Fault, events: Sequence[EventReport], stops: Sequence[Stop], simulated_s: float, cut_short: bool
) -> dict[str, Any]:
    own = [event for event in events if _is_about(event, fault)]
    reported = _first(fault.at_ms, (event.time_ms for event in own if event.name == fault.expect))
    acted = _first(fault.at_ms, (stop.at_ms for stop in stops if ACTS.get(fault.target) in stop.causes))
    recovery = RECOVERY.get(fault.expect or "")
    recovered = None if reported is None else _first(reported, (e.time_ms for e in own if e.name == recovery))
    verdict: str | None
    if fault.at_s >= simulated_s:
        verdict = INCONCLUSIVE
    elif fault.expect is None:
        verdict = None
    elif reported is None:
        verdict = INCONCLUSIVE if cut_short else FAIL
    else:
        verdict = PASS
    return {
        "name": fault.name,
        "at_s": fault.at_s,
        "detected_s": _seconds(reported if acted is None else acted),
        "responded_s": _seconds(acted),
        "recovered_s": _seconds(recovered),
        "verdict": verdict,
    }


def _is_about(event: EventReport, fault: Fault) -> bool:
    """Whether a report that names a limiter, node or board names the one struck."""
    digits = fault.target.lstrip("abcdefghijklmnopqrstuvwxyz")
    struck = int(digits) if digits else BOARDS.index(fault.target) if fault.target in BOARDS else None
    return struck is None or event.name not in NAMING or event.parameters[0] == struck


def _first(from_ms: int, times_ms: Iterable[int]) -> int | None:
    return min((time_ms for time_ms in times_ms if time_ms >= from_ms), default=None)


def _seconds(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 1000


def _at(summary: Mapping[str, Any], path: str) -> float | None:
    value: Any = summary
    for key in path.split("."):
        value = value[key]
    return value  # type: ignore[no-any-return]
