# SPDX-License-Identifier: Apache-2.0
"""A real spacecraft: CADUs of Suomi NPP from the test fixtures of bmflynn/ccsds-rs (folder in FLATSAT_VECTORS)."""

import hashlib
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from flatsat.protocols import coding, profile
from flatsat.protocols.receiver import FrameLost, FrameReceived, PacketReceived, Receiver
from space_packet_parser.generators import ccsds_generator
from spacepackets.ccsds import SpacePacketHeader

SNPP = profile.load("snpp")
CAPTURES = {
    "snpp_7cadus.dat": "65d4d7a7ee34d2fd8262f09d36890276712233549e1cdfc15c8583e0fb7cf3cd",
    "snpp_65cadus.dat": "25ba1a01d76789b8d590b19a0697e20a02d7e1ee246ebff512c4b2390e3d4f75",
}


@pytest.fixture(params=CAPTURES)
def capture(request: pytest.FixtureRequest) -> bytes:
    folder = os.environ.get("FLATSAT_VECTORS")
    if not folder:
        pytest.skip("FLATSAT_VECTORS does not name a folder with Suomi NPP captures")
    octets = (Path(folder) / request.param).read_bytes()
    assert hashlib.sha256(octets).hexdigest() == CAPTURES[request.param]
    return octets


def test_decodes_without_a_wrong_symbol_and_encodes_bit_for_bit(capture: bytes) -> None:
    sent = np.frombuffer(capture, np.uint8).reshape(-1, 1024)
    frames, corrected = coding.decode_codeblocks(sent[:, 4:], SNPP)
    assert not corrected.any()
    assert (coding.encode_cadus(frames, SNPP) == sent).all()


def test_repairs_what_we_break(capture: bytes) -> None:
    sent = np.frombuffer(capture, np.uint8).reshape(-1, 1024)
    received = sent.copy()
    received[:, 100:164] ^= 0xFF  # a burst of 64 octets: 16 symbols of each of 4 codewords
    frames, corrected = coding.decode_codeblocks(received[:, 4:], SNPP)
    assert (corrected == 16).all()
    assert (coding.encode_cadus(frames, SNPP) == sent).all()


def test_receiver_delivers_every_frame(capture: bytes) -> None:
    receiver = Receiver(SNPP)
    events = receiver.receive(capture) + receiver.close()
    headers = [event.header for event in events if isinstance(event, FrameReceived)]
    assert len(headers) == len(capture) // 1024
    assert {header.spacecraft_id for header in headers} == {157}
    by_channel = {vcid: [h.count for h in headers if h.vcid == vcid] for vcid in {h.vcid for h in headers}}
    missing = sum(after - before - 1 for counts in by_channel.values() for before, after in pairwise(counts))
    assert sum(event.count for event in events if isinstance(event, FrameLost)) == missing


def test_others_read_our_packets(capture: bytes) -> None:
    """spacepackets and space_packet_parser, on the complete packets one after the other."""
    events = Receiver(SNPP).receive(capture)
    packets = [event.octets for event in events if isinstance(event, PacketReceived) and event.is_complete]
    assert packets
    headers = [SpacePacketHeader.unpack(packet) for packet in packets]
    assert [header.packet_len for header in headers] == [len(packet) for packet in packets]
    theirs = list(ccsds_generator(b"".join(packets)))
    assert [bytes(packet) for packet in theirs] == packets
