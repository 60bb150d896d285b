# SPDX-License-Identifier: Apache-2.0
"""Command packets for the laser board's map, and the status that boards/README.md section 1 gives each of them."""

import random

from flatsat.protocols import rmap

FLIGHT, STIMULUS, OTHER = 0x42, 0x62, 0x41
FLIGHT_WRITABLE, FLIGHT_END = 0x34, 0x48
STIMULUS_WRITABLE, STIMULUS_END = 0x1C, 0x2C
TX_FIFO, TX_FIFO_OCTETS = 0x1000, 1120
RX_FIFO, RX_FIFO_OCTETS = 0x1800, 256
UPLINK, UPLINK_OCTETS = 0x1000, 256
INITIATOR, NUMBER = 0x21, 0x1234


def read(address: int, length: int, target: int = FLIGHT, **fields) -> bytes:
    return rmap.read_command(target, INITIATOR, NUMBER, address, length, **fields)


def write(address: int, octets: bytes, target: int = FLIGHT, **fields) -> bytes:
    return rmap.write_command(target, INITIATOR, NUMBER, address, octets, **fields)


def modify(address: int, value: bytes, mask: bytes) -> bytes:
    return rmap.read_modify_write_command(FLIGHT, INITIATOR, NUMBER, address, value, mask)


def header(**changes: int) -> bytes:
    """A write header of one word with some octets changed and its CRC right, then data and CRC."""
    octets = bytearray(write(FLIGHT_WRITABLE, bytes(4))[:15])
    for place, octet in changes.items():
        octets[int(place.removeprefix("at_"))] = octet
    return bytes(octets) + bytes((rmap.crc8(bytes(octets)),)) + bytes(5)


def damaged(packet: bytes, place: int) -> bytes:
    return packet[:place] + bytes((packet[place] ^ 0x10,)) + packet[place + 1 :]


FRAME = (5).to_bytes(2, "big") + (1115).to_bytes(2, "big") + random.Random(4).randbytes(1116)
WINDOW = write(TX_FIFO, FRAME, incrementing=False)
BLOCK = (7).to_bytes(2, "big") + (252).to_bytes(2, "big") + random.Random(5).randbytes(252)
UPLINKED = write(UPLINK, BLOCK, STIMULUS, incrementing=False)
RECEIVED = read(RX_FIFO, RX_FIFO_OCTETS, incrementing=False)
WORDS = write(FLIGHT_WRITABLE, bytes.fromhex("0A0B0C00 00000FA5"))
SILENT = None

STATUS = {  # given, expected status
    "fifteen octets": (read(0, 4)[:15], SILENT),
    "header CRC": (damaged(read(0, 4), 15), SILENT),
    "protocol 2": (header(at_1=2), SILENT),
    "a reply": (header(at_2=0x2C), SILENT),
    "no reply asked": (header(at_2=0x64), SILENT),
    "reply address": (header(at_2=0x6D), SILENT),
    "another target": (header(at_0=OTHER), 12),
    "another target before packet type": (header(at_0=OTHER, at_2=0xEC), 12),
    "packet type": (header(at_2=0xEC), 2),
    "verify without write": (header(at_2=0x58), 2),
    "key": (header(at_3=0), 3),
    "modify length before address": (header(at_2=0x5C, at_11=0), 11),
    "verified write of two words": (write(FLIGHT_WRITABLE, bytes(8), verify=True), 9),
    "verified write of a word": (write(FLIGHT_WRITABLE, bytes(4), verify=True), 0),
    "extended address": (header(at_7=1), 10),
    "address bit 31": (header(at_8=0x80), 10),
    "address bit 13": (header(at_10=0x20), 10),
    "unaligned": (header(at_11=0x36), 10),
    "length 0": (header(at_14=0), 10),
    "length 6": (header(at_14=6), 10),
    "length 2^23": (header(at_12=0x80), 10),
    "last word": (read(FLIGHT_END - 4, 4), 0),
    "over the end": (read(FLIGHT_END - 4, 8), 10),
    "read-only word": (write(FLIGHT_WRITABLE - 4, bytes(8)), 10),
    "stimulus map": (write(STIMULUS_WRITABLE, bytes(4), STIMULUS), 0),
    "stimulus map's end": (read(STIMULUS_END, 4, STIMULUS), 10),
    "read of the window": (read(TX_FIFO, TX_FIFO_OCTETS, incrementing=False), 10),
    "window of the stimulus port": (write(TX_FIFO, FRAME, STIMULUS, incrementing=False), 10),
    "window too short": (write(TX_FIFO, FRAME[4:], incrementing=False), 10),
    "window incrementing": (write(TX_FIFO, FRAME), 10),
    "window": (WINDOW, 0),
    "read of the uplink": (read(UPLINK, UPLINK_OCTETS, STIMULUS, incrementing=False), 10),
    "uplink of the flight port": (write(UPLINK, BLOCK, incrementing=False), 10),
    "uplink too short": (write(UPLINK, BLOCK[4:], STIMULUS, incrementing=False), 10),
    "uplink too long": (write(UPLINK, BLOCK + bytes(4), STIMULUS, incrementing=False), 10),
    "uplink incrementing": (write(UPLINK, BLOCK, STIMULUS), 10),
    "uplink verified": (write(UPLINK, BLOCK, STIMULUS, incrementing=False, verify=True), 9),
    "uplink": (UPLINKED, 0),
    "write of the receive window": (write(RX_FIFO, BLOCK, incrementing=False), 10),
    "receive window of the stimulus port": (read(RX_FIFO, RX_FIFO_OCTETS, STIMULUS, incrementing=False), 10),
    "receive window too short": (read(RX_FIFO, RX_FIFO_OCTETS - 4, incrementing=False), 10),
    "receive window too long": (read(RX_FIFO, RX_FIFO_OCTETS + 4, incrementing=False), 10),
    "receive window of 2^16 octets more": (read(RX_FIFO, 0x10000 + RX_FIFO_OCTETS, incrementing=False), 10),
    "receive window's second word": (read(RX_FIFO + 4, RX_FIFO_OCTETS, incrementing=False), 10),
    "receive window beyond 2^13": (read(0x2000 + RX_FIFO, RX_FIFO_OCTETS, incrementing=False), 10),
    "receive window incrementing": (read(RX_FIFO, RX_FIFO_OCTETS), 10),
    "receive window modified": (modify(RX_FIFO, bytes(4), bytes(4)), 10),
    "receive window with data": (RECEIVED + b"\0", 6),
    "receive window": (RECEIVED, 0),
    "early end without CRC": (WORDS[:-1], 5),
    "early end within the data": (WORDS[:19], 5),
    "early end of all data": (WORDS[:16], 5),
    "early end of zeros, whose CRC is right": (write(FLIGHT_WRITABLE, bytes(8))[:-1], 5),
    "too much data": (WORDS + b"\xa5", 6),
    "too much data, CRC still right": (WORDS + b"\0", 6),
    "read with data": (read(0, 4) + b"\0", 6),
    "data CRC": (damaged(WORDS, 20), 4),
    "window's data CRC": (damaged(WINDOW, 600), 4),
    "uplink's data CRC": (damaged(UPLINKED, 200), 4),
    "early end of the uplink": (UPLINKED[:-1], 5),
    "longest packet": (read(0, 4) + bytes(4080), 6),
    "longer than the longest": (read(0, 4) + bytes(4081), SILENT),
}
