# SPDX-License-Identifier: Apache-2.0
"""The hosts of the boards' lines in Verilator's model: its own memory through ctypes, its clock in main.cpp."""

from __future__ import annotations

import ctypes
from typing import Any

from flatsat.protocols.bridge import OpticalRecord

from .hosts import BOARDS, BUFFER_OCTETS, CLOCK_LIMIT, HOST, LIGHT, LIGHT_FRAMES, MOST_REQUESTS, NoSuchVariable


class VerilatedHosts:
    """Implements `Hosts`; `play` runs the clock in C++ and returns to Python when the boards are at rest."""

    def __init__(self, dut: Any) -> None:
        program = ctypes.CDLL(None)
        self._find = program.flatsat_variable
        self._find.restype = ctypes.c_void_p
        self._find.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
        self._run = program.flatsat_play
        self._run.restype = None
        scopes = [HOST.format(board) for board in range(len(BOARDS))]
        self._tx = [self._octets(scope, "tx_octets") for scope in scopes]
        self._rx = [self._octets(scope, "rx_octets") for scope in scopes]
        self._rx_ends = [self._array(scope, "rx_ends", ctypes.c_uint16, MOST_REQUESTS) for scope in scopes]
        self._requests = [self._array(scope, "requests", ctypes.c_uint8, 1) for scope in scopes]
        self._clocks_left = self._array("", "clocks_left", ctypes.c_uint32, 1)
        self._light = self._octets(LIGHT, "octets")
        self._starts = self._array(LIGHT, "starts", ctypes.c_uint32, LIGHT_FRAMES)
        self._ends = self._array(LIGHT, "ends", ctypes.c_uint16, LIGHT_FRAMES)
        self._frames = self._array(LIGHT, "frames", ctypes.c_uint8, 1)
        self._filled = self._array(LIGHT, "filled", ctypes.c_uint16, 1)

    def load(self, board: int, requests: int, script: bytes) -> None:
        self._tx[board][: len(script)] = script
        self._requests[board][0] = requests

    async def play(self) -> None:
        self._clocks_left[0] = CLOCK_LIMIT
        self._run()

    def busy(self, board: int) -> bool:
        return bool(self._requests[board][0])

    def heard(self, board: int, requests: int) -> list[bytes]:
        ends = self._rx_ends[board][:requests]
        octets = self._rx[board][: ends[-1]].tobytes()
        return [octets[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def take_light(self) -> list[OpticalRecord]:
        count = self._frames[0]
        if not count:
            return []
        ends = self._ends[:count]
        octets = self._light[: ends[-1]].tobytes()
        self._frames[0] = self._filled[0] = 0
        return [
            OpticalRecord(start_ms, octets[start:end])
            for start_ms, start, end in zip(self._starts, [0, *ends], ends, strict=False)
        ]

    def _octets(self, scope: str, name: str) -> memoryview:
        return memoryview(self._array(scope, name, ctypes.c_uint8, BUFFER_OCTETS)).cast("B")

    def _array(self, scope: str, name: str, item: Any, length: int) -> Any:
        address = self._find(scope.encode(), name.encode())
        if address is None:
            raise NoSuchVariable(f"the simulator has no public variable {scope}.{name}")
        return (item * length).from_address(address)
