# SPDX-License-Identifier: Apache-2.0
"""The recording of a run as columns over board time, with the eclipses and an energy account of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import recorder
from ..bound.flown import Flown
from ..errors import RecordingError
from ..plant.loads import BOOT, HUNG, ON, RACK_A, RACK_B
from ..scenario import Scenario
from .envelope import Envelope

NODE_COLUMNS = tuple(f"node{node}" for node in range(16))
NODE_OFF, NODE_BOOTS, NODE_HANGS = -2, -1, 16
"""What a node column holds where it holds no clock step; the greatest wins where rows share a bin."""

MOST_ECLIPSES = 200

_NAN = float("nan")


class Flight:
    """Collects what the cycles left.

    Attributes:
        envelope: COLUMNS over board time.
        eclipses_s: beginnings and ends, of the first MOST_ECLIPSES.
        energy_wh: integrals over the cycles, from one value a cycle.
        end_s: board time reached.
        done: what the run's bound is compared with, where it is known what was to be flown.
    """

    def __init__(self, flown: Scenario | None = None) -> None:
        self.done = Flown(flown) if flown else None
        self.envelope = Envelope([*COLUMNS, *NODE_COLUMNS])
        self.eclipses_s: list[tuple[float, float]] = []
        self.eclipses = 0
        self.cycles = 0
        self.end_s = 0.0
        self.energy_wh = dict.fromkeys(_ENERGY, 0.0)
        self._dark_from_s: float | None = None

    def take(self, end_s: float, status: Mapping[str, Any]) -> None:
        """Take the end of one cycle, as it is recorded."""
        try:
            self.envelope.add(end_s, _row(status))
            self._follow_sun(end_s, status["sunlight"])
            self._account(end_s - self.end_s, status)
            if self.done:
                self.done.take(
                    round(1000 * end_s),
                    racks_w=_racks_w(status),
                    battery_w=status["battery_w"],
                    state_of_charge=status["state_of_charge"],
                    on=status["nodes_on"],
                    booting=status["nodes_booting"],
                    delivered=status["delivered"],
                )
        except (KeyError, TypeError, IndexError) as error:
            raise RecordingError(
                f"cycle {self.cycles} of the recording does not hold {error}: another version of flatsat made it"
            ) from error
        self.cycles += 1
        self.end_s = end_s

    def finish(self) -> None:
        """Close what is open at the end."""
        if self._dark_from_s is not None:
            self._eclipse(self._dark_from_s, self.end_s)
            self._dark_from_s = None

    def _follow_sun(self, end_s: float, sunlight: float) -> None:
        dark = sunlight < 0.5
        if dark and self._dark_from_s is None:
            self._dark_from_s = self.end_s if self.cycles else 0.0
        elif not dark and self._dark_from_s is not None:
            self._eclipse(self._dark_from_s, self.end_s)
            self._dark_from_s = None

    def _eclipse(self, from_s: float, to_s: float) -> None:
        self.eclipses += 1
        if len(self.eclipses_s) < MOST_ECLIPSES:
            self.eclipses_s.append((from_s, to_s))

    def _account(self, seconds: float, status: Mapping[str, Any]) -> None:
        hours, battery_w = seconds / 3600, status["battery_w"]
        wh = self.energy_wh
        wh["array_wh"] += status["array_w"] * hours
        wh["loads_wh"] += status["load_w"] * hours
        wh["compute_wh"] += _racks_w(status) * hours
        wh["charged_wh" if battery_w > 0 else "discharged_wh"] += abs(battery_w) * hours
        wh["shunted_wh"] += status["shunt_w"] * hours
        wh["brown_out_wh"] += status["brown_out_w"] * hours


def cycles(path: Path, flight: Flight) -> Iterator[tuple[float, bytes]]:
    """Read a recording into `flight`; yield the end of each cycle in seconds and its optical stream.

    Raises:
        RecordingError: not a recording, damaged, or made by another version.
    """
    for cycle in recorder.read(path):
        end_s = cycle.end_ms / 1000
        flight.take(end_s, cycle.status)
        yield end_s, cycle.streams[-1]
    flight.finish()


def _row(status: Mapping[str, Any]) -> list[float]:
    junctions = status["junction_k"]
    states, steps = status["node_state"], status["clock_step"]
    on = states.count(ON)
    level, queued = status["level"], status["frames_queued"]
    return [
        status["array_w"] / 1000,
        status["load_w"] / 1000,
        _racks_w(status) / 1000,
        status["battery_w"] / 1000,
        status["shunt_w"] / 1000,
        status["brown_out_w"] / 1000,
        100 * status["state_of_charge"],
        status["battery_voltage_v"],
        status["battery_current_a"],
        on,
        states.count(BOOT),
        states.count(HUNG),
        sum(step for state, step in zip(states, steps, strict=True) if state == ON) / on if on else _NAN,
        max(junctions),
        min(junctions),
        status["coolant_k"],
        status["radiator_k"],
        status["battery_k"],
        status["laser_k"],
        status["laser_state"],
        1e6 * status["received_power_w"],
        status["board_frames"] + (queued or 0),
        _NAN if level is None else level,
        *(
            step if state == ON else _INSTEAD_OF_STEP[state]
            for state, step in zip(states, steps, strict=True)
        ),
    ]


def _racks_w(status: Mapping[str, Any]) -> float:
    currents: list[float] = status["load_current_a"]
    voltage: float = status["bus_voltage_v"]
    return (currents[RACK_A] + currents[RACK_B]) * voltage


_INSTEAD_OF_STEP = {0: NODE_OFF, BOOT: NODE_BOOTS, HUNG: NODE_HANGS}

_ENERGY = (
    "array_wh", "loads_wh", "compute_wh", "charged_wh", "discharged_wh", "shunted_wh", "brown_out_wh",
)  # fmt: skip

COLUMNS = (
    "array_kw", "load_kw", "compute_kw", "battery_kw", "shunt_kw", "brown_out_kw",
    "charge_percent", "battery_v", "battery_a",
    "nodes_on", "nodes_booting", "nodes_hung", "clock_step",
    "hottest_k", "coldest_k", "coolant_k", "radiator_k", "battery_k", "laser_k",
    "laser_state", "received_uw", "frames_held", "level",
)  # fmt: skip
"""In the order of `_row`."""
