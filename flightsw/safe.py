# SPDX-License-Identifier: Apache-2.0
"""A SAFE of flight software's own: when it wakes to listen, when the ground's settings are given up, and how it waits after a
collapse of the bus before it switches anything on.
"""

from __future__ import annotations

from enum import IntEnum

from .modes import Mode
from .parameters import FlightParameters


class RestoreCause(IntEnum):
    """Why the ground's settings were given up; the values are those of telemetry."""

    SAFE_LASTS = 0
    RESETS = 1


class SafeWatch:
    """Counts from when SAFE was entered, over resets of the computer.

    Args:
        since_ms: board time at which SAFE was entered before the boot, modulo 2^32; None when it was not SAFE.

    Attributes:
        since_ms: board time at which SAFE was entered, or the settings were last given up; None in other modes.
    """

    __slots__ = ("_parameters", "since_ms")

    def __init__(self, parameters: FlightParameters, since_ms: int | None, now_ms: int) -> None:
        self._parameters = parameters
        self.since_ms = None if since_ms is None else now_ms - _ago_ms(since_ms, now_ms)

    def follow(self, mode: Mode, now_ms: int) -> bool:
        """Take in the mode that flight software has chosen. Returns whether `since_ms` has changed."""
        if (mode is Mode.SAFE) is (self.since_ms is not None):
            return False
        self.since_ms = now_ms if mode is Mode.SAFE else None
        return True

    def listening(self, now_ms: int) -> bool:
        """Whether terminal and compute board are on: always but in SAFE, where they are for the end of each period."""
        if self.since_ms is None:
            return True
        parameters = self._parameters
        into_s = (now_ms - self.since_ms) / 1000.0 % parameters.safe_listen_every_s
        return into_s >= parameters.safe_listen_every_s - parameters.safe_listen_s

    def has_lasted(self, now_ms: int) -> bool:
        """Whether what the ground has set is to be given up; then the time counts anew."""
        if self.since_ms is None or now_ms - self.since_ms < self._parameters.safe_restore_s * 1000.0:
            return False
        self.since_ms = now_ms
        return True


class CollapseWatch:
    """After the bus has collapsed, only essential loads have power for a while: longer each time that it collapses again.

    Args:
        collapses: since SAFE was last left; 0 unless the bus has collapsed before this boot.

    Attributes:
        wait_s: for how long.
    """

    __slots__ = ("_until_ms", "wait_s")

    def __init__(self, parameters: FlightParameters, collapses: int, now_ms: int) -> None:
        waits_s = (0.0, *parameters.retry_s)
        self.wait_s = waits_s[min(collapses, len(waits_s) - 1)]
        self._until_ms = now_ms + self.wait_s * 1000.0

    def waits(self, now_ms: int) -> bool:
        """Whether everything but the essential loads stays off."""
        return now_ms < self._until_ms


def _ago_ms(since_ms: int, now_ms: int) -> int:
    """How long ago a time modulo 2^32 was; one that seems to lie ahead, after a jump of the clock, is now."""
    ago_ms = (now_ms - since_ms) % (1 << 32)
    return ago_ms if ago_ms < 1 << 31 else 0
