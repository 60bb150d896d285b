# SPDX-License-Identifier: Apache-2.0
"""Bench of line_windows: light in, entries read and released, and the word that resets the board (cocotb)."""

import random

import cocotb
from cocotb.triggers import FallingEdge
from flatsat.boards.firmware import windows
from shell_parts import start

HEAD_OCTETS, CADU_OCTETS = 8, 1279
TAKE, DROP, REFUSE = 0, 1, 2
ENTRIES = 8


class Windows:
    """Plays the board around the windows."""

    def __init__(self, dut) -> None:
        self.dut = dut

    async def shine(self, cadu: bytes, start_ms: int) -> None:
        dut = self.dut
        dut.frame.value, dut.ms_start.value = 1, start_ms
        for octet in cadu:
            for place in reversed(range(8)):
                dut.pin.value = (octet >> place) & 1
                await FallingEdge(dut.clk)
        dut.frame.value = 0
        for _ in range(3):
            await FallingEdge(dut.clk)

    async def read(self, window: windows.Window, octets_wanted: int | None = None) -> bytes:
        dut, octets = self.dut, b""
        for place in range(0, octets_wanted or window.octets, 4):
            dut.address.value, dut.read.value = window.address + place & 0x1FFF, 1
            await FallingEdge(dut.clk)
            dut.read.value = 0
            while not dut.valid.value:
                await FallingEdge(dut.clk)
            octets += int(dut.rdata.value).to_bytes(4, "big")
        return octets

    async def write(self, window: windows.Window, word: int) -> int:
        dut = self.dut
        dut.address.value, dut.wdata.value, dut.check.value = window.address & 0x1FFF, word, 1
        await FallingEdge(dut.clk)
        dut.check.value = 0
        assert dut.answer_valid.value
        answer = int(dut.answer.value)
        if answer == TAKE:
            dut.write.value = 1
            await FallingEdge(dut.clk)
            dut.write.value = 0
        return answer

    async def level(self) -> tuple[int, int]:
        word = await self.read(windows.OPTICAL_LEVEL)
        return word[3], word[2]


async def bench(dut) -> Windows:
    await start(
        dut, address=0, read=0, check=0, write=0, wdata=0, answered=0, pin=0, frame=0, ms_start=0
    )  # fmt: skip
    return Windows(dut)


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def light_is_kept_until_it_is_released(dut) -> None:
    board, dice = await bench(dut), random.Random(1)
    cadus = [
        dice.randbytes(CADU_OCTETS),
        *(dice.randbytes(11) for _ in range(ENTRIES + 1)),
    ]  # short ones for speed
    assert (await board.level(), await board.read(windows.OPTICAL_FIFO)) == ((0, 0), bytes(1288))
    for number, cadu in enumerate(cadus):
        await board.shine(cadu, 0x12340000 + number)
    assert await board.level() == (ENTRIES, 2)
    for number, cadu in enumerate(cadus[:ENTRIES]):
        entry = await board.read(windows.OPTICAL_FIFO, HEAD_OCTETS + len(cadu))
        assert windows.parse_entry(entry) == (
            number + 1,
            0x12340000 + number,
            cadu + b"\0" * (len(cadu) < CADU_OCTETS),
        )
        assert entry[2:4] == CADU_OCTETS.to_bytes(2) and entry[-1] == 0
        for wrong in (number, number + 2, 0x10001 + number):
            assert await board.write(windows.OPTICAL_RELEASE, wrong) == DROP
        assert await board.write(windows.OPTICAL_RELEASE, number + 1) == TAKE
        assert await board.level() == (ENTRIES - 1 - number, 2)
    assert await board.write(windows.OPTICAL_RELEASE, ENTRIES + 1) == DROP
    await board.shine(cadus[-1], 7)
    entry = await board.read(windows.OPTICAL_FIFO, HEAD_OCTETS + 11)
    assert windows.parse_entry(entry) == (ENTRIES + 1, 7, cadus[-1] + b"\0")


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def the_board_starts_anew_when_its_answer_has_left(dut) -> None:
    board = await bench(dut)
    assert await board.write(windows.RESET, windows.RESET_WORD ^ 1) == REFUSE
    assert await board.write(windows.RESET, windows.RESET_WORD) == TAKE
    for _ in range(5):
        assert not dut.restart.value
        await FallingEdge(dut.clk)
    dut.answered.value = 1
    await FallingEdge(dut.clk)
    assert dut.restart.value
