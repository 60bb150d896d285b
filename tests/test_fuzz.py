# SPDX-License-Identifier: Apache-2.0
"""A small share of what `make bench` does with a million cases: whatever comes, nothing raises and memory stays."""

import pytest

from . import fuzz

GROWTH_OCTETS = 32 * 2**20


@pytest.fixture(scope="module")
def capture() -> bytes:
    return fuzz.flown()


@pytest.mark.parametrize(
    ("target", "cases"),
    [
        pytest.param(fuzz.captures, 2_000, id="captures"),
        pytest.param(fuzz.packets, 10_000, id="packets"),
    ],
)
def test_decoder_bears_whatever_comes(capture, target, cases):
    outcome = fuzz.run(target(capture), cases, seed=1)
    assert outcome.reached > cases // 20, "the mutations are too coarse to reach anything"
    assert outcome.grown_octets < GROWTH_OCTETS


def test_flight_software_bears_whatever_comes():
    outcome = fuzz.run(fuzz.telecommands(), 3_000, seed=1)
    assert outcome.reached > 2_000
    assert outcome.grown_octets < GROWTH_OCTETS
