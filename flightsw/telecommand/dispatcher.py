# SPDX-License-Identifier: Apache-2.0
"""From uplink blocks and due entries of the schedule to effects and reports.

A few due entries of the schedule a cycle, then at most one block, and none while there is no room for what it may cause to be
reported. A telecommand first has all its items checked, then acts, and counts as done with one write of the ground record,
before its block is released: a reset at any moment finds it either not yet done and its block still held, or done and known by
its block's sequence. So it is done at most once. Settings are in that record, and so made exactly once; an order that is
carried out once (node_restart, laser_search, retries_clear, computer_restart, reports) is lost in a reset between
the write of the record and the end of its cycle.
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
from ..fdir.watch import FaultWatch
from ..housekeeping import Schedule
from ..laser import LaserControl
from ..onboard_time import OnboardTime
from ..ports import NonVolatileMemory
from ..records import GroundRecord, Part
from ..settable import ParameterTable
from .acceptance import Acceptance
from .answers import LARGEST, UNASKED, Answers
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
LATE_MS = 10_000  # an entry that is overdue by more when flight software first could release it is dropped
LATE_CYCLES = 2  # never by less than so many cycles
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
    faults: FaultWatch
    laser: LaserControl
    sampled: Callable[[str], Sequence[float] | None]


class Telecommands:
    """Takes telecommands and has their services carry them out.

    Args:
        booted_ms: board time of the boot.

    Attributes:
        answers: reports that wait to be sent.
        discarded: blocks and entries since boot that were no telecommand, modulo 65,536.
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
        self._due_since_ms: int | None = None  # from when on entries have been due without a break

    @property
    def ready(self) -> bool:
        """Whether a block may be taken: no entry waits, and there is room for what both it and an entry may report."""
        return self._due_since_ms is None and self.answers.spare >= LARGEST

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

    def restore_loaded(self) -> bool:
        """Take back all that the ground has set but the time and the schedule; returns whether there was anything."""
        services = self.services
        return self._record.restore_loaded(
            (
                services.housekeeping,
                services.events,
                services.functions,
                services.monitoring,
                services.parameters,
            )
        )

    def cycle(self, now_ms: int, block: bytes | None) -> int | None:
        """Release what is due in the schedule, take a block, if one was read, and hold the samples against their limits.

        Args:
            block: RX_FIFO as it was read: sequence, length, up to 252 octets, padding.

        Returns the sequence of a block to release.
        """
        services = self.services
        if self._time.tai_ms(now_ms) >= services.schedule.next_ms:
            self._release_entries(now_ms)
        else:
            self._due_since_ms = None
        release = None if block is None or not self.ready else self._take_block(block, now_ms)
        if now_ms >= services.time.due_ms:
            services.time.report(now_ms)
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
        """Release entries in their order; one that waits its turn, or for room, is not late for that."""
        verification, schedule = self.services.verification, self.services.schedule
        if self._due_since_ms is None:
            self._due_since_ms = now_ms
        for _ in range(ENTRIES_EACH_CYCLE):
            if self.answers.room < LARGEST:
                return
            overdue_ms = self._time.tai_ms(self._due_since_ms) - schedule.next_ms
            changed = self._execute(schedule.take().octets, now_ms, overdue_ms)
            self._record.store((verification, schedule, *changed))
            if self._time.tai_ms(now_ms) < schedule.next_ms:
                self._due_since_ms = None
                return

    def _execute(self, octets: bytes, now_ms: int, overdue_ms: int = 0) -> tuple[Part, ...]:
        """Accept a telecommand and carry it out, or report why not; returns what it has changed of what is kept."""
        self.answers.destination = pus.source(octets)
        changed = self._carry_out(octets, now_ms, overdue_ms)
        self.answers.destination = UNASKED
        return changed

    def _carry_out(self, octets: bytes, now_ms: int, overdue_ms: int) -> tuple[Part, ...]:
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
        FunctionService(aboard.limiters, aboard.nodes, aboard.laser, aboard.faults, aboard.events),
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
