# SPDX-License-Identifier: Apache-2.0
"""RMAP: the standard's own packets bit for bit, every error with its status, and packets cut or spoiled anywhere."""

from contextlib import suppress

import pytest
from flatsat.protocols import rmap
from hypothesis import given
from hypothesis import strategies as st

WORDS = "0123456789abcdef1011121314151617"
BLOCK = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"

# ECSS-E-ST-50-52C (5 February 2010), annex A.4: name, packet, octets of path address in front of it.
COMMANDS = [
    ("write", "fe016c0067000000a00000000000109f" + WORDS + "56", 0),
    ("read", "fe014c0067000100a0000000000010c9", 0),
    (
        "write with SpaceWire addresses",
        "11223344556677fe016e000099aabbccddee0067000200a00000100000107f" + BLOCK + "b4",
        7,
    ),
    ("read with SpaceWire addresses", "11223344fe014d0099aabbcc67000300a0000010000010f7", 4),
    ("read-modify-write", "fe015c0067000400a00000100000069dc01802f03c03e3", 0),
    (
        "read-modify-write with SpaceWire addresses",
        "11fe015d000000008867000500a0000010000008c60702a0000f83e0ff1d",
        1,
    ),
]
REPLIES = [
    ("write", "67012c00fe0000ed", 0),
    ("read", "67010c00fe0001000000106d" + WORDS + "56", 0),
    ("write with SpaceWire addresses", "99aabbccddee0067012e00fe00021d", 7),
    ("read with SpaceWire addresses", "99aabbcc67010d00fe00030000001052" + BLOCK + "b4", 4),
    ("read-modify-write", "67011c00fe0004000000034fa0a1a2d7", 0),
    ("read-modify-write with SpaceWire addresses", "8867011d00fe000500000004ffe099a2a37d", 1),
]


def named(table):
    return [pytest.param(bytes.fromhex(octets), path, id=name) for name, octets, path in table]


@pytest.mark.parametrize(("packet", "path_octets"), named(COMMANDS))
def test_commands_of_the_standard_parse_and_rebuild(packet, path_octets):
    assert rmap.encode_command(rmap.parse_command(packet, path_octets=path_octets)) == packet


@pytest.mark.parametrize(("packet", "path_octets"), named(REPLIES))
def test_replies_of_the_standard_parse_and_rebuild(packet, path_octets):
    reply = rmap.parse_reply(packet, path_octets=path_octets)
    assert reply.status is rmap.Status.SUCCESS
    assert rmap.encode_reply(*reply[:6], path=reply.path) == packet


@pytest.mark.parametrize(
    ("command", "reply"),
    [pytest.param(*pair, id=pair[0][0]) for pair in zip(COMMANDS, REPLIES, strict=True)],
)
def test_reply_goes_back_the_way_the_command_names(command, reply):
    asked = rmap.parse_command(bytes.fromhex(command[1]), path_octets=command[2])
    answer = rmap.parse_reply(bytes.fromhex(reply[1]), path_octets=reply[2])
    built = rmap.encode_reply(
        asked.initiator,
        asked.target,
        asked.transaction,
        asked.instruction,
        rmap.Status.SUCCESS,
        answer.octets,
        path=asked.reply_path,
    )
    assert built == bytes.fromhex(reply[1])


def test_fields_of_a_command():
    command = rmap.parse_command(bytes.fromhex(COMMANDS[5][1]), path_octets=1)
    assert command == rmap.Command(
        target=0xFE,
        initiator=0x67,
        transaction=5,
        instruction=0x5D,
        key=0,
        address=0xA0000010,
        length=8,
        octets=bytes.fromhex("0702a0000f83e0ff"),
        reply_address=bytes.fromhex("00000088"),
        path=b"\x11",
    )
    assert (command.value, command.mask) == (bytes.fromhex("0702a000"), bytes.fromhex("0f83e0ff"))
    assert command.is_read_modify_write and not command.is_write and not command.is_verified


