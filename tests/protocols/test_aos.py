# SPDX-License-Identifier: Apache-2.0
"""AOS frames: layout, header, error control and the packing of packets into zones."""

import json
from binascii import crc_hqx
from pathlib import Path

import pytest
from flatsat.protocols import aos, profile
from flatsat.protocols.aos import FrameHeader, FrameLayout, PacketMultiplexer
from flatsat.protocols.assembler import Extent, PacketAssembler
from flatsat.protocols.errors import ProtocolError
from flatsat.protocols.space_packet import IDLE_APID, SpacePacket, parse
from hypothesis import given
from hypothesis import strategies as st

CCSDS = json.loads(Path(__file__).with_name("ccsds.json").read_text())
OISL = profile.load("oisl-1-clear").frame
OPTIONS = {
    "header_error_control": False,
    "insert_zone_octets": 0,
    "count_cycle": False,
    "operational_control": False,
    "frame_error_control": False,
}


@pytest.mark.parametrize(
    ("layout", "offsets"),
    [
        (OISL, (6, 22, 24, 1109, 1085)),
        (profile.load("snpp").frame, (6, 6, 8, 892, 884)),
        (FrameLayout(length_octets=128, **OPTIONS | {"header_error_control": True}), (8, 8, 10, 128, 118)),
    ],
    ids=["oisl-1-clear", "snpp", "with FHEC"],
)
def test_layout(layout: FrameLayout, offsets: tuple[int, ...]) -> None:
    found = (
        layout.insert_zone_offset, layout.data_offset, layout.zone_offset, layout.zone_end, layout.zone_octets,
    )  # fmt: skip
    assert found == offsets


@pytest.mark.parametrize(
    ("octets", "header"),
    [
        # NASA channel emulator, through Yamcs 5.12.8
        ("6ac100015700", FrameHeader(spacecraft_id=0xAB, vcid=1, count=343, cycle=None)),
        # Suomi NPP, first frame of a capture of bmflynn/ccsds-rs
        ("675096 42ae80 03", None),
        ("6aff00000040", FrameHeader(spacecraft_id=0xAB, vcid=63, count=0, cycle=0)),
        ("56800000 01cf", FrameHeader(spacecraft_id=0x5A, vcid=0, count=1, cycle=15, replay=True)),
    ],
    ids=["emulator", "snpp", "idle", "replay and cycle"],
)
def test_header(octets: str, header: FrameHeader | None) -> None:
    parsed = FrameHeader.parse(bytes.fromhex(octets))
    assert parsed.encode() == bytes.fromhex(octets)[:6]
    if header is not None:
        assert parsed == header


def test_sequence_extends_the_count_by_the_cycle() -> None:
    header = FrameHeader(spacecraft_id=1, vcid=2, count=5, cycle=3)
    assert (header.sequence, header.modulus) == (3 << 24 | 5, 1 << 28)
    header = FrameHeader(spacecraft_id=1, vcid=2, count=5, cycle=None)
    assert (header.sequence, header.modulus) == (5, 1 << 24)


@pytest.mark.parametrize("vector", CCSDS["aos_fhec"], ids=lambda vector: vector["fhec"])
def test_header_error_control(vector: dict[str, str]) -> None:
    header = bytes.fromhex(vector["octets_0_1"]) + bytes(3) + bytes.fromhex(vector["octet_5"])
    assert f"{aos.header_error_control(header):04x}" == vector["fhec"]


def test_frame_of_the_channel() -> None:
    zone = bytes(range(256)) * 4 + bytes(61)
    frame = aos.build_frame(
        OISL,
        spacecraft_id=0x5A,
        vcid=0,
        count=0x123456,
        cycle=7,
        insert_zone=b"TIME" * 2,
        first_header_pointer=9,
        zone=zone,
    )
    assert len(frame) == 1115
    assert frame[:6].hex() == "568012345647"
    assert frame[6:22] == b"TIMETIME" + bytes(8)
    assert frame[22:24] == b"\0\x09"
    assert frame[24:1109] == zone
    assert frame[1109:1113].hex() == "01008000"  # CLCW: COP-1, no radio link
    assert crc_hqx(frame, 0xFFFF) == 0


def test_idle_frame() -> None:
    frame = aos.build_idle_frame(OISL, spacecraft_id=0x5A, count=2)
    assert len(frame) == 1115
    assert FrameHeader.parse(frame).vcid == 63
    assert set(frame[22:1109]) == {0x55}
    assert crc_hqx(frame, 0xFFFF) == 0


