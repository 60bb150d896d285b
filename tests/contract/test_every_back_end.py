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
    power_stimulus,
)
from flatsat.hil.backends.port import FLIGHT, STIMULUS, Options, Request, open_back_end
from flatsat.hil.errors import BuildFailed
from flatsat.protocols import rmap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MAPS = [[power_flight, power_stimulus], [compute_flight, compute_stimulus], [laser_flight, laser_stimulus]]
BUILD_ID = power_flight.BUILD_ID.address
UUTS = {
    "rtl": ("rtl", Options(verbose=False)),
    "rtl, stimulus on the UART": ("rtl", Options(stimulus_on_uart=True, verbose=False)),
}
EVERY = {"twin": ("twin", Options()), **UUTS}


@pytest.fixture(scope="module")
def back_ends():
    """Each opened once, when first asked for, and put into its power-on state each time."""
    kept = {}

    def get(name):
        if name not in kept:
            try:
                kept[name] = open_back_end(*EVERY[name])
            except BuildFailed as error:
                pytest.skip(str(error))
        kept[name].reset()
        return kept[name]

    yield get
    for back_end in kept.values():
        back_end.close()


@pytest.fixture(params=EVERY)
def back_end(request, back_ends):
    return back_ends(request.param)


@pytest.fixture(params=UUTS)
def uut(request, back_ends):
    """A back end to be compared with the twin."""
    return back_ends(request.param)


def request(board, port, packet):
    return Request(board, port, rmap.reply_due(packet), packet)


def read(board, port, address, length, number=1):
    return request(
        board, port, rmap.read_command((0x60 if port else 0x40) + board, 0x20 + port, number, address, length)
    )


def write(board, port, address, *words, number=1, incrementing=True):
    octets = struct.pack(f">{len(words)}L", *words)
    target = (0x60 if port else 0x40) + board
    return request(
        board,
        port,
        rmap.write_command(target, 0x20 + port, number, address, octets, incrementing=incrementing),
    )


def words(reply):
    data = rmap.parse_reply(reply).octets
    return list(struct.unpack(f">{len(data) // 4}L", data))


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


# --- random traffic: every back end against the twin -----------------------------------------------------------------

ADDRESSES = {
    (board, port): [register.address for register in MAPS[board][port].REGISTERS] + [0x1000, 0x800, 2]
    for board in range(3)
    for port in (0, 1)
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
    address = draw(st.sampled_from(ADDRESSES[board, port]))
    if port == STIMULUS:  # time is granted by grants() only: a wild target would be weeks
        address = min(address, MAPS[board][1].TIME_TARGET.address - 4 * 6) if address < 0x800 else address
    kind = draw(st.sampled_from(["read", "write", "write", "write", "rmw", "bent"]))
    number = draw(st.integers(0, 0xEFFF))
    if kind == "read":
        length = 4 * draw(st.integers(0, 20))
        if address <= BUILD_ID < address + length:  # the one word that differs between back ends
            address = BUILD_ID + 4
        packet = rmap.read_command(target, 0x20, number, address, length, incrementing=draw(st.booleans()))
    elif kind == "rmw":
        packet = rmap.read_modify_write_command(
            target, 0x20, number, address, draw(values).to_bytes(4, "big"), draw(values).to_bytes(4, "big")
        )
    else:
        octets = b"".join(word.to_bytes(4, "big") for word in draw(st.lists(values, min_size=1, max_size=6)))
        packet = rmap.write_command(
            target, 0x20, number, address, octets,
            incrementing=draw(st.integers(0, 9)) > 0, verify=draw(st.integers(0, 9)) == 0,
        )  # fmt: skip
    if kind == "bent":
        octets = bytearray(packet)
        octets[draw(st.integers(0, len(octets) - 1))] ^= 1 << draw(st.integers(0, 7))
        packet = bytes(octets) if draw(st.booleans()) else packet[: draw(st.integers(1, len(packet) - 1))]
    return request(board, port, packet)


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
    steps=st.lists(st.one_of(traffic(), traffic(), grants(), frames()), max_size=40), powered=st.booleans()
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
    """A seeded life of many small changes, dense in limiter trips, node boots and frames."""
    twin = open_back_end("twin")
    dice = random.Random(seed)
    now = [0, 0, 0]
    equal(uut, twin, POWER_UP)
    for _ in range(1500):
        board, port = dice.randrange(3), dice.randrange(2)
        layout = MAPS[board][port]
        addresses = [r.address for r in layout.REGISTERS if layout.WRITABLE_FROM <= r.address < layout.END]
        if port == STIMULUS:
            addresses = [address for address in addresses if address != layout.TIME_TARGET.address]
        value = dice.choice([0, 1, 3, 0xFF, 0xFFFF, 20_000 << 16, 0x4B49434B, dice.getrandbits(32)])
        now[board] += dice.choice([0, 1, 5, 20, 300, 1001])
        equal(
            uut,
            twin,
            [
                write(board, port, dice.choice(addresses), value),
                write(board, STIMULUS, MAPS[board][1].TIME_TARGET.address, now[board]),
            ],
        )
    equal(uut, twin, every_register(twin))
