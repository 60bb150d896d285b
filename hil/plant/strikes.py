# SPDX-License-Identifier: Apache-2.0
"""What faults of the physics strike at a time; the models ask, nothing else in the plant knows of faults.

A fault acts from its first millisecond until just before its last. What strikes is worked out anew at the edges alone, so that a
quiet time costs a comparison. `hil/physics_faults.py` lists the faults.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import cos, inf, pi
from typing import TYPE_CHECKING

from .noise import Noise

if TYPE_CHECKING:
    from ..faults import Fault

HALF_OSCILLATION_MS = 1000
HALF_SURGE_MS = 1000
FLICKER_MS = (2_000, 10_000)
"""A flicker's period is drawn from between these."""


@dataclass(slots=True, kw_only=True)
class Struck:
    """Everything that strikes at a time. Masks have one bit for each string, pack, load or node."""

    array_share: float = 1.0
    array_stuck_ms: int | None = None
    """Since when the array's drive stands still."""
    strings_open: int = 0
    oscillations: tuple[tuple[int, float, int], ...] = ()
    """String, depth and beginning of each."""
    eclipse: bool = False
    flickers: tuple[tuple[float, float, int], ...] = ()
    """Depth, period in milliseconds and beginning of each."""
    overvoltage: bool = False
    capacity_share: float = 1.0
    resistance: float = 1.0
    runaway_w: float = 0.0
    overcharge: bool = False
    cells_shorted: int = 0
    packs_open: int = 0
    shorted: int = 0
    stuck_on: int = 0
    stuck_off: int = 0
    latchup_w: tuple[tuple[int, float], ...] = ()
    """Node and power of each."""
    inrush: tuple[tuple[int, float], ...] = ()
    """Node and factor of each."""
    surges: tuple[tuple[float, int], ...] = ()
    """Share and beginning of each."""
    pump_stopped: bool = False
    emissivity_share: float = 1.0
    absorbed: float = 1.0

    def fed(self, lcl_on: int) -> int:
        """The loads that are fed while these limiters are on."""
        return (lcl_on | self.stuck_on) & ~self.stuck_off

    def sunlight(self, sunlight: float, time_ms: int) -> float:
        """What is left of the sunlight."""
        if self.eclipse:
            return 0.0
        for depth, period_ms, at_ms in self.flickers:
            sunlight *= 1 - depth * (1 - cos(2 * pi * (time_ms - at_ms) / period_ms)) / 2
        return sunlight

    def strings_w(self, strings_w: list[float], time_ms: int, period_s: float) -> list[float]:
        """What is left of the strings' powers on an orbit of this period."""
        gain = self.array_share
        if self.array_stuck_ms is not None:
            turned = 2 * pi * (time_ms - self.array_stuck_ms) / (1000 * period_s)
            gain *= max(0.0, cos(turned))
        left_w = [gain * p for p in strings_w]
        for string, depth, at_ms in self.oscillations:
            if (time_ms - at_ms) // HALF_OSCILLATION_MS & 1:
                left_w[string] *= 1 - depth
        return left_w

    def surge(self, time_ms: int) -> float:
        """The share of their dynamic power that all nodes leave out now."""
        low = (share for share, at_ms in self.surges if (time_ms - at_ms) // HALF_SURGE_MS & 1)
        return max(low, default=0.0)


QUIET = Struck()
"""Nothing strikes."""


class Strikes:
    """What strikes as a function of time; quick as long as the answer stays the same."""

    __slots__ = ("_edges_ms", "_faults", "_from_ms", "_seed", "_struck", "_until_ms")

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._faults = [fault for fault in faults if _parted(fault)[::2] in _FIELDS]
        self._edges_ms = sorted({edge for fault in self._faults for edge in (fault.at_ms, fault.until_ms)})
        self._seed = seed
        self._struck = QUIET
        self._from_ms, self._until_ms = 0.0, 0.0

    def at(self, time_ms: int) -> Struck:
        """What strikes: the same object between two edges, `QUIET` when nothing does."""
        if not self._from_ms <= time_ms < self._until_ms:
            after = bisect_right(self._edges_ms, time_ms)
            self._from_ms = self._edges_ms[after - 1] if after else -inf
            self._until_ms = self._edges_ms[after] if after < len(self._edges_ms) else inf
            active = [fault for fault in self._faults if fault.at_ms <= time_ms < fault.until_ms]
            self._struck = Struck() if active else QUIET
            for fault in active:
                _strike(self._struck, fault, self._seed)
        return self._struck


def _strike(struck: Struck, fault: Fault, seed: int) -> None:
    stem, number, kind = _parted(fault)
    name = _FIELDS[stem, kind]
    before, value = getattr(struck, name), fault.value if fault.value is not None else 0.0
    after: object
    if (stem, kind) in _LISTED:
        after = (*before, _LISTED[stem, kind](number, value, fault.at_ms, seed))
    elif isinstance(before, bool):
        after = True
    elif isinstance(before, int):
        after = before | 1 << number
    elif name == "array_stuck_ms":
        after = fault.at_ms
    elif name == "runaway_w":
        after = before + value
    else:
        after = before * value
    setattr(struck, name, after)


def _parted(fault: Fault) -> tuple[str, int, str]:
    """The target's word and number, and the kind."""
    stem = fault.target.rstrip("0123456789")
    return stem, int(fault.target[len(stem) :] or 0), fault.kind


def _flicker(number: int, depth: float, at_ms: int, seed: int) -> tuple[float, float, int]:
    low_ms, high_ms = FLICKER_MS
    return depth, low_ms + (high_ms - low_ms) * Noise(seed, "flicker").uniform(at_ms), at_ms


_LISTED: dict[tuple[str, str], Callable[[int, float, int, int], tuple[float, ...]]] = {
    ("string", "oscillate"): lambda number, depth, at_ms, seed: (number, depth, at_ms),
    ("sun", "flicker"): _flicker,
    ("node", "latchup"): lambda number, power_w, at_ms, seed: (number, power_w),
    ("node", "inrush"): lambda number, factor, at_ms, seed: (number, factor),
    ("racks", "surge"): lambda number, share, at_ms, seed: (share, at_ms),
}

_FIELDS = {
    ("array", "stuck"): "array_stuck_ms",
    ("array", "degrade"): "array_share",
    ("string", "open"): "strings_open",
    ("string", "oscillate"): "oscillations",
    ("sun", "eclipse"): "eclipse",
    ("sun", "flicker"): "flickers",
    ("bus", "overvoltage"): "overvoltage",
    ("battery", "fade"): "capacity_share",
    ("battery", "resistance"): "resistance",
    ("battery", "runaway"): "runaway_w",
    ("battery", "overcharge"): "overcharge",
    ("pack", "cell_short"): "cells_shorted",
    ("pack", "open"): "packs_open",
    ("load", "short"): "shorted",
    ("load", "stuck_on"): "stuck_on",
    ("load", "stuck_off"): "stuck_off",
    ("node", "latchup"): "latchup_w",
    ("node", "inrush"): "inrush",
    ("racks", "surge"): "surges",
    ("pump", "stop"): "pump_stopped",
    ("radiator", "fade"): "emissivity_share",
    ("radiator", "flux"): "absorbed",
}
"""Where in `Struck` a target's kind acts."""
