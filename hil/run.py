# SPDX-License-Identifier: Apache-2.0
"""Flies a scenario and leaves a run's folder behind: recording, downlink and summary."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from flatsat.flightsw.parameters import FlightParameters

from . import scenario_toml
from .backends.port import BackEnd, Options, open_back_end
from .bench import Bench
from .bound import share
from .bound.flown import Flown
from .downlink import Downlink
from .errors import Blocked, FlatsatError, RecordingError
from .fault_verdicts import judge_faults
from .interrupt import held, unheard
from .measurements import measure
from .plant import Plant
from .recorder import Recorder
from .reports import Reports
from .run_folder import (
    DOWNLINK,
    OCTETS_PER_CYCLE,
    OCTETS_PER_S,
    RECORDING,
    RUNS,
    SUMMARY,
    claimed,
    examine,
    reserve,
)
from .scenario import Scenario
from .summary import ERROR, SCHEMA, energy, overall, write
from .verification import Courses

Progress = Callable[[float], None]  # simulated seconds done


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be flown.

    Without a `folder` the run gets a new one under `runs/`.

    Attributes:
        loaded: the scenario as it was written, where it is to be flown for another time or in other cycles.
    """

    scenario: Scenario
    back_end: str
    seed: int
    folder: Path | None
    options: Options
    loaded: Scenario | None = None

    @property
    def cut_short(self) -> bool:
        """Whether the scenario is meant to last longer."""
        return self.loaded is not None and self.scenario.duration_s < self.loaded.duration_s

    @property
    def title(self) -> str:
        """What the run's own folder is called, but for the time."""
        return f"{self.scenario.name}-{self.back_end}-seed{self.seed}"

    @property
    def cycles(self) -> int:
        """How many cycles are to be flown."""
        return self.scenario.duration_ms // self.scenario.cycle_ms

    @property
    def octets(self) -> int:
        """What the run leaves on disk, at least."""
        return OCTETS_PER_CYCLE * self.cycles + OCTETS_PER_S * round(self.scenario.duration_s)


class Listeners(Protocol):
    """Who takes the downlink while it comes: live.py."""

    def wait(self) -> None:
        """Give them a moment to be there."""

    def publish(self, cadus: Sequence[bytes]) -> None:
        """Hand over a cycle's CADUs as the channel delivered them, without waiting."""

    def close(self) -> None:
        """No more comes."""


class Flight(NamedTuple):
    """What was flown, not yet judged; `failure` says why it ended early."""

    bench: Bench
    downlink: Downlink
    courses: Courses
    cycles: int
    wall_s: float
    failure: str
    flown: Flown


def fly(order: Order, progress: Progress, listeners: Listeners | None = None) -> tuple[Path, dict[str, Any]]:
    """Fly and return the run's folder and the summary, which is also in that folder.

    Raises:
        Blocked: a fault of the scenario is beyond the back end.
        FlatsatError: it could not start; once it flies, an error is in the summary with verdict `error`.
    """
    examine(order.folder or RUNS, order.octets)
    back_end = open_back_end(order.back_end, order.options)
    try:
        _refuse_beyond(back_end, order.scenario)
        if listeners:
            listeners.wait()
        with claimed(order.folder, order.title) as folder, reserve(folder) as room:
            flight = _flown(order, folder, back_end, progress, listeners)
            with unheard():
                room.close()  # for the summary
                if listeners:
                    listeners.close()
                return folder, _judged(order, folder, back_end, flight)
    finally:
        back_end.close()


def _refuse_beyond(back_end: BackEnd, scenario: Scenario) -> None:
    beyond = back_end.cannot()
    for fault in scenario.faults:
        if fault.name in beyond:
            raise Blocked(
                f"blocked: fault {fault.name} at {fault.at_s:g} s is beyond back end {back_end.name}; "
                "fly it on another one, or leave the fault out"
            )


def _flown(
    order: Order, folder: Path, back_end: BackEnd, progress: Progress, listeners: Listeners | None
) -> Flight:
    bench = Bench(order.scenario, order.seed, back_end)
    failure, flown = "", 0
    courses = Courses(bench.uplink)
    reports = Reports(bench.uplink.epoch_tai_ms, courses, bench.watch.raised)
    collected = Flown(order.scenario)
    with Downlink(folder / DOWNLINK, reports) as downlink:
        started = time.perf_counter()
        try:
            with Recorder(folder / RECORDING, _told(order, back_end)) as recorder:
                for result in bench.cycles(order.cycles):
                    with held():
                        downlink.append(result.pin, result.received)
                        records = bench.trace.take()
                        recorder.write(result.number, bench.now_ms, records, bench.status())
                        bench.trace.count(records)
                        flown += 1
                        bench.tell(collected)
                        if listeners:
                            listeners.publish(result.received)
                    progress(bench.now_ms / 1000)
        except FlatsatError as error:
            failure = str(error)
    return Flight(bench, downlink, courses, flown, time.perf_counter() - started, failure, collected)


