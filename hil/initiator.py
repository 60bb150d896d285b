# SPDX-License-Identifier: Apache-2.0
"""An RMAP initiator of the bench: counts transactions per board, builds commands and judges replies (ECSS-E-ST-50-52C)."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from flatsat.protocols import rmap

from .backends.port import FLIGHT, STIMULUS, Request

FLIGHT_INITIATOR, BENCH_INITIATOR = 0x20, 0x21
FIRST_TARGET = {FLIGHT: 0x40, STIMULUS: 0x60}
LAST_TRANSACTION = 0xEFFF  # 0xF000 and above belong to the back ends' own housekeeping


class Damage(IntEnum):
    """Why a reply cannot be used."""

    MISSING = 0
    MALFORMED = 1


class Transaction(NamedTuple):
    """A command on its way, and what its good reply looks like."""

    request: Request
    good_header: bytes
    read_octets: int

    def judge(self, reply: bytes | None) -> bytes | rmap.Status | Damage:
        """Return the data read (empty for a write), the status of a refusal, or what is wrong with the reply."""
        if reply is None:
            return Damage.MISSING
        if reply.startswith(self.good_header):
            data = reply[12:-1]
            if self.read_octets == 0 and len(reply) == 8:
                return b""
            if self.read_octets and len(data) == self.read_octets and rmap.crc8(data) == reply[-1]:
                return data
            return Damage.MALFORMED
        return self._judge_refusal(reply)

    def _judge_refusal(self, reply: bytes) -> rmap.Status | Damage:
        try:
            parsed = rmap.parse_reply(reply)
        except rmap.RmapError:
            return Damage.MALFORMED
        mine = int.from_bytes(self.good_header[5:7], "big")
        if parsed.transaction != mine or parsed.status == rmap.Status.SUCCESS:
            return Damage.MALFORMED
        try:
            return rmap.Status(parsed.status)
        except ValueError:
            return Damage.MALFORMED


class Initiator:
    """Numbers and builds the commands of one initiator for the three boards."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._address = FLIGHT_INITIATOR if port == FLIGHT else BENCH_INITIATOR
        self._next = [0, 0, 0]

    def read(self, board: int, address: int, octets: int, *, incrementing: bool = True) -> Transaction:
        """Build a read of registers (incrementing) or of a FIFO window."""
        instruction = rmap.INCREMENTING if incrementing else 0
        header, good_header = self._headers(board, instruction, address, octets)
        return Transaction(Request(board, self._port, True, header), good_header, octets)

    def write(self, board: int, address: int, octets: bytes, *, incrementing: bool = True) -> Transaction:
        """Build a write of registers (incrementing) or to a FIFO window."""
        instruction = rmap.WRITE | rmap.INCREMENTING if incrementing else rmap.WRITE
        header, good_header = self._headers(board, instruction, address, len(octets))
        packet = header + rmap.with_crc(octets)
        return Transaction(Request(board, self._port, True, packet), good_header, 0)

    def _headers(self, board: int, instruction: int, address: int, length: int) -> tuple[bytes, bytes]:
        """Headers of the next command to a board and of its good reply."""
        number = self._next[board]
        self._next[board] = number + 1 if number < LAST_TRANSACTION else 0
        transaction = number.to_bytes(2, "big")
        command, reply = _numbered(
            FIRST_TARGET[self._port] + board, self._address, instruction, address, length
        )
        return command.octets(transaction), reply.octets(transaction)


@lru_cache(maxsize=256)
def _numbered(
    target: int, initiator: int, instruction: int, address: int, length: int
) -> tuple[rmap.NumberedHeader, rmap.NumberedHeader]:
    instruction |= rmap.COMMAND | rmap.ASKS_REPLY
    return (
        rmap.numbered_command(target, initiator, instruction, address, length),
        rmap.numbered_reply(initiator, target, instruction, rmap.Status.SUCCESS, length),
    )
