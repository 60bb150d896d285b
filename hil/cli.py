# SPDX-License-Identifier: Apache-2.0
"""The command `flatsat`."""

from __future__ import annotations

import gc
import json
import os
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from enum import StrEnum
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import help as helping
from . import interrupt, kernel_cache, streams, usage
from . import scenario as scenarios
from .backends.port import BACK_ENDS, SIMULATORS, Options
from .boards_command import boards_app
from .bound.command import bound_command
from .decode import decode_command
from .display import progress_bar, show_summary
from .errors import Blocked, FlatsatError
from .study.command import study_command
from .summary import BLOCKED, EXIT_CODES, SCHEMA
from .trace_command import trace_command

if TYPE_CHECKING:
    from .live import Publisher
    from .run import Order

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Fly satellite flight software against boards in Python, in Verilog or on a bench, and decode what comes down.",
    epilog=helping.FLATSAT,
)
scenarios_app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="List and show scenarios.",
    epilog=helping.SCENARIOS,
)

BackEndName = StrEnum("BackEndName", {name: name for name in BACK_ENDS})  # type: ignore[misc]
SimulatorName = StrEnum("SimulatorName", {name: name for name in SIMULATORS})  # type: ignore[misc]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"flatsat {metadata.version('flatsat')}")
        raise typer.Exit


@app.callback()
def flatsat(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Fly satellite flight software against boards in Python, in Verilog or on a bench, and decode what comes down."""


@app.command(cls=helping.Command, epilog=helping.RUN)
def run(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO", parser=usage.given, help="A built-in scenario's name, or a TOML file."
        ),
    ] = "leo-orbit",
    backend: Annotated[
        BackEndName | None,
        typer.Option(
            metavar="|".join(BACK_ENDS),
            help="The boards: Python twins, their Verilog in a simulator, its gates, or boards on serial lines "
            "[default: twin, with --bench serial].",
            rich_help_panel=helping.WHAT,
        ),
    ] = None,
    bench: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            parser=usage.given,
            help="serial: where the boards are, a TOML file or the name of a bench that comes with flatsat.",
            rich_help_panel=helping.WHAT,
        ),
    ] = None,
    sim: Annotated[
        SimulatorName | None,
        typer.Option(
            metavar="|".join(SIMULATORS),
            help="rtl: what simulates the Verilog [default: verilator where it can be built].",
            rich_help_panel=helping.WHAT,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            parser=usage.whole_number(0, 2**63 - 1),
            help="Seed of noise, channel and faults [default: the scenario's].",
            rich_help_panel=helping.WHAT,
        ),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            parser=usage.seconds,
            help="Simulated seconds to fly, at most a year [default: the scenario's].",
            rich_help_panel=helping.WHAT,
        ),
    ] = None,
    cycle: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            parser=usage.seconds,
            help="Seconds between decisions [default: the scenario's].",
            rich_help_panel=helping.WHAT,
        ),
    ] = None,
    stimulus_on_uart: Annotated[
        bool,
        typer.Option(
            "--stimulus-on-uart",
            help="rtl: send the bench's own traffic over the UART too, as a dev board has it.",
            rich_help_panel=helping.WHAT,
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            parser=usage.path,
            help="Folder for the run [default: runs/SCENARIO-BACKEND-seedN-TIME].",
            rich_help_panel=helping.WHERE,
        ),
    ] = None,
    publish: Annotated[
        str | None,
        typer.Option(
            metavar="ENDPOINT",
            help="Publish the downlink while it comes, for `flatsat decode ENDPOINT` or any ZeroMQ subscriber: "
            "tcp://127.0.0.1:PORT (0: one that is free) or ipc://PATH.",
            rich_help_panel=helping.WHERE,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print the summary as one JSON object, nothing else.",
            rich_help_panel=helping.WHERE,
        ),
    ] = False,
) -> None:
    """Fly a scenario and judge it.

    The run's folder gets report.html, summary.json, recording.mcap (opens in Foxglove) and downlink.cadu (for
    `flatsat decode`).
    Ctrl-C ends a run early; what was flown is kept and summed up.
    """
    from .run import Order, fly

    found = scenarios.load(scenario)
    wanted = _shaped(found, duration, cycle)
    chosen = wanted.seed if seed is None else seed
    back_end = str(backend or ("serial" if bench else "twin"))
    order = Order(
        scenario=wanted, back_end=back_end, seed=chosen, folder=out,
        options=Options(stimulus_on_uart=stimulus_on_uart, verbose=not as_json, simulator=sim, bench=bench),
        loaded=found,
    )  # fmt: skip
    with (
        _publisher(publish) as publisher,
        progress_bar(f"{wanted.name} on {back_end}", wanted.duration_s, quiet=as_json) as progress,
    ):
        try:
            folder, summary = fly(order, progress, publisher)
        except Blocked as error:
            _show_blocked(order, str(error), as_json=as_json)
            raise typer.Exit(EXIT_CODES[BLOCKED]) from None
    _write_report(folder)
    with streams.reader_may_close():
        if as_json:
            print(json.dumps(summary))
        else:
            show_summary(summary, folder)
    raise typer.Exit(EXIT_CODES[summary["verdict"]])


def _show_blocked(order: Order, told: str, *, as_json: bool) -> None:
    """Nothing was flown: one line, or the summary that says no more."""
    if as_json:
        named = {"scenario": order.scenario.name, "backend": order.back_end, "seed": order.seed}
        print(json.dumps({"schema": SCHEMA, **named, "verdict": BLOCKED, "error": told}))
    else:
        typer.echo(f"flatsat: {told}", err=True)


def _publisher(endpoint: str | None) -> AbstractContextManager[Publisher | None]:
    if endpoint is None:
        return nullcontext()
    from .live import Publisher  # zmq comes with it

    return Publisher(endpoint, lambda line: typer.echo(f"flatsat: {line}", err=True))


def _write_report(folder: Path) -> None:
    """A report that cannot be made is told, and changes no verdict."""
    from . import report

    try:
        report.write(folder)
    except Exception as error:  # noqa: BLE001 - the run has been judged and recorded
        told = str(error) if isinstance(error, FlatsatError) else f"{type(error).__name__}: {error}"
        mend = f"the run is kept; `flatsat report {folder}` tries again"
        typer.echo(f"flatsat: no {report.NAME}: {told}; {mend}", err=True)


@app.command(
    name="report", cls=helping.Command, epilog=helping.REPORT, short_help="Make a run's report.html again."
)
def make_report(
    run: Annotated[Path, typer.Argument(metavar="RUN", parser=usage.path, help="A run's folder.")],
) -> None:
    """Make report.html in a run's folder again, also for a run that was killed, and print its path."""
    from . import report

    print(report.write(run, lambda line: typer.echo(f"flatsat: {line}", err=True)))