def _judged(order: Order, folder: Path, back_end: BackEnd, flight: Flight) -> dict[str, Any]:
    scenario, bench, failure = order.scenario, flight.bench, flight.failure
    decoded = flight.downlink.finish()
    simulated_s = flight.cycles * scenario.cycle_s
    summary = {
        "schema": SCHEMA,
        "scenario": scenario.name,
        "backend": back_end.name,
        "seed": order.seed,
        "verdict": ERROR,
        "simulated_s": simulated_s,
        "wall_s": round(flight.wall_s, 3),
        "real_time_factor": round(simulated_s / flight.wall_s, 1),
        "cycles": flight.cycles,
        "cycles_missed": bench.overruns,
        "trace_sha256": bench.trace.sha256(),
        "versions": {**versions(), **back_end.versions()},
        "images": dict(back_end.images()),
        "downlink": decoded.as_dict(held=bench.frames_held),
        **_physics(replace(scenario, seed=order.seed), bench.plant, simulated_s, flight.flown),
        "ladder": {"deepest": bench.steadiness.deepest, "changes": bench.steadiness.changes},
    }
    summary["compute"]["boots"] = bench.steadiness.boots
    cut_short = order.cut_short or bool(failure)
    heard = decoded.reports
    telecommands = flight.courses.judged(bench.now_ms, scenario.cycle_ms, cut_short=cut_short)
    summary["downlink"]["reports_unmatched"] = flight.courses.unmatched
    measurements = measure(scenario, summary, cut_short=cut_short)
    faults = judge_faults(bench.watch.courses, simulated_s, cut_short=cut_short)
    summary["measurements"] = [measurement.as_dict() for measurement in measurements]
    summary["faults"] = faults
    summary["telecommands"] = telecommands
    summary["check_transitions"] = [transition.as_dict() for transition in heard.transitions]
    if failure:
        summary["error"] = failure
    else:
        summary["verdict"] = overall(
            [measurement.verdict for measurement in measurements]
            + [row["verdict"] for row in (*faults, *telecommands) if row["verdict"]]
        )
    try:
        write(folder / SUMMARY, summary)
    except RecordingError as error:
        summary |= {"verdict": ERROR, "error": failure or str(error)}
    return summary


def _told(order: Order, back_end: BackEnd) -> dict[str, str]:
    """What the recording says of the run, for readers of one that has no summary: the scenario as it was written, and with
    what it was flown."""
    scenario, options = order.scenario, order.options
    return {
        "scenario": scenario_toml.dumps(order.loaded or scenario),
        "backend": back_end.name,
        "simulator": options.simulator or "",
        "bench": options.bench or "",
        "stimulus_on_uart": str(int(options.stimulus_on_uart)),
        "seed": str(order.seed),
        "duration_s": f"{scenario.duration_s:.12g}",
        "cycle_s": f"{scenario.cycle_s:.12g}",
        "cycles": str(order.cycles),
        "epoch_tai_ms": str(FlightParameters().epoch_tai_ms),
        "versions": json.dumps(versions()),
        "images": json.dumps(dict(back_end.images())),
    }


def _physics(scenario: Scenario, plant: Plant, flown_s: float, flown: Flown) -> dict[str, Any]:
    """The parts of the summary that are judged on the plant's truth, not on sensors."""
    violations = plant.violations
    booked = energy(plant.ledger, plant.battery.energy_j - plant.battery.initial_j)
    return {
        "bus": {"min_v": violations.min_bus_v, "max_v": violations.max_bus_v},
        "battery": {
            "min_state_of_charge": violations.min_state_of_charge,
            "floor": scenario.satellite.floor,
            "floor_violations": violations.floor,
            "discharge_violations": violations.discharge,
        },
        "thermal": {
            "max_k": violations.max_k,
            "min_coolant_k": violations.min_coolant_k,
            "limit_k": scenario.satellite.limit_k,
            "violations": violations.thermal,
        },
        "compute": share.compute(
            plant.truth.delivered,
            scenario,
            flown_s=flown_s,
            energy=booked,
            violations=violations.floor + violations.thermal,
            flown=flown,
        ),
        "energy": booked,
    }


def versions() -> dict[str, str]:
    """Name the software that a result depends on."""
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in ("flatsat", "numpy", "numba")},
    }
