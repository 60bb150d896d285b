# SPDX-License-Identifier: Apache-2.0
"""The twins against the naive reference of boards/README.md, under any order of writes, stimuli and grants."""

import pytest
from flatsat.protocols import coding
from hypothesis import given, settings
from hypothesis import strategies as st

from .driver import BOARDS, TABLES, Driver
from .reference import REFERENCES


@pytest.fixture(autouse=True, scope="module")
def plain_light():
    """The coder has its own tests: here a CADU is its frame."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coding, "encode_cadu", lambda frame: frame, raising=False)
        yield


# Words that reach the borders: registers not named here take any 32 bits.
halves = st.sampled_from([0, 1, 4, 5, 6, 0xFFFF])
voltages = st.sampled_from([0, 1, 2, 3])
pairs = st.builds(lambda high, low: high << 16 | low, halves, halves)
steps = st.one_of(st.integers(0, 0xFFFFFFFF), st.sampled_from([0, 0x11111111, 0xFFFFFFFF]))
temperatures = st.lists(st.sampled_from([0, 9, 10, 11]), min_size=4, max_size=4).map(
    lambda octets: int.from_bytes(bytes(octets), "big")
)
WORDS = {
    "power": {
        **{f"LOAD_{k}_{k + 1}": pairs for k in range(0, 8, 2)},
        **{
            f"LCL{i}": st.builds(
                lambda retries, trip, limit: retries << 24 | trip << 16 | limit,
                st.integers(0, 3),
                st.sampled_from([0, 1, 10, 255]),
                halves,
            )
            for i in range(8)
        },
        "LCL_ENABLE": st.sampled_from([0, 0xFF, 0x81, 0x7F, 0x55, 0xFFFFFFFF]),
        "BUS": st.builds(lambda high, low: high << 16 | low, voltages, halves),
        "BUS_LIMITS": st.builds(
            lambda high, low: high << 16 | low, st.one_of(voltages, st.just(0xFFFF)), voltages
        ),
        "BATTERY": st.builds(lambda high, low: high << 16 | low, voltages, halves),
        "UVLO": st.builds(lambda high, low: high << 16 | low, voltages, voltages),
        "OVERCHARGE": st.one_of(voltages, st.just(0xFFFF)),
        "WATCHDOG_KICK": st.sampled_from([0x4B49434B, 0, 10_000]),
        "WATCHDOG_MS": st.sampled_from([0, 1, 2, 700, 65_535]),
        "SWITCHES": st.integers(0, 127),
        "STOP_CAUSE": st.sampled_from([0, 0, 0, 0, 1, 0x100, 0xFFFFFE00]),
    },
    "compute": {
        **{f"TEMPERATURE_{k}_{k + 3}": temperatures for k in range(0, 16, 4)},
        "POWERED": st.sampled_from([1, 1, 1, 1, 3, 0, 2]),
        "RACK_POWER": st.sampled_from([3, 3, 3, 1, 2, 0]),
        "HANG": st.sampled_from([0, 0, 1, 0x8001, 0xFFFF]),
        "CORRUPT": st.sampled_from([0, 1, 0xFFFF]),
        "UNLOCK": st.sampled_from([0, 0, 1, 0x8001, 0xFFFF]),
        "BOOT_MS": st.sampled_from([0, 1, 2, 50, 120_000, 0xFFFFFFFF]),
        "NODE_ENABLE": st.sampled_from([0xFFFF, 0xFFFF, 1, 0x8000, 0, 0xFFFFFFFF]),
        "COMMAND_STEPS_LOW": steps,
        "COMMAND_STEPS_HIGH": steps,
        "RAMP": st.sampled_from([0, 1, 2, 10, 255]),
        "TRIP_TEMPERATURE": st.sampled_from([255, 255, 10, 9]),
    },
    "laser": {
        "POWERED": st.sampled_from([1, 1, 1, 1, 3, 0, 2]),
        "OPTICAL": st.one_of(pairs, st.just(0xFFFF << 16)),
        "LIGHT_THRESHOLD": halves,
        "LASER_COMMAND": st.sampled_from([0, 1, 1, 2, 3, 3]),
        "ACQUIRE_MS": st.sampled_from([0, 1, 2, 100, 12_000]),
        "LOSS_MS": st.sampled_from([0, 1, 50]),
        "RX_RELEASE": st.one_of(st.integers(0, 5), st.integers(0, 0xFFFFFFFF)),
    },
}
LONGEST_GRANT_MS = {"power": 1500, "compute": 250, "laser": 600}
EXAMPLES = {"power": 60, "compute": 40, "laser": 60}


def writes(board):
    return st.one_of(
        [
            st.tuples(st.just("write"), st.just(port), st.just(register.name), word)
            for port in ("flight", "stimulus")
            for register in TABLES[board, port].REGISTERS
            if register.writable and register.name != "TIME_TARGET"
            for word in [WORDS[board].get(register.name, st.integers(0, 0xFFFFFFFF))]
        ]
    )


def grants(board):
    longest = LONGEST_GRANT_MS[board]
    lengths = st.one_of(st.integers(1, longest), st.sampled_from([0, 1, 2, longest, -1, -(2**31)]))
    return st.tuples(st.just("grant"), lengths)


def before_grant(board):
    """What a round begins with: often the power board has stopped, and a frame waits to be sent."""
    if board == "power":
        return st.tuples(st.just("write"), st.just("stimulus"), st.just("STOP_CAUSE"), st.just(0))
    if board == "compute":
        return st.tuples(st.just("write"), st.just("stimulus"), st.just("POWERED"), st.just(1))
    return st.tuples(st.just("push"), st.integers(0, 3), st.sampled_from([1115, 1115, 1115, 1114]))


blocks = st.tuples(
    st.just("uplink"), st.sampled_from([0, 1, 2, 3, 4, 5, 0xFFFF]), st.sampled_from([1, 7, 252, 253, 0])
)


def lives(board):
    """Rounds of a few writes and a grant; to the laser board, blocks come between them."""
    operations = st.one_of(writes(board), blocks) if board == "laser" else writes(board)
    rounds = st.tuples(before_grant(board), st.lists(operations, max_size=6), grants(board))
    return st.lists(rounds, max_size=8).map(
        lambda life: [operation for first, middle, last in life for operation in (first, *middle, last)]
    )


# What makes a board live at all, so that random writes disturb something.
BEGINNINGS = {
    "power": [("flight", "LCL_ENABLE", 0xFF)],
    "compute": [
        ("stimulus", "POWERED", 1),
        ("stimulus", "RACK_POWER", 3),
        ("stimulus", "BOOT_MS", 5),
        ("flight", "NODE_ENABLE", 0xFFFF),
    ],
    "laser": [("stimulus", "POWERED", 1), ("flight", "LASER_COMMAND", 1), ("flight", "ACQUIRE_MS", 20)],
}


def apply(operation, driver, reference):
    kind, *rest = operation
    if kind == "grant":
        target = (reference.time + rest[0]) % 2**32
        driver.write("stimulus", "TIME_TARGET", target)
        reference.write("stimulus", "TIME_TARGET", target)
    elif kind == "write":
        port, name, word = rest
        reply = driver.write(port, name, word)
        if port == "flight" and not is_powered(reference):
            assert reply is None
        else:
            assert reply.status == 0
            reference.write(port, name, word)
    elif kind == "uplink":
        sequence, length = rest
        block = bytes((sequence & 0xFF,)) * 252
        assert driver.uplink(sequence, length, block).status == reference.uplink(sequence, length, block)
    elif is_powered(reference):
        sequence, length = rest
        frame = bytes((sequence,)) * 1115
        assert driver.push(sequence, length, frame).status == reference.push(sequence, length, frame)


def is_powered(reference):
    return getattr(reference, "powered", 1) == 1


def check(driver, reference):
    """Both ports show what the reference shows; an unpowered board's flight port is silent."""
    assert driver.words("stimulus") == reference.words("stimulus")
    assert driver.words("flight") == (reference.words("flight") if is_powered(reference) else None)
    assert driver.twin.take_optical() == getattr(reference, "optical", [])
    reference.optical = []
    if hasattr(reference, "rx_fifo"):
        assert driver.rx_fifo() == (reference.rx_fifo() if is_powered(reference) else None)


