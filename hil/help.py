# SPDX-License-Identifier: Apache-2.0
"""How `--help` looks: options under headings, then examples and exit codes."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

WHAT, WHERE = "What is flown", "Where it goes"


class Command(TyperCommand):
    """A command whose help lists options by their panels, in the order in which these first appear."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row is not None:
                default = "Arguments" if parameter.param_type_name == "argument" else "Options"
                panels.setdefault(getattr(parameter, "rich_help_panel", None) or default, []).append(row)
        for title, rows in panels.items():
            with formatter.section(title):
                formatter.write_dl(rows)


FLATSAT = """\b
Begin with:
  flatsat doctor                 what is missing on this machine, and its mend
  flatsat run                    one orbit on the Python twins, in seconds
  flatsat run --backend rtl      the same orbit on the boards' Verilog
  flatsat decode runs/*/downlink.cadu --format csv --out packets.csv

Every command has a --help of its own, with examples and exit codes."""

RUN = """\b
Examples:
  flatsat run                                leo-orbit on the twins
  flatsat run ci-120 --backend rtl           two minutes on the Verilog
  flatsat run ci-120 --bench emulated        on emulated boards
  flatsat run ci-120 --bench mine.toml       on boards of your own
  flatsat run --seed 7 --duration 600        ten minutes, other noise
  flatsat run mine.toml --out runs/mine      a scenario of your own
  flatsat run --publish tcp://127.0.0.1:5556 start its subscribers first
  flatsat run --json | jq .verdict           for scripts

\b
Exit codes:
  0  pass: every measurement within its limits, every fault noticed
  1  fail
  2  error: wrong usage, or the run could not go on (the summary says why)
  3  blocked: the back end cannot bring about a fault of the scenario
  4  inconclusive: --duration cut it short of what it should show"""

DECODE = """\b
Examples:
  flatsat decode runs/NAME/downlink.cadu
  flatsat decode runs/NAME/downlink.cadu --format csv --out packets.csv
  flatsat decode runs/NAME/downlink.cadu --events     what happened on board
  flatsat decode pass.cadu --why                      what was not delivered
  flatsat decode live.cadu --follow --out live.csv    until Ctrl-C
  flatsat decode tcp://127.0.0.1:5556 --events        a run while it flies
  zcat pass.bin.gz | flatsat decode - --profile snpp --json

\b
Exit codes:
  0  a frame was delivered
  1  none was
  2  wrong usage, or the input cannot be read"""

BOARDS = """\b
Examples:
  flatsat boards list mine.toml              where each is, who holds it
  flatsat boards probe mine.toml             who answers
  flatsat boards flash mine.toml power       build its image, and put it in
  flatsat boards lock mine.toml              hold them until Ctrl-C
  flatsat boards off mine.toml               take their power
  flatsat boards udev > 60-flatsat.rules     stable names for ports

\b
Exit codes:
  0  done; every board answered
  1  a board did not answer, or is held, or is in quarantine
  2  wrong usage, a bench file at fault, or a command of it that failed"""

REPORT = """\b
Examples:
  flatsat report runs/NAME                   prints runs/NAME/report.html

\b
Exit codes:
  0  written
  2  wrong usage, or the run cannot be read (what is damaged is named)"""

TRACE = """\b
Examples:
  flatsat trace runs/NAME                    a run's folder
  flatsat trace runs/NAME/recording.mcap     a recording alone

\b
Exit codes:
  0  equal, or there is no summary to compare with
  1  the hash differs from the summary's
  2  wrong usage, or the recording cannot be read or holds no cycle"""

BOUND = """\b
Examples:
  flatsat bound leo-orbit                    then `flatsat run leo-orbit` tells its share
  flatsat bound mine.toml --seed 7 --json

\b
Exit codes:
  0  told
  2  wrong usage, no solver, or limits that no controller can keep"""

STUDY = """\b
Examples:
  flatsat study                                   a day, six cases, 20 seeds: an hour
  flatsat study --seeds 1 --controllers adaptive,planner --cases leo-day
  flatsat study --out runs/study-TIME             go on with one that was stopped
  flatsat study > table.md                        Markdown

\b
Exit codes:
  0  all was flown
  1  a flight ended in an error; results.jsonl has it
  2  wrong usage, interrupted, or no bound"""

SCENARIOS = """\b
Examples:
  flatsat scenarios                               names, with what they show
  flatsat scenarios show leo-orbit > mine.toml    one to start your own from
  flatsat scenarios schema                        every field, fault and limit"""

DOCTOR = """\b
Exit codes:
  0  a run on the twins can fly (what else is missing is told)
  2  it cannot; the table says why"""
