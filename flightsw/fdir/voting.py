# SPDX-License-Identifier: Apache-2.0
"""The power board's readings as decisions may go by them: what several sensors tell is voted, what none tells is worked out.

Bus current       its sensor, the limiters' currents and the computer's, what the array gives less what the battery takes
Battery current   its sensor, the packs' currents, what the array gives less what the loads take
Temperature       the gauge's, each pack's; the gauge's should be the mean of the packs'
State of charge   the gauge's, counted charge, the battery's voltage
"""

from __future__ import annotations

from flatsat.boards.registers import power_flight

from ..events import EventSink
from ..parameters import FlightParameters
from ..sample import ComputeWords, PowerWords
from .alarm import Alarm
from .charge import ChargeCheck
from .junctions import JunctionCheck
from .readings import TAPER_CELL_V, Readings, measured
from .sensors import (
    BATTERY_CURRENT,
    BATTERY_TEMPERATURE,
    BATTERY_VOLTAGE,
    BUS_CURRENT,
    BUS_VOLTAGE,
    COMPUTE,
    GAUGE,
    GOOD,
    PACK0_CURRENT,
    PACK0_TEMPERATURE,
    PACK1_CURRENT,
    PACK1_TEMPERATURE,
    POWER,
    STRING_CURRENT,
    Cause,
    ChannelCheck,
    Trust,
    Vote,
)

SATURATED = 0xFFFF
TOLERANCE_A, TOLERANCE_SHARE = 3.0, 0.04
TOLERANCE_K = 5.0
TOLERANCE_CHARGE = 0.035
WILD = 4.0  # so many times the tolerance is not taken in even once
SLOW = (
    7  # samples more: the three ways to the state of charge differ for a while after a fault of the battery
)
TAPER_CHARGE = 0.97
BALANCE = 15  # samples
DARK = 0.1  # of the array's nominal power
LEAST_BATTERY_V = 150.0
LEAST_BUS_V, MOST_BUS_V = 100.0, 600.0
_OVERCHARGED = power_flight.STATUS_OVERCHARGED.mask


