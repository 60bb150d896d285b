# SPDX-License-Identifier: Apache-2.0
"""One board at the end of one serial line: RMAP in SLIP, in order, one command under way.

A board answers in order, whatever port it is asked on. So whether a reply that did not come is still to come is never
guessed from a clock: the line asks the board for its identity, and when that comes first, no reply is coming. The wall clock
only says when to ask, and when to give up.

What the line does to a packet of the flight port is for flight software to cope with: no reply is None. The bench's own
commands are repeated until they are answered; a grant of time is repeated only if the board has not lived it.
"""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from flatsat.boards.firmware import windows
from flatsat.boards.register import Window
from flatsat.boards.registers import compute_stimulus, laser_stimulus, power_stimulus
from flatsat.protocols import rmap, slip

from ..bench_file import Place, Policies, Reset, Restarted
from ..errors import BackEndError
from .line_errors import (
    BoardRestarted,
    BoardSilent,
    LineError,
    PortAbsent,
    PortForbidden,
    PortLost,
    WrongBoard,
)
from .port import BOARDS, POWER, STIMULUS, OpticalRecord, Request
from .serial_port import SerialPort

HOUSEKEEPING, LAST_TRANSACTION = 0xF000, 0xFFFF
BENCH_INITIATOR = 0x21
ATTEMPTS = 8
"""How often a command of the bench is sent to a board that answers others meanwhile."""

MAPS = (power_stimulus, compute_stimulus, laser_stimulus)
_LOOK = struct.Struct(">5L")  # BOARD_ID to TIME_NOW
_TIME_NOW = power_stimulus.TIME_NOW.address
_REACH = struct.Struct(">IBH")  # address, data length
_ON_THE_WAY = (
    rmap.Status.EARLY_END_OF_PACKET,
    rmap.Status.TOO_MUCH_DATA,
    rmap.Status.INVALID_DATA_CRC,
)
_HALF = 1 << 31
_MODULO = (1 << 32) - 1
_REOPEN_S = 0.05

Tell = Callable[[str], None]
Run = Callable[[tuple[str, ...]], str]


class Look(NamedTuple):
    """The first words of a board's stimulus map."""

    board_id: int
    map_version: int
    build_id: int
    time_mode: int
    time_now_ms: int


