# SPDX-License-Identifier: Apache-2.0
"""What the plant knows and sensors only measure: its state, the limits it broke, where its energy went."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Any

from .array import STRINGS
from .battery import PACKS
from .loads import NODES

LOADS = 8


@dataclass(slots=True, kw_only=True)
class PlantTruth:
    """The plant at one board time. The same object is brought up to date by every step."""

    time_ms: int = 0
    sunlight: float = 0.0
    """Share of full sunlight, 0 to 1."""
    array_w: float = 0.0
    shunt_w: float = 0.0
    load_w: float = 0.0
    """What all loads get; what they ask for beyond it is `brown_out_w`."""
    brown_out_w: float = 0.0
    battery_w: float = 0.0
    """At the bus, positive while charging."""
    bus_voltage_v: float = 0.0
    bus_current_a: float = 0.0
    string_current_a: list[float] = field(default_factory=lambda: [0.0] * STRINGS)
    load_current_a: list[float] = field(default_factory=lambda: [0.0] * LOADS)
    state_of_charge: float = 0.0
    battery_voltage_v: float = 0.0
    battery_current_a: float = 0.0
    battery_k: float = 0.0
    """Mean of the packs; `pack_k` has each."""
    pack_current_a: list[float] = field(default_factory=lambda: [0.0] * PACKS)
    """Into each pack."""
    pack_spread_v: list[float] = field(default_factory=lambda: [0.0] * PACKS)
    """Between the highest and the lowest cell of each pack."""
    pack_k: list[float] = field(default_factory=lambda: [0.0] * PACKS)
    radiator_k: float = 0.0
    coolant_k: float = 0.0
    junction_k: list[float] = field(default_factory=lambda: [0.0] * NODES)
    laser_k: float = 0.0
    received_power_w: float = 0.0
    pointing_error_rad: float = 0.0
    corrected: int = 0
    uncorrected: int = 0
    """Memory errors since the start."""
    delivered: float = 0.0
    """Results sent or still held, in seconds of all 16 nodes at the top clock step: all work less `lost_s`."""
    backlog_s: float = 0.0
    """Results that wait for the laser link, in the same unit."""
    lost_s: float = 0.0
    """Work whose results found no room."""

    @property
    def in_eclipse(self) -> bool:
        """Less than full sunlight."""
        return self.sunlight < 1.0

    @property
    def max_k(self) -> float:
        """The hottest junction, or the radiator."""
        return max(self.radiator_k, max(self.junction_k))

    def as_dict(self) -> dict[str, Any]:
        """A copy of everything, for JSON."""
        values = {name: getattr(self, name) for name in self.__slots__}
        for name in LISTS:
            values[name] = values[name][:]
        values["in_eclipse"] = self.in_eclipse
        return values

    def as_json(self) -> bytes:
        """`as_dict` as JSON with seven significant digits: for a recording, where `json` would take most of a cycle."""
        return _AS_JSON % (*_NUMBERS(self), *chain.from_iterable(_LISTED(self)))


def _json_template(truth: PlantTruth) -> bytes:
    """A format with a place for every number of `truth`, those in lists last."""

    def place(value: object) -> str:
        if isinstance(value, list):
            return f"[{','.join(map(place, value))}]"
        return "%d" if isinstance(value, int) else "%.7g"

    names = (*_NUMBER_NAMES, *LISTS)
    return ("{" + ",".join(f'"{name}":{place(getattr(truth, name))}' for name in names) + "}").encode()


LISTS = ("string_current_a", "load_current_a", "pack_current_a", "pack_spread_v", "pack_k", "junction_k")
_NUMBER_NAMES = [name for name in PlantTruth.__slots__ if name not in LISTS]
_NUMBERS = attrgetter(*_NUMBER_NAMES)
_LISTED = attrgetter(*LISTS)
_AS_JSON = _json_template(PlantTruth())


@dataclass(slots=True, kw_only=True)
class Violations:
    """Limits broken and extremes reached, judged on the truth after every step."""

    min_state_of_charge: float
    max_k: float
    min_coolant_k: float
    min_bus_v: float
    max_bus_v: float
    floor: int = 0
    """How often the state of charge fell below the floor."""
    floor_s: float = 0.0
    thermal: int = 0
    """How often the hottest junction or the radiator rose above the limit."""
    thermal_s: float = 0.0
    discharge: int = 0
    """How often loads asked for more than the battery may give beside the array."""
    discharge_s: float = 0.0
    below_floor: bool = False
    too_hot: bool = False
    overdrawn: bool = False

    def judge(self, truth: PlantTruth, floor: float, limit_k: float, overdrawn: bool, dt_s: float) -> None:
        """Count a step of `dt_s` that ended in this state."""
        state_of_charge, max_k, bus_v = truth.state_of_charge, truth.max_k, truth.bus_voltage_v
        if state_of_charge < self.min_state_of_charge:
            self.min_state_of_charge = state_of_charge
        if max_k > self.max_k:
            self.max_k = max_k
        if truth.coolant_k < self.min_coolant_k:
            self.min_coolant_k = truth.coolant_k
        if bus_v < self.min_bus_v:
            self.min_bus_v = bus_v
        if bus_v > self.max_bus_v:
            self.max_bus_v = bus_v
        below_floor, too_hot = state_of_charge < floor, max_k > limit_k
        if below_floor:
            self.floor += not self.below_floor
            self.floor_s += dt_s
        if too_hot:
            self.thermal += not self.too_hot
            self.thermal_s += dt_s
        if overdrawn:
            self.discharge += not self.overdrawn
            self.discharge_s += dt_s
        self.below_floor, self.too_hot, self.overdrawn = below_floor, too_hot, overdrawn


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Where the electrical energy came from and went since the start, in joules at the bus.

    `array_j + discharged_j = loads_j + charged_j + shunted_j`, and what is stored in the battery changes by
    `charged_j - discharged_j - converter_j - battery_loss_j - faded_j`.
    """

    array_j: float = 0.0
    loads_j: float = 0.0
    charged_j: float = 0.0
    discharged_j: float = 0.0
    shunted_j: float = 0.0
    brown_out_j: float = 0.0
    """Asked for by loads and not served."""
    converter_j: float = 0.0
    battery_loss_j: float = 0.0
    faded_j: float = 0.0
    """Stored energy that went with capacity; what comes back with it counts against it."""
    spared_j: float = 0.0
    """Not taken by loads that are always on, because they were off or in a brown-out."""
    compute_j: float = 0.0
    """The part of `loads_j` that went into the nodes."""

    @property
    def bus_closure_j(self) -> float:
        """What the bus account is out by: zero but for rounding."""
        return self.array_j + self.discharged_j - self.loads_j - self.charged_j - self.shunted_j

    @property
    def stored_j(self) -> float:
        """By how much what is stored in the battery should have changed."""
        return self.charged_j - self.discharged_j - self.converter_j - self.battery_loss_j - self.faded_j

    def as_dict(self) -> dict[str, float]:
        """A copy of everything, for JSON."""
        return asdict(self)
