# SPDX-License-Identifier: Apache-2.0
"""What the power board measures, in engineering units: decisions go by this and never by raw words."""

from __future__ import annotations

from typing import NamedTuple

from flatsat.boards.registers import power_flight

from ..sample import PowerWords

STRINGS = 8
TAPER_CELL_V = 4.10  # above it a cell may take less than it is offered
_VOLT = power_flight.BUS_VOLTAGE.lsb
_AMPERE = power_flight.BUS_CURRENT.lsb
_ZERO_A = power_flight.BATTERY_CURRENT.zero
_CHARGE = power_flight.GAUGE_STATE_OF_CHARGE.lsb
_KELVIN = power_flight.GAUGE_TEMPERATURE.lsb
_SPREAD = power_flight.PACK_SPREAD_PACK0.lsb


class Readings(NamedTuple):
    """A sample of the power board. Battery and pack currents are positive while charging.

    Attributes:
        state_of_charge: of the gauge; while the gauge is not trusted, counted charge and open-circuit voltage stand in for it.
        packs_usable: how many of the two battery packs carry current: limits and capacity are theirs.
        voltage_known: whether the battery's voltage was measured; else it is worked out from the state of charge.
        strings_on: how many of the array's strings are connected and not lost.
        strings_usable: how many could be: after an over-voltage trip they come back one by one.
    """

    bus_v: float
    bus_a: float
    battery_v: float
    battery_a: float
    state_of_charge: float
    battery_k: float
    strings_a: tuple[float, ...]
    loads_a: tuple[float, ...]
    packs_a: tuple[float, ...]
    packs_spread_v: tuple[float, ...]
    packs_k: tuple[float, ...]
    packs_usable: int = 2
    strings_on: int = STRINGS
    strings_usable: int = STRINGS
    voltage_known: bool = True

    @property
    def array_w(self) -> float:
        """Power of the array at the bus."""
        return sum(self.strings_a) * self.bus_v

    @property
    def light_w(self) -> float | None:
        """What the array would give if all its strings did; None while none is connected."""
        return self.array_w * STRINGS / self.strings_on if self.strings_on else None

    @property
    def racks_w(self) -> float:
        """Power of both racks."""
        return (self.loads_a[2] + self.loads_a[3]) * self.bus_v

    @property
    def battery_w(self) -> float:
        """Power into the battery."""
        return self.battery_a * self.battery_v


def measured(words: PowerWords, packs_usable: int = 2, strings_on: int = STRINGS) -> Readings:
    """Convert a sample as it is."""
    return Readings(
        words.bus_voltage * _VOLT,
        words.bus_current * _AMPERE,
        words.battery_voltage * _VOLT,
        words.battery_current * _AMPERE + _ZERO_A,
        words.state_of_charge * _CHARGE,
        words.battery_temperature * _KELVIN,
        tuple([count * _AMPERE for count in words[11:19]]),
        tuple([count * _AMPERE for count in words[19:27]]),
        (words.pack_current0 * _AMPERE + _ZERO_A, words.pack_current1 * _AMPERE + _ZERO_A),
        (words.pack_spread0 * _SPREAD, words.pack_spread1 * _SPREAD),
        (words.pack_temperature0 * _KELVIN, words.pack_temperature1 * _KELVIN),
        packs_usable,
        strings_on,
    )
