# SPDX-License-Identifier: Apache-2.0
"""Writes and reads a twin by register name, through whole RMAP packets."""

import struct
from importlib import import_module

from flatsat.boards.twin import TwinBoard
from flatsat.protocols import rmap

BOARDS = ("power", "compute", "laser")
TABLES = {
    (board, port): import_module(f"flatsat.boards.registers.{board}_{port}")
    for board in BOARDS
    for port in ("flight", "stimulus")
}


class Driver:
    """Writes and reads a twin by register name."""

    def __init__(self, board):
        self.board = board
        self.twin = TwinBoard(board)

    def table(self, port):
        return TABLES[self.board, port]

    def exchange(self, port, command, *arguments, **options):
        packet = command(self.table(port).LOGICAL_ADDRESS, 0x21, 1, *arguments, **options)
        reply = self.twin.execute(packet)
        return None if reply is None else rmap.parse_reply(reply)

    def write(self, port, name, *words):
        address = getattr(self.table(port), name).address
        octets = struct.pack(f">{len(words)}I", *words)
        return self.exchange(port, rmap.write_command, address, octets)

    def grant(self, ms):
        now = self.words("stimulus")["TIME_NOW"]
        return self.write("stimulus", "TIME_TARGET", (now + ms) & 0xFFFFFFFF)

    def push(self, sequence, frame_length=1115, frame=bytes(1115)):
        octets = struct.pack(">HH", sequence, frame_length) + frame + b"\0"
        return self.exchange("flight", rmap.write_command, 0x1000, octets, incrementing=False)

    def uplink(self, sequence, length=252, block=bytes(252)):
        octets = struct.pack(">HH", sequence, length) + block
        return self.exchange("stimulus", rmap.write_command, 0x1000, octets, incrementing=False)

    def rx_fifo(self):
        reply = self.exchange("flight", rmap.read_command, 0x1800, 256, incrementing=False)
        return None if reply is None else reply.octets

    def words(self, port):
        table = self.table(port)
        reply = self.exchange(port, rmap.read_command, 0, table.END)
        if reply is None:
            return None
        words = struct.unpack(f">{table.END // 4}I", reply.octets)
        return dict(zip((register.name for register in table.REGISTERS), words, strict=True))
