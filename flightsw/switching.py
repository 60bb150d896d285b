# SPDX-License-Identifier: Apache-2.0
"""Which loads are wanted, and the power board's switches: charge path, heaters, battery packs."""

from __future__ import annotations

from flatsat.boards.registers import power_flight

from . import fdir
from .events import EventSink
from .heat import Thermostat
from .modes import Mode
from .parameters import FlightParameters
from .sample import PowerWords

CHARGE = power_flight.SWITCHES_CHARGE.mask
BATTERY_HEATER = power_flight.SWITCHES_BATTERY_HEATER.mask
COOLANT_HEATER = power_flight.SWITCHES_COOLANT_HEATER.mask
PACKS = power_flight.SWITCHES_PACK0.mask | power_flight.SWITCHES_PACK1.mask
OVERCHARGE_CLEAR = power_flight.SWITCHES_OVERCHARGE_CLEAR.mask
OVERCHARGE_RELEASE_V = 4.0
_OVERCHARGED = power_flight.STATUS_OVERCHARGED.mask
_VOLT = power_flight.BATTERY_VOLTAGE.lsb
_CHARGE_LSB = power_flight.GAUGE_STATE_OF_CHARGE.lsb

LOADS = {
    Mode.SAFE: fdir.LOAD_ESSENTIAL,
    Mode.CHARGE: fdir.LOAD_ESSENTIAL | fdir.LOAD_LASER | fdir.LOAD_COMPUTE,
    Mode.NOMINAL: fdir.LOAD_ESSENTIAL | fdir.LOAD_LASER | fdir.LOAD_COMPUTE | fdir.LOAD_PUMP,
}


class Switching:
    """Loads by mission mode, heaters by thermostat, the charge path by the battery's temperature."""

    __slots__ = ("_battery_heater", "_coolant_heater", "_parameters", "_was_overcharged")

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._battery_heater = Thermostat()
        self._coolant_heater = Thermostat()
        self._was_overcharged = False

    def decide(
        self,
        now_ms: int,
        mode: Mode,
        words: PowerWords,
        battery_k: float,
        coolant_k: float | None,
        racks: bool,
        listening: bool,
        events: EventSink,
    ) -> tuple[int, int]:
        """Return the loads wanted and SWITCHES.

        Args:
            coolant_k: None while it is not known: its heater stays off.
            racks: whether pump and compute board are ready for the racks.
            listening: whether the laser terminal stays on whatever the mode, for telecommands.
        """
        wanted = LOADS[mode] | fdir.LOAD_LASER if listening else LOADS[mode]
        if racks and mode is Mode.NOMINAL:
            wanted |= fdir.LOAD_RACKS
        switches = PACKS | self._charge(now_ms, words, battery_k, events)
        parameters = self._parameters
        hysteresis_k = parameters.heater_hysteresis_k
        if self._battery_heater.follow(battery_k, parameters.battery_heater_on_k, hysteresis_k):
            wanted |= fdir.LOAD_BATTERY_HEATER
            switches |= BATTERY_HEATER
        if coolant_k is not None and self._coolant_heater.follow(
            coolant_k, parameters.coolant_heater_on_k, hysteresis_k
        ):
            wanted |= fdir.LOAD_COOLANT_HEATER
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
