# SPDX-License-Identifier: Apache-2.0
"""The receiving chain on captures made here: cut anywhere, noisy, damaged, shifted; and every profile field in use."""

import random
from binascii import crc_hqx
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np
import pytest
from flatsat.protocols import aos, coding, profile
from flatsat.protocols.assembler import Extent
from flatsat.protocols.cadu import OctetsSkipped
from flatsat.protocols.profile import MARKER, Basis, Coding, Profile, Randomizer, Service
from flatsat.protocols.receiver import (
    CountSteppedBack,
    Event,
    FrameLost,
    FrameReceived,
    FrameRejected,
    PacketReceived,
    Receiver,
    Rule,
)
from flatsat.protocols.space_packet import SpacePacket, idle_packet
from hypothesis import given, settings
from hypothesis import strategies as st

OISL = profile.load("oisl-1-clear")
TINY = replace(  # as OISL, but with short CADUs: 40 + 32 + 4 octets
    OISL,
    frame=replace(OISL.frame, length_octets=40, insert_zone_octets=0),
    coding=replace(OISL.coding, interleave=1),
)


def packets(count: int, seed: int = 1) -> list[bytes]:
    rng = random.Random(seed)
    return [
        SpacePacket(apid=0x10 + n % 3, sequence_count=n, octets=rng.randbytes(rng.randint(1, 300))).encode()
        for n in range(count)
    ]


def frames(link: Profile, content: list[bytes], *, vcid: int = 0, first: int = 0) -> list[bytes]:
    layout = link.frame
    multiplexer = aos.PacketMultiplexer(layout.zone_octets)
    zones = [zone for packet in content for zone in multiplexer.push(packet)] + multiplexer.flush()
    return [
        aos.build_frame(
            layout,
            spacecraft_id=0x5A,
            vcid=vcid,
            count=(first + n) % (1 << 24),
            cycle=(first + n >> 24) % 16,
            first_header_pointer=pointer,
            zone=zone,
        )
        for n, (pointer, zone) in enumerate(zones)
    ]


def cadus(link: Profile, sent: list[bytes]) -> list[bytes]:
    return [coding.encode_cadu(frame, link) for frame in sent]


def received(link: Profile, octets: bytes, piece: int = 1 << 20) -> list[Event]:
    receiver = Receiver(link)
    events = [e for at in range(0, len(octets), piece) for e in receiver.receive(octets[at : at + piece])]
    return events + receiver.close()


def of(kind: type, events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


def content(events: list[Event]) -> list[bytes]:
    return [e.octets for e in of(PacketReceived, events) if e.is_complete and not e.is_idle]


SENT = packets(12)
TINY_FRAMES = frames(TINY, SENT)
TINY_CADUS = cadus(TINY, TINY_FRAMES)
CAPTURE = b"".join(TINY_CADUS)
_WOUNDED = TINY_FRAMES[1][:8] + bytes([TINY_FRAMES[1][8] ^ 1]) + TINY_FRAMES[1][9:-2]
WOUNDED_CRC = f"{crc_hqx(_WOUNDED, 0xFFFF):04X}", TINY_FRAMES[1][-2:].hex().upper()


def test_clean_capture() -> None:
    sent = packets(40)
    events = received(OISL, b"".join(cadus(OISL, frames(OISL, sent))))
    assert content(events) == sent
    assert not of(FrameRejected, events) + of(FrameLost, events) + of(OctetsSkipped, events)
    assert {frame.symbols_corrected for frame in of(FrameReceived, events)} == {0}


@pytest.mark.parametrize("lead", [b"", b"\x1a", b"\x1a\xcf\xfc", MARKER + b"noise", bytes(500)])
def test_cut_into_single_octets(lead: bytes) -> None:
    octets = lead + CAPTURE + MARKER[:2]
    whole = received(TINY, octets)
    assert content(whole) == SENT
    assert received(TINY, octets, piece=1) == whole


def test_cut_at_every_octet() -> None:
    octets = CAPTURE[: 3 * TINY.cadu_octets] + b"noise" + CAPTURE[3 * TINY.cadu_octets : 5 * TINY.cadu_octets]
    whole = received(TINY, octets)
    for cut in range(len(octets)):
        receiver = Receiver(TINY)
        pieces = receiver.receive(octets[:cut]) + receiver.receive(octets[cut:]) + receiver.close()
        assert pieces == whole


@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 8000), max_size=6))
@settings(max_examples=40, deadline=None)
def test_damage_is_seen_alike_however_the_stream_is_cut(seed: int, cuts: list[int]) -> None:
    octets, _ = damaged(random.Random(seed))
    bounds = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    receiver = Receiver(TINY)
    events = [event for begin, end in pairwise(bounds) for event in receiver.receive(octets[begin:end])]
    assert events + receiver.close() == received(TINY, octets)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_cadu_that_arrives_whole_is_delivered_and_every_octet_accounted_for(seed: int) -> None:
    octets, intact = damaged(random.Random(seed))
    events = received(TINY, octets)
    delivered = of(FrameReceived, events)
    assert [f for f in intact if f not in {event.octets for event in delivered}] == []
    assert {event.octets for event in delivered} <= set(TINY_FRAMES)
    skipped = sum(event.count for event in of(OctetsSkipped, events))
    placed = len(delivered) + len([e for e in of(FrameRejected, events) if not within_skipped(e, events)])
    assert skipped + placed * TINY.cadu_octets >= len(octets)


