# SPDX-License-Identifier: Apache-2.0
"""The contract that every back end keeps: the same packets get the same replies, and the same light leaves the pin.

The twin is the yardstick for the others because tests/boards holds it to a model written straight from boards/README.md.
"""

import random
import struct

import pytest
from flatsat.boards.registers import (
    compute_flight,
    compute_stimulus,
    laser_flight,
    laser_stimulus,
    power_flight,
)
from flatsat.hil.backends.port import FLIGHT, POWER, STIMULUS, Request, open_back_end
from flatsat.protocols import rmap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .commands import MAPS, read, request, words, write

BUILD_ID = power_flight.BUILD_ID.address


@pytest.mark.parametrize("board", [0, 1, 2], ids=["power", "compute", "laser"])
@pytest.mark.parametrize("port", [FLIGHT, STIMULUS], ids=["flight", "stimulus"])
def test_identity_and_reset_values(back_end, board, port):
    if board:
        back_end.exchange([write(board, STIMULUS, MAPS[board][1].POWERED.address, 1)])
    expected = [register.reset for register in MAPS[board][port].REGISTERS if register.address < 0x800]
    replies = back_end.exchange(
        [
            read(board, port, 4 * start, 4 * min(16, len(expected) - start))
            for start in range(0, len(expected), 16)
        ]
    )
    found = [word for reply in replies for word in words(reply)]
    differing = {
        register.name: (word, want)
        for register, word, want in zip(MAPS[board][port].REGISTERS, found, expected, strict=False)
        if word != want and register.name not in ("BUILD_ID", "POWERED")
    }
    assert differing == {}


def test_a_frame_leaves_the_pin_coded(back_end):
    from flatsat.protocols import coding

    frame = bytes(range(256)) * 4 + bytes(91)
    fifo = struct.pack(">HH", 0, 1115) + frame + b"\0"
    back_end.exchange(
        [
            write(2, STIMULUS, laser_stimulus.POWERED.address, 1, 20_000 << 16),
            write(2, FLIGHT, laser_flight.LASER_COMMAND.address, 1, 4000, 3, 50),
            write(2, STIMULUS, laser_stimulus.TIME_TARGET.address, 10),
            write(2, FLIGHT, laser_flight.TX_FIFO.address, *struct.unpack(">280L", fifo), incrementing=False),
            write(2, STIMULUS, laser_stimulus.TIME_TARGET.address, 1000),
        ]
    )
    assert back_end.take_optical() == [(10, coding.encode_cadu(frame))]
    assert back_end.take_optical() == []


def test_requests_to_several_boards_in_one_exchange(back_end):
    replies = back_end.exchange([read(board, STIMULUS, 0, 4) for board in (2, 0, 1, 0)])
    assert [words(reply)[0].to_bytes(4, "big") for reply in replies] == [b"LSR1", b"PWR1", b"CMP1", b"PWR1"]


def test_silence_is_none_and_costs_no_reply_of_others(back_end):
    replies = back_end.exchange(
        [request(0, FLIGHT, b"too short"), read(0, FLIGHT, 0, 4), read(1, STIMULUS, 0, 4)]
    )
    assert replies[0] is None
    assert [words(reply)[0].to_bytes(4, "big") for reply in replies[1:]] == [b"PWR1", b"CMP1"]


def test_a_board_without_power_is_silent_between_replies(back_end):
    asked = [
        read(1, STIMULUS, 0, 4),
        read(1, FLIGHT, 0, 4),
        read(1, FLIGHT, 4, 4),
        read(1, STIMULUS, 4, 4),
        read(1, FLIGHT, 0, 4),
    ]
    replies = back_end.exchange([*asked, read(0, FLIGHT, 0, 4)])
    assert [reply is None for reply in replies] == [False, True, True, False, True, False]
    assert [words(replies[place])[0].to_bytes(4, "big") for place in (0, 5)] == [b"CMP1", b"PWR1"]
    assert words(replies[3]) == [MAPS[1][STIMULUS].MAP_VERSION.reset]


