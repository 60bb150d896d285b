# SPDX-License-Identifier: Apache-2.0
"""The ground's side of the uplink: encodes a scenario's telecommands, numbers them and hands out a block a cycle."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flatsat.protocols import pus

from .telecommand import COMPLETED, Request, Telecommand

SEQUENCE_COUNTS = 1 << 14


@dataclass(slots=True, kw_only=True)
class Sending:
    """A telecommand on its way.

    Attributes:
        asked: what the scenario says of it.
        block: its octets.
        at_s: when it is to be sent; for one of the schedule, when it is to be executed (None: the scenario gave TAI).
        sent_ms: board time at which it, or the telecommand that carries it, was sent; None before that.
    """

    asked: Request
    block: bytes
    at_s: float | None
    sent_ms: int | None = None

    @property
    def request(self) -> tuple[int, int] | None:
        """The request identifier that reports about it bear; None where it is too short for one."""
        return pus.request(self.block)


class Uplink:
    """Telecommands in the order of their times, each sent once. The ground does not know whether they arrive.

    Args:
        telecommands: in order of time.
        epoch_tai_ms: TAI at board time 0.
    """

    def __init__(self, telecommands: Sequence[Telecommand], epoch_tai_ms: int) -> None:
        self.epoch_tai_ms = epoch_tai_ms
        self.sendings: list[Sending] = []
        self._next_count = 0
        self._waiting: deque[tuple[int, list[Sending]]] = deque()
        for telecommand in telecommands:
            group = [*self._nested(telecommand)]
            blocks = [sending.block for sending in group]
            sending = Sending(
                asked=telecommand, block=self._encode(telecommand, blocks), at_s=telecommand.at_s
            )
            followed = [sending, *(group if telecommand.expect == COMPLETED else ())]
            self.sendings += followed
            self._waiting.append((telecommand.at_ms, followed))

    def next_block(self, now_ms: int) -> bytes | None:
        """The block that goes up now, if one is due; its time of sending is noted."""
        if not self._waiting or self._waiting[0][0] > now_ms:
            return None
        _, followed = self._waiting.popleft()
        for sending in followed:
            sending.sent_ms = now_ms
        return followed[0].block

    def _nested(self, telecommand: Request) -> Iterator[Sending]:
        for request, release_s in zip(telecommand.nested, telecommand.releases_s, strict=True):
            at_s = float(release_s) if isinstance(release_s, (int, float)) else None
            inner = [sending.block for sending in self._nested(request)]
            yield Sending(asked=request, block=self._encode(request, inner), at_s=at_s)

    def _encode(self, request: Request, nested: Sequence[bytes]) -> bytes:
        count = self._next_count
        if request.sequence is None and request.raw is None:
            self._next_count = (count + 1) % SEQUENCE_COUNTS
        return request.encode(count, self.epoch_tai_ms, nested)
