# SPDX-License-Identifier: Apache-2.0
"""What became of telecommands, by the reports that came down, against what was expected of them."""

import time

import pytest
from flatsat.hil.reports import EventReport, Reports, VerificationReport
from flatsat.hil.scenario import Telecommand
from flatsat.hil.uplink import Uplink
from flatsat.hil.verification import Courses
from flatsat.protocols import cuc, dictionary, pus, space_packet
from hypothesis import given
from hypothesis import strategies as st

EPOCH_TAI_MS = 2_145_916_837_000
DICTIONARY = dictionary.load()
ACCEPTED, STARTED, COMPLETED = 1, 3, 7
PING_0 = (0x1820, 0xC000)


def judged(telecommands, reports=(), events=(), *, sent=True, cut_short=False, simulated_ms=60_000):
    uplink = Uplink(telecommands, EPOCH_TAI_MS)
    for _ in telecommands if sent else ():
        uplink.next_block(5000)
    courses = Courses(uplink)
    for heard in reports:
        courses.verified(heard)
    for event in events:
        courses.discarded(event)
    return courses.judged(simulated_ms, 1000, cut_short=cut_short), courses.unmatched


def report(subtype, failure=None, request=PING_0, at_s=6, destination=0):
    return VerificationReport(
        request=request, subtype=subtype, time_ms=1000 * at_s, failure=failure, destination=destination
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
        pytest.param(
            ping(acknowledge=8),
            [ALL[0], report(4, "LATE")],
            [],
            "fail",
            id="failure after the acceptance asked for",
        ),
        pytest.param(ping(acknowledge=0, expect="silent"), [], [], "pass", id="nothing asked, nothing heard"),
        pytest.param(
            ping(acknowledge=0, expect="silent"),
            [report(2, "DUPLICATE")],
            [],
            "fail",
            id="nothing asked, failure",
        ),
        pytest.param(ping(expect="LATE"), [report(10, "APID")], [], "fail", id="not routed"),
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
    assert rows[0]["reason"] == "not sent: no cycle was left for it"


@pytest.mark.parametrize(
    ("simulated_ms", "verdict"),
    [pytest.param(16_999, "inconclusive", id="near"), pytest.param(17_000, "fail", id="far")],
)
def test_silence_at_the_end_of_a_run_is_open(simulated_ms, verdict):
    rows, _ = judged([ping()], simulated_ms=simulated_ms)
    assert rows[0]["verdict"] == verdict
    assert ("too near the end" in str(rows[0]["reason"])) == (verdict == "inconclusive")


def test_reports_of_one_count_go_to_the_source_that_asked():
    telecommands = [ping(sequence=0, source=source) for source in (1, 2)]
    rows, unmatched = judged(telecommands, [report(s, destination=1) for s in (ACCEPTED, STARTED, COMPLETED)])
    assert [row["verdict"] for row in rows] == ["pass", "fail"]
    assert unmatched == 0


def test_what_was_lost_is_not_taken_for_a_later_one_of_its_count():
    uplink = Uplink([ping(sequence=0), ping(sequence=0, at_s=20.0)], EPOCH_TAI_MS)
    courses = Courses(uplink)
    uplink.next_block(5000)
    uplink.next_block(20_000)
    for subtype in (ACCEPTED, STARTED, COMPLETED):
        courses.verified(report(subtype, at_s=21))
    assert [row["verdict"] for row in courses.judged(60_000, 1000, cut_short=False)] == ["fail", "pass"]


def test_each_discarded_block_is_told_once():
    """An event is about no telecommand that the satellite can read, though it begins alike and is as long."""
    block = {"name": None, "raw": "1820c00000062d1101000000", "expect": "silent"}
    cut = {"name": None, "raw": "1820c0", "expect": "discarded"}
    rows, _ = judged([ping(**block), ping(**cut), ping(**cut)], events=[DISCARD, DISCARD])
    assert [row["verdict"] for row in rows] == ["pass", "pass", "pass"]


def test_judging_takes_time_in_proportion():
    """Many telecommands, of few request identifiers."""
    uplink = Uplink([ping(at_s=float(second)) for second in range(20_000)], EPOCH_TAI_MS)
    courses = Courses(uplink)
    began = time.process_time()
    for second, sending in enumerate(uplink.sendings):
        uplink.next_block(1000 * second)
        for subtype in (ACCEPTED, STARTED, COMPLETED):
            courses.verified(report(subtype, request=sending.request, at_s=second + 1))
    rows = courses.judged(50_000_000, 1000, cut_short=False)
    assert {row["verdict"] for row in rows} == {"pass"}
    assert time.process_time() - began < 10


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
        "reason": None,
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


def packet(name, subtype, raw, tai_ms=EPOCH_TAI_MS, destination=0):
    definition = DICTIONARY.packets[name]
    telemetry = pus.TelemetryHeader(
        service=definition.service,
        subtype=subtype,
        message_counter=0,
        time=cuc.time(tai_ms),
        destination=destination,
    )
    return space_packet.SpacePacket(
        apid=definition.apid,
        sequence_count=0,
        octets=telemetry.encode() + definition.pack(raw),
        has_secondary_header=True,
    ).encode()


class Heard:
    """Keeps what it is told."""

    def __init__(self):
        self.verifications, self.discards, self.events = [], [], []
        self.verified, self.discarded = self.verifications.append, self.discards.append


def reports_of(*packets):
    heard = Heard()
    reports = Reports(EPOCH_TAI_MS, heard, heard.events.append)
    for octets in packets:
        reports.take(octets)
    reports.finish()
    return reports, heard


def test_reports_are_read_from_packets():
    reports, heard = reports_of(
        packet("verification", COMPLETED, PING_0, EPOCH_TAI_MS + 250, destination=7),
        packet("verification_failure", 4, (*PING_0, 10, 0)),
        packet("event", 2, (17, 6000, 0x1820, 3)),
        packet("check_transition", 12, (1, 2, 0x105, 250.5, 270.0, 1, 2, 9000)),
        packet("alive", 2, ()),
    )
    assert heard.verifications == [
        VerificationReport(request=PING_0, subtype=7, time_ms=250, failure=None, destination=7),
        VerificationReport(request=PING_0, subtype=4, time_ms=0, failure="LATE"),
    ]
    assert heard.events == heard.discards == [DISCARD]
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


DISCARD_PACKET = packet("event", 2, (17, 6000, 0x1820, 3))
SET_AT_41_S = EPOCH_TAI_MS + 54_000_000_000 + 41_000
TIME_SET = packet("event", 1, (19, 41_000, 0x7FFFFFFF, 0), SET_AT_41_S)
TIME_REPORT = packet("time", 2, (6, 41_000, SET_AT_41_S // 1000, 0, 1), SET_AT_41_S)
DONE = packet("verification", COMPLETED, PING_0, SET_AT_41_S)
DONE_LATER = packet("verification", COMPLETED, PING_0, SET_AT_41_S + 9_000)


@pytest.mark.parametrize(
    "packets",
    [
        pytest.param([TIME_SET, DONE, TIME_REPORT, DONE_LATER], id="event and time report"),
        pytest.param([TIME_SET, DONE, DONE_LATER], id="event alone"),
        pytest.param([DONE, TIME_REPORT, DONE_LATER], id="time report alone"),
    ],
)
def test_times_follow_what_the_ground_has_set(packets):
    _, heard = reports_of(packet("verification", ACCEPTED, PING_0, EPOCH_TAI_MS + 40_000), *packets)
    assert [report.time_ms for report in heard.verifications] == [40_000, 41_000, 50_000]


def test_board_times_go_on_when_their_32_bits_come_round():
    turn, hour = 1 << 32, 3_600_000
    times_ms = range(0, 3 * turn, 400 * hour)
    _reports, heard = reports_of(
        *(packet("event", 2, (17, time_ms % turn, 0x1820, 3), EPOCH_TAI_MS + time_ms) for time_ms in times_ms)
    )
    assert [event.time_ms for event in heard.events] == list(times_ms)
    assert heard.discards == heard.events


@given(st.binary(min_size=7, max_size=60), st.sampled_from([b"\x08\x13", b"\x08\x14", b"\x08\x15", b""]))
def test_reports_take_any_packet(octets, beginning):
    reports, _ = reports_of(beginning + octets)
    assert sum(reports.counts().values()) <= 1


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("flatsat.hil.reports.MOST_KEPT", 3)
    transition = packet("check_transition", 12, (1, 2, 0x105, 250.5, 270.0, 1, 2, 9000))
    reports, _ = reports_of(*[transition] * 5)
    assert len(reports.transitions) == 3
    assert reports.counts()["check_transition"] == 5
