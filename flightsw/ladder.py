# SPDX-License-Identifier: Apache-2.0
"""The ladder: when flight software gives up a level of work by itself, and when it takes one up again.

A level is entered when one of its ENTRIES has been open for its time, and every level above it is passed on the way, each with
an event of its own. A level is left, for the one above it, when its exit has been open for EXIT_S and no entry of that level or
of one below it is open. Entry and exit of a level lie so far apart that noise does not take it back and forth. SAFE is left
once the battery has gained in some orbits running: what put the satellite there has then been outlived by as much.

Cells are judged by what they would rest at: under load a worn battery sags, and is not empty for that.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from .modes import Level
from .parameters import FlightParameters

EXIT_S = 30.0
FORECASTS, LOW_FORECASTS = 5, 3  # so many of the latest samples have to foretell a battery below its floor
CELL_HYSTERESIS_V = 0.05


class Cause(IntEnum):
    """Why the level has changed; the values are those of telemetry."""

    RECOVERED = 0
    STATE_OF_CHARGE = 1
    CELL_VOLTAGE = 2
    FORECAST = 3
    FAULTS = 4
    RESETS = 5
    RUNAWAY = 6
    GROUND = 7


class Condition(NamedTuple):
    """What the ladder looks at.

    Attributes:
        cell_v: what the lowest cell would rest at.
        sunrise_charge: state of charge that the coming, or present, eclipse will leave if no node runs.
        runaway: whether a battery pack gets hotter and hotter.
        faults: of flight software itself within the last hour.
        resets: that the ground has not ordered, within an hour before the boot.
        quiet_s: since the boot.
    """

    state_of_charge: float
    cell_v: float
    sunrise_charge: float
    in_sun: bool
    runaway: bool = False
    faults: int = 0
    resets: int = 0
    quiet_s: float = 1e9


class Change(NamedTuple):
    """The level now, one away from the one before, and why."""

    level: Level
    cause: Cause


class Entry(NamedTuple):
    """A level is entered when `when` has held for `held_s`."""

    level: Level
    cause: Cause
    when: Callable[[Condition, FlightParameters], bool]
    held_s: float


class Ladder:
    """The level that flight software has chosen by itself.

    Args:
        level: to begin with.

    Attributes:
        level: the latest.
    """

    __slots__ = ("_balance", "_exit_s", "_forecasts", "_held_s", "_parameters", "level")

    def __init__(self, parameters: FlightParameters, level: Level = Level.NORMAL) -> None:
        self._parameters = parameters
        self.level = level
        self._held_s = [0.0] * len(ENTRIES)
        self._exit_s = 0.0
        self._forecasts = 0  # a bit for each of the latest samples
        self._balance = OrbitBalance(parameters)

    def step(self, now: Condition, elapsed_s: float) -> list[Change]:
        """Take in a sample; returns the levels passed, none if it stays."""
        self._balance.step(now.state_of_charge, elapsed_s, counting=self.level is Level.SAFE)
        low = FORECAST.when(now, self._parameters)
        self._forecasts = (self._forecasts << 1 | low) & (1 << FORECASTS) - 1
        open_entries = self._open_entries(now, elapsed_s)
        due = [entry for entry, held_s in open_entries if held_s >= entry.held_s]
        if due:
            lowest = max(due, key=lambda entry: entry.level)
            if lowest.level > self.level:
                return self._descend(lowest)
        kept = any(entry.level >= self.level for entry, _ in open_entries)
        return self._ascend(now, elapsed_s, kept=kept)

    def _open_entries(self, now: Condition, elapsed_s: float) -> list[tuple[Entry, float]]:
        """The entries that are open, and for how long each has been."""
        limits, held, found = self._parameters, self._held_s, []
        low = self._forecasts.bit_count() >= LOW_FORECASTS
        for place, entry in enumerate(ENTRIES):
            if low if entry is FORECAST else entry.when(now, limits):
                held[place] += elapsed_s
                found.append((entry, held[place]))
            else:
                held[place] = 0.0
        return found

    def _descend(self, entry: Entry) -> list[Change]:
        passed = [Change(Level(level), entry.cause) for level in range(self.level + 1, entry.level + 1)]
        self.level = entry.level
        self._exit_s = 0.0
        self._balance.forget()
        return passed

    def _ascend(self, now: Condition, elapsed_s: float, *, kept: bool) -> list[Change]:
        may_leave = not kept and self.level is not Level.NORMAL and self._may_leave(now)
        self._exit_s = self._exit_s + elapsed_s if may_leave else 0.0
        if not may_leave or self._exit_s < EXIT_S:
            return []
        self._exit_s = 0.0
        self.level = Level(self.level - 1)
        return [Change(self.level, Cause.RECOVERED)]

    def _may_leave(self, now: Condition) -> bool:
        if self.level is Level.SAFE and self._balance.orbits < self._parameters.safe_orbits:
            return False
        return EXITS[self.level](now, self._parameters)


class OrbitBalance:
    """Counts the orbits running at whose end the battery held more than at their start, or enough for work.

    Attributes:
        orbits: how many.
    """

    __slots__ = ("_elapsed_s", "_parameters", "_start", "orbits")

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.orbits = 0
        self._elapsed_s = 0.0
        self._start: float | None = None

    def step(self, state_of_charge: float, elapsed_s: float, *, counting: bool) -> None:
        """Take in a sample."""
        if not counting:
            return
        if self._start is None:
            self._start = state_of_charge
        self._elapsed_s += elapsed_s
        if self._elapsed_s < self._parameters.orbit_period_s:
            return
        enough = min(self._start, self._parameters.shed_exit)
        self.orbits = self.orbits + 1 if state_of_charge > enough else 0
        self._elapsed_s = 0.0
        self._start = state_of_charge


FORECAST = Entry(Level.THROTTLE, Cause.FORECAST, lambda now, limits: now.sunrise_charge < limits.floor, 0.0)
ENTRIES = (
    Entry(Level.THROTTLE, Cause.STATE_OF_CHARGE, lambda now, limits: now.state_of_charge < limits.floor, 5.0),
    FORECAST,
    Entry(
        Level.SHED_COMPUTE,
        Cause.STATE_OF_CHARGE,
        lambda now, limits: now.state_of_charge < limits.shed_entry,
        10.0,
    ),
    Entry(Level.SHED_COMPUTE, Cause.RUNAWAY, lambda now, limits: now.runaway, 0.0),
    Entry(Level.SHED_COMPUTE, Cause.CELL_VOLTAGE, lambda now, limits: now.cell_v < limits.shed_cell_v, 10.0),
    Entry(
        Level.SHED_PAYLOAD,
        Cause.STATE_OF_CHARGE,
        lambda now, limits: now.state_of_charge < limits.payload_entry,
        5.0,
    ),
    Entry(
        Level.SHED_PAYLOAD, Cause.CELL_VOLTAGE, lambda now, limits: now.cell_v < limits.payload_cell_v, 5.0
    ),
    Entry(
        Level.SAFE, Cause.STATE_OF_CHARGE, lambda now, limits: now.state_of_charge < limits.safe_entry, 2.0
    ),
    Entry(Level.SAFE, Cause.CELL_VOLTAGE, lambda now, limits: now.cell_v < limits.safe_cell_v, 2.0),
    Entry(Level.SAFE, Cause.FAULTS, lambda now, limits: now.faults >= limits.faults_to_safe, 0.0),
    Entry(
        Level.SAFE,
        Cause.RESETS,
        lambda now, limits: now.resets >= limits.resets_to_safe and now.quiet_s < limits.safe_quiet_s,
        0.0,
    ),
)

EXITS: dict[Level, Callable[[Condition, FlightParameters], bool]] = {
    Level.THROTTLE: lambda now, limits: now.state_of_charge > limits.throttle_exit and now.in_sun,
    Level.SHED_COMPUTE: lambda now, limits: (
        now.state_of_charge > limits.shed_exit and now.cell_v > limits.shed_cell_v + CELL_HYSTERESIS_V
    ),
    Level.SHED_PAYLOAD: lambda now, limits: (
        now.state_of_charge > limits.payload_exit and now.cell_v > limits.payload_cell_v + CELL_HYSTERESIS_V
    ),
    Level.SAFE: lambda now, limits: (
        now.state_of_charge > limits.safe_exit and now.cell_v > limits.safe_cell_v + CELL_HYSTERESIS_V
    ),
}
