# SPDX-License-Identifier: Apache-2.0
"""The time-based schedule: what is let in, when it goes out, and what a reset makes of it."""

import pytest
from flatsat.boards.registers import laser_flight
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.ports import BoardId
from flatsat.flightsw.telecommand.schedule import ENTRIES, ENTRY_OCTETS

DONE = [(1,), (3,), (7,)]


def tai_s(ground, in_s: float) -> int:
    """TAI in whole seconds, so many seconds from now."""
    return (ground.satellite.parameters.epoch_tai_ms + ground.satellite.now_ms) // 1000 + int(in_s)


def insert(ground, *entries, cycles=1, **given) -> list[tuple]:
    """Insert telecommands to be released so many seconds from now, counted before the insertion takes its cycle."""
    return ground.send(
        "schedule_insert",
        cycles,
        release_seconds=[tai_s(ground, in_s) for in_s, _ in entries],
        release_fraction=[round(in_s % 1 * 65536) for in_s, _ in entries],
        telecommand=[octets for _, octets in entries],
        **given,
    )


def waiting(ground) -> list[int]:
    """Sequence counts of the entries, in the order of the summary."""
    return [int(report[6]) for report in ground.send("schedule_summary", 3) if report[0] == "schedule_entry"]


def ping(ground, count, **given):
    return ground.encode("ping", count=count, **given)


def test_released_in_the_cycle_of_its_time_and_in_order(ground):
    entries = [
        (5, ping(ground, 103)),
        (3.5, ping(ground, 102)),
        (3, ping(ground, 101)),
        (5, ping(ground, 104)),
    ]
    assert insert(ground, *entries) == DONE
    history = []
    for _ in range(5):
        ground.satellite.run(1)
        accepted = [
            report for report in ground.reports if (report.name, report.subtype) == ("verification", 1)
        ]
        history.append([int(report.raw[1]) & 0x3FFF for report in accepted])
        ground.reports.clear()
    assert history == [[], [101], [102], [103, 104], []]


def test_the_summary_is_in_the_order_of_time(ground):
    insert(ground, (50, ping(ground, 103)), (40.5, ping(ground, 102)), (40, ping(ground, 101)))
    assert waiting(ground) == [101, 102, 103]


# id: entries, why they are refused, None when they are not
INSERTIONS = {
    "now": (lambda g: [(30, ping(g, 101)), (1, ping(g, 102))], "LATE"),
    "past": (lambda g: [(-1000, ping(g, 101))], "LATE"),
    "same-twice": (lambda g: [(30, ping(g, 101)), (31, ping(g, 101))], "DUPLICATE"),
    "damaged": (lambda g: [(30, ping(g, 101)), (31, ping(g, 102)[:-1] + b"\0")], "ERROR_CONTROL"),
    "out-of-range": (lambda g: [(30, g.encode("node_restart", node=16))], "OUT_OF_RANGE"),
    "long": (lambda g: [(30, g.encode("hk_disable", structure=[1] * 16, count=7))], None),
    "longer": (lambda g: [(30, g.encode("event_enable", event=[5] * 16))], None),
    "as-long-as-there-is-room": (
        lambda g: [(30, g.encode("hk_period", structure=[1] * 10, period_ms=[1000] * 10))],
        None,
    ),
    "an-octet-too-long": (
        lambda g: [(30, g.encode("hk_period", structure=[1] * 11, period_ms=[1000] * 11))],
        "NO_ROOM",
    ),
}


@pytest.mark.parametrize("name", INSERTIONS)
def test_all_entries_or_none(ground, name):
    entries, failure = INSERTIONS[name]
    expected = DONE if failure is None else [(1,), (4, failure)]
    assert insert(ground, *entries(ground)) == expected
    assert len(waiting(ground)) == (failure is None)


def test_no_more_entries_than_there_is_room_for(ground):
    for first in range(100, 100 + ENTRIES, 8):
        assert insert(ground, *((60, ping(ground, first + n)) for n in range(8))) == DONE
    assert insert(ground, (60, ping(ground, 200))) == [(1,), (4, "NO_ROOM")]
    assert len(waiting(ground)) == ENTRIES


