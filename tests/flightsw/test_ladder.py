# SPDX-License-Identifier: Apache-2.0
"""The ladder: every entry and exit on both sides of its limit, its order under any input, and no chatter under noise."""

from dataclasses import replace

import pytest
from flatsat.flightsw.ladder import EXIT_S, EXITS, Cause, Change, Condition, Ladder
from flatsat.flightsw.modes import Level
from flatsat.flightsw.parameters import FlightParameters
from hypothesis import given, settings
from hypothesis import strategies as st

P = FlightParameters(orbit_period_s=400.0)
CALM = Condition(0.8, 3.9, 0.75, in_sun=True)
NORMAL, THROTTLE, SHED_COMPUTE, SHED_PAYLOAD, SAFE = Level


def low(state_of_charge: float, **changes) -> Condition:
    """A battery with that charge, its cells and forecast as good as ever."""
    return CALM._replace(state_of_charge=state_of_charge, **changes)


def climb(level: Level, condition: Condition, seconds: int, parameters: FlightParameters = P) -> list[Change]:
    ladder = Ladder(parameters, level)
    return [change for _ in range(seconds) for change in ladder.step(condition, 1.0)]


LEFT = 1e-4
ENTERED = [
    ("floor", NORMAL, low(P.floor - LEFT), 5, THROTTLE, Cause.STATE_OF_CHARGE),
    ("forecast", NORMAL, CALM._replace(sunrise_charge=P.floor - LEFT), 3, THROTTLE, Cause.FORECAST),
    ("shed", THROTTLE, low(P.shed_entry - LEFT), 10, SHED_COMPUTE, Cause.STATE_OF_CHARGE),
    ("shed-cells", NORMAL, CALM._replace(cell_v=P.shed_cell_v - LEFT), 10, SHED_COMPUTE, Cause.CELL_VOLTAGE),
    ("payload", SHED_COMPUTE, low(P.payload_entry - LEFT), 5, SHED_PAYLOAD, Cause.STATE_OF_CHARGE),
    (
        "payload-cells",
        NORMAL,
        CALM._replace(cell_v=P.payload_cell_v - LEFT),
        5,
        SHED_PAYLOAD,
        Cause.CELL_VOLTAGE,
    ),
    ("safe", SHED_PAYLOAD, low(P.safe_entry - LEFT), 2, SAFE, Cause.STATE_OF_CHARGE),
    ("safe-cells", NORMAL, CALM._replace(cell_v=P.safe_cell_v - LEFT), 2, SAFE, Cause.CELL_VOLTAGE),
    ("faults", NORMAL, CALM._replace(faults=P.faults_to_safe), 1, SAFE, Cause.FAULTS),
    ("resets", NORMAL, CALM._replace(resets=3, quiet_s=10.0), 1, SAFE, Cause.RESETS),
]


@pytest.mark.parametrize(
    ("level", "condition", "seconds", "entered", "cause"),
    [row[1:] for row in ENTERED],
    ids=[row[0] for row in ENTERED],
)
def test_entry(level, condition, seconds, entered, cause):
    assert all(change.level < entered for change in climb(level, condition, seconds - 1))
    assert climb(level, condition, seconds)[-1] == Change(entered, cause)


STAYS = [
    ("at-the-floor", NORMAL, low(P.floor)),
    ("at-shed-entry", THROTTLE, low(P.shed_entry)),
    ("at-payload-entry", SHED_COMPUTE, low(P.payload_entry)),
    ("at-safe-entry", SHED_PAYLOAD, low(P.safe_entry)),
    ("cells-at-limit", NORMAL, CALM._replace(cell_v=P.shed_cell_v)),
    ("two-resets", NORMAL, CALM._replace(resets=2, quiet_s=1.0)),
    ("resets-long-ago", NORMAL, CALM._replace(resets=3, quiet_s=P.safe_quiet_s)),
    ("few-faults", NORMAL, CALM._replace(faults=P.faults_to_safe - 1)),
    ("throttle-at-exit", THROTTLE, low(P.throttle_exit)),
    ("throttle-in-the-dark", THROTTLE, low(0.9, in_sun=False)),
    ("throttle-forecast-low", THROTTLE, low(0.9, sunrise_charge=P.floor - LEFT)),
    ("shed-at-exit", SHED_COMPUTE, low(P.shed_exit)),
    ("shed-cells-low", SHED_COMPUTE, low(0.9, cell_v=P.shed_cell_v + 0.05)),
    ("payload-at-exit", SHED_PAYLOAD, low(P.payload_exit)),
    ("safe-without-gain", SAFE, low(P.shed_exit)),
    ("safe-with-resets", SAFE, low(0.9, resets=3, quiet_s=1.0)),
]


@pytest.mark.parametrize(("level", "condition"), [row[1:] for row in STAYS], ids=[row[0] for row in STAYS])
def test_stays(level, condition):
    assert climb(level, condition, 2000) == []


