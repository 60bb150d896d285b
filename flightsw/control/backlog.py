# SPDX-License-Identifier: Apache-2.0
"""Results that wait for the link, counted from the work counter and the time that the link tracks.

All in seconds of all nodes at full rate. Results that find the buffer full are lost, and the work with them.
"""

from __future__ import annotations

from ..parameters import NODES, FlightParameters

COUNTS_PER_S = NODES * 1_000_000  # of the work counter, at full rate


class Backlog:
    """Counts along; begins with an empty buffer.

    Attributes:
        waiting_s: what waits.
    """

    __slots__ = ("_parameters", "_work", "waiting_s")

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._work: int | None = None
        self.waiting_s = 0.0

    def update(self, work: int, link_up: bool, elapsed_s: float) -> float:
        """Take the work counter of a cycle in; one that went down has begun anew at 0. Return what waits."""
        before = work if self._work is None else self._work
        self._work = work
        done = work - before if work >= before else work
        taken_s = self._parameters.relay_share * elapsed_s if link_up else 0.0
        waiting_s = self.waiting_s + done / COUNTS_PER_S - taken_s
        self.waiting_s = min(max(waiting_s, 0.0), self._parameters.buffer_s)
        return self.waiting_s
