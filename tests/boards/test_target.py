# SPDX-License-Identifier: Apache-2.0
"""The RMAP target by the tables of boards/README.md section 1: one row a rule and a border."""

import struct

import pytest
from flatsat.boards.registers import laser_flight
from flatsat.boards.twin import TwinBoard
from flatsat.protocols import rmap, slip

from .driver import Driver

FLIGHT, STIMULUS, INITIATOR, TRANSACTION = 0x42, 0x62, 0x21, 0x1234
SILENT = None
END, WRITABLE = laser_flight.END, laser_flight.WRITABLE_FROM
WORD = bytes(4)


@pytest.fixture
def laser():
    """The laser board, because it has every kind of word and a window."""
    driver = Driver("laser")
    driver.write("stimulus", "POWERED", 1)
    return driver


def command(
    *,
    target=FLIGHT,
    protocol=1,
    instruction=0x6C,
    key=0x46,
    address=WRITABLE,
    length=None,
    data=WORD,
    tail=b"",
):
    """A command as it leaves a careless initiator: any field, sound CRCs."""
    octets = address.to_bytes(5, "big") + (len(data) if length is None else length).to_bytes(3, "big")
    header = struct.pack(">BBBBBH", target, protocol, instruction, key, INITIATOR, TRANSACTION) + octets
    data = data + bytes((rmap.crc8(data),)) if instruction & 0x30 else b""
    return header + bytes((rmap.crc8(header),)) + data + tail


def read(address=0, length=4, **fields):
    return command(instruction=0x4C, address=address, length=length, data=b"", **fields)


def modify(address=WRITABLE, data=bytes(8), instruction=0x5C, **fields):
    return command(instruction=instruction, address=address, data=data, **fields)


def window(sequence=0, frame_length=1115, instruction=0x68, address=0x1000, octets=1120, **fields):
    data = struct.pack(">HH", sequence, frame_length) + bytes(octets - 4)
    return command(instruction=instruction, address=address, data=data, **fields)


def uplink(sequence=1, length=252, instruction=0x68, octets=256, **fields):
    data = struct.pack(">HH", sequence, length) + bytes(octets - 4)
    fields = {"target": STIMULUS, "address": 0x1000, **fields}
    return command(instruction=instruction, data=data, **fields)


def rx_fifo(length=256, instruction=0x48, **fields):
    return command(instruction=instruction, **{"address": 0x1800, "length": length, "data": b"", **fields})


def damaged(packet, at):
    return packet[:at] + bytes((packet[at] ^ 1,)) + packet[at + 1 :]


