# SPDX-License-Identifier: Apache-2.0
"""Bench of the coder: frames in, the bits of CADUs out (cocotb)."""

import hashlib
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge
from flatsat.protocols import coding

FRAME_OCTETS = 1115
CADU_BITS = 10_232
GOLDEN_FRAME = bytes.fromhex("6aff00000040") + b"\x55" * 1107 + bytes.fromhex("6f58")  # only idle data
GOLDEN_SHA256 = ("a0d3a9ac", "8fc964")  # first and last digits, from two independent encoders
RANDOMIZER_START = "1c71b91ba9ba8457b4bc5054bfd055402f49319652982cd6cf986a9fccd54f99"  # CCSDS 131.0-B 10.4.3


async def encode(dut, frame: bytes) -> bytes:
    """Hand a frame to the coder word by word, as laser_core does, and collect what leaves the pin."""
    memory = bytes(4) + frame + b"\xff"
    bits = ""
    dut.start.value = 1
    await FallingEdge(dut.clk)
    dut.start.value = 0
    await FallingEdge(dut.clk)
    while dut.busy.value:
        if dut.word_fetch.value:
            place = 4 * int(dut.word_index.value)
            dut.word.value = int.from_bytes(memory[place : place + 4], "big")
        if dut.optical_frame.value:
            bits += str(dut.optical_pin.value)
        await FallingEdge(dut.clk)
    assert len(bits) == CADU_BITS
    return int(bits, 2).to_bytes(CADU_BITS // 8, "big")


async def start(dut) -> None:
    Clock(dut.clk, 10, "ns", impl="gpi").start()
    dut.rst.value = 1
    dut.start.value = 0
    await FallingEdge(dut.clk)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    await FallingEdge(dut.clk)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def golden_frame(dut) -> None:
    await start(dut)
    cadu = await encode(dut, GOLDEN_FRAME)
    digest = hashlib.sha256(cadu).hexdigest()
    assert digest.startswith(GOLDEN_SHA256[0]) and digest.endswith(GOLDEN_SHA256[1])


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def zero_frame_shows_the_randomizer(dut) -> None:
    await start(dut)
    cadu = await encode(dut, bytes(FRAME_OCTETS))
    assert cadu[4:36].hex() == RANDOMIZER_START


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def random_frames(dut) -> None:
    await start(dut)
    for seed in range(2):
        frame = random.Random(seed).randbytes(FRAME_OCTETS)
        assert await encode(dut, frame) == coding.encode_cadu(frame)
