# SPDX-License-Identifier: Apache-2.0
"""Remote memory access protocol (RMAP), ECSS-E-ST-50-52C: commands, replies and their header and data CRC.

Command   path address, target, 1, instruction, key, reply address, initiator, transaction (2),
          extended address, address (4), data length (3), header CRC, [data, data CRC]
Reply     reply path address, initiator, 1, instruction, status, target, transaction (2),
          header CRC (write), or 0, data length (3), header CRC, data, data CRC (read, read-modify-write)

SpaceWire routers delete path addresses on the way, so a receiver does not see them: where a packet still
has its path, the reader is told how many octets that is. The CRCs do not cover it.
"""

import struct
from typing import NamedTuple

from .rmap_crc import NumberedHeader, crc8, with_crc
from .rmap_errors import (
    PROTOCOL_IDENTIFIER,
    BadReadModifyWriteLength,
    CommandRefused,
    DataCrcError,
    EarlyEnd,
    HeaderCrcError,
    NotACommand,
    NotAReply,
    NotRmap,
    OutOfRange,
    RmapError,
    ShortPacket,
    Status,
    TooMuchData,
    UnusedCode,
)

__all__ = [
    "BadReadModifyWriteLength",
    "Command",
    "CommandRefused",
    "DataCrcError",
    "EarlyEnd",
    "HeaderCrcError",
    "NotACommand",
    "NotAReply",
    "NotRmap",
    "NumberedHeader",
    "OutOfRange",
    "Reply",
    "RmapError",
    "ShortPacket",
    "Status",
    "TooMuchData",
    "UnusedCode",
    "crc8",
    "encode_command",
    "encode_reply",
    "numbered_command",
    "numbered_reply",
    "parse_command",
    "parse_reply",
    "read_command",
    "read_modify_write_command",
    "reply_due",
    "with_crc",
    "write_command",
]

DEFAULT_KEY = 0x46

# Instruction octet: packet type (2 bits), command code (4 bits), reply address length in words (2 bits).
RESERVED_TYPE = 0x80
COMMAND = 0x40
WRITE = 0x20
VERIFY = 0x10
ASKS_REPLY = 0x08
INCREMENTING = 0x04
REPLY_ADDRESS_WORDS = 0x03
READ_MODIFY_WRITE = VERIFY | ASKS_REPLY | INCREMENTING

_CODE = WRITE | VERIFY | ASKS_REPLY | INCREMENTING
_READ_CODES = frozenset((ASKS_REPLY, ASKS_REPLY | INCREMENTING, READ_MODIFY_WRITE))

_COMMAND_HEADER = struct.Struct(">BBBBBHBIBH")
_COMMAND_HEADER_TAIL = struct.Struct(">BHBIBH")
_WRITE_REPLY_HEADER = struct.Struct(">BBBBBH")
_READ_REPLY_HEADER = struct.Struct(">BBBBBHI")
COMMAND_HEADER_OCTETS = 16
WRITE_REPLY_OCTETS = 8
READ_REPLY_HEADER_OCTETS = 12


