# SPDX-License-Identifier: Apache-2.0
"""What a study has flown, one line of JSON each, written as it comes: a study that was killed goes on where it stood."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ..errors import RecordingError
from .cell import Cell, Row

NAME = "results.jsonl"


class Results:
    """The file `results.jsonl` of a study's folder.

    Attributes:
        rows: what was flown without an error, by cell.
    """

    def __init__(self, folder: Path) -> None:
        """Read what is there; lines that are no result, as a kill leaves them, do not count.

        Raises:
            RecordingError: the folder cannot be made, or the file not be read.
        """
        self._path = folder / NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = self._path.read_text() if self._path.exists() else ""
        except OSError as error:
            raise self._error(error) from error
        self.rows = dict(found for found in map(_parsed, text.splitlines()) if found)
        self._whole = not text or text.endswith("\n")

    def missing(self, cells: Iterable[Cell]) -> list[Cell]:
        """The cells that are still to be flown."""
        return [cell for cell in cells if cell not in self.rows]

    def append(self, cell: Cell, row: Row) -> None:
        """Write a result down.

        Raises:
            RecordingError: it cannot be written.
        """
        line = json.dumps(cell._asdict() | row) + "\n"
        try:
            with self._path.open("a") as file:
                file.write(line if self._whole else f"\n{line}")
        except OSError as error:
            raise self._error(error) from error
        self._whole = True
        self.rows[cell] = row

    def _error(self, error: OSError) -> RecordingError:
        return RecordingError(f"cannot keep {self._path}: {error.strerror}; choose another folder with --out")


def _parsed(line: str) -> tuple[Cell, Row] | None:
    try:
        row = json.loads(line)
        cell = Cell(**{name: row.pop(name) for name in Cell._fields})
        return None if "error" in row else (cell, row)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
