# SPDX-License-Identifier: Apache-2.0
"""All watches together: what a cycle's samples say about the satellite's health, and what is switched for it."""

from __future__ import annotations

from flatsat.boards.registers import power_flight

from ..compute import NodeControl
from ..events import EventSink
from ..parameters import NODES, FlightParameters
from ..sample import ComputeWords, PowerWords
from .array import ArrayWatch
from .battery import PackWatch
from .limiters import LOAD_BATTERY_HEATER, LOAD_COOLANT_HEATER, LimiterControl
from .loads import Expected, LoadWatch
from .pump import PumpWatch
from .racks import RackWatch
from .readings import Readings
from .sensors import JUNCTION_TEMPERATURE, PACK0_TEMPERATURE, PACK1_TEMPERATURE, STRING_CURRENT
from .voting import SensorWatch

UNKNOWN_K = [0.0] * NODES  # a reading that stands in for a junction tells nothing of the pump
PACK0 = power_flight.SWITCHES_PACK0.low
CHARGE = power_flight.SWITCHES_CHARGE.mask
BATTERY_HEATER = power_flight.SWITCHES_BATTERY_HEATER.mask
COOLANT_HEATER = power_flight.SWITCHES_COOLANT_HEATER.mask
OVERVOLTAGE_CLEAR = power_flight.SWITCHES_OVERVOLTAGE_CLEAR.mask


class FaultWatch:
    """Health of everything electrical and thermal.

    Attributes:
        array, packs: what is to be connected of the solar array and of the battery.
    """

    __slots__ = (
        "_events",
        "_heaters",
        "_limiters",
        "_loads",
        "_nodes",
        "_pump",
        "_racks",
        "_sensors",
        "_switches",
        "array",
        "packs",
    )

    def __init__(
        self, parameters: FlightParameters, limiters: LimiterControl, nodes: NodeControl, events: EventSink
    ) -> None:
        self._limiters = limiters
        self._nodes = nodes
        self._events = events
        self._sensors = SensorWatch(parameters)
        self._loads = LoadWatch(parameters)
        self._racks = RackWatch(parameters)
        self._pump = PumpWatch(parameters)
        self._switches = self._heaters = 0
        self.array = ArrayWatch(parameters)
        self.packs = PackWatch(parameters)

    @property
    def usable(self) -> int:
        """Mask of the nodes that may run."""
        return self._racks.usable & self._pump.usable

    @property
    def node_w(self) -> float:
        """The most that a node may draw."""
        return self._pump.node_w

    @property
    def off(self) -> int:
        """Mask of the limiters that have to be off."""
        return self._pump.off

    def clear_retries(self) -> None:
        """Let everything that is off after faults be tried again at once."""
        self.array.clear_retries()
        self.packs.clear_retries()
        self._racks.clear_retries()
        self._pump.clear_retries()

    def power(self, now_ms: int, words: PowerWords) -> Readings:
        """Take in a sample of the power board; returns what decisions may go by."""
        sound = self._sensors.trust.sound
        charging = bool(self._switches & CHARGE)
        strings_on = self.array.strings_on(words)
        now = self._sensors.observe(now_ms, words, self.packs.usable, strings_on, charging, self._events)
        if self.array.strings_usable != now.strings_usable:
            now = now._replace(strings_usable=self.array.strings_usable)
        self.array.observe(now_ms, words, now, sound[STRING_CURRENT], self._events)
        sensed = sound[PACK0_TEMPERATURE], sound[PACK1_TEMPERATURE]
        self.packs.observe(now_ms, now, sensed, self._events)
        return now

    def compute(self, now_ms: int, words: ComputeWords, now: Readings, allowed: int) -> ComputeWords:
        """Take in a sample of the compute board of the same cycle; returns it as decisions may go by it.

        Args:
            allowed: mask of the nodes that the ground allows.
        """
        events, limiters = self._events, self._limiters
        words = self._sensors.coolant(now_ms, words, now, events)
        self._racks.observe(now_ms, words, now, limiters, self._nodes, events)
        sensed = self._sensors.trust.sound[JUNCTION_TEMPERATURE]
        warm_k = self._racks.warm_k if sensed else UNKNOWN_K
        free = self._racks.usable & allowed & self._nodes.sound
        self._pump.observe(now_ms, words, warm_k, self._loads.pump_dead, free, limiters, events)
        return words

    def loads(self, now_ms: int, now: Readings, compared: bool) -> None:
        """Take in the currents of the loads; `compared` tells whether the compute board was sampled as well."""
        racks_w = self._racks.racks_w if compared else (0.0, 0.0)
        self._loads.observe(now_ms, now, self._limiters, Expected(self._heaters, racks_w), self._events)

    def switches(self, wanted: int) -> int:
        """SWITCHES as wanted, held to what is sound."""
        if not self.packs.charge:
            wanted &= ~CHARGE
        wanted = wanted & ~(0b11 << PACK0) | self.packs.enable << PACK0
        if self.array.clear:
            wanted |= OVERVOLTAGE_CLEAR
        steady = wanted & self._switches
        self._heaters = (LOAD_BATTERY_HEATER if steady & BATTERY_HEATER else 0) | (
            LOAD_COOLANT_HEATER if steady & COOLANT_HEATER else 0
        )
        self._switches = wanted
        return wanted
