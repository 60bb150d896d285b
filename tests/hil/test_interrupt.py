# SPDX-License-Identifier: Apache-2.0
"""Signals that stop the command: raised once, held back while a cycle is recorded, unheard while a run is put in order."""

import os
import signal
from contextlib import suppress

import pytest
from flatsat.hil import interrupt
from flatsat.hil.interrupt import STOPS, Interrupted, held, listen, unheard


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    before = {number: signal.getsignal(number) for number in STOPS}
    monkeypatch.setattr(interrupt, "_pending", False)
    listen()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def strike(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", STOPS, ids=lambda number: number.name)
def test_raised_at_once_and_only_once(number):
    with pytest.raises(Interrupted):
        strike(number)
    for other in STOPS:
        strike(other)


def test_held_back_until_a_cycle_is_recorded():
    done = []
    with pytest.raises(Interrupted), held():
        strike(signal.SIGINT)
        done.append("recorded")
    assert done == ["recorded"]


def test_one_that_python_dropped_is_raised_after_the_next_cycle():
    with suppress(Interrupted):  # as in a destructor, where nobody hears of it
        strike(signal.SIGINT)
    with pytest.raises(Interrupted), held():
        pass


def test_unheard_while_a_run_is_put_in_order():
    with unheard():
        for number in STOPS:
            strike(number)
    with pytest.raises(Interrupted):
        strike(signal.SIGTERM)


def test_a_signal_that_was_ignored_stays_so():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    listen()
    strike(signal.SIGHUP)
