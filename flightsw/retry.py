# SPDX-License-Identifier: Apache-2.0
"""A ladder of waiting times: what failed is left off for longer each time, and never for ever."""

from __future__ import annotations


class RetryLadder:
    """Holds off a fixed number of things (nodes, limiters) after their faults.

    Args:
        count: how many things.
        waits_s: how long each stays off after its first, second, ... fault; the last one repeats.
    """

    __slots__ = ("_until_ms", "_waits_ms", "faults", "held")

    def __init__(self, count: int, waits_s: tuple[float, ...]) -> None:
        self._waits_ms = tuple(round(wait * 1000) for wait in waits_s)
        self._until_ms = [0] * count
        self.faults = [0] * count
        self.held = 0

    def fail(self, index: int, now_ms: int) -> float:
        """Hold one of them off from now on; returns for how many seconds."""
        wait = self._waits_ms[min(self.faults[index], len(self._waits_ms) - 1)]
        self.faults[index] += 1
        self._until_ms[index] = now_ms + wait
        self.held |= 1 << index
        return wait / 1000.0

    def clear(self) -> None:
        """Forget all faults and let go of everything."""
        self.faults = [0] * len(self.faults)
        self.held = 0

    def release(self, now_ms: int) -> int:
        """Let go of those whose time is over; returns the mask of the ones still held."""
        if self.held:
            for index, until_ms in enumerate(self._until_ms):
                if now_ms >= until_ms:
                    self.held &= ~(1 << index)
        return self.held
