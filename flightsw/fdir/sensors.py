# SPDX-License-Identifier: Apache-2.0
"""Which sensors can be trusted: each by itself, and several of one quantity by a vote.

A sensor is out of range, leaps, or repeats its count although its noise is larger than a count; or it differs from what two
others say. Then it has no voice until it is right again.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from operator import attrgetter
from typing import NamedTuple

from flatsat.boards.register import Field
from flatsat.boards.registers import compute_flight, power_flight

from ..events import EventSink
from ..parameters import FlightParameters
from ..sample import ComputeWords, PowerWords
from .alarm import SETTABLE, Alarm, alarms, median

REPEATS = 5
LEAP_S = 5.0
GOOD = 10  # samples that make a sensor trusted again


class Sensor(IntEnum):
    """The values are those of telemetry."""

    BUS_VOLTAGE = 0
    BUS_CURRENT = 1
    BATTERY_VOLTAGE = 2
    BATTERY_CURRENT = 3
    GAUGE = 4
    BATTERY_TEMPERATURE = 5
    STRING_CURRENT = 6
    PACK0_CURRENT = 7
    PACK1_CURRENT = 8
    PACK0_TEMPERATURE = 9
    PACK1_TEMPERATURE = 10
    COOLANT_TEMPERATURE = 11
    RADIATOR_TEMPERATURE = 12
    JUNCTION_TEMPERATURE = 13


(
    BUS_VOLTAGE,
    BUS_CURRENT,
    BATTERY_VOLTAGE,
    BATTERY_CURRENT,
    GAUGE,
    BATTERY_TEMPERATURE,
    STRING_CURRENT,
    PACK0_CURRENT,
    PACK1_CURRENT,
    PACK0_TEMPERATURE,
    PACK1_TEMPERATURE,
    COOLANT_TEMPERATURE,
    RADIATOR_TEMPERATURE,
    JUNCTION_TEMPERATURE,
) = Sensor  # looked up in its class, a member costs several times a name here


class Cause(IntEnum):
    """Why a sensor is suspect; the values are those of telemetry."""

    RANGE = 0
    LEAP = 1
    STUCK = 2
    DISAGREES = 3


class Channel(NamedTuple):
    """A converter as its counts should be."""

    sensor: Sensor
    word: str
    low: int
    high: int
    leap: (
        int  # more than this within LEAP_S, or from one sample to the next, is none of the satellite's doing
    )


def _channel(
    sensor: Sensor, word: str, field: Field, low: float, high: float, leap: float | None = None
) -> Channel:
    most = (1 << field.width) if leap is None else round(leap / field.lsb)
    return Channel(sensor, word, field.count(low), field.count(high), most)


_PACK_CURRENT, _PACK_KELVIN = (
    power_flight.PACK_CURRENT_PACK0,
    power_flight.PACK_TEMPERATURE_PACK0,
)
POWER = (
    _channel(Sensor.BUS_VOLTAGE, "bus_voltage", power_flight.BUS_VOLTAGE, 100.0, 600.0),
    _channel(Sensor.BUS_CURRENT, "bus_current", power_flight.BUS_CURRENT, 0.0, 655.35),
    _channel(Sensor.BATTERY_VOLTAGE, "battery_voltage", power_flight.BATTERY_VOLTAGE, 150.0, 400.0),
    _channel(Sensor.BATTERY_CURRENT, "battery_current", power_flight.BATTERY_CURRENT, -150.0, 150.0),
    _channel(Sensor.GAUGE, "state_of_charge", power_flight.GAUGE_STATE_OF_CHARGE, 0.0, 1.1),
    _channel(
        Sensor.BATTERY_TEMPERATURE, "battery_temperature", power_flight.GAUGE_TEMPERATURE, 200.0, 450.0, 3.0
    ),
    _channel(Sensor.STRING_CURRENT, "string0", power_flight.STRING_0_1_STRING0, 0.0, 655.35),
    _channel(Sensor.PACK0_CURRENT, "pack_current0", _PACK_CURRENT, -150.0, 150.0),
    _channel(Sensor.PACK1_CURRENT, "pack_current1", _PACK_CURRENT, -150.0, 150.0),
    _channel(Sensor.PACK0_TEMPERATURE, "pack_temperature0", _PACK_KELVIN, 200.0, 450.0, 3.0),
    _channel(Sensor.PACK1_TEMPERATURE, "pack_temperature1", _PACK_KELVIN, 200.0, 450.0, 3.0),
)
COMPUTE = (
    _channel(
        Sensor.COOLANT_TEMPERATURE,
        "coolant_temperature",
        compute_flight.COOLANT_COOLANT_TEMPERATURE,
        202.0,
        400.0,
        5.0,
    ),
    _channel(
        Sensor.RADIATOR_TEMPERATURE,
        "radiator_temperature",
        compute_flight.COOLANT_RADIATOR_TEMPERATURE,
        150.0,
        400.0,
        5.0,
    ),
)


class ChannelCheck:
    """Whether converters work, each judged by its own counts alone."""

    __slots__ = ("_alarms", "_channels", "_counts", "_last", "_parameters", "_repeats")

    def __init__(self, channels: tuple[Channel, ...], parameters: FlightParameters) -> None:
        self._parameters = parameters
        longer = max(parameters.cycle_ms / 1000.0 / LEAP_S, 1.0)
        self._channels = tuple(channel._replace(leap=round(longer * channel.leap)) for channel in channels)
        self._counts = attrgetter(*(channel.word for channel in channels))
        self._alarms = alarms(len(channels), SETTABLE, GOOD)
        self._repeats = [0] * len(channels)
        self._last: tuple[int, ...] | None = None

    def follow(self, now_ms: int, words: PowerWords | ComputeWords, trust: Trust, events: EventSink) -> None:
        """Take a sample in."""
        counts = self._counts(words)
        last, self._last = self._last, counts
        if last is None:
            return
        repeats, begin = self._repeats, self._parameters.sensor_samples
        for index, (channel, count, before) in enumerate(zip(self._channels, counts, last, strict=True)):
            sensor, _, low, high, leap = channel
            repeats[index] = repeats[index] + 1 if count == before and (count or low) else 0
            right = low <= count <= high and -leap <= count - before <= leap and repeats[index] < REPEATS
            cause = None if right else self._cause(channel, count, repeats[index])
            if self._alarms[index].follow(not right, begin):
                trust.tell(now_ms, sensor, cause, events)

    def _cause(self, channel: Channel, count: int, repeats: int) -> Cause:
        """What is wrong with a count that is not right."""
        if not channel.low <= count <= channel.high:
            return Cause.RANGE
        return Cause.STUCK if repeats >= REPEATS else Cause.LEAP


class Trust:
    """Which sensors are suspect, for one reason or several.

    Attributes:
        suspect: how many reasons there are, by sensor.
        sound: whether there is none, by sensor.
    """

    __slots__ = ("sound", "suspect")

    def __init__(self) -> None:
        self.suspect = [0] * len(Sensor)
        self.sound = [True] * len(Sensor)

    def tell(self, now_ms: int, sensor: Sensor, cause: Cause | None, events: EventSink) -> None:
        """A reason has come up, or (None) has gone; the first and the last are events."""
        self.suspect[sensor] += 1 if cause is not None else -1
        self.sound[sensor] = not self.suspect[sensor]
        if cause is not None and self.suspect[sensor] == 1:
            events.raise_event("SENSOR_SUSPECT", now_ms, sensor, cause)
        elif cause is None and not self.suspect[sensor]:
            events.raise_event("SENSOR_TRUSTED", now_ms, sensor)


class Vote:
    """Several measurements of one quantity.

    Args:
        sensors: that they come from; None for one that is worked out from others and is not judged.
        longer: samples more than for a sensor by itself, until one is suspect.
    """

    __slots__ = ("_alarms", "_longer", "_parameters", "_sensors")

    def __init__(self, parameters: FlightParameters, *sensors: Sensor | None, longer: int = 0) -> None:
        self._parameters = parameters
        self._sensors = sensors
        self._longer = longer
        self._alarms = tuple(Alarm(SETTABLE, GOOD) for _ in sensors)

    def take(self, values: Sequence[float], usable: Sequence[bool]) -> float:
        """The middle of those that have a voice."""
        heard = [
            value
            for value, known, alarm in zip(values, usable, self._alarms, strict=True)
            if known and not alarm.active
        ]
        return median(heard or list(values))

    def judge(
        self,
        now_ms: int,
        deviations: Sequence[float],
        usable: Sequence[bool],
        tolerance: float,
        trust: Trust,
        events: EventSink,
    ) -> None:
        """Compare each with what was taken: with two others it takes the blame alone, and it is trusted again by anyone."""
        heard = [known and not alarm.active for known, alarm in zip(usable, self._alarms, strict=True)]
        enough = sum(heard) > 2
        for index, (sensor, alarm) in enumerate(zip(self._sensors, self._alarms, strict=True)):
            if sensor is None or not (alarm.active or (enough and usable[index])):
                continue
            bad = abs(deviations[index]) > tolerance
            if alarm.follow(bad, self._parameters.sensor_samples + self._longer):
                trust.tell(now_ms, sensor, Cause.DISAGREES if alarm.active else None, events)
