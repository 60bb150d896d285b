# SPDX-License-Identifier: Apache-2.0
"""Plays what the hosts of a run played in a bare Verilator loop: the same model over the same clocks, without Python."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

from . import verilator

PLAY_LIMIT_S = 600.0


class Bare(NamedTuple):
    """A run of the bare loop: its clocks, wall time and processor time."""

    clocks: int
    wall_s: float
    cpu_s: float


def play(scripts: Path) -> Bare:
    """Play recorded scripts; any run records them when FLATSAT_SCRIPTS names a file in its environment.

    Raises:
        BuildError: the simulator cannot be built.
    """
    run = subprocess.run(
        [*verilator.build().command, "--bare", scripts],
        capture_output=True,
        text=True,
        timeout=PLAY_LIMIT_S,
        check=True,
    )
    return Bare(**json.loads(run.stdout))
