# SPDX-License-Identifier: Apache-2.0
"""The power board to the millisecond, from boards/README.md section 3, for every back end: limiters, watchdog, the bus."""

import pytest
from flatsat.hil.backends.port import POWER

from .commands import Board

LCL_TRIP, LCL_RETRY, WATCHDOG, COMPUTER_ON = 0x01, 0x02, 0x20, 0x40  # STOP_CAUSE
OVERVOLTAGE, BUS_DEAD = 0x80, 0x100
ALL_ON = 0x00FF  # LCL_STATUS
KICK = 0x4B49434B


def overloaded(back_end, retries=0, trip_ms=5):
    """The power board with limiter 7 overloaded from now on."""
    power = Board(back_end, POWER)
    power.command(LCL7=retries << 24 | trip_ms << 16 | 100)
    power.put(LOAD_6_7=101)
    return power


def trip(power, after_ms=5):
    power.live(after_ms - 1)
    assert power.flight("LCL_STATUS") == 0x0080
    power.live(1)
    assert power.flight("LCL_STATUS") == 0x8000
    assert power.stopped() == LCL_TRIP


def retry(power):
    power.live(999)
    assert power.flight("LCL_STATUS") == 0x8000
    assert power.stimulus("STOP_CAUSE") == 0
    power.live(1)
    assert power.flight("LCL_STATUS") == 0x0080
    assert power.stopped() == LCL_RETRY


def rearm(power):
    power.command(LCL_ENABLE=0)
    power.command(LCL_ENABLE=0x80)


def test_each_limiter_has_its_own_current_limit_and_trip_time(back_end):
    power = Board(back_end, POWER)
    power.command(LCL_ENABLE=0xFF, **{f"LCL{i}": (2 * i + 1) << 16 | 100 + i for i in range(8)})
    at_the_limit = {f"LOAD_{i}_{i + 1}": (100 + i) << 16 | 101 + i for i in range(0, 8, 2)}
    power.put(**at_the_limit)
    power.live(50)
    assert power.flight("LCL_STATUS") == ALL_ON
    power.put(**{name: word + 0x10001 for name, word in at_the_limit.items()})
    for i in range(8):
        if i:
            power.live(1)
        assert power.flight("LCL_STATUS") >> 8 == (1 << i) - 1
        power.live(1)
        assert power.flight("LCL_STATUS") >> 8 == (2 << i) - 1
        assert power.stopped() == LCL_TRIP


def test_trip_time_0_counts_as_1(back_end):
    trip(overloaded(back_end, trip_ms=0), after_ms=1)


def test_switching_off_and_on_starts_the_overload_again(back_end):
    power = overloaded(back_end)
    power.live(4)
    rearm(power)
    trip(power)


def test_retry_after_1000_ms_and_no_more_of_them_than_configured(back_end):
    power = overloaded(back_end, retries=2)
    for _ in range(2):
        trip(power)
        retry(power)
    trip(power)
    power.live(2500)
    assert power.flight("LCL_STATUS") == 0x8000
    assert power.flight("LCL_TRIPS") == 3 << 28
    assert power.stimulus("TIME_NOW") == power.now


def test_retry_stops_a_long_grant(back_end):
    power = overloaded(back_end, retries=1)
    trip(power)
    power.live(5000)
    assert power.stopped() == LCL_RETRY
    assert power.stimulus("TIME_NOW") == 5 + 1000


def test_switching_off_and_on_gives_back_retries_and_their_time(back_end):
    power = overloaded(back_end, retries=1)
    trip(power)
    retry(power)
    trip(power)
    rearm(power)
    trip(power)
    power.live(999)
    rearm(power)
    trip(power)
    retry(power)


def test_trip_counter_stays_at_15(back_end):
    power = overloaded(back_end, trip_ms=1)
    for count in range(1, 18):
        power.live(1)
        assert power.stopped() == LCL_TRIP
        assert power.flight("LCL_TRIPS") == min(count, 15) << 28
        rearm(power)


