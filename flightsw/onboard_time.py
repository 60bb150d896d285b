# SPDX-License-Identifier: Apache-2.0
"""TAI of board time: a correlation that is loaded before launch and that the ground may set (ECSS-E-ST-70-41C 6.9)."""

from __future__ import annotations

from flatsat.protocols import cuc

WRAP_MS = 1 << 32  # the boards count their milliseconds modulo this
LATEST_TAI_MS = 1000 * ((1 << 32) - (1 << 28))  # leaves 8.5 years until the seconds of CUC run out


class OnboardTime:
    """Board milliseconds to TAI.

    Attributes:
        epoch_tai_ms: TAI milliseconds since 1958 at board time 0.
        set_by_ground: whether a telecommand has set it.
    """

    __slots__ = ("epoch_tai_ms", "set_by_ground")

    def __init__(self, epoch_tai_ms: int) -> None:
        self.epoch_tai_ms = epoch_tai_ms
        self.set_by_ground = False

    def tai_ms(self, now_ms: int) -> int:
        """TAI in milliseconds since 1958 at a board time that does not wrap."""
        return self.epoch_tai_ms + now_ms

    def set(self, epoch_tai_ms: int) -> None:
        """Go by another correlation from now on."""
        self.epoch_tai_ms = epoch_tai_ms
        self.set_by_ground = True


def epoch_tai_ms(board_ms: int, seconds: int, fraction: int, now_ms: int) -> int:
    """TAI at board time 0 when a CUC time belongs to a 32-bit board time, the one nearest to now."""
    return cuc.Time(seconds=seconds, fraction=fraction, fine_octets=2).tai_ms - unwrapped_ms(board_ms, now_ms)


def unwrapped_ms(board_ms: int, near_ms: int) -> int:
    """The board time nearest to another that a count of 32 bits stands for."""
    return near_ms + (board_ms - near_ms + WRAP_MS // 2) % WRAP_MS - WRAP_MS // 2


def is_possible(epoch_tai_ms: int, now_ms: int) -> bool:
    """Whether CUC can carry the time now and for years to come."""
    return 0 <= epoch_tai_ms + now_ms <= LATEST_TAI_MS
