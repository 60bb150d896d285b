# SPDX-License-Identifier: Apache-2.0
"""The results of the work and the buffer that they wait in for the laser link.

At full rate the nodes make 40 Gb/s; the relay takes 100 Gb/s while the laser terminal tracks and has light. What it does not
take waits in a buffer of 3 TB; work that is done while the buffer is full is lost. All of it counts in seconds of full-rate
work. The bulk results are not in our frames: they would be 2e5 frames a second. Flight software knows the work counter and the
state of the link, and can count along.
"""

from __future__ import annotations

from flatsat.boards.work import WORK_PER_MS

from .loads import NODES

MADE_BPS = 40e9
"""By all nodes at the top clock step."""
TAKEN_BPS = 100e9
BUFFER_BITS = 8 * 3e12
DRAIN = TAKEN_BPS / MADE_BPS
"""Seconds of full-rate work that the relay takes in a second."""
BUFFER_S = BUFFER_BITS / MADE_BPS
WORK_PER_S = NODES * 1000 * WORK_PER_MS[-1]
"""Counts of the board's work counter in a second of full-rate work."""


class Results:
    """All work, what is lost of it, and what waits, in seconds of full-rate work."""

    __slots__ = ("_counter", "backlog_s", "lost_s", "work")

    def __init__(self) -> None:
        self.work = 0
        self.backlog_s = self.lost_s = 0.0
        self._counter = 0

    def step(self, work_total: int, taken_for_s: float) -> None:
        """Take the board's work counter, and let the relay take results for `taken_for_s`.

        Work and relay are even over the step, so that buffer and loss do not depend on how time was cut while they are. A
        counter that went down was reset by a loss of power and has counted from 0 since.
        """
        done = work_total - self._counter if work_total >= self._counter else work_total
        self._counter = work_total
        self.work += done
        backlog_s = self.backlog_s + done / WORK_PER_S - DRAIN * taken_for_s
        if backlog_s > BUFFER_S:
            self.lost_s += backlog_s - BUFFER_S
            backlog_s = BUFFER_S
        self.backlog_s = backlog_s if backlog_s > 0.0 else 0.0

    @property
    def delivered_s(self) -> float:
        """What went through the link and what still waits for it."""
        return self.work / WORK_PER_S - self.lost_s
