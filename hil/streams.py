# SPDX-License-Identifier: Apache-2.0
"""Standard streams that are closed, full, or a pipe whose reader has had enough; and tables without trailing blanks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console
from rich.table import Table


class Output(Console):
    """Standard output as text: nothing is marked up by itself, lines are cut nowhere."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True)

    def table(self, table: Table) -> None:
        """Print a table; its last column is not filled up with blanks."""
        with self.capture() as captured:
            self.print(table)
        self.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))

    def on_broken_pipe(self) -> NoReturn:
        """Leave it to `reader_may_close`; rich would exit with 1, which is a verdict here."""
        raise


def open_missing() -> None:
    """Open the standard streams that the caller has closed, or the next file would be taken for one of them."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 (open to the end)


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
