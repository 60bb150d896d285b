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

    Every variable has a finite `low` and `high`: that makes any multipliers a certificate. `named` has the columns of each name;
    kinds and places say what a column or row is about and in which interval.
    """

    gain: Series
    low: Series
    high: Series
    row: Places
    column: Places
    value: Series
    limit: Series
    named: dict[str, Places]
    column_kind: tuple[str, ...]
    row_kind: tuple[str, ...]
    column_place: Places
    row_place: Places


class Rows:
    """Gathers variables and rows.

    `variables` hands out a run of columns; `at_most` adds one row for each element of its arguments.

    Attributes:
        named: the columns of each name.
        kind: what the columns and rows that come next are about.
    """

    def __init__(self) -> None:
        self._low: list[Series] = []
        self._high: list[Series] = []
        self._entries: list[tuple[Places, Places, Series]] = []
        self._limit: list[Series] = []
        self._columns = self._rows = 0
        self.named: dict[str, Places] = {}
        self._kinds: tuple[list[str], list[str]] = ([], [])
        self._places: tuple[list[Places], list[Places]] = ([], [])
        self.kind = ""

    def variables(self, name: str, count: int, low: Series | float, high: Series | float) -> Places:
        """Columns of `count` variables of this name between `low` and `high`."""
        self._note(0, np.arange(count))
        self._low.append(np.broadcast_to(np.asarray(low, float), count))
        self._high.append(np.broadcast_to(np.asarray(high, float), count))
        self._columns += count
        self.named[name] = np.arange(self._columns - count, self._columns)
        return self.named[name]

    def _note(self, which: int, places: Places) -> None:
        self._kinds[which].extend([self.kind] * len(places))
        self._places[which].append(places)

    def at_most(self, limit: Series | float, *terms: tuple[Series | float, Places]) -> Places:
        """Rows `sum of factor * column <= limit`, as many as the first term has; return their places.

        A term with fewer columns is in the first rows only.
        """
        count = len(terms[0][1])
        rows = np.arange(self._rows, self._rows + count)
        first = terms[0][1]
        self._note(1, first - self._start(first))
        for factor, columns in terms:
            values = np.broadcast_to(np.asarray(factor, float), len(columns))
            self._entries.append((rows[: len(columns)], columns, values))
        self._limit.append(np.broadcast_to(np.asarray(limit, float), count))
        self._rows += count
        return rows

    def _start(self, columns: Places) -> int:
        """The first column of the run that these belong to."""
        return int(max(run[0] for run in self.named.values() if run[0] <= columns[0])) if len(columns) else 0

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
            named=self.named,
            column_kind=tuple(self._kinds[0]),
            row_kind=tuple(self._kinds[1]),
            column_place=np.concatenate(self._places[0]),
            row_place=np.concatenate(self._places[1]),
        )
