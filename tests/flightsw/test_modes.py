# SPDX-License-Identifier: Apache-2.0
"""Mission modes: every row of the transition table, both sides of every threshold."""

import pytest
from flatsat.flightsw.modes import TRANSITIONS, Condition, Mode, ModeState, step
from flatsat.flightsw.parameters import FlightParameters

P = FlightParameters()
CALM = Condition(0.8, 0, 1e6)


def after(mode: Mode, condition: Condition, seconds: int) -> Mode:
    state = ModeState(mode)
    for _ in range(seconds):
        state = step(state, condition, P, 1.0)
    return state.mode


CASES = [
    ("charge-to-nominal", Mode.CHARGE, CALM, 3, Mode.NOMINAL),
    ("charge-waits-for-persistence", Mode.CHARGE, CALM, 2, Mode.CHARGE),
    ("charge-not-enough", Mode.CHARGE, CALM._replace(state_of_charge=P.charge_exit), 100, Mode.CHARGE),
    ("nominal-stays", Mode.NOMINAL, CALM, 100, Mode.NOMINAL),
    (
        "nominal-at-floor-stays",
        Mode.NOMINAL,
        CALM._replace(state_of_charge=P.charge_entry),
        100,
        Mode.NOMINAL,
    ),
    ("nominal-low", Mode.NOMINAL, CALM._replace(state_of_charge=P.charge_entry - 1e-4), 10, Mode.CHARGE),
    ("nominal-low-for-a-moment", Mode.NOMINAL, CALM._replace(state_of_charge=0.67), 9, Mode.NOMINAL),
    ("nominal-empty", Mode.NOMINAL, CALM._replace(state_of_charge=P.safe_entry - 1e-4), 2, Mode.SAFE),
    ("charge-empty", Mode.CHARGE, CALM._replace(state_of_charge=0.5), 2, Mode.SAFE),
    ("safe-stays-low", Mode.SAFE, CALM._replace(state_of_charge=P.safe_exit), 1000, Mode.SAFE),
    ("safe-recovers-by-itself", Mode.SAFE, CALM._replace(state_of_charge=0.67), 30, Mode.CHARGE),
    ("resets-make-safe", Mode.CHARGE, Condition(0.9, 3, 10.0), 1, Mode.SAFE),
    ("resets-keep-safe", Mode.SAFE, Condition(0.9, 3, 599.0), 1000, Mode.SAFE),
    ("resets-long-ago", Mode.SAFE, Condition(0.9, 3, 600.0), 30, Mode.CHARGE),
    ("two-resets-are-none", Mode.CHARGE, Condition(0.9, 2, 10.0), 3, Mode.NOMINAL),
]


@pytest.mark.parametrize(
    ("mode", "condition", "seconds", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_transition(mode, condition, seconds, expected):
    assert after(mode, condition, seconds) is expected


def test_each_way_out_is_taken_by_a_case():
    taken = {(mode, expected) for _, mode, _, _, expected in CASES if mode is not expected}
    assert taken == {(way.source, way.target) for way in TRANSITIONS}


def test_flicker_never_adds_up():
    state = ModeState(Mode.NOMINAL)
    for second in range(200):
        low = second % 10 != 0
        state = step(state, CALM._replace(state_of_charge=0.67 if low else 0.75), P, 1.0)
    assert state.mode is Mode.NOMINAL


def test_from_any_mode_a_full_battery_leads_to_nominal():
    assert {after(mode, CALM, 200) for mode in Mode} == {Mode.NOMINAL}
