# SPDX-License-Identifier: Apache-2.0
"""The trace of a run: what crossed the boards' ports and left the optical pin, and its hash.

Four streams. A packet record of `power`, `compute` or `laser` is port (1 octet: 0 flight, 1 stimulus), direction (1: 0 to the
board, 1 from it), board time in ms (4, big-endian), length (4), octets; a record of `optical` is starting millisecond (4),
length (4), octets. Each stream is hashed with SHA-256; `trace_sha256` is the hex SHA-256 of the four digests in that order.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import NamedTuple

STREAMS = ("power", "compute", "laser", "optical")
OPTICAL = 3
TO_BOARD, FROM_BOARD = 0, 1

_PACKET = struct.Struct(">BBLL")
_OPTICAL = struct.Struct(">LL")


class PacketRecord(NamedTuple):
    """One packet that crossed a board's port."""

    port: int
    direction: int
    board_time_ms: int
    octets: bytes


class Trace:
    """Collects the records of the running cycle, and hashes those of the cycles that are recorded."""

    def __init__(self) -> None:
        self._digests = [hashlib.sha256() for _ in STREAMS]
        self._pending: list[list[bytes]] = [[] for _ in STREAMS]

    def packet(self, board: int, port: int, direction: int, time_ms: int, octets: bytes) -> None:
        """Record one packet, as SLIP leaves it."""
        self._pending[board].append(_PACKET.pack(port, direction, time_ms, len(octets)) + octets)

    def optical(self, start_ms: int, octets: bytes) -> None:
        """Record one CADU as it left the pin."""
        self._pending[OPTICAL].append(_OPTICAL.pack(start_ms, len(octets)) + octets)

    def take(self) -> list[bytes]:
        """Return each stream's records since the last call; they count once `count` is told of them."""
        taken = [b"".join(pending) for pending in self._pending]
        for pending in self._pending:
            pending.clear()
        return taken

    def count(self, taken: list[bytes]) -> None:
        """Count records into the hash, once they are recorded."""
        for digest, octets in zip(self._digests, taken, strict=True):
            digest.update(octets)

    def sha256(self) -> str:
        """Return `trace_sha256` of all that has been counted."""
        return combined_sha256([digest.digest() for digest in self._digests])


def combined_sha256(digests: list[bytes]) -> str:
    """Combine the four streams' digests, in the order of STREAMS."""
    return hashlib.sha256(b"".join(digests)).hexdigest()


def packet_records(octets: bytes) -> Iterator[PacketRecord]:
    """Split a board stream's octets into its records."""
    offset = 0
    while offset < len(octets):
        port, direction, time_ms, length = _PACKET.unpack_from(octets, offset)
        offset += _PACKET.size
        yield PacketRecord(port, direction, time_ms, octets[offset : offset + length])
        offset += length


def optical_records(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Split the optical stream's octets into (starting millisecond, CADU)."""
    offset = 0
    while offset < len(octets):
        start_ms, length = _OPTICAL.unpack_from(octets, offset)
        offset += _OPTICAL.size
        yield start_ms, octets[offset : offset + length]
        offset += length
