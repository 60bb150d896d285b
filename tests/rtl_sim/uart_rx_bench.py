# SPDX-License-Identifier: Apache-2.0
"""Bench of uart_rx: waveforms in, octets out (cocotb)."""

import random

import cocotb
from shell_parts import BIT_NS, LineDriver, PulseMonitor, start


class Bench:
    def __init__(self, dut) -> None:
        self.dut = dut
        self.driver = LineDriver(dut.rxd)
        self.monitor = PulseMonitor(dut.clk, dut.octet_valid, dut.octet)

    async def start(self) -> None:
        await start(self.dut, rxd=1)
        cocotb.start_soon(self.monitor.run())

    async def check(self, expected: bytes) -> None:
        await self.driver.idle(2)
        assert bytes(octet for (octet,) in self.monitor.seen) == expected
        assert self.dut.idle.value == 1


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def octets_back_to_back(dut) -> None:
    bench = Bench(dut)
    await bench.start()
    octets = bytes((0x00, 0xFF, 0x55, 0xAA)) + random.Random(1).randbytes(60)
    for octet in octets:
        await bench.driver.send(octet)
    await bench.check(octets)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def clocks_that_differ_by_two_percent(dut) -> None:
    for bit_ns in (0.98 * BIT_NS, 1.02 * BIT_NS):
        bench = Bench(dut)
        await bench.start()
        for octet in (0x00, 0xFF, 0x80, 0x7F):
            await bench.driver.send(octet, bit_ns=bit_ns)
        await bench.check(bytes((0x00, 0xFF, 0x80, 0x7F)))


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_framing_error_discards_its_octet_only(dut) -> None:
    bench = Bench(dut)
    await bench.start()
    await bench.driver.send(0x31)
    await bench.driver.send(0x32, stop_bit=0)
    await bench.driver.idle(1)
    await bench.driver.send(0x33)
    await bench.check(b"\x31\x33")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_break_is_no_octet(dut) -> None:
    bench = Bench(dut)
    await bench.start()
    for _ in range(3):
        await bench.driver.send(0x00, stop_bit=0)
    await bench.driver.idle(1)
    await bench.driver.send(0x34)
    await bench.check(b"\x34")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_glitch_is_no_start_bit(dut) -> None:
    bench = Bench(dut)
    await bench.start()
    dut.rxd.value = 0
    await cocotb.triggers.Timer(BIT_NS / 4, "ns")
    await bench.driver.idle(12)
    await bench.driver.send(0x35)
    await bench.check(b"\x35")
