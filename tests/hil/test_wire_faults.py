# SPDX-License-Identifier: Apache-2.0
"""Wire faults: each kind does what it says, to the share asked for, and the same way for the same seed."""

import pytest
from flatsat.hil.wire_faults import KINDS, WireFault, WireFaults

PACKET = bytes(range(60))
REPLY = bytes(range(100, 130))


def faults(kind, probability=1.0, seed=1, board=1):
    return WireFaults([WireFault(board, kind, probability, 1000, 2000)], seed)


def outcome(wire, board=1, now_ms=1500):
    """What reaches the board, and what comes back."""
    fate = wire.fate(board, now_ms, PACKET)
    return fate.deliveries, fate.returned(REPLY)


def one_octet_differs(a, b):
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_outside_its_time_or_board_nothing_happens(kind):
    wire = faults(kind)
    for board, now_ms in ((1, 999), (1, 2000), (0, 1500), (2, 1500)):
        assert outcome(wire, board, now_ms) == ((PACKET,), REPLY)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_fate_other_seed_another(kind):
    def history(seed):
        wire = faults(kind, probability=0.5, seed=seed)
        return [outcome(wire) for _ in range(64)]

    assert history(3) == history(3)
    assert history(3) != history(4)


@pytest.mark.parametrize("probability", [0.0, 0.2, 1.0])
def test_share_of_packets(probability):
    wire = faults("lose", probability)
    struck = sum(outcome(wire) != ((PACKET,), REPLY) for _ in range(2000))
    assert abs(struck / 2000 - probability) < 0.04


@pytest.mark.parametrize(
    ("kind", "command_side", "reply_side"),
    [
        ("lose", lambda sent: sent == (), lambda reply: reply is None),
        (
            "corrupt",
            lambda sent: one_octet_differs(sent[0], PACKET),
            lambda reply: one_octet_differs(reply, REPLY),
        ),
        (
            "truncate",
            lambda sent: 0 < len(sent[0]) < len(PACKET) and PACKET.startswith(sent[0]),
            lambda reply: 0 < len(reply) < len(REPLY) and REPLY.startswith(reply),
        ),
    ],
)
def test_harm_falls_on_the_command_or_on_the_reply(kind, command_side, reply_side):
    wire = faults(kind)
    sides = set()
    for _ in range(50):
        sent, reply = outcome(wire)
        if sent == (PACKET,):
            assert reply_side(reply)
            sides.add("reply")
        else:
            assert command_side(sent)
            assert reply == REPLY
            sides.add("command")
    assert sides == {"command", "reply"}


def test_duplicate_delivers_twice():
    assert outcome(faults("duplicate")) == ((PACKET, PACKET), REPLY)


def test_delay_holds_the_reply_for_the_next_exchange():
    wire = faults("delay")
    assert outcome(wire) == ((PACKET,), None)
    assert wire.active(5000)
    assert wire.take_late(1) == [REPLY]
    assert wire.take_late(1) == []
    assert not wire.active(5000)
