# SPDX-License-Identifier: Apache-2.0
"""The command `flatsat`."""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from . import interrupt
from . import scenario as scenarios
from .backends.port import BACK_ENDS, Options
from .decode import decode_command
from .display import progress_bar, show_summary
from .errors import FlatsatError, RecordingError
from .summary import EXIT_CODES

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Fly satellite flight software against boards in Python or Verilog, and decode what comes down.",
)
scenarios_app = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, help="List and show scenarios."
)
app.add_typer(scenarios_app, name="scenarios")
app.command("decode")(decode_command)

errors = Console(stderr=True, highlight=False, soft_wrap=True)


BackEndName = StrEnum("BackEndName", {name: name for name in BACK_ENDS})  # type: ignore[misc]


@app.command()
def run(
    scenario: Annotated[
        str, typer.Argument(help="A built-in scenario's name, or a TOML file.")
    ] = "leo-orbit",
    backend: Annotated[BackEndName, typer.Option(help="What stands in for the boards.")] = BackEndName[
        "twin"
    ],
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, max=2**63 - 1, help="Seed of noise, channel and faults [default: the scenario's]."
        ),
    ] = None,
    duration: Annotated[
        float | None, typer.Option(metavar="S", help="Simulated seconds to fly [default: the scenario's].")
    ] = None,
    cycle: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds between decisions [default: the scenario's].")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the run [default: runs/SCENARIO-BACKEND-seedN-TIME].")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as one JSON object, nothing else.")
    ] = False,
    stimulus_on_uart: Annotated[
        bool,
        typer.Option(
            "--stimulus-on-uart",
            help="rtl: send the bench's own traffic over the UART too, as a dev board has it.",
        ),
    ] = False,
) -> None:
    """Fly a scenario and judge it.

    The run's folder gets summary.json, recording.mcap (opens in Foxglove) and downlink.cadu (for `flatsat decode`).
    Exit code: 0 pass, 1 fail, 2 error, 4 inconclusive (the run was cut short of what it should show).
    """
    from .run import Order, fly

    found = scenarios.load(scenario)
    wanted = _shaped(found, duration, cycle)
    chosen = wanted.seed if seed is None else seed
    folder = out or _fresh_folder(f"{wanted.name}-{backend}-seed{chosen}")
    order = Order(
        scenario=wanted, back_end=backend, seed=chosen, folder=folder,
        options=Options(stimulus_on_uart=stimulus_on_uart, verbose=not as_json), cut_short=wanted.duration_s < found.duration_s,
    )  # fmt: skip
    with progress_bar(f"{wanted.name} on {backend}", wanted.duration_s, quiet=as_json) as progress:
        summary = fly(order, progress)
    if as_json:
        print(json.dumps(summary))
    else:
        show_summary(summary, folder)
    raise typer.Exit(EXIT_CODES[summary["verdict"]])


@app.command()
def trace(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its recording.mcap.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
) -> None:
    """Recompute a run's trace hash from its recording, and compare it with the summary's."""
    from . import recorder

    path = run / "recording.mcap" if run.is_dir() else run
    recomputed, cycles = recorder.trace_sha256(path)
    stated = _stated_hash(path.with_name("summary.json"))
    if as_json:
        print(json.dumps({"trace_sha256": recomputed, "cycles": cycles, "summary_trace_sha256": stated}))
    else:
        says = {None: "no summary to compare with", recomputed: "equal to the summary's"}.get(
            stated, "DIFFERS from the summary's"
        )
        print(f"{recomputed}  {cycles} cycles, {says}")
    raise typer.Exit(0 if stated in (None, recomputed) else 1)


def _stated_hash(summary: Path) -> str | None:
    if not summary.exists():
        return None
    try:
        stated = json.loads(summary.read_text())["trace_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordingError(
            f"{summary} is damaged ({type(error).__name__}): move it away to trace the recording alone"
        ) from error
    return str(stated)


@scenarios_app.callback()
def scenarios_default(context: typer.Context) -> None:
    """List the built-in scenarios."""
    if context.invoked_subcommand is None:
        list_scenarios()


@scenarios_app.command("list")
def list_scenarios() -> None:
    """List the built-in scenarios."""
    for name in scenarios.builtin():
        print(f"{name:18} {scenarios.load(name).description}")


@scenarios_app.command("show")
def show_scenario(name: Annotated[str, typer.Argument(help="A built-in scenario's name.")]) -> None:
    """Print a scenario's TOML, to start one's own from."""
    print(scenarios.source(name), end="")


@scenarios_app.command("schema")
def scenario_schema() -> None:
    """Print every field of a scenario file with its type, default and meaning."""
    print(scenarios.schema())


def _shaped(scenario: scenarios.Scenario, duration: float | None, cycle: float | None) -> scenarios.Scenario:
    return replace(
        scenario,
        duration_s=scenario.duration_s if duration is None else duration,
        cycle_s=scenario.cycle_s if cycle is None else cycle,
    )


def _fresh_folder(name: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = Path("runs") / f"{name}-{stamp}"
    count = 1
    while folder.exists():
        count += 1
        folder = Path("runs") / f"{name}-{stamp}-{count}"
    return folder


def main() -> None:
    """Run the command line; every failure is one line and an exit code."""
    gc.set_threshold(100_000)  # imports and cycles leave hardly any rings of objects to search for
    interrupt.listen()
    try:
        code = app(standalone_mode=False)
    except FlatsatError as error:
        errors.print(f"flatsat: {escape(str(error))}")
        code = 2
    except Exception as error:
        code = 2
        if hasattr(error, "format_message"):  # wrong usage, as typer and click tell it
            told = error.format_message()
            errors.print(
                told if told.startswith("Usage") else f"flatsat: {told} (see flatsat --help)", markup=False
            )
        elif os.environ.get("FLATSAT_TRACEBACK"):
            raise
        else:
            errors.print(
                f"flatsat: internal error, {type(error).__name__}: {escape(str(error))} "
                "(set FLATSAT_TRACEBACK=1 and report it)"
            )
    sys.exit(code)


if __name__ == "__main__":
    main()
