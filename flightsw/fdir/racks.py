# SPDX-License-Identifier: Apache-2.0
"""The racks: a node that draws more than it was told to, ignores its clock, or trips its rack when it boots.

Racks have one current sensor each, so a node that is latched up is told by its junction: the more a rack draws beyond what its
nodes were told to, the warmer one of them must get. What each reading since then speaks for each node (the logarithm of its
likelihood) is added up until one node is ahead of all others. A rack that trips as nodes start gets its nodes back one by one,
so that the next trip tells which node it was.
"""

from __future__ import annotations

from math import exp

from ..compute import OFF, ON, NodeControl, mask_of
from ..control import allocation
from ..events import EventSink
from ..parameters import NODES, STEPS, FlightParameters
from ..sample import ComputeWords
from .alarm import SETTABLE, Alarm, alarms
from .limiters import LOAD_RACK_A, LOAD_RACK_B, LimiterControl
from .readings import Readings

RACKS = 2
ALL_NODES = (1 << NODES) - 1
NODES_OF = (0x00FF, 0xFF00)
LIMITER_OF = (LOAD_RACK_A, LOAD_RACK_B)
CLEAR_SAMPLES = 3
SURE, GUESS_SAMPLES = 4.0, 15  # a node is believed when it is ahead by so much, or after so long
READING_K2 = 0.2  # variance of a junction's reading: noise and rounding
SETTLE_SAMPLES = 5  # after a node was switched off, until currents are compared again
JUNCTION_S = 5.0
SMOOTH = 0.4  # within a second, of a junction's reading
JUNCTION_ZERO_K = 200.0
COOLANT_K = 0.01
ONE_BY_ONE_MS = 5000
CAREFUL_MS = 1_800_000  # a rack that has not tripped for so long starts its nodes as it likes
BLAME_MS = 4000
LIT_SHARE = 0.5  # of the nominal array power: day


