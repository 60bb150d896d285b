# SPDX-License-Identifier: Apache-2.0
"""From uplink blocks and due entries of the schedule to effects and reports.

At most one block and a few entries a cycle, and none while there is no room for what it may cause to be reported. A telecommand
first has all its items checked, then acts, and counts as done with one write of the ground record, before its block is
released: a reset at any moment finds it either not yet done and its block still held, or done and known by its block's sequence.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from flatsat.protocols import pus
from flatsat.protocols.dictionary import Dictionary

from ..compute import NodeControl
from ..events import EventSink
from ..fdir import LimiterControl
from ..housekeeping import Schedule
from ..laser import LaserControl
from ..onboard_time import OnboardTime
from ..ports import NonVolatileMemory
from ..records import GroundRecord, Part
from ..settable import ParameterTable
from .acceptance import Acceptance
from .answers import LARGEST, Answers
from .event_reporting import EventService
from .functions import FunctionService
from .housekeeping import HousekeepingService
from .link_test import LinkTestService
from .monitoring import MonitoringService
from .parameters import ParameterService
from .request import Check, Commands, Failure, Rejected, Request
from .schedule import ScheduleService
from .time_reporting import TimeService
from .verification import VerificationService

ENTRIES_EACH_CYCLE = 4
LATE_MS = 10_000  # an entry found overdue by more is dropped
LATE_CYCLES = 5  # but not for having waited its turn among entries of the same time
LONGEST_BLOCK = 252
_BLOCK = struct.Struct(">HH")  # sequence, length


@dataclass(frozen=True, kw_only=True)
class Aboard:
    """What telecommands act on.

    Attributes:
        sampled: raw values of a housekeeping report by its name, None when its board did not answer in this cycle.
    """

    dictionary: Dictionary
    events: EventSink
    housekeeping: Schedule
    time: OnboardTime
    parameters: ParameterTable
    limiters: LimiterControl
    nodes: NodeControl
    laser: LaserControl
    sampled: Callable[[str], Sequence[float] | None]


class Telecommands:
    """Takes telecommands and has their services carry them out.

    Args:
        booted_ms: board time of the boot.

    Attributes:
        answers: reports that wait to be sent.
        discarded: blocks since boot that were no telecommand, modulo 65,536.
    """

    def __init__(self, aboard: Aboard, memory: NonVolatileMemory, booted_ms: int) -> None:
        self._time = aboard.time
        self._events = aboard.events
        self._late_ms = max(LATE_MS, LATE_CYCLES * aboard.parameters.live.cycle_ms)
        self._acceptance = Acceptance(aboard.dictionary)
        self.answers = Answers(aboard.dictionary)
        self.services = _services(aboard, self._acceptance, self.answers, booted_ms)
        kept = _kept(self.services)
        self._record = GroundRecord(memory, (self.services.verification, *kept))
        self._commands: dict[str, tuple[Check, tuple[Part, ...]]] = {
            name: (check, (service,)) for service in kept for name, check in service.commands.items()
        }
        self._commands |= {name: (check, ()) for name, check in self.services.test.commands.items()}
        self.discarded = 0

    @property
    def ready(self) -> bool:
        """Whether there is room for all that one more telecommand may cause to be reported."""
        return self.answers.room >= LARGEST

    def recall(self, now_ms: int, *, first_boot: bool) -> None:
        """After a reset, go on with what the ground has set; what is damaged begins anew, and is reported."""
        lost = self._record.load()
        if lost is None:
            lost = () if first_boot else (0,)
            self._record.store(())
        elif lost:
            self._record.store(())
        for key in lost:
            self._events.raise_event("RECORD_LOST", now_ms, key)

    def cycle(self, now_ms: int, block: bytes | None) -> int | None:
        """Take a block, if one was read, then what is due in the schedule, and hold the samples against their limits.

        Args:
            block: RX_FIFO as it was read: sequence, length, up to 252 octets, padding.

        Returns the sequence of a block to release.
        """
        release = None if block is None else self._take_block(block, now_ms)
        services = self.services
        if now_ms >= services.time.due_ms:
            services.time.report(now_ms)
        if self._time.tai_ms(now_ms) >= services.schedule.next_ms:
            self._release_entries(now_ms)
        if services.monitoring.active:
            services.monitoring.check(now_ms)
        return release

    def _take_block(self, block: bytes, now_ms: int) -> int | None:
        sequence, length = _BLOCK.unpack_from(block)
        verification = self.services.verification
        if length == 0:
            return None
        if sequence == verification.block:
            return int(sequence)
        verification.block = sequence
        changed: tuple[Part, ...] = ()
        if length <= LONGEST_BLOCK:
            changed = self._execute(block[_BLOCK.size : _BLOCK.size + length], now_ms)
        else:
            self._discard(block[_BLOCK.size : _BLOCK.size + 2], length, now_ms)
        self._record.store((verification, *changed))
        return int(sequence)

    def _release_entries(self, now_ms: int) -> None:
        verification, schedule = self.services.verification, self.services.schedule
        for _ in range(ENTRIES_EACH_CYCLE):
            overdue_ms = self._time.tai_ms(now_ms) - schedule.next_ms
            if overdue_ms < 0 or not self.ready:
                return
            changed = self._execute(schedule.take().octets, now_ms, overdue_ms)
            self._record.store((verification, schedule, *changed))

    def _execute(self, octets: bytes, now_ms: int, overdue_ms: int = 0) -> tuple[Part, ...]:
        """Accept a telecommand and carry it out, or report why not; returns what it has changed of what is kept."""
        verification, request = self.services.verification, pus.request(octets)
        try:
            telecommand = self._acceptance.check(octets)
            verification.accept(telecommand)
        except Rejected as rejected:
            if request is None:
                self._discard(octets, len(octets), now_ms)
            else:
                verification.not_accepted(Request(*request), rejected)
            return ()
        except pus.NotATelecommand:
            self._discard(octets, len(octets), now_ms)
            return ()
        check, changed = self._commands[telecommand.definition.name]
        try:
            if overdue_ms > self._late_ms:
                raise Rejected(Failure.LATE, overdue_ms)
            effect = check(telecommand.arguments, now_ms)
        except Rejected as rejected:
            verification.not_started(telecommand.request, rejected)
            return ()
        verification.started(telecommand)
        effect()
        verification.completed(telecommand)
        return changed

    def _discard(self, octets: bytes, length: int, now_ms: int) -> None:
        self.discarded = (self.discarded + 1) & 0xFFFF
        self._events.raise_event("TELECOMMAND_DISCARDED", now_ms, int.from_bytes(octets[:2], "big"), length)


class _Kept(Part, Protocol):
    """A service whose settings outlive a reset."""

    @property
    def commands(self) -> Commands:
        """Its telecommands."""


class Services(NamedTuple):
    """The services, by their numbers."""

    verification: VerificationService  # 1
    housekeeping: HousekeepingService  # 3
    events: EventService  # 5
    functions: FunctionService  # 8
    time: TimeService  # 9
    schedule: ScheduleService  # 11
    monitoring: MonitoringService  # 12
    test: LinkTestService  # 17
    parameters: ParameterService  # 20


def _services(aboard: Aboard, acceptance: Acceptance, answers: Answers, booted_ms: int) -> Services:
    return Services(
        VerificationService(answers),
        HousekeepingService(aboard.housekeeping, aboard.sampled, answers),
        EventService(aboard.dictionary, aboard.events, answers),
        FunctionService(aboard.limiters, aboard.nodes, aboard.laser, aboard.events),
        TimeService(aboard.time, aboard.events, answers, booted_ms),
        ScheduleService(aboard.time, acceptance, answers),
        MonitoringService(aboard.housekeeping, aboard.sampled, answers),
        LinkTestService(answers),
        ParameterService(aboard.parameters, aboard.events, answers),
    )


def _kept(services: Services) -> tuple[_Kept, ...]:
    return (
        services.housekeeping,
        services.events,
        services.functions,
        services.time,
        services.schedule,
        services.monitoring,
        services.parameters,
    )
