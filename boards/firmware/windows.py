# SPDX-License-Identifier: Apache-2.0
"""What a board of firmware has on its stimulus port beside the register map, because all it has is a serial line."""

from struct import Struct

from ..register import Window

RESET_WORD = 0x52534554  # RSET

OPTICAL_FIFO = Window(
    name="OPTICAL_FIFO", address=0x2000, octets=1288, writable=False,
    description="The oldest CADU that has left the optical pin: sequence (16 bits, never 0), length (16 bits), "
    "starting millisecond (32 bits), CADU, a zero octet. All zero while there is none.",
)  # fmt: skip
OPTICAL_LEVEL = Window(
    name="OPTICAL_LEVEL", address=0x2800, octets=4, writable=False,
    description="CADUs held in bits 7:0, at most 8; lost because 8 were held in bits 15:8, at most 255.",
)  # fmt: skip
RESET = Window(
    name="RESET", address=0x3000, octets=4, writable=True,
    description="The word RSET is answered, then the board is as after power-on; any other is refused.",
)  # fmt: skip
OPTICAL_RELEASE = Window(
    name="OPTICAL_RELEASE", address=0x3800, octets=4, writable=True,
    description="The sequence of the oldest CADU held lets it go; any other number does nothing.",
)  # fmt: skip

WINDOWS = (OPTICAL_FIFO, OPTICAL_LEVEL, RESET, OPTICAL_RELEASE)

_ENTRY = Struct(">HHI")


def parse_entry(octets: bytes) -> tuple[int, int, bytes] | None:
    """Sequence, starting millisecond and CADU of what OPTICAL_FIFO shows; None when it is empty."""
    sequence, length, start_ms = _ENTRY.unpack_from(octets)
    if not sequence:
        return None
    return sequence, start_ms, octets[_ENTRY.size : _ENTRY.size + length]
