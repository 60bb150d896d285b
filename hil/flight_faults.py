# SPDX-License-Identifier: Apache-2.0
"""Faults of the flight computer: hang, restart, flipped bits, a clock that jumps, cycles that take too long, event storms."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from flatsat.flightsw.executive import FlightSoftware

from .faults import Fault
from .plant.noise import Noise
from .timeline import Moments, Timeline

TARGET = "flightsw"
STORM = "WRITE_REFUSED"
"""The event that a storm is made of."""
TRAPS = (ArithmeticError, LookupError, TypeError, ValueError, struct.error)
"""What flight software may raise when its parameters are no longer what it was given: a processor traps."""


class FlightFaults:
    """What strikes the computer as time goes on.

    Attributes:
        jumped_ms: by how much the time that flight software is told is wrong.
        hung: flight software does nothing until the computer starts again.
        upset: bits have flipped in its memory since it started.
    """

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        own = [fault for fault in faults if fault.target == TARGET]
        self._once = Moments(fault for fault in own if fault.is_momentary and fault.kind != "ephemeris")
        self._lasting = Timeline(fault for fault in own if not fault.is_momentary)
        self._bits = Noise(seed, "flightsw upset")
        self.jumped_ms = 0
        self.hung = False
        self.upset = False

    def started(self) -> None:
        """The computer starts with its memory as it was loaded."""
        self.hung = self.upset = False

    def due(self, now_ms: int) -> list[Fault]:
        """What strikes once, now that the computer runs; the clock jumps by itself."""
        due = self._once.due(now_ms)
        self.jumped_ms += sum(round(1000 * fault.amount) for fault in due if fault.kind == "clock_jump")
        return [fault for fault in due if fault.kind != "clock_jump"]

    def flip(self, flight: FlightSoftware, fault: Fault) -> None:
        """Flip as many bits as the fault says."""
        self.upset = True
        for number in range(int(fault.amount)):
            octets = self._bits.octets(fault.at_ms << 8 | number)
            flight.upset(int.from_bytes(octets[:4], "big"), octets[4] % 64)

    def storm(self, flight: FlightSoftware, now_ms: int) -> None:
        """Raise the events of a storm."""
        for fault in self._lasting.at(now_ms):
            if fault.kind == "storm":
                flight.raise_event(STORM, self.told_ms(now_ms), int(fault.amount))

    def told_ms(self, now_ms: int) -> int:
        """The time that flight software is told."""
        return now_ms + self.jumped_ms

    def delay_ms(self, now_ms: int) -> int:
        """How much longer a cycle takes."""
        return sum(int(fault.amount) for fault in self._lasting.at(now_ms) if fault.kind == "overrun")
