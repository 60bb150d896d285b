# SPDX-License-Identifier: Apache-2.0
"""The coolant pump: junctions that heat up together, faster than their power explains, tell that the coolant stands still.

At the first sign of it all clocks go to the lowest step. Once it is certain the nodes go off, the warmest first, as fast as the
bus likes; the pump is switched off for a while, longer each time and never for good, and one node tries whether the coolant
moves before the others may run: once the junctions are so cool that a failed trial does not overheat it.
"""

from __future__ import annotations

from ..control import allocation
from ..control.limits import shed_w
from ..events import EventSink
from ..parameters import NODES, FlightParameters
from ..retry import RetryLadder
from ..sample import ComputeWords
from .alarm import Alarm
from .limiters import LOAD_PUMP, LimiterControl

ALL_NODES = (1 << NODES) - 1
PUMP = LOAD_PUMP.bit_length() - 1
# Times are one sample at the least: junctions are too hot for the nodes' own sake before a few long cycles are over.
STILL_S, HEATING_S = 2.0, 3.0
WARM_K, WARM_K_S = 3.0, 0.8  # more with long cycles, in which coolant and junctions are followed less closely
HEATING_K, HEATING_K_S = 1.0, 0.3  # without flow even an idle node's junction rises by 0.4 K/s
HURRY_K_S = 0.5  # both faster than this: what junctions read, and what their power does not explain
HURRY_S = 3.0  # after the latest such sign
TRIAL_MS = 150_000
TRIAL_ROOM_K = 12.0  # below the limit: twice what a node warms in still coolant until it is noticed
JUNCTION_ZERO_K = 200.0
UNLIMITED_W = 1e9


class PumpWatch:
    """Whether the coolant moves.

    Attributes:
        usable: mask of the nodes that may run.
        off: the pump's limiter, when it is to be off.
    """

    __slots__ = (
        "_failed",
        "_heating_k",
        "_heating_samples",
        "_hurry_ms",
        "_ladder",
        "_last_k",
        "_means_k",
        "_parameters",
        "_slow",
        "_still",
        "_table",
        "_told",
        "_trial_ms",
        "_warm_k",
        "off",
        "usable",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._table = allocation.step_table(parameters.node)
        self._ladder = RetryLadder(1, parameters.retry_s, never=1)
        cycle_s = parameters.cycle_ms / 1000.0
        self._still = Alarm(max(round(STILL_S / cycle_s), 1), 1)
        self._heating_samples = max(round(HEATING_S / cycle_s), 1)
        self._warm_k = max(WARM_K, WARM_K_S * cycle_s)
        self._heating_k = max(HEATING_K, HEATING_K_S * self._heating_samples * cycle_s)
        self._means_k: list[float] = []
        self._failed = self._told = False
        self._trial_ms: int | None = None
        self._last_k: tuple[float, float] | None = None
        self._hurry_ms = -1
        self._slow = False
        self.usable = ALL_NODES
        self.off = 0

    @property
    def node_w(self) -> float:
        """The most that a node may draw."""
        return self._table.step_w[0] if self._failed or self._slow else UNLIMITED_W

    def clear_retries(self) -> None:
        """Try again at once."""
        self._ladder.clear()

    def observe(
        self,
        now_ms: int,
        words: ComputeWords,
        warm_k: list[float],
        dead: bool,
        free: int,
        limiters: LimiterControl,
        events: EventSink,
    ) -> None:
        """Take in a sample.

        Args:
            warm_k: how much warmer each junction is than its power makes it.
            dead: whether the pump is found to draw no current, which is told elsewhere.
            free: mask of the nodes one of which may try.
        """
        self.off = LOAD_PUMP if self._ladder.release(now_ms) else 0
        up = [node for node in range(NODES) if words.node_state >> 2 * node & 3]
        self._hurry(now_ms, words, warm_k, up)
        still = self._still.follow(bool(up) and self._heating(words, warm_k, up)) and self._still.active
        if still:
            self._still.forget()
            if not (self._told or self._failed or dead):
                self._told = True
                events.raise_event("PUMP_FAILED", now_ms, round(100 * max(warm_k)))
        if still or dead:
            self._failed, self._trial_ms = True, None
        if self._failed and self.usable:
            self._stage(words, up)
            if not self.usable:
                self._ladder.fail(0, now_ms)
        elif self._failed and not self._ladder.held:
            self._wait(now_ms, words, limiters, free)
        elif self._trial_ms is not None and now_ms - self._trial_ms > TRIAL_MS:
            self._trial_ms = None
            self.usable = ALL_NODES
            if self._told:
                self._told = False
                events.raise_event("LOAD_RECOVERED", now_ms, PUMP)

    def _heating(self, words: ComputeWords, warm_k: list[float], up: list[int]) -> bool:
        means, mean_k = self._means_k, sum(words.temperatures[node] for node in up) / len(up)
        means.append(mean_k)
        if len(means) <= self._heating_samples:
            return False
        rises = mean_k - means.pop(0) > self._heating_k
        return rises and sum(warm_k[node] for node in up) / len(up) > self._warm_k

    def _hurry(self, now_ms: int, words: ComputeWords, warm_k: list[float], up: list[int]) -> None:
        """Slow the nodes with the very sample in which all junctions leap beyond what their power explains."""
        if not up:
            self._last_k, self._slow = None, False
            return
        seen_k = (
            sum(words.temperatures[node] for node in up) / len(up),
            sum(warm_k[node] for node in up) / len(up),
        )
        last_k, self._last_k = self._last_k, seen_k
        least_k = HURRY_K_S * self._parameters.cycle_ms / 1000.0
        warm = seen_k[1] > least_k
        if warm and last_k and min(seen - last for seen, last in zip(seen_k, last_k, strict=True)) > least_k:
            self._hurry_ms = now_ms + round(HURRY_S * 1000)
        self._slow = now_ms < self._hurry_ms

    def _stage(self, words: ComputeWords, up: list[int]) -> None:
        """The warmest nodes go first."""
        count = max(int(shed_w(self._parameters) / self._table.step_w[0]), 1)
        running = sorted(
            (node for node in up if self.usable >> node & 1), key=lambda node: -words.temperatures[node]
        )
        for node in running[:count]:
            self.usable &= ~(1 << node)
        if len(running) <= count:
            self.usable = 0

    def _wait(self, now_ms: int, words: ComputeWords, limiters: LimiterControl, free: int) -> None:
        """Until the pump is on again and the junctions have cooled; then one node tries."""
        room_k = self._parameters.limit_k - max(words.temperatures) - JUNCTION_ZERO_K
        if free and limiters.on & limiters.command & LOAD_PUMP and room_k > TRIAL_ROOM_K:
            self._failed = False
            self._trial_ms = now_ms
            self._means_k.clear()
            self.usable = free & -free
