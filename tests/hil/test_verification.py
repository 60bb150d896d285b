# SPDX-License-Identifier: Apache-2.0
"""What became of telecommands, by the reports that came down, against what was expected of them."""

import pytest
from flatsat.hil import verification
from flatsat.hil.reports import EventReport, Reports, VerificationReport
from flatsat.hil.scenario import Telecommand
from flatsat.hil.uplink import Uplink
from flatsat.protocols import cuc, dictionary, pus, space_packet
from hypothesis import given
from hypothesis import strategies as st

EPOCH_TAI_MS = 2_145_916_837_000
DICTIONARY = dictionary.load()
ACCEPTED, STARTED, COMPLETED = 1, 3, 7
PING_0 = (0x1820, 0xC000)


def judged(telecommands, reports=(), events=(), *, sent=True, cut_short=False):
    uplink = Uplink(telecommands, EPOCH_TAI_MS)
    for _ in telecommands if sent else ():
        uplink.next_block(5000)
    return verification.judge(uplink, reports, events, cut_short=cut_short)


def report(subtype, failure=None, request=PING_0, at_s=6):
    return VerificationReport(
        request=request, subtype=subtype, tai_ms=EPOCH_TAI_MS + 1000 * at_s, failure=failure
    )


def ping(**fields):
    return Telecommand(**{"at_s": 5.0, "name": "ping", **fields})


ALL = [report(ACCEPTED), report(STARTED), report(COMPLETED)]
DISCARD = EventReport(name="TELECOMMAND_DISCARDED", time_ms=6000, parameters=(0x1820, 3))
BLOCK = {"name": None, "raw": "1820c0"}


@pytest.mark.parametrize(
    ("telecommand", "reports", "events", "verdict"),
    [
        pytest.param(ping(), ALL, [], "pass", id="completed"),
        pytest.param(ping(), [], [], "fail", id="nothing heard"),
        pytest.param(ping(), ALL[:2], [], "fail", id="no completion"),
        pytest.param(ping(), ALL[1:], [], "fail", id="no acceptance"),
        pytest.param(ping(), [report(2, "LENGTH")], [], "fail", id="not accepted"),
        pytest.param(ping(), [ALL[0], report(4, "LATE")], [], "fail", id="not started"),
        pytest.param(ping(acknowledge=1), ALL[2:], [], "pass", id="completion alone was asked"),
        pytest.param(ping(acknowledge=8), ALL[:1], [], "pass", id="acceptance alone was asked"),
        pytest.param(ping(acknowledge=0), [], [], "pass", id="nothing asked, nothing heard"),
        pytest.param(ping(acknowledge=0), [report(2, "APID")], [], "fail", id="nothing asked, failure"),
        pytest.param(ping(expect="LATE"), [ALL[0], report(4, "LATE")], [], "pass", id="late as expected"),
        pytest.param(ping(expect="LATE"), [report(2, "LENGTH")], [], "fail", id="another failure"),
        pytest.param(ping(expect="LATE"), ALL, [], "fail", id="completed against expectation"),
        pytest.param(ping(expect="LATE"), [], [], "fail", id="failure not heard of"),
        pytest.param(ping(expect="lost"), [], [], "pass", id="lost"),
        pytest.param(ping(expect="lost"), ALL, [], "fail", id="arrived against expectation"),
        pytest.param(ping(**BLOCK, expect="discarded"), [], [DISCARD], "pass", id="discarded"),
        pytest.param(ping(**BLOCK, expect="discarded"), [], [], "fail", id="no event"),
        pytest.param(ping(**BLOCK, expect="lost"), [], [DISCARD], "fail", id="discarded, so not lost"),
        pytest.param(ping(), [report(ACCEPTED, request=(0x1820, 0xC001))], [], "fail", id="another request"),
    ],
)
def test_verdict(telecommand, reports, events, verdict):
    rows, _ = judged([telecommand], reports, events)
    assert [row["verdict"] for row in rows] == [verdict]


@pytest.mark.parametrize(
    ("telecommand", "reports", "verdict"),
    [
        pytest.param(ping(), [], "inconclusive", id="nothing heard yet"),
        pytest.param(ping(), ALL, "pass", id="completed"),
        pytest.param(ping(), [report(2, "LENGTH")], "fail", id="not accepted"),
        pytest.param(ping(expect="lost"), [], "inconclusive", id="lost so far"),
        pytest.param(ping(expect="lost"), ALL[:1], "fail", id="arrived"),
        pytest.param(ping(expect="LATE"), ALL[:1], "inconclusive", id="accepted so far"),
    ],
)
def test_verdict_of_a_run_cut_short(telecommand, reports, verdict):
    rows, _ = judged([telecommand], reports, cut_short=True)
    assert [row["verdict"] for row in rows] == [verdict]