def begun(board):
    return [("write", *write) for write in BEGINNINGS[board]]


@pytest.mark.parametrize("board", BOARDS)
def test_twin_lives_as_the_page_says(board):
    @settings(max_examples=EXAMPLES[board], deadline=None)
    @given(lives(board))
    def check_life(operations):
        driver, reference = Driver(board), REFERENCES[board]()
        check(driver, reference)
        for operation in begun(board) + operations:
            apply(operation, driver, reference)
            check(driver, reference)

    check_life()


@pytest.mark.parametrize("board", BOARDS)
def test_a_grant_split_anywhere_ends_in_the_same_state(board):
    @settings(max_examples=EXAMPLES[board], deadline=None)
    @given(lives(board), st.integers(0, 2**31 - 1), st.data())
    def check_split(operations, ms, data):
        once, split = Driver(board), Driver(board)
        for operation in begun(board) + operations:
            for driver in (once, split):
                replay(operation, driver)
        start = once.words("stimulus")["TIME_NOW"]
        cuts = data.draw(
            st.lists(st.integers(0, min(ms, 3 * LONGEST_GRANT_MS[board])), max_size=5).map(sorted)
        )
        for cut in [*cuts, ms]:
            split.write("stimulus", "TIME_TARGET", (start + cut) % 2**32)
        once.write("stimulus", "TIME_TARGET", (start + ms) % 2**32)
        assert once.words("stimulus") == split.words("stimulus")
        assert once.words("flight") == split.words("flight")
        assert once.twin.take_optical() == split.twin.take_optical()

    check_split()


