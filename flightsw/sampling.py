# SPDX-License-Identifier: Apache-2.0
"""The cycle's reading of the boards: what they say, which of them are silent, and which have lost what they were told."""

from __future__ import annotations

from . import fdir, housekeeping, sample
from .actuator import Actuator
from .compute import NodeControl
from .events import EventSink
from .laser import LaserControl
from .parameters import FlightParameters
from .ports import BoardBus, BoardId, NoReply, PortFault

POWER, COMPUTE, LASER = BoardId


class Sampling:
    """Reads the boards that should have power.

    Attributes:
        power, compute, laser: the words of this cycle, None from a board that did not answer.
        compute_known: whether the compute board has answered since it got power.
    """

    __slots__ = (
        "_actuator",
        "_bus",
        "_events",
        "_limiters",
        "_link",
        "_nodes",
        "_parameters",
        "_watch",
        "compute",
        "compute_known",
        "laser",
        "power",
    )

    def __init__(
        self,
        bus: BoardBus,
        parameters: FlightParameters,
        limiters: fdir.LimiterControl,
        watch: fdir.BoardWatch,
        actuator: Actuator,
        nodes: NodeControl,
        link: LaserControl,
        events: EventSink,
    ) -> None:
        self._bus = bus
        self._parameters = parameters
        self._limiters = limiters
        self._watch = watch
        self._actuator = actuator
        self._nodes = nodes
        self._link = link
        self._events = events
        self.power: sample.PowerWords | None = None
        self.compute: sample.ComputeWords | None = None
        self.laser: sample.LaserWords | None = None
        self.compute_known = False

    def read(self, now_ms: int) -> None:
        """Take a cycle's sample."""
        fed = self._limiters.on & self._limiters.command
        requests = [sample.READ_POWER]
        if fed & fdir.LOAD_COMPUTE:
            requests.append(sample.READ_COMPUTE)
        if fed & fdir.LOAD_LASER:
            requests.append(sample.READ_LASER)
        answers: list[bytes | PortFault | None] = [None, None, None]
        for request, answer in zip(requests, self._bus.exchange(requests), strict=True):
            answers[request.board] = answer
        octets = self._judge(POWER, answers[POWER], now_ms)
        self.power = sample.power_words(octets) if octets else None
        if self.power:
            self._limiters.observe(now_ms, self.power, self._events)
            self._notice_cuts()
        octets = self._judge(COMPUTE, answers[COMPUTE], now_ms)
        self.compute = sample.compute_words(octets) if octets else None
        self.compute_known = self.compute_known or octets is not None
        octets = self._judge(LASER, answers[LASER], now_ms)
        self.laser = sample.laser_words(octets) if octets else None

    def uplink_block(self) -> bytes | None:
        """The oldest uplink block that the laser board holds: it holds it until it is released. None if there is none."""
        if not (self.laser and self.laser.rx_level):
            return None
        (answer,) = self._bus.exchange([sample.READ_UPLINK])
        if isinstance(answer, NoReply):
            self._watch.missing = (self._watch.missing + 1) & 0xFFFF
        return answer if isinstance(answer, bytes) else None

    def alive(self) -> list[BoardId]:
        """The boards that answered."""
        samples = ((POWER, self.power), (COMPUTE, self.compute), (LASER, self.laser))
        return [board for board, words in samples if words]

    def raw(self, name: str) -> tuple[int, ...] | None:
        """Raw values of a board's housekeeping report, None when it did not answer."""
        if name == housekeeping.POWER:
            return housekeeping.power_raw(self.power) if self.power else None
        if name == housekeeping.COMPUTE:
            return housekeeping.compute_raw(self.compute) if self.compute else None
        return housekeeping.laser_raw(self.laser) if self.laser else None

    def _judge(self, board: BoardId, answer: bytes | PortFault | None, now_ms: int) -> bytes | None:
        """The octets of a board's answer, None if it was not asked; silence counts only while the board has power."""
        if isinstance(answer, bytes):
            if self._watch.answered(board, now_ms, self._events):
                self._actuator.forget(board)
            return answer
        load = fdir.FEED.get(board, 0)
        if answer is not None and not (self.power and self._limiters.cut & load):
            self._watch.unanswered(board, now_ms, self._events)
            if load and self._watch.silent_cycles[board] % 60 == self._parameters.silent_power_cycle:
                self._limiters.fail(load.bit_length() - 1, now_ms, self._events)
        return None

    def _notice_cuts(self) -> None:
        """Boards that have lost power hold nothing of what they were told."""
        cut = self._limiters.cut
        if cut & fdir.LOAD_COMPUTE and self.compute_known:
            self.compute_known = False
            self._nodes.forget()
            self._actuator.forget(COMPUTE)
        if cut & fdir.LOAD_LASER:
            self._link.forget()
            self._actuator.forget(LASER)
        lost = self._limiters.command & cut & ~self._limiters.tripped
        if lost:
            self._actuator.forget(POWER)
