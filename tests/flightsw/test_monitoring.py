# SPDX-License-Identifier: Apache-2.0
"""Monitoring: which rows of samples make which transitions, and what is reported of them."""

import pytest
from flatsat.flightsw.ports import BoardId
from flatsat.flightsw.telecommand.monitor import CheckState, Monitor
from flatsat.flightsw.telecommand.monitoring import MONITORS
from flatsat.protocols import dictionary

D = dictionary.load()
DONE = [(1,), (3,), (7,)]
UNCHECKED, WITHIN, BELOW, ABOVE = CheckState
RECEIVED_POWER = 3 << 8 | D.packets["laser_hk"].names.index("received_power")
STATE = 3 << 8 | D.packets["laser_hk"].names.index("state")
CYCLE = 4 << 8 | D.packets["fsw_hk"].names.index("cycle")
COOLANT = 2 << 8 | D.packets["compute_hk"].names.index("coolant_temperature")

# id: repetition, values held against 10 to 20, what `follow` returns for each
ROWS = {
    "within-at-once": (1, [15, 15], [None, None]),
    "both-limits-are-within": (1, [10, 20, 10], [None, None, None]),
    "above-at-once": (1, [21], [UNCHECKED]),
    "below-then-within": (1, [15, 9, 15], [None, WITHIN, BELOW]),
    "from-side-to-side": (1, [15, 9, 21], [None, WITHIN, BELOW]),
    "as-many-as-asked": (3, [15, 15, 15, 21, 21, 21, 21], [None, None, None, None, None, WITHIN, None]),
    "a-row-that-is-broken": (3, [15, 15, 15, 21, 21, 15, 21, 21], [None] * 8),
    "sides-do-not-add-up": (2, [15, 15, 9, 21, 9, 21, 21], [None, None, None, None, None, None, WITHIN]),
}


@pytest.mark.parametrize("name", ROWS)
def test_transitions(name):
    repetition, values, expected = ROWS[name]
    monitor = Monitor(1, COOLANT, repetition, 10.0, 20.0)
    assert [monitor.follow(value) for value in values] == expected


def add(ground, parameter, low, high, repetition=1, number=1):
    arguments = {
        "monitor": number,
        "parameter": parameter,
        "repetition": repetition,
        "low": low,
        "high": high,
    }
    assert ground.send("monitor_add", **arguments) == DONE
    assert ground.send("monitor_enable", monitor=number)[:3] == DONE


def test_light_that_goes_and_comes_is_reported_with_its_limit_and_time(ground):
    satellite = ground.satellite
    add(ground, RECEIVED_POWER, 1e-6, 1.0, repetition=3)
    satellite.run(5)
    satellite.light = False
    dark_ms = satellite.now_ms
    satellite.run(6)
    satellite.light = True
    light_ms = satellite.now_ms
    satellite.run(6)
    gone, back = (report for report in ground.taken() if report[0] == "check_transition")
    limit = pytest.approx(1e-6)
    assert gone == ("check_transition", 1, 1, RECEIVED_POWER, 0.0, limit, WITHIN, BELOW, dark_ms + 3000)
    value = pytest.approx(4e-5)
    assert back == ("check_transition", 1, 1, RECEIVED_POWER, value, limit, BELOW, WITHIN, light_ms + 3000)


def test_flight_software_and_named_values_can_be_monitored(ground):
    add(ground, STATE, 2, 2)
    number = ground.satellite.flight.status.cycle + 10
    add(ground, CYCLE, 0, number, number=2)
    ground.satellite.run(20)
    (transition,) = ground.taken()
    assert transition[2:6] == (2, CYCLE, number + 1, number)
    ground.satellite.light = False
    ground.satellite.run(1)
    (transition,) = ground.taken()
    assert transition[2:8] == (1, STATE, 3, 2, WITHIN, ABOVE)


def test_no_sample_is_no_transition_and_breaks_no_row(ground, lost):
    satellite = ground.satellite
    add(ground, COOLANT, 0.0, 1.0, repetition=4)
    satellite.run(1)
    satellite.bus.fate = lambda request: lost[1 if request.board == BoardId.COMPUTE else 0]
    satellite.run(2)
    satellite.bus.fate = lambda request: lost[0]
    satellite.run(1)
    assert not ground.taken()
    satellite.run(1)
    assert [report[0] for report in ground.taken()] == ["check_transition"]


def test_a_monitor_switched_off_and_on_begins_anew(ground):
    add(ground, COOLANT, 0.0, 1.0)
    ground.send("monitor_disable", monitor=1)
    ground.satellite.run(3)
    assert not ground.taken()
    transition = ground.send("monitor_enable", monitor=1)[-1]
    assert transition[6:8] == (UNCHECKED, ABOVE)


def test_as_many_monitors_as_there_is_room_for(ground):
    def arguments(first, count):
        return {
            "monitor": [*range(first, first + count)],
            "parameter": [COOLANT] * count,
            "repetition": [1] * count,
            "low": [0.0] * count,
            "high": [1.0] * count,
        }

    for first in range(0, MONITORS - 2, 10):
        assert ground.send("monitor_add", **arguments(first, 10)) == DONE
    assert ground.send("monitor_add", **arguments(30, 3)) == [(1,), (4, "NO_ROOM")]
    assert ground.send("monitor_add", **arguments(30, 2)) == DONE
    for first in (0, 16):
        ground.send("monitor_enable", monitor=[*range(first, first + 16)])
    reports = ground.send("monitor_status", cycles=12)
    assert sum(report[0] == "monitor_status" for report in reports) == MONITORS


def test_without_room_for_its_report_a_transition_waits(ground):
    """Nothing leaves the queue: whatever is reported now has to fit."""
    add(ground, RECEIVED_POWER, 1e-6, 1.0)
    telecommands = ground.satellite.flight._telecommands
    answers = telecommands.answers
    while answers.spare:
        answers.add("alive")
    ground.satellite.light = False
    ground.satellite._advance(ground.satellite.now_ms + 1000)
    ground.satellite.flight._samples.read(ground.satellite.now_ms)
    telecommands.services.monitoring.check(ground.satellite.now_ms)
    assert not answers.spare
    answers.take()
    telecommands.services.monitoring.check(ground.satellite.now_ms)
    ground.satellite.run(40)
    assert [report[0] for report in ground.taken() if report[0] == "check_transition"] == ["check_transition"]


def test_definitions_outlive_a_reset_and_what_was_found_does_not(ground):
    add(ground, COOLANT, 0.0, 1.0, repetition=2)
    ground.satellite.run(5)
    ground.satellite.reset()
    ground.taken()
    reports = ground.send("monitor_definitions", monitor=1, cycles=6)
    assert [report[:6] for report in reports if report[0] == "monitor_definition"] == [
        ("monitor_definition", 1, 1, COOLANT, 1, 2)
    ]
    assert [report[6:8] for report in reports if report[0] == "check_transition"] == [(UNCHECKED, ABOVE)]
