# SPDX-License-Identifier: Apache-2.0
"""Service 11, time-based schedule (ECSS-E-ST-70-41C 6.11): telecommands that wait for their time."""

from __future__ import annotations

import struct
from typing import NamedTuple

from flatsat.protocols import cuc
from flatsat.protocols.pus import NotATelecommand
from flatsat.protocols.telecommand import Arguments

from ..housekeeping import NEVER
from ..onboard_time import OnboardTime
from .acceptance import Acceptance
from .answers import Answers
from .request import Commands, Effect, Failure, Rejected, integers, packets

ENTRIES = 16
ENTRY_OCTETS = 64
SHORTEST = 13
_ENTRY = struct.Struct(">IHB")


class Entry(NamedTuple):
    """A telecommand and its release time, CUC with two octets of fraction."""

    seconds: int
    fraction: int
    octets: bytes

    @property
    def release_ms(self) -> int:
        """TAI in milliseconds since 1958."""
        return cuc.Time(seconds=self.seconds, fraction=self.fraction, fine_octets=2).tai_ms

    @property
    def request(self) -> tuple[int, int, int]:
        """Source, APID and sequence count."""
        header = int.from_bytes(self.octets[:4], "big")
        return int.from_bytes(self.octets[9:11], "big"), header >> 16 & 0x7FF, header & 0x3FFF


class ScheduleService:
    """The entries, by release time.

    Attributes:
        next_ms: TAI at which the first of them is due; NEVER while there is none or the schedule is disabled.
    """

    key, version = 11, 1

    def __init__(self, time: OnboardTime, acceptance: Acceptance, answers: Answers) -> None:
        self._time = time
        self._acceptance = acceptance
        self._answers = answers
        self._entries: list[Entry] = []
        self._enabled = True
        self.next_ms = NEVER

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def commands(self) -> Commands:
        return {
            "schedule_enable": lambda arguments, now_ms: lambda: self._replace(self._entries, True),
            "schedule_disable": lambda arguments, now_ms: lambda: self._replace(self._entries, False),
            "schedule_reset": lambda arguments, now_ms: lambda: self._replace([], False),
            "schedule_insert": self._insert,
            "schedule_delete": self._delete,
            "schedule_summary": lambda arguments, now_ms: self._summary,
        }

    def take(self) -> Entry:
        """Take the first entry out, which is due."""
        entry, *rest = self._entries
        self._replace(rest, self._enabled)
        return entry

    def pack(self) -> bytes:
        entries = (
            _ENTRY.pack(entry.seconds, entry.fraction, len(entry.octets)) + entry.octets
            for entry in self._entries
        )
        return bytes([self._enabled]) + b"".join(entries)

    def restore(self, octets: bytes) -> None:
        if not octets:
            raise ValueError("no schedule")
        offset, entries = 1, []
        while offset < len(octets):
            seconds, fraction, length = _ENTRY.unpack_from(octets, offset)
            offset += _ENTRY.size + length
            entries.append(Entry(seconds, fraction, octets[offset - length : offset]))
            if not SHORTEST <= length <= ENTRY_OCTETS or offset > len(octets):
                raise ValueError("no telecommand")
        if len(entries) > ENTRIES:
            raise ValueError("too many entries")
        self._replace(entries, bool(octets[0]))

    def _replace(self, entries: list[Entry], enabled: bool) -> None:
        self._entries, self._enabled = sorted(entries, key=lambda entry: entry.release_ms), enabled
        self.next_ms = self._entries[0].release_ms if self._entries and enabled else NEVER

    def _insert(self, arguments: Arguments, now_ms: int) -> Effect:
        columns = (
            integers(arguments, "release_seconds"),
            integers(arguments, "release_fraction"),
            packets(arguments, "telecommand"),
        )
        added = [Entry(*row) for row in zip(*columns, strict=True)]
        if len(self._entries) + len(added) > ENTRIES:
            raise Rejected(Failure.NO_ROOM, ENTRIES - len(self._entries))
        taken = {entry.request for entry in self._entries}
        for entry in added:
            self._check(entry, now_ms)
            if entry.request in taken:
                raise Rejected(Failure.DUPLICATE, entry.request[-1])
            taken.add(entry.request)
        return lambda: self._replace(self._entries + added, self._enabled)

    def _check(self, entry: Entry, now_ms: int) -> None:
        """What is inserted must be acceptable, fit, and lie in the future."""
        if len(entry.octets) > ENTRY_OCTETS:
            raise Rejected(Failure.NO_ROOM, len(entry.octets))
        try:
            self._acceptance.check(entry.octets)
        except NotATelecommand as error:
            raise Rejected(Failure.ARGUMENTS, error.packet) from error
        if entry.release_ms <= self._time.tai_ms(now_ms):
            raise Rejected(Failure.LATE, entry.seconds)

    def _delete(self, arguments: Arguments, now_ms: int) -> Effect:
        columns = (integers(arguments, name) for name in ("request_source", "request_apid", "request_count"))
        going = set(zip(*columns, strict=True))
        known = {entry.request for entry in self._entries}
        for request in sorted(going - known):
            raise Rejected(Failure.NOT_FOUND, request[-1])
        rest = [entry for entry in self._entries if entry.request not in going]
        return lambda: self._replace(rest, self._enabled)

    def _summary(self) -> None:
        for entry in self._entries:
            self._answers.add("schedule_entry", (1, entry.seconds, entry.fraction, *entry.request))
