# SPDX-License-Identifier: Apache-2.0
"""What a controller is given each cycle, and what it gives back."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Energy(NamedTuple):
    """The satellite's energy now, and for how long day or night will last: estimates, not readings."""

    state_of_charge: float
    array_w: float
    array_soon_w: float  # where it will be when a command given now has acted
    bus_w: float  # everything but the racks
    in_sun: bool
    remaining_s: float  # until the next terminator
    rack_w: float = 0.0
    night_s: float = 2136.0  # how long a night is
    full_w: float = 110_000.0  # array, warm and in full light
    boost: float = 0.0  # share of that which cold cells give more now
    capacity_wh: float = 25_000.0
    battery_ohm: float = 0.15
    deviation: float = 0.0  # standard deviation of the state of charge
    night_unsure_s: float = 0.0  # how late the next sunrise may be
    array_least_w: float | None = None  # the least that it may be by then
    battery_share: float = 1.0  # of the packs that carry current: the converter's limits are theirs
    flickers: bool = False  # the light has fallen within the last minute


class NodeCounts(NamedTuple):
    """How many nodes are on, are booting, may run at all (those that run included), and are past their least time on."""

    on: int
    booting: int
    usable: int
    mature: int

    @property
    def running(self) -> int:
        """Nodes that draw power."""
        return self.on + self.booting


class Situation(NamedTuple):
    """All that a plan is made from.

    Attributes:
        node_w: the most that one node may turn into heat.
        backlog_s: results that wait for the link, in seconds of all nodes at full rate.
        link_up: whether results leave now.
        level: of the ladder, 0 is normal.
    """

    now_ms: int
    energy: Energy
    node_w: float
    nodes: NodeCounts
    backlog_s: float = 0.0
    link_up: bool = True
    level: int = 0


class Plan(NamedTuple):
    """What the racks are to draw, what they must never pass, and how many nodes are to be enabled."""

    compute_w: float
    ceiling_w: float
    nodes: int


NOTHING = Plan(0.0, 0.0, 0)


class Controller(Protocol):
    """Plans once a cycle; it may keep state, and takes estimates as they are."""

    def plan(self, situation: Situation) -> Plan:
        """What the racks are to do until the next cycle."""