class BoardLine:
    """Talks to one board.

    Args:
        board: its place in BOARDS.
        place: the line, as the bench file has it; `url` is where it is.
        tell: takes a line for people.
        run: runs a command of the bench file.

    Attributes:
        build_id: of the image that answers.
        strays: packets that were no reply to anything asked.
        reopened: how often the port was lost and came back.
    """

    def __init__(self, board: int, url: str, place: Place, policies: Policies, tell: Tell, run: Run) -> None:
        self.name, self.url = BOARDS[board], url
        self.build_id: int | None = None
        self.strays = self.reopened = 0
        self._board, self._place, self._policies, self._tell, self._run = board, place, policies, tell, run
        self._target = MAPS[board].LOGICAL_ADDRESS
        self._time_target = MAPS[board].TIME_TARGET.address
        self._port = SerialPort(self.name, url, baud=place.baud, write_s=policies.write_s)
        self._decoder = slip.Decoder()
        self._inbox: deque[bytes] = deque()
        self._next = HOUSEKEEPING
        self._lost: PortLost | None = None
        self._now_ms: int | None = 0  # None: a grant is answered, and how far it went is not known
        self._at_least_ms = 0

    # the port ------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Take the port, waiting for it, and see who answers.

        Raises:
            LineError: it cannot be had, or another board answers.
        """
        self._await_port(self._policies.absent_s)
        self._identify()

    def close(self) -> None:
        """Let the port go; safe to call twice."""
        self._port.close()

    def _await_port(self, limit_s: float) -> None:
        until_s, told = time.monotonic() + limit_s, False
        while True:
            try:
                self._port.open()
            except (
                PortAbsent,
                PortForbidden,
            ) as error:  # udev sets permissions a moment after the device is there
                left_s = until_s - time.monotonic()
                if left_s <= 0:
                    raise
                if not told and left_s > 1:
                    self._tell(f"{error}; waiting up to {left_s:.0f} s")
                    told = True
                time.sleep(min(_REOPEN_S, left_s))
            else:
                return

    def _identify(self) -> None:
        self._decoder, self._lost = slip.Decoder(), None
        self._inbox.clear()
        self._port.write(slip.END)  # what noise left in the board's decoder ends here
        look = self.look()
        layout = MAPS[self._board]
        if look.board_id != layout.BOARD_ID.reset:
            letters = look.board_id.to_bytes(4, "big").decode("ascii", "replace")
            raise self._error(WrongBoard, f"{letters!r} answers there; check the urls in the bench file")
        if look.map_version != layout.MAP_VERSION.reset:
            raise self._error(
                WrongBoard,
                f"register map {look.map_version}, this flatsat knows {layout.MAP_VERSION.reset}; flash its image",
            )
        if self.build_id not in (None, look.build_id):
            told = f"image {look.build_id:08x} answers where {self.build_id:08x} was; start the run again"
            raise self._error(WrongBoard, told)
        self.build_id = look.build_id
        if (look.time_now_ms - self._at_least_ms) & _MODULO >= _HALF:
            look = self._caught_up(look)
        self._learn(look.time_now_ms)

    def _caught_up(self, look: Look) -> Look:
        """A board that has forgotten the run, at the time where it was: without power, until the next step writes POWERED.

        The power board cannot be: it would have to forget what it fed.
        """
        if self._board == POWER or self._policies.restarted is Restarted.ERROR:
            told = f"has restarted: its time is {look.time_now_ms} ms, it was {self._at_least_ms}; start the run again"
            raise self._error(BoardRestarted, told)
        octets = self._at_least_ms.to_bytes(4, "big")
        self._ask(
            rmap.write_command(self._target, BENCH_INITIATOR, self._number(), self._time_target, octets)
        )
        self._tell(f"{self.name} board on {self.url}: has restarted; it goes on as after a loss of its power")
        return look._replace(time_now_ms=self._at_least_ms)

    def _reopen(self, error: PortLost) -> None:
        self._port.close()
        if not self._policies.unplugged_s:
            raise error
        limit_s = self._policies.unplugged_s
        self._tell(f"{error}; waiting up to {limit_s:g} s")
        until_s = time.monotonic() + limit_s
        while True:
            try:
                self._await_port(max(0.0, until_s - time.monotonic()))
                self._identify()
            except PortAbsent:
                raise error from None
            except PortLost:  # not yet steady
                if time.monotonic() >= until_s:
                    raise
                time.sleep(_REOPEN_S)
            else:
                break
        self.reopened += 1
        self._tell(f"{self.name} board on {self.url}: is back; the run goes on")

    # commands ------------------------------------------------------------------------------------------

    def send(self, request: Request) -> None:
        """Put a command on its way; `receive` comes next, and tells what went wrong."""
        try:
            if request.port == STIMULUS and self._now_ms is None and self._grants(request.packet):
                self.look()
            self._write(request.packet)
        except PortLost as error:
            self._lost = error

    def receive(self, request: Request) -> bytes | None:
        """The reply to the command sent last; None where none is due, or one on the flight port was lost.

        Raises:
            LineError: the board cannot be talked to any more.
        """
        before_ms = self._at_least_ms
        try:
            if self._lost:
                raise self._lost
            reply = self._reply(request)
        except PortLost as error:
            self._reopen(error)
            reply = None
        if request.port == STIMULUS and request.reply_due:
            if reply is None or self._was_damaged(request.packet, reply):
                reply = self._repeated(request, before_ms)
            self._note(request.packet, reply)
        return reply

    def look(self) -> Look:
        """Who answers, and its time.

        Raises:
            BoardSilent: nobody does.
            WrongBoard: not as a board of this project does.
        """
        return self._seen(self._ask(self._read(0, _LOOK.size)))

    def _reply(self, request: Request) -> bytes | None:
        """The reply, or None once the board has answered a later question."""
        packet = request.packet
        if request.reply_due:
            reply = self._await(packet, limit_s=self._policies.reply_s)
            if reply is not None:
                return reply[1]
        command = self._read(0, _LOOK.size)
        answered, reply_octets = self._asked(command, packet)
        if answered is packet:
            return reply_octets
        self._learn(self._seen(reply_octets).time_now_ms)
        return None

    def _repeated(self, request: Request, before_ms: int) -> bytes:
        """The bench's own command, once more, unless it was a grant that the board has lived."""
        packet, grants = request.packet, self._grants(request.packet)
        for _ in range(ATTEMPTS):
            try:
                if grants and self.look().time_now_ms != before_ms:
                    return _good_reply(packet)
                self._write(packet)
                reply = self._reply(request)
            except PortLost as error:
                self._reopen(error)
                continue
            if reply is not None and not self._was_damaged(packet, reply):
                return reply
        raise self._error(
            BoardSilent, f"the line damaged one command {ATTEMPTS} times; check cable, ground and baud"
        )

    def _note(self, packet: bytes, reply: bytes) -> None:
        """Learn the board's time from what is asked anyway."""
        if reply[3]:
            return
        if self._grants(packet):
            self._now_ms = None
            if (
                self._board != POWER and packet[2] & rmap.WRITE
            ):  # that alone may stop short; the target comes last
                self._learn_target(int.from_bytes(packet[-5:-1], "big"))
        elif packet[2] == _READ and reply[4] == self._target:
            address, high, low = _REACH.unpack_from(packet, 8)
            if address <= _TIME_NOW and address + (high << 16 | low) >= _TIME_NOW + 4:
                self._learn(int.from_bytes(reply[12 + _TIME_NOW - address :][:4], "big"))

    def _learn(self, now_ms: int) -> None:
        self._now_ms = self._at_least_ms = now_ms

    def _learn_target(self, target_ms: int) -> None:
        if 0 < (target_ms - self._at_least_ms) & _MODULO < _HALF:
            self._at_least_ms = target_ms
        self._now_ms = self._at_least_ms

    def _grants(self, packet: bytes) -> bool:
        """Whether a command on the stimulus port writes TIME_TARGET."""
        if (
            len(packet) < rmap.COMMAND_HEADER_OCTETS
            or not packet[2] & rmap.INCREMENTING
            or packet[2] == _READ
        ):
            return False
        address, high, low = _REACH.unpack_from(packet, 8)
        return bool(address <= self._time_target < address + (high << 16 | low))

    @staticmethod
    def _was_damaged(packet: bytes, reply: bytes) -> bool:
        """Whether the board refused as damaged what was sound here."""
        if reply[3] not in _ON_THE_WAY:
            return False
        try:
            rmap.parse_command(packet)
        except rmap.RmapError:
            return False
        return True

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
            if found is not None and not (found[0] is command and self._was_damaged(*found)):
                return found
            left_s -= wait_s
            wait_s *= 2  # a board that is slow is not to be flooded
        raise self._error(
            BoardSilent,
            f"has not answered for {self._policies.silent_s:g} s; reset it, and check baud and image",
        )

    def _seen(self, reply: bytes) -> Look:
        octets = rmap.parse_reply(reply).octets
        if len(octets) != _LOOK.size:
            raise self._error(
                WrongBoard, f"{self._who_else()} answers there; check the urls in the bench file"
            )
        return Look(*_LOOK.unpack(octets))

    def _who_else(self) -> str:
        """Whose addresses the board at the end of the line answers to."""
        for layout in MAPS:
            command = rmap.read_command(layout.LOGICAL_ADDRESS, BENCH_INITIATOR, self._number(), 0, 4)
            letters = rmap.parse_reply(self._ask(command)).octets
            if letters:
                return repr(letters.decode("ascii", "replace"))
        return "a board that does not tell who it is"

    # octets --------------------------------------------------------------------------------------------

    def _write(self, packet: bytes) -> None:
        octets, burst = slip.encode(packet), self._place.burst_octets
        if not burst:
            self._port.write(octets)
            return
        for start in range(0, len(octets), burst):
            self._port.write(octets[start : start + burst])
            time.sleep(self._place.burst_gap_s)

    def _await(self, *commands: bytes, limit_s: float) -> tuple[bytes, bytes] | None:
        """The first reply to one of the commands, with that command; None when none comes in time."""
        until_s = time.monotonic() + limit_s
        inbox = self._inbox
        while True:
            while inbox:
                reply = inbox.popleft()
                for command in commands:
                    if _answers(command, reply):
                        return command, reply
                self.strays += 1
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

    # reset ---------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Put the board into its power-on state by the means that its bench file names.

        Raises:
            LineError: it cannot be reached, or lives on.
        """
        place, lost = self._place, self._lost
        self._at_least_ms = 0
        if lost:
            self._reopen(lost)
        match place.reset:
            case Reset.REGISTER:
                self._window(windows.RESET, windows.RESET_WORD)
            case Reset.DTR:
                self._port.pulse_dtr(place.dtr_s)
            case Reset.COMMAND:
                self._run(place.reset_command)
            case Reset.POWER:
                self._port.close()
                self._run(place.power_off)
                self._run(place.power_on)
                self._await_port(self._policies.absent_s)
        self.build_id = None
        self._identify()
        if self._now_ms != 0:
            told = f"is at {self._now_ms} ms after its reset by {place.reset.value}; choose another reset in the bench file"
            raise self._error(BoardRestarted, told)


class LaserLine(BoardLine):
    """The laser board, whose light is read from a window, for it has no pin to watch."""

    def __init__(self, board: int, url: str, place: Place, policies: Policies, tell: Tell, run: Run) -> None:
        super().__init__(board, url, place, policies, tell, run)
        self._optical: list[OpticalRecord] = []
        self._taken: int | None = None

    def receive(self, request: Request) -> bytes | None:
        """As any board does; what a grant let out of the pin is fetched before anything else is asked."""
        reply = super().receive(request)
        if request.port == STIMULUS and reply is not None and not reply[3] and self._grants(request.packet):
            self._fetch()
        return reply

    def take_optical(self) -> list[OpticalRecord]:
        """CADUs since the last call."""
        taken, self._optical = self._optical, []
        return taken

    def reset(self) -> None:
        """As any board; nothing is left of the light."""
        super().reset()
        self._optical.clear()
        self._taken = None

    def _caught_up(self, look: Look) -> Look:
        self._taken = None
        return super()._caught_up(look)

    def _fetch(self) -> None:
        while True:
            try:
                level = int.from_bytes(self._window(windows.OPTICAL_LEVEL), "big")
                if level >> 8 & 0xFF:
                    raise BackEndError(
                        "laser board lost light, its optical FIFO was full: its image does not keep boards/README.md"
                    )
                for _ in range(level & 0xFF):
                    self._fetch_one()
            except PortLost as error:
                self._reopen(error)
            else:
                return

    def _fetch_one(self) -> None:
        entry = windows.parse_entry(self._window(windows.OPTICAL_FIFO))
        if entry is None:  # its release was answered on a line that was lost
            return
        sequence, start_ms, cadu = entry
        if sequence != self._taken:
            self._optical.append(OpticalRecord(start_ms, cadu))
            self._taken = sequence
        self._window(windows.OPTICAL_RELEASE, sequence)


_READ = rmap.COMMAND | rmap.ASKS_REPLY | rmap.INCREMENTING


def _answers(command: bytes, reply: bytes) -> bool:
    """Whether a packet is a sound reply to a command."""
    if len(command) < 7 or reply[4:7] != command[:1] + command[5:7] or reply[2] != command[2] & 0x3F:
        return False
    try:
        return rmap.parse_reply(reply).initiator == command[4]
    except rmap.RmapError:
        return False


def _good_reply(packet: bytes) -> bytes:
    """What a board answers to a write that it has done."""
    return rmap.encode_reply(packet[4], packet[0], packet[5] << 8 | packet[6], packet[2], rmap.Status.SUCCESS)
