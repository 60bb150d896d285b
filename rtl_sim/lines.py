# SPDX-License-Identifier: Apache-2.0
"""The three simulated boards as the bench reaches them: packets in, replies and light out, one wake of Python per run of scripts.

SLIP is done here and in the boards; the octets in between are real waveforms on the UART, or the octet stream beside it.
The hosts' buffers are the model's own memory, through ctypes.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Sequence
from typing import Any, BinaryIO

from cocotb.triggers import FallingEdge, Timer
from flatsat.protocols import slip
from flatsat.protocols.bridge import OpticalRecord, Request

BOARDS = ("power", "compute", "laser")
RESET_US = 1
CLOCK_LIMIT = 100_000_000  # of one run: what is not done then hangs
MOST_REQUESTS = 30  # of one board in one run: their longest replies fill the host's buffer
BUFFER_OCTETS = 65_536
HEADER_OCTETS = 3
LIGHT_FRAMES = 64


class BoardFault(Exception):
    """A board broke the rules of the wire."""


class BoardHung(BoardFault):
    """A board does not come to rest: the simulation cannot go on."""


class _Model:
    """Access to the model's public variables, as arrays that alias them."""

    def __init__(self) -> None:
        program = ctypes.CDLL(None)
        self._find = program.flatsat_variable
        self._find.restype = ctypes.c_void_p
        self._find.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
        self.clocks = program.flatsat_clocks
        self.clocks.restype = ctypes.c_uint64

    def array(self, scope: str, name: str, item: Any, length: int) -> Any:
        address = self._find(scope.encode(), name.encode())
        if address is None:
            raise BoardFault(f"the simulator has no public variable {scope}.{name}")
        return (item * length).from_address(address)


class _Host:
    """The host of one board's lines: loads scripts, unloads replies."""

    def __init__(self, model: _Model, board: int, stimulus_on_uart: bool) -> None:
        scope = f".bench[{board}].host"
        self._tx = memoryview(model.array(scope, "tx_octets", ctypes.c_uint8, BUFFER_OCTETS)).cast("B")
        self._rx = memoryview(model.array(scope, "rx_octets", ctypes.c_uint8, BUFFER_OCTETS)).cast("B")
        self._rx_ends = model.array(scope, "rx_ends", ctypes.c_uint16, 256)
        self._requests = model.array(scope, "requests", ctypes.c_uint8, 1)
        self._by_stream = (0, 0) if stimulus_on_uart else (0, 1)
        self.board = board
        self._name = BOARDS[board]
        self.waiting: deque[tuple[int, Request]] = deque()
        self._running: list[tuple[int, Request]] = []

    def load(self) -> tuple[int, bytes]:
        """Start a script of as many waiting requests as fit; return how many, and the script."""
        script = bytearray()
        while self.waiting and len(self._running) < MOST_REQUESTS:
            request = self.waiting[0][1]
            frame = slip.encode(request.packet)
            if len(script) + HEADER_OCTETS + len(frame) > BUFFER_OCTETS:
                break
            script.append(self._by_stream[request.port])
            script += len(frame).to_bytes(2, "big") + frame
            self._running.append(self.waiting.popleft())
        self._tx[: len(script)] = script
        self._requests[0] = len(self._running)
        return len(self._running), bytes(script)

    def unload(self, replies: list[bytes | None]) -> BoardFault | None:
        """Put the replies of the script that has run into their places; return what is wrong with them."""
        if self._requests[0]:
            return BoardHung(f"the {self._name} board was still busy after {CLOCK_LIMIT} clocks")
        running, self._running = self._running, []
        start = 0
        for (place, request), end in zip(running, self._rx_ends, strict=False):
            packets = slip.Decoder().receive(self._rx[start:end].tobytes())
            start = end
            match packets:
                case []:  # silence: the board came to rest without a reply
                    pass
                case [bytes() as reply]:
                    replies[place] = reply
                case _:
                    return BoardFault(
                        f"{packets} of the {self._name} board to {request.packet[:16].hex(' ')}: not one reply"
                    )
        return None


class _LightMonitor:
    """What the monitor on the optical pin has kept."""

    def __init__(self, model: _Model) -> None:
        scope = ".bench[2].light.monitor"
        self._octets = memoryview(model.array(scope, "octets", ctypes.c_uint8, BUFFER_OCTETS)).cast("B")
        self._starts = model.array(scope, "starts", ctypes.c_uint32, LIGHT_FRAMES)
        self._ends = model.array(scope, "ends", ctypes.c_uint16, LIGHT_FRAMES)
        self._frames = model.array(scope, "frames", ctypes.c_uint8, 1)
        self._filled = model.array(scope, "filled", ctypes.c_uint16, 1)

    def take(self) -> list[OpticalRecord]:
        """Hand over the frames seen since the last call."""
        count = self._frames[0]
        if not count:
            return []
        begins = [0, *self._ends[: count - 1]]
        taken = [
            OpticalRecord(self._starts[number], self._octets[begins[number] : self._ends[number]].tobytes())
            for number in range(count)
        ]
        self._frames[0] = self._filled[0] = 0
        return taken


class SimulatedBoards:
    """The boards of the running simulation; `dut` is bench_top."""

    def __init__(self, dut: Any, *, stimulus_on_uart: bool = False, scripts: BinaryIO | None = None) -> None:
        model = _Model()
        self._rst = dut.rst
        self._over = FallingEdge(dut.busy)
        self._hosts = [_Host(model, board, stimulus_on_uart) for board in range(len(BOARDS))]
        self._light = _LightMonitor(model)
        self._clocks_left = model.array("", "clocks_left", ctypes.c_uint32, 1)
        self._scripts = scripts
        self.clocks = model.clocks

    async def exchange(self, requests: Sequence[Request]) -> tuple[list[bytes | None], list[OpticalRecord]]:
        """Deliver packets, those to one board in order and different boards at once; return replies and light.

        Raises:
            BoardFault: a board broke the rules of the wire, or does not come to rest.
        """
        replies: list[bytes | None] = [None] * len(requests)
        light: list[OpticalRecord] = []
        for host in self._hosts:
            host.waiting = deque(
                (place, request) for place, request in enumerate(requests) if request.board == host.board
            )
        while any(host.waiting for host in self._hosts):
            await self._run()
            faults = [fault for host in self._hosts if (fault := host.unload(replies))]
            light += self._light.take()
            if faults:
                raise faults[0]
        return replies, light

    async def reset(self) -> None:
        """Put every board into its power-on state, and its time to 0."""
        for level in (1, 0):
            self._rst.value = level
            await Timer(RESET_US, "us")

    async def _run(self) -> None:
        scripts = [host.load() for host in self._hosts]
        if self._scripts:
            for count, script in scripts:
                self._scripts.write(count.to_bytes(4, "little") + len(script).to_bytes(4, "little") + script)
        self._clocks_left[0] = CLOCK_LIMIT
        await self._over
