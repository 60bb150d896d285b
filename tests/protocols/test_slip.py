# SPDX-License-Identifier: Apache-2.0
"""SLIP: framing and what the receiver makes of streams cut, spoiled or overlong."""

from itertools import pairwise

import pytest
from flatsat.protocols import slip
from flatsat.protocols.slip import Fault, Malformed
from hypothesis import given
from hypothesis import strategies as st

packets = st.lists(st.binary(min_size=1, max_size=60), max_size=8)
streams = st.lists(st.sampled_from([b"\xc0", b"\xdb", b"\xdc", b"\xdd", b"a", b"bc"]), max_size=60).map(
    b"".join
)


def received(stream: bytes, *cuts: int, longest: int = slip.LONGEST_PACKET) -> list[bytes | Malformed]:
    decoder = slip.Decoder(longest)
    edges = [0, *sorted(cuts), len(stream)]
    return [packet for at, end in pairwise(edges) for packet in decoder.receive(stream[at:end])]


@pytest.mark.parametrize(
    ("packet", "line"),
    [
        pytest.param(b"\x01\x02", b"\xc0\x01\x02\xc0", id="plain"),
        pytest.param(b"\xc0", b"\xc0\xdb\xdc\xc0", id="END"),
        pytest.param(b"\xdb", b"\xc0\xdb\xdd\xc0", id="ESC"),
        pytest.param(
            b"\xdb\xdc\xdb\xdd", b"\xc0\xdb\xdd\xdc\xdb\xdd\xdd\xc0", id="octets that look like escapes"
        ),
        pytest.param(b"\xc0\xdb\xc0", b"\xc0\xdb\xdc\xdb\xdd\xdb\xdc\xc0", id="only special octets"),
    ],
)
def test_octets_on_the_line(packet, line):
    assert slip.encode(packet) == line
    assert received(line) == [packet]


@given(packets)
def test_packets_come_back_whole_and_octet_by_octet(sent):
    stream = b"".join(map(slip.encode, sent))
    assert received(stream) == sent
    assert received(stream, *range(len(stream))) == sent


@given(streams, st.data())
def test_cuts_change_nothing(stream, data):
    whole = received(stream, longest=7)
    assert received(stream, *range(len(stream)), longest=7) == whole
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=5))
    assert received(stream, *cuts, longest=7) == whole


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"\xc0\xc0\xc0", [], id="empty packets"),
        pytest.param(b"\xc0ab", [], id="unfinished"),
        pytest.param(b"hum\xc0ab\xc0", [b"hum", b"ab"], id="octets before the first END"),
        pytest.param(b"\xc0ab\xc0cd", [b"ab"], id="trailing octets"),
        pytest.param(b"\xc0ab\xc0cd\xc0", [b"ab", b"cd"], id="one END between packets"),
        pytest.param(
            b"a\xdbb\xc0ok\xc0", [Malformed(fault=Fault.ESCAPE, octets=3), b"ok"], id="wrong escape"
        ),
        pytest.param(
            b"a\xdb\xc0ok\xc0", [Malformed(fault=Fault.ESCAPE, octets=2), b"ok"], id="dangling escape"
        ),
        pytest.param(b"\xdb\xdb\xdc\xc0", [Malformed(fault=Fault.ESCAPE, octets=3)], id="escaped escape"),
        pytest.param(b"abcd\xc0", [b"abcd"], id="as long as allowed"),
        pytest.param(
            b"abcde\xc0ok\xc0", [Malformed(fault=Fault.LENGTH, octets=5), b"ok"], id="one octet too long"
        ),
        pytest.param(b"\xdb\xdc" * 4 + b"\xc0", [b"\xc0" * 4], id="longest, all escaped"),
        pytest.param(
            b"x" * 99 + b"\xc0ok\xc0", [Malformed(fault=Fault.LENGTH, octets=99), b"ok"], id="overflow"
        ),
    ],
)
def test_receiver(stream, expected):
    assert received(stream, longest=4) == expected
    assert received(stream, *range(len(stream)), longest=4) == expected


def test_receiver_holds_no_more_than_its_buffer():
    decoder = slip.Decoder(longest_packet=16)
    for _ in range(1000):
        assert decoder.receive(b"noise") == []
        assert len(decoder._held) <= 32
    assert decoder.receive(b"\xc0") == [Malformed(fault=Fault.LENGTH, octets=5000)]
