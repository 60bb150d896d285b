# SPDX-License-Identifier: Apache-2.0
"""A simulated year on the twins, unattended: no telecommand, and faults as often as they are published to come.

Cycles of 10 s; faults are drawn from RATES with a seed. A violated limit does not end the flight, so that one line tells
what the rest of the year is like; it ends the bench with an error.
"""

from __future__ import annotations

import gc
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.bench import Bench
from flatsat.hil.plant.orbit import CircularOrbit, Start
from flatsat.hil.scenario import Fault, Link, Orbit, Satellite, Scenario

from .hil import forced

DAY_S, CYCLE_S = 86_400, 10
DAYS = 365
WEEK = 7
MOST_TOLD = 30  # violations, in full
SETTLING_S = 7200.0
"""Faults so recent are named beside a violation."""


class Rate(NamedTuple):
    """How often a kind of fault comes.

    Attributes:
        lasts_s: from, to; None: for good.
        values: from, to; None: the kind takes none.
    """

    a_year: float
    targets: tuple[str, ...]
    kind: str
    lasts_s: tuple[float, float] | None
    values: tuple[float, float] | None
    source: str


NODES = tuple(f"node{i}" for i in range(16))
BOARDS = "power", "compute", "laser"
GAUGES = (
    "gauge",
    "battery_current",
    "battery_voltage",
    "battery_temperature",
    "bus_voltage",
    "coolant_temperature",
)
CHOSEN = "our choice: no figure is published"

RATES = (
    Rate(1.2 * DAYS, NODES, "hang", (0.05, 5), None, "3e-4 upsets an hour on each of 160 accelerator chips: 1.2 a day"),
    Rate(1.2 * DAYS * 2 / 7, NODES, "corrupt", (0.05, 5), None, "under protons 2 silent corruptions to 7 interruptions"),
    Rate(6, ("sun",), "flicker", (10, 60), (0.1, 0.5), CHOSEN),
    Rate(1.1, NODES, "hang", None, None, "6.8 % of accelerators a year fail for good in orbit, of 16 nodes"),
    Rate(12, NODES, "latchup", (1, 60), (400, 3000), CHOSEN),
    Rate(12, NODES, "unlocked", (60, 3600), None, CHOSEN),
    Rate(1, tuple(f"string{i}" for i in range(8)), "open", None, None, "one string a year: our choice"),
    Rate(1, ("array",), "degrade", None, (0.985, 0.985), "a large station's arrays lose 1.5 % a year"),
    Rate(12, ("flightsw",), "reset", None, None, CHOSEN),
    Rate(4, ("flightsw",), "hang", None, None, CHOSEN),
    Rate(52, ("flightsw",), "upset", None, (1, 2), CHOSEN),
    Rate(36, BOARDS, "upset", None, (0, 15), CHOSEN),
    Rate(52, BOARDS, "lose", (10, 600), (0.01, 0.2), CHOSEN),
    Rate(52, BOARDS, "corrupt", (10, 600), (0.01, 0.2), CHOSEN),
    Rate(12, tuple(f"load{i}" for i in range(4)), "short", (0.1, 5), None, CHOSEN),
    Rate(12, GAUGES, "stuck", (60, 7200), None, CHOSEN),
    Rate(12, GAUGES, "dead", (60, 7200), None, CHOSEN),
    Rate(12, ("gauge",), "bias", (600, 7200), (-0.05, 0.05), CHOSEN),
)  # fmt: skip

LINK = Link(
    bit_error_rate=3e-4,  # frames are corrected from it
    handover_every_s=1200,
    handover_gap_s=30,
    outage_every_s=5400,
    outage_mean_s=600,
)


def faults(days: float, seed: int) -> tuple[Fault, ...]:
    """The faults of so many days, in order: each kind at exponential intervals."""
    drawn = [fault for number, rate in enumerate(RATES) for fault in _of_kind(rate, days, seed << 8 | number)]
    return tuple(sorted(drawn, key=lambda fault: fault.at_s))


def _of_kind(rate: Rate, days: float, seed: int) -> Iterator[Fault]:
    dice = random.Random(seed)
    at_s, free_s = dice.expovariate(rate.a_year / (DAYS * DAY_S)), dict.fromkeys(rate.targets, 0.0)
    while at_s < days * DAY_S:
        target = dice.choice(rate.targets)
        if free_s[target] <= at_s:
            until_s = None if rate.lasts_s is None else at_s + dice.uniform(*rate.lasts_s)
            yield _fault(rate, target, at_s, until_s, dice)
            free_s[target] = at_s if until_s is None else until_s + 1.0
        at_s += dice.expovariate(rate.a_year / (DAYS * DAY_S))


def _fault(rate: Rate, target: str, at_s: float, until_s: float | None, dice: random.Random) -> Fault:
    value = None if rate.values is None else dice.uniform(*rate.values)
    if value is not None and rate.kind == "upset":
        value = float(round(value))
    end_s = None if until_s is None else round(until_s, 3)
    return Fault(at_s=round(at_s, 3), until_s=end_s, target=target, kind=rate.kind, value=value)


