# SPDX-License-Identifier: Apache-2.0
"""Telecommands that come late, again or damaged: when what goes up, and how that is judged."""

import pytest
from flatsat.hil.faults import Fault
from flatsat.hil.reports import VerificationReport
from flatsat.hil.scenario import Telecommand
from flatsat.hil.uplink import REPLAYED_MS, Uplink, UplinkFaults
from flatsat.hil.verification import Courses

EPOCH_TAI_MS = 2_145_916_837_000
TIMES_S = (5.0, 11.0, 12.0, 30.0)


def uplink(*faults):
    telecommands = [Telecommand(at_s=at_s, name="ping") for at_s in TIMES_S]
    return Uplink(telecommands, EPOCH_TAI_MS, UplinkFaults(faults, 1))


def sent(up):
    """When each block goes up, with the octets of the undisturbed telecommand that it is, by number."""
    known = [sending.block for sending in uplink().sendings]
    found = []
    for time_ms in range(0, 60_000, 1000):
        block = up.next_block(time_ms)
        if block:
            found.append((time_ms // 1000, known.index(block) if block in known else None))
    return found


def fault(kind, value=None):
    return Fault(at_s=10, until_s=20, target="uplink", kind=kind, value=value)


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        pytest.param([], [(5, 0), (11, 1), (12, 2), (30, 3)], id="none"),
        pytest.param([fault("late", 3)], [(5, 0), (14, 1), (15, 2), (30, 3)], id="late"),
        pytest.param([fault("late", 25)], [(5, 0), (30, 3), (36, 1), (37, 2)], id="overtaken"),
        pytest.param([fault("replay")], [(5, 0), (11, 1), (12, 2), (16, 1), (17, 2), (30, 3)], id="replay"),
        pytest.param([fault("corrupt", 1.0)], [(5, 0), (11, None), (12, None), (30, 3)], id="corrupt"),
    ],
)
def test_what_goes_up_when(faults, expected):
    assert REPLAYED_MS == 5000
    assert sent(uplink(*faults)) == expected


def test_one_bit_is_wrong():
    good, bad = uplink().sendings[1].block, uplink(fault("corrupt", 1.0)).sendings[1].block
    difference = int.from_bytes(good, "big") ^ int.from_bytes(bad, "big")
    assert difference.bit_count() == 1


@pytest.mark.parametrize(
    ("subtype", "failure", "verdict"),
    [(None, None, "pass"), (2, "ERROR_CONTROL", "pass"), (1, None, "fail"), (7, None, "fail")],
    ids=["silence", "refused", "accepted", "carried out"],
)
def test_what_is_damaged_must_not_be_carried_out(subtype, failure, verdict):
    up = uplink(fault("corrupt", 1.0))
    sent(up)
    courses = Courses(up)
    if subtype:
        request = up.sendings[1].request
        told = VerificationReport(request=request, subtype=subtype, time_ms=11_500, failure=failure)
        courses.verified(told)
    row = courses.judged(60_000, 1000, cut_short=False)[1]
    assert (row["expect"], row["verdict"]) == ("undone", verdict)


@pytest.mark.parametrize(
    ("last", "verdicts"),
    [((2, "DUPLICATE"), ["pass", "pass"]), ((7, None), ["pass", "fail"])],
    ids=["refused", "carried out twice"],
)
def test_what_comes_again_must_not_be_carried_out_again(last, verdicts):
    up = uplink(fault("replay"))
    sent(up)
    courses = Courses(up)
    request = up.sendings[1].request
    for time_s, subtype, failure in ((11, 1, None), (11, 3, None), (11, 7, None), (16, *last)):
        told = VerificationReport(
            request=request, subtype=subtype, time_ms=1000 * time_s + 500, failure=failure
        )
        courses.verified(told)
    rows = [row for row in courses.judged(60_000, 1000, cut_short=False) if row["at_s"] in (11, 16)]
    assert [row["verdict"] for row in rows] == verdicts
