# SPDX-License-Identifier: Apache-2.0
"""Persistence and hysteresis in samples, the same for every watch."""

from __future__ import annotations

SETTABLE = 1
"""What alarms begin with whose persistence the ground may set: `follow` is told it with each sample."""


class Alarm:
    """A condition that counts once it was seen often enough, and is over once it has been away for long enough.

    A sample that shows it counts one up and one that does not counts one down, so that it is found in noise as well.

    Args:
        begin: how many samples more with it than without make it count.
        end: how many samples in a row without it end it.

    Attributes:
        active: whether it counts.
    """

    __slots__ = ("_away", "_begin", "_end", "_score", "active")

    def __init__(self, begin: int, end: int) -> None:
        self._begin = begin
        self._end = end
        self._score = 0
        self._away = 0
        self.active = False

    @property
    def idle(self) -> bool:
        """Whether samples without it change nothing."""
        return not (self.active or self._score)

    @property
    def likely(self) -> bool:
        """Whether a third of what it takes has been seen."""
        return 3 * self._score >= self._begin

    def follow(self, present: bool, begin: int | None = None) -> bool:
        """Take a sample in; returns whether the condition has begun or ended with it.

        Args:
            begin: how many samples make it count, where the ground may set that.
        """
        if self.active:
            self._away = 0 if present else self._away + 1
            if self._away < self._end:
                return False
            self.forget()
            return True
        if not present:
            if self._score:
                self._score -= 1
            return False
        self._score += 1
        if self._score < (self._begin if begin is None else begin):
            return False
        self.active, self._away = True, 0
        return True

    def forget(self) -> None:
        """Begin anew."""
        self.active, self._score, self._away = False, 0, 0


def alarms(count: int, begin: int, end: int) -> tuple[Alarm, ...]:
    """One for each of a number of like things."""
    return tuple(Alarm(begin, end) for _ in range(count))


def median(values: list[float]) -> float:
    """The middle one; of an even number the mean of the middle two."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) & 1 else (ordered[middle - 1] + ordered[middle]) / 2
