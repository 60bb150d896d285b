# SPDX-License-Identifier: Apache-2.0
"""The laser board's uplink: from boards/README.md sections 1 and 5, sentence by sentence, for every back end."""

import random
import struct

import pytest
from flatsat.boards.registers import laser_flight, laser_stimulus
from flatsat.hil.backends.port import FLIGHT, LASER, STIMULUS, open_back_end
from flatsat.protocols import rmap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .commands import Board, read, request, write
from .test_limits import push

BRIGHT, DARK = 4000 << 16, 3999 << 16
WINDOW_OCTETS = 256
NOTHING = bytes(WINDOW_OCTETS)


def block(sequence, length=252):
    """A block as it stands in the windows, with padding that is not zero."""
    return struct.pack(">HH", sequence, length) + random.Random(sequence).randbytes(252)


def uplink_packet(octets):
    return rmap.write_command(0x62, 0x21, 1, laser_stimulus.UPLINK.address, octets, incrementing=False)


class Terminal(Board):
    """The laser board, tracking a light."""

    def __init__(self, back_end):
        super().__init__(back_end, LASER)
        self.track()

    def track(self):
        self.put(POWERED=1, OPTICAL=BRIGHT)
        self.command(LIGHT_THRESHOLD=4000, ACQUIRE_MS=1, LOSS_MS=50, LASER_COMMAND=3)
        self.live(3)
        assert self.flight("STATUS") & 3 == 2

    def uplink(self, *sequences, length=252):
        """Status of the last of some blocks that are offered."""
        replies = [self.exchange(STIMULUS, uplink_packet(block(sequence, length))) for sequence in sequences]
        return rmap.parse_reply(replies[-1]).status

    def shown(self):
        packet = rmap.read_command(0x42, 0x20, 1, 0x1800, WINDOW_OCTETS, incrementing=False)
        reply = rmap.parse_reply(self.exchange(FLIGHT, packet))
        assert reply.status == 0
        return reply.octets

    @property
    def level(self):
        return self.flight("STATUS") >> 12 & 7

    @property
    def overflows(self):
        return self.flight("STATUS") >> 8 & 0xF

    def take_all(self):
        """Sequences of all blocks held, read and released in order."""
        taken = []
        while self.level:
            taken.append(int.from_bytes(self.shown()[:2], "big"))
            self.command(RX_RELEASE=taken[-1])
        return taken


@pytest.fixture
def laser(back_end):
    return Terminal(back_end)


# --- what becomes of a block -----------------------------------------------------------------------------------------


def test_a_block_is_held_as_it_was_written_and_takes_no_time(laser):
    assert (laser.level, laser.shown()) == (0, NOTHING)
    assert laser.uplink(7, length=9) == 0
    assert (laser.level, laser.shown()) == (1, block(7, length=9))
    assert (laser.stimulus("TIME_NOW"), laser.flight("RMAP_ERRORS")) == (laser.now, 0)


def lost(laser):
    laser.put(OPTICAL=DARK)
    laser.live(50)
    assert laser.flight("STATUS") & 3 == 3
    laser.put(OPTICAL=BRIGHT)


def off(laser):
    laser.command(LASER_COMMAND=0)
    laser.live(1)


def acquiring(laser):
    off(laser)
    laser.command(ACQUIRE_MS=1000, LASER_COMMAND=1)
    laser.live(10)
    assert laser.flight("STATUS") & 3 == 1


DEAF = {
    "no power": lambda laser: laser.put(POWERED=0),
    "OFF": off,
    "ACQUIRE": acquiring,
    "LOST": lost,
    "TRACK without light": lambda laser: laser.put(OPTICAL=DARK),
    "TRACK, threshold above the light": lambda laser: laser.command(LIGHT_THRESHOLD=4001),
}


@pytest.mark.parametrize("deafen", DEAF.values(), ids=DEAF)
def test_a_block_that_nobody_hears_is_lost_and_was_seen(laser, deafen):
    deafen(laser)
    assert laser.uplink(1) == 0
    laser.track()
    assert laser.uplink(1) == 0
    assert (laser.level, laser.overflows, laser.shown()) == (0, 0, NOTHING)
    assert laser.uplink(2) == 0
    assert (laser.level, laser.shown()) == (1, block(2))


