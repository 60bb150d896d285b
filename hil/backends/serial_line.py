# SPDX-License-Identifier: Apache-2.0
"""One board at the end of one serial line: commands, and what becomes of them where the line is bad or the board is pulled.

A board answers in order, whatever port it is asked on. So whether a reply that did not come is still to come is never
guessed from a clock: the line asks the board for its identity, and when that comes first, no reply is coming. The wall clock
only says when to ask, and when to give up.

What the line does to a packet of the flight port is for flight software to cope with: no reply is None. The bench's own
commands are repeated until they are answered; a grant of time is repeated only if the board has not lived it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from flatsat.boards.firmware import windows
from flatsat.boards.registers import power_stimulus
from flatsat.protocols import rmap

from ..bench_file import Place, Policies, Reset, Restarted
from .line_errors import BoardRestarted, BoardSilent, PortAbsent, PortForbidden, PortLost, WrongBoard
from .line_packets import LOOK, READ, Look, good_reply, reaches, was_damaged, word_read
from .packet_line import BENCH_INITIATOR, MAPS, PacketLine
from .port import POWER, STIMULUS, Request

ATTEMPTS = 8
"""How often a command of the bench is sent to a board that answers others meanwhile."""

_TIME_NOW = power_stimulus.TIME_NOW.address
_HALF = 1 << 31
_MODULO = (1 << 32) - 1
_REOPEN_S = 0.05

Tell = Callable[[str], None]
Run = Callable[[tuple[str, ...]], str]


class BoardLine(PacketLine):
    """Talks to one board.

    Args:
        tell: takes a line for people.
        run: runs a command of the bench file.

    Attributes:
        build_id: of the image that answers.
        reopened: how often the port was lost and came back.
    """

    def __init__(self, board: int, url: str, place: Place, policies: Policies, tell: Tell, run: Run) -> None:
        super().__init__(board, url, place, policies)
        self.build_id: int | None = None
        self.reopened = 0
        self._board, self._tell, self._run = board, tell, run
        self._time_target = MAPS[board].TIME_TARGET.address
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

    def _await_port(self, limit_s: float, *, told: bool = False) -> None:
        until_s = time.monotonic() + limit_s
        while True:
            try:
                self._port.open()
            except (PortAbsent, PortForbidden) as error:  # udev gives permission a moment later
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
        self._lost = None
        self._begin()
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
                self._await_port(max(0.0, until_s - time.monotonic()), told=True)
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

    def send(self, request: Request, following: Sequence[Request] = ()) -> None:
        """Put a command on its way; `receive` comes next, and tells what went wrong.

        Reads among those that follow go with it, up to the first command that is none: they change nothing, and may be
        asked again.
        """
        ahead = [] if self._ahead else list(self._reads(following)) if request.reply_due else []
        try:
            if request.port == STIMULUS and self._now_ms is None and self._grants(request.packet):
                self.look()
            if request.packet in self._ahead:
                self._ahead.remove(request.packet)
            else:
                self._write(request.packet, *ahead)
                self._ahead = ahead
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
            if reply is None or was_damaged(request.packet, reply):
                self._forget_ahead()
                reply = self._repeated(request, before_ms)
            self._note(request.packet, reply)
        return reply

    def _reply(self, request: Request) -> bytes | None:
        """The reply, or None once the board has answered a later question."""
        packet = request.packet
        if request.reply_due:
            if packet in self._kept:
                return self._kept.pop(packet)
            reply = self._await(packet, limit_s=self._policies.reply_s, in_turn=True)
            if reply is not None:
                return reply[1]
        command = self._read(0, LOOK.size)
        answered, reply_octets = self._asked(command, packet)
        if answered is packet:
            return reply_octets
        self._forget_ahead()
        self._learn(self._seen(reply_octets).time_now_ms)
        return None

    def _repeated(self, request: Request, before_ms: int) -> bytes:
        """The bench's own command, once more, unless it was a grant that the board has lived."""
        packet, grants = request.packet, self._grants(request.packet)
        for _ in range(ATTEMPTS):
            try:
                if grants and self.look().time_now_ms != before_ms:
                    return good_reply(packet)
                self._write(packet)
                reply = self._reply(request)
            except PortLost as error:
                self._reopen(error)
                continue
            if reply is not None and not was_damaged(packet, reply):
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
            ):  # that one may stop short; the target comes last
                self._learn_target(int.from_bytes(packet[-5:-1], "big"))
        elif packet[2] == READ and reply[4] == self._target and reaches(packet, _TIME_NOW):
            self._learn(word_read(packet, reply, _TIME_NOW))

    def _learn(self, now_ms: int) -> None:
        self._now_ms = self._at_least_ms = now_ms

    def _learn_target(self, target_ms: int) -> None:
        if 0 < (target_ms - self._at_least_ms) & _MODULO < _HALF:
            self._at_least_ms = target_ms
        self._now_ms = self._at_least_ms

    def _grants(self, packet: bytes) -> bool:
        """Whether a command on the stimulus port writes TIME_TARGET."""
        command = packet[2] if len(packet) >= rmap.COMMAND_HEADER_OCTETS else READ
        return command != READ and bool(command & rmap.INCREMENTING) and reaches(packet, self._time_target)

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
