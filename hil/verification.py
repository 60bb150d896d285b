# SPDX-License-Identifier: Apache-2.0
"""Follows telecommands through their verification reports (ECSS-E-ST-70-41C, service 1) and judges how each ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from flatsat.protocols import pus

from .reports import EventReport, VerificationReport
from .summary import FAIL, INCONCLUSIVE, PASS
from .telecommand import COMPLETED, DISCARDED, LOST
from .uplink import Sending, Uplink

DISCARD_EVENT = "TELECOMMAND_DISCARDED"


class Stage(IntEnum):
    """What a report of success is about; values are subtypes, failures come one higher."""

    ACCEPTANCE = 1
    START = 3
    COMPLETION = 7


ASKED_BY = {
    Stage.ACCEPTANCE: pus.Acknowledge.ACCEPTANCE,
    Stage.START: pus.Acknowledge.START,
    Stage.COMPLETION: pus.Acknowledge.COMPLETION,
}


@dataclass(slots=True, kw_only=True)
class Course:
    """What has been heard of one telecommand; times in TAI milliseconds, as flight software stamped the reports."""

    sending: Sending
    reached_ms: dict[Stage, int] = field(default_factory=dict)
    failure: str | None = None
    discarded: bool = False

    @property
    def expect(self) -> str:
        """What the scenario expects of it."""
        return self.sending.asked.expect

    @property
    def wanted(self) -> set[Stage]:
        """The successes that it asks to be told."""
        asked = self.sending.asked
        if asked.raw is not None:
            acknowledge = self.sending.block[6] & 0xF if len(self.sending.block) > 6 else 0
        else:
            acknowledge = asked.acknowledge
        return {stage for stage, flag in ASKED_BY.items() if acknowledge & flag}

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be heard."""
        return self.failure is not None or (bool(self.wanted) and self.wanted <= set(self.reached_ms))

    def take(self, report: VerificationReport) -> bool:
        """Note a report, unless it cannot be about this telecommand."""
        if self.sending.sent_ms is None or self.is_over:
            return False
        if report.failure is not None:
            if report.subtype == Stage.ACCEPTANCE + 1 and self.reached_ms:
                return False
            self.failure = report.failure
            return True
        if report.subtype in self.reached_ms or report.subtype not in self.wanted:
            return False
        self.reached_ms[Stage(report.subtype)] = report.tai_ms
        return True

    def verdict(self, *, cut_short: bool) -> str:
        """How it ended, against what was expected; silence in a run cut short says nothing yet."""
        if self.sending.sent_ms is None:
            return INCONCLUSIVE
        if self._contradicts():
            return FAIL
        if self._confirms():
            return PASS
        if cut_short:
            return INCONCLUSIVE
        silence_is_right = self.expect == LOST or (self.expect == COMPLETED and not self.wanted)
        return PASS if silence_is_right else FAIL

    def _contradicts(self) -> bool:
        """Whether something was heard that what is expected rules out."""
        if self.expect == COMPLETED:
            return self.discarded or self.failure is not None
        if self.expect == DISCARDED:
            return bool(self.reached_ms) or self.failure is not None
        if self.expect == LOST:
            return self.discarded or bool(self.reached_ms) or self.failure is not None
        return (
            self.discarded or Stage.COMPLETION in self.reached_ms or self.failure not in (None, self.expect)
        )

    def _confirms(self) -> bool:
        """Whether all was heard that is expected."""
        if self.expect == COMPLETED:
            return bool(self.wanted) and self.wanted <= set(self.reached_ms)
        return self.discarded if self.expect == DISCARDED else self.failure == self.expect


def judge(
    uplink: Uplink,
    reports: Iterable[VerificationReport],
    events: Sequence[EventReport],
    *,
    cut_short: bool,
) -> tuple[list[dict[str, Any]], int]:
    """What became of each telecommand, as it stands in `summary.json`, and how many reports belong to none."""
    courses = [Course(sending=sending) for sending in uplink.sendings]
    unmatched = 0
    for report in reports:
        expected = report.failure or COMPLETED
        about = [course for course in courses if course.sending.request == report.request]
        about.sort(key=lambda course: (course.expect == LOST, course.expect != expected))
        unmatched += not any(course.take(report) for course in about)
    for event in events:
        if event.name == DISCARD_EVENT:
            _discard(courses, event)
    return [_row(course, uplink.epoch_tai_ms, cut_short=cut_short) for course in courses], unmatched


def _discard(courses: Iterable[Course], event: EventReport) -> None:
    """The first telecommand that this may be about was discarded: the event tells its first octets and its length."""
    first_octets, length = event.parameters
    for course in courses:
        sending = course.sending
        told = (int.from_bytes(sending.block[:2], "big"), len(sending.block))
        arrived = sending.sent_ms is not None and sending.sent_ms <= event.time_ms
        if arrived and not course.discarded and told == (first_octets, length):
            course.discarded = True
            return


def _row(course: Course, epoch_tai_ms: int, *, cut_short: bool) -> dict[str, Any]:
    sending = course.sending

    def seconds(stage: Stage) -> float | None:
        reached_ms = course.reached_ms.get(stage)
        return None if reached_ms is None else (reached_ms - epoch_tai_ms) / 1000

    return {
        "name": sending.asked.label,
        "at_s": sending.at_s,
        "sent_s": None if sending.sent_ms is None else sending.sent_ms / 1000,
        "accepted_s": seconds(Stage.ACCEPTANCE),
        "started_s": seconds(Stage.START),
        "completed_s": seconds(Stage.COMPLETION),
        "failure": course.failure,
        "expect": course.expect,
        "verdict": course.verdict(cut_short=cut_short),
    }
