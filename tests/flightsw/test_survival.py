# SPDX-License-Identifier: Apache-2.0
"""What flight software survives: a dead bus, starts that the bus does not carry, a clock that jumps, flipped bits, storms."""

from itertools import pairwise

import pytest
from flatsat.boards.registers import power_flight
from flatsat.flightsw.events import EACH_MINUTE, EventSink
from flatsat.flightsw.modes import Level
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.ports import BoardId
from flatsat.flightsw.records import RECORDS
from flatsat.flightsw.starting import CALM_S, StartWatch
from flatsat.protocols import dictionary
from hypothesis import given
from hypothesis import strategies as st

D = dictionary.load()
P = FlightParameters()
SHORT_ORBIT = {
    "orbit_period_s": 400.0,
    "eclipse_s": 100.0,
    "battery_capacity_wh": 6_000.0,
    "boot_s": 10.0,
    "least_on_s": 30.0,
}
ESSENTIAL, COMPUTE_BOARD = 0x80, 0x01
HOUR_MS = 3_600_000


def named(events: list[tuple], name: str) -> list[tuple]:
    return [tuple(parameters) for found, *parameters in events if found == name]


def loads(satellite) -> int:
    return satellite.peek(BoardId.POWER, power_flight.LCL_STATUS.address)[0] & 0xFF


# dead bus


def collapse(satellite) -> None:
    """The bus goes to nothing and comes back; flies until the computer runs again."""
    satellite.bus_v = 20.0
    satellite.run(3)
    assert satellite.flight is None
    satellite.bus_v = 300.0
    for _ in range(70):
        satellite.run(1)
        if satellite.flight:
            return


def test_from_a_dead_bus_it_charges_first_and_comes_back_to_work_by_itself(make_satellite, events):
    satellite = make_satellite(FlightParameters(**SHORT_ORBIT), state_of_charge=0.9)
    satellite.boot_ms = 10_000
    satellite.run(5)
    satellite.state_of_charge = 0.05
    collapse(satellite)
    status = satellite.flight.status
    assert (satellite.boots, status.level, satellite.charge) == ([0, 2], Level.SAFE, True)
    assert named(events, "DEAD_BUS_START") == [(1, 10)]
    history = []
    satellite.run(800, lambda now: history.append(loads(now)))
    assert set(history[:500]) == {ESSENTIAL}
    assert set(history[500:]) == {ESSENTIAL, ESSENTIAL | COMPUTE_BOARD}, (
        "how cold the coolant is has to be looked at"
    )
    nodes = []
    satellite.run(1500, lambda now: nodes.append(now.flight.status.nodes_commanded))
    assert satellite.flight.status.level is Level.NORMAL
    assert nodes[-1] == 16
    first = next(second for second, count in enumerate(nodes) if count)
    assert all(count <= 1 + (second - first) / 29 for second, count in enumerate(nodes) if count)
    assert satellite.boots == [0, 2]


def test_each_collapse_makes_it_wait_longer_for_anything_but_essential_loads(make_satellite, events):
    parameters = FlightParameters(safe_listen_s=99.0, safe_listen_every_s=100.0)
    satellite = make_satellite(parameters, state_of_charge=0.3)
    satellite.battery_k = 270.0  # its heater is wanted
    satellite.run(5)
    waited = []
    for _ in range(4):
        collapse(satellite)
        since = satellite.now_ms
        while loads(satellite) == ESSENTIAL and satellite.now_ms - since < 2_000_000:
            satellite.run(1)
        waited.append((satellite.now_ms - since) / 1000)
    assert waited == pytest.approx([11, 101, 1001, 1001], abs=2)
    assert [collapses for collapses, _ in named(events, "DEAD_BUS_START")] == [1, 2, 3, 4]


# load steps


def test_compute_is_shed_in_steps_and_its_racks_and_pump_go_last(ground):
    satellite = ground.satellite
    satellite.run(300)
    history = []

    def note(now):
        history.append((sum(now.rack_w), loads(now)))

    note(satellite)
    ground.up(ground.encode("mode_set", mode=2))
    satellite.run(20, note)
    watts = [power for power, _ in history]
    assert watts[0] > 80_000.0
    assert max(before - now for before, now in pairwise(watts)) <= 20_000.0 + 7_200.0
    assert watts[-1] == 0.0
    assert all(on & 0x1C == 0x1C for power, on in history if power)
    assert history[-1][1] == 0x83