def within_skipped(rejected: FrameRejected, events: list[Event]) -> bool:
    return any(s.offset <= rejected.offset < s.offset + s.count for s in of(OctetsSkipped, events))


def damaged(rng: random.Random) -> tuple[bytes, list[bytes]]:
    """CADUs with noise between them, octets dropped and inserted, bits flipped, markers hit; and what is untouched."""
    stream, intact = b"", []
    for cadu, frame in zip(TINY_CADUS, TINY_FRAMES, strict=True):
        wound = rng.choice(["none", "none", "none", "drop", "insert", "flip", "marker", "noise"])
        at = rng.randrange(len(cadu))
        if wound == "drop":
            cadu = cadu[:at] + cadu[at + rng.randint(1, 4) :]
        elif wound == "insert":
            cadu = cadu[:at] + rng.randbytes(rng.randint(1, 4)) + cadu[at:]
        elif wound == "flip":
            cadu = cadu[:at] + rng.randbytes(rng.randint(1, 40)) + cadu[at + 40 :]
        elif wound == "marker":
            cadu = rng.randbytes(4) + cadu[4:]
        elif wound == "noise":
            cadu = rng.randbytes(rng.randint(1, 200)) + cadu
        stream += cadu
        if wound in ("none", "noise"):
            intact.append(frame)
    return stream, intact


@pytest.mark.parametrize(
    ("errors", "delivered"), [(1, True), (16, True), (17, False)], ids=["one", "sixteen", "seventeen"]
)
@pytest.mark.parametrize("place", [0, 1, -1], ids=["first", "second", "last"])
def test_wrong_symbols(errors: int, delivered: bool, place: int) -> None:
    sent = cadus(OISL, frames(OISL, packets(40)))
    hit = np.frombuffer(sent[place], np.uint8).copy()
    hit[4 : 4 + 5 * errors : 5] ^= 0x81  # codeword 0
    sent[place] = hit.tobytes()
    events = received(OISL, b"".join(sent))
    assert len(of(FrameReceived, events)) == len(sent) - (not delivered)
    assert sum(e.symbols_corrected for e in of(FrameReceived, events)) == (errors if delivered else 0)
    rejected = [(e.offset, e.rule, e.codewords_uncorrectable) for e in of(FrameRejected, events)]
    offset = sent.index(sent[place]) * 1279
    assert rejected == ([] if delivered else [(offset, Rule.UNCORRECTABLE, 1)])
    assert not of(OctetsSkipped, events)


def test_codewords_that_cannot_be_corrected_are_named() -> None:
    sent = cadus(OISL, frames(OISL, packets(40)))
    hit = np.frombuffer(sent[1], np.uint8).copy()
    for codeword in (1, 4):
        hit[4 + codeword : 4 + codeword + 5 * 17 : 5] ^= 0x81
    (rejected,) = of(FrameRejected, received(OISL, sent[0] + hit.tobytes() + sent[2]))
    assert rejected.field == "codewords 2, 5 of 5"
    assert (rejected.expected, rejected.found) == ("at most 16 wrong symbols", "more")


