# SPDX-License-Identifier: Apache-2.0
"""Results that wait for the link."""

import pytest
from flatsat.flightsw.control.backlog import COUNTS_PER_S, Backlog
from flatsat.flightsw.parameters import FlightParameters

P = FlightParameters()


@pytest.mark.parametrize(
    ("history", "waiting_s"),
    [
        ([(0.9, False)] * 100, 90.0),
        ([(0.9, True)] * 100, 0.0),
        ([(1.0, False)] * 100 + [(1.0, True)] * 20, 70.0),
        ([(1.0, False)] * 900, P.buffer_s),
    ],
    ids=["outage", "link", "after-an-outage", "full"],
)
def test_counts_work_less_what_the_relay_takes(history, waiting_s):
    backlog, work = Backlog(P), 0
    backlog.update(0, True, 0.0)
    for rate, link_up in history:
        work += round(rate * COUNTS_PER_S)
        backlog.update(work, link_up, 1.0)
    assert backlog.waiting_s == pytest.approx(waiting_s)


def test_a_counter_that_begins_anew_loses_nothing():
    backlog = Backlog(P)
    backlog.update(5 * COUNTS_PER_S, False, 1.0)
    assert backlog.update(2 * COUNTS_PER_S, False, 1.0) == pytest.approx(2.0)