def test_a_command_to_switch_off_acts_with_the_next_millisecond(laser):
    laser.command(LASER_COMMAND=0)
    laser.uplink(1)
    laser.live(1)
    laser.uplink(2)
    laser.track()
    assert laser.take_all() == [1]


def test_a_fade_loses_blocks_only_while_it_lasts(laser):
    for sequence, light in enumerate((BRIGHT, DARK, BRIGHT)):
        laser.put(OPTICAL=light)
        laser.uplink(sequence)
        laser.live(10)
    assert laser.take_all() == [0, 2]


@pytest.mark.parametrize(
    ("further", "overflows"), [(0, 0), (1, 1), (15, 15), (16, 0), (17, 1)], ids=lambda value: str(value)
)
def test_blocks_beyond_four_are_lost_and_counted_modulo_16(laser, further, overflows):
    assert laser.uplink(1, 2, 3, 4, *range(5, 5 + further)) == 0
    assert (laser.level, laser.overflows) == (4, overflows)
    assert laser.take_all() == [1, 2, 3, 4]
    assert laser.overflows == overflows


@pytest.mark.parametrize("deafen", [DEAF["TRACK without light"], DEAF["OFF"]], ids=["no light", "OFF"])
def test_a_block_that_nobody_hears_is_no_overflow(laser, deafen):
    laser.uplink(1, 2, 3, 4)
    deafen(laser)
    assert laser.uplink(5) == 0
    assert (laser.level, laser.overflows) == (4, 0)


def test_a_block_lost_for_lack_of_room_was_seen(laser):
    laser.uplink(1, 2, 3, 4, 5)
    laser.command(RX_RELEASE=1)
    assert laser.uplink(5) == 0
    assert laser.take_all() == [2, 3, 4]


@pytest.mark.parametrize(
    ("offered", "held"),
    [
        pytest.param((1, 1), [1], id="at once"),
        pytest.param((1, 2, 1), [1, 2, 1], id="not the one last seen"),
        pytest.param((0xFFFF,), [], id="0xFFFF at power-on"),
        pytest.param((0, 0xFFFF), [0, 0xFFFF], id="0xFFFF later"),
        pytest.param((1, 2, 3, 4, 4), [1, 2, 3, 4], id="while four are held"),
    ],
)
def test_a_repeat_of_the_sequence_last_seen_is_dropped(laser, offered, held):
    assert laser.uplink(*offered) == 0
    assert (laser.overflows, laser.take_all()) == (0, held)


def test_a_repeat_leaves_the_block_as_it_was(laser):
    laser.uplink(1)
    laser.uplink(1, length=3)
    assert laser.shown() == block(1)


@pytest.mark.parametrize("length", [1, 7, 252])
def test_a_length_that_fits_is_taken(laser, length):
    assert laser.uplink(1, length=length) == 0
    assert laser.shown() == block(1, length)


@pytest.mark.parametrize("length", [0, 253, 256, 508, 0x8001, 0xFFFF])
def test_a_wrong_length_is_refused_and_not_seen(laser, length):
    assert laser.uplink(1, length=length) == 1
    assert (laser.level, laser.flight("RMAP_ERRORS"), laser.flight("FRAMES_REFUSED")) == (0, 1, 0)
    assert laser.uplink(1) == 0
    assert laser.uplink(1, length=length) == 1
    assert (laser.level, laser.flight("RMAP_ERRORS")) == (1, 2)


def test_a_wrong_length_is_refused_without_power_too_and_not_counted(laser):
    laser.put(POWERED=0)
    assert laser.uplink(1, length=0) == 1
    laser.track()
    assert (laser.uplink(1), laser.level, laser.flight("RMAP_ERRORS")) == (0, 1, 0)


# --- reading and letting go ------------------------------------------------------------------------------------------


def test_reading_takes_nothing_away(laser):
    laser.uplink(1, 2)
    assert [laser.shown() for _ in range(3)] == [block(1)] * 3
    assert laser.level == 2


def test_blocks_come_in_order_through_all_slots(laser):
    for sequence in range(1, 12):
        laser.uplink(sequence)
        if sequence > 3:
            assert laser.shown() == block(sequence - 3)
            laser.command(RX_RELEASE=sequence - 3)
    assert laser.take_all() == [9, 10, 11]
    assert laser.shown() == NOTHING


