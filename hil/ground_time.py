# SPDX-License-Identifier: Apache-2.0
"""TAI of a run's times as the ground knows it: what was loaded before launch, then what its `time_set` telecommands have set."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flatsat.flightsw import onboard_time

from .telecommand import COMPLETED, Request, Telecommand


class Moment(NamedTuple):
    """When a telecommand acts: not before `at_ms`, and then in the order of sending."""

    at_ms: int
    order: int


class Correction(NamedTuple):
    """From `since` on the satellite goes by another TAI at board time 0."""

    since: Moment
    epoch_tai_ms: int


class GroundTime:
    """Corrections of the on-board time that a scenario's telecommands bring, all of which are taken to succeed.

    Args:
        telecommands: in order of time.
        loaded_tai_ms: TAI at board time 0, as loaded before launch.
    """

    def __init__(self, telecommands: Sequence[Telecommand], loaded_tai_ms: int) -> None:
        self._corrections = sorted(
            correction
            for order, telecommand in enumerate(telecommands)
            for correction in _corrections(telecommand, Moment(telecommand.at_ms, order), loaded_tai_ms)
        )
        self._loaded_tai_ms = loaded_tai_ms

    def epoch_tai_ms(self, moment: Moment) -> int:
        """TAI at board time 0 by which the satellite goes when a telecommand acts."""
        known = bisect_left(self._corrections, moment, key=_since)
        return self._corrections[known - 1].epoch_tai_ms if known else self._loaded_tai_ms

    def first_correction(self, after: Moment, until_ms: int) -> Correction | None:
        """The first correction after a telecommand has acted, `until_ms` included."""
        place = bisect_right(self._corrections, after, key=_since)
        later = self._corrections[place : place + 1]
        return later[0] if later and later[0].since.at_ms <= until_ms else None


def _since(correction: Correction) -> Moment:
    return correction.since


def _corrections(request: Request, moment: Moment, loaded_tai_ms: int) -> Iterator[Correction]:
    if request.expect != COMPLETED:
        return
    if request.name == "time_set":
        board_ms, seconds, fraction = (
            int(str(request.arguments[name])) for name in ("board_ms", "seconds", "fraction")
        )
        epoch_ms = onboard_time.epoch_tai_ms(board_ms, seconds, fraction, moment.at_ms)
        if onboard_time.is_possible(epoch_ms, moment.at_ms):
            yield Correction(moment, epoch_ms)
    for nested, release_ms in zip(request.nested, request.released_ms(loaded_tai_ms), strict=True):
        yield from _corrections(nested, Moment(release_ms, -1), loaded_tai_ms)
