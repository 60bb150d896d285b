# SPDX-License-Identifier: Apache-2.0
"""RMAP target of a board (ECSS-E-ST-50-52C), by the rules of boards/README.md section 1."""

from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from flatsat.protocols import rmap, slip
from flatsat.protocols.rmap import Status

from .core import Core, Port

KEY = 0x46
LONGEST_ACCESS_OCTETS = 1024
LONGEST_VERIFIED_WRITE_OCTETS = 4

# target, protocol identifier, instruction, key, initiator; extended address, address, data length
_FIELDS = Struct(">BBBBBBIBH")
_HEADER_OCTETS = rmap.COMMAND_HEADER_OCTETS
_CODE = rmap.WRITE | rmap.VERIFY | rmap.ASKS_REPLY | rmap.INCREMENTING
_VERIFY_WITHOUT_WRITE = rmap.VERIFY | rmap.ASKS_REPLY
_SUCCESS = Status.SUCCESS  # looked up in its class, a member costs ten times a name here


class _Form(NamedTuple):
    """What a header says apart from its transaction identifier; commands of one form differ in that and in their data.

    Attributes:
        reply_header: of the reply to a command that is carried out.
        status: the first rule of the status table that the header breaks by itself, or SUCCESS.
    """

    header: rmap.NumberedHeader
    reply_header: rmap.NumberedHeader
    status: Status
    port: Port
    instruction: int
    address: int
    length: int
    has_data: bool


class Target:
    """Judges commands for the two logical addresses of a board and carries them out."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._flight_address = core.flight.logical_address
        self._ports = {port.logical_address: port for port in (core.flight, core.stimulus)}
        self._form = lru_cache(maxsize=256)(self._new_form)

    def execute(self, packet: bytes) -> bytes | None:
        """Carry out one packet and return the reply; None where none is due."""
        core = self._core
        if not packet or (packet[0] == self._flight_address and not core.powered):
            return None
        has_header = _HEADER_OCTETS <= len(packet) <= slip.LONGEST_PACKET
        form = self._form(packet[:5] + packet[7:15]) if has_header else None
        transaction = packet[5:7]
        if form is None or form.header.crc(transaction) != packet[_HEADER_OCTETS - 1]:
            core.count_dropped()
            return None
        data = packet[_HEADER_OCTETS:-1]
        status, octets = form.status or _judge_data(form, packet, data), b""
        if not status:
            status, octets = self._carry_out(form, data)
        if status:
            core.count_rejected()
            number = int.from_bytes(transaction, "big")
            return rmap.encode_reply(packet[4], packet[0], number, form.instruction, status)
        reply = form.reply_header.octets(transaction)
        return reply if form.instruction & rmap.WRITE else reply + rmap.with_crc(octets)

    def _new_form(self, fields: bytes) -> _Form | None:
        """Judge a header without transaction identifier and CRC; None: no reply is due to it."""
        header = fields[:5] + bytes(2) + fields[5:]
        if not rmap.reply_due(rmap.with_crc(header)):
            return None
        target, _, instruction, key, initiator, extended, low, length_high, length_low = _FIELDS.unpack(
            fields
        )
        address, length = extended << 32 | low, length_high << 16 | length_low
        port = self._ports.get(target)
        read_octets = 4 if instruction & _CODE == rmap.READ_MODIFY_WRITE else length
        return _Form(
            header=rmap.NumberedHeader(header, transaction_at=5),
            reply_header=rmap.numbered_reply(initiator, target, instruction, _SUCCESS, read_octets),
            status=_judge(port, instruction, key, address, length),
            port=port or self._core.flight,
            instruction=instruction,
            address=address,
            length=length,
            has_data=instruction & (rmap.WRITE | rmap.VERIFY) != 0,
        )

    def _carry_out(self, form: _Form, octets: bytes) -> tuple[Status, bytes]:
        """Return the status and the octets read."""
        if form.instruction & rmap.WRITE:
            return self._write(form.port, form.address, octets, form.instruction), b""
        if form.instruction & rmap.VERIFY:
            return _SUCCESS, self._modify(form.port, form.address, octets)
        if form.instruction & rmap.INCREMENTING:
            return _SUCCESS, self._core.read(form.port, form.address, form.length)
        return _SUCCESS, self._core.read_window(form.port)

    def _write(self, port: Port, address: int, octets: bytes, instruction: int) -> Status:
        if instruction & rmap.INCREMENTING:
            self._core.write(port, address, octets)
            return _SUCCESS
        return _SUCCESS if self._core.write_window(port, octets) else Status.GENERAL_ERROR

    def _modify(self, port: Port, address: int, octets: bytes) -> bytes:
        old = self._core.read(port, address, 4)
        value, mask = int.from_bytes(octets[:4], "big"), int.from_bytes(octets[4:], "big")
        word = int.from_bytes(old, "big") & ~mask | value & mask
        self._core.write(port, address, word.to_bytes(4, "big"))
        return old


def _judge(port: Port | None, instruction: int, key: int, address: int, length: int) -> Status:
    """The first rule of the status table that a sound header breaks by itself."""
    if port is None:
        return Status.INVALID_TARGET_LOGICAL_ADDRESS
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
    return _SUCCESS


def _judge_data(form: _Form, packet: bytes, data: bytes) -> Status:
    """The first rule of the status table that a packet breaks whose header breaks none."""
    expected_octets = _HEADER_OCTETS + form.length + 1 if form.has_data else _HEADER_OCTETS
    if len(packet) < expected_octets:
        return Status.EARLY_END_OF_PACKET
    if len(packet) > expected_octets:
        return Status.TOO_MUCH_DATA
    if form.has_data and rmap.crc8(data) != packet[-1]:
        return Status.INVALID_DATA_CRC
    return _SUCCESS


def _is_allowed(port: Port, code: int, address: int, octets: int) -> bool:
    """Whether the map has such words, or such a window, and lets them be read or written."""
    if address & 3 or octets & 3 or not octets:
        return False
    if not code & rmap.INCREMENTING:
        windows = port.write_windows if code & rmap.WRITE else port.read_windows
        return windows.get(address) == octets
    first = 0 if code == rmap.ASKS_REPLY | rmap.INCREMENTING else port.writable_from
    return octets <= LONGEST_ACCESS_OCTETS and first <= address and address + octets <= port.end
