# SPDX-License-Identifier: Apache-2.0
"""What the benches of the shell's blocks share: a clock, a reset, and who drives and watches octets (cocotb)."""

from collections.abc import Iterable

from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

CLOCK_NS = 10
CLOCKS_PER_BIT = 4
BIT_NS = CLOCK_NS * CLOCKS_PER_BIT


async def start(dut, **inputs: int) -> None:
    """Start the clock, set the inputs and go through reset; returns at a falling edge."""
    for name, value in inputs.items():
        getattr(dut, name).value = value
    dut.rst.value = 1
    Clock(dut.clk, CLOCK_NS, "ns", impl="gpi").start()
    for _ in range(3):
        await FallingEdge(dut.clk)
    dut.rst.value = 0
    await FallingEdge(dut.clk)


class LineDriver:
    """Drives a UART line, with faults on demand."""

    def __init__(self, line) -> None:
        self.line = line

    async def send(self, octet: int, *, stop_bit: int = 1, bit_ns: float = BIT_NS) -> None:
        for bit in (0, *((octet >> place) & 1 for place in range(8)), stop_bit):
            self.line.value = bit
            await Timer(bit_ns, "ns", round_mode="round")

    async def idle(self, bits: int) -> None:
        self.line.value = 1
        await Timer(bits * BIT_NS, "ns")


class LineMonitor:
    """Reads a UART line as another UART would: in the middle of each bit."""

    def __init__(self, line) -> None:
        self.line = line
        self.octets = bytearray()
        self.framing_errors = 0

    async def run(self) -> None:
        while True:
            await FallingEdge(self.line)
            await Timer(1.5 * BIT_NS, "ns")
            octet = 0
            for place in range(8):
                octet |= int(self.line.value) << place
                await Timer(BIT_NS, "ns")
            self.octets.append(octet)
            self.framing_errors += not self.line.value


class PulseMonitor:
    """Notes the values that are there whenever a strobe is high at a clock edge."""

    def __init__(self, clk, strobe, *values) -> None:
        self.clk, self.strobe, self.values = clk, strobe, values
        self.seen: list[tuple[int, ...]] = []

    async def run(self) -> None:
        while True:
            await RisingEdge(self.clk)
            if self.strobe.value == 1:
                self.seen.append(tuple(int(value.value) for value in self.values))


class OctetDriver:
    """Hands over octets one clock each, with pauses."""

    def __init__(self, dut, octet, valid) -> None:
        self.dut, self.octet, self.valid = dut, octet, valid

    async def send(self, octets: Iterable[int], *, pause_clocks: int = 0) -> None:
        for octet in octets:
            self.octet.value, self.valid.value = octet, 1
            await FallingEdge(self.dut.clk)
            self.valid.value = 0
            for _ in range(pause_clocks):
                await FallingEdge(self.dut.clk)
