# SPDX-License-Identifier: Apache-2.0
"""Bench of slip_rx against protocols.slip: octets of the line in, packets out (cocotb)."""

import random

import cocotb
from cocotb.triggers import FallingEdge
from flatsat.protocols import slip
from shell_parts import OctetDriver, PulseMonitor, start

MALFORMED = "malformed"


class Model:
    """What the decoder of the bench's side makes of the same octets."""

    @staticmethod
    def packets(line: bytes) -> list[bytes | str]:
        return [packet if isinstance(packet, bytes) else MALFORMED for packet in slip.Decoder().receive(line)]


class Packets:
    """Joins octets and ends to packets."""

    def __init__(self, dut) -> None:
        self.dut = dut
        self.found: list[bytes | str] = []

    async def run(self) -> None:
        held = bytearray()
        monitor = PulseMonitor(self.dut.clk, self.dut.octet_valid, self.dut.octet)
        cocotb.start_soon(monitor.run())
        while True:
            await FallingEdge(self.dut.clk)
            if self.dut.last.value == 1:
                held += bytes(octet for (octet,) in monitor.seen)
                self.found.append(MALFORMED if self.dut.malformed.value else bytes(held))
                held.clear()
                monitor.seen.clear()


async def check(dut, line: bytes, *, pause_clocks: int) -> None:
    await start(dut, line_octet=0, line_valid=0, deaf=0)
    packets = Packets(dut)
    watching = cocotb.start_soon(packets.run())
    await OctetDriver(dut, dut.line_octet, dut.line_valid).send(line, pause_clocks=pause_clocks)
    for _ in range(3):
        await FallingEdge(dut.clk)
    watching.cancel()
    assert packets.found == Model.packets(line)


TABLE = {
    "one packet": slip.encode(b"abc"),
    "END and ESC inside": slip.encode(b"\xc0\xdb\xdc\xdd\xc0\xc0\xdb\xdb"),
    "one END between packets": slip.encode(b"abc") + slip.encode(b"def")[1:],
    "noise before the first END": b"xy" + slip.encode(b"abc"),
    "empty packets": b"\xc0\xc0\xc0" + slip.encode(b"abc") + b"\xc0\xc0",
    "wrong escape": b"\xc0a\xdbbc\xc0" + slip.encode(b"ok"),
    "escaped escape": b"\xc0a\xdb\xdbc\xc0" + slip.encode(b"ok"),
    "dangling escape": b"\xc0abc\xdb\xc0" + slip.encode(b"ok"),
    "nothing but an escape": b"\xc0\xdb\xc0" + slip.encode(b"ok"),
}


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(("given", list(TABLE)), ("pause_clocks", [0, 3]))
async def table(dut, given: str, pause_clocks: int) -> None:
    await check(dut, TABLE[given], pause_clocks=pause_clocks)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def random_lines(dut) -> None:
    dice = random.Random(3)
    line = bytes(dice.choice(b"\xc0\xdb\xdc\xddab") for _ in range(800)) + b"\xc0"
    await check(dut, line, pause_clocks=0)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def deaf_in_the_middle_of_a_packet(dut) -> None:
    await start(dut, line_octet=0, line_valid=0, deaf=1)
    packets = Packets(dut)
    cocotb.start_soon(packets.run())
    driver = OctetDriver(dut, dut.line_octet, dut.line_valid)
    await driver.send(b"\xc0ab")
    dut.deaf.value = 0
    await driver.send(b"cd\xc0" + slip.encode(b"heard"), pause_clocks=1)
    assert packets.found == [b"heard"]
