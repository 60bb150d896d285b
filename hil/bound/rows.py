# SPDX-License-Identifier: Apache-2.0
"""A sparse linear program in the making: maximise gain x under A x <= limit and low <= x <= high, by blocks of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearProgram:
    """Maximise `gain @ x`; entry i of A has its place in `row[i]`, `column[i]` and its value in `value[i]`.

    Every variable has a finite `low` and `high`: that makes any multipliers a certificate.
    """

    gain: Series
    low: Series
    high: Series
    row: Places
    column: Places
    value: Series
    limit: Series


class Rows:
    """Gathers variables and rows.

    `variables` hands out a run of columns; `at_most` adds one row for each element of its arguments.
    """

    def __init__(self) -> None:
        self._low: list[Series] = []
        self._high: list[Series] = []
        self._entries: list[tuple[Places, Places, Series]] = []
        self._limit: list[Series] = []
        self._columns = self._rows = 0

    def variables(self, count: int, low: Series | float, high: Series | float) -> Places:
        """Columns of `count` variables between `low` and `high`."""
        self._low.append(np.broadcast_to(np.asarray(low, float), count))
        self._high.append(np.broadcast_to(np.asarray(high, float), count))
        self._columns += count
        return np.arange(self._columns - count, self._columns)

    def at_most(self, limit: Series | float, *terms: tuple[Series | float, Places]) -> Places:
        """Rows `sum of factor * column <= limit`, as many as the first term has; return their places.

        A term with fewer columns is in the first rows only.
        """
        count = len(terms[0][1])
        rows = np.arange(self._rows, self._rows + count)
        for factor, columns in terms:
            values = np.broadcast_to(np.asarray(factor, float), len(columns))
            self._entries.append((rows[: len(columns)], columns, values))
        self._limit.append(np.broadcast_to(np.asarray(limit, float), count))
        self._rows += count
        return rows

    def program(self, gain: dict[int, float]) -> LinearProgram:
        """The whole; `gain` by column."""
        gains = np.zeros(self._columns)
        gains[list(gain)] = list(gain.values())
        row, column, value = (np.concatenate(parts) for parts in zip(*self._entries, strict=True))
        return LinearProgram(
            gain=gains,
            low=np.concatenate(self._low),
            high=np.concatenate(self._high),
            row=row,
            column=column,
            value=value,
            limit=np.concatenate(self._limit),
        )
