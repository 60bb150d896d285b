# SPDX-License-Identifier: Apache-2.0
"""Duty cycle and health of the sixteen accelerator nodes.

Each cycle: nodes that are hung, wrong, tripped or late are switched off for a while; then as many stay as the plan says,
more are started when it has wanted more for some cycles running, and the clocks are set to use its power up. Booting nodes
are held at the lowest step, so that none comes up faster than its power was planned. Starts go to the nodes with the fewest
power cycles, stops to those as well: the rest keep running, and wear evens out.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple

from .control import allocation
from .control.port import NodeCounts, Plan
from .events import EventSink
from .fdir.quarantine import Thing, tell_given_up
from .parameters import NODES, FlightParameters
from .ports import NonVolatileMemory
from .records import NODE_RECORD
from .retry import RetryLadder
from .sample import ComputeWords

OFF, BOOT, ON, HUNG = range(4)
START_PERSISTENCE_S = 3.0
WRONG_PERSISTENCE = 2
BOOT_LATE_S = 60.0
HOLD_SHARE, HOLD_LEAST_W, HOLD_MOST_W = 0.03, 150.0, 700.0  # clocks go up only when this much is left over
BEAT_MS = 2048  # two bits of heartbeat come round in this time
_RECORD = struct.Struct(f">{NODES}I")


class Command(NamedTuple):
    """What the compute board is told: NODE_ENABLE, COMMAND_STEPS_LOW and _HIGH, CHALLENGE."""

    enable: int
    steps_low: int
    steps_high: int
    challenge: int


class NodeControl:
    """State of the control of sixteen nodes.

    Attributes:
        command: the latest command.
        on: mask of the nodes seen on in the latest sample.
        tripped: mask of those whose trip was found in the latest sample.
    """

    __slots__ = (
        "_beats",
        "_challenge_due",
        "_challenged",
        "_clocks",
        "_enabled_ms",
        "_failed",
        "_ladder",
        "_last_ms",
        "_last_on",
        "_memory",
        "_parameters",
        "_quiet",
        "_racked",
        "_restart",
        "_states",
        "_strikes",
        "_table",
        "_up",
        "_want_cycles",
        "command",
        "cycles",
        "on",
        "tripped",
    )

    def __init__(self, parameters: FlightParameters, memory: NonVolatileMemory) -> None:
        self._parameters = parameters
        self._memory = memory
        self._table = allocation.step_table(parameters.node)
        self._ladder = RetryLadder(NODES, parameters.retry_s)
        record = memory.read(NODE_RECORD)
        whole = record is not None and len(record) == _RECORD.size
        self.cycles = list(_RECORD.unpack(record)) if record is not None and whole else [0] * NODES
        self._enabled_ms = [0] * NODES
        self._quiet = [0] * NODES  # cycles without a heartbeat
        self._strikes = [0] * NODES  # wrong answers in a row
        self._states = self._beats = -1
        self._failed = 0  # nodes that have not been on since they failed
        self._last_ms = 0
        self._last_on = 0
        self._want_cycles = 0
        self._racked = 0
        self._restart = 0
        self._challenge_due = 0
        self._challenged = -1
        self._clocks = allocation.Clocks(0, 0)
        self.command = Command(0, 0, 0, 0)
        self.on = self._up = self.tripped = 0

    def forget(self) -> None:
        """The board has lost power: every node is off and nothing was asked."""
        self.command = Command(0, 0, 0, self.command.challenge)
        self.on = self._up = self._last_on = 0
        self._states = self._beats = -1
        self._challenged = -1

    def restart(self, node: int) -> None:
        """Switch a node off for a cycle at least; it is started again like any other."""
        self._restart |= 1 << node

    def clear_retries(self) -> None:
        """Let every node that is held off be started again at once."""
        self._ladder.clear()

    def observe(self, now_ms: int, words: ComputeWords | None, racked: int, events: EventSink) -> None:
        """Take in a sample (None: it did not come, go by the one before); nodes that fail go off.

        Args:
            racked: mask of the nodes that may run: their rack has power, and the ground allows it.
        """
        if self.command.enable & ~racked:
            self.command = self.command._replace(enable=self.command.enable & racked)
        if words is not None:
            self._observe(now_ms, words, events)
        self._racked = racked & ~self._ladder.release(now_ms) & ~self._restart
        if self.command.enable & ~self._racked:
            self.command = self.command._replace(enable=self.command.enable & self._racked)
        self._restart = 0

    def counts(self, now_ms: int) -> NodeCounts:
        """How many nodes there are to plan with."""
        enable = self.command.enable
        on = (enable & self.on).bit_count()
        mature = enable.bit_count() - len(self._young(now_ms))
        return NodeCounts(on, enable.bit_count() - on, self._racked.bit_count(), mature)

    def decide(self, now_ms: int, plan: Plan, node_w: float) -> Command:
        """Turn a plan into a command; `node_w` is the most that one node may turn into heat."""
        enable = self._shed(now_ms, self.command.enable, plan.nodes)
        starting = self._wanted(enable, plan.nodes)
        room_w = plan.ceiling_w - self._drawn_w(enable)
        low, high = self._set_clocks(enable | starting, plan, node_w)
        if starting and starting.bit_count() * self._table.boot_w <= room_w:
            self._start(now_ms, starting)
            enable |= starting
        self.command = Command(enable, low, high, self._challenge(now_ms))
        return self.command

    def _drawn_w(self, enable: int) -> float:
        """What nodes draw as the next command reaches them: clocks need a tenth of a second to come down, boots begin at once."""
        nodes = (enable & self.on).bit_count()
        booting_w = (enable.bit_count() - nodes) * self._table.boot_w
        return allocation.clocks_w(self._clocks, nodes, self._table) + booting_w

    # health

    def _observe(self, now_ms: int, words: ComputeWords, events: EventSink) -> None:
        if words.node_state != self._states:
            self._states = words.node_state
            self.on = mask_of(words.node_state, ON)
            self._up = self.on | mask_of(words.node_state, HUNG)
            for node in _nodes(self.on & self._failed & self.command.enable):
                self._failed &= ~(1 << node)
                events.raise_event("NODE_RECOVERED", now_ms, node, self._ladder.faults[node])
        self._watch_heartbeats(now_ms, words, events)
        self._check_answer(now_ms, words, events)
        self.tripped = words.tripped & self.command.enable
        for node in _nodes(self.tripped):
            self.fail(node, now_ms, "NODE_TRIPPED", words.temperatures[node], events)
        late = self.command.enable & ~self._up & _powered(words.node_state)
        if late:
            self._watch_boots(now_ms, late, events)

    def _watch_heartbeats(self, now_ms: int, words: ComputeWords, events: EventSink) -> None:
        elapsed_ms = (now_ms - self._last_ms) % BEAT_MS
        self._last_ms = now_ms
        alive = words.heartbeats ^ self._beats
        self._beats = words.heartbeats
        hung = words.node_state & words.node_state >> 1 & 0x55555555
        still = ~(alive | alive >> 1) & words.node_state >> 1 & 0x55555555
        if not BEAT_MS // 4 <= elapsed_ms <= 3 * BEAT_MS // 4:
            still = hung  # the beat may have come round: it proves nothing
        if not still:
            if any(self._quiet):
                self._quiet = [0] * NODES
            return
        for node in range(NODES):
            if not still >> 2 * node & 1 or not self.command.enable >> node & 1:
                self._quiet[node] = 0
                continue
            self._quiet[node] += 1
            if self._quiet[node] >= self._parameters.hung_samples:
                self.fail(node, now_ms, "NODE_HUNG", self._quiet[node], events)

    def _check_answer(self, now_ms: int, words: ComputeWords, events: EventSink) -> None:
        challenge, self._challenged = self._challenged, -1
        if challenge < 0:
            return
        node = challenge >> 28
        if not self.on & self._last_on & 1 << node:
            return
        if words.response == golden_answer(challenge):
            self._strikes[node] = 0
            return
        self._strikes[node] += 1
        self._challenge_due = now_ms
        if self._strikes[node] >= WRONG_PERSISTENCE:
            self.fail(node, now_ms, "WRONG_ANSWER", words.response ^ golden_answer(challenge), events)
        else:
            self.command = self.command._replace(challenge=(node - 1) % NODES << 28)

    def _watch_boots(self, now_ms: int, late: int, events: EventSink) -> None:
        limit_ms = (self._parameters.boot_s + BOOT_LATE_S) * 1000.0
        for node in _nodes(late):
            if now_ms - self._enabled_ms[node] > limit_ms:
                self.fail(node, now_ms, "NODE_HUNG", self._quiet[node], events)

    @property
    def held(self) -> int:
        """Mask of the nodes that are held off after a fault."""
        return self._ladder.held

    @property
    def sound(self) -> int:
        """Mask of the nodes that may run and have not failed of late, or, when there is none, of all that are not held off."""
        free = ~self._ladder.held & (1 << NODES) - 1
        return sum(1 << node for node in _nodes(free) if not self._ladder.faults[node]) or free

    def fail(
        self, node: int, now_ms: int, name: str, fact: int, events: EventSink, *, last: bool = False
    ) -> None:
        """Report what is wrong with a node and switch it off for a while, with `last` for hours."""
        events.raise_event(name, now_ms, node, fact)
        given_up = self._ladder.fail(node, now_ms, last=last)
        tell_given_up(given_up, now_ms, Thing.NODE, node, events)
        self._failed |= 1 << node
        self._quiet[node] = self._strikes[node] = 0

    # number of nodes

    def _young(self, now_ms: int) -> list[int]:
        """Enabled nodes that have not run for their least time."""
        since_ms = now_ms - self._parameters.least_on_s * 1000.0
        return [node for node in _nodes(self.command.enable) if self._enabled_ms[node] > since_ms]

    def _shed(self, now_ms: int, enable: int, kept: int) -> int:
        surplus = enable.bit_count() - kept
        if surplus <= 0:
            return enable
        young = self._young(now_ms)
        going = sorted(_nodes(enable), key=lambda node: (node in young, self.cycles[node], node))
        for node in going[:surplus]:
            enable &= ~(1 << node)
        return enable

    def _wanted(self, enable: int, wanted: int) -> int:
        """Mask of the nodes to start, once the plan has wanted more for long enough."""
        missing = wanted - enable.bit_count()
        free = self._racked & ~enable
        if missing <= 0 or not free:
            self._want_cycles = 0
            return 0
        self._want_cycles += 1
        if self._want_cycles * self._parameters.cycle_ms < START_PERSISTENCE_S * 1000.0:
            return 0
        first = sorted(_nodes(free), key=lambda node: (self.cycles[node], node))[:missing]
        return sum(1 << node for node in first)

    def _start(self, now_ms: int, starting: int) -> None:
        self._want_cycles = 0
        for node in _nodes(starting):
            self._enabled_ms[node] = now_ms
            self.cycles[node] += 1
        self._memory.write(NODE_RECORD, _RECORD.pack(*self.cycles))

    # clocks

    def _set_clocks(self, enable: int, plan: Plan, node_w: float) -> tuple[int, int]:
        running = enable & self.on
        nodes = running.bit_count()
        booting_w = (enable.bit_count() - nodes) * self._table.boot_w
        least_w = nodes * self._table.step_w[0]
        cool_w = allocation.cool_w(node_w, nodes, self._table)
        power_w = min(max(plan.compute_w - booting_w, least_w), plan.ceiling_w - booting_w, cool_w)
        now_w = allocation.clocks_w(self._clocks, nodes, self._table)
        hold_w = min(max(HOLD_SHARE * now_w, HOLD_LEAST_W), HOLD_MOST_W)
        if running == self._last_on and now_w <= power_w < now_w + hold_w:
            return self.command.steps_low, self.command.steps_high
        self._last_on = running
        self._clocks = allocation.clocks(power_w, nodes, self._table)
        return _steps(running, self._clocks)

    # challenge

    def _challenge(self, now_ms: int) -> int:
        if now_ms < self._challenge_due or not self._last_on:
            return self.command.challenge
        self._challenge_due = now_ms + self._parameters.challenge_every_cycles * self._parameters.cycle_ms
        node = self.command.challenge >> 28
        for _ in range(NODES):
            node = (node + 1) % NODES
            if self._last_on >> node & 1:
                break
        self._challenged = node << 28 | now_ms * 2654435761 & 0xFFFFFFF
        return self._challenged

    def challenge_lost(self) -> None:
        """The challenge may not have reached the board: expect no answer."""
        self._challenged = -1


def golden_answer(challenge: int) -> int:
    """What a node that computes rightly answers to a challenge."""
    return challenge & 0xF0000000 | (5 * (challenge & 0xFFFFFFF) + 0x3C6EF35) & 0xFFFFFFF


@lru_cache(maxsize=4)
def mask_of(states: int, wanted: int) -> int:
    """Mask of the nodes that are in a state: NODE_STATE stays as it is for many cycles."""
    return sum(1 << node for node in range(NODES) if states >> 2 * node & 3 == wanted)


def _powered(states: int) -> int:
    """Mask of the racks in which any node is not off: that all of them are off is told by what their rack draws."""
    return (0x00FF if states & 0xFFFF else 0) | (0xFF00 if states >> 16 else 0)


def _nodes(mask: int) -> list[int]:
    return [node for node in range(NODES) if mask >> node & 1] if mask else []


def _steps(running: int, clocks: allocation.Clocks) -> tuple[int, int]:
    steps = 0
    for count, node in enumerate(_nodes(running)):
        steps |= (clocks.base + (count < clocks.faster)) << 4 * node
    return steps & 0xFFFFFFFF, steps >> 32
