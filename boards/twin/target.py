# SPDX-License-Identifier: Apache-2.0
"""RMAP target of a board (ECSS-E-ST-50-52C), by the rules of boards/README.md section 1."""

from struct import Struct

from flatsat.protocols import rmap, slip
from flatsat.protocols.rmap import Status

from .core import Core, Port

KEY = 0x46
LONGEST_ACCESS_OCTETS = 1024
LONGEST_VERIFIED_WRITE_OCTETS = 4

# initiator, transaction, extended address, address, data length
_HEADER_TAIL = Struct(">xxxxBHBIBH")
_HEADER_OCTETS = rmap.COMMAND_HEADER_OCTETS
_CODE = rmap.WRITE | rmap.VERIFY | rmap.ASKS_REPLY | rmap.INCREMENTING
_VERIFY_WITHOUT_WRITE = rmap.VERIFY | rmap.ASKS_REPLY


class Target:
    """Judges commands for the two logical addresses of a board and carries them out."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._flight_address = core.flight.logical_address
        self._ports = {port.logical_address: port for port in (core.flight, core.stimulus)}

    def execute(self, packet: bytes) -> bytes | None:
        """Carry out one packet and return the reply; None where none is due."""
        core = self._core
        if not packet or (packet[0] == self._flight_address and not core.powered):
            return None
        if len(packet) > slip.LONGEST_PACKET or not rmap.reply_due(packet):
            core.count_dropped()
            return None
        target, _, instruction, key = packet[:4]
        initiator, transaction, extended, address, high, low = _HEADER_TAIL.unpack_from(packet)
        octets = b""
        port = self._ports.get(target)
        if port is None:
            status = Status.INVALID_TARGET_LOGICAL_ADDRESS
        else:
            address |= extended << 32
            length = high << 16 | low
            status = _judge(port, packet, instruction, key, address, length)
            if status is Status.SUCCESS:
                if instruction & rmap.WRITE:
                    status = self._write(port, address, packet[_HEADER_OCTETS:-1], instruction)
                elif instruction & rmap.VERIFY:
                    octets = self._modify(port, address, packet[_HEADER_OCTETS:-1])
                elif instruction & rmap.INCREMENTING:
                    octets = core.read(port, address, length)
                else:
                    octets = core.read_window(port)
        if status:
            core.count_rejected()
        return rmap.encode_reply(initiator, target, transaction, instruction, status, octets)

    def _write(self, port: Port, address: int, octets: bytes, instruction: int) -> Status:
        if instruction & rmap.INCREMENTING:
            self._core.write(port, address, octets)
            return Status.SUCCESS
        return Status.SUCCESS if self._core.write_window(port, octets) else Status.GENERAL_ERROR

    def _modify(self, port: Port, address: int, octets: bytes) -> bytes:
        old = self._core.read(port, address, 4)
        value, mask = int.from_bytes(octets[:4], "big"), int.from_bytes(octets[4:], "big")
        word = int.from_bytes(old, "big") & ~mask | value & mask
        self._core.write(port, address, word.to_bytes(4, "big"))
        return old


def _judge(port: Port, packet: bytes, instruction: int, key: int, address: int, length: int) -> Status:
    """The first rule of the status table that a packet with a sound header breaks."""
    code = instruction & _CODE
    modifies = code == rmap.READ_MODIFY_WRITE
    if instruction & rmap.RESERVED_TYPE or code == _VERIFY_WITHOUT_WRITE:
        return Status.UNUSED_PACKET_TYPE_OR_COMMAND_CODE
    if key != KEY:
        return Status.INVALID_KEY
    if modifies and length != 8:
        return Status.READ_MODIFY_WRITE_LENGTH
    if code & rmap.WRITE and code & rmap.VERIFY and length > LONGEST_VERIFIED_WRITE_OCTETS:
        return Status.VERIFY_BUFFER_OVERRUN
    if not _is_allowed(port, code, address, 4 if modifies else length):
        return Status.NOT_AUTHORISED
    has_data = code & rmap.WRITE or modifies
    expected_octets = _HEADER_OCTETS + length + 1 if has_data else _HEADER_OCTETS
    if len(packet) < expected_octets:
        return Status.EARLY_END_OF_PACKET
    if len(packet) > expected_octets:
        return Status.TOO_MUCH_DATA
    if has_data and rmap.crc8(packet[_HEADER_OCTETS:]):
        return Status.INVALID_DATA_CRC
    return Status.SUCCESS


def _is_allowed(port: Port, code: int, address: int, octets: int) -> bool:
    """Whether the map has such words, or such a window, and lets them be read or written."""
    if address & 3 or octets & 3 or not octets:
        return False
    if not code & rmap.INCREMENTING:
        windows = port.write_windows if code & rmap.WRITE else port.read_windows
        return windows.get(address) == octets
    first = 0 if code == rmap.ASKS_REPLY | rmap.INCREMENTING else port.writable_from
    return octets <= LONGEST_ACCESS_OCTETS and first <= address and address + octets <= port.end
