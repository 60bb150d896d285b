# SPDX-License-Identifier: Apache-2.0
"""One monitor: a parameter held against two limits (ECSS-E-ST-70-41C 6.12.3).

A state is taken on when as many samples in a row as `repetition` says agree on it; a cycle without a sample counts for nothing.
"""

from __future__ import annotations

from enum import IntEnum


class CheckState(IntEnum):
    """What a monitor has found."""

    UNCHECKED = 0
    WITHIN = 1
    BELOW = 2
    ABOVE = 3


class Monitor:
    """One parameter and its limits, in engineering values, both of them within.

    Attributes:
        parameter: structure identifier (15:8) and place in its report (7:0).
    """

    __slots__ = ("_agreeing", "_next", "enabled", "high", "low", "number", "parameter", "repetition", "state")

    def __init__(self, number: int, parameter: int, repetition: int, low: float, high: float) -> None:
        self.number = number
        self.parameter = parameter
        self.repetition = repetition
        self.low = low
        self.high = high
        self.enabled = False
        self.forget()

    def forget(self) -> None:
        """Begin anew: nothing has been checked."""
        self.state = self._next = CheckState.UNCHECKED
        self._agreeing = 0

    def follow(self, value: float) -> CheckState | None:
        """Take a sample in. Returns the state before when this makes a transition that is to be reported."""
        now = (
            CheckState.BELOW
            if value < self.low
            else CheckState.ABOVE
            if value > self.high
            else CheckState.WITHIN
        )
        self._agreeing = self._agreeing + 1 if now is self._next else 1
        self._next = now
        if now is self.state or self._agreeing < self.repetition:
            return None
        before, self.state = self.state, now
        return None if before is CheckState.UNCHECKED and now is CheckState.WITHIN else before
