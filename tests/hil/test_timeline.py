# SPDX-License-Identifier: Apache-2.0
"""Which faults strike when, and each moment handed out once."""

import pytest
from flatsat.hil.faults import Fault
from flatsat.hil.scenario import node_mask
from flatsat.hil.timeline import Moments, Timeline
from hypothesis import given
from hypothesis import strategies as st

HANG = Fault(at_s=1.5, until_s=3, target="node3", kind="hang")
FOR_EVER = Fault(at_s=2, target="node15", kind="hang")
CORRUPT = Fault(at_s=2, until_s=4, target="node3", kind="corrupt")


@pytest.mark.parametrize(
    ("time_ms", "expected"),
    [
        pytest.param(0, [], id="before"),
        pytest.param(1499, [], id="one ms before"),
        pytest.param(1500, [HANG], id="begins"),
        pytest.param(2000, [HANG, FOR_EVER, CORRUPT], id="all"),
        pytest.param(2999, [HANG, FOR_EVER, CORRUPT], id="last ms"),
        pytest.param(3000, [FOR_EVER, CORRUPT], id="ends"),
        pytest.param(10**9, [FOR_EVER], id="for ever"),
    ],
)
def test_active(time_ms, expected):
    found = Timeline([CORRUPT, HANG, FOR_EVER]).at(time_ms)
    assert set(found) == set(expected)
    hung = sum(1 << int(fault.target[4:]) for fault in expected if fault.kind == "hang")
    assert node_mask(found, "hang") == hung


SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20) | st.none()), max_size=20)


@given(SPANS, st.lists(st.integers(0, 80), max_size=30))
def test_as_looking_at_each_fault(spans, times):
    faults = [
        Fault(at_s=at, until_s=None if width is None else at + width, target="link", kind="outage")
        for at, width in spans
    ]
    timeline = Timeline(faults)
    for time_ms in sorted(1000 * time for time in times):
        wanted = [id(fault) for fault in faults if fault.at_ms <= time_ms < fault.until_ms]
        assert sorted(map(id, timeline.at(time_ms))) == sorted(wanted)


@given(SPANS, st.lists(st.integers(0, 80), max_size=30))
def test_moments_come_once(spans, times):
    faults = [Fault(at_s=at, target="flightsw", kind="reset") for at, _ in spans]
    moments, handed = Moments(faults), []
    for time_ms in sorted(1000 * time for time in times):
        handed += moments.due(time_ms)
        assert sorted(map(id, handed)) == sorted(id(fault) for fault in faults if fault.at_ms <= time_ms)


def test_between_edges_it_is_the_same_object():
    timeline = Timeline([HANG, FOR_EVER])
    assert timeline.at(2500) is timeline.at(2900)
