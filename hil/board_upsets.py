# SPDX-License-Identifier: Apache-2.0
"""Bits that flip in the configuration registers of the boards, through their flight ports, where radiation would do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flatsat.boards.register import Register, RegisterTable
from flatsat.boards.registers import compute_flight, laser_flight, power_flight

from .backends.port import BOARDS, FLIGHT, BackEnd
from .errors import BackEndError
from .faults import Fault
from .initiator import Initiator, Transaction
from .plant.noise import Noise
from .timeline import Moments
from .trace import FROM_BOARD, TO_BOARD, Trace


class BoardUpsets:
    """Strikes each `upset` of a board once, if the board has power then."""

    def __init__(self, faults: Iterable[Fault], seed: int, back_end: BackEnd, trace: Trace) -> None:
        self._moments = Moments(fault for fault in faults if fault.target in BOARDS and fault.kind == "upset")
        self._seed = seed
        self._back_end = back_end
        self._trace = trace
        self._initiator = Initiator(FLIGHT)

    def strike(self, now_ms: int, powered: Sequence[bool]) -> None:
        """Flip the bits that are due.

        Raises:
            BackEndError: a board that has power refused.
        """
        for fault in self._moments.due(now_ms):
            board = BOARDS.index(fault.target)
            if powered[board]:
                self._flip(board, fault, now_ms)

    def _flip(self, board: int, fault: Fault, now_ms: int) -> None:
        registers = CONFIGURATION[board]
        register = registers[int(fault.amount) % len(registers)]
        bits = [bit for bit in range(32) if register.mask >> bit & 1]
        octets = Noise(self._seed, f"upset {fault.target}").octets(fault.at_ms)
        bit = bits[int.from_bytes(octets[:4], "big") % len(bits)]
        word = self._exchange(self._initiator.read(board, register.address, 4), now_ms)
        struck = int.from_bytes(word, "big") ^ 1 << bit
        self._exchange(self._initiator.write(board, register.address, struck.to_bytes(4, "big")), now_ms)

    def _exchange(self, command: Transaction, now_ms: int) -> bytes:
        request = command.request
        (reply,) = self._back_end.exchange([request])
        self._trace.packet(request.board, FLIGHT, TO_BOARD, now_ms & 0xFFFFFFFF, request.packet)
        outcome = command.judge(reply)
        if reply is None or not isinstance(outcome, bytes):
            raise BackEndError(
                f"{BOARDS[request.board]} board answered {outcome!r} to an upset: check its image"
            )
        self._trace.packet(request.board, FLIGHT, FROM_BOARD, now_ms & 0xFFFFFFFF, reply)
        return outcome


def _configuration(table: RegisterTable, first: Register) -> tuple[Register, ...]:
    """What flight software configures: the writable registers from `first` on."""
    return tuple(
        register
        for register in table.REGISTERS
        if register.writable and register.address >= first.address and register.name != "RX_RELEASE"
    )


CONFIGURATION = (
    _configuration(power_flight, power_flight.WATCHDOG_MS),
    _configuration(compute_flight, compute_flight.RAMP),
    _configuration(laser_flight, laser_flight.LIGHT_THRESHOLD),
)
"""Registers that may be struck, by board."""