def test_shedding_does_not_wait_for_ever_for_a_compute_board_that_is_silent(ground, lost):
    satellite = ground.satellite
    satellite.run(300)
    satellite.bus.fate = lambda request: lost[1 if request.board == BoardId.COMPUTE else 0]
    ground.up(ground.encode("mode_set", mode=2))
    satellite.run(24)
    assert loads(satellite) & 0x1C == 0


# starts


def test_starts_that_the_bus_does_not_carry_are_taken_back_and_tried_one_by_one(make_satellite, events):
    satellite = make_satellite()
    satellite.boot_ms = 10_000

    def sag(now):
        now.bus_v = 270.0 if now.flight.status.nodes_commanded > 3 and now.now_ms < 60_000 else 300.0

    nodes = []
    satellite.run(60, lambda now: (sag(now), nodes.append(now.flight.status.nodes_commanded)))
    assert named(events, "START_TAKEN_BACK")[0] == (16, 1)
    first = nodes.index(16)
    assert nodes[first + 1] == 0
    assert all(now - before <= 1 for before, now in pairwise(nodes[first + 1 :]))
    satellite.run(700, lambda now: (sag(now), nodes.append(now.flight.status.nodes_commanded)))
    assert nodes[-1] == 16


def test_a_sag_without_a_start_takes_nothing_back():
    watch, sink = StartWatch(P), EventSink(D)
    assert watch.allowed(0, 300.0, 0x000F, sink) == 0xFFFF
    assert watch.allowed(1000, 300.0, 0x000F, sink) == 0xFFFF
    assert watch.allowed(2000, 200.0, 0x000F, sink) == 0xFFFF
    assert sink.raised == 0


def test_every_sag_waits_longer_and_calm_forgets_them():
    watch, sink = StartWatch(P), EventSink(D)
    now_ms, waits = 0, []
    for _ in range(4):
        allowed = watch.allowed(now_ms, 200.0, 0x0001, sink)
        since_ms = now_ms
        while allowed == 0:
            now_ms += 1000
            allowed = watch.allowed(now_ms, 300.0, 0, sink)
        assert allowed.bit_count() == 1
        waits.append((now_ms - since_ms) / 1000)
    assert waits == [10, 100, 1000, 1000]
    now_ms += round(CALM_S * 1000) + 1
    watch.allowed(now_ms, 300.0, 0, sink)
    assert watch.allowed(now_ms, 300.0, 0, sink) == 0xFFFF


@given(st.lists(st.tuples(st.floats(200.0, 300.0), st.integers(0, 0xFFFF)), max_size=40))
def test_nodes_that_run_already_are_never_taken_back(cycles):
    watch, sink = StartWatch(P), EventSink(D)
    enabled = 0
    for number, (bus_v, wanted) in enumerate(cycles):
        allowed = watch.allowed(1000 * number, bus_v, enabled, sink)
        running = enabled & allowed
        assert watch.allowed(1000 * number, 300.0, running, sink) & running == running
        enabled = running | wanted & allowed


# clock and cycle


@pytest.mark.parametrize("jump_ms", [HOUR_MS, -HOUR_MS, 30_000, -30_000], ids=["+1h", "-1h", "+30s", "-30s"])
def test_a_clock_that_jumps_is_told_and_changes_nothing_else(make_satellite, events, jump_ms):
    satellite = make_satellite()
    satellite.run(200)
    seen = []

    def note(now):
        status = now.flight.status
        seen.append((status.level, status.nodes_on, status.link, now.flight._selfcheck._now_ms - now.now_ms))

    note(satellite)
    satellite.clock_ms = jump_ms
    satellite.run(200, note)
    satellite.clock_ms = 0
    satellite.run(200, note)
    assert len(set(seen)) == 1
    assert len(named(events, "CLOCK_JUMPED")) == 2
    assert named(events, "CLOCK_JUMPED")[0] == (round(jump_ms / 1000), 0)


