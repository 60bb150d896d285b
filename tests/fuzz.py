# SPDX-License-Identifier: Apache-2.0
"""Mutated captures, packets and telecommands through the decoder and the flight software: nothing may raise, hang or grow.

A small share is a test (`test_fuzz.py`); `make bench` runs a million.
"""

from __future__ import annotations

import io
import random
import resource
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flatsat.flightsw.parameters import FlightParameters
from flatsat.hil import scenario
from flatsat.hil.backends.port import Options
from flatsat.hil.decoding import Decoding
from flatsat.hil.packet_table import RowReader
from flatsat.hil.packet_writers import CsvWriter
from flatsat.hil.run import Order, fly
from flatsat.protocols import dictionary, profile, pus
from flatsat.protocols.receiver import PacketReceived, Receiver
from flatsat.protocols.space_packet import PRIMARY_HEADER_OCTETS

from .flightsw.conftest import Satellite

CADUS_A_CASE = 2
CASES_A_CAPTURE = 32
CASES_A_SATELLITE = 100
CYCLES_TO_TRACK = 20
WINDOW = struct.Struct(">HH252s")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a target went through.

    Attributes:
        slowest_s: the longest that one call of it took; reached: cases that got past the first gate.
        grown_octets: how much more memory the process held at the end than after the first tenth.
    """

    cases: int
    reached: int
    seconds: float
    slowest_s: float
    grown_octets: int


Case = Callable[[random.Random], tuple[int, int]]
"""Runs some cases; returns how many, and how many of them got past the first gate."""


def run(case: Case, cases: int, seed: int) -> Outcome:
    """Run at least so many cases. Whatever they raise comes through."""
    chance = random.Random(seed)
    done = reached = 0
    slowest_s = 0.0
    early_octets: int | None = None
    started = time.perf_counter()
    while done < cases:
        before = time.perf_counter()
        count, passed = case(chance)
        slowest_s = max(slowest_s, time.perf_counter() - before)
        done += count
        reached += passed
        if early_octets is None and done >= cases // 10:
            early_octets = _held_octets()
    grown = _held_octets() - (early_octets or 0)
    return Outcome(
        cases=done,
        reached=reached,
        seconds=time.perf_counter() - started,
        slowest_s=slowest_s,
        grown_octets=grown,
    )


def _held_octets() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


# ---- mutations


def mutate(octets: bytes, chance: random.Random, times: int) -> bytes:
    """Change octets in one to `times` ways: bits, runs, lengths, order, repetition."""
    mutated = bytearray(octets)
    for _ in range(chance.randint(1, times)):
        if mutated:
            chance.choice(MUTATIONS)(mutated, chance)
    return bytes(mutated)


def _flip_bit(octets: bytearray, chance: random.Random) -> None:
    octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)


def _set_octet(octets: bytearray, chance: random.Random) -> None:
    octets[chance.randrange(len(octets))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))


def _scribble(octets: bytearray, chance: random.Random) -> None:
    start, count = chance.randrange(len(octets)), chance.randint(1, 40)
    octets[start : start + count] = chance.randbytes(min(count, len(octets) - start))


def _cut(octets: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(octets))
    del octets[start : start + chance.randint(1, 16)]


def _truncate(octets: bytearray, chance: random.Random) -> None:
    del octets[chance.randrange(len(octets)) :]


def _insert(octets: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(octets) + 1)
    octets[start:start] = chance.randbytes(chance.randint(1, 16))


def _repeat(octets: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(octets))
    piece = octets[start : start + chance.randint(1, 64)]
    octets[start:start] = piece


def _swap(octets: bytearray, chance: random.Random) -> None:
    first, second = chance.randrange(len(octets)), chance.randrange(len(octets))
    octets[first], octets[second] = octets[second], octets[first]


MUTATIONS = (_flip_bit, _set_octet, _scribble, _cut, _truncate, _insert, _repeat, _swap)


# ---- targets


def flown() -> bytes:
    """A capture of a short flight on the twin."""
    wanted = scenario.load("ci-120")
    with tempfile.TemporaryDirectory() as folder:
        order = Order(
            scenario=wanted,
            back_end="twin",
            seed=1,
            folder=Path(folder, "run"),
            options=Options(verbose=False),
        )
        fly(order, lambda done_s: None)
        return Path(folder, "run", "downlink.cadu").read_bytes()


def captures(capture: bytes) -> Case:
    """Streams of CADUs, each case one mutated piece, through everything that `flatsat decode --why --format csv` does."""
    link = profile.load(profile.DEFAULT)
    cadus = [capture[at : at + link.cadu_octets] for at in range(0, len(capture), link.cadu_octets)]
    known = dictionary.load()
    written = io.StringIO()
    decoding = Decoding(link, known, lambda line: None)
    decoding.add(CsvWriter(written, known))

    def case(chance: random.Random) -> tuple[int, int]:
        before = decoding.tally.frames_rejected
        pieces = []
        for _ in range(CASES_A_CAPTURE):
            first = chance.randrange(len(cadus))
            pieces.append(mutate(b"".join(cadus[first : first + CADUS_A_CASE]), chance, 4))
        decoding.take(b"".join(pieces))
        written.seek(0)
        written.truncate()
        return CASES_A_CAPTURE, decoding.tally.frames_rejected - before

    return case


def packets(capture: bytes) -> Case:
    """Packets as a receiver hands them on: of version 0 and whole by their own length, whatever else they hold."""
    link = profile.load(profile.DEFAULT)
    receiver = Receiver(link)
    events = [*receiver.receive(capture), *receiver.close()]
    corpus = [event for event in events if isinstance(event, PacketReceived) and event.is_complete]
    known = dictionary.load()
    reader = RowReader(known)
    writer = CsvWriter(written := io.StringIO(), known)

    def case(chance: random.Random) -> tuple[int, int]:
        packet = chance.choice(corpus)
        octets = mutate(packet.octets, chance, 4)
        if len(octets) <= PRIMARY_HEADER_OCTETS:
            return 1, 0
        length = len(octets) - PRIMARY_HEADER_OCTETS - 1
        octets = (
            bytes([octets[0] & 0x1F])
            + octets[1:4]
            + length.to_bytes(2, "big")
            + octets[PRIMARY_HEADER_OCTETS:]
        )
        row = reader.row(
            PacketReceived(
                offset=0,
                spacecraft_id=packet.spacecraft_id,
                vcid=packet.vcid,
                octets=octets,
                extent=packet.extent,
                corrected=False,
                after_gap=False,
            )
        )
        writer.write(row)
        written.seek(0)
        written.truncate()
        return 1, row.definition is not None

    return case


def telecommands() -> Case:
    """Uplink blocks of mutated telecommands, half of them with a right error control, through board and flight software."""
    corpus = list(_examples())
    satellite: Satellite | None = None
    heard = 0

    def case(chance: random.Random) -> tuple[int, int]:
        nonlocal satellite, heard
        if satellite is None or heard % CASES_A_SATELLITE == 0:
            satellite = Satellite(FlightParameters())
            satellite.run(CYCLES_TO_TRACK)
        heard += 1
        octets = mutate(chance.choice(corpus), chance, 3)
        if chance.random() < 0.8:
            octets = _made_whole(octets, heard)
        octets = octets[:252] or b"\0"
        satellite.hear(WINDOW.pack(heard % 0xFFFF, len(octets), octets))
        satellite.run(1)
        return 1, pus.request(octets) is not None

    return case


def _examples() -> Iterator[bytes]:
    """Every telecommand of the dictionary, with the lowest, highest and a middle value of its arguments."""
    known = dictionary.load()
    for count, definition in enumerate(known.telecommands.values()):
        for filling in (b"\0", b"\1", b"\x7f", b"\xff"):
            for octets in (0, 1, 4, 8, 16):
                function = b"" if definition.function is None else bytes([definition.function])
                header = pus.TelecommandHeader(service=definition.service, subtype=definition.subtype)
                yield pus.Telecommand(
                    apid=known.telecommand_apid,
                    sequence_count=count,
                    header=header,
                    data=function + b"\1" + filling * octets,
                ).encode()


def _made_whole(octets: bytes, sequence_count: int) -> bytes:
    """With the lengths, sequence count and error control of a telecommand, so that what it asks for is looked at."""
    import binascii

    body = octets[PRIMARY_HEADER_OCTETS:-2][:240].ljust(6, b"\0")
    head = struct.pack(">HHH", 0x1820, 0xC000 | sequence_count & 0x3FFF, len(body) + 1)
    return head + body + binascii.crc_hqx(head + body, 0xFFFF).to_bytes(2, "big")
