# SPDX-License-Identifier: Apache-2.0
"""The hosts of the boards' lines on Icarus: their buffers and the clock through cocotb's handles."""

from __future__ import annotations

from typing import Any

from cocotb.clock import Clock
from cocotb.handle import Immediate
from cocotb.triggers import FallingEdge, ReadWrite
from flatsat.protocols.bridge import OpticalRecord

from .hosts import BOARDS, CLOCK_LIMIT, light, pieces

CLOCK_PERIOD_PS = 83_334  # 12 MHz


class IcarusHosts:
    """Implements `Hosts`; simulated time passes only while `play` waits for the falling edge of `busy`."""

    def __init__(self, dut: Any) -> None:
        self._dut = dut
        self._hosts = [dut.bench[board].host for board in range(len(BOARDS))]
        self._light = dut.bench[2].light.monitor
        self._over = FallingEdge(dut.busy)
        Clock(dut.clk, CLOCK_PERIOD_PS, "ps", impl="gpi").start()

    def load(self, board: int, requests: int, script: bytes | bytearray) -> None:
        host = self._hosts[board]
        for place, octet in enumerate(script):
            host.tx_octets[place].set(Immediate(octet))
        host.requests.set(Immediate(requests))

    async def play(self) -> None:
        self._dut.clocks_left.set(Immediate(CLOCK_LIMIT))
        await self._over
        await ReadWrite()  # the edge's other registers have their values then too

    def busy(self, board: int) -> bool:
        return int(self._hosts[board].requests.value) != 0

    def heard(self, board: int, requests: int) -> list[bytes]:
        host = self._hosts[board]
        return pieces(_Words(host.rx_octets), _Words(host.rx_ends), requests)

    def take_light(self) -> list[OpticalRecord]:
        monitor = self._light
        count = int(monitor.frames.value)
        taken = light(_Words(monitor.octets), _Words(monitor.starts), _Words(monitor.ends), count)
        if taken:
            monitor.frames.set(Immediate(0))
            monitor.filled.set(Immediate(0))
        return taken


class _Words:
    """Reads an array through cocotb's handle, word by word."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def __getitem__(self, place: slice) -> list[int]:
        return [int(self._handle[number].value) for number in range(place.start or 0, place.stop)]
