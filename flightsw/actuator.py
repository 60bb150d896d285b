# SPDX-License-Identifier: Apache-2.0
"""Carries out a cycle's decisions: one exchange of all writes, and what their answers say about the boards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flatsat.boards.registers import laser_flight

from . import commanding
from .compute import Command
from .events import EventSink
from .fdir import BoardWatch
from .parameters import FlightParameters
from .ports import BoardBus, BoardId, PortFault, Read, Refused, Write

FIFO_FULL = 1  # RMAP status


class Orders(NamedTuple):
    """What the boards shall hold; None leaves a board alone.

    Attributes:
        release: sequence of an uplink block that the laser board may let go.
    """

    power: tuple[int, ...] | None = None
    nodes: Command | None = None
    link: int | None = None
    release: int | None = None
    frame: Write | None = None


class Outcome(NamedTuple):
    """Answers that somebody waits for; None where nothing was written."""

    nodes: bytes | PortFault | None = None
    frame: bytes | PortFault | None = None


class Actuator:
    """What the boards are known to hold, and the way there."""

    __slots__ = ("_blocks", "_bus", "_configurations", "_events", "_watch")

    def __init__(
        self, bus: BoardBus, parameters: FlightParameters, watch: BoardWatch, events: EventSink
    ) -> None:
        self._bus = bus
        self._watch = watch
        self._events = events
        self._blocks = (commanding.power_block(), commanding.compute_block(), commanding.laser_block())
        self._configurations = (
            commanding.power_configuration(parameters),
            commanding.compute_configuration(parameters),
            commanding.laser_configuration(parameters),
        )

    def forget(self, board: BoardId) -> None:
        """A board may have lost what it was told: tell it everything again."""
        self._configurations[board].due = True
        self._blocks[board].forget()

    def carry_out(
        self, now_ms: int, orders: Orders, alive: Sequence[BoardId], verify: BoardId | None
    ) -> Outcome:
        """Write what differs, configure the boards that are alive, and read one configuration back if asked."""
        requests: list[Read | Write] = []
        wanted = (orders.power, orders.nodes, None if orders.link is None else (orders.link,))
        written = [-1, -1, -1]
        for board, words in enumerate(wanted):
            write = self._blocks[board].write(words) if words is not None else None
            if write is not None:
                written[board] = len(requests)
                requests.append(write)
        if orders.release is not None:
            octets = orders.release.to_bytes(4, "big")
            requests.append(Write(BoardId.LASER, laser_flight.RX_RELEASE.address, octets))
        if orders.frame is not None:
            requests.append(orders.frame)
        frame_at = len(requests) - 1
        read_back = self._add_configurations(requests, alive, verify)
        if not requests:
            return Outcome()
        answers = self._bus.exchange(requests)
        for request, answer in zip(requests, answers, strict=True):
            if isinstance(answer, PortFault):
                self._count(request, answer, now_ms)
        for board, place in enumerate(written):
            if place >= 0:
                self._blocks[board].answered(answers[place])
        for board_id, place in read_back:
            changed = self._configurations[board_id].verified(answers[place])
            if changed is not None:
                self._events.raise_event("CONFIGURATION_REPAIRED", now_ms, board_id, changed)
        nodes_at = written[BoardId.COMPUTE]
        return Outcome(
            answers[nodes_at] if nodes_at >= 0 else None,
            answers[frame_at] if orders.frame is not None else None,
        )

    def _add_configurations(
        self, requests: list[Read | Write], alive: Sequence[BoardId], verify: BoardId | None
    ) -> list[tuple[BoardId, int]]:
        """Append what configures and verifies; return where the registers are read back."""
        read_back = []
        for board in alive:
            configuration = self._configurations[board]
            if configuration.due or board is verify:
                requests += configuration.requests()
                read_back.append((board, len(requests) - 1))
        return read_back

    def _count(self, request: Read | Write, answer: PortFault, now_ms: int) -> None:
        watch = self._watch
        if not isinstance(answer, Refused):
            watch.missing = (watch.missing + 1) & 0xFFFF
            return
        if isinstance(request, Read):
            return
        watch.refused = (watch.refused + 1) & 0xFFFF
        if request.incrementing or answer.status != FIFO_FULL:
            self._events.raise_event(
                "WRITE_REFUSED", now_ms, request.address + 65536 * request.board, answer.status
            )
