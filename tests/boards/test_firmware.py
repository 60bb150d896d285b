# SPDX-License-Identifier: Apache-2.0
"""The firmware, as a process of this machine that stops at the first undefined behaviour, against the twin: to the bit."""

import random

import pytest
from flatsat.boards.firmware.build import BuildError, build
from flatsat.protocols import coding, rmap, slip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .driver import BOARDS, TABLES
from .firmware_board import FirmwareBoard, FirmwareDriver, everything, live_through, start, twin_of
from .test_target import RULES, STREAM
from .test_twin_reference import LIVES_WORTH_KEEPING, begun, lives

MANY = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip


@pytest.fixture(scope="module")
def processes():
    """One board of each kind, which tests put into its power-on state over the wire."""
    running = {}

    def get(board):
        if board not in running:
            try:
                image = build(board, "host", sanitized=True)
            except BuildError as error:
                pytest.skip(str(error))
            running[board] = *start(image.path), image
        return running[board]

    yield get
    for process, line, _ in running.values():
        line.close()
        assert process.wait(30) == 0


@pytest.fixture
def firmware(processes):
    """The firmware of a board, just switched on."""

    def get(board):
        uut = FirmwareBoard(board, processes(board)[1])
        uut.reset()
        return uut

    return get


@pytest.mark.parametrize("board", BOARDS)
def test_firmware_lives_as_the_twin(firmware, board):
    @MANY
    @given(lives(board))
    def check(operations):
        live_through(board, firmware(board), begun(board) + operations)

    check()


@pytest.mark.parametrize("life", LIVES_WORTH_KEEPING)
def test_a_life_worth_keeping(firmware, life):
    board, operations = LIVES_WORTH_KEEPING[life]
    live_through(board, firmware(board), begun(board) + operations)


# --- octet for octet ---------------------------------------------------------------------------------


@pytest.fixture
def pair(firmware, processes):
    """The firmware and a twin with its build identity, both just switched on, and fed where they need it."""

    def get(board):
        _, _, image = processes(board)
        uut, twin = firmware(board), twin_of(image)
        if board != "power":
            for one in (uut, twin):
                FirmwareDriver(board, one).write("stimulus", "POWERED", 1)
        return uut, twin

    return get


def equal(uut, twin, octets):
    """Both answer these octets, and an END after them, with the same octets."""
    assert uut.receive(octets) == twin.receive(octets + slip.END)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_the_target(pair, rule):
    packet, _ = RULES[rule]
    uut, twin = pair("laser")
    equal(uut, twin, slip.encode(packet))
    after = slip.encode(rmap.read_command(0x42, 0x20, 1, 0, TABLES["laser", "flight"].END))
    equal(uut, twin, after)


@pytest.mark.parametrize("piece", [1, 7, len(STREAM)], ids=["octet by octet", "in sevens", "whole"])
def test_line_takes_octets_in_any_pieces(pair, piece):
    uut, twin = pair("laser")
    uut.send(STREAM[at : at + piece] for at in range(0, len(STREAM), piece))
    assert uut.receive(b"") == twin.receive(STREAM + slip.END)


def packets(board):
    """Packets of every kind to one board, and what a careless initiator or the line made of them."""
    addresses = st.sampled_from([0, 4, 8, 0x14, 0x1C, 0x28, 0x34, 0x58, 0x5C, 0x98, 0x1000, 0x1800, 2, 2**32])
    targets = st.sampled_from(
        [*(TABLES[board, port].LOGICAL_ADDRESS for port in ("flight", "stimulus")), 0x43]
    )
    # no wild target of time: 28 days are a second's work to a sanitized program
    data = st.lists(st.sampled_from([0, 1, 7, 0xFF, 0xC0DBDCDD]), max_size=70).map(
        lambda words: b"".join(word.to_bytes(4, "big") for word in words)
    )
    flags = {
        "incrementing": st.sampled_from([True, True, True, False]),
        "key": st.sampled_from([0x46, 0x46, 0]),
    }
    writes = st.builds(
        rmap.write_command, targets, st.just(0x20), st.integers(0, 0xEFFF), addresses, data, **flags
    )
    reads = st.builds(
        rmap.read_command, targets, st.just(0x20), st.integers(0, 0xEFFF), addresses,
        st.sampled_from([4, 8, 40, 256, 1024, 1120, 3]), **flags,
    )  # fmt: skip
    return st.one_of(writes, reads)


