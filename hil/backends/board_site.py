# SPDX-License-Identifier: Apache-2.0
"""What is around a board on a bench: its lock, its quarantine, its power, and the emulator where it is no thing on a table."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from .. import bench_power, board_lock, quarantine
from ..bench_file import BenchFile, Place, Policies
from ..errors import BackEndError, BuildFailed
from .line_errors import LineError


class BoardSite:
    """A context: on entering, the board is this process's and has power; the URL of its line comes out. On leaving it is off.

    Args:
        purpose: what the board is held for, shown to whoever wants it too.
        even_if_quarantined: it is to be looked at, not flown.
    """

    def __init__(
        self, board: str, place: Place, bench: BenchFile, purpose: str, *, even_if_quarantined: bool = False
    ) -> None:
        self.board = board
        self.title = "serial"
        self._place, self._bench, self._purpose = place, bench, purpose
        self._allowed_failures = 0 if even_if_quarantined else bench.policies.quarantine_after
        self._leaving = ExitStack()

    def __enter__(self) -> str:
        try:
            return self._started() if self._place.start else self._taken()
        except BaseException:
            self._leaving.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._leaving.close()

    def run(self, words: tuple[str, ...], **stand_ins: str) -> str:
        """Run one of the board's commands.

        Raises:
            BackEndError: it failed.
        """
        stand_ins |= {"board": self.board, "url": self._place.url}
        return bench_power.run(words, self._bench.policies.command_s, **stand_ins)

    @property
    def is_started(self) -> bool:
        """Whether the bench itself starts the board."""
        return self._place.start is not None

    @property
    def policies(self) -> Policies:
        """The bench's; nobody plugs an emulator in again."""
        policies = self._bench.policies
        return replace(policies, unplugged_s=0.0) if self.is_started else policies

    def worked(self) -> None:
        """A run ended without a fault of this board."""
        if self._place.url:
            quarantine.clear(self._place.url)

    def failed(self, error: LineError) -> None:
        """A run ended by a fault of this board."""
        if self._place.url:
            quarantine.count(self._place.url, error.told)

    def _taken(self) -> str:
        place, policies = self._place, self._bench.policies
        quarantine.refuse(self.board, place.url, self._allowed_failures)
        self._leaving.enter_context(board_lock.held(self.board, place.url, self._purpose))
        if place.power_off and policies.off_on_exit:
            self._leaving.callback(self._switch_off)
        if place.power_on:
            self.run(place.power_on)
        return place.url

    def _switch_off(self) -> None:
        try:
            self.run(self._place.power_off)
        except BackEndError:
            if not self._bench.emergency_off:
                raise
            self.run(self._bench.emergency_off)

    def _started(self) -> str:
        from flatsat.boards.firmware.build import BuildError
        from flatsat.boards.firmware.process import BoardProcess

        assert self._place.start
        try:
            process: Any = self._leaving.enter_context(BoardProcess(self.board, self._place.start.value))
        except BuildError as error:
            raise BuildFailed(str(error)) from error
        self.title = process.image.title
        port: str = process.port
        return port