def test_frame_with_header_error_control() -> None:
    layout = FrameLayout(length_octets=30, **OPTIONS | {"header_error_control": True})
    frame = aos.build_idle_frame(layout, spacecraft_id=0x5A, count=2)
    assert int.from_bytes(frame[6:8], "big") == aos.header_error_control(frame)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda: FrameHeader(spacecraft_id=256, vcid=0, count=0), id="spacecraft"),
        pytest.param(lambda: FrameHeader(spacecraft_id=0, vcid=64, count=0), id="channel"),
        pytest.param(lambda: FrameHeader(spacecraft_id=0, vcid=0, count=1 << 24), id="count"),
        pytest.param(lambda: FrameHeader(spacecraft_id=0, vcid=0, count=0, cycle=16), id="cycle"),
        pytest.param(lambda: FrameHeader.parse(bytes(5)), id="short"),
        pytest.param(lambda: FrameHeader.parse(bytes(6)), id="version"),
        pytest.param(lambda: FrameLayout(length_octets=14, **OPTIONS), id="no room"),
        pytest.param(lambda: FrameLayout(length_octets=2100, **OPTIONS), id="zone too long for the pointer"),
        pytest.param(lambda: aos.build_idle_frame(OISL, spacecraft_id=0, count=0, insert_zone=bytes(17)), id="insert zone"),
        pytest.param(lambda: aos.build_idle_frame(OISL, spacecraft_id=0, count=0, ocf=bytes(3)), id="ocf"),
        pytest.param(
            lambda: aos.build_frame(OISL, spacecraft_id=0, vcid=0, count=0, first_header_pointer=0, zone=bytes(1084)), id="zone"
        ),
        pytest.param(lambda: PacketMultiplexer(20).push(bytes(6)), id="short packet"),
    ],
)  # fmt: skip
def test_refusals(call: object) -> None:
    with pytest.raises(ProtocolError):
        call()  # type: ignore[operator]


def packet(octets: int, count: int = 0) -> bytes:
    return SpacePacket(apid=0x10, sequence_count=count, octets=bytes([count % 251] * (octets - 6))).encode()


@pytest.mark.parametrize(
    ("lengths", "pointers"),
    [
        ([20], [0]),
        ([19, 21], [0, 0x7FF]),
        ([15, 10, 15], [0, 5]),
        ([50, 10], [0, 0x7FF, 10]),
        ([7], [0]),
        ([14], [0]),
    ],
)
def test_first_header_pointers(lengths: list[int], pointers: list[int]) -> None:
    multiplexer = PacketMultiplexer(20)
    zones = [zone for length in lengths for zone in multiplexer.push(packet(length))] + multiplexer.flush()
    assert [pointer for pointer, _ in zones] == pointers
    assert all(len(zone) == 20 for _, zone in zones)
    assert multiplexer.flush() == []
    assert multiplexer.pending_octets == 0


def test_idle_packet_that_spills_is_not_flushed_by_itself() -> None:
    multiplexer = PacketMultiplexer(20)
    multiplexer.push(packet(17))
    assert [pointer for pointer, _ in multiplexer.flush()] == [0]
    assert multiplexer.flush() == []
    ((pointer, zone),) = multiplexer.push(packet(16))
    assert (pointer, zone[4:]) == (4, packet(16))  # four octets of the idle packet come first


@given(
    capacity=st.integers(7, 60),
    steps=st.lists(st.one_of(st.integers(7, 150), st.none()), max_size=30),
)
def test_what_is_packed_is_found_again(capacity: int, steps: list[int | None]) -> None:
    """None flushes. Every packet comes back whole and in order, and the pointer is never "only idle data"."""
    multiplexer, assembler = PacketMultiplexer(capacity), PacketAssembler()
    packets = [packet(length, count) for count, length in enumerate(steps) if length]
    zones = []
    for count, length in enumerate(steps):
        zones += multiplexer.push(packet(length, count)) if length else multiplexer.flush()
    zones += multiplexer.flush()
    assert aos.ONLY_IDLE_DATA not in [pointer for pointer, _ in zones]
    pieces = [piece for pointer, zone in zones for piece in assembler.receive(pointer, zone)]
    assert {piece.extent for piece in pieces} <= {Extent.COMPLETE}
    assert [piece.octets for piece in pieces if parse(piece.octets).apid != IDLE_APID] == packets
