# SPDX-License-Identifier: Apache-2.0
"""Board time of what the satellite has stamped with TAI, by the correlation that it goes by and reports (service 9)."""

from __future__ import annotations

from flatsat.protocols import correlation


class BoardClock:
    """Board milliseconds that do not wrap, 0 at the start of the run.

    Args:
        epoch_tai_ms: TAI at board time 0, as loaded before launch.
    """

    def __init__(self, epoch_tai_ms: int) -> None:
        self._epoch_tai_ms = epoch_tai_ms
        self._latest_ms = 0

    def correlate(self, board_ms: int, tai_ms: int) -> None:
        """From now on the satellite stamps `tai_ms` at the board time that has these 32 bits."""
        self._epoch_tai_ms = tai_ms - self.unwrapped_ms(board_ms)

    def unwrapped_ms(self, board_ms: int) -> int:
        """A board time of 32 bits, as the one nearest to the last one told."""
        self._latest_ms = correlation.unwrapped_ms(board_ms, self._latest_ms)
        return self._latest_ms

    def board_ms(self, tai_ms: int) -> int:
        """Board time of a stamp."""
        return tai_ms - self._epoch_tai_ms
