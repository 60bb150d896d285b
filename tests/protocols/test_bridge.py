# SPDX-License-Identifier: Apache-2.0
"""Messages between the bench and a simulator process."""

import itertools

import pytest
from flatsat.protocols import bridge
from hypothesis import given
from hypothesis import strategies as st

octet_strings = st.binary(max_size=40)
messages = st.one_of(
    st.builds(
        bridge.Hello, build_id=st.integers(0, 0xFFFFFFFF), simulator=st.text(), version=st.integers(0, 0xFFFF)
    ),
    st.builds(
        bridge.Exchange,
        st.lists(
            st.builds(bridge.Request, st.integers(0, 2), st.integers(0, 1), st.booleans(), octet_strings),
            max_size=5,
        ).map(tuple),
    ),
    st.builds(
        bridge.Answer,
        st.lists(st.none() | st.binary(min_size=1, max_size=40), max_size=5).map(tuple),
        st.lists(st.builds(bridge.OpticalRecord, st.integers(0, 0xFFFFFFFF), octet_strings), max_size=3).map(
            tuple
        ),
    ),
    st.just(bridge.Close()),
    st.builds(bridge.Error, st.text()),
)


@given(messages)
def test_messages_come_back(message):
    assert bridge.decode(bridge.encode(message)) == message


EXCHANGE = bridge.Exchange(
    (bridge.Request(0, bridge.FLIGHT_PORT, True, b"read"), bridge.Request(2, 1, False, b"x"))
)
ANSWER = bridge.Answer((b"reply", None), (bridge.OpticalRecord(1200, b"cadu"),))


@pytest.mark.parametrize(
    ("message", "octets"),
    [
        (bridge.Hello(build_id=0x01020304, simulator="icarus"), b"\x01\x00\x02\x01\x02\x03\x04icarus"),
        (EXCHANGE, b"\x02\x00\x02\x00\x00\x01\x00\x04read\x02\x01\x00\x00\x01x"),
        (ANSWER, b"\x03\x00\x02\x00\x05reply\x00\x00\x00\x01\x00\x00\x04\xb0\x00\x04cadu"),
        (bridge.Close(), b"\x04"),
        (bridge.Error("no such board"), b"\x05no such board"),
    ],
    ids=["hello", "exchange", "answer", "close", "error"],
)
def test_octets(message, octets):
    assert bridge.encode(message) == octets
    assert bridge.decode(octets) == message


@pytest.mark.parametrize("message", [EXCHANGE, ANSWER], ids=["exchange", "answer"])
def test_messages_cut_or_trailing_are_refused(message):
    octets = bridge.encode(message)
    for wrong in (*(octets[:cut] for cut in range(len(octets))), octets + b"\0"):
        with pytest.raises(bridge.BridgeError):
            bridge.decode(wrong)


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", "empty"),
        (b"\x09", "kind 9"),
        (b"\x01\x00", "too few"),
        (b"\x05\xff", "UTF-8"),
        (b"\x02\x00\x01\x03\x00\x00\x00\x00", "board 3"),
        (b"\x04\x00", "too many"),
    ],
)
def test_octets_that_are_no_message(octets, problem):
    with pytest.raises(bridge.BridgeError, match=problem):
        bridge.decode(octets)


@pytest.mark.parametrize(
    "message",
    [
        bridge.Hello(build_id=1 << 32, simulator=""),
        bridge.Exchange((bridge.Request(0, 0, True, bytes(65_536)),)),
        bridge.Answer((), (bridge.OpticalRecord(-1, b""),)),
    ],
    ids=["build identifier", "packet length", "time"],
)
def test_values_that_do_not_fit(message):
    with pytest.raises(bridge.BridgeError):
        bridge.encode(message)


@given(st.lists(messages, max_size=4), st.lists(st.integers(1, 20), min_size=1))
def test_messages_come_back_from_a_stream_in_any_pieces(sent, lengths):
    stream = b"".join(bridge.framed(message) for message in sent)
    deframer, received, sizes = bridge.Deframer(), [], itertools.cycle(lengths)
    while stream:
        size = next(sizes)
        received += deframer.receive(stream[:size])
        stream = stream[size:]
    assert received == sent


def test_a_message_that_is_none_does_not_hide_the_next():
    deframer = bridge.Deframer()
    with pytest.raises(bridge.BridgeError, match="kind 127"):
        deframer.receive(b"\0\0\0\1\x7f" + bridge.framed(EXCHANGE)[:9])
    assert deframer.receive(bridge.framed(EXCHANGE)[9:]) == [EXCHANGE]


def test_a_message_longer_than_any_is_refused():
    with pytest.raises(bridge.BridgeError, match="at most"):
        bridge.Deframer().receive((bridge.LONGEST_MESSAGE + 1).to_bytes(4, "big"))


@given(st.binary(max_size=60))
def test_noise_is_a_message_or_an_error(octets):
    try:
        message = bridge.decode(octets)
    except bridge.BridgeError:
        return
    assert bridge.decode(bridge.encode(message)) == message