@app.command(
    cls=helping.Command, epilog=helping.DOCTOR, short_help="Look for what is missing on this machine."
)
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
) -> None:
    """Look for what runs need on this machine: packages, simulators, room, ports. What is missing comes with its mend."""
    from .doctor import plain

    raise typer.Exit(plain.main(as_json=as_json))


app.command("decode", cls=helping.Command, epilog=helping.DECODE)(decode_command)
app.command(
    "trace",
    cls=helping.Command,
    epilog=helping.TRACE,
    short_help="Recompute a run's trace hash from its recording.",
)(trace_command)
app.command(
    "bound",
    cls=helping.Command,
    epilog=helping.BOUND,
    short_help="The most work that any controller could deliver.",
)(bound_command)
app.command(
    "study",
    cls=helping.Command,
    epilog=helping.STUDY,
    short_help="Compare controllers over cases and seeds.",
)(study_command)
app.add_typer(scenarios_app, name="scenarios")
app.add_typer(boards_app, name="boards")


@scenarios_app.callback()
def scenarios_default(context: typer.Context) -> None:
    """List the built-in scenarios."""
    if context.invoked_subcommand is None:
        list_scenarios()


@scenarios_app.command("list")
def list_scenarios() -> None:
    """List the built-in scenarios."""
    for folder, group in groupby(scenarios.builtin(), lambda name: name.rpartition("/")[0]):
        names = list(group)
        width = max(map(len, names))
        if folder:
            print(f"\n{folder}:")
        for name in names:
            print(f"{name:{width}}  {scenarios.load(name).description}")


@scenarios_app.command("show")
def show_scenario(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A built-in scenario's name.")],
) -> None:
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


def main() -> None:
    """Run the command line; every failure is one line and an exit code."""
    gc.set_threshold(100_000)  # imports and cycles leave hardly any rings of objects to search for
    streams.open_missing()
    interrupt.listen()
    sys.exit(_outcome())


def _outcome() -> int:
    try:
        code: int = 0
        kernel_cache.provide()
        with streams.reader_may_close():
            code = app(prog_name="flatsat", standalone_mode=False) or 0
    except FlatsatError as error:
        return _failed(f"flatsat: {error}")
    except OSError as error:
        with suppress(OSError):  # it may be standard output that is full
            streams.silence()
        return _failed(f"flatsat: {error.filename or 'cannot write the output'}: {error.strerror}")
    except Exception as error:
        if hasattr(error, "format_message"):
            return _failed(usage.told(error))
        if os.environ.get("FLATSAT_TRACEBACK"):
            raise
        return _failed(
            f"flatsat: internal error, {type(error).__name__}: {error} (set FLATSAT_TRACEBACK=1 and report it)"
        )
    return code


def _failed(told: str) -> int:
    with suppress(OSError):  # nobody listens
        print(told, file=sys.stderr, flush=True)
    return 2


if __name__ == "__main__":
    main()
