# SPDX-License-Identifier: Apache-2.0
"""Requests to the boards by register name, and a board that is led through its milliseconds."""

import struct

from flatsat.boards.registers import (
    compute_flight,
    compute_stimulus,
    laser_flight,
    laser_stimulus,
    power_flight,
    power_stimulus,
)
from flatsat.hil.backends.port import FLIGHT, POWER, STIMULUS, Request
from flatsat.protocols import rmap

MAPS = [[power_flight, power_stimulus], [compute_flight, compute_stimulus], [laser_flight, laser_stimulus]]


def request(board, port, packet):
    return Request(board, port, rmap.reply_due(packet), packet)


def read(board, port, address, length, number=1):
    target = (0x60 if port else 0x40) + board
    return request(board, port, rmap.read_command(target, 0x20 + port, number, address, length))


def write_packet(board, port, address, *words, number=1, incrementing=True):
    octets = struct.pack(f">{len(words)}L", *words)
    target = (0x60 if port else 0x40) + board
    return rmap.write_command(target, 0x20 + port, number, address, octets, incrementing=incrementing)


def write(board, port, address, *words, number=1, incrementing=True):
    return request(
        board, port, write_packet(board, port, address, *words, number=number, incrementing=incrementing)
    )


def words(reply):
    data = rmap.parse_reply(reply).octets
    return list(struct.unpack(f">{len(data) // 4}L", data))


class Board:
    """One board of a back end, with power, led by the names of its words."""

    def __init__(self, back_end, board):
        self._back_end, self._board = back_end, board
        self.now = 0
        if board != POWER:
            self.put(POWERED=1)

    def _address(self, port, name):
        return getattr(MAPS[self._board][port], name).address

    def exchange(self, port, packet):
        return self._back_end.exchange([request(self._board, port, packet)])[0]

    def _write(self, port, name, value):
        packet = write_packet(self._board, port, self._address(port, name), value)
        assert rmap.parse_reply(self.exchange(port, packet)).status == 0

    def command(self, **values):
        """Write words of the flight port, in this order."""
        for name, value in values.items():
            self._write(FLIGHT, name, value)

    def put(self, **values):
        """Write words of the stimulus port, in this order."""
        for name, value in values.items():
            self._write(STIMULUS, name, value)

    def live(self, milliseconds):
        """Grant time; a stop before its end is for the caller to see."""
        self.now += milliseconds
        self.put(TIME_TARGET=self.now % 2**32)

    def flight(self, name):
        return self._word(FLIGHT, name)

    def stimulus(self, name):
        return self._word(STIMULUS, name)

    def _word(self, port, name):
        reply = self._back_end.exchange([read(self._board, port, self._address(port, name), 4)])[0]
        return words(reply)[0]

    def stopped(self):
        """Take the causes of a stop: what they were, and that they are gone."""
        causes = self.stimulus("STOP_CAUSE")
        self.put(STOP_CAUSE=0)
        return causes