def test_what_was_not_sent_is_open():
    rows, _ = judged([ping()], sent=False)
    assert (rows[0]["verdict"], rows[0]["sent_s"]) == ("inconclusive", None)


def test_a_row_of_the_summary():
    (row,), unmatched = judged(
        [ping()], [report(ACCEPTED, at_s=6), report(STARTED, at_s=7), report(COMPLETED, at_s=8)]
    )
    assert unmatched == 0
    assert row == {
        "name": "ping",
        "at_s": 5,
        "sent_s": 5,
        "accepted_s": 6,
        "started_s": 7,
        "completed_s": 8,
        "failure": None,
        "expect": "completed",
        "verdict": "pass",
    }


@pytest.mark.parametrize(
    ("expected", "reports"),
    [
        pytest.param(("completed", "DUPLICATE"), [*ALL, report(2, "DUPLICATE")], id="duplicate"),
        pytest.param(("lost", "completed"), ALL, id="sent again after a loss"),
        pytest.param(("completed", "completed"), ALL * 2, id="forgotten meanwhile"),
    ],
)
def test_one_request_identifier_twice(expected, reports):
    rows, unmatched = judged([ping(sequence=0, expect=expect) for expect in expected], reports)
    assert [row["verdict"] for row in rows] == ["pass", "pass"]
    assert unmatched == 0


@pytest.mark.parametrize(
    "reports",
    [
        pytest.param([*ALL, report(COMPLETED)], id="completed twice"),
        pytest.param([*ALL, report(ACCEPTED, request=(0x1820, 0xC001))], id="of no telecommand"),
        pytest.param([*ALL, report(2, "LENGTH")], id="a failure after the end"),
        pytest.param([report(5), *ALL], id="progress, which nobody asked for"),
    ],
)
def test_reports_that_belong_to_no_telecommand_are_counted(reports):
    _, unmatched = judged([ping()], reports)
    assert unmatched == 1


def packet(name, subtype, raw, tai_ms=EPOCH_TAI_MS):
    definition = DICTIONARY.packets[name]
    telemetry = pus.TelemetryHeader(
        service=definition.service, subtype=subtype, message_counter=0, time=cuc.time(tai_ms)
    )
    return space_packet.SpacePacket(
        apid=definition.apid,
        sequence_count=0,
        octets=telemetry.encode() + definition.pack(raw),
        has_secondary_header=True,
    ).encode()


def test_reports_are_read_from_packets():
    reports = Reports()
    for octets in (
        packet("verification", COMPLETED, PING_0, EPOCH_TAI_MS + 250),
        packet("verification_failure", 4, (*PING_0, 10, 0)),
        packet("event", 2, (17, 6000, 0x1820, 3)),
        packet("check_transition", 12, (1, 2, 0x105, 250.5, 270.0, 1, 2, 9000)),
        packet("alive", 2, ()),
    ):
        reports.take(octets)
    assert reports.verifications == [
        VerificationReport(request=PING_0, subtype=7, tai_ms=EPOCH_TAI_MS + 250, failure=None),
        VerificationReport(request=PING_0, subtype=4, tai_ms=EPOCH_TAI_MS, failure="LATE"),
    ]
    assert reports.events == [DISCARD]
    assert [transition.as_dict() for transition in reports.transitions] == [
        {
            "time_s": 9.0,
            "monitor": 2,
            "parameter": "power_hk.bus_voltage",
            "value": 250.5,
            "limit": 270.0,
            "before": "WITHIN",
            "now": "BELOW",
        }
    ]
    counts = {name: count for name, count in reports.counts().items() if count}
    assert counts == dict.fromkeys(
        ("verification", "verification_failure", "event", "check_transition", "alive"), 1
    )


@given(st.binary(min_size=7, max_size=60), st.sampled_from([b"\x08\x14", b"\x08\x15", b""]))
def test_reports_take_any_packet(octets, beginning):
    reports = Reports()
    reports.take(beginning + octets)
    assert sum(reports.counts().values()) <= 1


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("flatsat.hil.reports.MOST_KEPT", 3)
    reports = Reports()
    for _ in range(5):
        reports.take(packet("verification", COMPLETED, PING_0))
    assert len(reports.verifications) == 3
    assert reports.counts()["verification"] == 5
