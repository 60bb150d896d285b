# SPDX-License-Identifier: Apache-2.0
"""Events in time order and in words, at the times that the satellite's time reports give them."""

import io
import random

import pytest
from flatsat.hil.event_log import EventLog, teller
from flatsat.hil.packet_table import Row, RowReader
from flatsat.protocols import cuc

from .telemetry import DICTIONARY, TAI_MS, packet
from .test_packet_table import received

READER = RowReader(DICTIONARY)
BOOTED = DICTIONARY.events["BOOTED"]
PLACE = DICTIONARY.packets["power_hk"].names.index("bus_voltage")


def row(octets: bytes) -> Row:
    return READER.row(received(octets))


def event(tai_ms: int, board_ms: int, **raw: int) -> Row:
    return row(packet("event", tai_ms, time_ms=board_ms, event_id=BOOTED.identifier, **raw))


def time_report(board_ms: int, tai_ms: int) -> Row:
    code = cuc.time(tai_ms)
    return row(packet("time", tai_ms, board_ms=board_ms, seconds=code.seconds, fraction=code.fraction))


def lines(rows: list[Row], window: int = 100) -> list[str]:
    stream = io.StringIO()
    log = EventLog(DICTIONARY, stream, window)
    for item in rows:
        log.write(item)
    log.close()
    return stream.getvalue().splitlines()


def test_order_is_that_of_time() -> None:
    moments = random.Random(1).sample(range(1000), 90)
    told = lines([event(TAI_MS + 1000 * moment, 0, parameter1=moment) for moment in moments])
    assert told == sorted(told)
    assert [line.split(",")[-1] for line in told] == [f" boot {moment}" for moment in sorted(moments)]


def test_memory_is_bounded_by_the_window_and_order_kept_within_it() -> None:
    stream = io.StringIO()
    log = EventLog(DICTIONARY, stream, window=10)
    moments = [place + random.Random(place).randrange(8) for place in range(500)]
    for moment in moments:
        log.write(event(TAI_MS + 1000 * moment, 0))
        assert len(log._waiting) <= 20
    log.close()
    told = stream.getvalue().splitlines()
    assert len(told) == 500
    assert told == sorted(told)


def test_followed_reports_are_told_as_they_come() -> None:
    stream = io.StringIO()
    log = EventLog(DICTIONARY, stream, window=0)
    log.write(event(TAI_MS, 0))
    assert stream.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    ("reports", "board_ms", "shift_ms"),
    [
        pytest.param([], 5_000, 0, id="no time report"),
        pytest.param([(5_000, -400)], 5_000, -400, id="board time"),
        pytest.param([(2**32 - 100, -500)], 100, -300, id="over the wrap"),
        pytest.param([(77_000_000, -10_000), (1_000, -1_000)], 1_200, -800, id="after a reset"),
        pytest.param([(77_000_000, 86_400_000)], 1_200, 0, id="a report of other times"),
    ],
)
def test_times(reports: list[tuple[int, int]], board_ms: int, shift_ms: int) -> None:
    known = [time_report(reported, TAI_MS + ms) for reported, ms in reports]
    expected = cuc.utc_text(TAI_MS + shift_ms)
    assert lines([*known, event(TAI_MS, board_ms)])[0].split()[0] == expected
    assert lines([event(TAI_MS, board_ms), *known])[0].split()[0] == expected


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        pytest.param(
            packet("event", TAI_MS, subtype=3, event_id=DICTIONARY.events["NODE_HUNG"].identifier, parameter0=7, parameter1=4),
            f"MEDIUM       NODE_HUNG               {DICTIONARY.events['NODE_HUNG'].tell(7, 4)}",
            id="severity is the subtype",
        ),
        pytest.param(
            packet("event", TAI_MS, subtype=1, event_id=60_000, parameter0=-7),
            "INFORMATION  UNDEFINED_60000         Event 60000 is not in the dictionary: numbers -7, 0",
            id="unknown event",
        ),
        pytest.param(
            packet("verification_failure", TAI_MS, subtype=2, request_packet=0x1820, request_sequence=0xC001, failure=9),
            "-            VERIFICATION_FAILURE    Telecommand 1 to APID 32 failed at acceptance: DUPLICATE, detail 0",
            id="telecommand",
        ),
        pytest.param(
            packet("verification_failure", TAI_MS, subtype=8, failure=999),
            "-            VERIFICATION_FAILURE    Telecommand 0 to APID 0 failed at completion: UNDEFINED_999, detail 0",
            id="unknown failure",
        ),
        pytest.param(
            packet("check_transition", TAI_MS, monitor=3, parameter=256 + PLACE, value=268.5, limit=270, before=1, now=2),
            "-            CHECK_TRANSITION        power_hk.bus_voltage 268.5 V, limit 270 V: WITHIN to BELOW (monitor 3)",
            id="check",
        ),
    ],
)  # fmt: skip
def test_sentences(octets: bytes, told: str) -> None:
    (line,) = lines([row(octets)])
    assert line.split("Z  ", 1)[1] == told
    assert teller(DICTIONARY)(octets)


def test_what_is_not_told() -> None:
    tells = teller(DICTIONARY)
    for octets in (
        packet("power_hk", TAI_MS),
        packet("time", TAI_MS),
        packet("disabled_event", TAI_MS),
        b"\x08\x14\0",
    ):
        assert not tells(octets)
    assert lines([row(packet("power_hk", TAI_MS)), row(packet("verification", TAI_MS))]) == []