@st.composite
def damage(draw, octets):
    """Some octets of the line other than they were, missing, or too many."""
    octets = bytearray(octets)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(octets)))
        octets[place : place + draw(st.integers(0, 2))] = draw(
            st.sampled_from([b"", b"\0", b"\xc0", b"\xdb", b"\xdc"])
        )
    return bytes(octets)


@pytest.mark.parametrize("board", BOARDS)
def test_damaged_traffic_gets_the_answers_of_the_twin(pair, board):
    @MANY
    @given(st.lists(packets(board).map(slip.encode), max_size=20).map(b"".join).flatmap(damage))
    def check(octets):
        uut, twin = pair(board)
        equal(uut, twin, octets)

    check()


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("seed", range(3))
def test_noise_gets_the_answers_of_the_twin(pair, board, seed):
    """Octets of no meaning, dense in those that SLIP knows, and packets longer than any buffer among them."""
    dice = random.Random(seed)
    uut, twin = pair(board)
    for _ in range(20):
        length = dice.choice([1, 15, 16, 17, 300, 4095, 4096, 4097, 8192, 8193, 20_000])
        octets = bytes(
            dice.choices([0xC0, 0xDB, 0xDC, 0xDD, 0x40, 0x42, 1], [1, 1, 1, 1, 40, 40, 400], k=length)
        )
        equal(uut, twin, octets)
    counted = slip.encode(rmap.read_command(TABLES[board, "flight"].LOGICAL_ADDRESS, 0x20, 1, 0x10, 4))
    equal(uut, twin, counted)


# --- what firmware has beside the map -----------------------------------------------------------------


def test_build_identity_is_that_of_the_image(processes, firmware):
    for board in BOARDS:
        words = FirmwareDriver(board, firmware(board)).words("stimulus")
        assert words["BUILD_ID"] == processes(board)[2].build_id


def lit(uut, frames):
    laser = FirmwareDriver("laser", uut)
    laser.write("stimulus", "POWERED", 1, 5000 << 16)
    laser.write("flight", "LASER_COMMAND", 1, 4000, 1)
    for sequence in range(frames):
        laser.push(sequence, frame=bytes((sequence,)) * 1115)
    return laser


def test_light_outlives_a_loss_of_power_and_is_read_until_it_is_released(firmware):
    uut = firmware("laser")
    laser = lit(uut, frames=3)
    laser.grant(300)
    laser.write("stimulus", "POWERED", 0)
    assert uut.level() == 2
    assert uut.release(7) == 0 and uut.level() == 2
    first = uut.entry()
    assert uut.entry() == first
    assert uut.take_optical() == [
        (1, coding.encode_cadu(bytes(1115))),
        (201, coding.encode_cadu(b"\1" * 1115)),
    ]
    assert uut.level() == 0 and uut.entry() is None


def test_light_that_nobody_reads_is_counted(firmware):
    uut = firmware("laser")
    laser = lit(uut, frames=4)
    laser.grant(1000)
    for sequence in range(4, 11):
        laser.push(sequence)
        laser.grant(1000)
    assert uut.level() == 3 << 8 | 8
    assert uut.entry()[:2] == (1, 1)
    assert [uut.release(sequence) for sequence in range(1, 9)] == [0] * 8
    assert uut.level() == 3 << 8


@pytest.mark.parametrize("board", BOARDS)
def test_reset_is_power_on(firmware, board):
    uut = firmware(board)
    fresh = everything(FirmwareDriver(board, uut))
    driver = FirmwareDriver(board, uut)
    if board != "power":
        driver.write("stimulus", "POWERED", 1)
    driver.grant(77)
    if board == "laser":
        lit(uut, frames=3).grant(300)
    uut.execute(b"short")
    assert everything(driver)[0] != fresh[0]
    uut.reset()
    assert everything(driver) == fresh


@pytest.mark.parametrize("board", BOARDS)
def test_another_word_than_reset_is_refused(firmware, board):
    uut = firmware(board)
    FirmwareDriver(board, uut).grant(5)
    assert uut.ask_reset(0x52534555) == 1
    assert FirmwareDriver(board, uut).words("stimulus")["TIME_NOW"] == 5
