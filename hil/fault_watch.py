# SPDX-License-Identifier: Apache-2.0
"""Follows every fault through detection, response and recovery while a run goes on, in memory that its length does not change.

Stops of the power board and the end of each cycle come when they happen; event reports come when they have been decoded,
which may be much later. Times are board times; those of an event are what flight software says.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from flatsat.flightsw.fdir.sensors import Sensor

from .backends.port import BOARDS
from .evidence import BoardStop, Condition, Event, Evidence, Readings, parse
from .expectation import STAGES
from .faults import Fault
from .reports import EventReport
from .sensor_fields import SENSORS
from .timeline import NEVER_MS

RECOVERY = {"LINK_LOST": "LINK_ACQUIRED", "BOARD_SILENT": "BOARD_BACK", "BOOTED": "BOOTED"}
"""The event report that shows that what an earlier one told is over."""

NAMING = (
    *("LCL_TRIPPED", "NODE_HUNG", "NODE_TRIPPED", "WRONG_ANSWER", "BOARD_SILENT", "BOARD_BACK"),
    *("STRING_LOST", "STRING_BACK", "STRING_ISOLATED", "PACK_SUSPECT", "PACK_SOUND", "PACK_ISOLATED"),
)
"""Reports whose first parameter is the number of a limiter, node, board, string or battery pack."""

SENSING = ("SENSOR_SUSPECT", "SENSOR_TRUSTED")
"""Reports whose first parameter is a sensor."""

ACTS = {"flightsw hang": "watchdog", **{f"load{i} short": "lcl_trip" for i in range(8)}}
"""What the power board does by itself against a fault: a name of STOP_CAUSE."""

LOAD, LIMITER_STOPS = "load", ("lcl_trip", "lcl_retry")
MOST_SPANS = 4096
"""How often evidence may come and go before it is known whether the fault was noticed."""


class Stop(NamedTuple):
    """The power board stopped a grant short because it acted by itself.

    Attributes:
        switched: limiters that it has switched, one bit each.
    """

    at_ms: int
    causes: tuple[str, ...]
    switched: int = 0


class Sightings:
    """When one stage's evidence was there: board times from, to, both inclusive."""

    __slots__ = ("_spans", "evidence")

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._spans: list[list[int]] = []

    def saw(self, from_ms: int, to_ms: int) -> None:
        """It was there, for a moment or from the end of one cycle to the end of the next."""
        if self._spans and self._spans[-1][1] == from_ms:
            self._spans[-1][1] = to_ms
        elif len(self._spans) < MOST_SPANS:
            self._spans.append([from_ms, to_ms])

    def first(self, from_ms: int) -> int | None:
        """When it was there first, at `from_ms` or later."""
        times = (max(begun, from_ms) for begun, ended in self._spans if ended >= from_ms)
        return min(times, default=None)


class Course:
    """What has been seen of one fault.

    Attributes:
        fault: the fault.
        end_ms: when the next of its kind begins.
        stages: the sightings of each stage for which there is any evidence to look for.
    """

    __slots__ = ("_met_ms", "end_ms", "fault", "stages")

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.end_ms = NEVER_MS
        self.stages = {stage: Sightings(evidence) for stage, evidence in _looked_for(fault).items()}
        self._met_ms: dict[str, int] = {}

    def reached_ms(self, stage: str) -> int | None:
        """When a stage was reached first."""
        sightings = self.stages.get(stage)
        if sightings is None:
            return None
        if stage != "recover":
            return sightings.first(self.fault.at_ms)
        earlier = [self.reached_ms(before) for before in STAGES[:2] if self._asked(before)]
        if None in earlier:
            return None
        after_ms = max((at for at in earlier if at is not None), default=self.fault.at_ms)
        if isinstance(sightings.evidence, Condition) and self.fault.until_ms < NEVER_MS:
            after_ms = max(after_ms, self.fault.until_ms)
        return sightings.first(after_ms)

    def _asked(self, stage: str) -> bool:
        expectation = self.fault.expectation
        return expectation is not None and getattr(expectation, stage) is not None

    def see(self, stage: str, readings: Readings, before_ms: int, now_ms: int) -> None:
        """Look whether a condition holds at the end of a cycle that began at `before_ms`."""
        sightings, evidence = self.stages[stage], self.stages[stage].evidence
        if isinstance(evidence, Condition) and evidence.met(readings):
            known = self._met_ms.get(stage) == before_ms
            sightings.saw(before_ms if known else now_ms, now_ms)
            self._met_ms[stage] = now_ms

    def concerns(self, event: EventReport) -> bool:
        """Whether a report that names a limiter, node, board, string, pack or sensor names the one struck."""
        if event.name in SENSING and self.fault.target in SENSORS:
            return Sensor(event.parameters[0]).name.lower() == self.fault.target
        struck = _number(self.fault.target)
        return struck is None or event.name not in NAMING or event.parameters[0] == struck

    def switched(self, stop: Stop) -> bool:
        """Whether what a limiter did was done by the one struck."""
        target = self.fault.target
        if not target.startswith(LOAD) or not stop.switched:
            return True
        return bool(stop.switched >> int(target.removeprefix(LOAD)) & 1)