class RackWatch:
    """What the nodes should draw, and which of them do not.

    Attributes:
        racks_w: the least that each rack must draw, if its limiter feeds it, when the latest currents were measured.
        residual_k: how much warmer each junction is than its power makes it, by the latest reading.
        warm_k: the same, smoothed.
        usable: mask of the nodes that may run.
    """

    __slots__ = (
        "_base_k",
        "_before_k",
        "_begun_ms",
        "_careful_ms",
        "_excess",
        "_excess_s",
        "_last_enable",
        "_last_on",
        "_last_w",
        "_noted",
        "_parameters",
        "_rise_k",
        "_scores",
        "_settle",
        "_started",
        "_started_ms",
        "_state_w",
        "_table",
        "_unlocked",
        "_waited",
        "_was_blamed",
        "_was_ms",
        "_was_unlocked",
        "racks_w",
        "residual_k",
        "usable",
        "warm_k",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._table = table = allocation.step_table(parameters.node)
        static_w = parameters.node.static_w
        self._state_w = ((0.0,) * STEPS, (table.boot_w,) * STEPS, table.step_w, (static_w,) * STEPS)
        self._excess = alarms(RACKS, SETTABLE, CLEAR_SAMPLES)
        self._unlocked = tuple(Alarm(SETTABLE, CLEAR_SAMPLES) for _ in range(NODES))
        self._noted = False  # whether a clock has been seen to differ lately
        self._was_unlocked = 0
        self._was_blamed = 0
        self._waited = [0] * RACKS
        self._settle = [0] * RACKS
        self._begun_ms = [-BLAME_MS - 1] * RACKS  # when a node of it was started last
        self._last_enable = 0
        self._careful_ms: list[int | None] = [None] * RACKS  # when it tripped last
        self._started = [-1] * RACKS  # the node that was let start last while careful
        self._started_ms = [0] * RACKS
        self._last_on = 0
        self._last_w = [0.0] * NODES
        self._rise_k = [0.0] * NODES
        self._base_k = [0.0] * NODES  # before a rack drew too much
        self._before_k = [0.0] * NODES  # `warm_k` a sample ago
        self._scores = [0.0] * NODES
        self._excess_s = [0.0] * RACKS  # since when it does
        self._was_ms: int | None = None
        self.warm_k = [0.0] * NODES
        self.residual_k = [0.0] * NODES
        self.racks_w: tuple[float, ...] = (0.0, 0.0)
        self.usable = ALL_NODES

    def clear_retries(self) -> None:
        """Forget what nodes were blamed for."""
        self._was_unlocked = self._was_blamed = 0
        self._careful_ms = [None] * RACKS

    def observe(
        self,
        now_ms: int,
        words: ComputeWords,
        now: Readings,
        limiters: LimiterControl,
        nodes: NodeControl,
        events: EventSink,
    ) -> None:
        """Take in a sample of both boards; what the nodes are commanded is still that of the cycle before."""
        elapsed_s = 0.0 if self._was_ms is None else (now_ms - self._was_ms) / 1000.0
        self._was_ms = now_ms
        fed = self._fed(limiters)
        node_w = self._node_w(words, fed)
        self._watch_junctions(words, node_w, elapsed_s)
        most_w = self._envelope(node_w)
        self.racks_w = tuple(
            self._unfed_w(rack, words, fed, nodes) or least_w for rack, least_w in enumerate(self.racks_w)
        )
        bus_v = min(now.bus_v, self._parameters.bus_nominal_v)  # a sensor that reads high makes no latch-up
        for rack in range(RACKS):
            if nodes.command.enable & ~self._last_enable & NODES_OF[rack]:
                self._begun_ms[rack] = now_ms
            self._watch_trip(now_ms, rack, limiters, nodes, events)
            self._watch_current(
                now_ms, rack, now.loads_a[2 + rack] * bus_v - most_w[rack], elapsed_s, words, nodes, events
            )
        self._watch_clocks(now_ms, words, nodes, events)
        self._last_w = node_w
        self._last_enable = nodes.command.enable
        self.usable = self._released(now_ms, limiters, nodes) & self._lit(now, nodes)

    # what they should draw

    def _fed(self, limiters: LimiterControl) -> int:
        on = limiters.on & ~limiters.cut
        return sum(NODES_OF[rack] for rack in range(RACKS) if on & LIMITER_OF[rack])

    def _node_w(self, words: ComputeWords, fed: int) -> list[float]:
        steps, states = words.steps_high << 32 | words.steps_low, words.node_state
        return [
            self._state_w[states >> 2 * node & 3][steps >> 4 * node & 15] if fed >> node & 1 else 0.0
            for node in range(NODES)
        ]

    def _envelope(self, node_w: list[float]) -> tuple[float, float]:
        """The most that each rack may have drawn between the two latest samples; sets the least."""
        least, most = [], []
        for rack in range(RACKS):
            part = slice(8 * rack, 8 * rack + 8)
            now_w, last_w = node_w[part], self._last_w[part]
            sums = sum(now_w), sum(last_w)
            least.append(min(sums))
            most.append(sums[0] if now_w == last_w else sum(map(max, now_w, last_w)))
        self.racks_w = (least[0], least[1])
        return most[0], most[1]

    def _unfed_w(self, rack: int, words: ComputeWords, fed: int, nodes: NodeControl) -> float:
        """What the nodes of a rack would draw at the least if it had power: all are off that were commanded on a cycle ago."""
        wanted = nodes.command.enable & self._last_enable & fed & NODES_OF[rack]
        up = words.node_state >> 16 * rack & 0xFFFF
        return 0.0 if up or wanted & words.tripped else wanted.bit_count() * self._table.boot_w

    def _watch_junctions(self, words: ComputeWords, node_w: list[float], elapsed_s: float) -> None:
        settled = 1.0 - exp(-elapsed_s / JUNCTION_S)
        coolant_k = words.coolant_temperature * COOLANT_K
        k_w = self._parameters.junction_k_w
        self._rise_k = [
            rise_k + settled * (k_w * (watts if watts > last_w else last_w) - rise_k)
            for rise_k, watts, last_w in zip(self._rise_k, node_w, self._last_w, strict=True)
        ]
        self._before_k = self.warm_k
        smooth = 1.0 - (1.0 - SMOOTH) ** elapsed_s
        self.residual_k = [
            count + JUNCTION_ZERO_K - coolant_k - rise_k
            for count, rise_k in zip(words.temperatures, self._rise_k, strict=True)
        ]
        self.warm_k = [
            warm_k + smooth * (residual_k - warm_k)
            for warm_k, residual_k in zip(self.warm_k, self.residual_k, strict=True)
        ]

    # latch-up

    def _watch_current(
        self,
        now_ms: int,
        rack: int,
        excess_w: float,
        elapsed_s: float,
        words: ComputeWords,
        nodes: NodeControl,
        events: EventSink,
    ) -> None:
        if self._settle[rack]:
            self._settle[rack] -= 1
            return
        alarm = self._excess[rack]
        excessive = excess_w > self._parameters.latchup_w
        alarm.follow(excessive, self._parameters.latchup_samples)
        self._waited[rack] = self._waited[rack] + 1 if alarm.active else 0
        if excessive:
            self._weigh(rack, excess_w, elapsed_s)
        elif not alarm.active:
            self._excess_s[rack] = 0.0
        sure = self._waited[rack] < GUESS_SAMPLES
        node = self._likeliest(rack, words, sure=sure) if alarm.active and excessive else None
        if node is None:
            return
        nodes.fail(node, now_ms, "NODE_LATCHED_UP", round(excess_w), events)
        alarm.forget()
        self._waited[rack] = 0
        self._excess_s[rack] = 0.0
        self._settle[rack] = SETTLE_SAMPLES

    def _weigh(self, rack: int, excess_w: float, elapsed_s: float) -> None:
        """Add what the latest readings speak for each node of a rack; it began half way between two samples."""
        part = slice(8 * rack, 8 * rack + 8)
        if not self._excess_s[rack]:
            self._scores[part] = [0.0] * 8
            self._base_k[part] = self._before_k[part]
            self._excess_s[rack] = elapsed_s / 2
        else:
            self._excess_s[rack] += elapsed_s
        risen_k = self._parameters.junction_k_w * excess_w * (1.0 - exp(-self._excess_s[rack] / JUNCTION_S))
        for node in range(8 * rack, 8 * rack + 8):
            warmer_k = self.residual_k[node] - self._base_k[node]
            self._scores[node] += risen_k * (warmer_k - risen_k / 2) / READING_K2

    def _likeliest(self, rack: int, words: ComputeWords, *, sure: bool) -> int | None:
        up = [node for node in range(8 * rack, 8 * rack + 8) if words.node_state >> 2 * node & 3 != OFF]
        up.sort(key=lambda node: -self._scores[node])
        if not up or (sure and len(up) > 1 and self._scores[up[0]] - self._scores[up[1]] < SURE):
            return None
        return up[0]

    # clocks

    def _watch_clocks(self, now_ms: int, words: ComputeWords, nodes: NodeControl, events: EventSink) -> None:
        """Whether nodes that were on a cycle ago run at the step that they were then told."""
        told = nodes.command.steps_high << 32 | nodes.command.steps_low
        steps = words.steps_high << 32 | words.steps_low
        on = mask_of(words.node_state, ON)
        compared, self._last_on = on & self._last_on & nodes.command.enable, on
        if steps == told and not self._noted:
            return
        for node in range(NODES):
            alarm = self._unlocked[node]
            if not compared >> node & 1:
                alarm.forget()
                continue
            step = steps >> 4 * node & 15
            wrong = step != told >> 4 * node & 15
            if alarm.follow(wrong, self._parameters.unlocked_samples) and alarm.active:
                again = bool(self._was_unlocked >> node & 1)
                self._was_unlocked |= 1 << node
                nodes.fail(node, now_ms, "NODE_UNLOCKED", step, events, last=again)
        self._noted = not all(alarm.idle for alarm in self._unlocked)

    # trips of a rack

    def _watch_trip(
        self, now_ms: int, rack: int, limiters: LimiterControl, nodes: NodeControl, events: EventSink
    ) -> None:
        if not limiters.failed & LIMITER_OF[rack]:
            return
        node = self._started[rack]
        if node >= 0 and now_ms - self._started_ms[rack] <= BLAME_MS:
            again = bool(self._was_blamed >> node & 1)
            self._was_blamed |= 1 << node
            nodes.fail(node, now_ms, "NODE_INRUSH", rack, events, last=again)
        if self._careful_ms[rack] is not None or now_ms - self._begun_ms[rack] <= BLAME_MS:
            self._careful_ms[rack] = now_ms
        self._started[rack] = -1

    def _released(self, now_ms: int, limiters: LimiterControl, nodes: NodeControl) -> int:
        usable = ALL_NODES
        for rack, tripped_ms in enumerate(self._careful_ms):
            if tripped_ms is None:
                continue
            if now_ms - tripped_ms > CAREFUL_MS:
                self._careful_ms[rack] = None
                continue
            usable &= ~NODES_OF[rack] | nodes.command.enable | self._next(now_ms, rack, limiters, nodes)
        return usable

    def _lit(self, now: Readings, nodes: NodeControl) -> int:
        """Nodes whose clocks would not bind are tried again by day: at full clock they may be more than the battery gives."""
        if now.array_w > LIT_SHARE * self._parameters.array_w:
            return ALL_NODES
        return ~self._was_unlocked | nodes.command.enable

    def _next(self, now_ms: int, rack: int, limiters: LimiterControl, nodes: NodeControl) -> int:
        """The one node of a rack that may start now."""
        if not limiters.on & LIMITER_OF[rack]:
            return 0
        let = self._started[rack]
        if let >= 0:
            if not nodes.command.enable >> let & 1 and not nodes.held >> let & 1:
                self._started_ms[rack] = now_ms  # it has not been wanted yet
                return 1 << let
            if now_ms - self._started_ms[rack] < ONE_BY_ONE_MS:
                return 0
        free = NODES_OF[rack] & ~nodes.command.enable & ~nodes.held
        if not free:
            return 0
        self._started[rack] = (free & -free).bit_length() - 1
        self._started_ms[rack] = now_ms
        return free & -free
