# SPDX-License-Identifier: Apache-2.0
"""Fault detection, isolation and recovery of everything electrical and thermal.

Each module watches one kind of thing. What it finds has to last for some samples, and to be away for some, before it counts; it
is an event when it begins and another when it is over. Nothing here shuts down work for want of energy: that is the ladder's.
"""

from __future__ import annotations

from .boards import FEED, BoardWatch
from .limiters import (
    LIMITERS,
    LOAD_BATTERY_HEATER,
    LOAD_COMPUTE,
    LOAD_COOLANT_HEATER,
    LOAD_ESSENTIAL,
    LOAD_LASER,
    LOAD_PUMP,
    LOAD_RACK_A,
    LOAD_RACK_B,
    LOAD_RACKS,
    UVLO,
    LimiterControl,
)
from .readings import Readings, measured

__all__ = [
    "FEED",
    "LIMITERS",
    "LOAD_BATTERY_HEATER",
    "LOAD_COMPUTE",
    "LOAD_COOLANT_HEATER",
    "LOAD_ESSENTIAL",
    "LOAD_LASER",
    "LOAD_PUMP",
    "LOAD_RACKS",
    "LOAD_RACK_A",
    "LOAD_RACK_B",
    "UVLO",
    "BoardWatch",
    "LimiterControl",
    "Readings",
    "measured",
]
