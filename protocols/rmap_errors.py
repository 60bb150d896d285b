# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with an RMAP packet, and the status codes of ECSS-E-ST-50-52C.

RmapError
├── OutOfRange      a field value that the packet's layout cannot hold
├── ShortPacket     fewer octets than the header has
├── NotRmap         another protocol identifier
├── NotACommand, NotAReply
├── HeaderCrcError
└── CommandRefused  what a target answers with a status of its own (`status` says which)
    ├── UnusedCode
    ├── BadReadModifyWriteLength
    ├── EarlyEnd, TooMuchData
    └── DataCrcError
"""

from enum import IntEnum
from typing import ClassVar

from .errors import ProtocolError

PROTOCOL_IDENTIFIER = 1


class Status(IntEnum):
    """Status field of a reply."""

    SUCCESS = 0
    GENERAL_ERROR = 1
    UNUSED_PACKET_TYPE_OR_COMMAND_CODE = 2
    INVALID_KEY = 3
    INVALID_DATA_CRC = 4
    EARLY_END_OF_PACKET = 5
    TOO_MUCH_DATA = 6
    ERROR_END_OF_PACKET = 7
    VERIFY_BUFFER_OVERRUN = 9
    NOT_AUTHORISED = 10
    READ_MODIFY_WRITE_LENGTH = 11
    INVALID_TARGET_LOGICAL_ADDRESS = 12


class RmapError(ProtocolError):
    """A packet that is no RMAP command or reply, or fields of which none can be made."""


class OutOfRange(RmapError):
    """A field value that the packet's layout cannot hold."""


class ShortPacket(RmapError):
    def __init__(self, octets: int, expected_octets: int) -> None:
        super().__init__(f"{octets} octets, the header has {expected_octets}")
        self.octets, self.expected_octets = octets, expected_octets


class NotRmap(RmapError):
    def __init__(self, protocol_identifier: int) -> None:
        super().__init__(f"protocol identifier {protocol_identifier}, RMAP is {PROTOCOL_IDENTIFIER}")
        self.protocol_identifier = protocol_identifier


class NotACommand(RmapError):
    def __init__(self, instruction: int) -> None:
        super().__init__(f"instruction 0x{instruction:02X} is a reply's")
        self.instruction = instruction


class NotAReply(RmapError):
    def __init__(self, instruction: int) -> None:
        super().__init__(f"instruction 0x{instruction:02X} is not a reply's")
        self.instruction = instruction


class HeaderCrcError(RmapError):
    def __init__(self, found: int, expected: int) -> None:
        super().__init__(f"header CRC 0x{found:02X}, the header asks for 0x{expected:02X}")
        self.found, self.expected = found, expected


class CommandRefused(RmapError):
    """A packet with a sound header that cannot be carried out; a target answers `status`."""

    status: ClassVar[Status]


class UnusedCode(CommandRefused):
    status = Status.UNUSED_PACKET_TYPE_OR_COMMAND_CODE

    def __init__(self, instruction: int) -> None:
        super().__init__(f"instruction 0x{instruction:02X} has an unused packet type or command code")
        self.instruction = instruction


class BadReadModifyWriteLength(CommandRefused):
    status = Status.READ_MODIFY_WRITE_LENGTH

    def __init__(self, length: int) -> None:
        super().__init__(f"read-modify-write of data length {length}, allowed are 0, 2, 4, 6 and 8")
        self.length = length


class EarlyEnd(CommandRefused):
    status = Status.EARLY_END_OF_PACKET

    def __init__(self, octets: int, expected_octets: int) -> None:
        super().__init__(f"the packet ends after {octets} octets of {expected_octets}")
        self.octets, self.expected_octets = octets, expected_octets


class TooMuchData(CommandRefused):
    status = Status.TOO_MUCH_DATA

    def __init__(self, octets: int, expected_octets: int) -> None:
        super().__init__(f"the packet has {octets} octets, its header asks for {expected_octets}")
        self.octets, self.expected_octets = octets, expected_octets


class DataCrcError(CommandRefused):
    status = Status.INVALID_DATA_CRC

    def __init__(self, found: int, expected: int) -> None:
        super().__init__(f"data CRC 0x{found:02X}, the octets ask for 0x{expected:02X}")
        self.found, self.expected = found, expected