# --- random traffic: every back end against the twin -----------------------------------------------------------------

ADDRESSES = {
    (board, port): [register.address for register in MAPS[board][port].REGISTERS] + [0x1000, 0x1800, 0x800, 2]
    for board in range(3)
    for port in (FLIGHT, STIMULUS)
}
values = st.one_of(
    st.integers(0, 12),
    st.sampled_from([0xFF, 0xFFFF, 0xFFFFFFFF, 20_000 << 16, 0x4B49434B]),
    st.integers(0, 2**32 - 1),
)


@st.composite
def traffic(draw):
    """One packet for one board: mostly sound commands, some of them bent."""
    board, port = draw(st.integers(0, 2)), draw(st.integers(0, 1))
    target = (0x60 if port else 0x40) + board
    kind = draw(st.sampled_from(["read", "write", "write", "write", "modify", "bent", "bent"]))
    number = draw(st.integers(0, 0xEFFF))
    address = draw(st.sampled_from(ADDRESSES[board, port]))
    if kind == "read":
        length = 4 * draw(st.integers(0, 20))
        if address <= BUILD_ID < address + length:  # the one word that differs between back ends
            address = BUILD_ID + 4
        packet = rmap.read_command(target, 0x20, number, address, length, incrementing=draw(st.booleans()))
        return request(board, port, packet)
    if draw(st.booleans()):
        writable = [a for a in ADDRESSES[board, port] if MAPS[board][port].WRITABLE_FROM <= a < 0x800]
        address = draw(st.sampled_from(writable))
    most = 6
    if port == STIMULUS and address < 0x800:  # time is granted by grants() only: a wild target would be weeks
        time_target = MAPS[board][STIMULUS].TIME_TARGET.address
        address = min(address, time_target - 4)
        most = min(most, (time_target - address) // 4)
    if kind == "modify":
        value, mask = draw(values).to_bytes(4, "big"), draw(values).to_bytes(4, "big")
        packet = rmap.read_modify_write_command(target, 0x20, number, address, value, mask)
        return request(board, port, packet)
    octets = b"".join(word.to_bytes(4, "big") for word in draw(st.lists(values, min_size=1, max_size=most)))
    packet = rmap.write_command(
        target, 0x20, number, address, octets,
        incrementing=draw(st.integers(0, 9)) > 0, verify=draw(st.integers(0, 9)) == 0,
    )  # fmt: skip
    return request(board, port, draw(bent(packet)) if kind == "bent" else packet)


@st.composite
def bent(draw, packet):
    """The packet with a bit wrong, with its end missing, or with octets after its end."""
    how = draw(st.sampled_from(["wrong", "cut", "cut", "long"]))
    if how == "wrong":
        place, bit = draw(st.integers(0, len(packet) - 1)), 1 << draw(st.integers(0, 7))
        return packet[:place] + bytes((packet[place] ^ bit,)) + packet[place + 1 :]
    if how == "cut":
        whole_header = 16 if draw(st.integers(0, 3)) else 1
        return packet[: draw(st.integers(whole_header, len(packet) - 1))]
    return packet + draw(st.binary(min_size=1, max_size=6))


@st.composite
def grants(draw):
    """Time for one board, relative: made absolute when it is sent."""
    return draw(st.integers(0, 2)), draw(st.sampled_from([0, 1, 2, 9, 10, 11, 99, 100, 101, 500, 1000, 2500]))


@st.composite
def frames(draw):
    """A frame for the laser's FIFO, or something near to one."""
    length = draw(st.sampled_from([1115, 1115, 1115, 1114, 0]))
    frame = draw(st.binary(min_size=16, max_size=16)) * 70
    fifo = struct.pack(">HH", draw(st.integers(0, 6)), length) + frame[:1115] + b"\0"
    return request(2, FLIGHT, rmap.write_command(0x42, 0x20, 1, 0x1000, fifo, incrementing=False))


@st.composite
def uplink_blocks(draw):
    """A block for the laser's uplink, or something near to one, or a look at what is held."""
    if draw(st.integers(0, 2)) == 0:
        return request(2, FLIGHT, rmap.read_command(0x42, 0x20, 1, 0x1800, 256, incrementing=False))
    length = draw(st.sampled_from([252, 252, 252, 253, 0]))
    block = struct.pack(">HH", draw(st.integers(0, 6)), length) + draw(st.binary(min_size=4, max_size=4)) * 63
    return request(2, STIMULUS, rmap.write_command(0x62, 0x20, 1, 0x1000, block, incrementing=False))


def equal(uut, twin, steps):
    assert uut.exchange(steps) == twin.exchange(steps), steps
    assert uut.take_optical() == twin.take_optical()


POWER_UP = [
    write(1, STIMULUS, compute_stimulus.POWERED.address, 1, 3),
    write(1, STIMULUS, compute_stimulus.BOOT_MS.address, 7),
    write(1, FLIGHT, compute_flight.NODE_ENABLE.address, 0xA5A5, 0x01234567, 0x89ABCDEF),
    write(2, STIMULUS, laser_stimulus.POWERED.address, 1, 20_000 << 16),
    write(2, FLIGHT, laser_flight.LASER_COMMAND.address, 1, 4000, 3, 5),
]


@pytest.mark.timeout(600)
@settings(
    max_examples=200, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    steps=st.lists(st.one_of(traffic(), traffic(), grants(), frames(), uplink_blocks()), max_size=40),
    powered=st.booleans(),
)
def test_random_traffic_stimuli_and_time_equal_the_twin(uut, steps, powered):
    uut.reset()
    twin = open_back_end("twin")
    now = [0, 0, 0]
    for step in [*POWER_UP, *steps] if powered else steps:
        if not isinstance(step, Request):
            board, milliseconds = step
            now[board] += milliseconds
            step = write(board, STIMULUS, MAPS[board][1].TIME_TARGET.address, now[board])
        equal(uut, twin, [step])
    equal(uut, twin, every_register(twin))


def every_register(twin):
    """Reads of all registers but the build identity, of the ports that answer."""
    has_power = [True] + [
        words(twin.exchange([read(board, STIMULUS, MAPS[board][1].POWERED.address, 4)])[0])[0]
        for board in (1, 2)
    ]
    return [
        read(board, port, 12, MAPS[board][port].END - 12)
        for board in range(3)
        for port in (FLIGHT, STIMULUS)
        if port == STIMULUS or has_power[board]
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_long_random_life_equals_the_twin(uut, seed):
    live_randomly(uut, seed, changes=1500)


@pytest.mark.timeout(300)
def test_short_random_life_on_a_slow_simulator_equals_the_twin(slow_uut):
    live_randomly(slow_uut, seed=1, changes=60)


def live_randomly(uut, seed, changes):
    """A seeded life of many small changes, dense in limiter trips, node boots and frames."""
    twin = open_back_end("twin")
    dice = random.Random(seed)
    now = [0, 0, 0]
    equal(uut, twin, POWER_UP)
    for _ in range(changes):
        board, port = dice.randrange(3), dice.randrange(2)
        layout = MAPS[board][port]
        addresses = [r.address for r in layout.REGISTERS if layout.WRITABLE_FROM <= r.address < layout.END]
        if port == STIMULUS:
            addresses = [address for address in addresses if address != layout.TIME_TARGET.address]
        value = dice.choice([0, 1, 3, 0xFF, 0xFFFF, 20_000 << 16, 0x4B49434B, dice.getrandbits(32)])
        now[board] += dice.choice([0, 1, 5, 20, 300, 1001])
        address = dice.choice(addresses)
        if (board, port, address) == (POWER, FLIGHT, power_flight.BUS_LIMITS.address):
            value &= 0xFFFF0000  # a bus that dies would stay dead: there are no 60 s in one piece
        equal(
            uut,
            twin,
            [
                write(board, port, address, value),
                write(board, STIMULUS, MAPS[board][1].TIME_TARGET.address, now[board]),
            ],
        )
    equal(uut, twin, every_register(twin))