@pytest.mark.parametrize(
    ("field", "path"),
    [("", ""), ("00000088", "88"), ("0099aabbccddee00", "99aabbccddee00"), ("00000000", "00")],
)
def test_reply_path_is_the_reply_address_without_leading_zeros(field, path):
    command = rmap.Command(0x40, 0x20, 0, 0x4C, 0x46, 0, 4, reply_address=bytes.fromhex(field))
    assert command.reply_path == bytes.fromhex(path)


@pytest.mark.parametrize(
    ("packet", "instruction"),
    [
        pytest.param(rmap.read_command(0x40, 0x20, 7, 0x20, 8), 0x4C, id="read"),
        pytest.param(
            rmap.read_command(0x40, 0x20, 7, 0x20, 8, incrementing=False), 0x48, id="read one address"
        ),
        pytest.param(rmap.write_command(0x40, 0x20, 7, 0x20, bytes(8)), 0x6C, id="write"),
        pytest.param(
            rmap.write_command(0x40, 0x20, 7, 0x20, bytes(8), incrementing=False),
            0x68,
            id="write one address",
        ),
        pytest.param(
            rmap.write_command(0x40, 0x20, 7, 0x20, bytes(4), verify=True), 0x7C, id="verified write"
        ),
        pytest.param(
            rmap.read_modify_write_command(0x40, 0x20, 7, 0x20, bytes(4), bytes(4)),
            0x5C,
            id="read-modify-write",
        ),
    ],
)
def test_builders_make_what_the_parser_reads(packet, instruction):
    command = rmap.parse_command(packet)
    assert command[:6] == (0x40, 0x20, 7, instruction, 0x46, 0x20)
    assert command.is_incrementing == bool(instruction & 0x04)
    assert command.is_verified == (instruction == 0x7C)
    assert rmap.reply_due(packet)


def crc_bit_by_bit(octets: bytes) -> int:
    register = 0
    for octet in octets:
        for bit in range(8):
            out = (register ^ octet >> bit) & 1
            register = register >> 1 ^ (0xE0 if out else 0)
    return register


@given(st.binary(max_size=600))
def test_crc_against_a_shift_register(octets):
    assert rmap.crc8(octets) == crc_bit_by_bit(octets)
    assert rmap.crc8(octets + bytes([rmap.crc8(octets)])) == 0


@given(st.binary(min_size=7, max_size=15), st.integers(0, 0xFFFF))
def test_numbered_header_is_the_header_with_that_number(header, number):
    transaction = number.to_bytes(2, "big")
    numbered = rmap.NumberedHeader(header[:5] + bytes(2) + header[7:], transaction_at=5)
    whole = header[:5] + transaction + header[7:]
    assert numbered.octets(transaction) == rmap.with_crc(whole)
    assert numbered.crc(transaction) == rmap.crc8(whole)


commands = st.builds(
    rmap.Command,
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 0xFFFF),
    st.sampled_from([0x48, 0x4C, 0x60, 0x64, 0x68, 0x6C, 0x70, 0x74, 0x78, 0x7C]),
    st.integers(0, 255),
    st.integers(0, (1 << 40) - 1),
    st.just(0),
    st.binary(max_size=300),
    st.integers(0, 3).flatmap(lambda words: st.binary(min_size=4 * words, max_size=4 * words)),
    st.binary(max_size=5),
).map(
    lambda c: c._replace(
        length=len(c.octets),
        octets=c.octets if c.is_write else b"",
        instruction=c.instruction | len(c.reply_address) // 4,
    )
)


@given(commands)
def test_commands_come_back(command):
    packet = rmap.encode_command(command)
    assert rmap.parse_command(packet, path_octets=len(command.path)) == command


