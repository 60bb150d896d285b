# SPDX-License-Identifier: Apache-2.0
"""Flies a scenario and leaves a run's folder behind: recording, downlink and summary."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from .backends.port import BackEnd, Options, open_back_end
from .bench import Bench
from .downlink import Downlink
from .errors import FlatsatError, RecordingError
from .interrupt import held
from .measurements import judge_faults, measure
from .plant import Plant
from .recorder import Recorder
from .scenario import Scenario
from .summary import ERROR, SCHEMA, overall, write

Progress = Callable[[float], None]  # simulated seconds done


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be flown; `cut_short` says that the scenario is meant to last longer."""

    scenario: Scenario
    back_end: str
    seed: int
    folder: Path
    options: Options
    cut_short: bool = False


def fly(order: Order, progress: Progress) -> dict[str, Any]:
    """Fly and return the summary, which is also in the run's folder.

    Raises:
        FlatsatError: it could not start; once it flies, an error is in the summary with verdict `error`.
    """
    folder = _prepared(order.folder)
    back_end = open_back_end(order.back_end, order.options)
    try:
        return _fly_on(order, folder, back_end, progress)
    finally:
        back_end.close()


def _fly_on(order: Order, folder: Path, back_end: BackEnd, progress: Progress) -> dict[str, Any]:
    scenario = order.scenario
    bench = Bench(scenario, order.seed, back_end)
    failure: str | None = None
    flown = 0
    with Downlink(folder / "downlink.cadu") as downlink:
        started = time.perf_counter()
        try:
            with Recorder(folder / "recording.mcap") as recorder:
                for result in bench.cycles(scenario.duration_ms // scenario.cycle_ms):
                    downlink.append(result.pin, result.received)
                    with held():
                        records = bench.trace.take()
                        recorder.write(result.number, bench.now_ms, records, bench.status())
                        bench.trace.count(records)
                        flown += 1
                    progress(bench.now_ms / 1000)
        except FlatsatError as error:
            failure = str(error)
        wall_s = time.perf_counter() - started
        decoded = downlink.finish()
    simulated_s = flown * scenario.cycle_s
    summary = {
        "schema": SCHEMA,
        "scenario": scenario.name,
        "backend": back_end.name,
        "seed": order.seed,
        "verdict": ERROR,
        "simulated_s": simulated_s,
        "wall_s": round(wall_s, 3),
        "real_time_factor": round(simulated_s / wall_s, 1),
        "cycles": flown,
        "cycles_missed": bench.overruns,
        "trace_sha256": bench.trace.sha256(),
        "versions": {**versions(), **back_end.versions()},
        "images": dict(back_end.images()),
        "downlink": decoded.as_dict(held=bench.frames_held),
        **_physics(scenario, bench.plant),
    }
    cut_short = order.cut_short or failure is not None
    measurements = measure(scenario, summary, cut_short=cut_short)
    faults = judge_faults(scenario, decoded.events, bench.stops, simulated_s, cut_short=cut_short)
    summary["measurements"] = [measurement.as_dict() for measurement in measurements]
    summary["faults"] = faults
    if failure:
        summary["error"] = failure
    else:
        summary["verdict"] = overall(
            [m.verdict for m in measurements] + [fault["verdict"] for fault in faults if fault["verdict"]]
        )
    try:
        write(folder / "summary.json", summary)
    except RecordingError as error:
        summary |= {"verdict": ERROR, "error": failure or str(error)}
    return summary


def _physics(scenario: Scenario, plant: Plant) -> dict[str, Any]:
    """The parts of the summary that are judged on the plant's truth, not on sensors."""
    violations = plant.violations
    return {
        "battery": {
            "min_state_of_charge": violations.min_state_of_charge,
            "floor": scenario.satellite.floor,
            "floor_violations": violations.floor,
        },
        "thermal": {
            "max_k": violations.max_k,
            "limit_k": scenario.satellite.limit_k,
            "violations": violations.thermal,
        },
        "compute": {"delivered": plant.truth.delivered, "bound": None, "fraction_of_bound": None},
    }


def versions() -> dict[str, str]:
    """Name the software that a result depends on."""
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in ("flatsat", "numpy", "numba")},
    }


def _prepared(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(
            f"cannot make {folder}: {error.strerror}; choose another folder with --out"
        ) from error
    if (folder / "recording.mcap").exists():
        raise RecordingError(f"{folder} already holds a run: choose another folder with --out")
    return folder
