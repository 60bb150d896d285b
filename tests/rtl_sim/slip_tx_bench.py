# SPDX-License-Identifier: Apache-2.0
"""Bench of slip_tx against protocols.slip: packets in, octets of the line out (cocotb)."""

import random

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge
from flatsat.protocols import slip
from shell_parts import start


class Driver:
    """Hands over a packet, an octet whenever it is taken."""

    def __init__(self, dut) -> None:
        self.dut = dut

    async def send(self, packet: bytes) -> None:
        dut = self.dut
        for place, octet in enumerate(packet):
            dut.octet.value, dut.octet_valid.value, dut.octet_last.value = octet, 1, place == len(packet) - 1
            await RisingEdge(dut.clk)
            while not dut.octet_ready.value:
                await RisingEdge(dut.clk)
            await FallingEdge(dut.clk)
        dut.octet_valid.value = 0


class Line:
    """Takes octets at random clocks."""

    def __init__(self, dut, seed: int) -> None:
        self.dut, self.dice = dut, random.Random(seed)
        self.octets = bytearray()

    async def run(self) -> None:
        dut = self.dut
        while True:
            dut.line_ready.value = self.dice.random() < 0.5
            await RisingEdge(dut.clk)
            if dut.line_valid.value and dut.line_ready.value:
                self.octets.append(int(dut.line_octet.value))
            await FallingEdge(dut.clk)


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(seed=[1, 2, 3])
async def packets_of_every_kind(dut, seed: int) -> None:
    await start(dut, octet=0, octet_valid=0, octet_last=0, line_ready=0)
    line = Line(dut, seed)
    cocotb.start_soon(line.run())
    dice = random.Random(seed)
    packets = [b"\xc0", b"\xdb", b"a", b"\xdb\xc0\xdc"] + [
        bytes(dice.choice(b"\xc0\xdb\xdc\xddab") for _ in range(dice.randint(1, 20))) for _ in range(10)
    ]
    driver = Driver(dut)
    for packet in packets:
        await driver.send(packet)
    while not dut.idle.value:
        await FallingEdge(dut.clk)
    assert line.octets == b"".join(map(slip.encode, packets))
