# SPDX-License-Identifier: Apache-2.0
"""The bench's side of the boards: writes what the sensors read, grants board time, reads what the actuators do.

The power board goes first, for it alone may stop short of its target; compute and laser are granted what it reached.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from flatsat.boards.registers import compute_stimulus as compute
from flatsat.boards.registers import laser_stimulus as laser
from flatsat.boards.registers import power_stimulus as power
from flatsat.protocols.rmap import Status

from .backends.port import BOARDS, COMPUTE, LASER, POWER, STIMULUS, BackEnd
from .errors import BackEndError
from .initiator import Damage, Initiator, Transaction
from .plant import Actuators
from .trace import FROM_BOARD, TO_BOARD, Trace

COMPUTE_BOARD_LIMITER, LASER_LIMITER, RACK_A_LIMITER = 0, 1, 2

_POWER_WRITE = struct.Struct(">16L")
_POWER_READ = struct.Struct(">4L")
_COMPUTE_WRITE = struct.Struct(">13L")
_COMPUTE_READ = struct.Struct(">4LQ")
_LASER_WRITE = struct.Struct(">4L")
_LASER_READ = struct.Struct(">2L")
_BLOCK_HEADER = struct.Struct(">2H")


class Upsets(NamedTuple):
    """What the bench does to the compute nodes in a step: masks of nodes that hang, answer wrongly, ignore their clock lock."""

    hang: int = 0
    corrupt: int = 0
    unlock: int = 0


class Reached(NamedTuple):
    """Where a grant ended."""

    now_ms: int
    stop_cause: int
    boot_cause: int
    frames_held: int
    actuators: Actuators


class Stimulus:
    """Hands out time to the three boards of a back end."""

    def __init__(self, back_end: BackEnd, trace: Trace, boot_ms: int = compute.BOOT_MS.reset) -> None:
        self._back_end = back_end
        self._trace = trace
        self._initiator = Initiator(STIMULUS)
        self._boot_ms = boot_ms
        self._uplinked = 0
        self.now_ms = 0
        self.powered = [True, False, False]

    def step(
        self,
        sensors: tuple[Sequence[int], Sequence[int], Sequence[int]],
        upsets: Upsets,
        target_ms: int,
        fed: Callable[[int], int] = int,
    ) -> Reached:
        """Write the sensor words, grant time up to `target_ms` and read the actuators.

        Args:
            sensors: words of the power, compute and laser boards, in the order of their stimulus maps.
            fed: tells from the limiters that are on which loads have power.

        Raises:
            BackEndError: a board refused, or answered outside its contract.
        """
        before = self.now_ms
        power_words, compute_words, laser_words = sensors
        reached, switches, boot, stop_cause = self._power(power_words, target_ms, before)
        lcl_on = switches & 0xFF
        loads = fed(lcl_on)
        self.powered = [True, bool(loads >> COMPUTE_BOARD_LIMITER & 1), bool(loads >> LASER_LIMITER & 1)]
        node_state, steps_low, steps_high, work, laser_state = self._others(
            compute_words, laser_words, upsets, loads >> RACK_A_LIMITER & 3, before, reached
        )
        self.now_ms = reached
        actuators = Actuators(
            lcl_on=lcl_on,
            string_on=switches >> 8 & 0xFF,
            charge=bool(switches >> 16 & 1),
            battery_heater=bool(switches >> 17 & 1),
            coolant_heater=bool(switches >> 18 & 1),
            computer_on=bool(switches >> 19 & 1),
            pack_on=switches >> 20 & 3,
            node_state=node_state,
            steps_low=steps_low,
            steps_high=steps_high,
            work_total=work,
            laser_state=laser_state & 3,
        )
        return Reached(reached, stop_cause, boot & 0xFF, laser_state >> 4 & 7, actuators)

    def uplink(self, block: bytes) -> None:
        """Let an uplink block of 1 to 252 octets reach the laser terminal, which may lose it.

        Raises:
            BackEndError: the board refused, or answered outside its contract.
        """
        self._uplinked = (self._uplinked + 1) & 0xFFFF
        octets = _BLOCK_HEADER.pack(self._uplinked, len(block)) + block
        write = self._initiator.write(
            LASER, laser.UPLINK.address, octets.ljust(laser.UPLINK.octets, b"\0"), incrementing=False
        )
        answered = self._deliver([write])
        self._record(write, answered[0][1], self.now_ms)

    def _power(self, words: Sequence[int], target_ms: int, before_ms: int) -> tuple[int, int, int, int]:
        write = self._initiator.write(
            POWER, power.STOP_CAUSE.address, _POWER_WRITE.pack(0, *words, target_ms & 0xFFFFFFFF)
        )
        read = self._initiator.read(POWER, power.TIME_NOW.address, _POWER_READ.size)
        written, answered = self._deliver([write, read])
        time_now, switches, boot, stop_cause = _POWER_READ.unpack(answered[0])
        reached: int = before_ms + ((time_now - before_ms) & 0xFFFFFFFF)
        if not before_ms < reached <= target_ms or (reached < target_ms and not stop_cause):
            raise BackEndError(
                f"power board reached {time_now} ms when {target_ms} ms were granted: "
                "its image does not keep the time rule of boards/README.md section 2"
            )
        self._record(write, written[1], before_ms)
        self._record(read, answered[1], reached)
        return reached, switches, boot, stop_cause

    def _others(
        self,
        compute_words: Sequence[int],
        laser_words: Sequence[int],
        upsets: Upsets,
        racks: int,
        before_ms: int,
        reached_ms: int,
    ) -> tuple[int, int, int, int, int]:
        target = reached_ms & 0xFFFFFFFF
        compute_write = _COMPUTE_WRITE.pack(
            self.powered[COMPUTE], racks, *upsets, self._boot_ms, *compute_words, target
        )
        laser_write = _LASER_WRITE.pack(self.powered[LASER], *laser_words, target)
        commands = [
            self._initiator.write(COMPUTE, compute.POWERED.address, compute_write),
            self._initiator.read(COMPUTE, compute.TIME_NOW.address, _COMPUTE_READ.size),
            self._initiator.write(LASER, laser.POWERED.address, laser_write),
            self._initiator.read(LASER, laser.TIME_NOW.address, _LASER_READ.size),
        ]
        answers = self._deliver(commands)
        for command, (_, reply), time_ms in zip(
            commands, answers, (before_ms, reached_ms, before_ms, reached_ms), strict=True
        ):
            self._record(command, reply, time_ms)
        compute_now, node_state, steps_low, steps_high, work = _COMPUTE_READ.unpack(answers[1][0])
        laser_now, laser_state = _LASER_READ.unpack(answers[3][0])
        for name, now in (("compute", compute_now), ("laser", laser_now)):
            if now != target:
                raise BackEndError(
                    f"{name} board reached {now} ms when {target} ms were granted: check its image"
                )
        return node_state, steps_low, steps_high, work, laser_state

    def _deliver(self, commands: list[Transaction]) -> list[tuple[bytes, bytes]]:
        replies = self._back_end.exchange([command.request for command in commands])
        answers = []
        for command, reply in zip(commands, replies, strict=True):
            outcome = command.judge(reply)
            if isinstance(outcome, (Status, Damage)) or reply is None:
                raise BackEndError(
                    f"stimulus port of the {BOARDS[command.request.board]} board answered {outcome!r}: "
                    "its image and this bench disagree about the register map"
                )
            answers.append((outcome, reply))
        return answers

    def _record(self, command: Transaction, reply: bytes, time_ms: int) -> None:
        board = command.request.board
        self._trace.packet(board, STIMULUS, TO_BOARD, time_ms & 0xFFFFFFFF, command.request.packet)
        self._trace.packet(board, STIMULUS, FROM_BOARD, time_ms & 0xFFFFFFFF, reply)
