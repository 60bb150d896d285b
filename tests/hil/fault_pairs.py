# SPDX-License-Identifier: Apache-2.0
"""Random pairs of faults on the twins, and what has to hold whatever strikes.

Two faults of any target and kind, with values and times drawn from a seed, in sunlight and in the dark, with a battery that is
full or nearly at its limits. The flight is over when the satellite works again, half an hour after the later fault at the
earliest.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from flatsat.flightsw.modes import Level
from flatsat.hil import fault_checks
from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.bench import Bench
from flatsat.hil.faults import FAULTS, Fault
from flatsat.hil.plant.loads import ON, PUMP
from flatsat.hil.plant.orbit import Start
from flatsat.hil.scenario import Link, Orbit, Satellite, Scenario
from flatsat.hil.sensor_fields import SENSORS, span
from flatsat.protocols.tables import TableError

from . import forced

CYCLE_S = 5
LEAST_S, SETTLING_S = 2400, 1800
ORBIT_S, MOST_S = 5740, 6 * 5740
"""SAFE is left after two orbits of positive balance."""
LIMIT_MARGIN_K = 0.5
FREEZING_K = 273.0
ALWAYS_ON = 0.13
"""Share of the battery that what is always on takes in a night."""
STILL_CYCLES = 12
"""For so many cycles nodes may be on after the pump has lost its power, or a cold pack take a charge."""

CONDITIONS = {
    "noon": (Start.NOON, (0.62, 1.0), 300.0),
    "before sunset": (Start.NOON, (0.75, 1.0), 320.0),  # 30 min of light, and the faults in its last minutes
    "eclipse": (Start.SUNSET, (0.72, 1.0), 320.0),
    "sunrise": (Start.SUNRISE, (0.62, 0.9), 250.0),
}
"""Where the flight begins, with which states of charge, and how warm the radiator and its coolant are."""

VALUES: dict[str, tuple[float, float]] = {
    "string oscillate": (0.1, 1.0),
    "array degrade": (0.3, 0.98),
    "sun flicker": (0.1, 1.0),
    "battery fade": (0.5, 0.95),
    "battery resistance": (1.2, 3.0),
    "battery runaway": (200, 8000),
    "node latchup": (300, 6000),
    "node inrush": (2, 100),
    "racks surge": (0.2, 1.0),
    "radiator fade": (0.5, 0.98),
    "radiator flux": (0.5, 3.0),
    "flightsw upset": (1, 16),
    "flightsw clock_jump": (-3600, 3600),
    "flightsw overrun": (100, 8000),
    "flightsw ephemeris": (-1200, 1200),
    "flightsw storm": (1, 200),
    "link flap": (0.2, 60),
    "link bit_errors": (1e-4, 0.05),
    "uplink late": (1, 600),
}
"""From, to; shares of packets and frames go from 0.01 to 1, biases and noise go by the sensor's range."""
BIAS_SHARE, NOISE_SHARE = 0.2, 0.05


class Verdict(NamedTuple):
    """What came of a flight; `wrong` is empty when everything that has to hold held."""

    seed: int
    told: str
    wrong: tuple[str, ...]
    flown_s: float


def draw(seed: int) -> tuple[str, Scenario]:
    """The condition and the scenario of a seed."""
    dice = random.Random(seed)
    condition = dice.choice(tuple(CONDITIONS))
    start, charge, radiator_k = CONDITIONS[condition]
    first_s = 1500 if condition == "before sunset" else 60
    scenario = Scenario(
        name="fault-pair",
        description=f"Two random faults, {condition}.",
        duration_s=MOST_S,
        cycle_s=CYCLE_S,
        max_step_ms=1000 * CYCLE_S,
        seed=seed,
        orbit=Orbit(altitude_km=550, start=start),
        satellite=Satellite(
            state_of_charge=round(dice.uniform(*charge), 3),
            radiator_k=radiator_k,
            coolant_k=max(radiator_k, 265.0),
            battery_k=round(dice.uniform(272, 305), 1),
        ),
        link=Link(bit_error_rate=3e-4),
        faults=_pair(dice, first_s),
    )
    return condition, scenario