@given(
    st.integers(0, 255),
    st.integers(0, 0xFFFF),
    st.sampled_from([0x08, 0x0C, 0x1C, 0x28, 0x3C]),
    st.integers(0, 255),
    st.binary(max_size=300),
    st.binary(max_size=5),
)
def test_replies_come_back(address, transaction, instruction, status, octets, path):
    octets = b"" if instruction & 0x20 else octets
    packet = rmap.encode_reply(address, 0x41, transaction, instruction | 0x40, status, octets, path=path)
    reply = rmap.parse_reply(packet, path_octets=len(path))
    assert reply == rmap.Reply(address, 0x41, transaction, instruction, status, octets, path)


def with_header_crc(header: str, rest: str = "") -> bytes:
    octets = bytes.fromhex(header)
    return octets + bytes([rmap.crc8(octets)]) + bytes.fromhex(rest)


READ = rmap.read_command(0x40, 0x20, 7, 0x20, 8)
WRITE = rmap.write_command(0x40, 0x20, 7, 0x20, bytes(8))
MODIFY = rmap.read_modify_write_command(0x40, 0x20, 7, 0x20, bytes(4), bytes(4))


@pytest.mark.parametrize(
    ("packet", "error", "facts"),
    [
        pytest.param(b"", rmap.ShortPacket, {"octets": 0, "expected_octets": 16}, id="empty"),
        pytest.param(READ[:15], rmap.ShortPacket, {"octets": 15, "expected_octets": 16}, id="half a header"),
        pytest.param(
            with_header_crc("40014d4620000700000000200000 08".replace(" ", "")),
            rmap.ShortPacket,
            {"octets": 16, "expected_octets": 20},
            id="reply address cut off",
        ),
        pytest.param(
            READ[:1] + b"\x02" + READ[2:], rmap.NotRmap, {"protocol_identifier": 2}, id="another protocol"
        ),
        pytest.param(rmap.encode_reply(0x20, 0x40, 7, 0x4C, 0, bytes(4)), rmap.NotACommand, {}, id="a reply"),
        pytest.param(
            READ[:15] + b"\x00", rmap.HeaderCrcError, {"found": 0, "expected": READ[15]}, id="header CRC"
        ),
        pytest.param(
            with_header_crc("4001cc462000070000000020000008"),
            rmap.UnusedCode,
            {"status": 2},
            id="packet type",
        ),
        pytest.param(
            with_header_crc("400158462000070000000020000008"),
            rmap.UnusedCode,
            {"instruction": 0x58},
            id="code",
        ),
        pytest.param(
            with_header_crc("40015c462000070000000020000007", "00" * 8),
            rmap.BadReadModifyWriteLength,
            {"status": 11, "length": 7},
            id="read-modify-write of 7 octets",
        ),
        pytest.param(
            WRITE[:-1], rmap.EarlyEnd, {"status": 5, "octets": 24, "expected_octets": 25}, id="early end"
        ),
        pytest.param(WRITE + b"\0", rmap.TooMuchData, {"status": 6, "octets": 26}, id="too much data"),
        pytest.param(READ + b"\0", rmap.TooMuchData, {"status": 6, "octets": 17}, id="data in a read"),
        pytest.param(WRITE[:-1] + b"\x55", rmap.DataCrcError, {"status": 4, "found": 0x55}, id="data CRC"),
    ],
)
def test_commands_that_are_none(packet, error, facts):
    with pytest.raises(error) as caught:
        rmap.parse_command(packet)
    assert {name: getattr(caught.value, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("packet", "error"),
    [
        pytest.param(b"\x20\x01\x0c", rmap.ShortPacket, id="short"),
        pytest.param(
            rmap.encode_reply(32, 64, 7, 0x4C, 0, bytes(4))[:11], rmap.ShortPacket, id="half a header"
        ),
        pytest.param(READ, rmap.NotAReply, id="a command"),
        pytest.param(
            rmap.encode_reply(32, 64, 7, 0x6C, 0) + b"\0", rmap.TooMuchData, id="data in a write reply"
        ),
        pytest.param(rmap.encode_reply(32, 64, 7, 0x4C, 0, bytes(4))[:-1], rmap.EarlyEnd, id="early end"),
    ],
)
def test_replies_that_are_none(packet, error):
    with pytest.raises(error):
        rmap.parse_reply(packet)


@pytest.mark.parametrize("packet", [READ, WRITE, MODIFY], ids=["read", "write", "read-modify-write"])
def test_no_part_of_a_command_is_a_command(packet):
    for length in range(len(packet)):
        with pytest.raises(rmap.RmapError):
            rmap.parse_command(packet[:length])
        assert rmap.reply_due(packet[:length]) == (length >= 16)
    with pytest.raises(rmap.TooMuchData):
        rmap.parse_command(packet + b"\0")


@pytest.mark.parametrize("length", range(4))
def test_no_single_wrong_bit_passes(length):
    packet = rmap.write_command(0x42, 0x21, 9, 0x1000, bytes(range(60 * length)))
    reply = rmap.encode_reply(0x21, 0x42, 9, 0x4C, 0, bytes(range(60 * length)))
    for parse, octets in ((rmap.parse_command, packet), (rmap.parse_reply, reply)):
        for bit in range(8 * len(octets)):
            spoiled = bytearray(octets)
            spoiled[bit // 8] ^= 1 << bit % 8
            with pytest.raises(rmap.RmapError):
                parse(bytes(spoiled))


@given(st.binary(max_size=80))
def test_noise_raises_nothing_but_rmap_errors(octets):
    for parse in (rmap.parse_command, rmap.parse_reply):
        with suppress(rmap.RmapError):
            parse(octets)


@pytest.mark.parametrize(
    ("packet", "due"),
    [
        pytest.param(READ, True, id="read"),
        pytest.param(WRITE[:-1] + b"\x55", True, id="bad data CRC is answered"),
        pytest.param(READ + b"\0", True, id="trailing octets are answered"),
        pytest.param(with_header_crc("4001cc462000070000000020000008"), True, id="reserved packet type"),
        pytest.param(with_header_crc("400158462000070000000020000008"), True, id="unused command code"),
        pytest.param(b"", False, id="empty"),
        pytest.param(READ[:15], False, id="short"),
        pytest.param(READ[:15] + b"\0", False, id="bad header CRC"),
        pytest.param(with_header_crc("40024c462000070000000020000008"), False, id="another protocol"),
        pytest.param(with_header_crc("40010c462000070000000020000008"), False, id="not a command"),
        pytest.param(with_header_crc("400164462000070000000020000000", "00"), False, id="no reply asked"),
        pytest.param(bytes.fromhex(COMMANDS[3][1])[4:], False, id="reply address"),
    ],
)
def test_silence_rule(packet, due):
    assert rmap.reply_due(packet) is due


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: rmap.read_command(0x140, 0x20, 0, 0, 4), id="target"),
        pytest.param(lambda: rmap.read_command(0x40, 0x20, 0x10000, 0, 4), id="transaction"),
        pytest.param(lambda: rmap.read_command(0x40, 0x20, 0, 1 << 40, 4), id="address"),
        pytest.param(lambda: rmap.read_command(0x40, 0x20, 0, 0, 1 << 24), id="length"),
        pytest.param(lambda: rmap.read_command(0x40, 0x20, 0, -4, 4), id="negative address"),
        pytest.param(lambda: rmap.read_modify_write_command(0x40, 0x20, 0, 0, bytes(4), bytes(2)), id="mask"),
        pytest.param(lambda: rmap.encode_reply(0x20, 0x40, 0, 0x6C, 0, b"data"), id="data in a write reply"),
        pytest.param(lambda: rmap.encode_reply(0x20, 0x40, 0, 0x4C, 256), id="status"),
        pytest.param(
            lambda: rmap.encode_command(rmap.Command(0x40, 0x20, 0, 0x4C, 0, 0, 4, reply_address=bytes(4))),
            id="reply address without its bits",
        ),
    ],
)
def test_values_that_fit_no_packet(build):
    with pytest.raises(rmap.OutOfRange):
        build()