RULES = {
    # silence
    "fifteen octets": (command()[:15], SILENT),
    "sixteen octets are a header": (read()[:16], 0),
    "longest packet": (command(tail=bytes(4096 - 21)), 6),
    "longer than the longest packet": (command(tail=bytes(4097 - 21)), SILENT),
    "header CRC wrong": (damaged(command(), 15), SILENT),
    "header damaged": (damaged(command(), 6), SILENT),
    "another protocol": (command(protocol=2), SILENT),
    "a reply": (command(instruction=0x2C), SILENT),
    "no reply asked": (command(instruction=0x64), SILENT),
    "reply address of one word": (command(instruction=0x6D), SILENT),
    "reply address of two words": (command(instruction=0x6E), SILENT),
    # 12, logical address
    "board next door": (command(target=0x41), 12),
    "address before packet type": (command(target=0x41, instruction=0xEC), 12),
    "stimulus port": (read(target=STIMULUS), 0),
    # 2, packet type and command code
    "reserved packet type": (command(instruction=0xEC), 2),
    "reserved packet type of a read": (command(instruction=0xCC, data=b"", length=4), 2),
    "verify without write": (command(instruction=0x58), 2),
    "packet type before key": (command(instruction=0xEC, key=0), 2),
    # 3, key
    "wrong key": (command(key=0x47), 3),
    "key before read-modify-write length": (modify(data=bytes(4), key=0), 3),
    # 11, read-modify-write length
    "read-modify-write of four octets": (modify(data=bytes(4)), 11),
    "read-modify-write of no octets": (modify(data=b""), 11),
    "read-modify-write of twelve octets": (modify(data=bytes(12)), 11),
    "read-modify-write length before address": (modify(data=bytes(4), address=0), 11),
    # 9, verified write
    "verified write of a word": (command(instruction=0x7C), 0),
    "verified write of two words": (command(instruction=0x7C, data=bytes(8)), 9),
    "verified write of five octets": (command(instruction=0x7C, data=bytes(5)), 9),
    "verified length before address": (command(instruction=0x7C, data=bytes(8), address=0), 9),
    "verified write of a window": (window(instruction=0x78), 9),
    # 10, address, alignment, length, access
    "extended address": (command(address=1 << 32 | WRITABLE), 10),
    "address not of a word": (command(address=WRITABLE + 2), 10),
    "length not of words": (command(data=bytes(6)), 10),
    "no length": (command(data=b""), 10),
    "read of nothing": (read(length=0), 10),
    "read of the last word": (read(address=END - 4), 0),
    "read of the whole map": (read(length=END), 0),
    "read beyond the map": (read(address=END), 10),
    "read over the map's end": (read(address=END - 4, length=8), 10),
    "read of 1,028 octets": (read(length=1028), 10),
    "read of 2^24 - 4 octets": (read(length=0xFFFFFC), 10),
    "write of the first writable word": (command(), 0),
    "write below the writable words": (command(address=WRITABLE - 4), 10),
    "write from below the writable words": (command(address=WRITABLE - 4, data=bytes(8)), 10),
    "write of all writable words": (command(data=bytes(END - WRITABLE)), 0),
    "write over the map's end": (command(data=bytes(END - WRITABLE + 4)), 10),
    "read-modify-write of a read-only word": (modify(address=WRITABLE - 4), 10),
    "read-modify-write of the last word": (modify(address=END - 4), 0),
    "non-incrementing write of a word": (command(instruction=0x68), 10),
    "non-incrementing read of a word": (command(instruction=0x48, length=4, data=b""), 10),
    "window written by increments": (window(instruction=0x6C), 10),
    "window at its second word": (window(address=0x1004), 10),
    "window one word short": (window(octets=1116), 10),
    "window one word long": (window(octets=1124), 10),
    "window read": (command(instruction=0x48, address=0x1000, length=1120, data=b""), 10),
    "window of the stimulus port": (window(target=STIMULUS), 10),
    "uplink of the flight port": (uplink(target=FLIGHT), 10),
    "uplink written by increments": (uplink(instruction=0x6C), 10),
    "uplink at its second word": (uplink(address=0x1004), 10),
    "uplink one word short": (uplink(octets=252), 10),
    "uplink one word long": (uplink(octets=260), 10),
    "uplink read": (rx_fifo(target=STIMULUS, address=0x1000), 10),
    "uplink by a verified write": (uplink(instruction=0x78), 9),
    "uplink read, modified and written": (modify(target=STIMULUS, address=0x1000), 10),
    "RX FIFO read by increments": (rx_fifo(instruction=0x4C), 10),
    "RX FIFO at its second word": (rx_fifo(address=0x1804), 10),
    "RX FIFO one word short": (rx_fifo(length=252), 10),
    "RX FIFO one word long": (rx_fifo(length=260), 10),
    "RX FIFO of 2^16 octets more": (rx_fifo(length=0x10100), 10),
    "RX FIFO at an extended address": (rx_fifo(address=1 << 32 | 0x1800), 10),
    "RX FIFO of the stimulus port": (rx_fifo(target=STIMULUS), 10),
    "RX FIFO written": (uplink(target=FLIGHT, address=0x1800), 10),
    "RX FIFO read, modified and written": (modify(address=0x1800), 10),
    "RX FIFO read, modified and written, not incrementing": (
        modify(address=0x1800, instruction=0x58),
        2,
    ),
    "RX FIFO with a wrong key": (rx_fifo(key=0), 3),
    "address before early end": (command(address=0)[:-1], 10),
    # 5 and 6, early end and too much data
    "no data CRC": (command()[:-1], 5),
    "header of a write alone": (command()[:16], 5),
    "read-modify-write without its mask": (modify()[:20], 5),
    "one octet more": (command(tail=b"\0"), 6),
    "read with an octet more": (read(tail=b"\0"), 6),
    "RX FIFO with an octet more": (rx_fifo(tail=b"\0"), 6),
    "uplink without its data CRC": (uplink()[:-1], 5),
    "uplink with an octet more": (uplink(tail=b"\0"), 6),
    # 4, data CRC
    "data CRC wrong": (damaged(command(), 20), 4),
    "data damaged": (damaged(command(), 16), 4),
    "read-modify-write data damaged": (damaged(modify(), 16), 4),
    "window damaged": (damaged(window(), 500), 4),
    "uplink damaged": (damaged(uplink(), 200), 4),
    # 1 and 0
    "frame of 1,114 octets": (window(frame_length=1114), 1),
    "frame": (window(), 0),
    "repeated sequence": (window(sequence=0xFFFF), 0),
    "repeated sequence before frame length": (window(sequence=0xFFFF, frame_length=7), 0),
    "uplink block": (uplink(), 0),
    "uplink block of 1 octet": (uplink(length=1), 0),
    "uplink block of no octets": (uplink(length=0), 1),
    "uplink block of 253 octets": (uplink(length=253), 1),
    "uplink block repeated": (uplink(sequence=0xFFFF), 0),
    "uplink block length before repeated sequence": (uplink(sequence=0xFFFF, length=253), 1),
    "RX FIFO": (rx_fifo(), 0),
    "read": (read(), 0),
    "read-modify-write": (modify(), 0),
}


