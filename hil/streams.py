# SPDX-License-Identifier: Apache-2.0
"""Standard streams that are closed, full, or a pipe whose reader has had enough; and tables without trailing blanks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import NoReturn

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table

WIDEST = 10_000  # columns that a table may take


class Output(Console):
    """Standard output as text: nothing is marked up by itself. Lines are cut and broken nowhere; the terminal folds them."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True)

    def table(self, table: Table) -> None:
        """Print a table as wide as it is; its last column is not filled up with blanks."""
        with self.capture() as captured:
            self.print(_Whole(table))
        self.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))

    def on_broken_pipe(self) -> NoReturn:
        """Leave it to `reader_may_close`; rich would exit with 1, which is a verdict here."""
        raise


class _Whole:
    """A table that no terminal is too narrow for."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self._table, options.update(max_width=WIDEST))


def open_missing() -> None:
    """Open the standard streams that the caller has closed, or the next file would be taken for one of them."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 (open to the end)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(
            errors="surrogateescape"
        )  # a path need not be UTF-8: it goes out as it came in


@contextmanager
def reader_may_close() -> Iterator[None]:
    """End quietly what is inside when the reader of standard output has gone."""
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:  # typer makes an exit of it
        if not isinstance(error, BrokenPipeError) and not isinstance(error.__context__, BrokenPipeError):
            raise
        silence()


def silence() -> None:
    """Let nothing more out: Python would flush once again on its end, and fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
