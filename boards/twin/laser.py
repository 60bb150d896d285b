# SPDX-License-Identifier: Apache-2.0
"""Twin of the laser board (boards/README.md section 5): a grant goes from event to event."""

from collections import deque

from ..registers import laser_flight as flight
from ..registers import laser_stimulus as stimulus
from ..registers.laser_flight import LaserState
from .core import MODULO, Port, SwitchedCore

FRAMES_HELD = 4
FRAME_OCTETS = 1115
GAP_MS = 200

OFF, ACQUIRE, TRACK, LOST = LaserState

_FRAME_AT = 4  # after sequence and frame length
_NEVER_MS = 1 << 32


class LaserCore(SwitchedCore):
    """Link state, the FIFO of transfer frames and the optical pin."""

    def __init__(self) -> None:
        super().__init__(flight, stimulus, stimulus.POWERED.index)
        self._optical: list[tuple[int, bytes]] = []
        self._held: deque[bytes] = deque()
        self._reset()
        self._flight_actions = {flight.LASER_COMMAND.index: self._write_command}

    def _reset(self) -> None:
        self._held.clear()
        self._state = OFF
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
        words[flight.STATUS.index] = state | self._acquisitions << 16
        words[flight.OPTICAL.index] = self.stimulus.words[stimulus.OPTICAL.index]
        words[flight.TIMER.index] = self._timer
        words[flight.TEMPERATURE.index] = self.stimulus.words[stimulus.TEMPERATURE.index]

    def _write_command(self, word: int) -> None:
        self.flight.words[flight.LASER_COMMAND.index] = word & flight.LASER_COMMAND_ENABLE.mask
        if word == flight.LASER_COMMAND.mask and self._state is LOST:
            self._state, self._timer = ACQUIRE, 0

    def write_window(self, octets: bytes) -> bool:
        """Take a frame into TX_FIFO; False: it has the wrong length, or four are held."""
        words = self.flight.words
        sequence = octets[0] << 8 | octets[1]
        if sequence == words[flight.TX_SEQUENCE.index]:
            return True
        if octets[2] << 8 | octets[3] != FRAME_OCTETS or len(self._held) == FRAMES_HELD:
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
        if bool(words[flight.LASER_COMMAND.index]) is (self._state is OFF):
            return 0
        if self._state is ACQUIRE and light:
            return words[flight.ACQUIRE_MS.index] - self._timer - 1
        if self._state is TRACK:
            if not light:
                return words[flight.LOSS_MS.index] - self._timer - 1
            if self._held:
                return GAP_MS - self._gap - 1
        return _NEVER_MS

    def _pass(self, ms: int, light: bool) -> None:
        """Let milliseconds pass, at least one, in which the board does nothing but count."""
        self._gap = min(self._gap + ms, GAP_MS)
        if self._state in (ACQUIRE, TRACK):
            counts = light is (self._state is ACQUIRE)
            self._timer = self._timer + ms if counts else 0

    def _millisecond(self, now_ms: int, light: bool) -> None:
        """Live one millisecond as boards/README.md section 5 has it."""
        self._gap = min(self._gap + 1, GAP_MS)
        self._step_state(light)
        if self._state is TRACK and light and self._held and self._gap == GAP_MS:
            self._optical.append((now_ms, self._held.popleft()))
            self._count(flight.FRAMES_SENT.index)
            self._gap = 0

    def _step_state(self, light: bool) -> None:
        words = self.flight.words
        if not words[flight.LASER_COMMAND.index]:
            self._enter(OFF)
        elif self._state is OFF:
            self._enter(ACQUIRE)
        elif self._state is ACQUIRE:
            self._timer = self._timer + 1 if light else 0
            if light and self._timer >= words[flight.ACQUIRE_MS.index]:
                self._enter(TRACK)
                self._acquisitions = (self._acquisitions + 1) & 0xFFFF
        elif self._state is TRACK:
            self._timer = 0 if light else self._timer + 1
            if not light and self._timer >= words[flight.LOSS_MS.index]:
                self._enter(LOST)

    def _enter(self, state: LaserState) -> None:
        self._state, self._timer = state, 0