@pytest.mark.parametrize("rule", RULES)
def test_status_is_the_first_that_applies(laser, rule):
    packet, status = RULES[rule]
    before = laser.words("flight")
    reply = laser.twin.execute(packet)
    after = laser.words("flight")
    dropped, rejected = divmod(after["RMAP_ERRORS"], 0x10000)
    if status is SILENT:
        assert reply is None
        assert (dropped, rejected) == (1, 0)
    else:
        assert rmap.parse_reply(reply).status == status
        assert (dropped, rejected) == (0, int(status != 0))
    assert rmap.reply_due(packet) is (reply is not None) or len(packet) > slip.LONGEST_PACKET
    if status:
        before["RMAP_ERRORS"] = after["RMAP_ERRORS"]
        before["FRAMES_REFUSED"] += status == 1 and packet[0] == FLIGHT
        assert after == before


@pytest.mark.parametrize("rule", [rule for rule, (_, status) in RULES.items() if status is not SILENT])
def test_reply_has_the_form_of_its_command(laser, rule):
    packet, status = RULES[rule]
    instruction = packet[2]
    reply = laser.twin.execute(packet)
    header = bytes((INITIATOR, 1, instruction & 0x3F, status, packet[0], 0x12, 0x34))
    assert reply[:7] == header
    assert rmap.crc8(reply[:8]) == 0 or not instruction & 0x20
    if instruction & 0x20:
        assert len(reply) == 8
    else:
        length = 0 if status else 4 if instruction & 0x10 else packet[14] + (packet[13] << 8)
        assert reply[7:11] == length.to_bytes(4, "big")
        assert rmap.crc8(reply[:12]) == rmap.crc8(reply[12:]) == 0
        assert len(reply) == 13 + length


def test_empty_packet_is_ignored(laser):
    assert laser.twin.execute(b"") is None
    assert laser.words("flight")["RMAP_ERRORS"] == 0


@pytest.mark.parametrize(
    ("packet", "half"),
    [pytest.param(bytes(3), 0x10000, id="dropped"), pytest.param(command(key=0), 1, id="rejected")],
)
def test_counters_wrap_apart(laser, packet, half):
    laser.twin.execute(command(key=0))
    laser.twin.execute(bytes(3))
    for _ in range(0xFFFF):
        laser.twin.execute(packet)
    assert laser.words("flight")["RMAP_ERRORS"] == 0x10001 - half


def test_full_fifo_refuses_and_drops_a_repeat(laser):
    assert [laser.push(sequence).status for sequence in (1, 2, 3, 4, 5, 4)] == [0, 0, 0, 0, 1, 0]
    words = laser.words("flight")
    assert (words["FRAMES_TAKEN"], words["FRAMES_REFUSED"], words["TX_SEQUENCE"]) == (4, 1, 4)


