# SPDX-License-Identifier: Apache-2.0
"""`make bench`: how fast flatsat is, as tables of medians and ratios. Nothing here is a test; nothing here asserts a time.

Whole commands are timed from outside, as a user would; ratios compare with a peer or a physical limit in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flatsat.flightsw.control.choice import CONTROLLERS
from flatsat.flightsw.control.energy import EnergyEstimate
from flatsat.flightsw.executive import FlightSoftware
from flatsat.hil import recorder, scenario
from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.bench import Bench
from flatsat.hil.study.workers import answers
from flatsat.rtl_sim import bare
from rich.console import Console
from rich.table import Table

from . import fuzz, year
from .hil import fault_pairs

console = Console(soft_wrap=True, highlight=False)


def orbit(back_end: str, scripts: Path | None = None) -> dict[str, Any]:
    """Fly leo-orbit in a process of its own.

    Returns:
        the summary, with the whole command's wall time as `command_s` and the hash recomputed from its recording.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "flatsat.hil.cli",
            "run",
            "leo-orbit",
            "--backend",
            back_end,
            "--seed",
            "1",
        ]
        environment = {**os.environ, **({"FLATSAT_SCRIPTS": str(scripts)} if scripts else {})}
        started = time.perf_counter()
        done = subprocess.run(
            [*command, "--out", f"{folder}/run", "--json"], capture_output=True, text=True, env=environment
        )
        command_s = time.perf_counter() - started
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
        recomputed, _ = recorder.trace_sha256(Path(folder, "run/recording.mcap"))
    return {**json.loads(done.stdout), "command_s": command_s, "recomputed": recomputed}


def orbits(repeats: int) -> None:
    """Full orbits on each back end, the bare simulator over the same clocks, and whether all hashes agree."""
    orbit("rtl")  # builds the simulator and warms every cache
    table = Table(
        "leo-orbit, 5,739 s", "verdict", "loop s", "x real time", "whole command s", "x real time", box=None
    )
    flown = {back_end: [orbit(back_end) for _ in range(repeats)] for back_end in ("twin", "rtl")}
    for back_end, runs in flown.items():
        simulated_s = runs[0]["simulated_s"]
        loop_s = statistics.median(run["wall_s"] for run in runs)
        command_s = statistics.median(run["command_s"] for run in runs)
        verdict = " ".join(sorted({run["verdict"] for run in runs}))
        factors = f"{simulated_s / loop_s:,.0f}", f"{simulated_s / command_s:,.0f}"
        table.add_row(back_end, verdict, f"{loop_s:.2f}", factors[0], f"{command_s:.2f}", factors[1])
    with tempfile.TemporaryDirectory() as folder:
        scripts = Path(folder, "scripts")
        orbit("rtl", scripts)
        played = [bare.play(scripts) for _ in range(repeats)]
    bare_s = statistics.median(run.wall_s for run in played)
    table.add_row("bare Verilator loop", "", f"{bare_s:.2f}", f"{5739 / bare_s:,.0f}", "", "")
    console.print(table)
    clocks = played[0].clocks
    console.print(f"{clocks:,} clocks; the rtl loop runs at {bare_s / statistics.median(r['wall_s'] for r in flown['rtl']):.2f} "
                  f"of the bare loop over the same clocks ({clocks / bare_s / 1e6:.1f} million clocks/s)")  # fmt: skip
    hashes = {run[key] for runs in flown.values() for run in runs for key in ("trace_sha256", "recomputed")}
    agreement = "equal" if len(hashes) == 1 else f"DIFFERENT: {hashes}"
    console.print(
        f"trace_sha256 of {2 * repeats} runs, stated and recomputed from the recordings: {agreement}"
    )


def control() -> None:
    """The control step of each controller over leo-orbit: estimates, plan and choice of nodes; and the cycle it is part of."""
    table = Table("leo-orbit, CPU µs", "control mean", "99 %", "most", "whole cycle mean", "99 %", box=None)
    for name in CONTROLLERS:
        found = scenario.load("leo-orbit")
        steps_us, cycles_us = _timed_cycles(replace(found, flight=scenario.Flight(controller=name)))
        figures = *_spread(steps_us), max(steps_us), *_spread(cycles_us)
        table.add_row(name, *(f"{figure:,.0f}" for figure in figures))
    console.print(table)


