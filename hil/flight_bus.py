# SPDX-License-Identifier: Apache-2.0
"""The bus that flight software sees: RMAP commands over the flight ports, wire faults, deadlines and one retry.

Time on this bus is board time. A missing reply costs its deadline in granted milliseconds, decided here and never by the wall
clock, so that a run with faults is as repeatable as one without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flatsat.flightsw.ports import NoReply, PortFault, Read, Refused, Write
from flatsat.protocols import rmap

from .backends.port import FLIGHT, BackEnd
from .initiator import Damage, Initiator, Transaction
from .trace import FROM_BOARD, TO_BOARD, Trace
from .wire_faults import WireFaults

DEADLINE_MS = 20
_DAMAGED_ON_THE_WAY = (
    rmap.Status.EARLY_END_OF_PACKET,
    rmap.Status.TOO_MUCH_DATA,
    rmap.Status.INVALID_DATA_CRC,
)


class Clock(Protocol):
    """Who hands out board time."""

    @property
    def now_ms(self) -> int:
        """Board time last reached."""

    @property
    def powered(self) -> list[bool]:
        """Which boards have power."""

    def wait(self, duration_ms: int) -> None:
        """Grant the boards some milliseconds."""


class FlightBus:
    """Implements flightsw's `BoardBus` over a back end."""

    def __init__(self, back_end: BackEnd, trace: Trace, faults: WireFaults, clock: Clock) -> None:
        self._back_end = back_end
        self._trace = trace
        self._faults = faults
        self._clock = clock
        self._initiator = Initiator(FLIGHT)

    def exchange(self, requests: Sequence[Read | Write]) -> list[bytes | PortFault]:
        """Carry out the requests, those to one board in order; then, once, those whose reply is missing or damaged.

        All replies missing from an attempt share its deadline.
        """
        return self._complete([self._transaction(request) for request in requests])

    def _transaction(self, request: Read | Write) -> Transaction:
        if isinstance(request, Read):
            return self._initiator.read(
                request.board, request.address, request.length, incrementing=request.incrementing
            )
        return self._initiator.write(
            request.board, request.address, request.octets, incrementing=request.incrementing
        )

    def _complete(self, transactions: list[Transaction]) -> list[bytes | PortFault]:
        outcomes = self._attempt(transactions)
        again = [i for i, outcome in enumerate(outcomes) if _worth_a_retry(outcome)]
        if again:
            self._wait_for_missing(outcomes)
            retried = self._attempt([transactions[i] for i in again])
            for i, outcome in zip(again, retried, strict=True):
                outcomes[i] = outcome
            self._wait_for_missing(retried)
        return [_as_seen_by_flight_software(outcome) for outcome in outcomes]

    def _wait_for_missing(self, outcomes: list[bytes | rmap.Status | Damage]) -> None:
        if any(isinstance(outcome, Damage) for outcome in outcomes):
            self._clock.wait(DEADLINE_MS)

    def _attempt(self, transactions: list[Transaction]) -> list[bytes | rmap.Status | Damage]:
        now_ms, powered = self._clock.now_ms, self._clock.powered
        if self._faults.active(now_ms):
            return [self._attempt_under_faults(transaction) for transaction in transactions]
        requests = [transaction.request for transaction in transactions]
        replies = iter(self._back_end.exchange([r for r in requests if powered[r.board]]))
        outcomes: list[bytes | rmap.Status | Damage] = []
        for transaction, request in zip(transactions, requests, strict=True):
            if powered[request.board]:
                reply = next(replies)
                self._record(request.board, now_ms, request.packet, reply)
                outcomes.append(transaction.judge(reply))
            else:
                outcomes.append(Damage.MISSING)
        return outcomes

    def _attempt_under_faults(self, transaction: Transaction) -> bytes | rmap.Status | Damage:
        board, _, _, packet = transaction.request
        arrivals: list[bytes | None] = [*self._faults.take_late(board)]
        now_ms = self._clock.now_ms
        if self._clock.powered[board]:
            fate = self._faults.fate(board, now_ms, packet)
            for delivered in fate.deliveries:
                request = transaction.request._replace(packet=delivered, reply_due=rmap.reply_due(delivered))
                reply = self._back_end.exchange([request])[0]
                self._record(board, now_ms, delivered, reply)
                arrivals.append(fate.returned(reply))
        outcomes = [transaction.judge(arrival) for arrival in arrivals if arrival is not None]
        good = [outcome for outcome in outcomes if not isinstance(outcome, Damage)]
        return (good or outcomes or [Damage.MISSING])[0]

    def _record(self, board: int, now_ms: int, packet: bytes, reply: bytes | None) -> None:
        time_ms = now_ms & 0xFFFFFFFF
        self._trace.packet(board, FLIGHT, TO_BOARD, time_ms, packet)
        if reply is not None:
            self._trace.packet(board, FLIGHT, FROM_BOARD, time_ms, reply)


def _worth_a_retry(outcome: bytes | rmap.Status | Damage) -> bool:
    if isinstance(outcome, bytes):
        return False
    return isinstance(outcome, Damage) or outcome in _DAMAGED_ON_THE_WAY


def _as_seen_by_flight_software(outcome: bytes | rmap.Status | Damage) -> bytes | PortFault:
    if isinstance(outcome, bytes):
        return outcome
    return NoReply() if isinstance(outcome, Damage) else Refused(outcome)
