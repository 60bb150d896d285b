# SPDX-License-Identifier: Apache-2.0
"""Twin of the laser board (boards/README.md section 5): a grant goes from event to event."""

from collections import deque
from struct import Struct

from ..registers import laser_flight as flight
from ..registers import laser_stimulus as stimulus
from ..registers.laser_flight import LaserState
from .core import MODULO, Port, SwitchedCore

FRAMES_HELD = 4
FRAME_OCTETS = 1115
GAP_MS = 200
BLOCKS_HELD = 4
LONGEST_BLOCK_OCTETS = 252

_WINDOW_HEADER = Struct(">HH")  # sequence, length of the frame or block
_FRAME_AT = _WINDOW_HEADER.size
_NEVER_MS = 1 << 32


class LaserCore(SwitchedCore):
    """Link state, the FIFO of transfer frames and the optical pin, the FIFO of uplink blocks."""

    def __init__(self) -> None:
        super().__init__(flight, stimulus, stimulus.POWERED.index)
        self._optical: list[tuple[int, bytes]] = []
        self._held: deque[bytes] = deque()
        self._blocks: deque[bytes] = deque()
        self._uplink_sequence = 0xFFFF  # of the block last seen: the world's, it survives a loss of power
        self._reset()
        self._flight_actions = {
            flight.LASER_COMMAND.index: self._write_command,
            flight.RX_RELEASE.index: self._release,
        }

    def _reset(self) -> None:
        self._held.clear()
        self._blocks.clear()
        self._overflows = 0
        self._state = LaserState.OFF
        self._timer = 0
        self._gap = GAP_MS
        self._acquisitions = 0

    # registers ---------------------------------------------------------------------------------------

    def _refresh(self, port: Port) -> None:
        words = port.words
        state = self._state | len(self._held) << 4
        if port is self.stimulus:
            words[stimulus.TIME_NOW.index] = self.time_ms
            words[stimulus.LASER_STATE.index] = state
            words[stimulus.FRAMES_SENT.index] = self.flight.words[flight.FRAMES_SENT.index]
            return
        words[flight.TIME_NOW.index] = self.time_ms
        words[flight.RMAP_ERRORS.index] = self.rmap_errors
        received = len(self._blocks) << 12 | self._overflows << 8
        words[flight.STATUS.index] = state | received | self._acquisitions << 16
        words[flight.OPTICAL.index] = self.stimulus.words[stimulus.OPTICAL.index]
        words[flight.TIMER.index] = self._timer
        words[flight.TEMPERATURE.index] = self.stimulus.words[stimulus.TEMPERATURE.index]

    def _write_command(self, word: int) -> None:
        self.flight.words[flight.LASER_COMMAND.index] = word & flight.LASER_COMMAND_ENABLE.mask
        if word == flight.LASER_COMMAND.mask and self._state is LaserState.LOST:
            self._state, self._timer = LaserState.ACQUIRE, 0

    # windows -----------------------------------------------------------------------------------------

    def write_window(self, port: Port, octets: bytes) -> bool:
        """Take a frame into TX_FIFO, or a block from UPLINK; False: it is refused."""
        sequence, length = _WINDOW_HEADER.unpack_from(octets)
        if port is self.stimulus:
            return self._receive(sequence, length, octets)
        return self._take(sequence, length, octets)

    def read_window(self, port: Port) -> bytes:
        """The oldest block held, as it was written; zeros when none is."""
        return self._blocks[0] if self._blocks else bytes(flight.RX_FIFO.octets)

    def _receive(self, sequence: int, length: int, octets: bytes) -> bool:
        if not 0 < length <= LONGEST_BLOCK_OCTETS:
            return False
        if sequence != self._uplink_sequence:
            self._uplink_sequence = sequence
            if self._state is LaserState.TRACK and self._has_light():
                self._hold(octets)
        return True

    def _hold(self, octets: bytes) -> None:
        if len(self._blocks) == BLOCKS_HELD:
            self._overflows = (self._overflows + 1) & 0xF
        else:
            self._blocks.append(octets)

    def _release(self, word: int) -> None:
        self.flight.words[flight.RX_RELEASE.index] = word
        if self._blocks and _WINDOW_HEADER.unpack_from(self._blocks[0])[0] == word:
            self._blocks.popleft()

    def _take(self, sequence: int, length: int, octets: bytes) -> bool:
        words = self.flight.words
        if sequence == words[flight.TX_SEQUENCE.index]:
            return True
        if length != FRAME_OCTETS or len(self._held) == FRAMES_HELD:
            self._count(flight.FRAMES_REFUSED.index)
            return False
        self._held.append(octets[_FRAME_AT : _FRAME_AT + FRAME_OCTETS])
        words[flight.TX_SEQUENCE.index] = sequence
        self._count(flight.FRAMES_TAKEN.index)
        return True

    def _count(self, index: int) -> None:
        self.flight.words[index] = (self.flight.words[index] + 1) & MODULO

    def take_optical(self) -> list[tuple[int, bytes]]:
        """CADUs that have left the pin since the last call, each with its starting millisecond."""
        if not self._optical:
            return []
        from flatsat.protocols import coding  # compiles its kernels on import

        left, self._optical = self._optical, []
        return [(start_ms, coding.encode_cadu(frame)) for start_ms, frame in left]

    # time --------------------------------------------------------------------------------------------

    def _live(self, ms: int) -> int:
        if not self.powered:
            return ms
        light = self._has_light()
        lived_ms = 0
        while lived_ms < ms:
            quiet_ms = min(self._quiet_ms(light), ms - lived_ms)
            if quiet_ms > 0:
                self._pass(quiet_ms, light)
                lived_ms += quiet_ms
            if lived_ms < ms:
                self._millisecond((self.time_ms + lived_ms) & MODULO, light)
                lived_ms += 1
        return ms

    def _has_light(self) -> bool:
        received_power = self.stimulus.words[stimulus.OPTICAL.index] >> 16
        return received_power >= self.flight.words[flight.LIGHT_THRESHOLD.index]

    def _quiet_ms(self, light: bool) -> int:
        """Milliseconds until the first one that does more than count; below 1: the next one does."""
        words = self.flight.words
        if bool(words[flight.LASER_COMMAND.index]) is (self._state is LaserState.OFF):
            return 0
        if self._state is LaserState.ACQUIRE and light:
            return words[flight.ACQUIRE_MS.index] - self._timer - 1
        if self._state is LaserState.TRACK:
            if not light:
                return words[flight.LOSS_MS.index] - self._timer - 1
            if self._held:
                return GAP_MS - self._gap - 1
        return _NEVER_MS

    def _pass(self, ms: int, light: bool) -> None:
        """Let milliseconds pass, at least one, in which the board does nothing but count."""
        self._gap = min(self._gap + ms, GAP_MS)
        if self._state in (LaserState.ACQUIRE, LaserState.TRACK):
            counts = light is (self._state is LaserState.ACQUIRE)
            self._timer = self._timer + ms if counts else 0

    def _millisecond(self, now_ms: int, light: bool) -> None:
        """Live one millisecond as boards/README.md section 5 has it."""
        self._gap = min(self._gap + 1, GAP_MS)
        self._step_state(light)
        if self._state is LaserState.TRACK and light and self._held and self._gap == GAP_MS:
            self._optical.append((now_ms, self._held.popleft()))
            self._count(flight.FRAMES_SENT.index)
            self._gap = 0

    def _step_state(self, light: bool) -> None:
        words = self.flight.words
        if not words[flight.LASER_COMMAND.index]:
            self._enter(LaserState.OFF)
        elif self._state is LaserState.OFF:
            self._enter(LaserState.ACQUIRE)
        elif self._state is LaserState.ACQUIRE:
            self._timer = self._timer + 1 if light else 0
            if light and self._timer >= words[flight.ACQUIRE_MS.index]:
                self._enter(LaserState.TRACK)
                self._acquisitions = (self._acquisitions + 1) & 0xFFFF
        elif self._state is LaserState.TRACK:
            self._timer = 0 if light else self._timer + 1
            if not light and self._timer >= words[flight.LOSS_MS.index]:
                self._enter(LaserState.LOST)

    def _enter(self, state: LaserState) -> None:
        self._state, self._timer = state, 0
