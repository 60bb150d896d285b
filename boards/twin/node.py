# SPDX-License-Identifier: Apache-2.0
"""One accelerator node of the compute board (boards/README.md section 4). Nodes do not see each other."""

from typing import NamedTuple

from ..registers.compute_flight import NodeState
from ..work import WORK_PER_MS

BEAT_MASK = 2047
NEVER_MS = 1 << 32

OFF, BOOT, ON, HUNG = NodeState


class Drive(NamedTuple):
    """What the world and the registers do to a node for the length of a grant."""

    enabled: bool
    fed: bool
    hot: bool
    hangs: bool
    command_step: int
    ramp_ms: int
    boot_ms: int


class Node:
    """State of one node; times in milliseconds, work in units of work.py."""

    __slots__ = ("beat", "boot", "ramp", "state", "step", "tripped", "work")

    def __init__(self) -> None:
        self.state = OFF
        self.step = 0
        self.ramp = 0
        self.boot = 0
        self.beat = 0
        self.work = 0
        self.tripped = False

    def live(self, ms: int, drive: Drive) -> None:
        """Live `ms` milliseconds, from event to event."""
        while ms > 0:
            quiet_ms = min(self.quiet_ms(drive), ms)
            if quiet_ms > 0:
                self._pass(quiet_ms, drive)
                ms -= quiet_ms
            if ms > 0:
                self._millisecond(drive)
                ms -= 1

    def quiet_ms(self, drive: Drive) -> int:
        """Milliseconds until the first one that does more than count; below 1: the next one does."""
        if self.tripped and not drive.enabled:
            return 0
        held = self.tripped or not drive.enabled or not drive.fed
        if self.state is OFF:
            return NEVER_MS if held else 0
        if held or drive.hot:
            return 0
        if self.state is BOOT:
            return self.boot - 1
        if self.state is HUNG:
            return NEVER_MS
        if drive.hangs:
            return 0
        return NEVER_MS if self.step == drive.command_step else self.ramp - 1

    def count(self, ms: int) -> None:
        """Let milliseconds pass in which the node is ON."""
        self.work += WORK_PER_MS[self.step] * ms
        self.beat = (self.beat + ms) & BEAT_MASK

    def _pass(self, ms: int, drive: Drive) -> None:
        """Let milliseconds pass, at least one, in which the node does nothing but count."""
        if self.state is BOOT:
            self.boot -= ms
        elif self.state is ON:
            self.count(ms)
            self.ramp = drive.ramp_ms if self.step == drive.command_step else self.ramp - ms

    def _millisecond(self, drive: Drive) -> None:
        """Live one millisecond as boards/README.md has it."""
        if not drive.enabled:
            self.tripped = False
        if self.state is not OFF and drive.hot:
            self.tripped = True
        if not drive.enabled or not drive.fed or self.tripped:
            self.state = OFF
            self.step = self.ramp = self.boot = self.beat = 0
        elif self.state is OFF:
            self.state = BOOT
            self.boot = drive.boot_ms
        elif self.state is BOOT:
            self._boot(drive)
        elif self.state is ON:
            self.count(1)
            self._ramp(drive)
            if drive.hangs:
                self.state = HUNG

    def _boot(self, drive: Drive) -> None:
        if self.boot > 1:
            self.boot -= 1
            return
        self.state = ON
        self.step = self.boot = self.beat = 0
        self.ramp = drive.ramp_ms

    def _ramp(self, drive: Drive) -> None:
        if self.step != drive.command_step and self.ramp > 1:
            self.ramp -= 1
            return
        self.ramp = drive.ramp_ms
        if self.step != drive.command_step:
            self.step += 1 if self.step < drive.command_step else -1
