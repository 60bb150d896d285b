# SPDX-License-Identifier: Apache-2.0
"""Which evidence counts for which fault, and what verdict that makes."""

import pytest
from flatsat.flightsw.fdir.sensors import Sensor
from flatsat.hil import scenario
from flatsat.hil.evidence import Readings
from flatsat.hil.fault_verdicts import judge_faults
from flatsat.hil.fault_watch import MOST_SPANS, FaultWatch, Stop
from flatsat.hil.plant.truth import PlantTruth
from flatsat.hil.reports import EventReport

HEAD = scenario.source("ci-120").split("[[measurements]]")[0].replace("duration_s = 120", "duration_s = 1000")


def faults(*rows):
    text = "".join(
        f'[[faults]]\nat_s = {at}\n{f"until_s = {until}" if until else ""}\ntarget = "{target}"\nkind = "{kind}"\n'
        f"{f'expect = {expect}' if expect else ''}\n"
        for at, until, target, kind, expect in rows
    )
    return scenario.parse(HEAD + text)


def report(name, at_s, *parameters):
    return EventReport(name=name, time_ms=at_s * 1000, parameters=parameters or (0, 0))


def judge(wanted, events=(), stops=(), simulated_s=1000, cut_short=False, nodes_on=None):
    """Judge what happened, the board's stops before the reports came down.

    Args:
        nodes_on: nodes that are on by the second; what it does not name is as before.
    """
    watch, on = FaultWatch(wanted.faults), 0
    for second in range(1, simulated_s + 1) if nodes_on else ():
        on = nodes_on.get(second, on)
        watch.cycle(1000 * second, lambda: Readings(PlantTruth(), {"nodes_on": on}, None))  # noqa: B023
    for stop in stops:
        watch.stopped(stop)
    for event in events:
        watch.raised(event)
    return judge_faults(watch.courses, simulated_s, cut_short=cut_short)


def test_a_report_counts_for_the_last_fault_before_it():
    wanted = faults((300, 301, "link", "outage", "'LINK_LOST'"), (900, 901, "link", "outage", "'LINK_LOST'"))
    first, second = judge(wanted, [report("LINK_LOST", 901)])
    assert (first["verdict"], first["detected_s"]) == ("fail", None)
    assert (second["verdict"], second["detected_s"]) == ("pass", 901)


def test_recovery_follows_detection():
    wanted = faults((300, 360, "link", "outage", "'LINK_LOST'"))
    (fault,) = judge(
        wanted, [report("LINK_ACQUIRED", 100), report("LINK_LOST", 301), report("LINK_ACQUIRED", 373)]
    )
    assert (fault["detected_s"], fault["responded_s"], fault["recovered_s"]) == (301, None, 373)


def test_a_report_about_another_limiter_does_not_count():
    wanted = faults((300, 310, "load2", "short", "'LCL_TRIPPED'"))
    assert judge(wanted, [report("LCL_TRIPPED", 301, 5, 1)])[0]["verdict"] == "fail"
    assert judge(wanted, [report("LCL_TRIPPED", 301, 2, 1)])[0]["verdict"] == "pass"


def test_a_board_answers_with_its_own_act_only():
    wanted = faults((300, 310, "load2", "short", "'LCL_TRIPPED'"))
    stops = [Stop(300_500, ("watchdog",)), Stop(300_020, ("lcl_trip",)), Stop(200_000, ("lcl_trip",))]
    (fault,) = judge(wanted, [report("LCL_TRIPPED", 301, 2, 1)], stops)
    assert (fault["detected_s"], fault["responded_s"]) == (300.02, 300.02)


def test_a_run_cut_short_is_inconclusive_about_what_has_not_come_down():
    wanted = faults((300, 310, "link", "outage", "'LINK_LOST'"), (600, 610, "link", "outage", "'LINK_LOST'"))
    verdicts = [fault["verdict"] for fault in judge(wanted, [], simulated_s=302, cut_short=True)]
    assert verdicts == ["inconclusive", "inconclusive"]


def test_a_fault_that_expects_no_report_is_not_judged():
    assert judge(faults((1, None, "flightsw", "hang", None)), [])[0]["verdict"] is None


def test_another_board_falling_silent_does_not_count():
    text = '[[faults]]\nat_s = 100\nuntil_s = 101\ntarget = "compute"\nkind = "lose"\nvalue = 1\nexpect = "BOARD_SILENT"\n'
    wanted = scenario.parse(HEAD + text)
    assert judge(wanted, [report("BOARD_SILENT", 152, 0, 3)])[0]["verdict"] == "fail"
    (fault,) = judge(
        wanted,
        [report("BOARD_SILENT", 103, 1, 3), report("BOARD_BACK", 104, 0, 1), report("BOARD_BACK", 110, 1, 7)],
    )
    assert (fault["verdict"], fault["recovered_s"]) == ("pass", 110)


def table(**stages):
    return "{ " + ", ".join(f"{key} = {value!r}" for key, value in stages.items()) + " }"


SHORT = table(
    detect="LCL_TRIPPED",
    detect_s=2,
    respond="lcl_trip",
    respond_s=0.03,
    recover="nodes_on >= 8",
    recover_s=60,
)
TRIPPED = report("LCL_TRIPPED", 301, 2, 1)
BACK = {280: 16, 301: 0, 340: 9}