UP = [
    ("throttle", THROTTLE, low(P.throttle_exit + LEFT), NORMAL),
    ("shed-in-the-dark", SHED_COMPUTE, low(P.shed_exit + LEFT, in_sun=False), THROTTLE),
    ("payload", SHED_PAYLOAD, low(P.payload_exit + LEFT), SHED_COMPUTE),
]


@pytest.mark.parametrize(
    ("level", "condition", "left_for"), [row[1:] for row in UP], ids=[row[0] for row in UP]
)
def test_exit(level, condition, left_for):
    assert climb(level, condition, int(EXIT_S) - 1) == []
    assert climb(level, condition, int(EXIT_S)) == [Change(left_for, Cause.RECOVERED)]


def test_levels_are_passed_one_by_one_in_both_directions():
    down = climb(NORMAL, low(0.5, sunrise_charge=0.4), 2)
    assert [change.level for change in down] == [THROTTLE, SHED_COMPUTE, SHED_PAYLOAD, SAFE]
    up = climb(SAFE, low(0.9), 3000)
    assert [change.level for change in up] == [SHED_PAYLOAD, SHED_COMPUTE, THROTTLE, NORMAL]


@pytest.mark.parametrize(("orbits", "seconds"), [(1, 400), (2, 800), (5, 2000)])
def test_safe_is_left_after_orbits_with_a_gain(orbits, seconds):
    ladder = Ladder(replace(P, safe_orbits=orbits), SAFE)
    left = next(s for s in range(1, 5000) if ladder.step(low(min(0.56 + s * 1e-4, 0.74)), 1.0))
    assert left == max(seconds, 400) + EXIT_S - 1


def test_an_orbit_with_a_loss_starts_the_count_anew():
    ladder = Ladder(P, SAFE)
    charge = [0.65, 0.64, 0.65, 0.64, 0.65]  # at the end of each orbit
    for at_end in charge:
        for second in range(400):
            ladder.step(low(0.645 if second < 399 else at_end), 1.0)
            assert ladder.level is SAFE


CONDITIONS = st.builds(
    Condition,
    st.floats(0.0, 1.0),
    st.floats(2.5, 4.2),
    st.floats(-0.2, 1.0),
    st.booleans(),
    st.integers(0, 100),
    st.integers(0, 4),
    st.floats(0.0, 1e4),
)


@settings(max_examples=60)
@given(st.lists(st.tuples(CONDITIONS, st.integers(1, 40)), max_size=30), st.sampled_from(Level))
def test_any_input_moves_one_level_at_a_time_and_up_only_to_recover(inputs, level):
    ladder = Ladder(P, level)
    for condition, cycles in inputs:
        for _ in range(cycles):
            before = level
            changes = ladder.step(condition, 5.0)
            for now, cause in changes:
                assert now - level == (-1 if cause is Cause.RECOVERED else 1)
                level = now
            assert level is ladder.level
            assert level >= before or len(changes) == 1


BANDS = {
    THROTTLE: (P.floor, P.throttle_exit),
    SHED_COMPUTE: (P.shed_entry, P.shed_exit),
    SHED_PAYLOAD: (P.payload_entry, P.payload_exit),
    SAFE: (P.safe_entry, P.safe_exit),
}


@settings(max_examples=30)
@given(level=st.sampled_from(sorted(BANDS)), data=st.data())
def test_noise_within_a_hysteresis_never_changes_the_level(level, data):
    """Whether it is entered or left already: the charge may be anywhere between the limits of entry and exit, in any order."""
    entry, leave = BANDS[level]
    noise = data.draw(st.lists(st.tuples(st.floats(entry, leave), st.booleans()), min_size=1, max_size=50))
    for start in (level, Level(level - 1)):
        ladder = Ladder(P, start)
        reached = {start}
        for state_of_charge, in_sun in noise * 4:
            ladder.step(low(state_of_charge, in_sun=in_sun), 5.0)
            reached.add(ladder.level)
        assert reached == {level} if start is level else level not in reached


def test_flicker_never_adds_up():
    ladder = Ladder(P)
    for second in range(400):
        ladder.step(low(0.62 if second % 10 else 0.9), 1.0)
    assert ladder.level is THROTTLE  # which has a shorter persistence than SHED_COMPUTE
    ladder = Ladder(P, THROTTLE)
    for second in range(400):
        ladder.step(low(0.8, in_sun=second % 20 > 0), 1.0)
    assert ladder.level is THROTTLE


def test_two_low_forecasts_of_five_are_none():
    ladder = Ladder(P)
    for second in range(100):
        ladder.step(CALM._replace(sunrise_charge=0.6 if second % 5 < 2 else 0.8), 1.0)
    assert ladder.level is NORMAL


def test_every_level_but_the_first_has_an_exit():
    assert set(EXITS) == set(Level) - {NORMAL}
