# SPDX-License-Identifier: Apache-2.0
"""The sensors that faults may strike, by name: fields of the boards' stimulus maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flatsat.boards.register import Field
from flatsat.boards.registers import compute_stimulus as compute
from flatsat.boards.registers import laser_stimulus as laser
from flatsat.boards.registers import power_stimulus as power

from .backends.port import COMPUTE, LASER, POWER

FIRST = (power.BUS.address, compute.MEMORY_ERRORS.address, laser.OPTICAL.address)
"""Where the words of `sensors.words` begin in each board's map."""


class Sensor(NamedTuple):
    """One converter and its place among the words of `sensors.words`."""

    board: int
    field: Field

    @property
    def word(self) -> int:
        """Index among the board's words."""
        return (self.field.address - FIRST[self.board]) // 4


def span(target: str) -> float:
    """The range of a target's converters, in their unit."""
    field = SENSORS[target][0].field
    return field.lsb * ((1 << field.width) - 1)


def unit(target: str) -> str:
    """The unit of a target's converters."""
    return SENSORS[target][0].field.unit


def _fields(board: int, registers: object, *names: str) -> tuple[Sensor, ...]:
    return tuple(Sensor(board, getattr(registers, name)) for name in names)


def _numbered(
    board: int, registers: object, register: str, field: str, count: int, each: int
) -> tuple[Sensor, ...]:
    """Alike fields of which each register holds `each`: STRING_0_1_STRING0, STRING_0_1_STRING1, STRING_2_3_STRING2..."""
    firsts = [number // each * each for number in range(count)]
    names = (f"{register}_{first}_{first + each - 1}_{field}{number}" for number, first in enumerate(firsts))
    return _fields(board, registers, *names)


SENSORS: Mapping[str, tuple[Sensor, ...]] = {
    "bus_voltage": _fields(POWER, power, "BUS_VOLTAGE"),
    "bus_current": _fields(POWER, power, "BUS_CURRENT"),
    "battery_voltage": _fields(POWER, power, "BATTERY_VOLTAGE"),
    "battery_current": _fields(POWER, power, "BATTERY_CURRENT"),
    "gauge": _fields(POWER, power, "GAUGE_STATE_OF_CHARGE"),
    "battery_temperature": _fields(POWER, power, "GAUGE_TEMPERATURE"),
    "string_current": _numbered(POWER, power, "STRING", "STRING", 8, 2),
    "load_current": _numbered(POWER, power, "LOAD", "LOAD", 8, 2),
    **{
        f"pack{pack}_{kind}": _fields(POWER, power, f"PACK_{kind.upper()}_PACK{pack}")
        for pack in range(2)
        for kind in ("current", "spread", "temperature")
    },
    "coolant_temperature": _fields(COMPUTE, compute, "COOLANT_COOLANT_TEMPERATURE"),
    "radiator_temperature": _fields(COMPUTE, compute, "COOLANT_RADIATOR_TEMPERATURE"),
    "junction_temperature": _numbered(COMPUTE, compute, "TEMPERATURE", "NODE", 16, 4),
    "received_power": _fields(LASER, laser, "OPTICAL_RECEIVED_POWER"),
}
"""Converters by target; those of one target are struck together."""