@pytest.mark.parametrize(
    ("value", "mask", "word"),
    [
        pytest.param(0x0000FFFF, 0x000000FF, 0x0FFF, id="masked bits only"),
        pytest.param(0, 0xFFFFFFFF, 0, id="all bits"),
        pytest.param(0xFFFF0000, 0xFFFF0000, 4000, id="undefined bits are ignored"),
    ],
)
def test_read_modify_write_answers_the_old_word(laser, value, mask, word):
    octets = [number.to_bytes(4, "big") for number in (value, mask)]
    reply = laser.exchange(
        "flight", rmap.read_modify_write_command, laser_flight.LIGHT_THRESHOLD.address, *octets
    )
    assert int.from_bytes(reply.octets, "big") == 4000
    assert laser.words("flight")["LIGHT_THRESHOLD"] == word


def test_read_modify_write_of_the_target_grants_time(laser):
    laser.exchange("stimulus", rmap.read_modify_write_command, 0x28, b"\0\0\0\x07", b"\0\0\0\xff")
    assert laser.words("stimulus")["TIME_NOW"] == 7


def test_write_from_the_switches_to_the_watchdog_goes_in_ascending_order():
    power = Driver("power")
    power.grant(100)
    power.write("flight", "WATCHDOG_KICK", 0x4B49434B, 500)
    assert power.words("flight")["WATCHDOG_KICK"] == 500


# ------------------------------------------------------------------------------ power and SLIP


def test_unpowered_board_is_silent_on_its_flight_port_and_counts_nothing():
    laser = Driver("laser")
    for packet in (read(), bytes((FLIGHT, 1)), damaged(read(), 15)):
        assert laser.twin.execute(packet) is None
    assert laser.exchange("stimulus", rmap.read_command, 2, 4).status == 10
    laser.twin.execute(bytes(5))
    laser.write("stimulus", "POWERED", 1)
    assert laser.words("flight")["RMAP_ERRORS"] == 0


def test_reset_by_powered_acts_at_once_and_leaves_time_and_stimuli(laser):
    laser.push(1)
    laser.write("flight", "LASER_COMMAND", 1, 17, 18, 19)
    laser.write("stimulus", "OPTICAL", 5000 << 16, 300, 12)
    laser.twin.execute(command(key=0))
    assert laser.words("flight")["STATUS"] == 0x11
    laser.write("stimulus", "POWERED", 0)
    assert laser.words("flight") is None
    laser.grant(5)
    laser.write("stimulus", "POWERED", 1)
    resets = {register.name: register.reset for register in laser_flight.REGISTERS}
    assert laser.words("flight") == {**resets, "TIME_NOW": 17, "OPTICAL": 5000 << 16, "TEMPERATURE": 300}


STREAM = b"".join(
    (
        b"noise before the first END",
        slip.encode(read()),
        slip.encode(b"short"),
        b"\xc0\xc0",
        b"\xc0\xdb\x00" + bytes(20) + b"\xc0",
        slip.encode(read(length=END)),
        slip.encode(window(sequence=0xC0DB)),
        slip.encode(read(address=0x10)),
    )
)


@pytest.mark.parametrize("piece", [1, 7, len(STREAM)], ids=["octet by octet", "in sevens", "whole"])
def test_serial_line_takes_octets_in_any_pieces(piece):
    laser = TwinBoard("laser")
    laser.receive(slip.encode(command(target=STIMULUS, address=0x1C, data=b"\0\0\0\1")))
    answer = b"".join(laser.receive(STREAM[at : at + piece]) for at in range(0, len(STREAM), piece))
    replies = [rmap.parse_reply(packet) for packet in slip.Decoder().receive(answer)]
    assert [reply.status for reply in replies] == [0, 0, 0, 0]
    assert replies[-1].octets == b"\0\3\0\0"  # noise, a short packet and a wrong escape
    assert replies[1].octets[:4] == b"LSR1"


@pytest.mark.parametrize(
    "packet", [command(), modify(), read(), window()], ids=["write", "modify", "read", "window"]
)
def test_a_form_seen_before_is_judged_again(laser, packet):
    """Every bit of a packet counts, also of one whose like has just been carried out."""
    execute = laser.twin.execute
    assert rmap.parse_reply(execute(packet)).status == 0
    for bit in range(8 * min(len(packet), 24)):
        spoiled = bytearray(packet)
        spoiled[bit >> 3] ^= 1 << (bit & 7)
        reply = execute(bytes(spoiled))
        assert reply is None or rmap.parse_reply(reply).status != 0
    assert rmap.parse_reply(execute(packet)).status == 0
