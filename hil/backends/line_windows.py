# SPDX-License-Identifier: Apache-2.0
"""Windows of the stimulus port that a board on a serial line has for its bench."""

from __future__ import annotations

import struct

from flatsat.boards.register import Window

RESET = Window(name="RESET", address=0x3000, octets=4, writable=True, description="")
OPTICAL_LEVEL = Window(name="OPTICAL_LEVEL", address=0x2800, octets=4, writable=False, description="")
OPTICAL_FIFO = Window(name="OPTICAL_FIFO", address=0x2000, octets=1288, writable=False, description="")
OPTICAL_RELEASE = Window(name="OPTICAL_RELEASE", address=0x3800, octets=4, writable=True, description="")
RESET_WORD = 0x52534554

_ENTRY = struct.Struct(">HHL")


def parse_entry(octets: bytes) -> tuple[int, int, bytes] | None:
    sequence, length, start_ms = _ENTRY.unpack_from(octets)
    return (sequence, start_ms, octets[_ENTRY.size : _ENTRY.size + length]) if length else None
