# SPDX-License-Identifier: Apache-2.0
"""Board time of the twins: grants, stopping short, the wrap at 2^32, and the light that leaves."""

import pytest
from flatsat.protocols import rmap

from .driver import BOARDS, Driver

LCL_TRIP, WATCHDOG = 1, 1 << 5
WRAP = 1 << 32


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize(
    ("ahead_ms", "lived_ms"),
    [
        pytest.param(0, 0, id="now"),
        pytest.param(1, 1, id="one millisecond"),
        pytest.param(-1, 0, id="the past"),
        pytest.param(2**31 - 1, 2**31 - 1, id="the farthest future"),
        pytest.param(2**31, 0, id="the farthest past"),
    ],
)
def test_target_is_compared_modulo_2_32(board, ahead_ms, lived_ms):
    driver = Driver(board)
    if board == "power":
        driver.write("flight", "WATCHDOG_MS", 0)
    driver.grant(500)
    assert driver.grant(ahead_ms).status == 0
    words = driver.words("stimulus")
    assert words["TIME_NOW"] == 500 + lived_ms
    assert words["TIME_TARGET"] == (500 + ahead_ms) % WRAP


def at_the_wrap(board):
    """A board whose time is 2^32 - 5."""
    driver = Driver(board)
    if board == "power":
        driver.write("flight", "WATCHDOG_MS", 0)
    for target in (2**31 - 1, WRAP - 5):
        driver.write("stimulus", "TIME_TARGET", target)
    assert driver.words("stimulus")["TIME_NOW"] == WRAP - 5
    return driver


@pytest.mark.parametrize("board", BOARDS)
def test_time_wraps(board):
    driver = at_the_wrap(board)
    driver.write("stimulus", "TIME_TARGET", 7)
    assert driver.words("stimulus")["TIME_NOW"] == 7


def test_limiter_trips_over_the_wrap():
    power = at_the_wrap("power")
    power.write("flight", "LCL7", 8 << 16 | 10)
    power.write("stimulus", "LOAD_6_7", 11)
    power.write("stimulus", "TIME_TARGET", 1000)
    words = power.words("stimulus")
    assert (words["TIME_NOW"], words["STOP_CAUSE"]) == (3, LCL_TRIP)


def overloaded():
    power = Driver("power")
    power.write("flight", "LCL7", 12 << 16 | 10)
    power.write("stimulus", "LOAD_6_7", 11)
    return power


def test_power_board_stops_short_at_the_end_of_the_trip():
    power = overloaded()
    power.grant(1000)
    words = power.words("stimulus")
    assert (words["TIME_NOW"], words["STOP_CAUSE"], words["ACTUATORS"] & 0xFF) == (12, LCL_TRIP, 0)


def test_time_stands_still_until_the_stop_cause_is_cleared():
    power = overloaded()
    power.grant(1000)
    power.grant(1000)
    assert power.words("stimulus")["TIME_NOW"] == 12
    power.write("stimulus", "STOP_CAUSE", 0)
    assert power.words("stimulus")["TIME_NOW"] == 12
    power.grant(1000)
    assert power.words("stimulus")["TIME_NOW"] == 1012


def test_one_write_clears_the_cause_and_grants():
    power = overloaded()
    power.grant(1000)
    power.write("stimulus", "STOP_CAUSE", 0, *[0] * 14, 1000)
    assert power.words("stimulus")["TIME_NOW"] == 1000


def test_register_write_stops_no_grant():
    power = Driver("power")
    power.write("flight", "LCL_ENABLE", 0)
    power.grant(1000)
    words = power.words("stimulus")
    assert (words["TIME_NOW"], words["STOP_CAUSE"]) == (1000, 0)


def test_watchdog_expires_exactly_at_its_time():
    power = Driver("power")
    power.grant(9_999)
    assert power.words("flight")["WATCHDOG_KICK"] == 1
    assert power.words("stimulus")["STOP_CAUSE"] == 0
    power.grant(1)
    words = power.words("stimulus")
    assert (words["TIME_NOW"], words["STOP_CAUSE"], words["BOOT"]) == (10_000, WATCHDOG, 0x101)


def lit(driver, first_sequence=0, frames=1):
    driver.write("stimulus", "POWERED", 1, 5000 << 16)
    driver.write("flight", "LASER_COMMAND", 1, 4000, 1)
    for sequence in range(first_sequence, first_sequence + frames):
        driver.push(sequence, frame=bytes((sequence,)) * 1115)


def test_cadus_are_200_ms_apart_and_carry_marker_and_start():
    laser = Driver("laser")
    lit(laser, frames=3)
    laser.grant(1000)
    light = laser.twin.take_optical()
    assert [start_ms for start_ms, _ in light] == [1, 201, 401]
    assert {len(cadu) for _, cadu in light} == {1279}
    assert {cadu[:4] for _, cadu in light} == {b"\x1a\xcf\xfc\x1d"}
    assert laser.twin.take_optical() == []


def test_start_of_a_cadu_wraps_with_the_time():
    laser = at_the_wrap("laser")
    lit(laser, frames=2)
    laser.grant(500)
    assert [start_ms for start_ms, _ in laser.twin.take_optical()] == [WRAP - 4, 196]


@pytest.mark.parametrize("board", BOARDS)
def test_write_of_stimulus_and_time_is_one_packet(board):
    driver = Driver(board)
    table = driver.table("stimulus")
    octets = bytes(table.END - table.WRITABLE_FROM - 4) + (250).to_bytes(4, "big")
    reply = driver.exchange("stimulus", rmap.write_command, table.WRITABLE_FROM, octets)
    assert reply.status == 0
    assert driver.words("stimulus")["TIME_NOW"] == 250
