# SPDX-License-Identifier: Apache-2.0
"""What commands and replies on a serial line say of one another: octets in, answers out."""

from __future__ import annotations

import struct
from typing import NamedTuple

from flatsat.protocols import rmap

READ = rmap.COMMAND | rmap.ASKS_REPLY | rmap.INCREMENTING
LOOK = struct.Struct(">5L")  # BOARD_ID to TIME_NOW

_REACH = struct.Struct(">IBH")  # address, data length
_ON_THE_WAY = (
    rmap.Status.EARLY_END_OF_PACKET,
    rmap.Status.TOO_MUCH_DATA,
    rmap.Status.INVALID_DATA_CRC,
)


class Look(NamedTuple):
    """The first words of a board's stimulus map."""

    board_id: int
    map_version: int
    build_id: int
    time_mode: int
    time_now_ms: int


def answers(command: bytes, reply: bytes) -> bool:
    """Whether a packet is a sound reply to a command."""
    if len(command) < 7 or reply[4:7] != command[:1] + command[5:7] or reply[2] != command[2] & 0x3F:
        return False
    try:
        return rmap.parse_reply(reply).initiator == command[4]
    except rmap.RmapError:
        return False


def good_reply(packet: bytes) -> bytes:
    """What a board answers to a write that it has done."""
    return rmap.encode_reply(packet[4], packet[0], packet[5] << 8 | packet[6], packet[2], rmap.Status.SUCCESS)


def was_damaged(packet: bytes, reply: bytes) -> bool:
    """Whether the board refused as damaged what was sound here."""
    if reply[3] not in _ON_THE_WAY:
        return False
    try:
        rmap.parse_command(packet)
    except rmap.RmapError:
        return False
    return True


def reaches(packet: bytes, address: int) -> bool:
    """Whether a command with a sound header, that is no FIFO's, covers a word."""
    first, high, low = _REACH.unpack_from(packet, 8)
    return bool(first <= address < first + (high << 16 | low))


def word_read(packet: bytes, reply: bytes, address: int) -> int:
    """A word out of the good reply to a read that covers it."""
    (first, _, _) = _REACH.unpack_from(packet, 8)
    return int.from_bytes(reply[12 + address - first :][:4], "big")