class Command(NamedTuple):
    """A command with a sound header and sound data. A named tuple, because thousands are made a second.

    `address` has 40 bits: the extended address field is its most significant octet. `length` is the data
    length field; `octets` are the data of a write, value and mask of a read-modify-write, else empty.
    `reply_address` is the field as sent (0, 4, 8 or 12 octets), `path` the path address before the packet.
    """

    target: int
    initiator: int
    transaction: int
    instruction: int
    key: int
    address: int
    length: int
    octets: bytes = b""
    reply_address: bytes = b""
    path: bytes = b""

    @property
    def is_write(self) -> bool:
        return self.instruction & WRITE != 0

    @property
    def is_read_modify_write(self) -> bool:
        return self.instruction & _CODE == READ_MODIFY_WRITE

    @property
    def is_verified(self) -> bool:
        return self.instruction & (WRITE | VERIFY) == WRITE | VERIFY

    @property
    def is_incrementing(self) -> bool:
        return self.instruction & INCREMENTING != 0

    @property
    def asks_reply(self) -> bool:
        return self.instruction & ASKS_REPLY != 0

    @property
    def value(self) -> bytes:
        """New octets of a read-modify-write."""
        return self.octets[: len(self.octets) // 2]

    @property
    def mask(self) -> bytes:
        """Which bits of its value a read-modify-write puts in place."""
        return self.octets[len(self.octets) // 2 :]

    @property
    def reply_path(self) -> bytes:
        """Path address that the reply is sent with: the reply address without its leading zeros; a field
        of zeros only stands for one of them."""
        return self.reply_address.lstrip(b"\0") or self.reply_address[:1]


class Reply(NamedTuple):
    """A reply with sound CRCs. `octets` are the data read; empty for a write.

    `status` is a plain number where the standard reserves it. `path` is the path address before the packet.
    """

    initiator: int
    target: int
    transaction: int
    instruction: int
    status: int
    octets: bytes = b""
    path: bytes = b""


def read_command(
    target: int,
    initiator: int,
    transaction: int,
    address: int,
    length: int,
    *,
    incrementing: bool = True,
    key: int = DEFAULT_KEY,
) -> bytes:
    """Packet that asks for `length` octets."""
    instruction = COMMAND | ASKS_REPLY | INCREMENTING if incrementing else COMMAND | ASKS_REPLY
    return _command_header(target, instruction, key, initiator, transaction, address, length)


def write_command(
    target: int,
    initiator: int,
    transaction: int,
    address: int,
    octets: bytes,
    *,
    incrementing: bool = True,
    verify: bool = False,
    key: int = DEFAULT_KEY,
) -> bytes:
    """Packet that writes `octets` and asks for a reply; `verify`: the target checks the CRC first."""
    instruction = COMMAND | WRITE | ASKS_REPLY
    if incrementing:
        instruction |= INCREMENTING
    if verify:
        instruction |= VERIFY
    header = _command_header(target, instruction, key, initiator, transaction, address, len(octets))
    return header + with_crc(octets)


def read_modify_write_command(
    target: int,
    initiator: int,
    transaction: int,
    address: int,
    value: bytes,
    mask: bytes,
    key: int = DEFAULT_KEY,
) -> bytes:
    """Packet that puts the bits of `value` that `mask` has set in place, and asks for the old octets."""
    if len(value) != len(mask) or len(value) > 4:
        raise OutOfRange(f"value of {len(value)} octets with a mask of {len(mask)}: both have 0 to 4")
    octets = value + mask
    instruction = COMMAND | READ_MODIFY_WRITE
    header = _command_header(target, instruction, key, initiator, transaction, address, len(octets))
    return header + with_crc(octets)


def _command_header(
    target: int, instruction: int, key: int, initiator: int, transaction: int, address: int, length: int
) -> bytes:
    try:
        header = _COMMAND_HEADER.pack(
            target,
            PROTOCOL_IDENTIFIER,
            instruction,
            key,
            initiator,
            transaction,
            address >> 32,
            address & 0xFFFFFFFF,
            length >> 16,
            length & 0xFFFF,
        )
    except struct.error as error:
        raise OutOfRange(
            f"target {target}, key {key}, initiator {initiator}, transaction {transaction}, "
            f"address {address}, length {length}: {error}"
        ) from error
    return with_crc(header)


def numbered_command(
    target: int, initiator: int, instruction: int, address: int, length: int, *, key: int = DEFAULT_KEY
) -> NumberedHeader:
    """Headers of commands without reply address that differ in their transaction identifier alone."""
    header = _command_header(target, instruction, key, initiator, 0, address, length)
    return NumberedHeader(header[:-1], transaction_at=5)


def encode_command(command: Command) -> bytes:
    """Packet of any command, path and reply address included. `length` and `octets` go out as they are."""
    if command.instruction & REPLY_ADDRESS_WORDS != len(command.reply_address) / 4:
        raise OutOfRange(
            f"reply address of {len(command.reply_address)} octets, instruction 0x{command.instruction:02X} "
            f"has {4 * (command.instruction & REPLY_ADDRESS_WORDS)}"
        )
    header = _command_header(
        command.target,
        command.instruction,
        command.key,
        command.initiator,
        command.transaction,
        command.address,
        command.length,
    )
    if command.reply_address:
        header = with_crc(header[:4] + command.reply_address + header[4:-1])
    packet = command.path + header
    return packet + with_crc(command.octets) if _carries_data(command.instruction) else packet


def _carries_data(instruction: int) -> bool:
    return instruction & WRITE != 0 or instruction & _CODE == READ_MODIFY_WRITE


def parse_command(packet: bytes, *, path_octets: int = 0) -> Command:
    """The command in a packet that begins with `path_octets` octets of path address.

    Raises CommandRefused with a status for a packet that a target would refuse on its form alone, and other
    kinds of RmapError for one that gets no reply whatever it says.
    """
    path, packet = (packet[:path_octets], packet[path_octets:]) if path_octets else (b"", packet)
    instruction = _instruction(packet, COMMAND_HEADER_OCTETS)
    if not instruction & COMMAND:
        raise NotACommand(instruction)
    data_at = COMMAND_HEADER_OCTETS + 4 * (instruction & REPLY_ADDRESS_WORDS)
    header = _checked_header(packet, data_at)
    if instruction & RESERVED_TYPE or not (instruction & WRITE or instruction & _CODE in _READ_CODES):
        raise UnusedCode(instruction)
    initiator, transaction, extended, low, length_high, length_low = _COMMAND_HEADER_TAIL.unpack_from(
        header, data_at - 12
    )
    length = length_high << 16 | length_low
    octets = b""
    if _carries_data(instruction):
        if not instruction & WRITE and (length > 8 or length & 1):
            raise BadReadModifyWriteLength(length)
        octets = _checked_data(packet, data_at, length)
    elif len(packet) != data_at:
        raise TooMuchData(len(packet), data_at)
    return Command(
        header[0],
        initiator,
        transaction,
        instruction,
        header[3],
        extended << 32 | low,
        length,
        octets,
        header[4 : data_at - 12],
        path,
    )


def reply_due(packet: bytes) -> bool:
    """Whether a board that is powered answers this packet at all (boards/README.md, "Silence")."""
    return (
        len(packet) >= COMMAND_HEADER_OCTETS
        and packet[1] == PROTOCOL_IDENTIFIER
        and packet[2] & (COMMAND | ASKS_REPLY | REPLY_ADDRESS_WORDS) == COMMAND | ASKS_REPLY
        and crc8(packet[:COMMAND_HEADER_OCTETS]) == 0
    )


def encode_reply(
    initiator: int,
    target: int,
    transaction: int,
    instruction: int,
    status: int,
    octets: bytes = b"",
    *,
    path: bytes = b"",
) -> bytes:
    """Reply to a command of this `instruction`, in the form its write bit asks for."""
    header = _reply_header(initiator, target, transaction, instruction, status, len(octets))
    if not instruction & WRITE:
        return path + header + with_crc(octets)
    if octets:
        raise OutOfRange(f"{len(octets)} octets in the reply to a write")
    return path + header


def _reply_header(
    initiator: int, target: int, transaction: int, instruction: int, status: int, length: int
) -> bytes:
    instruction &= ~(RESERVED_TYPE | COMMAND)
    if length >= 1 << 24:
        raise OutOfRange(f"{length} octets, the length field has 24 bits")
    common = initiator, PROTOCOL_IDENTIFIER, instruction, status, target, transaction
    try:
        if instruction & WRITE:
            return with_crc(_WRITE_REPLY_HEADER.pack(*common))
        return with_crc(_READ_REPLY_HEADER.pack(*common, length))
    except struct.error as error:
        raise OutOfRange(
            f"initiator {initiator}, target {target}, transaction {transaction}, status {status}: {error}"
        ) from error


def numbered_reply(initiator: int, target: int, instruction: int, status: int, length: int) -> NumberedHeader:
    """Headers of replies to commands of this `instruction` that differ in their transaction identifier alone."""
    header = _reply_header(initiator, target, 0, instruction, status, length)
    return NumberedHeader(header[:-1], transaction_at=5)


def parse_reply(packet: bytes, *, path_octets: int = 0) -> Reply:
    """The reply in a packet that begins with `path_octets` octets of path address, else RmapError."""
    path, packet = (packet[:path_octets], packet[path_octets:]) if path_octets else (b"", packet)
    instruction = _instruction(packet, WRITE_REPLY_OCTETS)
    if instruction & (RESERVED_TYPE | COMMAND):
        raise NotAReply(instruction)
    octets = b""
    if instruction & WRITE:
        _checked_header(packet, WRITE_REPLY_OCTETS)
        if len(packet) > WRITE_REPLY_OCTETS:
            raise TooMuchData(len(packet), WRITE_REPLY_OCTETS)
    else:
        _checked_header(packet, READ_REPLY_HEADER_OCTETS)
        length = packet[8] << 16 | packet[9] << 8 | packet[10]
        octets = _checked_data(packet, READ_REPLY_HEADER_OCTETS, length)
    return Reply(
        packet[0],
        packet[4],
        packet[5] << 8 | packet[6],
        instruction,
        _STATUSES.get(packet[3], packet[3]),
        octets,
        path,
    )


_STATUSES: dict[int, int] = {status: status for status in Status}


def _instruction(packet: bytes, shortest_octets: int) -> int:
    if len(packet) < shortest_octets:
        raise ShortPacket(len(packet), shortest_octets)
    if packet[1] != PROTOCOL_IDENTIFIER:
        raise NotRmap(packet[1])
    return packet[2]


def _checked_header(packet: bytes, octets: int) -> bytes:
    if len(packet) < octets:
        raise ShortPacket(len(packet), octets)
    header = packet[:octets]
    if crc8(header):
        raise HeaderCrcError(header[-1], crc8(header[:-1]))
    return header


def _checked_data(packet: bytes, data_at: int, length: int) -> bytes:
    expected_octets = data_at + length + 1
    if len(packet) < expected_octets:
        raise EarlyEnd(len(packet), expected_octets)
    if len(packet) > expected_octets:
        raise TooMuchData(len(packet), expected_octets)
    if crc8(packet[data_at:]):
        raise DataCrcError(packet[-1], crc8(packet[data_at:-1]))
    return packet[data_at:-1]
