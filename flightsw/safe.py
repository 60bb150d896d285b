# SPDX-License-Identifier: Apache-2.0
"""A SAFE of flight software's own that lasts: when the laser terminal listens, and when the ground's settings are given up."""

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
        self.since_ms = None if since_ms is None else now_ms - (now_ms - since_ms) % (1 << 32)

    def follow(self, mode: Mode, now_ms: int) -> bool:
        """Take in the mode that flight software has chosen. Returns whether `since_ms` has changed."""
        if (mode is Mode.SAFE) is (self.since_ms is not None):
            return False
        self.since_ms = now_ms if mode is Mode.SAFE else None
        return True

    def listening(self, now_ms: int) -> bool:
        """Whether the terminal is on: always but in SAFE, where it is for the end of each period."""
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
