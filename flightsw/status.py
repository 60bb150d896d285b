# SPDX-License-Identifier: Apache-2.0
"""A snapshot of flight software, for whoever watches it and for its own housekeeping report."""

from __future__ import annotations

from typing import NamedTuple

from .laser import LinkState
from .modes import Level, Mode


class FlightStatus(NamedTuple):
    """What flight software thinks, for whoever watches it; nothing on board decides by it."""

    cycle: int
    mode: Mode
    level: Level
    link: LinkState
    in_sun: bool
    state_of_charge: float
    array_w: float
    budget_w: float
    nodes_commanded: int
    nodes_on: int
    frames_queued: int
    frames_dropped: int
    frames_built: int
    packets_built: int
    events_raised: int
    missed_replies: int
    refused_writes: int
