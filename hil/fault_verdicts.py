# SPDX-License-Identifier: Apache-2.0
"""Judges faults: when each was noticed, when something was done, when it was overcome, against what the scenario expects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .expectation import STAGES
from .fault_watch import Course
from .summary import FAIL, INCONCLUSIVE, PASS

_WORDS = {"detect": "detected", "respond": "responded", "recover": "recovered"}
KEYS = tuple(f"{word}_s" for word in _WORDS.values())
DEADLINES = tuple(f"{stage}_by_s" for stage in STAGES)


def judge_faults(courses: Iterable[Course], simulated_s: float, *, cut_short: bool) -> list[dict[str, Any]]:
    """A row of `summary.json` for each fault.

    A fault passes when all evidence that it expects came in time; one that expects none is not judged (None). What a run
    that was cut short has not shown is inconclusive.
    """
    return [_row(course, simulated_s, cut_short) for course in courses]


def _row(course: Course, simulated_s: float, cut_short: bool) -> dict[str, Any]:
    fault = course.fault
    reached = {stage: course.reached_ms(stage) for stage in STAGES}
    if not isinstance(fault.expect, str) or reached["respond"] is None:
        noticed = reached["detect"]
    else:
        noticed = reached["respond"]  # a board that acts has noticed
    if fault.expect is None:
        noticed = reached["respond"]
    told = {**reached, "detect": noticed}
    latest_s = {stage: fault.latest_s(stage) for stage in STAGES}
    problems = _problems(course, reached, latest_s)
    verdict: str | None = PASS
    if fault.at_s >= simulated_s:
        verdict, problems = INCONCLUSIVE, {}
    elif fault.expect is None:
        verdict = None
    elif problems:
        open_yet = cut_short and all(problem == _MISSING for problem in problems.values())
        verdict = INCONCLUSIVE if open_yet else FAIL
    return {
        "name": fault.name,
        "at_s": fault.at_s,
        **{f"{word}_s": _seconds(told[stage]) for stage, word in _WORDS.items()},
        **{f"{stage}_by_s": latest_s[stage] for stage in STAGES},
        "verdict": verdict,
        "reason": ", ".join(f"{_WORDS[stage]} {problem}" for stage, problem in problems.items()) or None,
    }


_MISSING, _LATE = "never", "too late"


def _problems(
    course: Course, reached: dict[str, int | None], latest_s: dict[str, float | None]
) -> dict[str, str]:
    """What is wrong with each stage that is expected."""
    expected = course.fault.expectation
    found = {}
    for stage in STAGES if expected else ():
        at_ms, by_s = reached[stage], latest_s[stage]
        if getattr(expected, stage) is None:
            continue
        if at_ms is None:
            found[stage] = _MISSING
        elif by_s is not None and at_ms > 1000 * by_s:
            found[stage] = _LATE
    return found


def _seconds(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 1000
