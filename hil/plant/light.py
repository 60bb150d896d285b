# SPDX-License-Identifier: Apache-2.0
"""The relay's light on the laser terminal: pointing jitter through a Gaussian beam, handovers and outages.

Relays hand the terminal over at regular times, with a gap each; outages come and go with exponential intervals, seeded; the
scenario's faults add theirs. All of it is worked out once for the whole run, so that any time can be asked for by bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from math import exp, hypot, log
from typing import TYPE_CHECKING

from .noise import GAUSSIAN, Noise

if TYPE_CHECKING:
    from ..faults import Fault
    from ..scenario import Link, Scenario

ACQUIRE, TRACK = 1, 2
COARSE_POINTING = 4.0
"""How much larger the jitter is while the terminal does not follow the light.

It follows from the start of an acquisition: the seconds until TRACK are the handshake with the relay, so that
frames never leave on the light of a terminal that still searches.
"""

Interval = tuple[int, int]
"""Half-open, in board milliseconds."""


class Light:
    """Received power and pointing error as functions of time.

    Args:
        dark_ms: intervals without light, in order and apart from each other.
    """

    __slots__ = ("_beam_rad", "_edges_ms", "_jitter_rad", "_noise", "_power_w")

    def __init__(
        self,
        *,
        received_power_w: float,
        jitter_rad: float,
        beam_rad: float,
        dark_ms: Iterable[Interval],
        seed: int,
    ) -> None:
        self._power_w = received_power_w
        self._jitter_rad = jitter_rad
        self._beam_rad = beam_rad
        self._edges_ms = [edge for interval in dark_ms for edge in interval]
        self._noise = Noise(seed, "light")

    def at(self, time_ms: int, laser_state: int) -> tuple[float, float]:
        """Received power in watts and pointing error in radians; darkness leaves the pointing alone."""
        octets = self._noise.octets(time_ms)
        following = laser_state in (ACQUIRE, TRACK)
        jitter_rad = self._jitter_rad if following else COARSE_POINTING * self._jitter_rad
        error_rad = jitter_rad * hypot(GAUSSIAN[octets[0]], GAUSSIAN[octets[1]])
        if bisect_right(self._edges_ms, time_ms) & 1:
            return 0.0, error_rad
        offset = error_rad / self._beam_rad
        return self._power_w * exp(-2 * offset * offset), error_rad

    def lit_ms(self, from_ms: int, to_ms: int) -> int:
        """For how long there is light between two times."""
        edges_ms = self._edges_ms
        first = bisect_right(edges_ms, from_ms)
        if first == len(edges_ms) or edges_ms[first] >= to_ms:
            return 0 if first & 1 else to_ms - from_ms
        marks_ms = [from_ms, *edges_ms[first : bisect_right(edges_ms, to_ms, first)], to_ms]
        return sum(marks_ms[i + 1] - marks_ms[i] for i in range(first & 1, len(marks_ms) - 1, 2))


def light_of(scenario: Scenario, seed: int) -> Light:
    """The light of a whole run."""
    link = scenario.link
    faults = ((fault.at_ms, fault.until_ms) for fault in scenario.faults if fault.name == "link outage")
    flaps = (
        dark
        for fault in scenario.faults
        if fault.name == "link flap"
        for dark in _flaps(fault, scenario.duration_ms)
    )
    dark_ms = [
        *faults,
        *flaps,
        *_handovers(link, scenario.duration_ms),
        *_outages(link, scenario.duration_ms, seed),
    ]
    return Light(
        received_power_w=link.received_power_w,
        jitter_rad=link.pointing_jitter_rad,
        beam_rad=link.beam_rad,
        dark_ms=apart(dark_ms),
        seed=seed,
    )


def apart(intervals: Iterable[Interval]) -> list[Interval]:
    """The union of intervals, in order and apart from each other."""
    found: list[Interval] = []
    for at_ms, until_ms in sorted(intervals):
        if found and at_ms <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until_ms))
        else:
            found.append((at_ms, until_ms))
    return found


def _flaps(fault: Fault, duration_ms: int) -> Iterator[Interval]:
    """Half of each period, the first."""
    until_ms, half_ms = min(fault.until_ms, duration_ms), round(500 * fault.amount)
    for at_ms in range(fault.at_ms, until_ms, 2 * half_ms):
        yield at_ms, min(at_ms + half_ms, until_ms)


def _handovers(link: Link, duration_ms: int) -> Iterator[Interval]:
    """The gap of the n-th handover begins n intervals after the start of the run."""
    every_ms, gap_ms = round(1000 * link.handover_every_s), round(1000 * link.handover_gap_s)
    if every_ms and gap_ms:
        for at_ms in range(every_ms, duration_ms, every_ms):
            yield at_ms, at_ms + gap_ms


def _outages(link: Link, duration_ms: int, seed: int) -> Iterator[Interval]:
    """Exponential times from the end of an outage to the next, and exponential lengths."""
    if link.outage_every_s == 0.0 or link.outage_mean_s == 0.0:
        return
    noise, draw, end_s = Noise(seed, "outages"), 0, 0.0
    while True:
        start_s = end_s - log(noise.uniform(draw)) * link.outage_every_s
        end_s = start_s - log(noise.uniform(draw + 1)) * link.outage_mean_s
        draw += 2
        start_ms, end_ms = round(1000 * start_s), round(1000 * end_s)
        if start_ms >= duration_ms:
            return
        if end_ms > start_ms:
            yield start_ms, end_ms
