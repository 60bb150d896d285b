# SPDX-License-Identifier: Apache-2.0
"""What is counted of levels and boots."""

from types import SimpleNamespace

from flatsat.hil.plant.loads import BOOT, ON
from flatsat.hil.steadiness import Steadiness


def test_counts_levels_and_boots():
    seen = Steadiness()
    for level, states in (
        (0, 0),
        (0, BOOT | BOOT << 30),
        (1, BOOT | ON << 30),
        (3, ON | BOOT << 30),
        (None, 0),
        (3, 0),
        (0, BOOT),
    ):
        seen.see(None if level is None else SimpleNamespace(level=level), states)
    assert (seen.deepest, seen.changes, seen.boots) == (3, 3, 4)
