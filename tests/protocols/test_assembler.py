# SPDX-License-Identifier: Apache-2.0
"""Packets out of zones that contradict each other."""

import pytest
from flatsat.protocols.aos import NO_PACKET_STARTS, ONLY_IDLE_DATA
from flatsat.protocols.assembler import PacketAssembler, Quality
from flatsat.protocols.space_packet import SpacePacket

WHOLE, PART = Quality.COMPLETE, Quality.PARTIAL


def packet(octets: int) -> bytes:
    return SpacePacket(apid=0x10, sequence_count=octets, octets=bytes(octets - 6)).encode()


P7, P9, P12, P25 = (packet(octets) for octets in (7, 9, 12, 25))


@pytest.mark.parametrize(
    ("zones", "pieces"),
    [
        ([(0, P9 + P9[:1]), (8, P9[1:] + P7[:2])], [(WHOLE, P9), (WHOLE, P9)]),
        ([(0, P9 + P9[:5]), (4, P9[5:] + P9)], [(WHOLE, P9), (WHOLE, P9), (WHOLE, P9)]),
        ([(0, P25[:10]), (NO_PACKET_STARTS, P25[10:20]), (5, P25[20:] + P7)], [(WHOLE, P25), (WHOLE, P7)]),
        ([(0, P25[:20]), (NO_PACKET_STARTS, P25[20:])], [(WHOLE, P25)]),
        ([(NO_PACKET_STARTS, P25[:10]), (3, b"???" + P7)], [(WHOLE, P7)]),
        ([(0, P25[:10]), (3, P25[10:13] + P7)], [(PART, P25[:13]), (WHOLE, P7)]),
        ([(0, P12[:10]), (NO_PACKET_STARTS, P12[10:] + b"more")], [(PART, P12 + b"more")]),
        ([(0, P12[:10]), (ONLY_IDLE_DATA, P12[10:] + P12), (0, P7)], [(PART, P12[:10]), (WHOLE, P7)]),
        ([(0, P7 + b"\xe0\xe0\xe0"), (0, P7)], [(WHOLE, P7), (PART, b"\xe0\xe0\xe0"), (WHOLE, P7)]),
        ([(0, P7[:3]), (1, P7[3:4] + P9)], [(PART, P7[:4]), (WHOLE, P9)]),
    ],
    ids=[
        "header over the boundary", "five octets of header", "three zones", "ends with the zone", "begins in the middle",
        "pointer too early", "no pointer where one is due", "only idle data", "no space packet", "cut in the header",
    ],
)  # fmt: skip
def test_pieces(zones: list[tuple[int, bytes]], pieces: list[tuple[Quality, bytes]]) -> None:
    assembler = PacketAssembler()
    assert [piece for pointer, zone in zones for piece in assembler.receive(pointer, zone)] == pieces


def test_abandon_gives_what_there_is_once() -> None:
    assembler = PacketAssembler()
    assembler.receive(0, P25[:10])
    assert assembler.abandon() == [(PART, P25[:10])]
    assert assembler.abandon() == []
