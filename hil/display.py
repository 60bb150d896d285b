# SPDX-License-Identifier: Apache-2.0
"""What a run shows on a terminal: a progress bar on standard error, and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from .streams import Output
from .summary import FAIL, INCONCLUSIVE

REPORT = "report.html"
_COLOURS = {"pass": "green", "fail": "red", "error": "red", "inconclusive": "yellow"}


@contextmanager
def progress_bar(title: str, total_s: float, *, quiet: bool) -> Iterator[Callable[[float], None]]:
    """Give a function that shows simulated seconds done; silent where nobody looks."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda done_s: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} s"),
        TextColumn("{task.fields[factor]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console, transient=True)
    task = progress.add_task(title, total=total_s, factor="")
    started = 0.0

    def advance(done_s: float) -> None:
        nonlocal started
        now = progress.get_time()
        if not started:  # not before: until the boards are there, the terminal is the simulator's
            started = now
            progress.start()
            progress.reset(task)
        factor = f"{done_s / (now - started):,.0f} x real time" if now - started > 0.5 else ""
        progress.update(task, completed=done_s, factor=factor)

    try:
        yield advance
    finally:
        with suppress(OSError):  # the terminal may have gone
            progress.stop()


def show_summary(summary: dict[str, Any], folder: Path) -> None:
    """Print verdict, measurements and where the run's folder is."""
    console = Output()
    verdict = summary["verdict"]
    console.print(
        f"[bold {_COLOURS[verdict]}]{verdict.upper()}[/]  {summary['scenario']} on {summary['backend']}, "
        f"seed {summary['seed']}: {summary['simulated_s']:,.0f} s flown in {summary['wall_s']:,.1f} s "
        f"({summary['real_time_factor']:,.0f} times real time)"
    )
    if "error" in summary:
        console.print(f"error: {summary['error']}", markup=False)
    table = Table(box=None, pad_edge=False)
    for heading, justify in (
        ("measurement", "left"),
        ("value", "right"),
        ("unit", "left"),
        ("limits", "left"),
        ("", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for row in summary["measurements"]:
        table.add_row(
            row["name"], _number(row["value"]), row["unit"], _limits(row["low"], row["high"]),
            f"[{_COLOURS[row['verdict']]}]{row['verdict']}[/]",
        )  # fmt: skip
    if summary["measurements"]:
        console.table(table)
    for fault in summary["faults"]:
        verdict = fault["verdict"]
        told = f"[{_COLOURS[verdict]}]{verdict}[/]" if verdict else "not judged: it expects nothing"
        why = f", {fault['reason']}" if fault["reason"] else ""
        console.print(
            f"fault {fault['name']} at {fault['at_s']:g} s{_told('detected', fault['detected_s'])}"
            f"{_told('responded', fault['responded_s'])}{_told('recovered', fault['recovered_s'])}{why}  {told}"
        )
    _show_telecommands(console, summary["telecommands"])
    compute = summary["compute"]
    if compute["bound"] is not None:
        console.print(f"bound  {compute['bound']:,.2f} s, delivered {compute['fraction_of_bound']:.2%} of it")
    console.print(f"trace  {summary['trace_sha256']}")
    console.print(f"folder {folder}", markup=False)
    if (folder / REPORT).exists():
        console.print(f"report {folder / REPORT}", markup=False)


def _show_telecommands(console: Console, telecommands: Sequence[dict[str, Any]]) -> None:
    """One line for all, one for each that ended otherwise than expected."""
    counts = Counter(telecommand["verdict"] for telecommand in telecommands)
    if telecommands:
        told = ", ".join(f"{count} [{_COLOURS[verdict]}]{verdict}[/]" for verdict, count in counts.items())
        console.print(f"telecommands {len(telecommands)}: {told}")
    for telecommand in telecommands:
        if telecommand["verdict"] == INCONCLUSIVE:
            console.print(
                f"telecommand {telecommand['name']}{_told('sent', telecommand['sent_s'])}, {telecommand['reason']}"
                f"  [{_COLOURS[INCONCLUSIVE]}]{INCONCLUSIVE}[/]"
            )
        if telecommand["verdict"] != FAIL:
            continue
        heard = telecommand["failure"] or (
            "completed" if telecommand["completed_s"] is not None else "no end reported"
        )
        console.print(
            f"telecommand {telecommand['name']}{_told('sent', telecommand['sent_s'])}, "
            f"expected {telecommand['expect']}, heard {heard}  [{_COLOURS[FAIL]}]{FAIL}[/]"
        )


def _told(what: str, seconds: float | None) -> str:
    return "" if seconds is None else f", {what} at {seconds:g} s"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"


def _limits(low: float | None, high: float | None) -> str:
    if low is not None and low == high:
        return f"= {low:g}"
    parts = ([f">= {low:g}"] if low is not None else []) + ([f"<= {high:g}"] if high is not None else [])
    return " and ".join(parts)