def test_a_packet_is_corrected_if_symbols_of_its_frames_were() -> None:
    hit = [TINY_CADUS[0], *(wounded(cadu, 9) for cadu in TINY_CADUS[1:3]), *TINY_CADUS[3:]]
    packets_received = of(PacketReceived, received(TINY, b"".join(hit)))
    bounds = spans(SENT, TINY.frame.zone_octets)
    for packet, (first, last) in zip(packets_received, bounds, strict=False):
        assert packet.corrected == (first <= 2 and last >= 1)
        assert packet.offset == 76 * first
        assert not packet.after_gap


def spans(sent: list[bytes], zone: int) -> list[tuple[int, int]]:
    """First and last frame of each packet."""
    ends = list(accumulate(len(packet) for packet in sent))
    return [((end - len(packet)) // zone, (end - 1) // zone) for end, packet in zip(ends, sent, strict=True)]


def wounded(cadu: bytes, at: int) -> bytes:
    return cadu[:at] + bytes([cadu[at] ^ 0x10]) + cadu[at + 1 :]


SHORT = [SpacePacket(apid=0x10, sequence_count=n, octets=bytes(4)).encode() for n in range(30)]
SHORT_CADUS = cadus(TINY, frames(TINY, SHORT))
_ODD = frames(TINY, SHORT)
_ODD[3] = _ODD[3][:6] + b"\0\1" + _ODD[3][8:-2]  # its pointer contradicts the packet that was begun
_ODD[3] += crc_hqx(_ODD[3], 0xFFFF).to_bytes(2, "big")


@pytest.mark.parametrize(
    ("octets", "gaps"),
    [
        pytest.param(b"".join(SHORT_CADUS), 0, id="whole"),
        pytest.param(b"".join(SHORT_CADUS[3:]), 0, id="begun late"),
        pytest.param(b"noise" + b"".join(SHORT_CADUS), 1, id="noise before the first"),
        pytest.param(b"".join(SHORT_CADUS[:3]) + b"noise" + b"".join(SHORT_CADUS[3:]), 0, id="noise between"),
        pytest.param(b"".join(SHORT_CADUS[:3] + SHORT_CADUS[4:]), 1, id="frame lost"),
        pytest.param(
            b"".join([*SHORT_CADUS[:3], SHORT_CADUS[3][:4] + bytes(72), *SHORT_CADUS[4:]]),
            1,
            id="frame rejected",
        ),
        pytest.param(b"".join(SHORT_CADUS[:3] + SHORT_CADUS[:3]), 1, id="count stepped back"),
        pytest.param(b"".join(SHORT_CADUS[:3] + SHORT_CADUS[5:7] + SHORT_CADUS[9:]), 2, id="two gaps"),
        pytest.param(b"".join(cadus(TINY, _ODD)), 1, id="packet contradicted"),
    ],
)
def test_the_first_whole_packet_after_a_gap_says_so(octets: bytes, gaps: int) -> None:
    whole = received(TINY, octets)
    told = [e.after_gap for e in of(PacketReceived, whole) if e.is_complete and not e.is_idle]
    assert sum(told) == gaps
    assert received(TINY, octets, piece=1) == whole


def test_an_idle_packet_does_not_take_the_gap_from_the_next_one() -> None:
    idle = idle_packet(TINY.frame.zone_octets)
    sent = cadus(TINY, frames(TINY, [SHORT[0], *[idle] * 4, *SHORT[1:9]]))
    events = received(TINY, b"".join(sent[:2] + sent[3:]))
    told = [(e.is_idle, e.after_gap) for e in of(PacketReceived, events) if e.is_complete]
    assert (True, True) in told
    assert [gap for is_idle, gap in told if not is_idle].count(True) == 1


@pytest.mark.parametrize(
    ("between", "markers"),
    [(b"\0" * 9, 0), (MARKER + b"\0" * 9, 1), (MARKER * 3 + bytes(200), 3), (bytes(300) + MARKER, 1)],
    ids=["none", "one", "three", "at its end"],
)
def test_markers_in_skipped_octets_are_counted(between: bytes, markers: int) -> None:
    octets = TINY_CADUS[0] + between + b"".join(TINY_CADUS[1:3])
    events = received(TINY, octets)
    assert of(OctetsSkipped, events) == [OctetsSkipped(offset=76, count=len(between), markers=markers)]
    assert received(TINY, octets, piece=1) == events


def test_marker_with_bit_errors_in_lock() -> None:
    hit = [cadu[:1] + bytes([cadu[1] ^ 0x40]) + cadu[2:] for cadu in TINY_CADUS[1:]]
    assert content(received(TINY, TINY_CADUS[0] + b"".join(hit))) == SENT


def test_marker_destroyed_in_lock() -> None:
    hit = [bytes(4) + cadu[4:] for cadu in TINY_CADUS[1:]]
    assert content(received(TINY, TINY_CADUS[0] + b"".join(hit))) == SENT


def test_noise_only() -> None:
    noise = random.Random(3).randbytes(200_000)
    assert received(OISL, noise, piece=7001) == [OctetsSkipped(offset=0, count=200_000)]


@pytest.mark.parametrize("link", [OISL, profile.load("snpp"), TINY], ids=["oisl", "snpp", "tiny"])
@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(MARKER, id="markers"),
        pytest.param(MARKER + b"\0", id="a period that the short randomizer's codewords have"),
        pytest.param(MARKER * 319 + b"end", id="markers one CADU apart"),
        pytest.param(MARKER + bytes(range(61)), id="sparse"),
    ],
)
def test_work_and_events_stay_in_proportion_when_every_octet_may_begin_a_cadu(
    link: Profile, unit: bytes
) -> None:
    octets = unit * (200_000 // len(unit))
    receiver = Receiver(link)
    full, judged = receiver._synchronizer._judge, 0

    def counting(places: np.ndarray) -> list:
        nonlocal judged
        judged += len(places)
        return full(places)

    receiver._synchronizer._judge = counting  # type: ignore[assignment]
    events = receiver.receive(octets) + receiver.close()
    lengths = len(octets) // link.cadu_octets + 1
    assert judged <= 4 * lengths
    assert len(events) <= 3 * lengths
    assert sum(e.count for e in of(OctetsSkipped, events)) <= len(octets)


def test_a_cadu_among_false_markers_is_found() -> None:
    for before in range(0, 2 * TINY.cadu_octets, 7):
        octets = MARKER * 40 + bytes(before) + TINY_CADUS[0] + MARKER * 40
        assert [e.octets for e in of(FrameReceived, received(TINY, octets))] == TINY_FRAMES[:1]
        assert received(TINY, octets, piece=5) == received(TINY, octets)


def test_memory_is_bounded_in_noise_and_in_signal() -> None:
    receiver = Receiver(OISL)
    for piece in [random.Random(3).randbytes(100_000)] * 10 + [MARKER * 1000, CAPTURE]:
        receiver.receive(piece)
        assert len(receiver._synchronizer._buffer) <= len(piece) + 2 * OISL.cadu_octets
    receiver.receive(b"")
    assert len(receiver._synchronizer._buffer) <= 2 * OISL.cadu_octets


@pytest.mark.parametrize("kept", [1, 3, 4, 20, 75])
def test_truncated(kept: int) -> None:
    events = received(TINY, TINY_CADUS[0] + TINY_CADUS[1][:kept])
    assert len(of(FrameReceived, events)) == 1
    assert of(OctetsSkipped, events) == [OctetsSkipped(offset=76, count=kept, markers=1)]


def test_lost_frames_and_their_packets() -> None:
    sent = frames(TINY, SENT)
    events = received(TINY, b"".join(cadus(TINY, sent[:5] + sent[8:])))
    assert of(FrameLost, events) == [
        FrameLost(offset=5 * TINY.cadu_octets, spacecraft_id=0x5A, vcid=0, count=3)
    ]
    assert [e.extent for e in of(PacketReceived, events)].count(Extent.PARTIAL) == 1
    assert set(content(events)) < set(SENT)


@pytest.mark.parametrize(
    ("first", "second", "event"),
    [
        ((1 << 24) - 1, 1 << 24, None),
        ((1 << 28) - 1, 0, None),
        (10, 15, FrameLost(offset=76, spacecraft_id=0x5A, vcid=0, count=4)),
        ((1 << 28) - 1, 2, FrameLost(offset=76, spacecraft_id=0x5A, vcid=0, count=2)),
        (10, 0, CountSteppedBack(offset=76, spacecraft_id=0x5A, vcid=0, expected=11, received=0)),
        (10, 10, CountSteppedBack(offset=76, spacecraft_id=0x5A, vcid=0, expected=11, received=10)),
    ],
    ids=["cycle", "wrap", "gap", "gap over the wrap", "restart", "repeated"],
)
def test_frame_counts(first: int, second: int, event: Event | None) -> None:
    one = packets(1)
    events = received(
        TINY, b"".join(cadus(TINY, frames(TINY, one, first=first)[:1] + frames(TINY, one, first=second)[:1]))
    )
    assert of(FrameLost, events) + of(CountSteppedBack, events) == ([event] if event else [])


def test_channels_are_kept_apart() -> None:
    link = replace(TINY, virtual_channels=(), other_channels=Service.PACKETS)
    ours, theirs = frames(link, packets(9, 1), vcid=1), frames(link, packets(9, 2), vcid=2)
    pairs = [frame for pair in zip(ours, theirs, strict=False) for frame in pair]
    events = received(link, b"".join(cadus(link, pairs)))
    assert not of(FrameLost, events)
    assert {e.vcid for e in of(PacketReceived, events) if e.is_complete} == {1, 2}


def test_idle_frames_carry_no_packets() -> None:
    idle = [aos.build_idle_frame(TINY.frame, spacecraft_id=0x5A, count=n) for n in range(3)]
    events = received(TINY, b"".join(cadus(TINY, idle)))
    assert len(of(FrameReceived, events)) == 3
    assert not of(PacketReceived, events)


@pytest.mark.parametrize(
    ("wound", "rule", "told"),
    [
        (lambda f: f[:8] + bytes([f[8] ^ 1]) + f[9:], Rule.FRAME_ERROR_CONTROL, ("frame error control", *WOUNDED_CRC)),
        (lambda f: b"\0" + f[1:], Rule.VERSION, ("transfer frame version", "1", "0")),
        (lambda f: frames(TINY, packets(1), vcid=5)[0], Rule.VIRTUAL_CHANNEL, ("virtual channel", "0, 63", "5")),
        (
            lambda f: aos.build_frame(
                TINY.frame, spacecraft_id=1, vcid=0, count=0, first_header_pointer=500, zone=bytes(TINY.frame.zone_octets)
            ),
            Rule.FIRST_HEADER_POINTER,
            ("first header pointer", "less than 26", "500"),
        ),
    ],
    ids=["frame error control", "version", "channel", "pointer"],
)  # fmt: skip
def test_rules(wound: object, rule: Rule, told: tuple[str, str, str]) -> None:
    bad = wound(TINY_FRAMES[1])  # type: ignore[operator]
    events = received(TINY, b"".join(cadus(TINY, [TINY_FRAMES[0], bad, TINY_FRAMES[2]])))
    (rejected,) = of(FrameRejected, events)
    assert (rejected.offset, rejected.rule, rejected.codewords_uncorrectable) == (76, rule, 0)
    assert (rejected.field, rejected.expected, rejected.found) == told
    assert len(of(FrameReceived, events)) == 2


def test_header_error_control_rule() -> None:
    link = replace(TINY, frame=replace(TINY.frame, header_error_control=True, frame_error_control=False))
    good = frames(link, packets(1))[0]
    events = received(link, b"".join(cadus(link, [good, good[:6] + b"\0\0" + good[8:]])))
    (rejected,) = of(FrameRejected, events)
    assert rejected.rule is Rule.HEADER_ERROR_CONTROL
    assert (rejected.field, rejected.expected, rejected.found) == (
        "header error control",
        good[6:8].hex().upper(),
        "0000",
    )
    assert len(of(FrameReceived, events)) == 1


@pytest.mark.parametrize("interleave", [0, *profile.INTERLEAVES])
@pytest.mark.parametrize("randomizer", list(Randomizer), ids=lambda randomizer: randomizer.value)
def test_profiles_of_other_spacecraft(interleave: int, randomizer: Randomizer) -> None:
    link = Profile(
        description="",
        frame=aos.FrameLayout(
            length_octets=120,
            header_error_control=True,
            insert_zone_octets=0,
            count_cycle=False,
            operational_control=False,
            frame_error_control=interleave == 0,
        ),
        coding=Coding(interleave=interleave, basis=Basis.CONVENTIONAL, randomizer=randomizer),
        virtual_channels=(),
        other_channels=Service.PACKETS,
    )
    sent = packets(9)
    events = received(link, b"\0" * 9 + b"".join(cadus(link, frames(link, sent))) + bytes(700), piece=333)
    assert content(events) == sent
    assert of(OctetsSkipped, events)[0] == OctetsSkipped(offset=0, count=9)
    assert not of(FrameRejected, events)