@pytest.mark.parametrize(
    ("held", "released", "left"),
    [
        pytest.param((1, 2), (1,), [2], id="the oldest"),
        pytest.param((1, 2), (1, 1), [2], id="the oldest, repeated"),
        pytest.param((1, 2), (2,), [1, 2], id="another that is held"),
        pytest.param((1, 2), (0x101,), [1, 2], id="one that is not held"),
        pytest.param((1, 2), (0xFFFF0001,), [2], id="undefined bits are ignored"),
        pytest.param((1, 2), (1, 2), [], id="both"),
        pytest.param((1, 2, 1), (1, 2, 1), [], id="a number that comes again"),
        pytest.param((), (0,), [], id="none is held"),
    ],
)
def test_only_the_number_of_the_oldest_block_lets_it_go(laser, held, released, left):
    if held:
        laser.uplink(*held)
    for word in released:
        laser.command(RX_RELEASE=word)
        assert laser.flight("RX_RELEASE") == word & 0xFFFF
    assert laser.level == len(left)
    assert laser.take_all() == left


def test_a_release_while_none_is_held_does_not_wait_for_the_next_block(laser):
    laser.command(RX_RELEASE=1)
    laser.uplink(1)
    assert laser.take_all() == [1]


def test_a_release_gone_before_leaves_no_block_behind(laser):
    laser.uplink(1)
    laser.command(RX_RELEASE=1)
    laser.command(RX_RELEASE=1)
    assert (laser.level, laser.shown()) == (0, NOTHING)


def test_read_modify_write_releases_too(laser):
    laser.uplink(0x1234, 2)
    laser.command(RX_RELEASE=0x1200)
    packet = rmap.read_modify_write_command(
        0x42, 0x20, 1, laser_flight.RX_RELEASE.address, b"\0\0\xff\x34", b"\0\0\0\xff"
    )
    assert rmap.parse_reply(laser.exchange(FLIGHT, packet)).octets == b"\0\0\x12\0"
    assert (laser.flight("RX_RELEASE"), laser.take_all()) == (0x1234, [2])


def test_one_write_of_all_words_releases_and_commands(laser):
    laser.uplink(5)
    packet = rmap.write_command(0x42, 0x20, 1, 0x34, struct.pack(">5L", 0, 4000, 1, 50, 5))
    assert rmap.parse_reply(laser.exchange(FLIGHT, packet)).status == 0
    assert laser.flight("STATUS") & 0x7003 == 2
    laser.live(1)
    assert laser.flight("STATUS") & 0x7003 == 0


def test_blocks_survive_lost_and_off(laser):
    laser.uplink(1, 2)
    lost(laser)
    assert laser.shown() == block(1)
    off(laser)
    assert (laser.level, laser.shown()) == (2, block(1))
    assert laser.take_all() == [1, 2]


def test_a_loss_of_power_leaves_only_the_sequence_last_seen(laser):
    laser.uplink(1, 2, 3, 4, 5)
    laser.command(RX_RELEASE=77)
    laser.put(POWERED=0)
    laser.track()
    assert (laser.level, laser.overflows, laser.flight("RX_RELEASE"), laser.shown()) == (0, 0, 0, NOTHING)
    laser.uplink(5)
    assert laser.level == 0
    laser.uplink(4)
    assert (laser.level, laser.shown()) == (1, block(4))


def test_frames_and_blocks_do_not_disturb_one_another(laser, back_end):
    from flatsat.protocols import coding

    laser.put(OPTICAL=DARK)
    for sequence in range(3):
        push(laser, sequence)
    laser.put(OPTICAL=BRIGHT)
    laser.uplink(1, 2, 3)
    assert laser.flight("STATUS") & 0xFFFF == 0x3032
    laser.live(500)
    left = [cadu for _, cadu in back_end.take_optical()]
    frames = [bytes((sequence,)) * 1115 for sequence in range(3)]
    assert left == [coding.encode_cadu(frame) for frame in frames]
    assert (laser.shown(), laser.take_all()) == (block(1), [1, 2, 3])


