# SPDX-License-Identifier: Apache-2.0
"""What shows that a fault was noticed, answered or overcome: an event report, a stop of the power board, or a condition.

A condition compares what is recorded each cycle with numbers: `nodes_on >= 8`, `level <= 1 and mode == 2`. Of a list,
`string_current_a[3] < 1` takes one number, and `junction_k < 333` holds when it holds for every one. `flight.` stands before
what flight software itself makes of it: `flight.state_of_charge < 0.6`. While the computer is off nothing holds of that.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from flatsat.boards.registers import power_stimulus
from flatsat.flightsw.status import FlightStatus
from flatsat.protocols import dictionary

from .cycle_status import SIZES
from .plant.truth import PlantTruth
from .suggestion import nearest

EVENTS = tuple(dictionary.load().events)
"""Event reports of the flight software."""

STOPS = tuple(field.name for field in sorted(power_stimulus.STOP_CAUSE.fields, key=lambda field: field.low))
"""What the power board does by itself: the names of STOP_CAUSE, bit 0 first."""

FLIGHT = "flight."
QUANTITIES = {**SIZES, **{f"{FLIGHT}{name}": 0 for name in FlightStatus._fields}}
"""What conditions compare, with how many numbers it has; 0: it is one."""

ALLOWED = "an event report, a stop of the power board, or a condition on what is recorded each cycle"
_TERM = re.compile(r"\s*([a-z_.0-9]+)(?:\[(\d+)\])?\s*(<=|>=|==|!=|<|>)\s*([-+0-9.eE]+)\s*")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class NoEvidence(ValueError):
    """A text that names none; `allowed` says what would."""

    def __init__(self, problem: str, allowed: str = ALLOWED) -> None:
        super().__init__(problem)
        self.allowed = allowed


class Readings(NamedTuple):
    """The end of a cycle."""

    truth: PlantTruth
    held: Mapping[str, Any]
    flight: FlightStatus | None

    def of(self, name: str) -> Any:
        """A quantity by its name; None while nobody knows it."""
        if name.startswith(FLIGHT):
            return getattr(self.flight, name.removeprefix(FLIGHT), None)
        return self.held[name] if name in self.held else getattr(self.truth, name)


class Event(NamedTuple):
    """An event report."""

    name: str


class BoardStop(NamedTuple):
    """The power board stopped a grant short for this cause."""

    cause: str


class Term(NamedTuple):
    """One comparison."""

    quantity: str
    place: int | None
    holds: Callable[[Any, Any], bool]
    number: float

    def met(self, readings: Readings) -> bool:
        """Whether it holds."""
        found = readings.of(self.quantity)
        if isinstance(found, list):
            items = found if self.place is None else found[self.place : self.place + 1]
            return all(self.holds(item, self.number) for item in items)
        return found is not None and self.holds(found, self.number)


class Condition(NamedTuple):
    """Comparisons that all hold at the end of a cycle."""

    terms: tuple[Term, ...]

    def met(self, readings: Readings) -> bool:
        """Whether all hold."""
        return all(term.met(readings) for term in self.terms)


Evidence = Event | BoardStop | Condition


@cache
def parse(text: str) -> Evidence:
    """Read evidence as a scenario writes it.

    Raises:
        NoEvidence: it names nothing that could come.
    """
    if text in EVENTS:
        return Event(text)
    if text in STOPS:
        return BoardStop(text)
    if re.fullmatch(r"\w+", text):
        raise NoEvidence(
            f"{text!r} is no evidence{nearest(text, (*EVENTS, *STOPS))}", ", ".join((*EVENTS, *STOPS))
        )
    return Condition(tuple(_term(part) for part in text.split(" and ")))


def _term(text: str) -> Term:
    found = _TERM.fullmatch(text)
    if not found:
        raise NoEvidence(f"{text.strip()!r} is no comparison", "like nodes_on >= 8, several joined by and")
    name, index, comparison, written = found.groups()
    if name not in QUANTITIES:
        raise NoEvidence(f"{name!r} is not recorded{nearest(name, QUANTITIES)}", ", ".join(QUANTITIES))
    size = QUANTITIES[name]
    if index is not None and int(index) >= size:
        allowed = f"{name}[0] to {name}[{size - 1}]" if size else name
        raise NoEvidence(f"{name}[{index}] is not recorded", allowed)
    try:
        number = float(written)
    except ValueError:
        raise NoEvidence(f"{written!r} is no number", "like 8 or 0.65") from None
    return Term(name, None if index is None else int(index), _COMPARE[comparison], number)