def scenario(days: float, seed: int) -> Scenario:
    """What is flown."""
    return Scenario(
        name="year",
        description="Unattended in low orbit, with faults at the published rates.",
        duration_s=round(days * DAY_S / CYCLE_S) * CYCLE_S,
        cycle_s=CYCLE_S,
        max_step_ms=1000 * CYCLE_S,
        seed=seed,
        orbit=Orbit(altitude_km=550, start=Start.SUNRISE),
        satellite=Satellite(state_of_charge=0.75, radiator_k=250),
        link=LINK,
        faults=faults(days, seed),
    )


class Watch:
    """Notes each violation with the faults that came shortly before, and each reset of the computer."""

    def __init__(self, bench: Bench, told: Teller) -> None:
        self._bench = bench
        self._told = told
        self._known: tuple[int, ...] = (0, 0, 0)
        self._judge = forced.Judge(bench)
        self._flight: object = None
        self._tellings = 0
        self.resets = -1
        self.level_s = [0] * 6

    @property
    def violations(self) -> int:
        """How many cycles broke a limit that nothing forced; see `forced.py`."""
        return len(self._judge.breaches)

    def look(self) -> None:
        """At the end of a cycle."""
        bench = self._bench
        before = self.violations
        self._judge.look()
        kind = "violation" if self.violations > before else "forced violation"
        found = bench.plant.violations
        counts = found.floor, found.discharge, found.thermal
        if counts != self._known:
            names = [name for name, old, new in zip(("floor", "discharge", "thermal"), self._known, counts, strict=True)
                     if old != new]  # fmt: skip
            self._known = counts
            self._tellings += 1
            if self._tellings <= MOST_TOLD:
                self._told(f"{kind} of {', '.join(names)} at {_when(bench.now_ms)}; {self._shortly_before()}")
        flight = bench.flight
        if flight is not None and flight is not self._flight:
            self.resets += 1
            self._flight = flight
        self.level_s[flight.level if flight else 5] += CYCLE_S

    def _shortly_before(self) -> str:
        bench, now_s = self._bench, self._bench.now_ms / 1000
        truth = bench.plant.truth
        recent = [
            f"{fault.name} {'' if fault.value is None else f'{fault.value:.3g} '}{now_s - fault.at_s:.0f} s ago"
            for fault in bench.scenario.faults
            if fault.at_s <= now_s
            and now_s - SETTLING_S < min(fault.until_ms / 1000, fault.at_s + SETTLING_S)
        ]
        state = (f"SoC {truth.state_of_charge:.4f}, {truth.max_k:.1f} K, array {truth.array_w / 1e3:.1f} kW, "
                 f"missing {truth.brown_out_w / 1e3:.1f} kW, level {bench.flight.level if bench.flight else '-'}")  # fmt: skip
        return f"{state}; {', '.join(recent) or 'no fault'}"


class Teller:
    """Prints lines with the wall time that has passed."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self, line: str) -> None:
        print(f"{time.monotonic() - self._begun:7.0f} s  {line}", flush=True)


def fly(days: float, seed: int) -> bool:
    """Fly so many days and tell what came of it; returns whether every limit was kept but as forced, and the satellite lives."""
    told = Teller()
    flown = scenario(days, seed)
    told(f"{days:g} days, seed {seed}, {len(flown.faults):,} faults")
    bench = Bench(flown, seed, open_back_end("twin", Options()))
    watch = Watch(bench, told)
    gc.collect()
    at_start_mb = memory_mb()
    for cycle in bench.cycles(flown.duration_ms // flown.cycle_ms):
        bench.trace.take()
        watch.look()
        if (cycle.number + 1) % (WEEK * DAY_S // CYCLE_S) == 0:
            told(_progress(bench, watch, at_start_mb))
    told(_progress(bench, watch, at_start_mb))
    alive = bench.flight is not None and bench.plant.truth.bus_voltage_v > 0.0
    told(f"{'alive' if alive else 'DEAD'}; levels {_levels(watch.level_s)}; peak {peak_mb():.0f} MB")
    return alive and not watch.violations


def _progress(bench: Bench, watch: Watch, at_start_mb: float) -> str:
    truth, found = bench.plant.truth, bench.plant.violations
    orbits = bench.now_ms / 1000 / CircularOrbit(550, 0.0, Start.SUNRISE).period_s
    return (
        f"{_when(bench.now_ms)}: delivered {truth.delivered:,.0f} s ({truth.delivered / (bench.now_ms / 1000):.4f} of "
        f"the time, {truth.delivered / orbits:,.0f} s an orbit), lost {truth.lost_s:,.0f} s, violations "
        f"{found.floor} floor {found.discharge} discharge {found.thermal} thermal, lowest SoC "
        f"{found.min_state_of_charge:.4f}, hottest {found.max_k:.2f} K, {watch.resets} resets, "
        f"{memory_mb():.0f} MB ({memory_mb() - at_start_mb:+.1f})"
    )


def _levels(level_s: list[int]) -> str:
    names = "L0", "L1", "L2", "L3", "L4", "off"
    return ", ".join(f"{name} {s / 3600:.1f} h" for name, s in zip(names, level_s, strict=True) if s)


def _when(now_ms: int) -> str:
    return f"day {now_ms / 1000 / DAY_S:.2f}"


def memory_mb() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def peak_mb() -> float:
    """The most that it has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