# --- the windows of both ports ---------------------------------------------------------------------------------------


def window(port, address, octets, writes=False, incrementing=False):
    target = 0x62 if port else 0x42
    if writes:
        data = block(1)[:octets].ljust(octets, b"\0")
        return rmap.write_command(target, 0x20, 1, address, data, incrementing=incrementing)
    return rmap.read_command(target, 0x20, 1, address, octets, incrementing=incrementing)


def verified(packet):
    """The packet with bit 0x10 of its instruction set: a verified write, or verify without write."""
    header = packet[:2] + bytes((packet[2] | 0x10,)) + packet[3:15]
    return header + bytes((rmap.crc8(header),)) + packet[16:]


def modified(target, address):
    return rmap.read_modify_write_command(target, 0x20, 1, address, bytes(4), bytes(4))


RX_FIFO, UPLINK = window(FLIGHT, 0x1800, 256), window(STIMULUS, 0x1000, 256, writes=True)
ACCESSES = {  # packet, status
    "RX_FIFO": (RX_FIFO, 0),
    "RX_FIFO, an octet more": (RX_FIFO + b"\0", 6),
    "RX_FIFO, incrementing": (window(FLIGHT, 0x1800, 256, incrementing=True), 10),
    "RX_FIFO, one word": (window(FLIGHT, 0x1800, 4), 10),
    "RX_FIFO, a word short": (window(FLIGHT, 0x1800, 252), 10),
    "RX_FIFO, a word long": (window(FLIGHT, 0x1800, 260), 10),
    "RX_FIFO, the length of the other window": (window(FLIGHT, 0x1800, 1120), 10),
    "RX_FIFO, an octet short": (window(FLIGHT, 0x1800, 255), 10),
    "RX_FIFO, 65,536 octets more": (window(FLIGHT, 0x1800, 0x10100), 10),
    "RX_FIFO, second word": (window(FLIGHT, 0x1804, 256), 10),
    "RX_FIFO, 8,192 on": (window(FLIGHT, 0x3800, 256), 10),
    "RX_FIFO, extended address": (window(FLIGHT, 0x100001800, 256), 10),
    "RX_FIFO, written": (window(FLIGHT, 0x1800, 256, writes=True), 10),
    "RX_FIFO, verify without write": (verified(RX_FIFO), 2),
    "RX_FIFO, read-modify-write": (modified(0x42, 0x1800), 10),
    "RX_FIFO, of the stimulus port": (window(STIMULUS, 0x1800, 256), 10),
    "TX_FIFO, read": (window(FLIGHT, 0x1000, 1120), 10),
    "TX_FIFO, read of 256 octets": (window(FLIGHT, 0x1000, 256), 10),
    "TX_FIFO, 256 octets": (window(FLIGHT, 0x1000, 256, writes=True), 10),
    "UPLINK": (UPLINK, 0),
    "UPLINK, early end": (UPLINK[:-1], 5),
    "UPLINK, an octet more": (UPLINK + b"\0", 6),
    "UPLINK, data CRC": (UPLINK[:-1] + bytes((UPLINK[-1] ^ 1,)), 4),
    "UPLINK, incrementing": (window(STIMULUS, 0x1000, 256, writes=True, incrementing=True), 10),
    "UPLINK, a word short": (window(STIMULUS, 0x1000, 252, writes=True), 10),
    "UPLINK, a word long": (window(STIMULUS, 0x1000, 260, writes=True), 10),
    "UPLINK, the length of the other window": (window(STIMULUS, 0x1000, 1120, writes=True), 10),
    "UPLINK, second word": (window(STIMULUS, 0x1004, 256, writes=True), 10),
    "UPLINK, read": (window(STIMULUS, 0x1000, 256), 10),
    "UPLINK, verified write": (verified(UPLINK), 9),
    "UPLINK, verify without write": (verified(window(STIMULUS, 0x1000, 256)), 2),
    "UPLINK, read-modify-write": (modified(0x62, 0x1000), 10),
}


