# SPDX-License-Identifier: Apache-2.0
"""The serial line of the laser board: what would leave its optical pin is fetched from a window."""

from __future__ import annotations

from flatsat.boards.firmware import windows

from ..bench_file import Place, Policies
from ..errors import BackEndError
from .line_errors import PortLost
from .line_packets import Look
from .port import STIMULUS, OpticalRecord, Request
from .serial_line import BoardLine, Run, Tell


class LaserLine(BoardLine):
    """The laser board, whose light is read from a window, for it has no pin to watch."""

    def __init__(self, board: int, url: str, place: Place, policies: Policies, tell: Tell, run: Run) -> None:
        super().__init__(board, url, place, policies, tell, run)
        self._optical: list[OpticalRecord] = []
        self._taken: int | None = None

    def receive(self, request: Request) -> bytes | None:
        """As any board does; what a grant let out of the pin is fetched before anything else is asked."""
        reply = super().receive(request)
        if request.port == STIMULUS and reply is not None and not reply[3] and self._grants(request.packet):
            self._fetch()
        return reply

    def take_optical(self) -> list[OpticalRecord]:
        """CADUs since the last call."""
        taken, self._optical = self._optical, []
        return taken

    def reset(self) -> None:
        """As any board; nothing is left of the light."""
        super().reset()
        self._optical.clear()
        self._taken = None

    def _caught_up(self, look: Look) -> Look:
        self._taken = None
        return super()._caught_up(look)

    def _fetch(self) -> None:
        while True:
            try:
                level = int.from_bytes(self._window(windows.OPTICAL_LEVEL), "big")
                if level >> 8 & 0xFF:
                    raise BackEndError(
                        "laser board lost light, its optical FIFO was full: its image does not keep boards/README.md"
                    )
                for _ in range(level & 0xFF):
                    self._fetch_one()
            except PortLost as error:
                self._reopen(error)
            else:
                return

    def _fetch_one(self) -> None:
        entry = windows.parse_entry(self._window(windows.OPTICAL_FIFO))
        if entry is None:  # its release was answered on a line that was lost
            return
        sequence, start_ms, cadu = entry
        if sequence != self._taken:
            self._optical.append(OpticalRecord(start_ms, cadu))
            self._taken = sequence
        self._window(windows.OPTICAL_RELEASE, sequence)
