# SPDX-License-Identifier: Apache-2.0
"""Pieces of a capture in; counts, rows and reasons out: what `flatsat decode` does with its input."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from flatsat.protocols.dictionary import Dictionary
from flatsat.protocols.profile import Profile
from flatsat.protocols.receiver import Event, PacketReceived, Receiver

from .capture import Mark
from .event_log import teller
from .packet_table import Row, RowReader
from .tally import Tally
from .why import Explanation, misfit

HEAD_OCTETS = 1 << 20  # of an input without frames that are kept to say why


class RowPort(Protocol):
    """What takes the rows of packets."""

    def write(self, row: Row) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class Decoding:
    """One input from its first octet to its last, however often it starts again.

    Attributes:
        tally: counts of what was received.
        octets: how many octets were read.
        happened: whole packets that tell an event, a failed telecommand or a parameter out of its limits.
    """

    def __init__(
        self, profile: Profile, dictionary: Dictionary | None, explain: Callable[[str], object] | None
    ) -> None:
        self.tally = Tally()
        self.octets = 0
        self.happened = 0
        self._profile = profile
        self._reader = RowReader(dictionary)
        self._tells = teller(dictionary) if dictionary else None
        self._explain = explain
        self._dictionary = dictionary
        self._ports: list[RowPort] = []
        self._head = bytearray()
        self._begin()

    @property
    def has_dictionary(self) -> bool:
        """Whether packets are those of the dictionary."""
        return self._dictionary is not None

    def add(self, port: RowPort) -> None:
        """Have this port take the rows too."""
        self._ports.append(port)

    def take(self, piece: bytes | Mark) -> None:
        """The next piece of the input, or what happened to it."""
        if isinstance(piece, bytes):
            self._keep(piece)
            self.octets += len(piece)
            self._since_start += len(piece)
            self._digest(self._receiver.receive(piece))
        elif piece is Mark.RESTART:
            self._digest(self._receiver.close())
            self._begin()
        else:
            for port in self._ports:
                port.flush()

    def close(self) -> None:
        """No more comes."""
        self._digest(self._receiver.close())
        for port in self._ports:
            port.close()

    def misfit(self, name: str) -> str:
        """Why there was no frame, with the profile of this name."""
        return misfit(bytes(self._head), self.octets, name, self._profile, self.tally.rules)

    def _begin(self) -> None:
        self._receiver = Receiver(self._profile)
        self._explanation = Explanation(self._profile)
        self._since_start = 0

    def _keep(self, piece: bytes) -> None:
        if self.tally.frames_decoded:
            self._head.clear()
        else:
            self._head += piece[: HEAD_OCTETS - len(self._head)]

    def _digest(self, events: Iterable[Event]) -> None:
        if self._explain is None:
            self._deliver(self.tally.count(events))
            return
        for event in events:
            if line := self._explanation.of_event(event, self._since_start):
                self._explain(line)
            self._deliver(self.tally.count([event]))

    def _deliver(self, packets: list[PacketReceived]) -> None:
        for packet in packets:
            if self._tells is not None:
                self.happened += self._tells(packet.octets)
            if not (self._ports or self._explain):
                continue
            row = self._reader.row(packet)
            for port in self._ports:
                port.write(row)
            if self._explain and self._dictionary and row.undecoded:
                self._explain(self._explanation.of_row(row))
