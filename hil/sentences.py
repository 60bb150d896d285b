# SPDX-License-Identifier: Apache-2.0
"""Reports that say that something happened, in words: events, telecommands that failed, parameters out of their limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flatsat.protocols.dictionary import Dictionary
from flatsat.protocols.pus import Severity

Raw = tuple[float, ...]

_STAGES = {
    2: "at acceptance",
    4: "at its start",
    8: "at completion",
    10: "at its routing",
}  # subtypes of service 1


class Sentences:
    """What the dictionary makes of a report's raw values."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._events = {event.identifier: event for event in dictionary.events.values()}
        self._enumerations = dictionary.enumerations
        self._units = {
            f"{packet.name}.{parameter.name}": parameter.unit
            for packet in dictionary.packets.values()
            for parameter in packet.parameters
        }

    def tell(self, packet: str, subtype: int, raw: Raw) -> str:
        """The sentence of one packet, by the dictionary's name; empty for packets that only carry numbers."""
        sentence = _SENTENCES.get(packet)
        return sentence(self, subtype, raw) if sentence else ""

    def name(self, packet: str, raw: Raw) -> str:
        """An event's name, or the packet's."""
        if packet != "event":
            return packet.upper()
        identifier = int(raw[0])
        return self._events[identifier].name if identifier in self._events else f"UNDEFINED_{identifier}"

    def _event(self, subtype: int, raw: Raw) -> str:
        identifier, _, parameter0, parameter1 = map(int, raw)
        if identifier not in self._events:
            return f"Event {identifier} is not in the dictionary: numbers {parameter0}, {parameter1}"
        return self._events[identifier].tell(parameter0, parameter1)

    def _failure(self, subtype: int, raw: Raw) -> str:
        request_packet, request_sequence, failure, detail = map(int, raw)
        apid, count = request_packet & 0x7FF, request_sequence & 0x3FFF
        return f"Telecommand {count} to APID {apid} failed {_STAGES[subtype]}: {self._named('failure', failure)}, detail {detail}"

    def _transition(self, subtype: int, raw: Raw) -> str:
        _, monitor, parameter, value, limit, before, now, _ = raw
        name = self._named("sampled", parameter)
        unit = self._units.get(name, "1")
        shown = "" if unit in ("1", "bits") else f" {unit}"
        states = f"{self._named('check_state', before)} to {self._named('check_state', now)}"
        return f"{name} {value:.6g}{shown}, limit {limit:.6g}{shown}: {states} (monitor {monitor})"

    def _named(self, enumeration: str, raw: float) -> str:
        return self._enumerations[enumeration].get(int(raw)) or f"UNDEFINED_{raw}"


def severity(packet: str, subtype: int) -> str:
    """An event's severity, which is its subtype; the standard gives other reports none."""
    return Severity(subtype).name if packet == "event" else "-"


_SENTENCES: Mapping[str, Callable[[Sentences, int, Raw], str]] = {
    "event": Sentences._event,
    "verification_failure": Sentences._failure,
    "check_transition": Sentences._transition,
}
TOLD = tuple(_SENTENCES)
