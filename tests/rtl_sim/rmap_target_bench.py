# SPDX-License-Identifier: Apache-2.0
"""Bench of rmap_target: command packets in; register accesses and reply packets out (cocotb)."""

import random

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge
from flatsat.protocols import rmap
from shell_parts import start
from status_table import (
    BLOCK,
    FLIGHT,
    FLIGHT_END,
    FLIGHT_WRITABLE,
    FRAME,
    INITIATOR,
    NUMBER,
    RECEIVED,
    RX_FIFO,
    RX_FIFO_OCTETS,
    SILENT,
    STATUS,
    STIMULUS,
    STIMULUS_END,
    STIMULUS_WRITABLE,
    TX_FIFO,
    TX_FIFO_OCTETS,
    UPLINK,
    UPLINK_OCTETS,
    UPLINKED,
    WINDOW,
    modify,
    read,
    write,
)

TAKE, DROP, REFUSE = 0, 1, 2
CLOCK_LIMIT = 4000


class Registers:
    """Plays board and core: words in a table, answers late, busy after each write."""

    def __init__(self, dut, *, answer_clocks: int = 1, busy_clocks: int = 0, fifo_answer: int = TAKE) -> None:
        self.dut = dut
        self.answer_clocks, self.busy_clocks, self.fifo_answer = answer_clocks, busy_clocks, fifo_answer
        self.words = {
            (port, address): 0x01010101 * (address // 4)
            for port in (0, 1)
            for address in range(0, FLIGHT_END, 4)
        }
        self.words |= {(0, RX_FIFO + place): 0x01010101 * place for place in range(0, RX_FIFO_OCTETS, 4)}
        self.written: list[tuple[int, int, int]] = []  # port, address, word
        self.offered: list[tuple[int, int]] = []  # port, word
        self.fifo: list[tuple[int, int]] = []

    async def run(self) -> None:
        dut = self.dut
        while True:
            await RisingEdge(dut.clk)
            if dut.register_read.value == 1:
                cocotb.start_soon(self.answer(self.words[self.where()]))
            if dut.register_write.value == 1:
                self.words[self.where()] = int(dut.register_wdata.value)
                self.written.append((*self.where(), self.words[self.where()]))
                cocotb.start_soon(self.digest())
            if dut.fifo_check.value == 1:
                self.offered.append(self.port_and_word())
                cocotb.start_soon(self.decide())
            if dut.fifo_write.value == 1:
                self.fifo.append(self.port_and_word())

    def where(self) -> tuple[int, int]:
        return int(self.dut.register_stimulus.value), int(self.dut.register_address.value)

    def port_and_word(self) -> tuple[int, int]:
        return int(self.dut.register_stimulus.value), int(self.dut.register_wdata.value)

    async def answer(self, word: int) -> None:
        for _ in range(self.answer_clocks):
            await FallingEdge(self.dut.clk)
        self.dut.register_rdata.value, self.dut.register_valid.value = word, 1
        await FallingEdge(self.dut.clk)
        self.dut.register_valid.value = 0

    async def digest(self) -> None:
        if self.busy_clocks:
            self.dut.register_busy.value = 1
            for _ in range(self.busy_clocks):
                await RisingEdge(self.dut.clk)
                assert not self.dut.register_write.value and not self.dut.reply_valid.value
            self.dut.register_busy.value = 0

    async def decide(self) -> None:
        await FallingEdge(self.dut.clk)
        self.dut.fifo_answer.value, self.dut.fifo_answer_valid.value = self.fifo_answer, 1
        await FallingEdge(self.dut.clk)
        self.dut.fifo_answer_valid.value = 0


class Initiator:
    """Sends a packet and collects the reply, if one comes."""

    def __init__(self, dut, seed: int = 1) -> None:
        self.dut, self.dice = dut, random.Random(seed)

    async def ask(self, packet: bytes, *, malformed: bool = False) -> bytes | None:
        dut = self.dut
        for octet in packet:
            dut.command_octet.value, dut.command_valid.value = octet, 1
            await FallingEdge(dut.clk)
        dut.command_valid.value, dut.command_last.value, dut.command_malformed.value = 0, 1, malformed
        await FallingEdge(dut.clk)
        dut.command_last.value = 0
        return await self.listen()

    async def listen(self) -> bytes | None:
        dut = self.dut
        reply = bytearray()
        for _ in range(CLOCK_LIMIT):
            dut.reply_ready.value = self.dice.random() < 0.7
            if dut.receiving.value == 1:
                return None
            await RisingEdge(dut.clk)
            if dut.reply_valid.value and dut.reply_ready.value:
                reply.append(int(dut.reply_octet.value))
                if dut.reply_last.value:
                    await FallingEdge(dut.clk)
                    return bytes(reply)
            await FallingEdge(dut.clk)
        raise AssertionError("neither a reply nor rest")


async def bench(dut, *, powered: int = 1, **core: int) -> tuple[Initiator, Registers]:
    await start(
        dut, command_octet=0, command_valid=0, command_last=0, command_malformed=0, reply_ready=0,
        register_valid=0, register_rdata=0, register_busy=0, fifo_answer_valid=0, fifo_answer=0, powered=powered,
        flight_target=FLIGHT, stimulus_target=STIMULUS, flight_end=FLIGHT_END,
        flight_writable_from=FLIGHT_WRITABLE, stimulus_end=STIMULUS_END, stimulus_writable_from=STIMULUS_WRITABLE,
        tx_fifo_address=TX_FIFO, tx_fifo_octets=TX_FIFO_OCTETS,
        rx_fifo_address=RX_FIFO, rx_fifo_octets=RX_FIFO_OCTETS,
        uplink_address=UPLINK, uplink_octets=UPLINK_OCTETS, on_a_line=0, has_light=1,
    )  # fmt: skip
    registers = Registers(dut, **core)
    cocotb.start_soon(registers.run())
    return Initiator(dut), registers


def errors(dut) -> tuple[int, int]:
    return int(dut.dropped.value), int(dut.rejected.value)


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(given=list(STATUS))
async def status(dut, given: str) -> None:
    initiator, registers = await bench(dut)
    packet, expected = STATUS[given]
    reply = await initiator.ask(packet)
    if expected is SILENT:
        assert reply is None and errors(dut) == (1, 0)
    else:
        assert reply is not None
        assert rmap.parse_reply(reply).status == expected
        assert reply[:7] == bytes(
            (INITIATOR, 1, packet[2] & 0x3F, expected, packet[0], NUMBER >> 8, NUMBER & 0xFF)
        )
        assert errors(dut) == (0, int(expected != 0))
    if expected != 0:
        assert not (registers.written or registers.offered or registers.fifo)


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(answer_clocks=[1, 5])
async def reads_come_in_address_order(dut, answer_clocks: int) -> None:
    initiator, _ = await bench(dut, answer_clocks=answer_clocks)
    reply = rmap.parse_reply(await initiator.ask(read(0, FLIGHT_END)))
    assert reply.octets == b"".join((0x01010101 * n).to_bytes(4, "big") for n in range(FLIGHT_END // 4))


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(busy_clocks=[0, 7])
async def writes_are_applied_in_address_order_and_wait(dut, busy_clocks: int) -> None:
    initiator, registers = await bench(dut, busy_clocks=busy_clocks)
    assert rmap.parse_reply(await initiator.ask(write(0x38, b"aaaabbbbcccc"))).status == 0
    assert registers.written == [
        (0, 0x38, int.from_bytes(b"aaaa")), (0, 0x3C, int.from_bytes(b"bbbb")), (0, 0x40, int.from_bytes(b"cccc"))
    ]  # fmt: skip
    assert not dut.register_busy.value


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def read_modify_write(dut) -> None:
    initiator, registers = await bench(dut)
    registers.words[0, 0x38] = 0x11223344
    reply = rmap.parse_reply(
        await initiator.ask(modify(0x38, bytes.fromhex("aabbccdd"), bytes.fromhex("ff00f00f")))
    )
    assert (reply.status, reply.octets.hex()) == (0, "11223344")
    assert registers.written == [(0, 0x38, 0xAA22C34D)]


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(
    (("answer", "expected"), [(TAKE, 0), (DROP, 0), (REFUSE, 1)]),
    (("packet", "port", "data"), [(WINDOW, 0, FRAME), (UPLINKED, 1, BLOCK)]),
)
async def window(dut, answer: int, expected: int, packet: bytes, port: int, data: bytes) -> None:
    initiator, registers = await bench(dut, fifo_answer=answer)
    assert rmap.parse_reply(await initiator.ask(packet)).status == expected
    words = [(port, int.from_bytes(data[place : place + 4])) for place in range(0, len(data), 4)]
    assert registers.offered == words[:1]
    assert registers.fifo == (words if answer == TAKE else [])
    assert errors(dut) == (0, expected)


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(answer_clocks=[1, 5])
async def a_window_is_read_word_by_word(dut, answer_clocks: int) -> None:
    initiator, _ = await bench(dut, answer_clocks=answer_clocks)
    reply = rmap.parse_reply(await initiator.ask(RECEIVED))
    assert reply.octets == b"".join(bytes((place,)) * 4 for place in range(0, RX_FIFO_OCTETS, 4))


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def an_unpowered_board_answers_at_the_stimulus_port_only(dut) -> None:
    initiator, registers = await bench(dut, powered=0)
    assert await initiator.ask(write(FLIGHT_WRITABLE, bytes(4))) is None
    assert rmap.parse_reply(await initiator.ask(write(STIMULUS_WRITABLE, bytes(4), STIMULUS))).status == 0
    assert rmap.parse_reply(await initiator.ask(read(STIMULUS_END, 4, STIMULUS))).status == 10
    assert registers.written == [(1, STIMULUS_WRITABLE, 0)]
    assert errors(dut) == (0, 0)


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def a_malformed_packet_is_dropped_and_the_next_is_heard(dut) -> None:
    initiator, _ = await bench(dut)
    assert await initiator.ask(read(0, 4), malformed=True) is None
    assert await initiator.ask(b"", malformed=True) is None
    assert rmap.parse_reply(await initiator.ask(read(4, 4))).octets.hex() == "01010101"
    assert errors(dut) == (2, 0)
