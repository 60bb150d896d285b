# SPDX-License-Identifier: Apache-2.0
"""Packets and frames: what was packed comes out again, counters go on after a reset, no frame waits for long."""

import binascii

from flatsat.flightsw.events import BACKLOG, EACH_CYCLE, EACH_MINUTE, EventSink
from flatsat.flightsw.onboard_time import OnboardTime
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.telemetry.downlink import LAYOUT, Downlink
from flatsat.protocols import aos, cuc, dictionary, profile, pus, space_packet

P = FlightParameters()
DICTIONARY = dictionary.load()
HOUSEKEEPING = DICTIONARY.packets["power_hk"]
RAW = tuple(range(33))


def make(memory) -> Downlink:
    return Downlink(P, memory, OnboardTime(P.epoch_tai_ms), DICTIONARY)


def send(downlink: Downlink, seconds: range) -> list:
    zones = []
    for second in seconds:
        zones += downlink.send(HOUSEKEEPING, 25, RAW, second * 1000)
    return zones


def packets(zones) -> list[space_packet.SpacePacket]:
    """Packets of consecutive zones, idle ones left out."""
    stream = b"".join(zone.octets for zone in zones)
    at, found = zones[0].first_header_pointer, []
    while at + 6 <= len(stream) and at + space_packet.packet_octets(stream, at) <= len(stream):
        length = space_packet.packet_octets(stream, at)
        found.append(space_packet.parse(stream[at : at + length]))
        at += length
    return [packet for packet in found if not packet.is_idle]


def test_layout_is_that_of_the_link_profile():
    assert profile.load("oisl-1-clear").frame == LAYOUT


def test_packets_come_out_as_they_went_in(memory):
    found = packets(send(make(memory), range(40)))
    assert [packet.sequence_count for packet in found] == list(range(len(found)))
    for second, packet in enumerate(found):
        header = pus.parse(packet.octets)
        assert (packet.apid, header.service, header.subtype) == (0x10, 3, 25)
        assert header.message_counter == second
        assert header.time.tai_ms == P.epoch_tai_ms + second * 1000
        assert HOUSEKEEPING.unpack(packet.octets[13:]) == RAW


def test_event_carries_its_severity_and_identity(memory):
    downlink = make(memory)
    event = DICTIONARY.events["LCL_TRIPPED"]
    downlink.send(DICTIONARY.packets["event"], event.severity, (event.identifier, 5_000, 2, -1), 6_000)
    (packet,) = packets(downlink.close_late(60_000))
    header = pus.parse(packet.octets)
    assert (packet.apid, header.service, header.subtype) == (0x14, 5, event.severity)
    assert DICTIONARY.packets["event"].unpack(packet.octets[13:]) == (event.identifier, 5_000, 2, -1)


def test_frame_says_when_it_leaves(memory):
    downlink = make(memory)
    zone = send(downlink, range(14))[0]
    frame = downlink.build_frame(zone, 700_500)
    header = aos.FrameHeader.parse(frame)
    assert (len(frame), header.spacecraft_id, header.vcid, header.sequence) == (1115, 0x5A, 0, 0)
    assert cuc.decode(frame[6:14]).tai_ms == P.epoch_tai_ms + 700_500
    assert frame[14:22] == bytes(8)
    assert frame[-6:-2] == aos.CLCW_NO_RF
    assert binascii.crc_hqx(frame, 0xFFFF) == 0


def test_a_lonely_packet_leaves_within_ten_seconds(memory):
    downlink = make(memory)
    send(downlink, range(5, 6))
    closed = [second for second in range(5, 30) if downlink.close_late(second * 1000)]
    assert closed == [5 + P.frame_latest_ms // 1000 - 1]


def test_counters_are_stored_before_a_zone_exists_and_go_on_after_a_reset(memory):
    first = send(make(memory), range(40))
    second = send(make(memory), range(40, 80))
    assert [zone.number for zone in first + second] == list(range(len(first) + len(second)))
    whole = packets(first)
    lost_with_the_reset = packets(second)[0].sequence_count - whole[-1].sequence_count - 1
    assert 0 <= lost_with_the_reset <= 1  # the packet that was cut by the end of the last zone


def test_a_reset_without_a_frame_leaves_no_gap(memory):
    send(make(memory), range(5))
    assert memory.writes == 0
    assert packets(send(make(memory), range(20)))[0].sequence_count == 0


def test_frame_count_runs_into_its_cycle(memory):
    downlink = make(memory)
    downlink._counters.frames = (1 << 24) - 1
    zones = send(downlink, range(30))
    headers = [aos.FrameHeader.parse(downlink.build_frame(zone, 0)) for zone in zones]
    assert [(header.cycle, header.count) for header in headers] == [(0, 0xFFFFFF), (1, 0)]


NAMES = ("NODE_HUNG", "NODE_TRIPPED", "LCL_TRIPPED", "BOARD_SILENT", "BOARD_BACK", "WRITE_REFUSED")


def test_an_event_storm_is_counted_and_let_out_slowly():
    sink = EventSink(DICTIONARY)
    for n in range(BACKLOG + 10):
        sink.raise_event(NAMES[n % 6], 2**32 + n, n, 2**31)
    assert sink.raised == BACKLOG + 10
    assert [raw for _, *raw in sink.take(0)] == [[n, n, -(2**31)] for n in range(EACH_CYCLE)]
    assert len(drained(sink, 0)) == BACKLOG - EACH_CYCLE


def test_a_storm_of_one_event_leaves_room_for_others_and_its_count_is_told():
    sink = EventSink(DICTIONARY)
    for second in range(60):
        for _ in range(100):
            sink.raise_event("NODE_HUNG", 1000 * second)
    sink.raise_event("LINK_LOST", 59_000)
    names = [event.name for event, *_ in drained(sink, 59_000)]
    assert names == ["NODE_HUNG"] * EACH_MINUTE + ["LINK_LOST"]
    [(event, _, identifier, count)] = drained(sink, 60_000)
    told = DICTIONARY.events["NODE_HUNG"].identifier, 6000 - EACH_MINUTE
    assert (event.name, identifier, count) == ("EVENTS_SUPPRESSED", *told)
    sink.raise_event("NODE_HUNG", 60_000)
    assert [event.name for event, *_ in drained(sink, 60_000)] == ["NODE_HUNG"]
    assert drained(sink, 200_000) == []


def test_a_count_waits_for_room():
    sink = EventSink(DICTIONARY)
    for _ in range(EACH_MINUTE + 1):
        sink.raise_event("NODE_HUNG", 0)
    for n in range(BACKLOG):
        sink.raise_event(NAMES[n % 6], 59_000)
    assert [event.name for event, *_ in drained(sink, 60_000)].count("EVENTS_SUPPRESSED") == 1


def drained(sink: EventSink, now_ms: int) -> list:
    """All that waits."""
    found = []
    while taken := sink.take(now_ms):
        found += taken
    return found