class SensorWatch:
    """Turns samples into readings.

    Attributes:
        trust: which sensors are suspect.
    """

    __slots__ = (
        "_balance",
        "_battery",
        "_bus",
        "_charge",
        "_compute",
        "_junctions",
        "_last_ms",
        "_parameters",
        "_power",
        "_temperature",
        "_to_blame",
        "_voted_charge",
        "trust",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._power, self._compute = ChannelCheck(POWER, parameters), ChannelCheck(COMPUTE, parameters)
        self._junctions = JunctionCheck(parameters)
        self._bus = Vote(parameters, BUS_CURRENT, None, None)
        self._battery = Vote(parameters, BATTERY_CURRENT, PACK0_CURRENT, None)
        self._temperature = Vote(parameters, BATTERY_TEMPERATURE, PACK0_TEMPERATURE, PACK1_TEMPERATURE)
        self._voted_charge = Vote(parameters, GAUGE, None, BATTERY_VOLTAGE, longer=SLOW)
        self._balance = Alarm(BALANCE, GOOD)
        self._to_blame = STRING_CURRENT
        self._charge = ChargeCheck(parameters)
        self._last_ms: int | None = None
        self.trust = Trust()

    def observe(
        self,
        now_ms: int,
        words: PowerWords,
        packs_usable: int,
        strings_on: int,
        charging: bool,
        events: EventSink,
    ) -> Readings:
        """Take a sample in.

        Args:
            charging: whether the charge path was closed by command.
        """
        elapsed_s = 0.0 if self._last_ms is None else (now_ms - self._last_ms) / 1000.0
        self._last_ms = now_ms
        self._power.follow(now_ms, words, self.trust, events)
        raw = measured(words, packs_usable, strings_on)
        if not LEAST_BUS_V < raw.bus_v < MOST_BUS_V:
            raw = raw._replace(bus_v=self._parameters.bus_nominal_v)
        whole = SATURATED not in words[19:27] and words.bus_current != SATURATED
        taking = charging and not words.status & _OVERCHARGED
        now = self._currents(now_ms, raw, whole, taking, events)
        if not self.trust.sound[BUS_VOLTAGE]:
            now = now._replace(bus_v=self._parameters.bus_nominal_v)
        now = now._replace(battery_k=self._battery_k(now_ms, raw, events))
        return self._state_of_charge(now_ms, now, elapsed_s, events)

    def coolant(self, now_ms: int, words: ComputeWords, now: Readings, events: EventSink) -> ComputeWords:
        """A sample of the compute board, whose thermometers stand in for each other."""
        self._compute.follow(now_ms, words, self.trust, events)
        self._junctions.follow(now_ms, words, self.trust, events)
        return self._junctions.stand_in(words, now.racks_w, self.trust)

    def _currents(self, now_ms: int, raw: Readings, whole: bool, taking: bool, events: EventSink) -> Readings:
        sound = self.trust.sound
        array_a, loads_a = sum(raw.strings_a), sum(raw.loads_a)
        loads_a += self._parameters.computer_w / max(raw.bus_v, 1.0)
        packs_a = sum(raw.packs_a)
        known = (
            sound[BATTERY_CURRENT],
            sound[PACK0_CURRENT] and sound[PACK1_CURRENT],
        )
        about_a = self._battery.take((raw.battery_a, packs_a, packs_a), (*known, False))
        balance_a = self._battery_a(raw, array_a - loads_a)
        exact = whole and self._exact(raw, array_a - loads_a, taking)
        closes = exact and sound[STRING_CURRENT] and sound[BUS_VOLTAGE]

        usable = (sound[BUS_CURRENT], True, closes)
        values = (raw.bus_a, loads_a, array_a - self._bus_side_a(raw, about_a))
        bus_a = self._bus.take(values, usable)
        tolerance_a = TOLERANCE_A + TOLERANCE_SHARE * abs(bus_a)
        if whole:
            self._judge(now_ms, self._bus, values, bus_a, usable, tolerance_a, events)

        usable = (*known, closes)
        values = (raw.battery_a, packs_a, balance_a)
        battery_a = self._battery.take(values, usable)
        tolerance_a = TOLERANCE_A + TOLERANCE_SHARE * max(abs(battery_a), abs(balance_a))
        self._judge(now_ms, self._battery, values, battery_a, usable, tolerance_a, events)
        now = raw._replace(bus_a=bus_a, battery_a=battery_a)
        implied_a = bus_a + self._bus_side_a(raw, battery_a)
        if exact:
            dark = max(implied_a, array_a) < DARK * self._parameters.array_w / self._parameters.bus_nominal_v
            self._judge_balance(now_ms, abs(balance_a - battery_a) > tolerance_a, dark, events)
        more = whole and implied_a > array_a + tolerance_a  # no array gives more than its strings do
        if more or not sound[STRING_CURRENT]:
            now = now._replace(strings_a=(max(implied_a, 0.0) / len(raw.strings_a),) * len(raw.strings_a))
        return now

    def _judge(
        self,
        now_ms: int,
        vote: Vote,
        values: tuple[float, ...],
        taken: float,
        usable: tuple[bool, ...],
        tolerance: float,
        events: EventSink,
    ) -> None:
        deviations = [value - taken for value in values]
        vote.judge(now_ms, deviations, usable, tolerance, self.trust, events)

    def _exact(self, raw: Readings, net_a: float, taking: bool) -> bool:
        """Whether the battery gives or takes just what array and loads leave: nothing is shunted."""
        parameters = self._parameters
        if net_a < 0.0:
            return True
        limit_w = 0.9 * parameters.charge_limit_w * raw.packs_usable / 2
        low = raw.battery_v < TAPER_CELL_V * parameters.cell.cells
        low = low and raw.state_of_charge < TAPER_CHARGE
        return taking and low and net_a * raw.bus_v < limit_w

    def _battery_a(self, raw: Readings, net_a: float) -> float:
        efficiency = self._parameters.converter_efficiency
        ratio = raw.bus_v / max(raw.battery_v, 1.0)
        return net_a * ratio * efficiency if net_a > 0.0 else net_a * ratio / efficiency

    def _bus_side_a(self, raw: Readings, battery_a: float) -> float:
        efficiency = self._parameters.converter_efficiency
        ratio = raw.battery_v / max(raw.bus_v, 1.0)
        return battery_a * ratio / efficiency if battery_a > 0.0 else battery_a * ratio * efficiency

    def _judge_balance(self, now_ms: int, open_: bool, dark: bool, events: EventSink) -> None:
        """Both currents are sound and the balance does not close: by day the strings' sensors, by night the bus voltage's."""
        alarm, trust = self._balance, self.trust
        sound = trust.sound
        trusted = sound[BUS_VOLTAGE] and sound[STRING_CURRENT]
        if not (alarm.active or trusted) or not alarm.follow(open_):
            return
        if alarm.active:
            self._to_blame = BUS_VOLTAGE if dark else STRING_CURRENT
        trust.tell(now_ms, self._to_blame, Cause.DISAGREES if alarm.active else None, events)

    def _battery_k(self, now_ms: int, raw: Readings, events: EventSink) -> float:
        sound = self.trust.sound
        values = (raw.battery_k, *raw.packs_k)
        usable = (
            sound[BATTERY_TEMPERATURE],
            sound[PACK0_TEMPERATURE],
            sound[PACK1_TEMPERATURE],
        )
        taken = self._temperature.take(values, usable)
        odd = abs(sum(raw.packs_k) / len(raw.packs_k) - raw.battery_k) > TOLERANCE_K / 2
        deviations = [value - taken if odd else 0.0 for value in values]
        self._temperature.judge(now_ms, deviations, usable, TOLERANCE_K, self.trust, events)
        return taken

    def _state_of_charge(self, now_ms: int, now: Readings, elapsed_s: float, events: EventSink) -> Readings:
        sound, check = self.trust.sound, self._charge
        ways = check.follow(now, elapsed_s)
        usable = (sound[GAUGE], True, sound[BATTERY_VOLTAGE])
        taken = self._voted_charge.take(ways, usable)
        check.agree(taken, elapsed_s)
        deviations = (now.state_of_charge - taken, 0.0, 0.0)
        self._voted_charge.judge(now_ms, deviations, usable, TOLERANCE_CHARGE, self.trust, events)
        if not sound[GAUGE] or abs(deviations[0]) > WILD * TOLERANCE_CHARGE:
            now = now._replace(state_of_charge=taken)
        if not (sound[BATTERY_VOLTAGE] and now.battery_v > LEAST_BATTERY_V):
            now = now._replace(battery_v=check.voltage(now, taken), voltage_known=False)
        return now