def _timed_cycles(flown: scenario.Scenario) -> tuple[list[float], list[float]]:
    """What the control step takes in each cycle, and what all of flight software does with the twins' answers."""
    with pytest.MonkeyPatch.context() as patch:
        estimates = _time(patch, EnergyEstimate, "update")
        decisions = _time(patch, FlightSoftware, "_decide_nodes")
        cycles = _time(patch, FlightSoftware, "cycle")
        bench = Bench(flown, flown.seed, open_back_end("twin", Options()))
        for _ in bench.cycles(flown.duration_ms // flown.cycle_ms):
            bench.trace.take()
    boots = len(estimates) - len(decisions)  # an estimate is made with its first sample
    return [sum(pair) for pair in zip(estimates[boots:], decisions, strict=True)], cycles


def _time(patch: pytest.MonkeyPatch, owner: type, name: str) -> list[float]:
    """Have every call of a method leave its microseconds in the list returned."""
    spent_us: list[float] = []
    method = getattr(owner, name)

    def timed(*arguments: Any) -> Any:
        started = time.process_time()
        outcome = method(*arguments)
        spent_us.append(1e6 * (time.process_time() - started))
        return outcome

    patch.setattr(owner, name, timed)
    return spent_us


def _spread(values: list[float]) -> tuple[float, float]:
    return statistics.fmean(values), statistics.quantiles(values, n=100)[-1]


def coding() -> None:
    """The coder and decoder in batches, against a copy of the same octets."""
    import numpy as np
    from flatsat.protocols import coding, profile

    link = profile.load("oisl-1-clear")
    frames = np.frombuffer(np.random.default_rng(1).bytes(1115 * 4000), np.uint8).reshape(4000, 1115)
    cadus = coding.encode_cadus(frames, link)
    clean = np.ascontiguousarray(cadus[:, 4:])
    noisy = clean.copy()
    noisy[:, 100:140] ^= 0x55
    table = Table("4,000 frames of 1,115 octets", "MB/s", "of a copy", box=None)
    copy_s = _median(lambda: cadus.copy())
    for name, work in (
        ("encode to CADUs", lambda: coding.encode_cadus(frames, link)),
        ("decode, no errors", lambda: coding.decode_codeblocks(clean, link)),
        ("decode, 8 wrong symbols a codeword", lambda: coding.decode_codeblocks(noisy, link)),
    ):
        seconds = _median(work)
        table.add_row(name, f"{frames.nbytes / seconds / 1e6:,.0f}", f"{copy_s / seconds:.3f}")
    console.print(table)


def fuzzing(cases: int) -> None:
    """Mutated captures, packets and telecommands through decoder and flight software: whatever raises ends the bench."""
    capture = fuzz.flown()
    shares = {"captures": 0.3, "packets": 0.4, "telecommands": 0.3}
    targets = {
        "captures": fuzz.captures(capture),
        "packets": fuzz.packets(capture),
        "telecommands": fuzz.telecommands(),
    }
    table = Table(
        "mutated", "cases", "past the first gate", "s", "slowest call ms", "memory grown MB", box=None
    )
    for name, target in targets.items():
        outcome = fuzz.run(target, round(cases * shares[name]), seed=1)
        table.add_row(
            name,
            f"{outcome.cases:,}",
            f"{outcome.reached:,}",
            f"{outcome.seconds:.0f}",
            f"{outcome.slowest_s * 1e3:.0f}",
            f"{outcome.grown_octets / 1e6:.1f}",
        )
    console.print(table)


def pairs(seeds: int) -> None:
    """Random pairs of faults: whatever did not hold, with its seed; any of it ends the bench with an error."""
    table = Table("seed", "flown s", "faults", "what went wrong", box=None)
    started = time.perf_counter()
    jobs = len(os.sched_getaffinity(0))
    for done, (_, verdict) in enumerate(answers(fault_pairs.fly, range(1, seeds + 1), jobs), 1):
        if verdict.wrong:
            table.add_row(
                str(verdict.seed), f"{verdict.flown_s:,.0f}", verdict.told, "; ".join(verdict.wrong)
            )
        if done % 25 == 0:
            console.print(
                f"{done} of {seeds}, {table.row_count} wrong, {time.perf_counter() - started:.0f} s"
            )
    console.print(table)
    if table.row_count:
        raise SystemExit(1)


def unattended(days: float, seed: int) -> None:
    """A year without the ground."""
    if not year.fly(days, seed):
        raise SystemExit(1)


def _median(work: Any, repeats: int = 5) -> float:
    work()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def main() -> None:
    """Run all, or the parts named."""
    parts = {
        "orbits": lambda: orbits(arguments.repeats),
        "control": control,
        "coding": coding,
        "fuzz": lambda: fuzzing(arguments.cases),
        "pairs": lambda: pairs(arguments.seeds),
        "year": lambda: unattended(arguments.days, arguments.seed),
    }
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "part", nargs="*", choices=[*parts, []], help="parts to run (all but the year, which takes hours)"
    )
    parser.add_argument("--repeats", type=int, default=3, help="full orbits on each back end")
    parser.add_argument("--cases", type=int, default=1_000_000, help="mutated inputs of the fuzz")
    parser.add_argument("--seeds", type=int, default=500, help="random pairs of faults")
    parser.add_argument("--days", type=float, default=year.DAYS, help="how long the year is")
    parser.add_argument("--seed", type=int, default=1, help="seed of the year")
    arguments = parser.parse_args()
    for name in arguments.part or [part for part in parts if part != "year"]:
        console.rule(name)
        parts[name]()


if __name__ == "__main__":
    main()
