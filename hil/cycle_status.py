# SPDX-License-Identifier: Apache-2.0
"""What a recording keeps of a cycle beside the trace, as JSON with a schema: the plant's truth and what the boards do.

No hash covers it: all of it follows from the scenario, the seed and the trace.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from .plant import Actuators
from .plant.battery import PACKS
from .plant.loads import BOOT, HUNG, NODES, ON
from .plant.truth import LOADS, PlantTruth


class Flight(Protocol):
    """What is recorded of the flight software."""

    @property
    def mode(self) -> int: ...
    @property
    def frames_queued(self) -> int: ...


class CycleStatus:
    """Renders the end of a cycle; what the boards do changes seldom and is kept as text."""

    def __init__(self) -> None:
        self._key: tuple[int | None, ...] = ()
        self._held: dict[str, Any] = {}
        self._text = b""

    def json(
        self, truth: PlantTruth, actuators: Actuators, board_frames: int, flight: Flight | None
    ) -> bytes:
        """One JSON object with the properties of SCHEMA."""
        self.held(actuators, board_frames, flight)
        return truth.as_json()[:-1] + self._text

    def held(self, actuators: Actuators, board_frames: int, flight: Flight | None) -> Mapping[str, Any]:
        """The properties beside the plant's truth."""
        a = actuators
        key = (
            a.lcl_on, a.string_on, a.pack_on, a.charge, a.battery_heater, a.coolant_heater, a.computer_on, a.node_state,
            a.steps_low, a.steps_high, a.laser_state, board_frames,
            flight.mode if flight else None, flight.frames_queued if flight else None,
        )  # fmt: skip
        if key != self._key:
            self._key = key
            self._held = _held(actuators, board_frames, *key[-2:])
            self._text = b"," + json.dumps(self._held, separators=(",", ":")).encode()[1:]
        return self._held


def _held(
    actuators: Actuators, board_frames: int, mode: int | None, frames_queued: int | None
) -> dict[str, Any]:
    states = [actuators.node_state >> 2 * node & 3 for node in range(NODES)]
    steps = actuators.steps_high << 32 | actuators.steps_low
    return {
        "lcl_on": _bits(actuators.lcl_on, LOADS),
        "string_on": _bits(actuators.string_on, 8),
        "pack_on": _bits(actuators.pack_on, PACKS),
        "charge": int(actuators.charge),
        "battery_heater": int(actuators.battery_heater),
        "coolant_heater": int(actuators.coolant_heater),
        "computer_on": int(actuators.computer_on),
        "node_state": states,
        "clock_step": [steps >> 4 * node & 15 for node in range(NODES)],
        "nodes_on": states.count(ON),
        "nodes_booting": states.count(BOOT),
        "nodes_hung": states.count(HUNG),
        "laser_state": actuators.laser_state,
        "board_frames": board_frames,
        "mode": mode,
        "frames_queued": frames_queued,
    }


def _bits(word: int, count: int) -> list[int]:
    return [word >> bit & 1 for bit in range(count)]


_FIELDS: dict[str, tuple[str, str]] = {
    "time_ms": ("ms", "board time at the end of the cycle"),
    "sunlight": ("1", "share of full sunlight"),
    "array_w": ("W", "solar array, at the bus"),
    "shunt_w": ("W", "array power that nobody takes"),
    "load_w": ("W", "all loads"),
    "brown_out_w": ("W", "asked for by loads and not served"),
    "battery_w": ("W", "into the battery, at the bus; negative while discharging"),
    "bus_voltage_v": ("V", "bus"),
    "bus_current_a": ("A", "all loads"),
    "state_of_charge": ("1", "stored energy as a share of the capacity"),
    "battery_voltage_v": ("V", "battery terminals"),
    "battery_current_a": ("A", "into the battery"),
    "battery_k": ("K", "battery cells"),
    "radiator_k": ("K", "radiator"),
    "coolant_k": ("K", "coolant loop"),
    "laser_k": ("K", "laser terminal"),
    "received_power_w": ("W", "light on the laser terminal"),
    "pointing_error_rad": ("rad", "laser terminal off the relay"),
    "corrected": ("1", "memory errors corrected since the start"),
    "uncorrected": ("1", "memory errors not corrected since the start"),
    "delivered": ("s", "results sent or still held, in seconds of all nodes at the top clock step"),
    "backlog_s": ("s", "results that wait for the laser link, likewise"),
    "lost_s": ("s", "work whose results found no room, likewise"),
    "string_current_a": ("A", "each of the array's strings"),
    "load_current_a": ("A", "each limiter's load"),
    "pack_current_a": ("A", "into each battery pack"),
    "pack_spread_v": ("V", "between the highest and the lowest cell of each pack"),
    "pack_k": ("K", "cells of each pack"),
    "junction_k": ("K", "junction of each node"),
    "lcl_on": ("1", "limiters that feed their load"),
    "string_on": ("1", "strings connected"),
    "pack_on": ("1", "battery packs connected"),
    "charge": ("1", "charge path closed"),
    "battery_heater": ("1", "battery heater on"),
    "coolant_heater": ("1", "coolant heater on"),
    "computer_on": ("1", "flight computer has power"),
    "node_state": ("1", "each node: 0 off, 1 boots, 2 on, 3 hung"),
    "clock_step": ("1", "clock step of each node, 0 to 15"),
    "nodes_on": ("1", "nodes that are on"),
    "nodes_booting": ("1", "nodes that boot"),
    "nodes_hung": ("1", "nodes that hang"),
    "laser_state": ("1", "laser link: 0 off, 1 acquires, 2 tracks, 3 lost"),
    "board_frames": ("1", "frames that the laser board holds"),
    "mode": ("1", "mission mode of the flight software: 0 safe, 1 charge, 2 nominal; null while it is off"),
    "frames_queued": ("1", "frames that the flight software holds; null while it is off"),
}
"""Unit and meaning of every property."""

SIZES = {
    name: len(value) if isinstance(value, list) else 0
    for name, value in {**PlantTruth().as_dict(), **_held(Actuators(), 0, None, None)}.items()
    if name in _FIELDS
}
"""How many numbers each property has; 0: it is one."""

_NULLABLE = {"mode", "frames_queued"}


def _property(name: str, unit: str, description: str) -> dict[str, Any]:
    number: dict[str, Any] = {"type": ["number", "null"] if name in _NULLABLE else "number"}
    shape = {"type": "array", "items": number} if SIZES[name] else number
    return {**shape, "description": f"{description} [{unit}]", "unit": unit}


SCHEMA = json.dumps(
    {
        "title": "cycle",
        "type": "object",
        "properties": {name: _property(name, *field) for name, field in _FIELDS.items()},
        "required": list(_FIELDS),
    }
).encode()
"""JSON schema of what `CycleStatus.json` renders; `unit` is ours, and stands in the description too."""
