# SPDX-License-Identifier: Apache-2.0
"""Which loads are wanted, and the power board's switches: charge path, heaters, battery packs.

Racks and pump go after their nodes, which are switched off a few at a time: for SHED_MOST_S at the most. The compute board, which
measures the coolant, looks at it from time to time whatever the level, and stays on while the coolant has to be heated.
"""

from __future__ import annotations

from flatsat.boards.registers import power_flight

from . import fdir
from .events import EventSink
from .heat import CoolantLook, Thermostat
from .modes import Level
from .parameters import FlightParameters
from .sample import PowerWords

CHARGE = power_flight.SWITCHES_CHARGE.mask
BATTERY_HEATER = power_flight.SWITCHES_BATTERY_HEATER.mask
COOLANT_HEATER = power_flight.SWITCHES_COOLANT_HEATER.mask
HEATERS = BATTERY_HEATER | COOLANT_HEATER
PACKS = power_flight.SWITCHES_PACK0.mask | power_flight.SWITCHES_PACK1.mask
OVERCHARGE_CLEAR = power_flight.SWITCHES_OVERCHARGE_CLEAR.mask
OVERCHARGE_RELEASE_V = 16.8  # a charger that overcharged once does so again: not before it is needed
_OVERCHARGED = power_flight.STATUS_OVERCHARGED.mask
_VOLT = power_flight.BATTERY_VOLTAGE.lsb
_CHARGE_LSB = power_flight.GAUGE_STATE_OF_CHARGE.lsb

SHED_MOST_S = 20.0
LOADS = {
    Level.NORMAL: fdir.LOAD_ESSENTIAL | fdir.LOAD_LASER | fdir.LOAD_COMPUTE | fdir.LOAD_PUMP,
    Level.THROTTLE: fdir.LOAD_ESSENTIAL | fdir.LOAD_LASER | fdir.LOAD_COMPUTE | fdir.LOAD_PUMP,
    Level.SHED_COMPUTE: fdir.LOAD_ESSENTIAL | fdir.LOAD_LASER | fdir.LOAD_COMPUTE,
    Level.SHED_PAYLOAD: fdir.LOAD_ESSENTIAL | fdir.LOAD_COMPUTE,
    Level.SAFE: fdir.LOAD_ESSENTIAL,
}
SHEDDING = fdir.LOAD_COMPUTE | fdir.LOAD_PUMP | fdir.LOAD_RACKS


class Switching:
    """Loads by level, heaters by thermostat, the charge path by the battery's temperature."""

    __slots__ = (
        "_battery_heater", "_coolant_heater", "_coolant_look", "_parameters", "_shed_until_ms", "_was_overcharged",
    )  # fmt: skip

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._battery_heater = Thermostat()
        self._coolant_heater = Thermostat()
        self._coolant_look = CoolantLook(parameters)
        self._was_overcharged = False
        self._shed_until_ms = 0.0

    def decide(
        self,
        now_ms: int,
        level: Level,
        words: PowerWords,
        battery_k: float,
        coolant_k: float | None,
        racks: bool,
        nodes: int,
        listening: bool,
        events: EventSink,
    ) -> tuple[int, int]:
        """Return the loads wanted and SWITCHES.

        Args:
            coolant_k: None while it is not known: its heater stays off.
            racks: whether pump and compute board are ready for the racks.
            nodes: mask of those that are commanded on, or were seen on.
            listening: whether laser terminal and compute board stay on whatever the level.
        """
        wanted = LOADS[level] | fdir.LOAD_LASER | fdir.LOAD_COMPUTE if listening else LOADS[level]
        if level < Level.SHED_COMPUTE:
            self._shed_until_ms = now_ms + max(SHED_MOST_S * 1000.0, 3.0 * self._parameters.cycle_ms)
            wanted |= fdir.LOAD_RACKS if racks else 0
        elif nodes and now_ms < self._shed_until_ms:
            wanted |= SHEDDING
        switches = PACKS | self._charge(now_ms, words, battery_k, events)
        parameters = self._parameters
        hysteresis_k = parameters.heater_hysteresis_k
        if self._battery_heater.follow(battery_k, parameters.battery_heater_on_k, hysteresis_k):
            wanted |= fdir.LOAD_BATTERY_HEATER
            switches |= BATTERY_HEATER
        if self._coolant_look.due(now_ms, coolant_k):
            wanted |= fdir.LOAD_COMPUTE
        if coolant_k is not None and self._coolant_heater.follow(
            coolant_k, parameters.coolant_heater_on_k, hysteresis_k
        ):
            wanted |= fdir.LOAD_COOLANT_HEATER | fdir.LOAD_COMPUTE
            switches |= COOLANT_HEATER
        return wanted, switches

    def _charge(self, now_ms: int, words: PowerWords, battery_k: float, events: EventSink) -> int:
        """No charge into a cold or a hot battery; an over-charge trip is cleared when the voltage has come down."""
        parameters = self._parameters
        overcharged = bool(words.status & _OVERCHARGED)
        if overcharged and not self._was_overcharged:
            charge = round(words.state_of_charge * _CHARGE_LSB * 10_000)
            events.raise_event("OVER_CHARGE", now_ms, charge, words.battery_voltage)
        self._was_overcharged = overcharged
        switches = CHARGE if parameters.charge_least_k <= battery_k <= parameters.charge_most_k else 0
        if overcharged and words.battery_voltage * _VOLT < parameters.overcharge_v - OVERCHARGE_RELEASE_V:
            switches |= OVERCHARGE_CLEAR
        return switches