@pytest.mark.parametrize(("packet", "status"), ACCESSES.values(), ids=ACCESSES)
def test_status_of_an_access_to_a_window(laser, packet, status):
    laser.uplink(0x55)
    reply = rmap.parse_reply(laser.exchange(packet[0] >> 5 & 1, packet))
    reads = not packet[2] & 0x20
    assert (reply.status, reply.octets) == (status, block(0x55) if reads and not status else b"")
    assert laser.flight("RMAP_ERRORS") == (status != 0)
    assert laser.level == (2 if packet == UPLINK else 1)


def test_a_window_is_answered_as_registers_are(laser):
    laser.uplink(1)
    reply = laser.exchange(FLIGHT, RX_FIFO)
    assert reply[:11] == bytes((0x20, 1, 0x08, 0, 0x42, 0, 1, 0, 0, 1, 0))
    assert reply[12:-1] == block(1)
    assert (rmap.crc8(reply[:12]), rmap.crc8(reply[12:])) == (0, 0)


@pytest.mark.parametrize("board", [0, 1], ids=["power", "compute"])
@pytest.mark.parametrize("packet", [RX_FIFO, UPLINK], ids=["RX_FIFO", "UPLINK"])
def test_the_other_boards_have_no_such_window(back_end, board, packet):
    uut = Board(back_end, board)
    header = bytes((packet[0] - 2 + board,)) + packet[1:15]
    packet = header + bytes((rmap.crc8(header),)) + packet[16:]
    assert rmap.parse_reply(uut.exchange(packet[0] >> 5 & 1, packet)).status == 10


# --- any order of it all: every back end against the twin ------------------------------------------------------------

sequences = st.sampled_from([0, 1, 2, 3, 4, 0xFFFF])
uplinks = st.builds(
    lambda sequence, length, fill: request(
        LASER, STIMULUS, uplink_packet(struct.pack(">HH", sequence, length) + fill * 63)
    ),
    sequences,
    st.sampled_from([252, 252, 252, 7, 1, 0, 253, 0xFFFF]),
    st.binary(min_size=4, max_size=4),
)
STEPS = st.one_of(
    uplinks,
    uplinks,
    uplinks,
    sequences.map(lambda sequence: write(LASER, FLIGHT, laser_flight.RX_RELEASE.address, sequence)),
    sequences.map(lambda sequence: write(LASER, FLIGHT, laser_flight.RX_RELEASE.address, sequence)),
    st.just(request(LASER, FLIGHT, RX_FIFO)),
    st.sampled_from(list(ACCESSES.values())).map(
        lambda access: request(LASER, access[0][0] >> 5 & 1, access[0])
    ),
    st.sampled_from([BRIGHT, BRIGHT, DARK]).map(
        lambda word: write(LASER, STIMULUS, laser_stimulus.OPTICAL.address, word)
    ),
    st.sampled_from([0, 1, 3, 3]).map(
        lambda word: write(LASER, FLIGHT, laser_flight.LASER_COMMAND.address, word)
    ),
    st.sampled_from([0, 1, 1, 1]).map(
        lambda word: write(LASER, STIMULUS, laser_stimulus.POWERED.address, word)
    ),
    st.sampled_from([1, 2, 5, 60]),
)
FAST = write(LASER, FLIGHT, laser_flight.LASER_COMMAND.address, 1, 4000, 1, 3)


def link_up(now):
    return [
        write(LASER, STIMULUS, laser_stimulus.POWERED.address, 1, BRIGHT),
        FAST,
        write(LASER, STIMULUS, laser_stimulus.TIME_TARGET.address, now + 3),
    ]


@pytest.mark.timeout(600)
@settings(
    max_examples=150, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(lives=st.lists(st.lists(STEPS, max_size=20), min_size=1, max_size=3))
def test_any_order_of_blocks_releases_fades_and_power_equals_the_twin(uut, lives):
    uut.reset()
    twin = open_back_end("twin")
    now = 0
    for steps in lives:
        requests = link_up(now)
        now += 3
        for step in steps:
            if isinstance(step, int):
                now += step
                step = write(LASER, STIMULUS, laser_stimulus.TIME_TARGET.address, now)
            requests += [step, request(LASER, FLIGHT, RX_FIFO), read(LASER, FLIGHT, 0x10, 8)]
        assert uut.exchange(requests) == twin.exchange(requests), requests
        assert uut.take_optical() == twin.take_optical() == []
