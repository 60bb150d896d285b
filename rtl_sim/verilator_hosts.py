# SPDX-License-Identifier: Apache-2.0
"""The hosts of the boards' lines in Verilator's model: its own memory through ctypes, its clock in main.cpp."""

from __future__ import annotations

import ctypes
import struct
from typing import Any, Literal

from flatsat.protocols.bridge import OpticalRecord

from .hosts import (
    BOARDS,
    BUFFER_OCTETS,
    CLOCK_LIMIT,
    HOST,
    LIGHT,
    LIGHT_FRAMES,
    MOST_REQUESTS,
    NoSuchVariable,
    light,
    pieces,
)


class VerilatorHosts:
    """Implements `Hosts`; `play` runs the clock in C++ and returns to Python when the boards are at rest."""

    def __init__(self, dut: Any) -> None:
        program = ctypes.CDLL(None)
        self._find = program.flatsat_variable
        self._find.restype = ctypes.c_void_p
        self._find.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
        self._run = program.flatsat_play
        self._run.restype = None
        scopes = [HOST.format(board) for board in range(len(BOARDS))]
        self._tx = [self._words(scope, "tx_octets", "B", BUFFER_OCTETS) for scope in scopes]
        self._rx = [self._words(scope, "rx_octets", "B", BUFFER_OCTETS) for scope in scopes]
        self._rx_ends = [self._words(scope, "rx_ends", "H", MOST_REQUESTS) for scope in scopes]
        self._requests = [self._words(scope, "requests", "B", 1) for scope in scopes]
        self._clocks_left = self._words("", "clocks_left", "I", 1)
        self._light = self._words(LIGHT, "octets", "B", BUFFER_OCTETS)
        self._starts = self._words(LIGHT, "starts", "I", LIGHT_FRAMES)
        self._ends = self._words(LIGHT, "ends", "H", LIGHT_FRAMES)
        self._frames = self._words(LIGHT, "frames", "B", 1)
        self._filled = self._words(LIGHT, "filled", "H", 1)

    def load(self, board: int, requests: int, script: bytes | bytearray) -> None:
        self._tx[board][: len(script)] = script
        self._requests[board][0] = requests

    async def play(self) -> None:
        self._clocks_left[0] = CLOCK_LIMIT
        self._run()

    def busy(self, board: int) -> bool:
        return bool(self._requests[board][0])

    def heard(self, board: int, requests: int) -> list[bytes]:
        return pieces(self._rx[board], self._rx_ends[board], requests)

    def take_light(self) -> list[OpticalRecord]:
        taken = light(self._light, self._starts, self._ends, self._frames[0])
        self._frames[0] = self._filled[0] = 0
        return taken

    def _words(self, scope: str, name: str, kind: Literal["B", "H", "I"], length: int) -> memoryview:
        """The words of a variable, as `struct` names their kind."""
        address = self._find(scope.encode(), name.encode())
        if address is None:
            raise NoSuchVariable(f"the simulator has no public variable {scope}.{name}")
        octets = (ctypes.c_uint8 * (length * struct.calcsize(kind))).from_address(address)
        return memoryview(octets).cast("B").cast(kind)
