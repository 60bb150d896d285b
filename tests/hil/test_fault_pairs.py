# SPDX-License-Identifier: Apache-2.0
"""Some of the random pairs of faults; `make bench` flies 500."""

import pytest
from flatsat.hil.faults import FAULTS

from . import fault_pairs, forced


@pytest.mark.parametrize("seed", range(1, 25))
def test_survives_a_pair_of_faults(seed):
    verdict = fault_pairs.fly(seed)
    assert verdict.wrong == (), verdict.told


def test_a_seed_draws_the_same_pair_each_time():
    assert fault_pairs.draw(7) == fault_pairs.draw(7)
    assert fault_pairs.draw(7) != fault_pairs.draw(8)


@pytest.mark.parametrize(("excused", "breaches"), [(forced.FORCED, 0), ({}, 1)], ids=["forced", "not forced"])
def test_what_no_fault_forces_is_a_breach(monkeypatch, excused, breaches):
    """The light is gone for 0.7 s of a cycle in seed 17, and the battery cannot give what the racks draw."""
    monkeypatch.setattr(forced, "FORCED", excused)
    assert len(fault_pairs.fly(17).wrong) == breaches


def test_what_is_excused_is_a_fault():
    kinds = {f"{fault_pairs.stem(target)} {kind}" for target, known in FAULTS.items() for kind in known}
    kinds |= {"load4 stuck_off"}  # the pump's
    assert forced.FORCED.keys() <= kinds
    assert fault_pairs.VALUES.keys() <= kinds
