# SPDX-License-Identifier: Apache-2.0
"""Heat: how much power a node may turn into heat, and when heaters and the charger work.

The coolant is measured finely and changes slowly; its rise is carried forward. The junctions are measured coarsely and change
within seconds. So the limit of a node's power is the rise that coolant still allows, divided by the thermal resistance from
junction to coolant; the junctions' readings, smoothed, keep that resistance honest, at once upwards (a weak pump), slowly
downwards. They count while power is level: junctions follow it late.
"""

from __future__ import annotations

from flatsat.boards.registers import compute_flight

from .parameters import NODES, FlightParameters
from .sample import ComputeWords

_COOLANT = compute_flight.COOLANT_COOLANT_TEMPERATURE.lsb
_JUNCTION_ZERO = compute_flight.TEMPERATURE_0_3_NODE0.zero
_LEVEL = 0.1  # of a measurement of the resistance that enters its mean
_COLDER = 0.01  # how fast the resistance follows that down
_HOT = 0.3  # of a cycle's hottest reading that enters its mean: one of sixteen is always high by noise
_STEADY = 0.02  # of a node's power, from one cycle to the next, that counts as level
_SMOOTH, _TREND = 0.2, 0.01  # of a cycle's reading of the coolant: what is off enters its level and its rise
_AHEAD = 2.0  # cycles until a command has acted
READING_K = compute_flight.TEMPERATURE_0_3_NODE0.lsb
LOOK_EVERY_S, LOOK_S, LOOK_CYCLES = 600.0, 30.0, 15.0
COOLS_K_S = 0.009  # coolant without nodes, at the most
LEAST_NODE_W = 1500.0  # nodes that draw less say nothing about the resistance


class NodeHeat:
    """The power limit of one node.

    Attributes:
        coolant_k: the loop's temperature.
        hottest_k: the hottest junction.
        resistance_k_w: junction to coolant.
    """

    __slots__ = (
        "_hot_k",
        "_measured",
        "_node_w",
        "_parameters",
        "_rise_k",
        "coolant_k",
        "hottest_k",
        "resistance_k_w",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self.resistance_k_w = self._measured = parameters.junction_k_w
        self._node_w = self._hot_k = 0.0
        self.coolant_k = self.hottest_k = 0.0
        self._rise_k = 0.0  # of the coolant in a cycle

    def forget(self) -> None:
        """The board that measures has been off: what comes next is not the continuation of what came before."""
        self.coolant_k = self._rise_k = 0.0

    def limit_w(self, words: ComputeWords, racks_w: float) -> float:
        """Most power of a node, from a sample and what the racks draw; 0 when a junction is at its limit."""
        parameters = self._parameters
        coolant_k = words.coolant_temperature * _COOLANT
        off_k = coolant_k - (self.coolant_k + self._rise_k) if self.coolant_k else 0.0
        self.coolant_k = (self.coolant_k or coolant_k) + self._rise_k + _SMOOTH * off_k
        self._rise_k += _TREND * off_k
        running = ((words.node_state | words.node_state >> 1) & 0x55555555).bit_count()
        node_w = racks_w / running if running else 0.0
        self.hottest_k = max(words.temperatures) + _JUNCTION_ZERO
        if node_w > LEAST_NODE_W and abs(node_w - self._node_w) < _STEADY * node_w:
            typical_k = (
                sum(words.temperatures) / NODES + _JUNCTION_ZERO if running == NODES else self.hottest_k
            )
            self._measured += _LEVEL * ((typical_k - coolant_k) / node_w - self._measured)
            colder = self.resistance_k_w - _COLDER * (self.resistance_k_w - parameters.junction_k_w)
            self.resistance_k_w = max(self._measured, colder)
        self._node_w = node_w
        self._hot_k += _HOT * (self.hottest_k - self._hot_k)
        if (
            self._hot_k > parameters.limit_k + READING_K
            or self.hottest_k > parameters.limit_k + 2 * READING_K
        ):
            return 0.0
        soon_k = self.coolant_k + max(_AHEAD * self._rise_k, 0.0)
        rise_k = parameters.limit_k - parameters.limit_margin_k - soon_k
        return max(rise_k / self.resistance_k_w, 0.0)


class Thermostat:
    """Switches a heater on below a temperature and off a few kelvins above it."""

    __slots__ = ("on",)

    def __init__(self) -> None:
        self.on = False

    def follow(self, temperature_k: float, on_k: float, hysteresis_k: float) -> bool:
        """Return whether the heater is to be on."""
        self.on = temperature_k < on_k + (hysteresis_k if self.on else 0.0)
        return self.on


class CoolantLook:
    """When the compute board has to be on because nobody knows how cold the coolant is: it has the sensor, and is off in SAFE."""

    __slots__ = ("_coolant_k", "_parameters", "_seen_ms", "_until_ms")

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._coolant_k = 0.0
        self._seen_ms: int | None = None
        self._until_ms = 0.0

    def due(self, now_ms: int, coolant_k: float | None) -> bool:
        """Take in the coolant's temperature, None while it is not measured; a look lasts until a filtered reading has settled."""
        if coolant_k is not None:
            self._coolant_k, self._seen_ms = coolant_k, now_ms
        elif self._seen_ms is None:
            self._seen_ms = now_ms
        parameters = self._parameters
        unseen_s = (now_ms - self._seen_ms) / 1000.0
        warm_k = parameters.coolant_heater_on_k + parameters.heater_hysteresis_k
        if unseen_s >= LOOK_EVERY_S and self._coolant_k - COOLS_K_S * unseen_s < warm_k:
            self._until_ms = now_ms + max(LOOK_S * 1000.0, LOOK_CYCLES * parameters.cycle_ms)
        return now_ms < self._until_ms
