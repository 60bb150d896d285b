# SPDX-License-Identifier: Apache-2.0
"""The battery's two packs: cells that differ, a pack that carries nothing, is hot or heats up by itself; when charge must stop.

A pack that is dangerous is switched off for as long as the other one is sound; both are never off. One pack carries half the
power, and limits are halved with it.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from itertools import islice

from ..events import EventSink
from ..parameters import FlightParameters
from .alarm import SETTABLE, Alarm
from .quarantine import Thing, tell_given_up
from .readings import Readings

PACKS = 2
ALL_PACKS = 0b11
SPREAD_SAMPLES, HOT_SAMPLES, CLEAR_SAMPLES = 5, 5, 20
INHIBIT_SAMPLES, PERMIT_SAMPLES = 3, 10
SHARE_A = 8.0  # of both packs, from which on each is expected to carry some
OPEN_A, CARRYING_A = (
    0.3,
    1.0,
)  # packs that differ after a fault pass through 0 as they even out, but do not stay there
ALIKE_K_MIN = 0.5  # packs that heat up alike do so because of their current
RATE_S = 60.0  # over which a rate is measured
AVERAGED = 10  # samples at either end
CALM_MS = 300_000  # after a pack that heats up by itself was switched off


class Trouble(IntEnum):
    """What can be wrong with a pack; the values are those of telemetry."""

    SPREAD = 0
    SPREAD_LARGE = 1
    OPEN = 2
    WARM = 3
    HOT = 4
    RUNAWAY = 5


# Looked up in its class, a member costs several times a name here.
SPREAD, SPREAD_LARGE, OPEN, WARM, HOT, RUNAWAY = TROUBLES = tuple(Trouble)
ISOLATED_FOR = (SPREAD_LARGE, HOT, RUNAWAY)


class PackWatch:
    """Which packs are connected, and whether they may be charged.

    Attributes:
        enable: mask of the packs that are to be connected.
        usable: how many of them carry current.
        charge: whether the battery may be charged.
        runaway: whether a pack heats up by itself: racks are to be shed.
    """

    __slots__ = (
        "_alarms",
        "_inhibit",
        "_isolated_ms",
        "_parameters",
        "_rates",
        "charge",
        "enable",
        "runaway",
        "usable",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._alarms = [[Alarm(SETTABLE, CLEAR_SAMPLES) for _ in TROUBLES] for _ in range(PACKS)]
        self._rates = [Rate() for _ in range(PACKS)]
        self._inhibit = Alarm(INHIBIT_SAMPLES, PERMIT_SAMPLES)
        self._isolated_ms = 0
        self.enable = ALL_PACKS
        self.usable = PACKS
        self.charge = True
        self.runaway = False

    def clear_retries(self) -> None:
        """Connect what was switched off, on the ground's word."""
        self.enable = ALL_PACKS

    def observe(self, now_ms: int, now: Readings, sensed: tuple[bool, bool], events: EventSink) -> None:
        """Take in readings.

        Args:
            sensed: whether each pack's temperature sensor is trusted; the battery's stands in.
        """
        packs_k = [now.packs_k[pack] if sensed[pack] else now.battery_k for pack in range(PACKS)]
        rates = [rate.follow(now_ms, kelvins) for rate, kelvins in zip(self._rates, packs_k, strict=True)]
        for pack in range(PACKS):
            apart = rates[pack] - rates[1 - pack] if all(sensed) else 0.0
            self._judge(now_ms, pack, now, packs_k[pack], (rates[pack], apart), events)
        heating = [pack for pack, alarms in enumerate(self._alarms) if alarms[RUNAWAY].active]
        fresh = now_ms - self._isolated_ms < CALM_MS
        self.runaway = any(fresh or self.enable >> pack & 1 for pack in heating)
        self._decide_charge(now_ms, packs_k, events)
        open_ = sum(alarms[OPEN].active for alarms in self._alarms)
        self.usable = max(self.enable.bit_count() - open_, 1)

    def _judge(
        self,
        now_ms: int,
        pack: int,
        now: Readings,
        kelvins: float,
        rates: tuple[float, float],
        events: EventSink,
    ) -> None:
        limits, alarms = self._parameters, self._alarms[pack]
        spread_v = now.packs_spread_v[pack]
        least_v = limits.spread_warn_v - (limits.spread_hysteresis_v if alarms[SPREAD].active else 0.0)
        cooler_k = limits.pack_hysteresis_k
        warm_k = limits.pack_warn_k - (cooler_k if alarms[WARM].active else 0.0)
        hot_k = limits.pack_isolate_k - (cooler_k if alarms[HOT].active else 0.0)
        fast = limits.pack_rate_k_min / (2.0 if alarms[RUNAWAY].active else 1.0)
        found = (
            spread_v > least_v,
            spread_v > limits.spread_isolate_v,
            self._is_open(pack, now),
            kelvins > warm_k,
            kelvins > hot_k,
            rates[0] > fast and rates[1] > ALIKE_K_MIN,
        )
        samples = (
            SPREAD_SAMPLES,
            SPREAD_SAMPLES,
            limits.pack_open_samples,
            HOT_SAMPLES,
            HOT_SAMPLES,
            limits.pack_runaway_samples,
        )
        for trouble, alarm, present, begin in zip(TROUBLES, alarms, found, samples, strict=True):
            if alarm.follow(present, begin):
                self._tell(now_ms, pack, trouble, events)

    def _is_open(self, pack: int, now: Readings) -> bool:
        """Whether the other pack carries it all; while little flows it stays what it was."""
        was = self._alarms[pack][OPEN].active
        if not self.enable >> pack & 1:
            return False
        amperes = abs(sum(now.packs_a))
        if amperes < SHARE_A or self.enable != ALL_PACKS:
            return was
        return abs(now.packs_a[pack]) < (CARRYING_A if was else OPEN_A)

    def _tell(self, now_ms: int, pack: int, trouble: Trouble, events: EventSink) -> None:
        active = self._alarms[pack][trouble].active
        events.raise_event("PACK_SUSPECT" if active else "PACK_SOUND", now_ms, pack, trouble)
        if active and trouble in ISOLATED_FOR and self._may_isolate(pack):
            self.enable &= ~(1 << pack)
            self._isolated_ms = now_ms
            events.raise_event("PACK_ISOLATED", now_ms, pack, trouble)
            tell_given_up(True, now_ms, Thing.PACK, pack, events)

    def _may_isolate(self, pack: int) -> bool:
        """Only while the other one carries."""
        other = 1 - pack
        return self.enable == ALL_PACKS and not self._alarms[other][OPEN].active

    def _decide_charge(self, now_ms: int, packs_k: list[float], events: EventSink) -> None:
        limits = self._parameters
        within_k = limits.charge_hysteresis_k if self._inhibit.active else 0.0
        connected = [kelvins for pack, kelvins in enumerate(packs_k) if self.enable >> pack & 1]
        coldest_k, hottest_k = min(connected), max(connected)
        bad = coldest_k < limits.charge_least_k + within_k or hottest_k > limits.charge_most_k - within_k
        if self._inhibit.follow(bad):
            kelvins = coldest_k if coldest_k < limits.charge_least_k + within_k else hottest_k
            events.raise_event("CHARGE_INHIBITED", now_ms, self._inhibit.active, round(kelvins * 100))
        self.charge = not (self._inhibit.active or self.runaway)


class Rate:
    """How fast a temperature rises, in kelvins a minute: the ends of a window, averaged."""

    __slots__ = ("_kelvins", "_times_ms")

    def __init__(self) -> None:
        self._times_ms: deque[int] = deque()
        self._kelvins: deque[float] = deque()

    def follow(self, now_ms: int, kelvins: float) -> float:
        """Take a sample in; 0 until the window is full."""
        times_ms, warmth_k = self._times_ms, self._kelvins
        times_ms.append(now_ms)
        warmth_k.append(kelvins)
        while len(times_ms) > 2 * AVERAGED and now_ms - times_ms[1] >= RATE_S * 1000:
            times_ms.popleft()
            warmth_k.popleft()
        if len(times_ms) < 2 * AVERAGED or now_ms - times_ms[0] < RATE_S * 900:
            return 0.0
        elapsed_ms = sum(islice(reversed(times_ms), AVERAGED)) - sum(islice(times_ms, AVERAGED))
        risen_k = sum(islice(reversed(warmth_k), AVERAGED)) - sum(islice(warmth_k, AVERAGED))
        return risen_k / elapsed_ms * 60_000.0 if elapsed_ms else 0.0