def test_a_full_schedule_of_one_second_is_carried_out_within_few_cycles(ground):
    for first in range(100, 100 + ENTRIES, 8):
        insert(ground, *((20 - (first - 100) // 8, ping(ground, first + n)) for n in range(8)))
    ground.satellite.run(30)
    reports = ground.taken()
    assert reports.count(("alive",)) == ENTRIES
    assert not [report for report in reports if len(report) == 2]


def test_delete_takes_all_that_are_named_or_none(ground):
    insert(ground, *((60, ping(ground, count)) for count in (101, 102, 103)))

    def delete(*counts):
        n = len(counts)
        return ground.send(
            "schedule_delete", request_source=[0] * n, request_apid=[0x20] * n, request_count=[*counts]
        )

    assert delete(101, 104) == [(1,), (4, "NOT_FOUND")]
    assert waiting(ground) == [101, 102, 103]
    assert delete(101, 103) == DONE
    assert waiting(ground) == [102]


def test_reset_empties_and_disables(ground):
    insert(ground, (6, ping(ground, 101)))
    assert ground.send("schedule_reset") == DONE
    assert waiting(ground) == []
    insert(ground, (3, ping(ground, 102)))
    ground.satellite.run(5)
    assert not ground.taken()


OVERDUE = {"a-little": (8, [(1,), (3,), ("alive",), (7,)]), "too-much": (15, [(1,), (4, "LATE")])}


@pytest.mark.parametrize("name", OVERDUE)
def test_what_is_found_overdue(ground, name):
    disabled_for, expected = OVERDUE[name]
    ground.send("schedule_disable")
    insert(ground, (2, ping(ground, 101)))
    ground.satellite.run(disabled_for)
    assert not ground.taken()
    assert ground.send("schedule_enable", 2) == [*DONE, *expected]
    assert waiting(ground) == []


def test_a_released_telecommand_is_a_telecommand_like_any_other(ground):
    insert(ground, (3, ping(ground, 101)), (4, ground.encode("event_disable", event=11, count=102)))
    ground.send(ping(ground, 101))
    ground.satellite.run(5)
    assert ground.taken() == [(2, "DUPLICATE"), (1,), (4, "NOT_NOW")]


def test_an_entry_may_change_the_schedule(ground):
    nested = ground.encode(
        "schedule_insert",
        count=101,
        release_seconds=tai_s(ground, 8),
        release_fraction=0,
        telecommand=ping(ground, 102),
    )
    assert len(nested) <= ENTRY_OCTETS
    insert(ground, (3, nested), (9, ground.encode("schedule_reset", count=103)), (10, ping(ground, 104)))
    ground.satellite.run(15)
    assert ground.taken() == [*DONE, (1,), (3,), ("alive",), (7,), *DONE]


def test_time_set_moves_what_waits(ground):
    insert(ground, (1000, ping(ground, 101)))
    now_ms = ground.satellite.now_ms
    seconds = tai_s(ground, 998)
    reports = ground.send("time_set", 4, board_ms=now_ms, seconds=seconds, fraction=0)
    assert ("alive",) in reports


def test_entries_outlive_a_reset(ground):
    insert(ground, (4, ping(ground, 101)))
    ground.satellite.reset()
    ground.satellite.run(6)
    assert ground.taken() == [(1,), (3,), ("alive",), (7,)]


def test_an_entry_that_was_released_does_not_come_back_with_a_reset(ground):
    insert(ground, (3, ping(ground, 101)))
    ground.satellite.run(3)
    assert ("alive",) in ground.taken()
    ground.satellite.reset()
    ground.satellite.run(6)
    assert ground.taken() == []


def test_entries_wait_for_room_and_none_of_their_answers_is_lost(ground):
    for first in range(100, 116, 4):
        entries = [
            (20, ground.encode("parameter_report", count=first + n, parameter=[7] * 16)) for n in range(4)
        ]
        assert insert(ground, *entries) == DONE
    ground.satellite.run(14)
    answers = ground.satellite.flight._telecommands.answers
    while answers.room:
        answers.add("alive")
    ground.satellite.run(80)
    reports = ground.taken()
    assert reports.count((1,)) == reports.count((7,)) == ENTRIES
    assert sum(report[0] == "parameter_value" for report in reports) == 16 * ENTRIES


def flood(satellite, ground, cycles: int) -> None:
    """Fill the uplink with telecommands that ask for as many reports as one can."""
    for _ in range(cycles):
        status = satellite.peek(BoardId.LASER, laser_flight.STATUS.address)[0]
        if laser_flight.STATUS_RX_LEVEL.raw(status) < 4:
            ground.up(ground.encode("parameter_report", parameter=[7] * 16))
        satellite.run(1)


def test_an_entry_goes_out_at_its_time_whatever_the_uplink_brings(ground):
    entries = [(60 + n, ground.encode("nodes_allow", nodes=n, count=5000 + n)) for n in range(6)]
    insert(ground, *entries)
    functions = ground.satellite.flight._telecommands.services.functions
    flood(ground.satellite, ground, 58)
    assert functions.nodes == 0xFFFF
    for n in range(6):
        flood(ground.satellite, ground, 1)
        assert functions.nodes == n


def test_the_uplink_goes_on_though_entries_are_due(ground):
    for first in range(100, 116, 8):
        insert(ground, *((20 - (first - 100) // 8, ping(ground, first + n)) for n in range(8)))
    ground.taken()
    flood(ground.satellite, ground, 60)
    reports = ground.taken()
    assert reports.count(("alive",)) == ENTRIES
    assert sum(report[0] == "parameter_value" for report in reports) > 200


LONG_CYCLES = {"within-two-cycles": (1, True), "later": (2, False)}


@pytest.mark.parametrize("name", LONG_CYCLES)
def test_with_long_cycles_an_entry_is_late_after_two_of_them(make_satellite, make_ground, name):
    """Cycles of 8 s: an entry may be more than the ten seconds overdue that make it late otherwise."""
    hung_cycles, on_time = LONG_CYCLES[name]
    ground = make_ground(make_satellite(FlightParameters(cycle_ms=8000, watchdog_ms=60_000)))
    satellite = ground.satellite
    satellite.run(10)
    ground.taken()
    assert insert(ground, (9, ping(ground, 101))) == DONE
    satellite.hung = True
    satellite.run(hung_cycles)
    satellite.hung = False
    satellite.run(2)
    assert (("alive",) in ground.taken()) is on_time


def test_a_jump_of_time_makes_entries_late_though_others_wait(ground):
    for first in range(100, 116, 8):
        entries = [
            (20, ground.encode("parameter_report", count=first + n, parameter=[7] * 16)) for n in range(2)
        ]
        insert(ground, *entries)
    ahead = {"board_ms": ground.satellite.now_ms, "seconds": tai_s(ground, 3600), "fraction": 0}
    insert(ground, (21, ground.encode("time_set", count=200, **ahead)), (900, ping(ground, 201)))
    ground.satellite.run(80)
    assert ground.taken()[-2:] == [(1,), (4, "LATE")]


def test_an_entry_whose_time_passed_long_before_the_reset_is_dropped(ground):
    satellite = ground.satellite

    def hang(now):
        now.hung = True

    insert(ground, (2, ping(ground, 101)), (10, ping(ground, 102)), (60, ping(ground, 103)))
    hang(satellite)
    satellite.run(16, hang)  # the watchdog resets the computer, and its software hangs again
    satellite.hung = False
    satellite.run(3)
    assert ground.taken() == [(1,), (4, "LATE"), (1,), (3,), ("alive",), (7,)]
    satellite.run(60)
    assert ground.taken() == [(1,), (3,), ("alive",), (7,)]
