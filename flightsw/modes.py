# SPDX-License-Identifier: Apache-2.0
"""The levels that flight software gives up work in, and the mission modes that ground and telemetry call them by.

NOMINAL  0 NORMAL        the racks work as far as the power budget allows.
         1 THROTTLE      no node is started, and none runs faster than its most efficient clock.
CHARGE   2 SHED_COMPUTE  the nodes are off, racks and pump after them; laser link and compute board stay.
SAFE     3 SHED_PAYLOAD  attitude control, and the compute board for the survival heater of its coolant.
         4 SAFE          attitude control and what heats the battery and the coolant.

In SAFE the laser terminal and the compute board are on for the last ten minutes of every hour: to hear the ground. The compute
board is also on when the coolant may be cold, to look, and as long as it has to be warmed. `ladder.py` says how flight
software chooses the level by itself. The ground may hold the satellite at or below SAFE (level 3) or CHARGE; in a SAFE that
only the ground asks for the terminal stays on, to hear it again.
"""

from __future__ import annotations

from enum import IntEnum


class Mode(IntEnum):
    """Mission mode; the values are those of telemetry."""

    SAFE = 0
    CHARGE = 1
    NOMINAL = 2


class Level(IntEnum):
    """How much has been given up; the values are those of telemetry."""

    NORMAL = 0
    THROTTLE = 1
    SHED_COMPUTE = 2
    SHED_PAYLOAD = 3
    SAFE = 4

    @property
    def mode(self) -> Mode:
        """The mission mode that it belongs to."""
        return _MODES[self]


_MODES = (Mode.NOMINAL, Mode.NOMINAL, Mode.CHARGE, Mode.SAFE, Mode.SAFE)
HELD_AT = {Mode.NOMINAL: Level.NORMAL, Mode.CHARGE: Level.SHED_COMPUTE, Mode.SAFE: Level.SHED_PAYLOAD}
"""The level that a mode begins with, coming from above."""
