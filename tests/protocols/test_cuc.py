# SPDX-License-Identifier: Apache-2.0
"""CUC times: octets, milliseconds and UTC."""

from datetime import UTC, datetime

import pytest
from flatsat.protocols import cuc
from hypothesis import given
from hypothesis import strategies as st

NEW_YEAR_2026_TAI_MS = 2_145_916_837_000  # 24,837 days of 86,400 s, and 37 s


@given(st.integers(0, (1 << 32) * 1000 - 1), st.sampled_from([2, 3, 4]))
def test_milliseconds_come_back(tai_ms, fine_octets):
    octets = cuc.encode(tai_ms, fine_octets)
    assert len(octets) == 4 + fine_octets
    assert cuc.decode(octets).tai_ms == tai_ms
    assert cuc.decode(octets) == cuc.time(tai_ms, fine_octets)


@pytest.mark.parametrize(
    ("tai_ms", "fine_octets", "octets"),
    [
        (0, 2, "000000000000"),
        (1500, 2, "000000018000"),
        (1500, 4, "0000000180000000"),
        (999, 2, "00000000ffbe"),
        (4_294_967_295_999, 2, "ffffffffffbe"),
    ],
)
def test_octets(tai_ms, fine_octets, octets):
    assert cuc.encode(tai_ms, fine_octets).hex() == octets


def test_the_nearest_millisecond_may_be_the_next_second():
    assert cuc.decode(bytes.fromhex("00000001ffff")).tai_ms == 2000
    assert cuc.decode(bytes.fromhex("00000001c000")).tai_s == 1.75


@pytest.mark.parametrize("tai_ms", [-1, (1 << 32) * 1000])
def test_times_out_of_range(tai_ms):
    with pytest.raises(cuc.TimeOutOfRange):
        cuc.encode(tai_ms)


@pytest.mark.parametrize("octets", [0, 3, 12])
def test_octets_that_are_no_time(octets):
    with pytest.raises(cuc.WrongLength):
        cuc.decode(bytes(octets))


@pytest.mark.parametrize(
    ("tai_ms", "utc"),
    [
        pytest.param(NEW_YEAR_2026_TAI_MS, datetime(2026, 1, 1, tzinfo=UTC), id="37 s"),
        pytest.param(441_763_210_000, datetime(1972, 1, 1, tzinfo=UTC), id="10 s"),
        pytest.param(
            1_861_920_034_000, datetime(2016, 12, 31, 23, 59, 58, tzinfo=UTC), id="before a leap second"
        ),
        pytest.param(
            1_861_920_035_500, datetime(2016, 12, 31, 23, 59, 59, 500000, tzinfo=UTC), id="second 59"
        ),
        pytest.param(
            1_861_920_036_500, datetime(2016, 12, 31, 23, 59, 59, 500000, tzinfo=UTC), id="second 60"
        ),
        pytest.param(1_861_920_037_000, datetime(2017, 1, 1, tzinfo=UTC), id="after it"),
    ],
)
def test_utc(tai_ms, utc):
    assert cuc.utc(tai_ms) == utc


@pytest.mark.parametrize(
    ("tai_ms", "text"),
    [
        (NEW_YEAR_2026_TAI_MS + 7, "2026-01-01T00:00:00.007Z"),
        (1_861_920_035_999, "2016-12-31T23:59:59.999Z"),
        (1_861_920_036_000, "2016-12-31T23:59:60.000Z"),
        (1_861_920_036_999, "2016-12-31T23:59:60.999Z"),
        (1_861_920_037_000, "2017-01-01T00:00:00.000Z"),
        (457_488_010_000, "1972-06-30T23:59:60.000Z"),
    ],
)
def test_utc_text(tai_ms, text):
    assert cuc.utc_text(tai_ms) == text


@given(st.integers(441_763_210, (1 << 32) - 1))
def test_utc_text_never_goes_back(tai_s):
    before, after = cuc.utc_text(tai_s * 1000 - 1), cuc.utc_text(tai_s * 1000)
    assert before < after


def test_each_leap_second_has_a_second_60():
    for day in cuc.LEAP_SECOND_DAYS:
        midnight_s = next(
            s for s in range(int((day - cuc.EPOCH).total_seconds()) + 9, 1 << 32) if cuc.utc(s * 1000) == day
        )
        assert [cuc.utc_text(1000 * (midnight_s - back))[17:19] for back in (2, 1, 0)] == ["59", "60", "00"]
