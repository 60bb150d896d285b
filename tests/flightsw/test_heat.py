# SPDX-License-Identifier: Apache-2.0
"""When nobody knows how cold the coolant is, and somebody has to look."""

import pytest
from flatsat.flightsw.heat import LOOK_EVERY_S, CoolantLook, Thermostat
from flatsat.flightsw.parameters import FlightParameters

P = FlightParameters()
HEATING_K_S = 2_000.0 / 150e3


def looks(coolant_k: float, cooling_k_s: float, hours: float, cycle_s: int = 1) -> tuple[float, float]:
    """Share of the time that the compute board is on in SAFE, and the coldest that the coolant becomes."""
    look, heater = CoolantLook(FlightParameters(cycle_ms=1000 * cycle_s)), Thermostat()
    on, count, coldest_k = 0, int(hours * 3600 / cycle_s), coolant_k
    board = False
    for cycle in range(count):
        coolant_k += ((HEATING_K_S if heater.on else 0.0) - cooling_k_s) * cycle_s
        coldest_k = min(coldest_k, coolant_k)
        board = look.due(1000 * cycle_s * cycle, coolant_k if board else None)
        heater.on = (board or heater.on) and heater.follow(coolant_k, P.coolant_heater_on_k, 5.0)
        board = board or heater.on
        on += board
    return on / count, coldest_k


@pytest.mark.parametrize("cycle_s", [1, 5])
def test_coolant_that_cools_is_seen_in_time(cycle_s):
    share, coldest_k = looks(255.0, 0.0075, 6.0, cycle_s)
    assert coldest_k > P.coolant_heater_on_k - 0.009 * LOOK_EVERY_S - 1.0
    assert share < 0.7


def test_warm_coolant_costs_next_to_nothing():
    share, _ = looks(270.0, 0.0, 10.0)
    assert share < 0.02


def test_coolant_never_measured_is_looked_at():
    look = CoolantLook(P)
    assert not look.due(0, None)
    assert look.due(int(LOOK_EVERY_S * 1000), None)
