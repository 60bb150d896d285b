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


@given(
    lives=st.lists(
        st.tuples(st.integers(0, 90 * DAY_MS), board, st.integers(0, DAY_MS)), min_size=1, max_size=12
    ),
    error=near,
)
def test_times_before_and_after_a_reset_of_the_board(lives: list[tuple[int, int, int]], error: int) -> None:
    """Each life: how long, board time at its start, and the pause before it."""
    correlation, start = Correlation(), TAI_MS
    asked = []
    for length, first, pause in lives:
        start += pause
        correlation.add(first, start)
        asked += [(first, start), ((first + length) % WRAP_MS, start + length)]
        start += length
    for board_ms, tai_ms in asked:
        found = correlation.tai_ms(board_ms, tai_ms + error)
        assert found is not None
        # another life may allow a time as near; it is then the later one's
        assert found == tai_ms or abs(found - tai_ms) <= 2 * REACH_MS


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
