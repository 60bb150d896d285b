# SPDX-License-Identifier: Apache-2.0
"""Mission modes and the table of transitions among them.

SAFE     essential loads only: attitude control, beacon, survival heaters. Left without help from the ground. While it lasts
         the laser terminal listens for telecommands in the last ten minutes of every hour, the under-voltage lock-out
         permitting; after two orbits all that the ground has set but time and schedule goes back to what was loaded.
CHARGE   everything but the compute racks: the battery comes first.
NOMINAL  the racks work as far as the power budget allows.

These are the modes that flight software chooses by itself. The ground may hold the satellite at or below SAFE or CHARGE; in a
SAFE that only the ground asks for the laser terminal stays on, to hear it again.

Three resets within an hour that the ground has not ordered make SAFE too, and take back what it has set at once.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from .parameters import FlightParameters


class Mode(IntEnum):
    """Mission mode; the values are those of telemetry."""

    SAFE = 0
    CHARGE = 1
    NOMINAL = 2


class Condition(NamedTuple):
    """What the transitions look at."""

    state_of_charge: float
    resets_in_window: int
    quiet_s: float  # since boot


class Transition(NamedTuple):
    """Go from one mode to another when `when` has held for `persistence_s`."""

    source: Mode
    target: Mode
    when: Callable[[Condition, FlightParameters], bool]
    persistence_s: float


class ModeState(NamedTuple):
    """The mode, and for how long each of its ways out has been open."""

    mode: Mode
    held_s: tuple[float, ...] = ()


def step(state: ModeState, condition: Condition, parameters: FlightParameters, elapsed_s: float) -> ModeState:
    """Return the state after `elapsed_s`: the first way out of TRANSITIONS that was open long enough is taken."""
    ways = _WAYS_OUT[state.mode]
    held = state.held_s or (0.0,) * len(ways)
    later = []
    for way, before_s in zip(ways, held, strict=True):
        now_s = before_s + elapsed_s if way.when(condition, parameters) else 0.0
        if now_s >= way.persistence_s and now_s > 0.0:
            return ModeState(way.target)
        later.append(now_s)
    return ModeState(state.mode, tuple(later))


def _empty(now: Condition, parameters: FlightParameters) -> bool:
    return now.state_of_charge < parameters.safe_entry


def _low(now: Condition, parameters: FlightParameters) -> bool:
    return now.state_of_charge < parameters.charge_entry


def _resets(now: Condition, parameters: FlightParameters) -> bool:
    return now.resets_in_window >= parameters.resets_to_safe and now.quiet_s < parameters.safe_quiet_s


def _recovered(now: Condition, parameters: FlightParameters) -> bool:
    return now.state_of_charge > parameters.safe_exit and not _resets(now, parameters)


def _enough(now: Condition, parameters: FlightParameters) -> bool:
    return now.state_of_charge > parameters.charge_exit


TRANSITIONS = (
    Transition(Mode.NOMINAL, Mode.SAFE, _empty, 2.0),
    Transition(Mode.CHARGE, Mode.SAFE, _empty, 2.0),
    Transition(Mode.CHARGE, Mode.SAFE, _resets, 0.0),
    Transition(Mode.NOMINAL, Mode.CHARGE, _low, 10.0),
    Transition(Mode.CHARGE, Mode.NOMINAL, _enough, 3.0),
    Transition(Mode.SAFE, Mode.CHARGE, _recovered, 30.0),
)

_WAYS_OUT = {mode: tuple(way for way in TRANSITIONS if way.source == mode) for mode in Mode}