def _pair(dice: random.Random, first_s: int) -> tuple[Fault, ...]:
    kinds = sorted({(stem(target), kind) for target, kinds in FAULTS.items() for kind in kinds})
    of_sensors = [pair for pair in kinds if pair[0] in SENSORS]
    others = [pair for pair in kinds if pair[0] not in SENSORS]
    while True:
        at_s = dice.uniform(first_s, first_s + 600)
        times_s = at_s, at_s + dice.choice((0.0, dice.uniform(0, 60), dice.uniform(60, 600)))
        pair = tuple(
            _fault(dice, *dice.choice(dice.choice((of_sensors, others, others))), time_s)
            for time_s in times_s
        )
        faults = tuple(sorted(pair, key=lambda fault: fault.at_s))
        try:
            fault_checks.check(faults, MOST_S)
        except TableError:  # at odds with each other
            continue
        return faults


def _fault(dice: random.Random, family: str, kind: str, at_s: float) -> Fault:
    targets = [target for target, kinds in FAULTS.items() if stem(target) == family and kind in kinds]
    target = dice.choice(targets)
    known = FAULTS[target][kind]
    lasting_s = dice.choice((dice.uniform(0.01, 5), dice.uniform(5, 120), dice.uniform(120, 1200)))
    begin_s = 0.0 if known.from_start else round(at_s, 3)
    return Fault(
        at_s=begin_s,
        until_s=round(begin_s + lasting_s, 3) if known.ends else None,
        target=target,
        kind=kind,
        value=_value(dice, target, kind) if known.value else None,
    )


def _value(dice: random.Random, target: str, kind: str) -> float:
    known = FAULTS[target][kind]
    name = f"{stem(target)} {kind}"
    if target in SENSORS:
        share = dice.uniform(-BIAS_SHARE, BIAS_SHARE) if kind == "bias" else dice.uniform(0.001, NOISE_SHARE)
        return share * span(target)
    if kind == "upset" and target != "flightsw":
        return float(dice.randrange(16))
    value = dice.uniform(*VALUES.get(name, (0.01, 1.0)))
    if known.whole:
        return float(round(value))
    return round(value / 0.002) * 0.002 if known.value and known.value.unit == "s" else value


def stem(target: str) -> str:
    """The target without its number; a sensor as it is."""
    return target if target in SENSORS else target.rstrip("0123456789")


def fly(seed: int) -> Verdict:
    """Fly the pair of a seed and judge it."""
    condition, scenario = draw(seed)
    told = f"{condition}, SoC {scenario.satellite.state_of_charge:.2f}: {' and '.join(map(_told, scenario.faults))}"
    flight = Flight(scenario)
    try:
        flight.fly()
    except Exception as error:  # noqa: BLE001 - whatever ends a flight is what is looked for
        return Verdict(seed, told, (f"{type(error).__name__}: {error}",), flight.bench.now_ms / 1000)
    return Verdict(seed, told, tuple(flight.wrong()), flight.bench.now_ms / 1000)


def _told(fault: Fault) -> str:
    value = "" if fault.value is None else f" {fault.value:.4g}"
    until = "" if fault.until_s is None else f" for {fault.until_s - fault.at_s:.1f} s"
    return f"{fault.name}{value} at {fault.at_s:.0f} s{until}"


