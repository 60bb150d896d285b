# SPDX-License-Identifier: Apache-2.0
"""Which violations of a limit a fault forces whatever flight software does, judged one by one as a flight goes on.

Each row of FORCED follows from the satellite's design, for a limit and a time; nothing else is excused. A reading is up to
a cycle old when flight software has it and what it orders is done by the end of the next: nothing is answered within NOTICED.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from flatsat.hil.bench import Bench
from flatsat.hil.faults import Fault
from flatsat.hil.plant.loads import RACK_A, RACK_B

NOTICED = 2
"""Cycles."""
TROUGH_S = 60.0
"""Light that has not been so low for so long cannot be planned with."""
TROUGH_W = 1500.0
"""By how much it has to be lower than then."""
STILL_S = 80.0
"""Junctions in coolant that stands still cool with 99 s once their nodes are off."""
PACK_S = 120.0
"""A pack that is lost or dangerous is known for certain, and the nodes are off, so long after the fault began."""
BEGUN_S = 60.0
"""From the start until the nodes are off that should not run."""
IDLE_W = 100.0

FALLS = (
    "the array's power falls below any of the last minute's by more than the battery can give, and the racks give way with the "
    "next command"
)
STILL = (
    "junctions in coolant that stands still warm by 2 K a second, and cool slowly once their nodes are off"
)
HALF = "what is always on takes twice the share of half a battery, though no node runs"
FORCED: dict[str, tuple[str, str]] = {
    "sun eclipse": ("discharge", FALLS),
    "sun flicker": ("discharge", FALLS),
    "array degrade": ("discharge", FALLS),
    "bus overvoltage": ("discharge", FALLS),
    "flightsw ephemeris": ("discharge", FALLS),
    "pump stop": ("thermal", STILL),
    "load4 stuck_off": ("thermal", STILL),
    "pack open": ("floor", HALF),
    "pack cell_short": ("floor", HALF),
    "battery runaway": ("floor", HALF),
}
"""The limit that a kind of fault may break, and why. A false night as long as half a true one hides the next sunset as well."""


class Breach(NamedTuple):
    """A limit broken in a cycle that nothing forced."""

    at_s: float
    limit: str
    told: str


class Judge:
    """Looks at a flight at the end of each cycle.

    Attributes:
        breaches: violations that nothing forced, cycle by cycle; those that last are one in each cycle.
    """

    def __init__(self, bench: Bench, always_on: float = 0.0) -> None:
        """`always_on`: the share of the battery that what is always on takes in the dark at the start."""
        self._bench = bench
        self._cycle_s = bench.scenario.cycle_s
        satellite = bench.scenario.satellite
        self._begins_low = satellite.state_of_charge < satellite.floor + always_on
        self._floor = satellite.floor
        self._known = (0.0, 0.0, 0.0)
        self._arrays_w: deque[tuple[float, float]] = deque()
        self._fell_s = -1e9
        self._worked_s = 0.0
        self._racks_w = 0.0
        self.breaches: list[Breach] = []

    def look(self) -> None:
        """At the end of a cycle."""
        bench, truth, found = self._bench, self._bench.plant.truth, self._bench.plant.violations
        now_s = bench.now_ms / 1000
        self._follow_array(now_s, truth.array_w)
        self._racks_w = racks_w = (
            truth.load_current_a[RACK_A] + truth.load_current_a[RACK_B]
        ) * truth.bus_voltage_v
        if racks_w > IDLE_W and truth.battery_w < 0.0:
            self._worked_s = now_s
        elif truth.battery_w > 0.0:
            self._worked_s = 0.0  # a charge begins a new account
        seconds = found.floor_s, found.discharge_s, found.thermal_s
        counts = {
            "floor": (f"SoC {truth.state_of_charge:.4f}", seconds[0] - self._known[0]),
            "discharge": (f"{truth.brown_out_w / 1e3:.1f} kW short", seconds[1] - self._known[1]),
            "thermal": (f"{truth.max_k:.1f} K", seconds[2] - self._known[2]),
        }
        self._known = seconds
        for limit, (told, more_s) in counts.items():
            if more_s > 0.0 and not self._forced(limit, now_s):
                self.breaches.append(Breach(now_s, limit, told))

    def _follow_array(self, now_s: float, array_w: float) -> None:
        while self._arrays_w and self._arrays_w[0][0] < now_s - TROUGH_S:
            self._arrays_w.popleft()
        if self._arrays_w and array_w < min(w for _, w in self._arrays_w) - TROUGH_W:
            self._fell_s = now_s
        self._arrays_w.append((now_s, array_w))

    def _forced(self, limit: str, now_s: float) -> bool:
        if limit == "floor" and self._begins_low and self._idle_since(BEGUN_S):
            return True
        if limit == "discharge" and self._after_false_night(now_s):
            return self._fell(now_s)
        return any(self._forces(fault, limit, now_s) for fault in self._bench.scenario.faults)

    def _forces(self, fault: Fault, limit: str, now_s: float) -> bool:
        stem = fault.target if fault.target == "load4" else fault.target.rstrip("0123456789")
        forced, _ = FORCED.get(f"{stem} {fault.kind}", ("", ""))
        if forced != limit or now_s < fault.at_s:
            return False
        over_s = fault.until_ms / 1000 + NOTICED * self._cycle_s
        if limit == "discharge":
            struck = now_s <= fault.at_s + NOTICED * self._cycle_s  # for part of a cycle only, it may be
            return struck or (now_s <= over_s and self._fell(now_s))
        if limit == "thermal":
            seen = now_s > fault.at_s + (NOTICED + 1) * self._cycle_s
            return now_s <= fault.at_s + STILL_S and not (seen and self._racks_w > IDLE_W)
        return self._idle_since(fault.at_s + PACK_S)

    def _fell(self, now_s: float) -> bool:
        """Whether the array's power has just fallen to where it had not been for a minute."""
        return now_s - self._fell_s <= NOTICED * self._cycle_s

    def _idle_since(self, since_s: float) -> bool:
        """Whether no node has drawn on the battery since then."""
        return self._worked_s <= since_s

    def _after_false_night(self, now_s: float) -> bool:
        """A darkness as long as half a night is taken for one by an ephemeris that has seen no other."""
        half_s = self._bench.plant.orbit.shadow_s / 2
        return any(
            fault.name == "sun eclipse" and fault.until_ms / 1000 - fault.at_s > half_s and now_s > fault.at_s
            for fault in self._bench.scenario.faults
        )
