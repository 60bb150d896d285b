# SPDX-License-Identifier: Apache-2.0
"""Board time to TAI: over the wrap of 32 bits, resets of the board, and times that the ground has set."""

import pytest
from flatsat.protocols.correlation import BOARD_MODULUS_MS, REACH_MS, Correlation
from hypothesis import given
from hypothesis import strategies as st

TAI_MS = 2_145_916_837_500
DAY_MS = 86_400_000
WRAP_MS = BOARD_MODULUS_MS

times = st.integers(0, (1 << 32) * 1000)
board = st.integers(0, WRAP_MS - 1)
near = st.integers(-REACH_MS, REACH_MS)


def test_without_a_report_nothing_is_known() -> None:
    assert Correlation().tai_ms(0, TAI_MS) is None


@given(
    start=times,
    offset=board,
    elapsed=st.lists(st.integers(0, 400 * DAY_MS), min_size=1, max_size=9),
    error=near,
)
def test_any_time_of_one_epoch_comes_back_over_every_wrap(
    start: int, offset: int, elapsed: list[int], error: int
) -> None:
    """As long as a time near it is known, to a minute."""
    correlation = Correlation()
    for moment in sorted(elapsed):
        correlation.add((offset + moment) % WRAP_MS, start + moment)
        assert correlation.tai_ms((offset + moment) % WRAP_MS, start + moment + error) == start + moment
    for moment in elapsed:
        assert correlation.tai_ms((offset + moment) % WRAP_MS, start + moment + error) == start + moment


STEP_MS = 2_048  # divides the modulus and exceeds the tolerance: epochs are the same, or apart
steps = st.integers(0, 60).map(lambda n: n * STEP_MS)
lives = st.lists(
    st.tuples(
        st.one_of(steps, st.integers(0, 90 * DAY_MS)),
        st.one_of(steps, st.integers(0, WRAP_MS // STEP_MS - 1).map(lambda n: n * STEP_MS)),
        st.one_of(steps, steps.map(lambda ms: -ms)),
    ),
    min_size=1,
    max_size=12,
)
Life = tuple[int, int, int]


def lived(told: list[Life]) -> tuple[Correlation, list[tuple[int, int]], list[int]]:
    """Lives of a board, each reported as it begins: how long it is, board time at its start, and how far TAI is set on
    then (back, where negative). Gives first and last moment of each as pairs, and TAI less board time of each."""
    correlation, start = Correlation(), TAI_MS // STEP_MS * STEP_MS
    moments, offsets = [], []
    for length, first, jump in told:
        start += jump
        correlation.add(first, start)
        moments += [(first, start), ((first + length) % WRAP_MS, start + length)]
        offsets.append(start - first)
        start += length // STEP_MS * STEP_MS
    return correlation, moments, offsets


@given(lives)
def test_a_moment_whose_own_time_is_the_reference_comes_back_exactly(told: list[Life]) -> None:
    """Whatever other lives say: over resets, and times set forwards and backwards."""
    correlation, moments, _ = lived(told)
    assert [correlation.tai_ms(board_ms, tai_ms) for board_ms, tai_ms in moments] == [
        tai_ms for _, tai_ms in moments
    ]


@given(lives, near)
def test_the_answer_is_of_one_life_and_no_life_has_a_nearer(told: list[Life], error: int) -> None:
    correlation, moments, offsets = lived(told)
    for board_ms, tai_ms in moments:
        reference = tai_ms + error
        found = correlation.tai_ms(board_ms, reference)
        assert found is not None
        assert any((found - board_ms - offset) % WRAP_MS == 0 for offset in offsets)
        for offset in offsets:
            ahead = (board_ms + offset - reference) % WRAP_MS
            assert abs(found - reference) <= min(ahead, WRAP_MS - ahead)


@given(board, st.integers(-4 * REACH_MS, 4 * REACH_MS))
def test_nothing_is_known_beyond_the_reach(board_ms: int, distance: int) -> None:
    correlation = Correlation()
    correlation.add(board_ms, TAI_MS)
    expected = TAI_MS if abs(distance) <= REACH_MS else None
    assert correlation.tai_ms(board_ms, TAI_MS + distance) == expected


@pytest.mark.parametrize(
    ("reports", "board_ms", "near_ms", "expected_ms"),
    [
        pytest.param([(1000, 0)], 1500, 400, 500, id="after the report"),
        pytest.param([(1000, 0)], 500, 0, -500, id="before it"),
        pytest.param([(WRAP_MS - 100, 0)], 400, 0, 500, id="over the wrap"),
        pytest.param([(100, 0)], WRAP_MS - 100, 0, -200, id="back over the wrap"),
        pytest.param([(0, 0)], 7, 3 * WRAP_MS + 9, 3 * WRAP_MS + 7, id="three turns later"),
        pytest.param([(50_000_000, 0), (2_000, 90_000)], 2_500, 90_400, 90_500, id="after a reset"),
        pytest.param([(50_000_000, 0), (2_000, 90_000)], 49_999_000, -900, -1_000, id="of before it"),
        pytest.param([(1_000, 0), (9_000, 8_400)], 9_100, 8_500, 8_500, id="drift is followed"),
        pytest.param([(1_000, 0), (2_000, 500_000)], 2_000, 500_100, 500_000, id="ground set the time"),
        pytest.param([(1_000, 0)], 1_000, 500_000, None, id="nothing near"),
        pytest.param([(25_000, -10_000), (1_000, 1_000)], 30_000, -5_000, -5_000, id="right before a reset"),
        pytest.param([(25_000, -10_000), (1_000, 1_000)], 1_500, 1_400, 1_500, id="right behind it"),
        pytest.param([(10_000, 0), (20_000, 40_000)], 19_000, 9_000, 9_000, id="before the time was set on"),
        pytest.param([(10_000, 0), (20_000, 40_000)], 19_000, 39_000, 39_000, id="after the time was set on"),
        pytest.param([(10_000, 0), (20_000, -20_000)], 19_000, 9_000, 9_000, id="before it was set back"),
        pytest.param([(10_000, 0), (20_000, -20_000)], 19_000, -21_000, -21_000, id="after it was set back"),
        pytest.param([(10_000, 0), (20_000, 20_000)], 10_000, 5_000, 10_000, id="as near: the later epoch"),
        pytest.param([(10_000, 0), (20_000, 20_000)], 10_000, 4_999, 0, id="nearer to the earlier epoch"),
        pytest.param([(WRAP_MS - 1_000, 0), (500, 9_000)], 1_000, 2_100, 2_000, id="old epoch over its wrap"),
    ],
)
def test_cases(reports: list[tuple[int, int]], board_ms: int, near_ms: int, expected_ms: int | None) -> None:
    correlation = Correlation()
    for reported, tai_ms in reports:
        correlation.add(reported, TAI_MS + tai_ms)
    expected = None if expected_ms is None else TAI_MS + expected_ms
    assert correlation.tai_ms(board_ms, TAI_MS + near_ms) == expected


def test_memory_is_bounded() -> None:
    correlation = Correlation()
    for boot in range(10_000):
        correlation.add(7, TAI_MS + boot * DAY_MS)
    assert correlation.tai_ms(7, TAI_MS + 9_999 * DAY_MS) == TAI_MS + 9_999 * DAY_MS
    assert correlation.tai_ms(7, TAI_MS) is None
