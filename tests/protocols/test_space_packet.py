# SPDX-License-Identifier: Apache-2.0
"""Space packets and PUS telemetry headers, against the `spacepackets` package and against construct itself."""

from dataclasses import replace

import pytest
from flatsat.protocols import cuc, header, pus, space_packet
from flatsat.protocols.space_packet import SequenceFlags, SpacePacket
from hypothesis import given
from hypothesis import strategies as st
from spacepackets.ccsds.spacepacket import PacketType, SpacePacketHeader
from spacepackets.ccsds.spacepacket import SequenceFlags as TheirFlags
from spacepackets.ecss.tm import PusTmSecondaryHeader

packets = st.builds(
    SpacePacket,
    apid=st.integers(0, 0x7FF),
    sequence_count=st.integers(0, 0x3FFF),
    octets=st.binary(min_size=1, max_size=300),
    is_telecommand=st.booleans(),
    has_secondary_header=st.booleans(),
    flags=st.sampled_from(SequenceFlags),
)
headers = st.builds(
    pus.TelemetryHeader,
    service=st.integers(0, 255),
    subtype=st.integers(0, 255),
    message_counter=st.integers(0, 0xFFFF),
    destination=st.integers(0, 0xFFFF),
    time_reference=st.integers(0, 15),
    time=st.builds(
        cuc.Time, seconds=st.integers(0, 0xFFFFFFFF), fraction=st.integers(0, 0xFFFF), fine_octets=st.just(2)
    ),
)


@given(packets)
def test_packets_equal_those_of_spacepackets(packet):
    theirs = SpacePacketHeader(
        packet_type=PacketType.TC if packet.is_telecommand else PacketType.TM,
        apid=packet.apid,
        seq_count=packet.sequence_count,
        data_len=len(packet.octets) - 1,
        sec_header_flag=packet.has_secondary_header,
        seq_flags=TheirFlags(packet.flags),
    )
    assert packet.encode() == bytes(theirs.pack()) + packet.octets
    assert space_packet.parse(packet.encode()) == packet
    assert space_packet.packet_octets(b"before" + packet.encode(), 6) == len(packet.encode())


@given(headers)
def test_telemetry_headers_equal_those_of_spacepackets(telemetry):
    theirs = PusTmSecondaryHeader(
        service=telemetry.service,
        message_subtype=telemetry.subtype,
        timestamp=telemetry.encode()[7:],
        message_counter=telemetry.message_counter,
        dest_id=telemetry.destination,
        spacecraft_time_ref=telemetry.time_reference,
    )
    assert telemetry.encode() == bytes(theirs.pack())
    assert pus.parse(telemetry.encode() + b"source data") == telemetry
    assert cuc.decode(telemetry.encode()[7:]) == telemetry.time


@given(headers, st.integers(0, 0x7FF), st.integers(0, 0x3FFF), st.binary(max_size=300))
def test_telemetry_packets_equal_those_made_of_headers(telemetry, apid, count, data):
    telemetry = replace(telemetry, time_reference=0)
    packet = SpacePacket(
        apid=apid, sequence_count=count, octets=telemetry.encode() + data, has_secondary_header=True
    )
    fields = (telemetry.service, telemetry.subtype, telemetry.message_counter, telemetry.time)
    assert pus.encode_telemetry(apid, count, *fields, data, telemetry.destination) == packet.encode()


@pytest.mark.parametrize(
    "kind", [space_packet.PRIMARY_HEADER, pus.TELEMETRY_HEADER], ids=lambda kind: kind.name
)
@given(data=st.data())
def test_headers_equal_those_of_construct(kind, data):
    octets = data.draw(st.binary(min_size=kind.octets, max_size=kind.octets))
    theirs = kind.layout.parse(octets)
    names = [field.name for field in kind.layout.subcon.subcons]
    assert kind.parse(octets) == [theirs[name] for name in names]
    assert kind.encode(*kind.parse(octets)) == kind.layout.build(theirs) == octets


@pytest.mark.parametrize("octets", [7, 8, 1085, 65_542])
def test_idle_packets(octets):
    packet = space_packet.parse(space_packet.idle_packet(octets))
    assert len(space_packet.idle_packet(octets)) == octets
    assert packet.is_idle and packet.apid == 0x7FF and not packet.has_secondary_header


@pytest.mark.parametrize("octets", [0, 6, 65_543])
def test_idle_packets_that_cannot_be(octets):
    with pytest.raises(space_packet.DataFieldLength):
        space_packet.idle_packet(octets)


GOOD = SpacePacket(apid=0x10, sequence_count=3, octets=b"abc").encode()


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        *[pytest.param(GOOD[:cut], header.ShortHeader, id=f"{cut} octets") for cut in range(6)],
        *[pytest.param(GOOD[:cut], space_packet.WrongLength, id=f"{cut} octets") for cut in range(6, 9)],
        pytest.param(GOOD + b"\0", space_packet.WrongLength, id="trailing octet"),
        pytest.param(b"\x20" + GOOD[1:], space_packet.UnknownVersion, id="version 1"),
    ],
)
def test_octets_that_are_no_packet(octets, error):
    with pytest.raises(error):
        space_packet.parse(octets)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"apid": 0x800}, "apid"), ({"sequence_count": 0x4000}, "sequence_count"), ({"apid": -1}, "apid")],
    ids=["apid", "sequence count", "negative"],
)
def test_fields_out_of_range(fields, field):
    with pytest.raises(header.FieldOutOfRange) as caught:
        SpacePacket(**{"apid": 1, "sequence_count": 0, "octets": b"a", **fields}).encode()
    assert caught.value.field == field


TELEMETRY = pus.TelemetryHeader(service=3, subtype=25, message_counter=9, time=cuc.time(1500)).encode()


def test_telemetry_header_octets():
    assert TELEMETRY.hex(" ") == "20 03 19 00 09 00 00 00 00 00 01 80 00"


@pytest.mark.parametrize("cut", range(13))
def test_cut_telemetry_header(cut):
    with pytest.raises(header.ShortHeader):
        pus.parse(TELEMETRY[:cut])


def test_telemetry_header_of_another_version():
    with pytest.raises(pus.UnknownVersion) as caught:
        pus.parse(b"\x10" + TELEMETRY[1:])
    assert caught.value.version == 1


def test_telemetry_time_has_two_octets_of_fraction():
    with pytest.raises(pus.WrongTime):
        pus.TelemetryHeader(service=3, subtype=25, message_counter=9, time=cuc.time(1500, 4))