class Flight:
    """One flight, watched cycle by cycle."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.bench = Bench(scenario, scenario.seed, open_back_end("twin", Options()), self._hear)
        self._events: list[tuple[str, int, int]] = []
        self._over_s = max(
            fault.at_s if fault.until_s is None else fault.until_s for fault in scenario.faults
        )
        self._still = self._cold = self._most_still = self._most_cold = 0
        self._lowest_charge = 1.0
        dark = scenario.orbit.start is Start.SUNSET
        self._judge = forced.Judge(self.bench, ALWAYS_ON if dark else 0.0)

    def _hear(self, name: str, now_ms: int, first: int, second: int) -> None:
        if name in ("LEVEL_CHANGED", "MODE_CHANGED", "BOOTED"):
            self._events.append((name, first, second))

    def fly(self) -> None:
        """Until the satellite works again, or for as long as it may take."""
        least_s = max(LEAST_S, self._over_s + SETTLING_S)
        for _ in self.bench.cycles(MOST_S // CYCLE_S):
            self.bench.trace.take()
            self._look()
            if self.bench.now_ms >= 1000 * least_s and not self._unwell():
                return

    def _look(self) -> None:
        self._judge.look()
        bench = self.bench
        truth, held = bench.plant.truth, bench.readings().held
        still = ON in held["node_state"] and truth.load_current_a[PUMP] <= 0.0 and truth.load_w > 0.0
        self._still = self._still + 1 if still else 0
        self._most_still = max(self._most_still, self._still)
        cold = any(
            k < FREEZING_K and a > 0.5 for k, a in zip(truth.pack_k, truth.pack_current_a, strict=True)
        )
        self._cold = self._cold + 1 if cold else 0
        self._most_cold = max(self._most_cold, self._cold)
        self._lowest_charge = min(self._lowest_charge, truth.state_of_charge)

    def _unwell(self) -> list[str]:
        """What keeps the satellite from its work now."""
        bench = self.bench
        truth, flight = bench.plant.truth, bench.flight
        found = []
        if truth.bus_voltage_v < 0.9 * self.scenario.satellite.bus_v:
            found.append(f"the bus has {truth.bus_voltage_v:.0f} V")
        if flight is None:
            found.append("the computer is off")
        elif flight.level > Level.THROTTLE:
            found.append(f"it stays at L{int(flight.level)}")
        if truth.max_k > self._limit_k:
            found.append(f"it is {truth.max_k:.1f} K hot")
        return found

    @property
    def _limit_k(self) -> float:
        return self.scenario.satellite.limit_k + LIMIT_MARGIN_K

    def wrong(self) -> list[str]:
        """What did not hold."""
        found = [*self._unwell(), *self._disorder(), *self._broken()]
        if self._lowest_charge <= 0.0:
            found.append("the battery is below empty")
        if self._most_still > STILL_CYCLES:
            found.append(f"nodes are on without pump for {self._most_still * CYCLE_S} s")
        if self._most_cold > STILL_CYCLES:
            found.append(f"charge below {FREEZING_K:.0f} K for {self._most_cold * CYCLE_S} s")
        return found

    def _disorder(self) -> list[str]:
        """Steps of the ladder that were not one level, and modes that do not follow each other."""
        levels, modes = [int(Level.NORMAL)], [(2, 2)]
        found = []
        for name, first, second in self._events:
            if name == "BOOTED":
                levels, modes = [], []
            elif name == "LEVEL_CHANGED":
                levels.append(first)
            else:
                modes.append((first, second))
            if len(levels) > 1 and abs(levels[-1] - levels[-2]) != 1:
                found.append(f"level {levels[-2]} to {levels[-1]} at once")
            if len(modes) > 1 and name == "MODE_CHANGED" and modes[-1][0] != modes[-2][1]:
                found.append(f"mode {modes[-2][1]} changed from {modes[-1][0]}")
        flight = self.bench.flight
        if flight and levels and flight.level != levels[-1]:
            found.append(f"level {int(flight.level)}, and the events end with {levels[-1]}")
        return found

    def _broken(self) -> list[str]:
        """Limits broken though nothing forced it."""
        by_limit: dict[str, list[forced.Breach]] = {}
        for breach in self._judge.breaches:
            by_limit.setdefault(breach.limit, []).append(breach)
        return [
            f"{limit} broken from {found[0].at_s:.0f} s to {found[-1].at_s:.0f} s in {len(found)} cycles: {found[-1].told}"
            for limit, found in by_limit.items()
        ]
