# SPDX-License-Identifier: Apache-2.0
"""Simulator `icarus`: the same Verilog on Icarus's vvp; slow, but it needs no compiler and runs wherever Debian does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from . import build as common
from .build import TOP, BuildError, Progress, Simulator

PROGRAM = f"{TOP}.vvp"
FLAGS = ("-g2012", "-s", TOP)
TIMESCALE = "1ns/1ps"
TOOLS = {"iverilog": "iverilog", "vvp": "iverilog"}  # program: Debian package
VERSION_LIMIT_S = 10.0


def build(progress: Progress = lambda line: None) -> Simulator:
    """Compile the boards for vvp, or find them compiled; a second or less, so `progress` is told nothing but of waiting.

    Raises:
        BuildError: Icarus is missing, does not run or refused a source.
    """
    common.require(TOOLS)
    library = common.cocotb_library("icarus")
    common.libpython()
    iverilog, vvp = str(shutil.which("iverilog")), str(shutil.which("vvp"))
    identity = common.build_id()
    command = [iverilog, *FLAGS, f"-P{TOP}.BUILD_ID={identity}"]

    def compile_in(folder: Path, lock: int) -> None:
        (folder / "timescale").write_text(f"+timescale+{TIMESCALE}\n")  # there is no option for it
        arguments = [
            *command,
            "-o",
            str(folder / PROGRAM),
            "-f",
            str(folder / "timescale"),
            *common.source_arguments(),
        ]
        common.run_step("iverilog", arguments, folder, lock)

    recipe = (*command, TIMESCALE, common.program_state(iverilog))
    folder = common.kept(recipe, common.verilog_sources(), PROGRAM, compile_in, lambda: None, progress)
    # with a library's name that it cannot load, vvp would run for ever without a word
    run = (vvp, "-n", "-M", str(library.parent), "-m", str(library), str(folder / PROGRAM))
    return Simulator(f"icarus {_version(vvp)}", identity, run, folder)


def _version(vvp: str) -> str:
    try:
        run = subprocess.run(
            [vvp, "-V"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=VERSION_LIMIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(f"vvp does not run ({error}): apt-get install --reinstall iverilog") from error
    said = (run.stdout + run.stderr).split()
    return said[4] if said[:4] == ["Icarus", "Verilog", "runtime", "version"] else "of unknown version"
