# SPDX-License-Identifier: Apache-2.0
"""What the sixteen nodes draw: by state and clock step, and beyond that at the start of a boot, in a latch-up and in a surge.

A node that begins to boot charges its capacitors out of those of the bus: 5 kW through its rack's limiter, falling with 15 ms.
That is 75 J, which the energy accounts leave out; a limiter lets no more than 100 kW of inrush pass. It begins when the plant
first sees the node boot, at the end of a step, for the boards tell no better; steps are to be short until it is over
(`in_transient`).
"""

from __future__ import annotations

from math import exp

from .loads import IDLE_NODE_W, NODES, ON, RACK_A, RACK_B, Actuators, node_powers_w
from .strikes import Struck

INRUSH_W = 5_000.0
LIMITED_W = 100_000.0
"""Most inrush of a rack that passes its limiter, which holds it there until it trips."""
INRUSH_TAU_MS, INRUSH_MS = 15.0, 45
"""Fall of the inrush, and when it is taken to be over. Eight nodes that start together draw as much as eight at full clock."""
RELEASE_MS = 400
"""How long a node has to be without power for a latch-up to let go."""
_EVEN = 0x55555555


class Nodes:
    """Power of the nodes as the plant has seen them so far.

    Attributes:
        power_w: of each node when its rack gets all that it asks for.
        racks_w: sums of the two racks.
        inrush_w: what flows into the two racks beyond that for some milliseconds.
    """

    __slots__ = (
        "_booting",
        "_inrush",
        "_key",
        "_latched",
        "_off_ms",
        "_starting",
        "_steady_racks_w",
        "_steady_w",
        "inrush_w",
        "power_w",
        "racks_w",
    )  # fmt: skip

    def __init__(self) -> None:
        self._key: tuple[int, int, int, int] | None = None
        self._steady_w = self.power_w = [0.0] * NODES
        self._steady_racks_w = self.racks_w = self.inrush_w = (0.0, 0.0)
        self._booting = self._starting = 0
        self._inrush: dict[int, tuple[int, float]] = {}
        self._latched: dict[int, float] = {}
        self._off_ms = [0] * NODES

    @property
    def in_transient(self) -> bool:
        """Whether an inrush flows."""
        return bool(self._inrush)

    def follow(self, actuators: Actuators, fed: int) -> None:
        """See what the boards do with the nodes; `fed` are the loads that have power."""
        key = (actuators.node_state, actuators.steps_low, actuators.steps_high, fed >> RACK_A & 3)
        if key == self._key:
            return
        self._key = key
        self._steady_w = node_powers_w(*key[:3])
        booting = actuators.node_state & ~(actuators.node_state >> 1) & _EVEN
        for rack in (RACK_A, RACK_B):
            if not fed >> rack & 1:
                first = 8 * (rack - RACK_A)
                self._steady_w[first : first + 8] = [0.0] * 8
                booting &= ~(0xFFFF << 2 * first)
        self._steady_racks_w = (sum(self._steady_w[:8]), sum(self._steady_w[8:]))
        self._starting |= booting & ~self._booting
        self._booting = booting

    def draw(self, time_ms: int, struck: Struck) -> None:
        """Work out what they ask for at a time."""
        self.power_w, self.racks_w = self._steady_w, self._steady_racks_w
        self.inrush_w = self._rush_w(time_ms) if self._inrush else (0.0, 0.0)
        if not self._latched and not struck.surges:
            return
        self.power_w = power_w = self._steady_w[:]
        left_out = struck.surge(time_ms)
        if left_out and self._key:
            for i in range(NODES):
                if self._key[0] >> 2 * i & 3 == ON and power_w[i]:
                    power_w[i] -= left_out * (power_w[i] - IDLE_NODE_W)
        for i, more_w in self._latched.items():
            if self._steady_w[i]:
                power_w[i] += more_w
        self.racks_w = (sum(power_w[:8]), sum(power_w[8:]))

    def _rush_w(self, time_ms: int) -> tuple[float, float]:
        racks_w = [0.0, 0.0]
        for i, (at_ms, peak_w) in self._inrush.items():
            if self._steady_w[i]:
                racks_w[i >> 3] += peak_w * exp(-(time_ms - at_ms) / INRUSH_TAU_MS)
        return min(racks_w[0], LIMITED_W), min(racks_w[1], LIMITED_W)

    def end_step(self, time_ms: int, dt_ms: int, struck: Struck) -> bool:
        """Begin and end what is beyond the steady power; say whether something other than an inrush's fall changed."""
        changed = False
        if self._inrush:
            over = [i for i, (at_ms, _) in self._inrush.items() if time_ms - at_ms >= INRUSH_MS]
            for i in over:
                del self._inrush[i]
            changed = bool(over)
        if self._starting:
            factors = dict(struck.inrush)
            for i in range(NODES):
                if self._starting >> 2 * i & 1:
                    self._inrush[i] = (time_ms, INRUSH_W * factors.get(i, 1.0))
            self._starting = 0
            changed = True
        if struck.latchup_w or self._latched:
            changed |= self._latch(dt_ms, struck)
        return changed

    def _latch(self, dt_ms: int, struck: Struck) -> bool:
        before = dict(self._latched)
        for i, more_w in struck.latchup_w:
            if self._steady_w[i]:
                self._latched[i] = more_w
        for i in list(self._latched):
            self._off_ms[i] = 0 if self._steady_w[i] else self._off_ms[i] + dt_ms
            if self._off_ms[i] >= RELEASE_MS:
                del self._latched[i]
        return before != self._latched
