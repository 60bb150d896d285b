# SPDX-License-Identifier: Apache-2.0
"""What the ground keeps of the reports that come down: events, verification of telecommands, check transitions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flatsat.protocols import cuc, dictionary, pus, space_packet

MOST_KEPT = 100_000
_SOURCE_DATA = space_packet.PRIMARY_HEADER_OCTETS + pus.TELEMETRY_HEADER_OCTETS
_SERVICE = space_packet.PRIMARY_HEADER_OCTETS + 1
_TIME = space_packet.PRIMARY_HEADER_OCTETS + 7
_KNOWN = dictionary.load()
_EVENT, _CHECK = _KNOWN.packets["event"], _KNOWN.packets["check_transition"]
_SUCCESS, _FAILURE = _KNOWN.packets["verification"], _KNOWN.packets["verification_failure"]
_FOLLOWED = {_EVENT.apid & 0xFF, _SUCCESS.apid & 0xFF}
Kept = TypeVar("Kept")


@dataclass(frozen=True, kw_only=True)
class EventReport:
    """One event of the flight software, as the ground reads it."""

    name: str
    time_ms: int
    parameters: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class VerificationReport:
    """A report of service 1: `subtype` tells how far the telecommand has come, `failure` (else None) why no further."""

    request: tuple[int, int]
    subtype: int
    tai_ms: int
    failure: str | None


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


@dataclass(kw_only=True)
class Reports:
    """Reports in the order in which they came, the first 100,000 of each kind; the rest is only counted."""

    events: list[EventReport] = field(default_factory=list)
    verifications: list[VerificationReport] = field(default_factory=list)
    transitions: list[CheckTransition] = field(default_factory=list)
    _counted: Counter[bytes] = field(default_factory=Counter)

    def take(self, packet: bytes) -> None:
        """Count a whole telemetry packet, and keep what it says if it is one of those followed."""
        self._counted[
            packet[:2] + packet[_SERVICE : _SERVICE + 2] + packet[_SOURCE_DATA : _SOURCE_DATA + 1]
        ] += 1
        if packet[1] not in _FOLLOWED or len(packet) < _SOURCE_DATA:
            return
        definition = _KNOWN.identify(_apid(packet), packet[_SERVICE], packet[_SERVICE + 1])
        octets = packet[_SOURCE_DATA:]
        if definition is None or len(octets) != definition.octets:
            return
        if definition is _EVENT:
            identifier, time_ms, *parameters = definition.unpack(octets)
            name = _KNOWN.enumerations["event"].get(int(identifier), f"UNDEFINED_{identifier}")
            numbers = tuple(map(int, parameters))
            _keep(self.events, EventReport(name=name, time_ms=int(time_ms), parameters=numbers))
        elif definition is _CHECK:
            _keep(self.transitions, _transition(octets))
        elif definition is _SUCCESS or definition is _FAILURE:
            tai_ms = cuc.decode(packet[_TIME : _TIME + 6]).tai_ms
            _keep(self.verifications, _verification(definition, packet[_SERVICE + 1], tai_ms, octets))

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


def _verification(
    definition: dictionary.PacketDefinition, subtype: int, tai_ms: int, octets: bytes
) -> VerificationReport:
    values = definition.engineering(definition.unpack(octets))
    return VerificationReport(
        request=(int(values["request_packet"]), int(values["request_sequence"])),
        subtype=subtype,
        tai_ms=tai_ms,
        failure=str(values["failure"]) if definition is _FAILURE else None,
    )


def _transition(octets: bytes) -> CheckTransition:
    values = _CHECK.engineering(_CHECK.unpack(octets))
    return CheckTransition(
        time_ms=int(values["time_ms"]),
        monitor=int(values["monitor"]),
        parameter=str(values["parameter"]),
        value=float(values["value"]),
        limit=float(values["limit"]),
        before=str(values["before"]),
        now=str(values["now"]),
    )


def _keep(kept: list[Kept], report: Kept) -> None:
    if len(kept) < MOST_KEPT:
        kept.append(report)


def _apid(packet: bytes) -> int:
    return (packet[0] & 7) << 8 | packet[1]
