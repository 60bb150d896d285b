# SPDX-License-Identifier: Apache-2.0
"""The sensors: the plant's truth as ADC counts in the words of the boards' stimulus maps.

Noise comes from one keyed hash per board and millisecond, so that it depends on seed, board and time alone.
It is added before quantisation; a converter saturates at the ends of its range.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from flatsat.boards.register import Field
from flatsat.boards.registers import compute_stimulus as compute
from flatsat.boards.registers import laser_stimulus as laser
from flatsat.boards.registers import power_stimulus as power

from .plant import Plant
from .plant.noise import GAUSSIAN, Noise


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
COOLANT_TEMPERATURE = channel(compute.COOLANT_COOLANT_TEMPERATURE, 0.1)
RADIATOR_TEMPERATURE = channel(compute.COOLANT_RADIATOR_TEMPERATURE, 0.1)
JUNCTION_TEMPERATURE = channel(compute.TEMPERATURE_0_3_NODE0, 0.3)
RECEIVED_POWER = channel(laser.OPTICAL_RECEIVED_POWER, 30e-9)
POINTING_ERROR = channel(laser.OPTICAL_POINTING_ERROR, 50e-9)
LASER_TEMPERATURE = channel(laser.TEMPERATURE_TERMINAL, 0.1)

Words = tuple[int, ...]


def words(plant: Plant, now_ms: int, seed: int) -> tuple[Words, Words, Words]:
    """What the sensors of the boards read at `now_ms`, as register words in the order of their stimulus maps.

    Returns:
        power: 11 words, BUS to LOAD_6_7.
        compute: 6 words, MEMORY_ERRORS to TEMPERATURE_12_15.
        laser: 2 words, OPTICAL and TEMPERATURE.
    """
    noises = _noises(seed)
    return (
        _power(plant, noises[0].octets(now_ms)),
        _compute(plant, noises[1].octets(now_ms)),
        _laser(plant, noises[2].octets(now_ms)),
    )


def count(value: float, channel: Channel, octet: int) -> int:
    """Convert one value with the noise that `octet` stands for."""
    found = int(channel.scale * value + channel.offset + channel.sigma * GAUSSIAN[octet])
    return 0 if found < 0 else min(found, channel.full)


def _row(values: list[float], channel: Channel, octets: bytes) -> list[int]:
    """`count` for channels that are alike, kept lean: this is half the sensors' time."""
    scale, offset, sigma, full = channel
    counts = [
        int(scale * value + offset + sigma * GAUSSIAN[octet])
        for value, octet in zip(values, octets, strict=True)
    ]
    if min(counts) < 0 or max(counts) > full:
        return [min(max(found, 0), full) for found in counts]
    return counts


def _power(plant: Plant, noise: bytes) -> Words:
    truth = plant.truth
    s0, s1, s2, s3, s4, s5, s6, s7 = _row(truth.string_current_a, STRING_CURRENT, noise[6:14])
    l0, l1, l2, l3, l4, l5, l6, l7 = _row(truth.load_current_a, LOAD_CURRENT, noise[14:22])
    return (
        count(truth.bus_voltage_v, BUS_VOLTAGE, noise[0]) << 16
        | count(truth.bus_current_a, BUS_CURRENT, noise[1]),
        count(truth.battery_voltage_v, BATTERY_VOLTAGE, noise[2]) << 16
        | count(truth.battery_current_a, BATTERY_CURRENT, noise[3]),
        count(truth.state_of_charge, STATE_OF_CHARGE, noise[4]) << 16
        | count(truth.battery_k, BATTERY_TEMPERATURE, noise[5]),
        s0 << 16 | s1,
        s2 << 16 | s3,
        s4 << 16 | s5,
        s6 << 16 | s7,
        l0 << 16 | l1,
        l2 << 16 | l3,
        l4 << 16 | l5,
        l6 << 16 | l7,
    )


def _compute(plant: Plant, noise: bytes) -> Words:
    truth = plant.truth
    octets = bytes(_row(truth.junction_k, JUNCTION_TEMPERATURE, noise[2:18]))
    return (
        (truth.uncorrected & 0xFFFF) << 16 | truth.corrected & 0xFFFF,
        count(truth.coolant_k, COOLANT_TEMPERATURE, noise[0]) << 16
        | count(truth.radiator_k, RADIATOR_TEMPERATURE, noise[1]),
        int.from_bytes(octets[0:4], "big"),
        int.from_bytes(octets[4:8], "big"),
        int.from_bytes(octets[8:12], "big"),
        int.from_bytes(octets[12:16], "big"),
    )


def _laser(plant: Plant, noise: bytes) -> Words:
    truth = plant.truth
    return (
        count(truth.received_power_w, RECEIVED_POWER, noise[0]) << 16
        | count(truth.pointing_error_rad, POINTING_ERROR, noise[1]),
        count(truth.laser_k, LASER_TEMPERATURE, noise[2]),
    )


@cache
def _noises(seed: int) -> tuple[Noise, Noise, Noise]:
    return Noise(seed, "power sensors"), Noise(seed, "compute sensors"), Noise(seed, "laser sensors")
