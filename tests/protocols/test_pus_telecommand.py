# SPDX-License-Identifier: Apache-2.0
"""Telecommand packets: octets against spacepackets both ways, and what a parser makes of cut, flipped and random octets."""

import warnings

import pytest
from flatsat.protocols import header, pus, space_packet
from flatsat.protocols.errors import ProtocolError
from hypothesis import example, given
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from spacepackets.ecss.tc import PusTc

PING = pus.Telecommand(
    apid=0x20, sequence_count=7, header=pus.TelecommandHeader(service=17, subtype=1, source=3), data=b"ab"
)
# Made by hand from ECSS-E-ST-70-41C 7.4.4.1 and annex B; spacepackets 0.31 prints the same.
PING_OCTETS = bytes.fromhex("1820c00700082d110100036162c83b")

telecommands = st.builds(
    pus.Telecommand,
    apid=st.integers(0, 0x7FF),
    sequence_count=st.integers(0, 0x3FFF),
    header=st.builds(
        pus.TelecommandHeader,
        service=st.integers(0, 255),
        subtype=st.integers(0, 255),
        acknowledge=st.integers(0, 15),
        source=st.integers(0, 0xFFFF),
    ),
    data=st.binary(max_size=239),
)


def theirs(telecommand):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return PusTc(
            service=telecommand.header.service,
            subservice=telecommand.header.subtype,
            apid=telecommand.apid,
            seq_count=telecommand.sequence_count,
            app_data=telecommand.data,
            source_id=telecommand.header.source,
            ack_flags=telecommand.header.acknowledge,
        )


def resealed(octets):
    """The packet with error control that fits."""
    return octets[:-2] + pus.error_control(octets[:-2]).to_bytes(2, "big")


def test_a_packet_made_by_hand():
    assert PING.encode() == PING_OCTETS
    assert pus.parse_telecommand(PING_OCTETS) == PING
    assert PING.request == pus.request(PING_OCTETS) == (0x1820, 0xC007)


@given(telecommands)
def test_octets_are_those_of_spacepackets(telecommand):
    octets = telecommand.encode()
    assert octets == bytes(theirs(telecommand).pack())
    assert pus.parse_telecommand(octets) == telecommand


@given(telecommands)
def test_spacepackets_reads_ours_and_we_read_theirs(telecommand):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        read = PusTc.unpack(telecommand.encode())
    assert (read.apid, read.seq_count, bytes(read.app_data)) == (
        telecommand.apid,
        telecommand.sequence_count,
        telecommand.data,
    )
    assert pus.parse_telecommand(bytes(read.pack())) == telecommand


@pytest.mark.parametrize(
    ("octets", "error", "facts"),
    [
        pytest.param(b"", pus.WrongLength, {"octets": 0, "expected_octets": 13}, id="nothing"),
        pytest.param(PING_OCTETS[:12], pus.WrongLength, {"octets": 12}, id="too short for any"),
        pytest.param(
            PING_OCTETS[:-1], pus.WrongLength, {"octets": 14, "expected_octets": 15}, id="an octet missing"
        ),
        pytest.param(PING_OCTETS + b"\0", pus.WrongLength, {"octets": 16}, id="an octet too many"),
        pytest.param(
            PING_OCTETS[:-1] + b"\x3c",
            pus.WrongErrorControl,
            {"found": 0xC83C, "expected": 0xC83B},
            id="error control",
        ),
        pytest.param(resealed(b"\x38" + PING_OCTETS[1:]), pus.NotATelecommand, {}, id="packet version 1"),
        pytest.param(
            resealed(b"\x08" + PING_OCTETS[1:]), pus.NotATelecommand, {"packet": 0x0820}, id="telemetry"
        ),
        pytest.param(resealed(b"\x10" + PING_OCTETS[1:]), pus.NotATelecommand, {}, id="no secondary header"),
        pytest.param(
            resealed(PING_OCTETS[:2] + b"\x40" + PING_OCTETS[3:]),
            pus.NotATelecommand,
            {"sequence": 0x4007},
            id="first segment",
        ),
        pytest.param(
            resealed(PING_OCTETS[:6] + b"\x1d" + PING_OCTETS[7:]),
            pus.UnknownVersion,
            {"version": 1},
            id="PUS-A",
        ),
    ],
)
def test_what_is_no_telecommand(octets, error, facts):
    with pytest.raises(error) as caught:
        pus.parse_telecommand(octets)
    assert {name: getattr(caught.value, name) for name in facts} == facts


def test_every_cut_is_refused():
    for cut in range(len(PING_OCTETS)):
        with pytest.raises(pus.WrongLength):
            pus.parse_telecommand(PING_OCTETS[:cut])


def test_every_flipped_bit_is_refused():
    for bit in range(8 * len(PING_OCTETS)):
        flipped = bytearray(PING_OCTETS)
        flipped[bit // 8] ^= 0x80 >> bit % 8
        with pytest.raises(pus.PusError):
            pus.parse_telecommand(bytes(flipped))


@given(st.binary(max_size=260))
@example(bytes(13))
def test_noise_is_refused_or_comes_back(octets):
    try:
        telecommand = pus.parse_telecommand(octets)
    except ProtocolError:
        return
    assert telecommand.encode() == octets


@given(st.binary(max_size=8))
def test_a_request_identifier_is_the_first_four_octets(octets):
    expected = None if len(octets) < 4 else (int.from_bytes(octets[:2]), int.from_bytes(octets[2:4]))
    assert pus.request(octets) == expected


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"service": 256}, id="service"),
        pytest.param({"subtype": 256}, id="subtype"),
        pytest.param({"acknowledge": 16}, id="acknowledge"),
        pytest.param({"source": 65_536}, id="source"),
    ],
)
def test_fields_that_do_not_fit(change):
    with pytest.raises(header.FieldOutOfRange):
        pus.TelecommandHeader(**{"service": 17, "subtype": 1, **change}).encode()


def test_a_telecommand_that_no_packet_can_carry():
    too_long = pus.Telecommand(apid=0x20, sequence_count=0, header=PING.header, data=bytes(1 << 16))
    with pytest.raises(space_packet.DataFieldLength):
        too_long.encode()
