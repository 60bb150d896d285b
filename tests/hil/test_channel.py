# SPDX-License-Identifier: Apache-2.0
"""The optical channel: error rate against light, darkness, and repeatability."""

from statistics import fmean, pvariance

import pytest
from flatsat.hil.channel import OpticalChannel
from flatsat.hil.scenario import Link
from hypothesis import given
from hypothesis import strategies as st

NOMINAL_W = 12e-6
CADU = bytes(1279)
BITS = 8 * len(CADU)


def channel(bit_error_rate: float = 3e-4, seed: int = 1) -> OpticalChannel:
    return OpticalChannel(Link(received_power_w=NOMINAL_W, bit_error_rate=bit_error_rate), seed)


def flips(received: bytes, sent: bytes = CADU) -> int:
    assert len(received) == len(sent)
    return (int.from_bytes(received, "big") ^ int.from_bytes(sent, "big")).bit_count()


@pytest.mark.parametrize("rate", [1e-5, 3e-4, 1e-2, 0.1])
def test_bit_errors_are_as_many_and_as_scattered_as_a_binomial(rate: float) -> None:
    found = [flips(channel(rate).receive(start, CADU, NOMINAL_W)) for start in range(0, 300_000, 1000)]
    expected = rate * BITS
    assert fmean(found) == pytest.approx(expected, abs=5 * (expected / len(found)) ** 0.5)
    assert pvariance(found) == pytest.approx(expected * (1 - rate), rel=0.4, abs=0.05)


def test_every_bit_can_be_struck() -> None:
    struck = 0
    for start in range(400):
        struck |= int.from_bytes(channel(0.01).receive(start, CADU, NOMINAL_W), "big")
    assert struck.bit_count() > 0.95 * BITS


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        pytest.param(1.0, 2.9e-4, 3.1e-4, id="nominal"),
        pytest.param(0.9, 5e-4, 2e-3, id="faint"),
        pytest.param(0.5, 0.03, 0.06, id="half"),
        pytest.param(1.2, 0, 5e-5, id="bright"),
    ],
)
def test_less_light_more_errors(share: float, low: float, high: float) -> None:
    assert low <= channel().bit_error_rate(share * NOMINAL_W) <= high


@pytest.mark.parametrize(
    ("share", "octets"),
    [pytest.param(0, 0, id="dark"), pytest.param(0.09, 0, id="squelched"), (0.11, len(CADU))],
)
def test_without_a_clock_nothing_is_received(share: float, octets: int) -> None:
    assert len(channel().receive(0, CADU, share * NOMINAL_W)) == octets


def test_a_perfect_link_changes_nothing() -> None:
    assert channel(0).receive(5, b"\x1a\xcf\xfc\x1d", NOMINAL_W) == b"\x1a\xcf\xfc\x1d"


@given(st.integers(0, 2**40), st.integers(0, 2**63 - 1), st.binary(max_size=64))
def test_repeatable(start_ms: int, seed: int, cadu: bytes) -> None:
    first = channel(0.05, seed).receive(start_ms, cadu, NOMINAL_W)
    assert first == channel(0.05, seed).receive(start_ms, cadu, NOMINAL_W)
    assert len(first) == len(cadu)


def test_start_and_seed_decide() -> None:
    found = {
        channel(0.01, seed).receive(start, CADU, NOMINAL_W)
        for seed in (1, 2)
        for start in (0, 1000, 2**32, 2**33)
    }
    assert len(found) == 8
