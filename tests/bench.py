# SPDX-License-Identifier: Apache-2.0
"""`make bench`: how fast flatsat is, as tables of medians and ratios. Nothing here is a test; nothing here asserts a time.

Whole commands are timed from outside, as a user would; ratios compare with a peer or a physical limit in the same run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

console = Console(soft_wrap=True, highlight=False)


def orbit(back_end: str, seed: int = 1, scenario: str = "leo-orbit") -> dict[str, Any]:
    """Fly in a process of its own and return the summary with the process's own wall time in `outside_s`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "flatsat.hil.cli",
            "run",
            scenario,
            "--backend",
            back_end,
            "--seed",
            str(seed),
        ]
        started = time.perf_counter()
        done = subprocess.run(
            [*command, "--out", f"{folder}/run", "--json"], capture_output=True, text=True, check=False
        )
        outside_s = time.perf_counter() - started
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
        retraced = subprocess.run(
            [sys.executable, "-m", "flatsat.hil.cli", "trace", f"{folder}/run", "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
        recording = Path(folder, "run", "recording.mcap").stat().st_size
    return {
        **json.loads(done.stdout),
        "outside_s": outside_s,
        "recomputed": json.loads(retraced.stdout)["trace_sha256"],
        "recording_octets": recording,
    }


def orbits(repeats: int) -> None:
    """Full orbits on each back end: times real time, verdict, and whether all hashes agree."""
    from flatsat.rtl_sim import bare

    table = Table(
        "back end",
        "verdict",
        "simulated s",
        "loop s",
        "x real time (loop)",
        "whole command s",
        "x real time (command)",
        box=None,
    )
    hashes = set()
    clocks = 0
    factors: dict[str, float] = {}
    for back_end in ("twin", "rtl"):
        flown = [orbit(back_end) for _ in range(repeats)]
        hashes |= {summary["trace_sha256"] for summary in flown} | {
            summary["recomputed"] for summary in flown
        }
        loop_s = statistics.median(summary["wall_s"] for summary in flown)
        outside_s = statistics.median(summary["outside_s"] for summary in flown)
        simulated_s = flown[0]["simulated_s"]
        factors[back_end] = simulated_s / loop_s
        clocks = max(clocks, int(flown[0]["images"].get("clocks", 0)))
        table.add_row(
            back_end, flown[0]["verdict"], f"{simulated_s:,.0f}", f"{loop_s:.2f}", f"{simulated_s / loop_s:,.0f}",
            f"{outside_s:.2f}", f"{simulated_s / outside_s:,.0f}",
        )  # fmt: skip
        if back_end == "rtl" and clocks:
            bare_s = bare.seconds_for(clocks)
            table.add_row(
                "bare Verilator loop",
                "",
                f"{simulated_s:,.0f}",
                f"{bare_s:.2f}",
                f"{simulated_s / bare_s:,.0f}",
                "",
                "",
            )
            console.print(
                f"rtl orbit: {clocks:,} clocks; {bare_s / loop_s:.2f} of the bare C++ loop over the same clocks"
            )
    console.print(table)
    agreement = "equal" if len(hashes) == 1 else f"DIFFERENT: {hashes}"
    console.print(f"trace_sha256 of {2 * repeats} runs and {2 * repeats} recordings: {agreement}")


def coding() -> None:
    """The coder and decoder in batches, against a copy of the same octets."""
    import numpy as np
    from flatsat.protocols import coding, profile

    link = profile.load("oisl-1-clear")
    frames = np.frombuffer(np.random.default_rng(1).bytes(1115 * 4000), np.uint8).reshape(4000, 1115)
    cadus = coding.encode_cadus(frames, link)
    clean, noisy = cadus, cadus.copy()
    noisy[:, 100:140] ^= 0x55
    table = Table("4,000 frames of 1,115 octets", "MB/s", "of a copy", box=None)
    copy_s = _median(lambda: cadus.copy())
    for name, work in (
        ("encode to CADUs", lambda: coding.encode_cadus(frames, link)),
        ("decode, no errors", lambda: coding.decode_cadus(clean, link)),
        ("decode, 8 errors a codeword", lambda: coding.decode_cadus(noisy, link)),
    ):
        seconds = _median(work)
        table.add_row(name, f"{frames.nbytes / seconds / 1e6:,.0f}", f"{copy_s / seconds:.3f}")
    console.print(table)


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
    parts = {"orbits": lambda: orbits(arguments.repeats), "coding": coding}
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("part", nargs="*", choices=[*parts, []], help="parts to run (all)")
    parser.add_argument("--repeats", type=int, default=3, help="full orbits on each back end")
    arguments = parser.parse_args()
    for name in arguments.part or parts:
        console.rule(name)
        parts[name]()


if __name__ == "__main__":
    main()
