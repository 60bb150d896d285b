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
