# SPDX-License-Identifier: Apache-2.0
"""The faults that the bench brings about, by target: sensors, flight computer, wires, link and uplink, compute nodes."""

from __future__ import annotations

from flatsat.protocols.tables import Rule

from .fault_kind import Kind
from .sensor_fields import SENSORS, span, unit

_SHARE = Rule("share of the packets that are struck", unit="1", above=0, high=1)
_CADU_SHARE = Rule("share of the CADUs that are struck", unit="1", above=0, high=1)
_WIRE = {
    "lose": Kind(description="packets on the board's flight port vanish", value=_SHARE),
    "corrupt": Kind(description="one bit of a packet flips", value=_SHARE),
    "duplicate": Kind(description="a command arrives twice", value=_SHARE),
    "delay": Kind(description="a reply comes after its deadline", value=_SHARE),
    "truncate": Kind(description="a packet loses its end", value=_SHARE),
    "upset": Kind(
        description="one bit flips in a register of the board's configuration, if the board has power",
        value=Rule("which of them, counted from 0 and from the first again", unit="1", low=0, high=15),
        ends=False,
        whole=True,
    ),
}
_NODE = {
    "hang": Kind(description="the accelerator node hangs: it draws idle power and its heartbeat stops"),
    "corrupt": Kind(description="the accelerator node is alive and answers challenges wrongly"),
    "unlocked": Kind(description="the accelerator node ignores its clock lock and runs at the top step"),
}
_FLIGHT = {
    "hang": Kind(description="the flight software stops until the computer is power-cycled", ends=False),
    "reset": Kind(description="the processor restarts: one cycle is missed, memory is lost", ends=False),
    "upset": Kind(
        description="bits flip in the parameters in memory; should flight software trap on one, it hangs",
        value=Rule("how many bits", unit="1", low=1, high=64),
        ends=False,
        whole=True,
    ),
    "clock_jump": Kind(
        description="the time that flight software is told jumps, for good",
        value=Rule("by how much", unit="s", low=-86_400, high=86_400),
        ends=False,
    ),
    "overrun": Kind(
        description="each cycle takes longer; what comes too late misses its own",
        value=Rule("by how much", unit="ms", low=1, high=60_000),
        whole=True,
    ),
    "ephemeris": Kind(
        description="the sunrise that was loaded before launch is wrong",
        value=Rule("by how much", unit="s", low=-3_600, high=3_600),
        ends=False,
        from_start=True,
    ),
    "storm": Kind(
        description="a module raises the same event over and over",
        value=Rule("events a cycle", unit="1", low=1, high=1000),
        whole=True,
    ),
}
_LINK = {
    "outage": Kind(description="no light from the relay"),
    "flap": Kind(
        description="the light goes and comes, half a period each",
        value=Rule("period, a multiple of 2 ms", unit="s", low=0.1, high=3_600),
    ),
    "bit_errors": Kind(
        description="more bits of what comes down flip",
        value=Rule("share of the bits, at nominal light", unit="1", above=0, high=0.1),
    ),
    "lose": Kind(description="CADUs vanish between relay and ground", value=_CADU_SHARE),
    "duplicate": Kind(description="CADUs come twice", value=_CADU_SHARE),
    "reorder": Kind(description="CADUs come after the one that follows them", value=_CADU_SHARE),
}
_UPLINK = {
    "late": Kind(
        description="telecommands go up later", value=Rule("by how much", unit="s", above=0, high=86_400)
    ),
    "replay": Kind(description="each telecommand goes up once more, 5 s later"),
    "corrupt": Kind(
        description="one bit of a telecommand flips",
        value=Rule("share that is struck", unit="1", above=0, high=1),
    ),
}


def _sensor(target: str) -> dict[str, Kind]:
    most, known = span(target), unit(target)
    return {
        "bias": Kind(
            description="the sensor reads too much",
            value=Rule("by how much", unit=known, low=-most, high=most),
        ),
        "stuck": Kind(description="the sensor repeats what it read last"),
        "noise": Kind(
            description="the sensor is noisier",
            value=Rule("standard deviation added", unit=known, above=0, high=most),
        ),
        "dead": Kind(description="the sensor's converter reads 0"),
    }


BENCH: dict[str, dict[str, Kind]] = {
    "flightsw": _FLIGHT,
    "link": _LINK,
    "uplink": _UPLINK,
    **dict.fromkeys(("power", "compute", "laser"), _WIRE),
    **{f"node{i}": _NODE for i in range(16)},
    **{target: _sensor(target) for target in SENSORS},
}
"""Kinds of fault by target."""
