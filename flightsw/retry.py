# SPDX-License-Identifier: Apache-2.0
"""A ladder of waiting times: what failed is left off for longer each time, and in the end given up.

What is given up is tried again four times a day, for there may be no ground to clear it: once, and is given up anew if it fails.
"""

from __future__ import annotations

GIVEN_UP_S = 21_600.0


class RetryLadder:
    """Holds off a fixed number of things (nodes, limiters, strings) after their faults.

    Args:
        count: how many things.
        waits_s: how long each stays off after its first, second, ... fault; after one more it is given up.
        never: mask of those that are never given up: the last wait repeats.
        forget_s: a thing that has been let go of for so long without a fault begins anew.

    Attributes:
        faults: of each since it began anew.
        held: mask of those that are held off, the given-up ones included.
        given_up: mask of those that are held for GIVEN_UP_S.
    """

    __slots__ = ("_forget_ms", "_never", "_until_ms", "_waits_ms", "faults", "given_up", "held")

    def __init__(
        self, count: int, waits_s: tuple[float, ...], *, never: int = 0, forget_s: float = 3600.0
    ) -> None:
        self._waits_ms = tuple(round(wait * 1000) for wait in waits_s)
        self._forget_ms = round(forget_s * 1000)
        self._never = never
        self._until_ms = [0] * count
        self.faults = [0] * count
        self.held = 0
        self.given_up = 0

    def fail(self, index: int, now_ms: int, *, last: bool = False) -> bool:
        """Hold one of them off from now on; returns whether it is given up.

        Args:
            last: give it up, whatever is left of the waits.
        """
        if self.faults[index] and now_ms >= self._until_ms[index] + self._forget_ms:
            self.faults[index] = 0
        faults = self.faults[index]
        self.faults[index] += 1
        self.held |= 1 << index
        if (last or faults >= len(self._waits_ms)) and not self._never >> index & 1:
            self.faults[index] = max(self.faults[index], len(self._waits_ms))
            self._until_ms[index] = now_ms + round(GIVEN_UP_S * 1000)
            self.given_up |= 1 << index
            return True
        self._until_ms[index] = now_ms + self._waits_ms[min(faults, len(self._waits_ms) - 1)]
        return False

    def clear(self) -> None:
        """Forget all faults and let go of everything."""
        self.faults = [0] * len(self.faults)
        self.held = self.given_up = 0

    def release(self, now_ms: int) -> int:
        """Let go of those whose time is over; returns the mask of the ones still held."""
        if self.held:
            for index, until_ms in enumerate(self._until_ms):
                if self.held >> index & 1 and now_ms >= until_ms:
                    self.held &= ~(1 << index)
                    self.given_up &= ~(1 << index)
        return self.held
