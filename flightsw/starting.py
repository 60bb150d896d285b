# SPDX-License-Identifier: Apache-2.0
"""Starts of nodes that the bus does not carry are taken back, and tried again later: one node at a time, each time later."""

from __future__ import annotations

from .events import EventSink
from .parameters import NODES, FlightParameters
from .retry import RetryLadder

SAG = 0.95  # of the nominal bus voltage
CALM_S = 600.0  # without a sag after a start: nodes may start together again


class StartWatch:
    """Looks at the bus in the cycle after nodes were started."""

    __slots__ = ("_enabled", "_last_sag_ms", "_parameters", "_retry")

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._retry = RetryLadder(1, parameters.retry_s, never=1)
        self._enabled = 0
        self._last_sag_ms = 0

    def allowed(self, now_ms: int, bus_v: float, enabled: int, events: EventSink) -> int:
        """Mask of the nodes that may run.

        Args:
            enabled: the nodes that were commanded on in the cycle before.
        """
        started, self._enabled = enabled & ~self._enabled, enabled
        if started and bus_v < SAG * self._parameters.bus_nominal_v:
            self._last_sag_ms = now_ms
            self._retry.fail(0, now_ms)
            events.raise_event("START_TAKEN_BACK", now_ms, started.bit_count(), self._retry.faults[0])
            self._enabled = enabled & ~started
        if self._retry.release(now_ms):
            return self._enabled
        if not self._retry.faults[0]:
            return (1 << NODES) - 1
        if now_ms - self._last_sag_ms > CALM_S * 1000.0:
            self._retry.clear()
        off = ~self._enabled & (1 << NODES) - 1
        return self._enabled if started else self._enabled | _one_of(off, self._retry.faults[0])


def _one_of(mask: int, turn: int) -> int:
    """One of the bits of a mask, another one each turn."""
    bits = [1 << bit for bit in range(NODES) if mask >> bit & 1]
    return bits[turn % len(bits)] if bits else 0
