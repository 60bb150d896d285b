# SPDX-License-Identifier: Apache-2.0
"""What a simulated year at 10 s a cycle has brought to light, each in two or three orbits."""

from dataclasses import replace

import pytest
from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.bench import Bench
from flatsat.hil.scenario import Fault

from tests.year import CYCLE_S, DAY_S, scenario

ORBIT_S = 5739
FULL_RATE = 0.5  # of the time, at the least, over whole orbits


def strike(target: str, kind: str, at_s: float, lasts_s: float | None, value: float | None = None) -> Fault:
    until_s = None if lasts_s is None else at_s + lasts_s
    return Fault(at_s=at_s, until_s=until_s, target=target, kind=kind, value=value)


@pytest.mark.parametrize(
    ("fault", "orbits"),
    [
        (strike("battery_voltage", "stuck", 1.5 * ORBIT_S, 2482.0), 3),
        (strike("node8", "unlocked", 9000.0, 2874.0), 2),
        (strike("power", "upset", 7000.033, None, 8.0), 3),
    ],
    ids=["voltage-stuck-at-noon", "clock-lost-before-dawn", "limit-of-the-pump"],
)
def test_keeps_every_limit_and_goes_on(fault, orbits):
    flown = replace(scenario(orbits * ORBIT_S / DAY_S, 1), faults=(fault,))
    bench = Bench(flown, 1, open_back_end("twin", Options()))
    for _ in bench.cycles(flown.duration_ms // (1000 * CYCLE_S)):
        bench.trace.take()
    found = bench.plant.violations
    assert (found.floor, found.discharge, found.thermal) == (0, 0, 0)
    assert bench.plant.truth.delivered > FULL_RATE * bench.now_ms / 1000
