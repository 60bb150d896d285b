# SPDX-License-Identifier: Apache-2.0
"""Which faults strike as board time goes on; between two edges of a scenario asking costs nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

NEVER_MS = 2**62
"""The end of what has none."""


class Strike(Protocol):
    """What strikes from `at_ms` until just before `until_ms`."""

    @property
    def at_ms(self) -> int: ...
    @property
    def until_ms(self) -> int: ...


Struck = TypeVar("Struck", bound=Strike)


class Timeline(Generic[Struck]):
    """Follows time, which never goes back, through faults in the order in which they begin."""

    __slots__ = ("_active", "_faults", "_next", "_next_edge_ms")

    def __init__(self, faults: Iterable[Struck]) -> None:
        self._faults = sorted(faults, key=lambda fault: fault.at_ms)
        self._next = 0
        self._active: tuple[Struck, ...] = ()
        self._next_edge_ms = self._faults[0].at_ms if self._faults else NEVER_MS

    def at(self, time_ms: int) -> tuple[Struck, ...]:
        """The faults that strike at a board millisecond: the same object as before unless an edge has come."""
        if time_ms >= self._next_edge_ms:
            self._turn(time_ms)
        return self._active

    def _turn(self, time_ms: int) -> None:
        begun = bisect_right(self._faults, time_ms, self._next, key=lambda fault: fault.at_ms)
        candidates = (*self._active, *self._faults[self._next : begun])
        self._next = begun
        self._active = tuple(fault for fault in candidates if time_ms < fault.until_ms)
        edges = [fault.until_ms for fault in self._active]
        if begun < len(self._faults):
            edges.append(self._faults[begun].at_ms)
        self._next_edge_ms = min(edges, default=NEVER_MS)


class Moments(Generic[Struck]):
    """Faults that strike once, each handed out when its time has come."""

    __slots__ = ("_faults", "_next", "_next_ms")

    def __init__(self, faults: Iterable[Struck]) -> None:
        self._faults = sorted(faults, key=lambda fault: fault.at_ms)
        self._next = 0
        self._next_ms = self._faults[0].at_ms if self._faults else NEVER_MS

    def due(self, time_ms: int) -> list[Struck]:
        """Those not handed out before that strike by a board millisecond."""
        if time_ms < self._next_ms:
            return []
        begun = bisect_right(self._faults, time_ms, self._next, key=lambda fault: fault.at_ms)
        due = self._faults[self._next : begun]
        self._next = begun
        self._next_ms = self._faults[begun].at_ms if begun < len(self._faults) else NEVER_MS
        return due
