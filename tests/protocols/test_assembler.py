# SPDX-License-Identifier: Apache-2.0
"""Packets out of zones that contradict each other."""

import pytest
from flatsat.protocols.aos import NO_PACKET_STARTS, ONLY_IDLE_DATA
from flatsat.protocols.assembler import Extent, PacketAssembler
from flatsat.protocols.space_packet import SpacePacket

WHOLE, PART = Extent.COMPLETE, Extent.PARTIAL


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
def test_pieces(zones: list[tuple[int, bytes]], pieces: list[tuple[Extent, bytes]]) -> None:
    assembler = PacketAssembler()
    received = [piece for pointer, zone in zones for piece in assembler.receive(pointer, zone)]
    assert [(piece.extent, piece.octets) for piece in received] == pieces


def test_abandon_gives_what_there_is_once() -> None:
    assembler = PacketAssembler()
    assembler.receive(0, P25[:10])
    assert [(piece.extent, piece.octets) for piece in assembler.abandon()] == [(PART, P25[:10])]
    assert assembler.abandon() == []


@pytest.mark.parametrize(
    ("corrected", "expected"),
    [
        ([False, False, False], [False, False, False]),
        ([True, False, False], [True, True, False]),
        ([False, True, False], [False, True, False]),
        ([False, False, True], [False, True, True]),
    ],
    ids=["none", "where it begins", "in its middle", "where it ends"],
)
def test_a_packet_is_corrected_if_any_frame_of_its_octets_was(
    corrected: list[bool], expected: list[bool]
) -> None:
    assembler = PacketAssembler()
    zones = [(0, P7 + P25[:4]), (NO_PACKET_STARTS, P25[4:14]), (11, P25[14:] + P9)]
    pieces = [
        piece
        for place, (pointer, zone) in enumerate(zones)
        for piece in assembler.receive(pointer, zone, corrected=corrected[place], offset=100 * place)
    ]
    assert [piece.octets for piece in pieces] == [P7, P25, P9]
    assert [piece.corrected for piece in pieces] == expected
    assert [piece.offset for piece in pieces] == [0, 0, 200]


def test_a_zone_of_which_a_packet_has_no_octet_says_nothing_about_it() -> None:
    assembler = PacketAssembler()
    assembler.receive(0, P25[:10])
    (part, whole) = assembler.receive(0, P7, corrected=True, offset=9)
    assert (part.octets, part.corrected, part.offset) == (P25[:10], False, 0)
    assert (whole.octets, whole.corrected, whole.offset) == (P7, True, 9)
