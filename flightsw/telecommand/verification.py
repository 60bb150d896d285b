# SPDX-License-Identifier: Apache-2.0
"""Service 1, verification (ECSS-E-ST-70-41C 6.1): what became of each telecommand; and which have been taken before."""

from __future__ import annotations

import struct
from collections import deque

from flatsat.protocols.pus import Acknowledge

from .answers import Answers
from .request import Failure, Rejected, Request, Telecommand

REMEMBERED = 64
NONE_YET = 0xFFFFFFFF  # no sequence of a block
ACCEPTED, NOT_ACCEPTED, STARTED, NOT_STARTED, COMPLETED, NOT_ROUTED = 1, 2, 3, 4, 7, 10
_BLOCK = struct.Struct(">I")
_REQUEST = struct.Struct(">HHH")  # source, APID, sequence count


class VerificationService:
    """Reports of success where they were asked for, of failure always.

    Attributes:
        accepted, rejected: how many telecommands since boot, modulo 65,536. One whose execution does not start counts as both.
        block: sequence of the uplink block taken last, NONE_YET before the first.
    """

    key, version = 1, 2

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._taken: deque[tuple[int, int, int]] = deque(maxlen=REMEMBERED)
        self.accepted = 0
        self.rejected = 0
        self.block = NONE_YET

    def accept(self, telecommand: Telecommand) -> None:
        """Take a telecommand on. Raises Rejected for one of the same source, APID and sequence count as one taken before."""
        request = (telecommand.source, telecommand.apid, telecommand.sequence_count)
        if request in self._taken:
            raise Rejected(Failure.DUPLICATE, telecommand.sequence_count)
        self._taken.append(request)
        self.accepted = (self.accepted + 1) & 0xFFFF
        self._report(telecommand, Acknowledge.ACCEPTANCE, ACCEPTED)

    def started(self, telecommand: Telecommand) -> None:
        """Execution has started."""
        self._report(telecommand, Acknowledge.START, STARTED)

    def completed(self, telecommand: Telecommand) -> None:
        """Execution is completed."""
        self._report(telecommand, Acknowledge.COMPLETION, COMPLETED)

    def not_accepted(self, request: Request, rejected: Rejected) -> None:
        """Nothing has been taken on. For another APID that is a failure of routing (6.1.3.3)."""
        subtype = NOT_ROUTED if rejected.failure is Failure.APID else NOT_ACCEPTED
        self._fail(request, subtype, rejected)

    def not_started(self, request: Request, rejected: Rejected) -> None:
        """What was accepted could not begin."""
        self._fail(request, NOT_STARTED, rejected)

    def pack(self) -> bytes:
        return _BLOCK.pack(self.block) + b"".join(_REQUEST.pack(*request) for request in self._taken)

    def restore(self, octets: bytes) -> None:
        (block,) = _BLOCK.unpack_from(octets)
        taken = list(_REQUEST.iter_unpack(octets[_BLOCK.size :]))
        self.block = block
        self._taken.extend(taken)

    def _report(self, telecommand: Telecommand, flag: Acknowledge, subtype: int) -> None:
        if telecommand.acknowledge & flag:
            self._answers.add("verification", telecommand.request, subtype)

    def _fail(self, request: Request, subtype: int, rejected: Rejected) -> None:
        self.rejected = (self.rejected + 1) & 0xFFFF
        raw = (*request, rejected.failure, rejected.detail)
        self._answers.add("verification_failure", raw, subtype)
