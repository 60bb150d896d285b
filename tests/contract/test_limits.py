# SPDX-License-Identifier: Apache-2.0
"""What happens at a limit and one count beyond it, and on which millisecond: from boards/README.md, for every back end."""

from typing import NamedTuple

import pytest
from flatsat.hil.backends.port import COMPUTE, FLIGHT, LASER, POWER
from flatsat.protocols import rmap

from .commands import MAPS, Board, write_packet

LCL_TRIP, UVLO_ENTER, UVLO_EXIT, OVERCHARGE = 0x01, 0x04, 0x08, 0x10  # STOP_CAUSE
ALL_ON, ESSENTIAL_ON = 0x00FF, 0x0080  # LCL_STATUS


class Limit(NamedTuple):
    """An input word held against a limit.

    Attributes:
        prepare: leads the board to where the limit matters.
        word: the stimulus word; idle and acting are its values at the two sides of the limit.
        after_ms: milliseconds of the acting value until something happens.
        seen: the flight word that shows it; before and then are its values.
        stop: STOP_CAUSE when it happens.
    """

    board: int
    prepare: list
    word: str
    idle: int
    acting: int
    after_ms: int
    seen: str
    before: int
    then: int
    stop: int = 0


def voltage(count):
    return count << 16


def light(count):
    return count << 16


LOCKED_OUT = [
    lambda board: board.command(UVLO=300 << 16 | 250),
    lambda board: board.put(BATTERY=voltage(200)),
    lambda board: board.live(500),
    lambda board: board.put(STOP_CAUSE=0),
]
NODE_ON = [
    lambda board: board.command(TRIP_TEMPERATURE=80, NODE_ENABLE=1),
    lambda board: board.put(RACK_POWER=1, BOOT_MS=1),
    lambda board: board.live(2),
]
ACQUIRING = [
    lambda board: board.command(LIGHT_THRESHOLD=4000, ACQUIRE_MS=20, LOSS_MS=30, LASER_COMMAND=1),
    lambda board: board.live(1),
]
TRACKING = [*ACQUIRING, lambda board: board.put(OPTICAL=light(65535)), lambda board: board.live(20)]

LIMITS = {
    "limiter, current above": Limit(
        POWER, [lambda board: board.command(LCL7=5 << 16 | 100)], "LOAD_6_7", 100, 101, 5,
        "LCL_STATUS", 0x0080, 0x8000, LCL_TRIP,
    ),
    "lock-out, voltage below": Limit(
        POWER, [lambda board: board.command(UVLO=300 << 16 | 250)], "BATTERY", voltage(250), voltage(249), 500,
        "STATUS", 0, 1, UVLO_ENTER,
    ),
    "release, voltage above": Limit(
        POWER, LOCKED_OUT, "BATTERY", voltage(300), voltage(301), 1000, "STATUS", 1, 0, UVLO_EXIT
    ),
    "over-charge, voltage above": Limit(
        POWER, [lambda board: board.command(OVERCHARGE=400)], "BATTERY", voltage(400), voltage(401), 100,
        "STATUS", 0, 2, OVERCHARGE,
    ),
    "node, temperature above": Limit(
        COMPUTE, NODE_ON, "TEMPERATURE_0_3", 80 << 24, 81 << 24, 1, "NODE_STATE", 2, 0
    ),
    "light found, at the threshold": Limit(
        LASER, ACQUIRING, "OPTICAL", light(3999), light(4000), 20, "STATUS", 0x00001, 0x10002
    ),
    "light lost, below the threshold": Limit(
        LASER, TRACKING, "OPTICAL", light(4000), light(3999), 30, "STATUS", 0x10002, 0x10003
    ),
}  # fmt: skip
of_every_limit = pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)


def prepared(back_end, limit):
    board = Board(back_end, limit.board)
    for step in limit.prepare:
        step(board)
    return board


def held(board, limit, value, milliseconds):
    board.put(**{limit.word: value})
    board.live(milliseconds)


@of_every_limit
def test_on_the_idle_side_of_the_limit_nothing_happens(back_end, limit):
    board = prepared(back_end, limit)
    held(board, limit, limit.idle, 2 * limit.after_ms)
    assert board.flight(limit.seen) == limit.before
    assert board.flight("TIME_NOW") == board.now


@of_every_limit
def test_one_count_beyond_it_happens_on_its_millisecond(back_end, limit):
    board = prepared(back_end, limit)
    held(board, limit, limit.acting, limit.after_ms - 1)
    assert board.flight(limit.seen) == limit.before
    board.live(1)
    assert board.flight(limit.seen) == limit.then
    if limit.board == POWER:
        assert board.stopped() == limit.stop


@of_every_limit
def test_one_idle_millisecond_starts_the_count_again(back_end, limit):
    board = prepared(back_end, limit)
    for _ in range(2):
        held(board, limit, limit.acting, limit.after_ms - 1)
        held(board, limit, limit.idle, 1)
    held(board, limit, limit.acting, limit.after_ms - 1)
    assert board.flight(limit.seen) == limit.before
    board.live(1)
    assert board.flight(limit.seen) == limit.then


def test_lock_out_disables_all_limiters_but_the_last(back_end):
    power = Board(back_end, POWER)
    power.command(LCL_ENABLE=0xFF)
    for step in LOCKED_OUT:
        step(power)
    assert (power.flight("LCL_ENABLE"), power.flight("LCL_STATUS")) == (0x80, ESSENTIAL_ON)
    power.command(LCL_ENABLE=0xFF)
    assert (power.flight("LCL_ENABLE"), power.flight("LCL_STATUS")) == (0xFF, ESSENTIAL_ON)
    power.put(BATTERY=voltage(301))
    power.live(1000)
    assert power.flight("LCL_STATUS") == ALL_ON


def push(laser, sequence):
    frame = (sequence << 16 | 1115, *[sequence * 0x01010101] * 279)
    packet = write_packet(
        LASER, FLIGHT, MAPS[LASER][FLIGHT].TX_FIFO.address, *frame[:-1], frame[-1] & ~0xFF, incrementing=False
    )
    assert rmap.parse_reply(laser.exchange(FLIGHT, packet)).status == 0


@pytest.mark.parametrize(
    ("given_ms", "leaves_ms"),
    [
        pytest.param(0, 201, id="with the first"),
        pytest.param(2, 201, id="just after the first"),
        pytest.param(200, 201, id="just before the gap is over"),
        pytest.param(201, 201, id="when the gap is over"),
        pytest.param(202, 202, id="after it"),
    ],
)
def test_frames_are_200_ms_apart(back_end, given_ms, leaves_ms):
    laser = Board(back_end, LASER)
    laser.command(LIGHT_THRESHOLD=4000, ACQUIRE_MS=1, LASER_COMMAND=1)
    laser.put(OPTICAL=light(4000))
    push(laser, 0)
    if given_ms == 0:
        push(laser, 1)
        laser.live(2)
    else:
        laser.live(given_ms)
        push(laser, 1)
    assert [start for start, _ in back_end.take_optical()] == [1]
    laser.live(leaves_ms - laser.now)
    assert back_end.take_optical() == []
    laser.live(1)
    assert [start for start, _ in back_end.take_optical()] == [leaves_ms]