@pytest.mark.parametrize("milliseconds", [1, 2, 1023, 1024, 1025, 10_000, 65_535])
def test_watchdog_expires_on_its_millisecond_and_the_computer_is_off_for_1_s(back_end, milliseconds):
    power = Board(back_end, POWER)
    power.command(LCL_ENABLE=0xFF, STRING_ENABLE=0x0F, SWITCHES=0x26, WATCHDOG_MS=milliseconds)
    power.live(milliseconds - 1)
    assert (power.flight("WATCHDOG_KICK"), power.stimulus("STOP_CAUSE")) == (1, 0)
    assert power.stimulus("ACTUATORS") == 0x2E0FFF
    power.live(1)
    assert (power.flight("WATCHDOG_KICK"), power.stopped()) == (0, WATCHDOG)
    assert (power.stimulus("ACTUATORS"), power.stimulus("BOOT")) == (0x31FF80, 0x0101)
    power.live(999)
    assert (power.stimulus("ACTUATORS"), power.stimulus("STOP_CAUSE")) == (0x31FF80, 0)
    power.live(1)
    assert (power.flight("WATCHDOG_KICK"), power.stopped()) == (milliseconds, COMPUTER_ON)
    assert power.stimulus("ACTUATORS") == 0x39FF80


@pytest.mark.parametrize(
    ("key", "expires"), [(KICK, False), (KICK ^ 1, True)], ids=["the key", "another key"]
)
def test_kick_in_the_last_millisecond(back_end, key, expires):
    power = Board(back_end, POWER)
    power.command(WATCHDOG_MS=50)
    power.live(49)
    power.command(WATCHDOG_KICK=key)
    power.live(1)
    assert power.stopped() == (WATCHDOG if expires else 0)
    assert power.flight("WATCHDOG_KICK") == (0 if expires else 49)


def test_over_voltage_opens_the_strings_at_once_until_it_is_cleared(back_end):
    power = Board(back_end, POWER)
    power.command(STRING_ENABLE=0x3C, BUS_LIMITS=33_000 << 16)
    power.put(BUS=33_000 << 16)
    power.live(2000)
    power.put(BUS=33_001 << 16)
    power.live(1)
    assert (power.stopped(), power.flight("STATUS")) == (OVERVOLTAGE, 0x04)
    assert (power.stimulus("ACTUATORS"), power.flight("STRING_ENABLE")) == (0x390080, 0x3C)
    power.live(100)
    assert power.stopped() == 0
    power.command(SWITCHES=0x71)
    assert power.stimulus("ACTUATORS") == 0x393C80
    power.live(100)
    assert (power.stopped(), power.stimulus("TIME_NOW")) == (OVERVOLTAGE, 2102)


def test_limits_of_the_bus_never_act_as_they_are_reset(back_end):
    power = Board(back_end, POWER)
    for voltage in (0, 0xFFFF):
        power.put(BUS=voltage << 16)
        power.live(1000)
        assert (power.stopped(), power.flight("STATUS")) == (0, 0)


def test_a_dead_bus_takes_all_power_until_it_has_been_back_for_60_s(back_end):
    power = Board(back_end, POWER)
    power.command(
        LCL_ENABLE=0xFF, STRING_ENABLE=0x0F, SWITCHES=0x16, WATCHDOG_MS=3000, BUS_LIMITS=0xFFFF_3A98
    )
    power.put(BUS=14_999 << 16)
    power.live(9)
    assert (power.stopped(), power.stimulus("ACTUATORS")) == (0, 0x1E0FFF)
    power.live(1)
    assert (power.stopped(), power.flight("STATUS")) == (BUS_DEAD, 0x0208)
    assert (power.stimulus("ACTUATORS"), power.flight("LCL_ENABLE")) == (0x31FF00, 0)
    power.live(100_000)
    power.put(BUS=15_000 << 16)
    power.live(59_999)
    assert (power.stopped(), power.stimulus("ACTUATORS")) == (0, 0x31FF00)
    power.live(1)
    assert (power.stopped(), power.flight("STATUS")) == (COMPUTER_ON, 0x0200)
    assert (power.stimulus("ACTUATORS"), power.flight("WATCHDOG_KICK")) == (0x39FF80, 3000)
