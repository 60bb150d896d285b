# SPDX-License-Identifier: Apache-2.0
"""Transfer frames to channel access data units (CADUs) and back, as a link profile codes them."""

import numpy as np
from numpy.typing import NDArray

from .. import profile as profiles
from ..profile import MARKER, Profile
from . import reed_solomon
from .crc16 import crc16
from .galois import Octets
from .randomizer import randomize, sequence


def encode_cadus(frames: Octets, profile: Profile) -> Octets:
    """CADUs [n, cadu_octets] of frames [n, frame octets]: marker, then the randomized codeblock."""
    length = profile.frame.length_octets
    _check(frames, length)
    marker = len(MARKER)
    cadus = np.empty((len(frames), profile.cadu_octets), np.uint8)
    cadus[:, :marker] = np.frombuffer(MARKER, np.uint8)
    cadus[:, marker : marker + length] = frames
    coding = profile.coding
    if coding.interleave:
        reed_solomon.encode_in_place(cadus, marker, length, coding.interleave, coding.basis)
    cadus[:, marker:] ^= sequence(coding.randomizer, profile.codeblock_octets)
    return cadus


def encode_cadu(frame: bytes, profile: Profile | None = None) -> bytes:
    """CADU of one frame, by default of profile oisl-1-clear."""
    return encode_cadus(np.frombuffer(frame, np.uint8)[None], profile or profiles.load()).tobytes()


def decode_codeblocks(codeblocks: Octets, profile: Profile) -> tuple[Octets, reed_solomon.Corrected]:
    """Frames [n, frame octets] of codeblocks [n, codeblock octets] as they came from the channel.

    Also the symbols corrected in each codeword [n, interleave], -1 where there were too many wrong.
    """
    _check(codeblocks, profile.codeblock_octets)
    coding = profile.coding
    blocks = randomize(codeblocks, coding.randomizer)
    if not coding.interleave:
        return blocks, np.zeros((len(blocks), 0), np.int16)
    corrected = reed_solomon.decode_in_place(blocks, coding.interleave, coding.basis)
    return blocks[:, : profile.frame.length_octets], corrected


def first_codewords(codeblocks: Octets, profile: Profile) -> tuple[Octets, NDArray[np.bool_]]:
    """The first codeword of each of these rows [n, codeblock octets], corrected, and whether it is one.

    Codeword [n, codeblock octets / interleave], its first symbol the first octet of the frame; where there is no
    Reed-Solomon, the frame, and whether its frame error control holds.
    """
    _check(codeblocks, profile.codeblock_octets)
    coding = profile.coding
    if not coding.interleave:
        frames = randomize(codeblocks, coding.randomizer)
        return frames, crc16(frames) == 0
    pseudo_random = sequence(coding.randomizer, profile.codeblock_octets)
    words = codeblocks[:, :: coding.interleave] ^ pseudo_random[:: coding.interleave]
    words = np.ascontiguousarray(words)
    corrected = reed_solomon.decode_in_place(words, 1, coding.basis)
    return words, corrected[:, 0] != reed_solomon.UNCORRECTABLE


def _check(rows: Octets, octets: int) -> None:
    if rows.ndim != 2 or rows.dtype != np.uint8 or rows.shape[1] != octets:
        raise ValueError(f"expected an array [n, {octets}] of uint8, got {rows.dtype} {rows.shape}")