def replay(operation, driver):
    kind, *rest = operation
    getattr(driver, kind)(*rest)


LIVES_WORTH_KEEPING = {
    "watchdog power-cycles the computer": (
        "power",
        [
            ("write", "flight", "WATCHDOG_MS", 3),
            ("grant", 5),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("grant", 500),
            ("write", "flight", "WATCHDOG_KICK", 0x4B49434B),
            ("grant", 1200),
        ],
    ),
    "limiter trips and retries twice": (
        "power",
        [
            ("write", "flight", "LCL2", 2 << 24 | 20 << 16 | 5),
            ("write", "stimulus", "LOAD_2_3", 6 << 16),
            *[("grant", 1500), ("write", "stimulus", "STOP_CAUSE", 0)] * 6,
        ],
    ),
    "retries start anew after a disable": (
        "power",
        [
            ("write", "flight", "LCL7", 1 << 24 | 1 << 16 | 5),
            ("write", "stimulus", "LOAD_6_7", 6),
            *[("grant", 1500), ("write", "stimulus", "STOP_CAUSE", 0)] * 3,
            ("write", "flight", "LCL_ENABLE", 0),
            ("write", "flight", "LCL_ENABLE", 0x80),
            *[("grant", 1500), ("write", "stimulus", "STOP_CAUSE", 0)] * 3,
        ],
    ),
    "trip counts stay at 15": (
        "power",
        [
            ("write", "flight", "LCL3", 0),
            ("write", "stimulus", "LOAD_2_3", 1),
            *[
                ("write", "flight", "LCL_ENABLE", 0),
                ("write", "flight", "LCL_ENABLE", 8),
                ("grant", 2),
                ("write", "stimulus", "STOP_CAUSE", 0),
            ]
            * 17,
        ],
    ),
    "an overload with a break starts anew, a shortened trip time acts at once": (
        "power",
        [
            ("write", "flight", "LCL0", 20 << 16 | 5),
            ("write", "stimulus", "LOAD_0_1", 6 << 16),
            ("grant", 15),
            ("write", "stimulus", "LOAD_0_1", 5 << 16),
            ("grant", 3),
            ("write", "stimulus", "LOAD_0_1", 6 << 16),
            ("grant", 19),
            ("write", "flight", "LCL0", 2 << 16 | 5),
            ("grant", 10),
        ],
    ),
    "over-charge trips and is cleared": (
        "power",
        [
            ("write", "flight", "OVERCHARGE", 5),
            ("write", "stimulus", "BATTERY", 6 << 16),
            ("grant", 99),
            ("write", "flight", "SWITCHES", 9),
            ("grant", 99),
            ("grant", 1),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("grant", 300),
            ("write", "flight", "SWITCHES", 0xF),
            ("grant", 300),
        ],
    ),
    "lock-out enters and is left": (
        "power",
        [
            ("write", "flight", "UVLO", 3 << 16 | 2),
            ("grant", 1500),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("write", "flight", "LCL_ENABLE", 0xFF),
            ("write", "stimulus", "BATTERY", 3 << 16),
            ("grant", 1100),
            ("write", "stimulus", "BATTERY", 4 << 16),
            ("grant", 999),
            ("grant", 1),
        ],
    ),
    "over-voltage opens the strings until it is cleared": (
        "power",
        [
            ("write", "flight", "BUS_LIMITS", 5 << 16),
            ("write", "stimulus", "BUS", 5 << 16),
            ("grant", 50),
            ("write", "stimulus", "BUS", 6 << 16),
            ("grant", 50),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("grant", 50),
            ("write", "flight", "SWITCHES", 0x71),
            ("grant", 2),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("write", "stimulus", "BUS", 0),
            ("write", "flight", "SWITCHES", 0x61),
            ("grant", 50),
        ],
    ),
    "a dead bus takes everything off and comes back after 60 s without a break": (
        "power",
        [
            ("write", "flight", "BUS_LIMITS", 9 << 16 | 5),
            ("write", "flight", "STRING_ENABLE", 0x0F),
            ("write", "flight", "SWITCHES", 0x16),
            ("write", "stimulus", "BUS", 4 << 16),
            ("grant", 9),
            ("write", "stimulus", "BUS", 5 << 16),
            ("grant", 1),
            ("write", "stimulus", "BUS", 4 << 16),
            ("grant", 9),
            ("grant", 9),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("grant", 20_000),
            ("write", "flight", "WATCHDOG_KICK", 0x4B49434B),
            ("write", "stimulus", "BUS", 5 << 16),
            ("grant", 59_999),
            ("write", "stimulus", "BUS", 4 << 16),
            ("grant", 1),
            ("write", "stimulus", "BUS", 5 << 16),
            ("grant", 70_000),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("grant", 20_000),
        ],
    ),
    "the bus dies while the watchdog holds the computer off": (
        "power",
        [
            ("write", "flight", "BUS_LIMITS", 0xFFFF0005),
            ("write", "flight", "WATCHDOG_MS", 2),
            ("write", "stimulus", "BUS", 5 << 16),
            ("grant", 2),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("grant", 300),
            ("write", "stimulus", "BUS", 0),
            ("grant", 10),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("write", "stimulus", "BUS", 5 << 16),
            ("grant", 60_000),
            ("write", "stimulus", "STOP_CAUSE", 0),
            *[("grant", 1500), ("write", "stimulus", "STOP_CAUSE", 0)] * 3,
        ],
    ),
    "the bus dies in the millisecond of an over-voltage and of the watchdog": (
        "power",
        [
            ("write", "flight", "BUS_LIMITS", 3 << 16 | 5),
            ("write", "flight", "WATCHDOG_MS", 10),
            ("write", "stimulus", "BUS", 4 << 16),
            ("grant", 10),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("grant", 8),
            ("write", "flight", "SWITCHES", 0x71),
            ("grant", 1),
            ("write", "stimulus", "STOP_CAUSE", 0),
            ("grant", 5),
        ],
    ),
    "trip of a disabled node shows for one millisecond": (
        "compute",
        [
            ("grant", 20),
            ("write", "flight", "NODE_ENABLE", 0),
            ("write", "flight", "TRIP_TEMPERATURE", 9),
            ("write", "stimulus", "TEMPERATURE_0_3", 0x0A0A0A0A),
            ("grant", 1),
            ("grant", 1),
        ],
    ),
    "a settled node gets too hot": (
        "compute",
        [
            ("write", "flight", "TRIP_TEMPERATURE", 10),
            ("grant", 20),
            ("grant", 20),
            ("write", "stimulus", "TEMPERATURE_4_7", 0x0A0A0A0A),
            ("grant", 20),
            ("write", "stimulus", "TEMPERATURE_4_7", 0x0A0B0A0A),
            ("grant", 20),
        ],
    ),
    "an unlocked node runs up to the top step and back": (
        "compute",
        [
            ("write", "flight", "COMMAND_STEPS_LOW", 0x33333333),
            ("grant", 200),
            ("write", "stimulus", "UNLOCK", 0x0101),
            ("grant", 200),
            ("write", "stimulus", "UNLOCK", 0),
            ("grant", 200),
        ],
    ),
    "heartbeats count every 512 ms": (
        "compute",
        [("grant", 20), *[("grant", 256)] * 9],
    ),
    "four frames leave 200 ms apart": (
        "laser",
        [
            *[("push", sequence, 1115) for sequence in range(5)],
            ("write", "stimulus", "OPTICAL", 5000 << 16),
            ("grant", 600),
            ("grant", 600),
        ],
    ),
    "uplink fills, overflows and is released in order": (
        "laser",
        [
            ("write", "stimulus", "OPTICAL", 5000 << 16),
            ("grant", 30),
            *[("uplink", sequence, 252) for sequence in (1, 2, 2, 3, 4, 5, 6)],
            *[("write", "flight", "RX_RELEASE", sequence) for sequence in (2, 1, 1, 2)],
            *[("uplink", sequence, 1) for sequence in (6, 7, 253, 1)],
            *[("write", "flight", "RX_RELEASE", sequence) for sequence in (3, 4, 7, 253, 1, 1)],
        ],
    ),
    "blocks survive LOST and OFF but not a loss of power, the sequence last seen does": (
        "laser",
        [
            ("write", "stimulus", "OPTICAL", 5000 << 16),
            ("grant", 30),
            ("uplink", 1, 252),
            ("write", "stimulus", "OPTICAL", 0),
            ("uplink", 2, 252),
            ("grant", 60),
            ("write", "stimulus", "OPTICAL", 5000 << 16),
            ("uplink", 3, 252),
            ("write", "flight", "LASER_COMMAND", 0),
            ("grant", 1),
            ("uplink", 4, 252),
            ("write", "flight", "LASER_COMMAND", 1),
            ("grant", 30),
            *[("uplink", sequence, 252) for sequence in range(4, 26)],
            ("write", "stimulus", "POWERED", 0),
            ("uplink", 25, 0),
            ("write", "stimulus", "POWERED", 1),
            ("write", "flight", "ACQUIRE_MS", 1),
            ("write", "flight", "LASER_COMMAND", 1),
            ("grant", 3),
            *[("uplink", sequence, 252) for sequence in (25, 26, 27)],
            ("write", "stimulus", "POWERED", 0),
            ("uplink", 28, 252),
            ("uplink", 28, 253),
        ],
    ),
    "short fade is ridden out, a long one loses the link": (
        "laser",
        [
            ("write", "stimulus", "OPTICAL", 5000 << 16),
            ("grant", 30),
            ("write", "stimulus", "OPTICAL", 0),
            ("grant", 49),
            ("write", "stimulus", "OPTICAL", 5000 << 16),
            ("grant", 1),
            ("write", "stimulus", "OPTICAL", 0),
            ("grant", 60),
            ("write", "flight", "LASER_COMMAND", 2),
            ("write", "flight", "LASER_COMMAND", 1),
            ("grant", 1),
            ("write", "flight", "LASER_COMMAND", 3),
            ("grant", 10),
        ],
    ),
}


@pytest.mark.parametrize("name", LIVES_WORTH_KEEPING)
def test_known_life(name):
    board, operations = LIVES_WORTH_KEEPING[name]
    driver, reference = Driver(board), REFERENCES[board]()
    for operation in begun(board) + operations:
        apply(operation, driver, reference)
        check(driver, reference)
