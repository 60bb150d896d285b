# SPDX-License-Identifier: Apache-2.0
"""Faults on the way from the pin to the ground: CADUs that are damaged, lost, doubled or out of order; when light flaps."""

from __future__ import annotations

from collections.abc import Iterable

from .channel import OpticalChannel
from .faults import Fault
from .plant.noise import Noise
from .timeline import NEVER_MS, Timeline


class LinkFaults:
    """The way from the pin to the ground. What happens to a CADU depends on the seed and its starting millisecond alone."""

    def __init__(self, faults: Iterable[Fault], seed: int, channel: OpticalChannel) -> None:
        own = [fault for fault in faults if fault.target == "link" and fault.kind != "outage"]
        self._flaps = Timeline(fault for fault in own if fault.kind == "flap")
        self._strikes = Timeline(fault for fault in own if fault.kind != "flap")
        self._channel = channel
        self._dice = Noise(seed, "link faults")
        self._behind: list[bytes] = []

    def next_edge_ms(self, time_ms: int) -> int:
        """When a flap takes the light away next, or gives it back."""
        return min((_next_turn_ms(fault, time_ms) for fault in self._flaps.at(time_ms)), default=NEVER_MS)

    def deliver(self, start_ms: int, cadu: bytes, received_power_w: float) -> list[bytes]:
        """What reaches the ground for a CADU: in an undisturbed link what the channel makes of it."""
        struck = self._strikes.at(start_ms)
        floor = max((fault.amount for fault in struck if fault.kind == "bit_errors"), default=0.0)
        octets = self._channel.receive(start_ms, cadu, received_power_w, floor)
        kinds = {fault.kind for place, fault in enumerate(struck) if self._hits(fault, start_ms, place)}
        behind, self._behind = self._behind, []
        if "reorder" in kinds and not behind:
            self._behind = [octets]
            return []
        if "lose" in kinds:
            return behind
        return [octets, *([octets] if "duplicate" in kinds else []), *behind]

    def _hits(self, fault: Fault, start_ms: int, place: int) -> bool:
        return fault.kind != "bit_errors" and self._dice.uniform(start_ms << 8 | place) <= fault.amount


def _next_turn_ms(fault: Fault, time_ms: int) -> int:
    half_ms = round(500 * fault.amount)
    return fault.at_ms + ((time_ms - fault.at_ms) // half_ms + 1) * half_ms