@pytest.mark.parametrize(
    ("events", "stop_ms", "nodes_on", "verdict", "reason"),
    [
        pytest.param([TRIPPED], 300_020, BACK, "pass", None, id="all in time"),
        pytest.param([], 300_020, BACK, "fail", "detected never, recovered never", id="no report"),
        pytest.param(
            [report("LCL_TRIPPED", 303, 2, 1)], 300_020, BACK, "fail", "detected too late", id="late"
        ),
        pytest.param([TRIPPED], 300_031, BACK, "fail", "responded too late", id="a slow board"),
        pytest.param([TRIPPED], 300_020, BACK | {340: 7}, "fail", "recovered never", id="not enough of them"),
        pytest.param(
            [TRIPPED], 300_020, BACK | {340: 0, 371: 9}, "fail", "recovered too late", id="a slow recovery"
        ),
    ],
)
def test_each_stage_has_its_evidence_and_its_time(events, stop_ms, nodes_on, verdict, reason):
    wanted = faults((300, 310, "load2", "short", SHORT))
    (fault,) = judge(wanted, events, [Stop(stop_ms, ("lcl_trip",), 4)], nodes_on=nodes_on)
    assert (fault["verdict"], fault["reason"]) == (verdict, reason)
    assert (fault["detect_by_s"], fault["respond_by_s"], fault["recover_by_s"]) == (302, 300.03, 370)


def test_a_condition_counts_for_recovery_once_the_fault_is_over_and_was_noticed():
    """It held all the time, but there was nothing to recover from."""
    wanted = faults((300, 310, "load2", "short", SHORT))
    (fault,) = judge(wanted, [TRIPPED], [Stop(300_020, ("lcl_trip",), 4)], nodes_on={1: 16})
    assert fault["recovered_s"] == 310


def test_a_condition_that_comes_and_goes_counts_from_when_it_was_there():
    wanted = faults((300, None, "node3", "hang", table(detect="NODE_HUNG", recover="nodes_on > 7")))
    (fault,) = judge(
        wanted, [report("NODE_HUNG", 304, 3, 1)], nodes_on={1: 16, 302: 8, 303: 0, 306: 8, 307: 0}
    )
    assert (fault["detected_s"], fault["recovered_s"]) == (304, 306)


def test_a_condition_detects_from_the_first_cycle_that_ends_under_the_fault():
    wanted = faults((300, None, "node3", "hang", table(detect="nodes_on < 16", detect_s=5)))
    (fault,) = judge(wanted, nodes_on={1: 0, 299: 16, 305: 15})
    assert (fault["detected_s"], fault["verdict"]) == (305, "pass")


def test_the_next_fault_alike_ends_the_search():
    expected = table(detect="nodes_on < 8")
    wanted = faults((300, 301, "node3", "hang", expected), (400, 401, "node3", "hang", expected))
    first, second = judge(wanted, nodes_on={1: 16, 450: 0})
    assert (first["detected_s"], second["detected_s"]) == (None, 450)


def test_another_limiter_that_trips_answers_for_its_own_fault():
    wanted = faults((300, 310, "load2", "short", SHORT))
    (fault,) = judge(wanted, [TRIPPED], [Stop(300_012, ("lcl_trip",), 8), Stop(300_020, ("lcl_trip",), 4)])
    assert fault["responded_s"] == 300.02


def test_what_is_late_in_a_run_cut_short_has_failed_all_the_same():
    wanted = faults((300, 310, "load2", "short", SHORT))
    late = [report("LCL_TRIPPED", 305, 2, 1)]
    assert judge(wanted, late, simulated_s=320, cut_short=True)[0]["verdict"] == "fail"


def test_memory_is_bounded_where_a_condition_chatters():
    wanted = faults((1, None, "node3", "hang", table(detect="NODE_HUNG", recover="nodes_on > 7")))
    watch = FaultWatch(wanted.faults)
    for cycle in range(4 * MOST_SPANS):
        watch.cycle(2000 + cycle, lambda: Readings(PlantTruth(), {"nodes_on": 8 * (cycle % 2)}, None))  # noqa: B023
    assert len(watch.courses[0].stages["recover"]._spans) == MOST_SPANS


@pytest.mark.parametrize(
    ("target", "name", "first", "verdict"),
    [
        ("pack0_current", "SENSOR_SUSPECT", Sensor.PACK0_CURRENT, "pass"),
        ("pack0_current", "SENSOR_SUSPECT", Sensor.GAUGE, "fail"),
        ("gauge", "SENSOR_SUSPECT", Sensor.GAUGE, "pass"),
        ("string3", "STRING_LOST", 3, "pass"),
        ("string3", "STRING_LOST", 4, "fail"),
        ("pack1", "PACK_SUSPECT", 0, "fail"),
    ],
    ids=str,
)
def test_a_report_about_another_sensor_string_or_pack_does_not_count(target, name, first, verdict):
    kind = "stuck" if name == "SENSOR_SUSPECT" else "open"
    wanted = faults((300, None, target, kind, f"'{name}'"))
    assert judge(wanted, [report(name, 305, int(first), 0)])[0]["verdict"] == verdict
