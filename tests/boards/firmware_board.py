# SPDX-License-Identifier: Apache-2.0
"""Firmware in the place of a twin: the same calls, answered by another program over SLIP."""

import os
import socket
import struct
import subprocess

from flatsat.boards.firmware import windows
from flatsat.boards.twin import TwinBoard
from flatsat.protocols import rmap, slip

from .driver import TABLES, Driver

BUILD_ID = 2  # its place in every map
LIMIT_S = 30.0  # a machine under load; the longest answer takes milliseconds
PROBE_NUMBER = 0xFFFE
HOUSEKEEPING_NUMBER = 0xFFFD
BENCH = 0x21


class FirmwareBoard:
    """A board that is reached through a socket.

    Every packet is followed by a probe, a read that is always answered: what comes before its reply is all that the
    packet got.
    """

    def __init__(self, board, line):
        self._line = line
        line.settimeout(LIMIT_S)
        self._target = TABLES[board, "stimulus"].LOGICAL_ADDRESS
        identity = TABLES[board, "stimulus"].BOARD_ID.reset.to_bytes(4, "big")
        self._probe = slip.encode(rmap.read_command(self._target, BENCH, PROBE_NUMBER, 0, 4))
        instruction = rmap.COMMAND | rmap.ASKS_REPLY | rmap.INCREMENTING
        self._probed = slip.encode(
            rmap.encode_reply(BENCH, self._target, PROBE_NUMBER, instruction, 0, identity)
        )
        self._has_light = board == "laser"

    def send(self, pieces):
        """Send octets in pieces, and look for no answer."""
        for piece in pieces:
            self._line.sendall(piece)

    def receive(self, octets):
        """Send octets and return those that the board sends, up to the reply to the probe that follows them."""
        self._line.sendall(octets + self._probe)
        answer = bytearray()
        while not answer.endswith(self._probed):
            piece = self._line.recv(1 << 16)
            if not piece:
                raise ConnectionResetError(f"the firmware has ended after {octets.hex()}")
            answer += piece
        return bytes(answer[: -len(self._probed)])

    def execute(self, packet):
        replies = slip.Decoder().receive(self.receive(slip.encode(packet)))
        assert len(replies) <= 1
        return replies[0] if replies else None

    def reset(self):
        """Back to the power-on state, over the wire."""
        assert self.ask_reset(windows.RESET_WORD) == 0

    def ask_reset(self, word):
        """Write RESET and return the status."""
        return self._housekeep(windows.RESET, word).status

    def take_optical(self):
        if not self._has_light:
            return []
        taken = []
        while self.level():
            sequence, start_ms, cadu = self.entry()
            taken.append((start_ms, cadu))
            self.release(sequence)
        return taken

    def entry(self):
        """What OPTICAL_FIFO shows."""
        return windows.parse_entry(self._housekeep(windows.OPTICAL_FIFO).octets)

    def release(self, sequence):
        """Write OPTICAL_RELEASE and return the status."""
        return self._housekeep(windows.OPTICAL_RELEASE, sequence).status

    def level(self):
        """What OPTICAL_LEVEL reads."""
        return int.from_bytes(self._housekeep(windows.OPTICAL_LEVEL).octets, "big")

    def _housekeep(self, window, word=None):
        common = self._target, BENCH, HOUSEKEEPING_NUMBER, window.address
        if window.writable:
            packet = rmap.write_command(*common, struct.pack(">L", word), incrementing=False)
        else:
            packet = rmap.read_command(*common, window.octets, incrementing=False)
        return rmap.parse_reply(self.execute(packet))


def start(*command):
    """Run a board whose line is its standard input and output; return the process with its line."""
    ours, theirs = socket.socketpair()
    with theirs:
        environment = {
            **os.environ,
            "ASAN_OPTIONS": "abort_on_error=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, env=environment)
    return process, ours


def twin_of(image):
    """A twin that names the image as its own, so that all octets can be compared."""
    twin = TwinBoard(image.board)
    for port in (twin._core.flight, twin._core.stimulus):
        port.words[BUILD_ID] = port.resets[BUILD_ID] = image.build_id
    return twin


class FirmwareDriver(Driver):
    """Writes and reads firmware by register name."""

    def __init__(self, board, uut):
        super().__init__(board)
        self.twin = uut


def everything(driver):
    """What both ports show, apart from the build identity, and what has left the pin."""
    shown = [driver.words("stimulus"), driver.words("flight"), driver.twin.take_optical()]
    for words in shown[:2]:
        if words:
            words["BUILD_ID"] = None
    return [*shown, driver.rx_fifo() if driver.board == "laser" else None]


def live_through(board, uut, operations, *, look_each_time=True):
    """Twin and firmware give the same replies and show the same, after every operation or at the end."""
    twin, firmware = Driver(board), FirmwareDriver(board, uut)
    assert everything(firmware) == everything(twin)
    for kind, *rest in operations:
        replies = [getattr(driver, kind)(*rest) for driver in (twin, firmware)]
        assert replies[0] == replies[1], (kind, *rest)
        if look_each_time:
            assert everything(firmware) == everything(twin), (kind, *rest)
    assert everything(firmware) == everything(twin)
