# SPDX-License-Identifier: Apache-2.0
"""Columns of numbers over time in bounded memory: rows while they are few, then bins with each column's extremes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

POINTS = 6000
"""Most points of a line: so many rows, or half as many bins of two points each."""

_CHUNK_ROWS = 4096

Floats = NDArray[np.float64]


class _Bins(NamedTuple):
    """Bins of rows: times of the first and last row, extremes by column, and whether the least came first."""

    first_s: Floats
    last_s: Floats
    low: Floats
    high: Floats
    rising: NDArray[np.bool_]


class Envelope:
    """Takes rows as they come; NaN stands for no value.

    Args:
        columns: names of the columns, in the order of the rows' values.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.rows = 0
        self.rows_per_bin = 1
        self._times_s: list[float] = []
        self._values: list[Sequence[float]] = []
        self._done: list[_Bins] = []

    def add(self, time_s: float, values: Sequence[float]) -> None:
        """Append a row; times must not decrease."""
        self._times_s.append(time_s)
        self._values.append(values)
        self.rows += 1
        if len(self._times_s) >= max(_CHUNK_ROWS, self.rows_per_bin):
            self._reduce()

    def times_s(self) -> Floats:
        """Times of the points of `line`."""
        bins = self._bins()
        if self.rows_per_bin == 1:
            return bins.first_s
        return np.stack([bins.first_s, bins.last_s], axis=1).ravel()

    def line(self, column: str) -> Floats:
        """A column's points: the rows, or each bin's extremes in the order in which they came."""
        bins, index = self._bins(), self.columns.index(column)
        low, high, rising = bins.low[:, index], bins.high[:, index], bins.rising[:, index]
        if self.rows_per_bin == 1:
            return low
        return np.stack([np.where(rising, low, high), np.where(rising, high, low)], axis=1).ravel()

    def ends_s(self) -> Floats:
        """Times at which the bins of `highest` end."""
        return self._bins().last_s

    def highest(self, columns: Sequence[str]) -> Floats:
        """The greatest value of each bin, one row a column."""
        places = [self.columns.index(column) for column in columns]
        return self._bins().high[:, places].T

    def extremes(self, column: str) -> tuple[float, float]:
        """Least and greatest value of a column; NaN where it has none."""
        bins, index = self._bins(), self.columns.index(column)
        low, high = bins.low[:, index], bins.high[:, index]
        low, high = low[~np.isnan(low)], high[~np.isnan(high)]
        return (float(low.min()), float(high.max())) if len(low) else (float("nan"), float("nan"))

    def _bins(self) -> _Bins:
        self._reduce()
        if not self._done:
            none = np.empty((0, len(self.columns)))
            return _Bins(np.empty(0), np.empty(0), none, none, none.astype(bool))
        if len(self._done) > 1:
            self._done = [_joined(self._done)]
        return self._done[0]

    def _reduce(self) -> None:
        """Turn the rows at hand into bins, and halve the number of bins while there are too many."""
        if not self._times_s:
            return
        times = np.array(self._times_s)
        values = np.array(self._values, dtype=float)
        self._times_s, self._values = [], []
        self._done.append(_merged(_Bins(times, times, values, values, values == values), self.rows_per_bin))
        while sum(len(bins.first_s) for bins in self._done) * min(self.rows_per_bin, 2) > POINTS:
            # two rows a bin have as many points as rows alone have
            factor = 4 if self.rows_per_bin == 1 else 2
            self._done = [_merged(_joined(self._done), factor)]
            self.rows_per_bin *= factor


def _joined(parts: Sequence[_Bins]) -> _Bins:
    return _Bins(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _merged(bins: _Bins, count: int) -> _Bins:
    """Bins of `count` bins each; the last one may be shorter."""
    if count == 1:
        return bins
    starts = np.arange(0, len(bins.first_s), count)
    ends = np.append(starts[1:], len(bins.first_s)) - 1
    low = np.fmin.reduceat(bins.low, starts, axis=0)
    high = np.fmax.reduceat(bins.high, starts, axis=0)
    owner = np.repeat(np.arange(len(starts)), ends - starts + 1)
    place = np.arange(len(owner))[:, None]
    # within one former bin, `rising` says which of its two extremes came first
    low_at = np.where(bins.low == low[owner], 2 * place + ~bins.rising, 2 * len(owner))
    high_at = np.where(bins.high == high[owner], 2 * place + bins.rising, 2 * len(owner))
    rising = np.minimum.reduceat(low_at, starts, axis=0) <= np.minimum.reduceat(high_at, starts, axis=0)
    return _Bins(bins.first_s[starts], bins.last_s[ends], low, high, rising)
