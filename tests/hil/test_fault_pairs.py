# SPDX-License-Identifier: Apache-2.0
"""Some of the random pairs of faults; `make bench` flies 500."""

import pytest
from flatsat.hil.faults import FAULTS

from . import fault_pairs


@pytest.mark.parametrize("seed", range(1, 25))
def test_survives_a_pair_of_faults(seed):
    verdict = fault_pairs.fly(seed)
    assert verdict.wrong == (), verdict.told


def test_a_seed_draws_the_same_pair_each_time():
    assert fault_pairs.draw(7) == fault_pairs.draw(7)
    assert fault_pairs.draw(7) != fault_pairs.draw(8)


def test_what_is_excused_is_a_fault():
    kinds = {f"{fault_pairs.stem(target)} {kind}" for target, known in FAULTS.items() for kind in known}
    assert fault_pairs.FORCED.keys() <= kinds
    assert fault_pairs.VALUES.keys() <= kinds
