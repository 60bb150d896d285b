# SPDX-License-Identifier: Apache-2.0
"""`flatsat trace`: a run's trace hash from its recording alone, against the one that its summary states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from . import usage
from .errors import RecordingError
from .run_folder import RECORDING, SUMMARY


def trace_command(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", parser=usage.path, help="A run's folder, or its recording.mcap.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")] = False,
) -> None:
    """Recompute a run's trace hash from its recording alone, and compare it with the summary's."""
    from . import recorder  # MCAP comes with it, and --help can do without

    path = run / RECORDING if run.is_dir() else run
    recomputed, cycles = recorder.trace_sha256(path)
    if not cycles:
        raise RecordingError(f"{path} holds no cycle: there is nothing to trace; fly the run again")
    planned = recorder.plan(path).get("cycles", "")
    stated = _stated_hash(path.with_name(SUMMARY))
    if as_json:
        told = {"trace_sha256": recomputed, "cycles": cycles, "summary_trace_sha256": stated}
        print(json.dumps(told | {"cycles_planned": int(planned) if planned else None}))
    else:
        says = {None: "no summary to compare with", recomputed: "equal to the summary's"}.get(
            stated, "DIFFERS from the summary's"
        )
        early = bool(planned) and cycles < int(planned)
        flown = f"the recording ends early, after {cycles:,} of {int(planned):,}" if early else f"{cycles:,}"
        print(f"{recomputed}  {flown} cycles, {says}")
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
