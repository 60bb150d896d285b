# SPDX-License-Identifier: Apache-2.0
"""Decoding in pieces: rows, reasons and counts do not depend on how the input was cut; memory does not grow with it."""

import random
import tracemalloc
from itertools import pairwise

import pytest
from flatsat.hil.capture import Mark
from flatsat.hil.decoding import HEAD_OCTETS, Decoding
from flatsat.hil.packet_table import Row
from hypothesis import given, settings
from hypothesis import strategies as st

from .telemetry import DICTIONARY, LINK, TAI_MS, cadus, packet

PACKETS = [packet("power_hk", TAI_MS + 1000 * n, sequence=n) for n in range(60)]
SENT = cadus(PACKETS)


class Rows:
    """A port that keeps what it is given."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.closed = False

    def write(self, row: Row) -> None:
        self.rows.append(row)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def decoded(pieces: list[bytes | Mark]) -> tuple[list[Row], list[str], dict]:
    port, reasons = Rows(), []
    decoding = Decoding(LINK, DICTIONARY, reasons.append)
    decoding.add(port)
    for piece in pieces:
        decoding.take(piece)
    decoding.close()
    assert port.closed
    return port.rows, reasons, decoding.tally.summary(decoding.octets)


def damaged(rng: random.Random) -> bytes:
    stream = b""
    for cadu in SENT:
        wound, at = (
            rng.choice(["none", "none", "drop", "noise", "burst", "bit", "lost"]),
            rng.randrange(len(cadu)),
        )
        if wound == "drop":
            cadu = cadu[:at] + cadu[at + rng.randint(1, 9) :]
        elif wound == "noise":
            cadu = rng.randbytes(rng.randint(1, 2000)) + cadu
        elif wound == "burst":
            cadu = cadu[:at] + rng.randbytes(200) + cadu[at + 200 :]
        elif wound == "bit":
            cadu = cadu[:at] + bytes([cadu[at] ^ 1]) + cadu[at + 1 :]
        elif wound == "lost":
            continue
        stream += cadu
    return stream[: len(stream) - rng.randrange(1000)]


@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 12_000), max_size=5))
@settings(max_examples=25, deadline=None)
def test_rows_reasons_and_counts_do_not_depend_on_the_cuts(seed: int, cuts: list[int]) -> None:
    octets = damaged(random.Random(seed))
    bounds = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    whole = decoded([octets])
    assert decoded([octets[begin:end] for begin, end in pairwise(bounds)]) == whole
    assert {row.received.octets for row in whole[0]} <= set(PACKETS)


def test_cut_into_single_octets() -> None:
    octets = b"noise" + b"".join(SENT[:2])
    assert decoded([octets[at : at + 1] for at in range(len(octets))]) == decoded([octets])


def test_an_input_that_starts_again_is_counted_on() -> None:
    octets = b"".join(SENT[:3])
    rows, reasons, counts = decoded([octets, Mark.PAUSE, octets[:1000], Mark.RESTART, octets])
    once = decoded([octets])
    assert [row.received.octets for row in rows] == 2 * [row.received.octets for row in once[0]]
    assert counts["octets"] == 2 * len(octets) + 1000
    assert counts["virtual_channels"][0]["lost"] == 0
    assert sum("input ends within a frame" in reason for reason in reasons) == 1


@pytest.mark.parametrize("content", ["signal", "noise"])
def test_memory_does_not_grow_with_the_input(content: str) -> None:
    decoding = Decoding(LINK, DICTIONARY, None)
    rng = random.Random(1)

    def megabyte() -> bytes:
        return b"".join(SENT) * 160 if content == "signal" else rng.randbytes(1 << 20)

    for _ in range(2):
        decoding.take(megabyte())
    tracemalloc.start()
    try:
        decoding.take(megabyte())
        after_one = tracemalloc.get_traced_memory()[0]
        for _ in range(4):
            decoding.take(megabyte())
        after_five = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after_five - after_one < 200_000
    assert len(decoding._head) <= HEAD_OCTETS
