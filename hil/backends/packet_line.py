# SPDX-License-Identifier: Apache-2.0
"""RMAP packets in SLIP on one serial line: commands out, their replies in, and the bench's own questions to the board."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence

from flatsat.boards.register import Window
from flatsat.boards.registers import compute_stimulus, laser_stimulus, power_stimulus
from flatsat.protocols import rmap, slip

from ..bench_file import Place, Policies
from .line_errors import BoardSilent, LineError, WrongBoard
from .line_packets import LOOK, READ, Look, answers, was_damaged
from .port import BOARDS, Request
from .serial_port import SerialPort

MAPS = (power_stimulus, compute_stimulus, laser_stimulus)
HOUSEKEEPING, LAST_TRANSACTION = 0xF000, 0xFFFF
BENCH_INITIATOR = 0x21


class PacketLine:
    """The line to one board.

    Args:
        board: its place in BOARDS.
        place: the line, as the bench file has it; `url` is where it is.

    Attributes:
        strays: packets that were no reply to anything asked.
    """

    def __init__(self, board: int, url: str, place: Place, policies: Policies) -> None:
        self.name, self.url = BOARDS[board], url
        self.strays = 0
        self._place, self._policies = place, policies
        self._target = MAPS[board].LOGICAL_ADDRESS
        self._port = SerialPort(self.name, url, baud=place.baud, write_s=policies.write_s)
        self._decoder = slip.Decoder()
        self._inbox: deque[bytes] = deque()
        self._ahead: list[bytes] = []  # reads under way that are not awaited yet
        self._kept: dict[bytes, bytes] = {}  # and their replies
        self._next = HOUSEKEEPING

    def close(self) -> None:
        """Let the port go; safe to call twice."""
        self._port.close()

    def look(self) -> Look:
        """Who answers, and its time.

        Raises:
            BoardSilent: nobody does.
            WrongBoard: not as a board of this project does.
        """
        return self._seen(self._ask(self._read(0, LOOK.size)))

    # housekeeping --------------------------------------------------------------------------------------

    def _read(self, address: int, octets: int, *, incrementing: bool = True) -> bytes:
        number = self._number()
        return rmap.read_command(
            self._target, BENCH_INITIATOR, number, address, octets, incrementing=incrementing
        )

    def _number(self) -> int:
        number = self._next
        self._next = number + 1 if number < LAST_TRANSACTION else HOUSEKEEPING
        return number

    def _window(self, window: Window, word: int | None = None) -> bytes:
        """Read one of the windows that a board on a line has for its bench, or write its word."""
        if word is None:
            reply = self._ask(self._read(window.address, window.octets, incrementing=False))
        else:
            octets = word.to_bytes(4, "big")
            reply = self._ask(
                rmap.write_command(
                    self._target, BENCH_INITIATOR, self._number(), window.address, octets, incrementing=False
                )
            )
        parsed = rmap.parse_reply(reply)
        if parsed.status:
            raise self._error(
                WrongBoard,
                f"refuses {window.name} with status {parsed.status}; flash an image for a serial line",
            )
        return parsed.octets

    def _ask(self, command: bytes) -> bytes:
        return self._asked(command)[1]

    def _asked(self, command: bytes, *others: bytes) -> tuple[bytes, bytes]:
        """Send a command that may be sent often until it, or one of those sent before, is answered."""
        wait_s, left_s = self._policies.reply_s, self._policies.silent_s
        while left_s > 0:
            self._write(command)
            found = self._await(command, *others, limit_s=min(wait_s, left_s))
            if found is not None and not (found[0] is command and was_damaged(*found)):
                return found
            left_s -= wait_s
            wait_s *= 2  # a board that is slow is not to be flooded
        raise self._error(
            BoardSilent,
            f"has not answered for {self._policies.silent_s:g} s; reset it, and check baud and image",
        )

    def _seen(self, reply: bytes) -> Look:
        octets = rmap.parse_reply(reply).octets
        if len(octets) != LOOK.size:
            raise self._error(
                WrongBoard, f"{self._who_else()} answers there; check the urls in the bench file"
            )
        return Look(*LOOK.unpack(octets))

    def _who_else(self) -> str:
        """Whose addresses the board at the end of the line answers to."""
        for layout in MAPS:
            command = rmap.read_command(layout.LOGICAL_ADDRESS, BENCH_INITIATOR, self._number(), 0, 4)
            letters = rmap.parse_reply(self._ask(command)).octets
            if letters:
                return repr(letters.decode("ascii", "replace"))
        return "a board that does not tell who it is"

    # octets --------------------------------------------------------------------------------------------

    def _write(self, *packets: bytes) -> None:
        octets, burst = b"".join(map(slip.encode, packets)), self._place.burst_octets
        if not burst:
            self._port.write(octets)
            return
        for start in range(0, len(octets), burst):
            self._port.write(octets[start : start + burst])
            time.sleep(self._place.burst_gap_s)

    def _await(self, *commands: bytes, limit_s: float, in_turn: bool = False) -> tuple[bytes, bytes] | None:
        """The first reply to one of the commands, with that command; None when none comes in time.

        Args:
            in_turn: give up when what was asked later is answered.
        """
        until_s = time.monotonic() + limit_s
        inbox = self._inbox
        while True:
            while inbox:
                reply = inbox.popleft()
                for command in commands:
                    if answers(command, reply):
                        return command, reply
                later = next((command for command in self._ahead if answers(command, reply)), None)
                if later is None:
                    self.strays += 1
                    continue
                self._kept[later] = reply
                if in_turn:
                    return None
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return None
            inbox.extend(
                packet
                for packet in self._decoder.receive(self._port.read(left_s))
                if isinstance(packet, bytes)
            )

    def _error(self, kind: type[LineError], told: str) -> LineError:
        return kind(self.name, self.url, told)

    def _reads(self, following: Sequence[Request]) -> Iterator[bytes]:
        for request in following[: self._place.reads_ahead]:
            if not request.reply_due or request.packet[2] != READ:
                return
            yield request.packet

    def _forget_ahead(self) -> None:
        """What was asked ahead is asked again in its turn: it may have been answered before a command that has to be repeated."""
        self._ahead = []
        self._kept = {}

    def _begin(self) -> None:
        """Nothing is under way on a line that was just opened."""
        self._decoder = slip.Decoder()
        self._inbox.clear()
        self._forget_ahead()
        self._port.write(slip.END)  # what noise left in the board's decoder ends here
