# SPDX-License-Identifier: Apache-2.0
"""Bench of uart_tx: octets in, waveforms out (cocotb)."""

import random

import cocotb
from cocotb.triggers import FallingEdge, Timer
from cocotb.utils import get_sim_time
from shell_parts import BIT_NS, LineMonitor, start


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def octets_follow_each_other_without_a_gap(dut) -> None:
    await start(dut, octet=0, octet_valid=0)
    assert dut.txd.value == 1
    monitor = LineMonitor(dut.txd)
    cocotb.start_soon(monitor.run())
    octets = bytes((0x00, 0xFF, 0x55)) + random.Random(2).randbytes(40)
    before_ns = get_sim_time("ns")
    for octet in octets:
        dut.octet.value, dut.octet_valid.value = octet, 1
        await FallingEdge(dut.clk)
        dut.octet_valid.value = 0
        while not dut.octet_ready.value:
            await FallingEdge(dut.clk)
    taken_ns = get_sim_time("ns") - before_ns
    assert (monitor.octets, monitor.framing_errors) == (octets, 0)
    assert len(octets) * 10 * BIT_NS - BIT_NS < taken_ns <= len(octets) * 10 * BIT_NS
    await Timer(2 * BIT_NS, "ns")
    assert dut.txd.value == 1
