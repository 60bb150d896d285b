# SPDX-License-Identifier: Apache-2.0
"""Board time and packets that end too early or too late: from boards/README.md sections 1 and 2, for every back end."""

import pytest
from flatsat.hil.backends.port import FLIGHT, POWER
from flatsat.protocols import rmap

from .commands import MAPS, Board, write_packet

WRAP = 2**32
of_every_board = pytest.mark.parametrize("board", [0, 1, 2], ids=["power", "compute", "laser"])


@of_every_board
@pytest.mark.parametrize(
    "ahead_ms",
    [
        pytest.param(0, id="now"),
        pytest.param(-1, id="just past"),
        pytest.param(-500, id="board time 0"),
        pytest.param(2**31, id="farthest past"),
        pytest.param(2**31 + 1, id="nearly the farthest past"),
    ],
)
def test_a_target_that_is_not_ahead_passes_no_time(back_end, board, ahead_ms):
    uut = Board(back_end, board)
    uut.live(500)
    target = (500 + ahead_ms) % WRAP
    uut.put(TIME_TARGET=target)
    assert (uut.stimulus("TIME_NOW"), uut.stimulus("TIME_TARGET")) == (500, target)
    uut.live(1)
    assert (uut.stimulus("TIME_NOW"), uut.stimulus("TIME_TARGET")) == (501, 501)


@of_every_board
def test_time_wraps(back_end, board):
    uut = Board(back_end, board)
    if board == POWER:
        uut.command(WATCHDOG_MS=0)
    else:
        uut.put(POWERED=0)
    for target in (2**31 - 1, WRAP - 5, 0, 7):
        uut.put(TIME_TARGET=target)
        assert uut.stimulus("TIME_NOW") == target


def test_time_stands_still_until_the_stop_cause_is_cleared(back_end):
    power = Board(back_end, POWER)
    power.command(WATCHDOG_MS=50)
    power.put(TIME_TARGET=500)
    for _ in range(2):
        assert power.stimulus("TIME_NOW") == 50
        power.put(TIME_TARGET=600)
    power.put(STOP_CAUSE=0)
    assert power.stimulus("TIME_NOW") == 50
    power.put(TIME_TARGET=600)
    assert power.stimulus("TIME_NOW") == 600


WORDS = 0xA5C3, 0x3C
FIRST = WORDS[0].to_bytes(4, "big")
BENT = {  # what becomes of data and data CRC, and the status
    "no data": (lambda octets: b"", 5),
    "one octet": (lambda octets: octets[:1], 5),
    "no data CRC": (lambda octets: octets[:-1], 5),
    "one word and its CRC": (lambda octets: FIRST + bytes((rmap.crc8(FIRST),)), 5),
    "an octet more": (lambda octets: octets + b"\xa5", 6),
    "an octet 0 more": (lambda octets: octets + b"\0", 6),
    "two octets more, first one wrong": (lambda octets: b"\xff" + octets[1:] + b"\xa5\xa5", 6),
    "a wrong octet": (lambda octets: b"\x01" + octets[1:], 4),
    "a wrong CRC": (lambda octets: octets[:-1] + bytes((octets[-1] ^ 0x80,)), 4),
}


@of_every_board
@pytest.mark.parametrize(("bend", "status"), BENT.values(), ids=BENT)
def test_data_that_end_early_or_late_come_before_their_crc(back_end, board, bend, status):
    uut = Board(back_end, board)
    names = [register.name for register in MAPS[board][FLIGHT].REGISTERS if register.writable][:2]
    before = [uut.flight(name) for name in names]
    packet = write_packet(board, FLIGHT, MAPS[board][FLIGHT].WRITABLE_FROM, *WORDS)
    reply = rmap.parse_reply(uut.exchange(FLIGHT, packet[:16] + bend(packet[16:])))
    assert reply.status == status
    assert [uut.flight(name) for name in names] == before
    assert uut.flight("RMAP_ERRORS") == 1
