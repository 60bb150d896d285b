# SPDX-License-Identifier: Apache-2.0
"""Follows telecommands through their verification reports (ECSS-E-ST-70-41C, service 1) and judges how each ended."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .reports import EventReport, VerificationReport
from .summary import FAIL, INCONCLUSIVE, PASS
from .telecommand import COMPLETED, DISCARDED, LOST, SILENT, Stage
from .uplink import Sending, Uplink

NOT_ACCEPTED = (2, 10)
"""Subtypes of failures before anything has been taken on: acceptance, routing."""

UNDONE = "undone"
"""What is expected of a telecommand that a fault of the uplink has struck, whatever the scenario expects of it."""

LONGEST_SILENCE_MS = 10_000
"""For how long a report may wait on board for its frame to be filled, beside a cycle at either end."""


class Silence(StrEnum):
    """Why nothing that was heard decides."""

    NOT_SENT = "not sent: no cycle was left for it"
    CUT_SHORT = "the run ended early"
    END_NEAR = "too near the end for its reports to have come down"


@dataclass(slots=True, kw_only=True)
class Course:
    """What has been heard of one telecommand; board times of the reports."""

    sending: Sending
    reached_ms: dict[Stage, int] = field(default_factory=dict)
    failure: str | None = None
    discarded: bool = False

    @property
    def expect(self) -> str:
        """What the scenario expects of it."""
        return UNDONE if self.sending.struck else self.sending.asked.expect

    @property
    def wanted(self) -> frozenset[Stage]:
        """The successes that it asks to be told."""
        return self.sending.asked.told

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be heard."""
        return self.failure is not None or Stage.COMPLETION in self.reached_ms

    def take(self, report: VerificationReport) -> bool:
        """Note a report, unless it cannot be about this telecommand."""
        if self.sending.sent_ms is None or self.is_over:
            return False
        if report.failure is not None:
            if report.subtype in NOT_ACCEPTED and self.reached_ms:
                return False
            self.failure = report.failure
            return True
        if report.subtype in self.reached_ms or report.subtype not in self.wanted:
            return False
        self.reached_ms[Stage(report.subtype)] = report.time_ms
        return True

    def verdict(self, silence: Silence | None) -> str:
        """How it ended, against what was expected; `silence` is the reason why what was not heard says nothing."""
        if self.sending.sent_ms is None:
            return INCONCLUSIVE
        if self._contradicts():
            return FAIL
        if self._confirms():
            return PASS
        if silence is not None:
            return INCONCLUSIVE
        return PASS if self.expect in (LOST, SILENT, UNDONE) else FAIL

    def _contradicts(self) -> bool:
        """Whether something was heard that what is expected rules out."""
        if self.expect == COMPLETED:
            return self.discarded or self.failure is not None
        if self.expect == DISCARDED:
            return bool(self.reached_ms) or self.failure is not None
        if self.expect == UNDONE:
            return bool(self.reached_ms)
        if self.expect in (LOST, SILENT):
            return self.discarded or bool(self.reached_ms) or self.failure is not None
        return (
            self.discarded or Stage.COMPLETION in self.reached_ms or self.failure not in (None, self.expect)
        )

    def _confirms(self) -> bool:
        """Whether all was heard that is expected."""
        if self.expect == COMPLETED:
            return bool(self.wanted) and self.wanted <= set(self.reached_ms)
        if self.expect == UNDONE:
            return (self.discarded or self.failure is not None) and not self.reached_ms
        return self.discarded if self.expect == DISCARDED else self.failure == self.expect


class Courses:
    """The courses of all telecommands of an uplink, by what reports tell of them; see `reports.Follower`.

    Attributes:
        unmatched: reports that belong to no telecommand.
    """

    def __init__(self, uplink: Uplink) -> None:
        self._courses = [Course(sending=sending) for sending in uplink.sendings]
        self._by_request: defaultdict[tuple[int, ...], _Alike] = defaultdict(_Alike)
        self._by_beginning: defaultdict[tuple[int, ...], _Alike] = defaultdict(_Alike)
        self.unmatched = 0
        for course in self._courses:
            if course.sending.request:
                self._by_request[course.sending.request].later.append(course)
            if course.sending.is_discardable:
                self._by_beginning[course.sending.beginning].later.append(course)

    def verified(self, report: VerificationReport) -> None:
        """Give a report to the telecommand that it is about: of several of one request identifier that were sent by
        then, to one that expects it, and to the latest of those."""

        def unlikely(course: Course) -> tuple[bool, bool, bool, int]:
            return (
                course.sending.source != report.destination,
                course.expect == LOST,
                course.expect != (report.failure or COMPLETED),
                -(course.sending.sent_ms or 0),
            )

        alike = self._by_request.get(report.request)
        if alike is None:
            self.unmatched += 1
            return
        sent = alike.sent_by(report.time_ms)
        for course in (*sorted(sent, key=unlikely), *alike.later):
            if course.take(report):
                if course.is_over and course in sent:
                    sent.remove(course)
                return
        self.unmatched += 1

    def discarded(self, event: EventReport) -> None:
        """The event tells the first two octets of a block and its length: it is the latest such one sent by then."""
        alike = self._by_beginning.get(event.parameters)
        sent = alike.sent_by(event.time_ms) if alike else []
        if sent:
            sent.pop().discarded = True

    def judged(self, simulated_ms: int, cycle_ms: int, *, cut_short: bool) -> list[dict[str, Any]]:
        """What became of each telecommand, as it stands in `summary.json`.

        A run cut short has not brought down all that it would; nor has any of what it did last.
        """
        last_ms = simulated_ms - LONGEST_SILENCE_MS - 2 * cycle_ms
        return [_row(course, _silence(course.sending, last_ms, cut_short)) for course in self._courses]


@dataclass(slots=True)
class _Alike:
    """Courses that a report alone cannot tell apart: those sent by the last report and not over, and the later ones."""

    sent: list[Course] = field(default_factory=list)
    later: deque[Course] = field(default_factory=deque)

    def sent_by(self, time_ms: int) -> list[Course]:
        """The open ones that were sent by a board time that never goes back far."""
        while self.later and (sent_ms := self.later[0].sending.sent_ms) is not None and sent_ms <= time_ms:
            self.sent.append(self.later.popleft())
        return self.sent


def _silence(sending: Sending, last_ms: int, cut_short: bool) -> Silence | None:
    if sending.sent_ms is None:
        return Silence.NOT_SENT
    if cut_short:
        return Silence.CUT_SHORT
    return Silence.END_NEAR if sending.acts_ms is None or sending.acts_ms > last_ms else None


def _row(course: Course, silence: Silence | None) -> dict[str, Any]:
    sending = course.sending
    verdict = course.verdict(silence)
    return {
        "name": sending.asked.label,
        "at_s": sending.at_s,
        "sent_s": _seconds(sending.sent_ms),
        "accepted_s": _seconds(course.reached_ms.get(Stage.ACCEPTANCE)),
        "started_s": _seconds(course.reached_ms.get(Stage.START)),
        "completed_s": _seconds(course.reached_ms.get(Stage.COMPLETION)),
        "failure": course.failure,
        "expect": course.expect,
        "verdict": verdict,
        "reason": silence if verdict == INCONCLUSIVE else None,
    }


def _seconds(time_ms: int | None) -> float | None:
    return None if time_ms is None else time_ms / 1000
