# SPDX-License-Identifier: Apache-2.0
"""What the ground makes of the reports that come down: it keeps check transitions, and hands on events and verification."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from flatsat.protocols import cuc, dictionary, pus, space_packet

from .board_clock import BoardClock

MOST_KEPT = 100_000
_SOURCE_DATA = space_packet.PRIMARY_HEADER_OCTETS + pus.TELEMETRY_HEADER_OCTETS
_SERVICE = space_packet.PRIMARY_HEADER_OCTETS + 1
_DESTINATION = slice(space_packet.PRIMARY_HEADER_OCTETS + 5, space_packet.PRIMARY_HEADER_OCTETS + 7)
_STAMP = slice(space_packet.PRIMARY_HEADER_OCTETS + 7, _SOURCE_DATA)
_KNOWN = dictionary.load()
_EVENT, _CHECK, _TIME = (_KNOWN.packets[name] for name in ("event", "check_transition", "time"))
_SUCCESS, _FAILURE = _KNOWN.packets["verification"], _KNOWN.packets["verification_failure"]
_FOLLOWED = {_EVENT.apid & 0xFF, _SUCCESS.apid & 0xFF, _TIME.apid & 0xFF}
TIME_SET, DISCARDED = "TIME_SET", "TELECOMMAND_DISCARDED"


@dataclass(frozen=True, kw_only=True)
class EventReport:
    """One event of the flight software, as the ground reads it; board times here do not wrap."""

    name: str
    time_ms: int
    parameters: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class VerificationReport:
    """A report of service 1.

    Attributes:
        subtype: how far the telecommand has come.
        time_ms: board time at which it was told.
        failure: why no further, else None.
        destination: whom it was told: the telecommand's source.
    """

    request: tuple[int, int]
    subtype: int
    time_ms: int
    failure: str | None
    destination: int = 0


@dataclass(frozen=True, kw_only=True)
class CheckTransition:
    """A monitored parameter that has left its limits, or come back."""

    time_ms: int
    monitor: int
    parameter: str
    value: float
    limit: float
    before: str
    now: str

    def as_dict(self) -> dict[str, Any]:
        """As it stands in `summary.json`."""
        return {
            "time_s": self.time_ms / 1000,
            "monitor": self.monitor,
            "parameter": self.parameter,
            "value": self.value,
            "limit": self.limit,
            "before": self.before,
            "now": self.now,
        }


class Follower(Protocol):
    """Who follows the telecommands: verification.py."""

    def verified(self, report: VerificationReport) -> None:
        """A report of service 1 has come down."""

    def discarded(self, event: EventReport) -> None:
        """The satellite has discarded a block that was no telecommand."""


class Reports:
    """Reports in the order in which they came.

    A time that the ground sets holds for all stamps of that cycle, and may be reported last of them: reports of service 1
    are handed on once their cycle has been heard.

    Args:
        epoch_tai_ms: TAI at board time 0, as loaded before launch.
        follower: gets what is said of telecommands.
        hear: gets every event.

    Attributes:
        transitions: the first 100,000; the rest is only counted.
    """

    def __init__(
        self, epoch_tai_ms: int, follower: Follower, hear: Callable[[EventReport], None] = lambda event: None
    ) -> None:
        self.transitions: list[CheckTransition] = []
        self._clock = BoardClock(epoch_tai_ms)
        self._follower = follower
        self._hear = hear
        self._counted: Counter[bytes] = Counter()
        self._held: list[tuple[dictionary.PacketDefinition, bytes]] = []  # all of one stamp

    def take(self, packet: bytes) -> None:
        """Count a whole telemetry packet, and read what it says if it is one of those followed."""
        self._counted[
            packet[:2] + packet[_SERVICE : _SERVICE + 2] + packet[_SOURCE_DATA : _SOURCE_DATA + 1]
        ] += 1
        if self._held and packet[_STAMP] != self._held[0][1][_STAMP]:
            self.finish()
        if packet[1] not in _FOLLOWED or len(packet) < _SOURCE_DATA:
            return
        definition = _KNOWN.identify(_apid(packet), packet[_SERVICE], packet[_SERVICE + 1])
        octets = packet[_SOURCE_DATA:]
        if definition is None or len(octets) != definition.octets:
            return
        if definition is _EVENT:
            self._take_event(_tai_ms(packet), octets)
        elif definition is _CHECK:
            if len(self.transitions) < MOST_KEPT:
                self.transitions.append(_transition(octets, self._clock))
        elif definition is _TIME:
            _, board_ms, seconds, fraction, _ = map(int, definition.unpack(octets))
            self._clock.correlate(
                board_ms,
                cuc.Time(seconds=seconds, fraction=fraction, fine_octets=pus.FINE_TIME_OCTETS).tai_ms,
            )
        elif definition is _SUCCESS or definition is _FAILURE:
            self._held.append((definition, packet))

    def finish(self) -> None:
        """Hand on what is held."""
        for definition, packet in self._held:
            time_ms = self._clock.board_ms(_tai_ms(packet))
            self._follower.verified(_verification(definition, packet, time_ms))
        self._held.clear()

    def _take_event(self, tai_ms: int, octets: bytes) -> None:
        identifier, board_ms, *parameters = map(int, _EVENT.unpack(octets))
        name = _KNOWN.enumerations["event"].get(identifier, f"UNDEFINED_{identifier}")
        event = EventReport(
            name=name, time_ms=self._clock.unwrapped_ms(board_ms), parameters=tuple(parameters)
        )
        if name == TIME_SET:
            self._clock.correlate(board_ms, tai_ms)
        elif name == DISCARDED:
            self._follower.discarded(event)
        self._hear(event)

    def counts(self) -> dict[str, int]:
        """How many packets of each kind came, by the dictionary's name; those it does not name are left out."""
        counts = dict.fromkeys(_KNOWN.packets, 0)
        for kind, number in self._counted.items():
            if len(kind) >= 4:  # what is shorter has no secondary header
                definition = _KNOWN.identify(
                    _apid(kind), kind[2], kind[3], kind[4] if len(kind) > 4 else None
                )
                if definition:
                    counts[definition.name] += number
        return counts


def _verification(definition: dictionary.PacketDefinition, packet: bytes, time_ms: int) -> VerificationReport:
    values = definition.engineering(definition.unpack(packet[_SOURCE_DATA:]))
    return VerificationReport(
        request=(int(values["request_packet"]), int(values["request_sequence"])),
        subtype=packet[_SERVICE + 1],
        time_ms=time_ms,
        failure=str(values["failure"]) if definition is _FAILURE else None,
        destination=int.from_bytes(packet[_DESTINATION], "big"),
    )


def _transition(octets: bytes, clock: BoardClock) -> CheckTransition:
    values = _CHECK.engineering(_CHECK.unpack(octets))
    return CheckTransition(
        time_ms=clock.unwrapped_ms(int(values["time_ms"])),
        monitor=int(values["monitor"]),
        parameter=str(values["parameter"]),
        value=float(values["value"]),
        limit=float(values["limit"]),
        before=str(values["before"]),
        now=str(values["now"]),
    )


def _tai_ms(packet: bytes) -> int:
    return cuc.decode(packet[_STAMP]).tai_ms


def _apid(packet: bytes) -> int:
    return (packet[0] & 7) << 8 | packet[1]
