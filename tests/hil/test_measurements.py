# SPDX-License-Identifier: Apache-2.0
"""Verdicts: measurements against their limits, and which report counts for which fault."""

import pytest
from flatsat.hil import scenario
from flatsat.hil.bench import Stop
from flatsat.hil.measurements import judge_faults
from flatsat.hil.reports import EventReport
from flatsat.hil.summary import Measurement, overall

HEAD = scenario.source("ci-120").split("[[measurements]]")[0].replace("duration_s = 120", "duration_s = 1000")


def faults(*rows):
    text = "".join(
        f'[[faults]]\nat_s = {at}\n{f"until_s = {until}" if until else ""}\ntarget = "{target}"\nkind = "{kind}"\n'
        f"{f'expect = {expect!r}' if expect else ''}\n"
        for at, until, target, kind, expect in rows
    )
    return scenario.parse(HEAD + text)


def report(name, at_s, *parameters):
    return EventReport(name=name, time_ms=at_s * 1000, parameters=parameters or (0, 0))


def judge(wanted, events, stops=(), simulated_s=1000, cut_short=False):
    return judge_faults(wanted, events, stops, simulated_s, cut_short=cut_short)


@pytest.mark.parametrize(
    ("value", "low", "high", "may_grow", "verdict"),
    [
        (0, None, 0, False, "pass"),
        (1, None, 0, False, "fail"),
        (1, None, 0, True, "fail"),
        (5, 5, None, False, "pass"),
        (4, 5, None, False, "fail"),
        (4, 5, None, True, "inconclusive"),
        (None, 0, None, False, "inconclusive"),
    ],
)
def test_measurement(value, low, high, may_grow, verdict):
    assert (
        Measurement(name="x", unit="1", value=value, low=low, high=high, may_grow=may_grow).verdict == verdict
    )


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ([], "pass"),
        (["pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "fail"], "fail"),
    ],
)
def test_overall(verdicts, whole):
    assert overall(verdicts) == whole


def test_a_report_counts_for_the_last_fault_before_it():
    wanted = faults((300, 301, "link", "outage", "LINK_LOST"), (900, 901, "link", "outage", "LINK_LOST"))
    first, second = judge(wanted, [report("LINK_LOST", 901)])
    assert (first["verdict"], first["detected_s"]) == ("fail", None)
    assert (second["verdict"], second["detected_s"]) == ("pass", 901)


def test_recovery_follows_detection():
    wanted = faults((300, 360, "link", "outage", "LINK_LOST"))
    (fault,) = judge(
        wanted, [report("LINK_ACQUIRED", 100), report("LINK_LOST", 301), report("LINK_ACQUIRED", 373)]
    )
    assert (fault["detected_s"], fault["responded_s"], fault["recovered_s"]) == (301, None, 373)


def test_a_report_about_another_limiter_does_not_count():
    wanted = faults((300, 310, "load2", "short", "LCL_TRIPPED"))
    assert judge(wanted, [report("LCL_TRIPPED", 301, 5, 1)])[0]["verdict"] == "fail"
    assert judge(wanted, [report("LCL_TRIPPED", 301, 2, 1)])[0]["verdict"] == "pass"


def test_a_board_answers_with_its_own_act_only():
    wanted = faults((300, 310, "load2", "short", "LCL_TRIPPED"))
    stops = [Stop(300_500, ("watchdog",)), Stop(300_020, ("lcl_trip",)), Stop(200_000, ("lcl_trip",))]
    (fault,) = judge(wanted, [report("LCL_TRIPPED", 301, 2, 1)], stops)
    assert (fault["detected_s"], fault["responded_s"]) == (300.02, 300.02)


def test_a_run_cut_short_is_inconclusive_about_what_has_not_come_down():
    wanted = faults((300, 310, "link", "outage", "LINK_LOST"), (600, 610, "link", "outage", "LINK_LOST"))
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
