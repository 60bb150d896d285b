# SPDX-License-Identifier: Apache-2.0
"""Registers as flight software wants them: only what differs from what the board is known to hold is written."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from operator import and_

from flatsat.boards.registers import compute_flight, laser_flight, power_flight

from .parameters import FlightParameters
from .ports import BoardId, NoReply, PortFault, Read, Write

KICK = 0x4B49434B


class RegisterBlock:
    """Contiguous words of one board.

    Args:
        first: octet address of the first word.
        pulses: for each word, bits that act once and read 0, or the whole word for one that is always written.
    """

    __slots__ = ("_board", "_first", "_held", "_known", "_wanted")

    def __init__(self, board: BoardId, first: int, pulses: Sequence[int]) -> None:
        self._board = board
        self._first = first
        self._held = tuple(~pulse for pulse in pulses)
        self._known: tuple[int, ...] | None = None
        self._wanted: tuple[int, ...] = ()

    def forget(self) -> None:
        """What the board holds is not known any more."""
        self._known = None

    def write(self, wanted: tuple[int, ...]) -> Write | None:
        """The shortest write that makes the board hold `wanted`, None if it does."""
        self._wanted = wanted
        known = self._known
        start, stop = 0, len(wanted)
        if known is not None:
            while start < stop and wanted[start] == known[start]:
                start += 1
            if start == stop:
                return None
            while wanted[stop - 1] == known[stop - 1]:
                stop -= 1
        return Write(
            self._board, self._first + 4 * start, struct.pack(f">{stop - start}I", *wanted[start:stop])
        )

    def answered(self, answer: bytes | PortFault) -> None:
        """Learn from the answer to the latest write what the board holds."""
        if isinstance(answer, NoReply):
            self._known = None
        elif not isinstance(answer, PortFault):
            self._known = tuple(map(and_, self._wanted, self._held))


class Configuration:
    """Registers that are set when a board gets power, and verified from time to time.

    Attributes:
        due: the board may hold something else: write and read back.
    """

    __slots__ = ("_octets", "_read", "_write", "due")

    def __init__(self, board: BoardId, first: int, words: Sequence[int]) -> None:
        self._octets = struct.pack(f">{len(words)}I", *words)
        self._write = Write(board, first, self._octets)
        self._read = Read(board, first, len(self._octets))
        self.due = True

    def requests(self) -> list[Read | Write]:
        """Write if due; read back, last, in any case."""
        return [self._write, self._read] if self.due else [self._read]

    def verified(self, answer: bytes | PortFault) -> int | None:
        """Compare what was read back. No answer proves nothing.

        Returns the address of the first register that has changed since it was last found right, None if there is none.
        """
        if isinstance(answer, PortFault):
            return None
        was_due, self.due = self.due, answer != self._octets
        if was_due or not self.due:
            return None
        pairs = zip(answer, self._octets, strict=True)
        differs = next(place for place, (found, wanted) in enumerate(pairs) if found != wanted)
        return self._read.address + differs // 4 * 4


def power_block() -> RegisterBlock:
    """LCL_ENABLE, STRING_ENABLE, SWITCHES and the watchdog, which is kicked by every write."""
    clears = power_flight.SWITCHES_OVERCHARGE_CLEAR.mask | power_flight.SWITCHES_OVERVOLTAGE_CLEAR.mask
    pulses = (0, 0, clears, 0xFFFFFFFF)
    return RegisterBlock(BoardId.POWER, power_flight.LCL_ENABLE.address, pulses)


def compute_block() -> RegisterBlock:
    """NODE_ENABLE, COMMAND_STEPS_LOW and _HIGH, CHALLENGE."""
    return RegisterBlock(BoardId.COMPUTE, compute_flight.NODE_ENABLE.address, (0, 0, 0, 0))


def laser_block() -> RegisterBlock:
    """LASER_COMMAND."""
    return RegisterBlock(
        BoardId.LASER, laser_flight.LASER_COMMAND.address, (laser_flight.LASER_COMMAND_ACQUIRE.mask,)
    )


def power_configuration(parameters: FlightParameters) -> Configuration:
    """WATCHDOG_MS to LCL7: protections that act without software."""
    volts = power_flight.UVLO_LIMIT.count
    words = [
        parameters.watchdog_in_force_ms,
        volts(parameters.undervoltage_release_v) << 16 | volts(parameters.undervoltage_v),
        volts(parameters.overcharge_v),
        volts(parameters.overvoltage_v) << 16 | volts(parameters.dead_bus_v),
    ]
    settings = zip(
        parameters.limiter_limits_w, parameters.limiter_trip_ms, parameters.limiter_retries, strict=True
    )
    for limit_w, trip_ms, retries in settings:
        words.append(
            retries << 24 | trip_ms << 16 | power_flight.LCL0_LIMIT.count(limit_w / parameters.bus_nominal_v)
        )
    return Configuration(BoardId.POWER, power_flight.WATCHDOG_MS.address, words)


def compute_configuration(parameters: FlightParameters) -> Configuration:
    """RAMP and TRIP_TEMPERATURE."""
    trip = compute_flight.TRIP_TEMPERATURE_THRESHOLD.count(parameters.trip_k)
    return Configuration(BoardId.COMPUTE, compute_flight.RAMP.address, (parameters.ramp_ms, trip))


def laser_configuration(parameters: FlightParameters) -> Configuration:
    """LIGHT_THRESHOLD, ACQUIRE_MS and LOSS_MS."""
    light = laser_flight.LIGHT_THRESHOLD_RECEIVED_POWER.count(parameters.light_threshold_w)
    words = (light, parameters.acquire_ms, parameters.loss_ms)
    return Configuration(BoardId.LASER, laser_flight.LIGHT_THRESHOLD.address, words)
