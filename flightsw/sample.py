# SPDX-License-Identifier: Apache-2.0
"""The three contiguous register blocks that are polled each cycle, as tuples of raw counts in the order of housekeeping."""

from __future__ import annotations

import struct
from typing import NamedTuple

from flatsat.boards.registers import compute_flight, laser_flight, power_flight

from .ports import BoardId, Read


class PowerWords(NamedTuple):
    """Raw counts of the power board."""

    time_ms: int
    rmap_errors: int
    status: int
    lcl_status: int
    lcl_trips: int
    bus_voltage: int
    bus_current: int
    battery_voltage: int
    battery_current: int
    state_of_charge: int
    battery_temperature: int
    string0: int
    string1: int
    string2: int
    string3: int
    string4: int
    string5: int
    string6: int
    string7: int
    load0: int
    load1: int
    load2: int
    load3: int
    load4: int
    load5: int
    load6: int
    load7: int
    pack_current0: int
    pack_current1: int
    pack_spread0: int
    pack_spread1: int
    pack_temperature0: int
    pack_temperature1: int


class ComputeWords(NamedTuple):
    """Raw counts of the compute board; the temperatures of the sixteen nodes follow one another."""

    time_ms: int
    rmap_errors: int
    node_state: int
    steps_low: int
    steps_high: int
    heartbeats: int
    tripped: int
    response: int
    work: int
    uncorrected: int
    corrected: int
    coolant_temperature: int
    radiator_temperature: int
    temperatures: tuple[int, ...]


class LaserWords(NamedTuple):
    """Raw counts of the laser board."""

    time_ms: int
    rmap_errors: int
    acquisitions: int
    state: int
    fifo_level: int
    received_power: int
    pointing_error: int
    frames_taken: int
    frames_sent: int
    frames_refused: int
    tx_sequence: int
    timer_ms: int
    temperature: int
    rx_level: int
    rx_overflows: int


def power_words(octets: bytes) -> PowerWords:
    """Take the power board's block apart."""
    return PowerWords._make(_POWER.unpack(octets))


def compute_words(octets: bytes) -> ComputeWords:
    """Take the compute board's block apart."""
    words = _COMPUTE.unpack(octets)
    return ComputeWords._make((*words[:13], words[13:]))


def laser_words(octets: bytes) -> LaserWords:
    """Take the laser board's block apart."""
    time_ms, errors, acquisitions, uplink, link, *counts = _LASER.unpack(octets)
    states = (acquisitions, link & 3, link >> 4 & 7)
    return LaserWords._make((time_ms, errors, *states, *counts, uplink >> 4 & 7, uplink & 15))


# TIME_NOW to the last sensor; a limiter status, trip flags and the like are the low half of their word.
_POWER = struct.Struct(">III 2xH I 28H")
_COMPUTE = struct.Struct(">IIIIII 2xH I Q HHHH 16B")
_LASER = struct.Struct(">II HBB HH III 2xH 2xH 2xH")

READ_POWER = Read(BoardId.POWER, power_flight.TIME_NOW.address, _POWER.size)
READ_COMPUTE = Read(BoardId.COMPUTE, compute_flight.TIME_NOW.address, _COMPUTE.size)
READ_LASER = Read(BoardId.LASER, laser_flight.TIME_NOW.address, _LASER.size)
READ_UPLINK = Read(
    BoardId.LASER, laser_flight.RX_FIFO.address, laser_flight.RX_FIFO.octets, incrementing=False
)
