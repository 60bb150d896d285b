# SPDX-License-Identifier: Apache-2.0
"""Back end `twin`: the Python twins of the boards, in this process."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flatsat.boards.twin import TwinBoard

from ..errors import BackEndError
from .port import BOARDS, LASER, OpticalRecord, Options, Request


class TwinBackEnd:
    """The three twins; every exchange is a function call."""

    name = "twin"

    def __init__(self, options: Options) -> None:
        if options.simulator:
            raise BackEndError(
                "--sim names a simulator of the Verilog, which the twin has none of: add --backend rtl"
            )
        if options.stimulus_on_uart:
            raise BackEndError(
                "--stimulus-on-uart is for the UART of the Verilog, which the twin has none of: add --backend rtl"
            )
        if options.bench:
            raise BackEndError(
                "--bench tells where boards are, and the twins are in this process: add --backend serial"
            )
        self.reset()

    def exchange(self, requests: Sequence[Request]) -> list[bytes | None]:
        execute = self._execute
        return [execute[board](packet) for board, _, _, packet in requests]

    def take_optical(self) -> list[OpticalRecord]:
        return [OpticalRecord(*record) for record in self._boards[LASER].take_optical()]

    def reset(self) -> None:
        self._boards = [TwinBoard(name) for name in BOARDS]
        self._execute = [board.execute for board in self._boards]

    def images(self) -> Mapping[str, str]:
        return dict.fromkeys(BOARDS, "python twin")

    def versions(self) -> Mapping[str, str]:
        return {}

    def cannot(self) -> Collection[str]:
        return ()

    def close(self) -> None:
        """Nothing to let go."""
