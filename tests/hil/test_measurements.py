# SPDX-License-Identifier: Apache-2.0
"""Verdicts: measurements against their limits, and how they combine."""

import pytest
from flatsat.hil.summary import Measurement, overall


@pytest.mark.parametrize(
    ("value", "low", "high", "may_grow", "verdict"),
    [
        (0, None, 0, False, "pass"),
        (1, None, 0, False, "fail"),
        (1, None, 0, True, "fail"),
        (5, 5, None, False, "pass"),
        (4, 5, None, False, "fail"),
        (4, 5, None, True, "inconclusive"),
        (None, 0, None, False, "inconclusive"),
    ],
)
def test_measurement(value, low, high, may_grow, verdict):
    assert (
        Measurement(name="x", unit="1", value=value, low=low, high=high, may_grow=may_grow).verdict == verdict
    )


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ([], "pass"),
        (["pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "fail"], "fail"),
    ],
)
def test_overall(verdicts, whole):
    assert overall(verdicts) == whole
