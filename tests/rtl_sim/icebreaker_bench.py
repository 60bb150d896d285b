# SPDX-License-Identifier: Apache-2.0
"""Bench of the laser board's image for an iCEBreaker: all there is of it are its pins (cocotb)."""

import random
import struct

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Timer
from flatsat.boards.firmware import windows
from flatsat.boards.registers import laser_flight, laser_stimulus
from flatsat.protocols import coding, rmap, slip
from shell_parts import BIT_NS, CLOCK_NS, LineDriver, LineMonitor

FLIGHT, STIMULUS = laser_flight.LOGICAL_ADDRESS, laser_stimulus.LOGICAL_ADDRESS
POWER_ON_CLOCKS = 300


class Board:
    """Talks RMAP over the two pins."""

    def __init__(self, dut) -> None:
        self.dut = dut
        self.driver, self.monitor = LineDriver(dut.RX), LineMonitor(dut.TX)

    async def start(self) -> None:
        dut = self.dut
        dut.RX.value = dut.BTN_N.value = 1
        Clock(dut.CLK, CLOCK_NS, "ns", impl="gpi").start()
        await Timer(POWER_ON_CLOCKS * CLOCK_NS, "ns")
        cocotb.start_soon(self.monitor.run())

    async def ask(self, packet: bytes) -> rmap.Reply:
        decoder, seen = slip.Decoder(), len(self.monitor.octets)
        for octet in slip.encode(packet):
            await self.driver.send(octet)
        replies = []
        while not replies:
            await Timer(10 * BIT_NS, "ns")
            octets, seen = bytes(self.monitor.octets[seen:]), len(self.monitor.octets)
            replies = decoder.receive(octets)
        return rmap.parse_reply(replies[0])

    async def read(self, target: int, address: int, octets: int, *, incrementing: bool = True) -> bytes:
        packet = rmap.read_command(target, 0x21, 1, address, octets, incrementing=incrementing)
        reply = await self.ask(packet)
        assert reply.status == 0
        return reply.octets

    async def write(self, target: int, address: int, *words: int, incrementing: bool = True) -> int:
        octets = struct.pack(f">{len(words)}L", *words)
        return (
            await self.ask(rmap.write_command(target, 0x21, 1, address, octets, incrementing=incrementing))
        ).status

    async def window(self, window: windows.Window, *words: int) -> bytes | int:
        if words:
            return await self.write(STIMULUS, window.address, *words, incrementing=False)
        return await self.read(STIMULUS, window.address, window.octets, incrementing=False)

    async def time_now(self) -> int:
        return int.from_bytes(await self.read(STIMULUS, laser_stimulus.TIME_NOW.address, 4))


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def a_frame_goes_in_and_its_light_comes_out_of_the_same_line(dut) -> None:
    board = Board(dut)
    await board.start()
    frame = random.Random(2).randbytes(1115)
    fifo = struct.unpack(">280L", struct.pack(">HH", 0, 1115) + frame + b"\0")
    assert await board.write(STIMULUS, laser_stimulus.POWERED.address, 1, 20_000 << 16) == 0
    assert await board.write(FLIGHT, laser_flight.LASER_COMMAND.address, 1, 4000, 3, 50) == 0
    assert await board.write(STIMULUS, laser_stimulus.TIME_TARGET.address, 10) == 0
    assert await board.write(FLIGHT, laser_flight.TX_FIFO.address, *fifo, incrementing=False) == 0
    assert await board.window(windows.OPTICAL_LEVEL) == bytes(4)
    assert await board.write(STIMULUS, laser_stimulus.TIME_TARGET.address, 1000) == 0
    assert await board.window(windows.OPTICAL_LEVEL) == b"\0\0\0\1"
    assert windows.parse_entry(await board.window(windows.OPTICAL_FIFO)) == (1, 10, coding.encode_cadu(frame))
    assert await board.window(windows.OPTICAL_RELEASE, 1) == 0
    assert await board.window(windows.OPTICAL_LEVEL) == bytes(4)
    assert (await board.window(windows.RESET, 1), await board.time_now()) == (1, 1000)
    assert (await board.window(windows.RESET, windows.RESET_WORD), await board.time_now()) == (0, 0)
    assert await board.read(STIMULUS, laser_stimulus.POWERED.address, 4) == bytes(4)


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def the_button_resets(dut) -> None:
    board = Board(dut)
    await board.start()
    assert await board.write(STIMULUS, laser_stimulus.TIME_TARGET.address, 5) == 0
    assert await board.time_now() == 5
    dut.BTN_N.value = 0
    await Timer(10 * CLOCK_NS, "ns")
    dut.BTN_N.value = 1
    await Timer(10 * CLOCK_NS, "ns")
    assert await board.time_now() == 0


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def the_red_led_tells_of_a_packet_that_was_rejected(dut) -> None:
    board = Board(dut)
    await board.start()
    await board.time_now()
    assert dut.LEDR_N.value == 1
    assert await board.write(STIMULUS, 0, 1) == 10
    assert dut.LEDR_N.value == 0
