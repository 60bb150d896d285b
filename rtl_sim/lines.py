# SPDX-License-Identifier: Apache-2.0
"""The three simulated boards as the bench reaches them: packets in, replies and light out.

SLIP is done here and in the boards; the octets in between are real waveforms on the UART, or the octet stream beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, BinaryIO

from cocotb.triggers import Timer
from flatsat.protocols import slip
from flatsat.protocols.bridge import OpticalRecord, Request

from .hosts import BOARDS, BUFFER_OCTETS, CLOCK_LIMIT, MOST_REQUESTS, Hosts

RESET_US = 1
HEADER_OCTETS = 3

Waiting = deque[tuple[int, Request]]  # each with its place in the exchange


class BoardFault(Exception):
    """A board broke the rules of the wire."""


class BoardHung(BoardFault):
    """A board does not come to rest: the simulation cannot go on."""


class SimulatedBoards:
    """The boards of the running simulation; `dut` is bench_top."""

    def __init__(
        self, dut: Any, hosts: Hosts, *, stimulus_on_uart: bool = False, scripts: BinaryIO | None = None
    ) -> None:
        self._rst = dut.rst
        self._hosts = hosts
        self._by_stream = (0, 0) if stimulus_on_uart else (0, 1)
        self._scripts = scripts

    async def exchange(self, requests: Sequence[Request]) -> tuple[list[bytes | None], list[OpticalRecord]]:
        """Deliver packets, those to one board in order and different boards at once; return replies and light.

        Raises:
            BoardFault: a board broke the rules of the wire, or does not come to rest.
        """
        replies: list[bytes | None] = [None] * len(requests)
        light: list[OpticalRecord] = []
        waiting: list[Waiting] = [deque() for _ in BOARDS]
        for place, request in enumerate(requests):
            waiting[request.board].append((place, request))
        while any(waiting):
            running = [self._load(board, queue) for board, queue in enumerate(waiting)]
            await self._hosts.play()
            light += self._hosts.take_light()
            for board, played in enumerate(running):
                self._unload(board, played, replies)
        return replies, light

    async def reset(self) -> None:
        """Put every board into its power-on state, and its time to 0."""
        for level in (1, 0):
            self._rst.value = level
            await Timer(RESET_US, "us")

    def _load(self, board: int, waiting: Waiting) -> list[tuple[int, Request]]:
        """Start a script of as many waiting requests as fit; return them."""
        if not waiting and not self._scripts:
            return []
        script = bytearray()
        played: list[tuple[int, Request]] = []
        while waiting and len(played) < MOST_REQUESTS:
            _, port, _, packet = waiting[0][1]
            frame = slip.encode(packet)
            if len(script) + HEADER_OCTETS + len(frame) > BUFFER_OCTETS:
                break
            script.append(self._by_stream[port])
            script += len(frame).to_bytes(2, "big")
            script += frame
            played.append(waiting.popleft())
        if played:
            self._hosts.load(board, len(played), script)
        if self._scripts:
            self._scripts.write(
                len(played).to_bytes(4, "little") + len(script).to_bytes(4, "little") + script
            )
        return played

    def _unload(self, board: int, played: list[tuple[int, Request]], replies: list[bytes | None]) -> None:
        """Put the replies to the script that has run into their places."""
        if not played:
            return
        if self._hosts.busy(board):
            raise BoardHung(f"the {BOARDS[board]} board was still busy after {CLOCK_LIMIT} clocks")
        for (place, request), octets in zip(played, self._hosts.heard(board, len(played)), strict=True):
            match slip.Decoder().receive(octets):
                case []:  # silence: the board came to rest without a reply
                    pass
                case [bytes() as reply]:
                    replies[place] = reply
                case packets:
                    raise BoardFault(
                        f"{packets} of the {BOARDS[board]} board to {request.packet[:16].hex(' ')}: not one reply"
                    )