@pytest.mark.parametrize("jump_ms", [HOUR_MS, -HOUR_MS], ids=["+1h", "-1h"])
@pytest.mark.parametrize("level", [Level.NORMAL, Level.SAFE], ids=["at-work", "in-safe"])
def test_a_reset_with_a_clock_that_is_off_leaves_the_satellite_where_it_was(
    make_satellite, events, jump_ms, level
):
    satellite = make_satellite()
    satellite.run(200)
    if level is Level.SAFE:
        satellite.sun = lambda now_s: 4_000.0
        satellite.state_of_charge = satellite.flight._energy.battery.state_of_charge = 0.5
        satellite.run(10)
    satellite.clock_ms = jump_ms
    satellite.reset()
    satellite.run(300)
    assert satellite.flight.status.level is level
    assert named(events, "PARAMETERS_RESTORED") == []
    assert (satellite.flight.status.nodes_on == 16) is (level is Level.NORMAL)


def test_a_cycle_that_comes_late_is_told(make_satellite, events):
    satellite = make_satellite()
    satellite.run(20)
    satellite.hung = True
    satellite.run(2)
    satellite.hung = False
    satellite.run(5)
    assert named(events, "CYCLE_OVERRUN") == [(3000, 0)]
    assert named(events, "CLOCK_JUMPED") == []


def test_slow_cycles_have_a_watchdog_that_waits_for_three_of_them(make_satellite):
    satellite = make_satellite(FlightParameters(cycle_ms=8000))
    satellite.run(3)
    assert satellite.peek(BoardId.POWER, power_flight.WATCHDOG_MS.address) == (24_000,)


# memory


def test_bits_that_flip_in_the_parameters_act_on_nothing(make_satellite, events):
    satellite = make_satellite(FlightParameters(faults_to_safe=1000))
    satellite.run(200)
    live = satellite.flight._parameters
    before, seen = repr(live), []
    for index in range(3 * len(D.parameters)):
        satellite.flight.upset(index, 62)
        satellite.run(1)
        seen.append((repr(live), satellite.flight.status.nodes_on, satellite.flight.status.level))
    assert set(seen) == {(before, 16, Level.NORMAL)}
    assert len(named(events, "PARAMETER_SCRUBBED")) == 3 * len(D.parameters)


def test_so_many_faults_of_its_own_in_an_hour_make_it_safe(make_satellite, events):
    satellite = make_satellite(FlightParameters(faults_to_safe=10))
    satellite.run(20)
    for count in range(10):
        assert satellite.flight.status.level is Level.NORMAL, count
        satellite.flight.upset(count, 60)
        satellite.run(1)
    assert satellite.flight.status.level is Level.SAFE


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_which_an_older_copy_is_read_is_written_again(make_satellite, events, name):
    satellite = make_satellite()
    satellite.run(60)
    written = satellite.memory.records[name]
    satellite.light = False
    satellite.memory.records[name] = b"older"
    satellite.run(40)
    assert len(satellite.memory.records[name]) == len(written)
    repaired = [number for number, _ in named(events, "RECORD_REPAIRED")]
    assert repaired in ([RECORDS.index(name)], [])  # none if it was written anew before it was its turn


def test_records_have_the_numbers_of_the_dictionary():
    assert [name.replace("_", " ") for name in D.enumerations["record"].values()] == list(RECORDS)


# events


def test_a_storm_of_one_event_leaves_the_others_heard(ground):
    satellite = ground.satellite
    for _ in range(30):
        satellite.flight.raise_event("WRITE_REFUSED", satellite.now_ms, 50)
        satellite.run(1)
    satellite.light = False
    satellite.run(40)
    told = [report.raw[0] for report in ground.reports if report.name == "event"]
    identifier = D.events["WRITE_REFUSED"].identifier
    assert told.count(identifier) == EACH_MINUTE
    assert D.events["LINK_LOST"].identifier in told
    suppressed = [
        report.raw[2:] for report in ground.reports if report.name == "event" and report.raw[0] == 28
    ]
    assert suppressed == [(identifier, 1500 - EACH_MINUTE)]
