# SPDX-License-Identifier: Apache-2.0
"""The sensors: the plant's truth as ADC counts in the words of the boards' stimulus maps.

Noise comes from one keyed hash per board and millisecond, so that it depends on seed, board and time alone.
It is added before quantisation; a converter saturates at the ends of its range.
"""

from __future__ import annotations

from functools import cache
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

from flatsat.boards.register import Field
from flatsat.boards.registers import compute_stimulus as compute
from flatsat.boards.registers import laser_stimulus as laser
from flatsat.boards.registers import power_stimulus as power

from .plant import Plant
from .plant.array import STRINGS
from .plant.battery import PACKS
from .plant.loads import NODES
from .plant.noise import GAUSSIAN, Noise
from .plant.truth import LOADS


class Channel(NamedTuple):
    """Counts are `int(scale * value + offset + sigma * noise)`, from 0 to `full`."""

    scale: float
    offset: float
    sigma: float
    full: int


def channel(field: Field, deviation: float) -> Channel:
    """The converter behind a register field; `deviation` of its noise is in the field's unit."""
    return Channel(1 / field.lsb, 0.5 - field.zero / field.lsb, deviation / field.lsb, (1 << field.width) - 1)


BUS_VOLTAGE = channel(power.BUS_VOLTAGE, 0.05)
BUS_CURRENT = channel(power.BUS_CURRENT, 0.2)
BATTERY_VOLTAGE = channel(power.BATTERY_VOLTAGE, 0.05)
BATTERY_CURRENT = channel(power.BATTERY_CURRENT, 0.05)
STATE_OF_CHARGE = channel(power.GAUGE_STATE_OF_CHARGE, 0.004)
BATTERY_TEMPERATURE = channel(power.GAUGE_TEMPERATURE, 0.1)
STRING_CURRENT = channel(power.STRING_0_1_STRING0, 0.1)
LOAD_CURRENT = channel(power.LOAD_0_1_LOAD0, 0.05)
PACK_CURRENT = channel(power.PACK_CURRENT_PACK0, 0.05)
PACK_SPREAD = channel(power.PACK_SPREAD_PACK0, 0.0005)
PACK_TEMPERATURE = channel(power.PACK_TEMPERATURE_PACK0, 0.1)
COOLANT_TEMPERATURE = channel(compute.COOLANT_COOLANT_TEMPERATURE, 0.1)
RADIATOR_TEMPERATURE = channel(compute.COOLANT_RADIATOR_TEMPERATURE, 0.1)
JUNCTION_TEMPERATURE = channel(compute.TEMPERATURE_0_3_NODE0, 0.3)
RECEIVED_POWER = channel(laser.OPTICAL_RECEIVED_POWER, 30e-9)
POINTING_ERROR = channel(laser.OPTICAL_POINTING_ERROR, 50e-9)
LASER_TEMPERATURE = channel(laser.TEMPERATURE_TERMINAL, 0.1)

Words = tuple[int, ...]


class Board(NamedTuple):
    """The sensors of a board: converters in the order of the octets of noise, and the fields of its stimulus map as words."""

    channels: tuple[Channel, ...]
    fields: Struct
    words: Struct


POWER = Board(
    (
        BUS_VOLTAGE,
        BUS_CURRENT,
        BATTERY_VOLTAGE,
        BATTERY_CURRENT,
        STATE_OF_CHARGE,
        BATTERY_TEMPERATURE,
        *(STRING_CURRENT,) * STRINGS,
        *(LOAD_CURRENT,) * LOADS,
        *(PACK_CURRENT,) * PACKS,
        *(PACK_SPREAD,) * PACKS,
        *(PACK_TEMPERATURE,) * PACKS,
    ),
    Struct(">28H"),
    Struct(">14L"),
)
COMPUTE = Board(
    (COOLANT_TEMPERATURE, RADIATOR_TEMPERATURE, *(JUNCTION_TEMPERATURE,) * NODES),
    Struct(">2H 2H 16B"),
    Struct(">6L"),
)
LASER = Board((RECEIVED_POWER, POINTING_ERROR, LASER_TEMPERATURE), Struct(">2H 2xH"), Struct(">2L"))


def words(plant: Plant, now_ms: int, seed: int) -> tuple[Words, Words, Words]:
    """What the sensors of the boards read at `now_ms`, as register words in the order of their stimulus maps.

    Returns:
        power: 14 words, BUS to PACK_TEMPERATURE.
        compute: 6 words, MEMORY_ERRORS to TEMPERATURE_12_15.
        laser: 2 words, OPTICAL and TEMPERATURE.
    """
    truth, noises = plant.truth, _noises(seed)
    power_values = (
        truth.bus_voltage_v,
        truth.bus_current_a,
        truth.battery_voltage_v,
        truth.battery_current_a,
        truth.state_of_charge,
        truth.battery_k,
        *truth.string_current_a,
        *truth.load_current_a,
        *truth.pack_current_a,
        *truth.pack_spread_v,
        *truth.pack_k,
    )
    compute_values = (truth.coolant_k, truth.radiator_k, *truth.junction_k)
    laser_values = (truth.received_power_w, truth.pointing_error_rad, truth.laser_k)
    errors = (truth.uncorrected & 0xFFFF, truth.corrected & 0xFFFF)
    return (
        _words(POWER, power_values, noises[0].octets(now_ms)),
        _words(COMPUTE, compute_values, noises[1].octets(now_ms), errors),
        _words(LASER, laser_values, noises[2].octets(now_ms)),
    )


def count(value: float, channel: Channel, octet: int) -> int:
    """Convert one value with the noise that `octet` stands for."""
    found = int(channel.scale * value + channel.offset + channel.sigma * GAUSSIAN[octet])
    return min(max(found, 0), channel.full)


def _words(board: Board, values: tuple[float, ...], noise: bytes, before: tuple[int, ...] = ()) -> Words:
    """The words of fields that hold `before`, then `count` of each value; its formula is repeated to be lean."""
    counts = [
        found if (found := int(scale * value + offset + sigma * GAUSSIAN[octet])) > 0 else 0
        for value, (scale, offset, sigma, _), octet in zip(values, board.channels, noise, strict=False)
    ]
    try:
        octets = board.fields.pack(*before, *counts)
    except StructError:  # one of them is above its range
        octets = board.fields.pack(*before, *map(count, values, board.channels, noise))
    return board.words.unpack(octets)


@cache
def _noises(seed: int) -> tuple[Noise, Noise, Noise]:
    return Noise(seed, "power sensors"), Noise(seed, "compute sensors"), Noise(seed, "laser sensors")