class FaultWatch:
    """Hands what happens to the faults that look for it.

    Evidence counts for the last fault before it of those alike: of one target, with one expectation.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.courses = [Course(fault) for fault in faults]
        self._lines = [_Line(courses) for courses in _alike(self.courses)]
        self._by_event: defaultdict[str, list[tuple[_Line, str]]] = defaultdict(list)
        self._by_cause: defaultdict[str, list[tuple[_Line, str]]] = defaultdict(list)
        conditional = []
        for line in self._lines:
            for stage, sightings in line.courses[0].stages.items():
                if isinstance(sightings.evidence, Event):
                    self._by_event[sightings.evidence.name].append((line, stage))
                elif isinstance(sightings.evidence, BoardStop):
                    self._by_cause[sightings.evidence.cause].append((line, stage))
                else:
                    conditional += [(course, stage) for course in line.courses]
        self._later = sorted(conditional, key=lambda pair: pair[0].fault.at_ms, reverse=True)
        self._open: list[tuple[Course, str]] = []
        self._last_ms = 0

    def raised(self, event: EventReport) -> None:
        """An event report has come down."""
        for line, stage in self._by_event.get(event.name, ()):
            course = line.at(event.time_ms)
            if course and course.concerns(event) and course.reached_ms(stage) is None:
                course.stages[stage].saw(event.time_ms, event.time_ms)

    def stopped(self, stop: Stop) -> None:
        """The power board acted by itself."""
        for cause in stop.causes:
            for line, stage in self._by_cause.get(cause, ()):
                course = line.at(stop.at_ms)
                own = course and (cause not in LIMITER_STOPS or course.switched(stop))
                if course and own and course.reached_ms(stage) is None:
                    course.stages[stage].saw(stop.at_ms, stop.at_ms)

    def cycle(self, now_ms: int, readings: Callable[[], Readings]) -> None:
        """A cycle has ended; `readings` is asked only where somebody looks."""
        before_ms, self._last_ms = self._last_ms, now_ms
        while self._later and self._later[-1][0].fault.at_ms < now_ms:
            self._open.append(self._later.pop())
        if not self._open:
            return
        found = readings()
        for course, stage in self._open:
            course.see(stage, found, before_ms, now_ms)
        self._open = [
            (course, stage)
            for course, stage in self._open
            if now_ms < course.end_ms and course.reached_ms(stage) is None
        ]


class _Line:
    """Faults that are alike, in order of time."""

    __slots__ = ("_begins_ms", "courses")

    def __init__(self, courses: list[Course]) -> None:
        self.courses = sorted(courses, key=lambda course: course.fault.at_ms)
        self._begins_ms = [course.fault.at_ms for course in self.courses]
        for course, end_ms in zip(self.courses, self._begins_ms[1:], strict=False):
            course.end_ms = end_ms

    def at(self, time_ms: int) -> Course | None:
        """The last that has begun by then."""
        place = bisect_right(self._begins_ms, time_ms)
        return self.courses[place - 1] if place else None


def _alike(courses: Iterable[Course]) -> Iterator[list[Course]]:
    groups: defaultdict[object, list[Course]] = defaultdict(list)
    for course in courses:
        fault = course.fault
        groups[fault.target, fault.expectation or fault.kind].append(course)
    yield from groups.values()


def _looked_for(fault: Fault) -> dict[str, Evidence]:
    """What each stage is told by: what the scenario expects, or what is known of such faults."""
    expected = fault.expectation
    texts = {stage: getattr(expected, stage) for stage in STAGES} if expected else dict.fromkeys(STAGES)
    texts["respond"] = texts["respond"] or ACTS.get(fault.name)
    texts["recover"] = texts["recover"] or RECOVERY.get(texts["detect"] or "")
    return {stage: parse(text) for stage, text in texts.items() if text}


def _number(target: str) -> int | None:
    numbered = re.fullmatch(r"[a-z]+(\d+)", target)
    return int(numbered[1]) if numbered else BOARDS.index(target) if target in BOARDS else None
