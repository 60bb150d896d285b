# SPDX-License-Identifier: Apache-2.0
"""What builds of every simulator share: the Verilog, and a cache of what was built by the hash of all that it is made of."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
RTL = HERE / "rtl"
REGISTERS = HERE.parent / "boards" / "registers"
TOP = "bench_top"
BUILDS_KEPT = 4
STEP_LIMIT_S = 900.0
CACHE_MEND = "set XDG_CACHE_HOME to a folder that can be written"

Progress = Callable[[str], None]
Compile = Callable[[Path, int], None]  # into an empty folder, with the descriptor that children hold


class BuildError(Exception):
    """The simulator cannot be built; the message is one line that says what to do."""


class Simulator(NamedTuple):
    """A built simulator.

    Attributes:
        title: its name and version, as summaries show it.
        build_id: first 32 bits of the hash of the Verilog: what the boards answer as BUILD_ID.
        command: program and arguments that run it.
        folder: where it was built.
    """

    title: str
    build_id: int
    command: tuple[str, ...]
    folder: Path


def kept(
    recipe: tuple[str, ...],
    sources: list[Path],
    program: str,
    compile_in: Compile,
    announce: Callable[[], None],
    progress: Progress,
    beside: tuple[str, ...] = (),
) -> Path:
    """Find the folder with what these sources and recipe make, or make it: a folder is there whole or not at all.

    The files named in `beside` are kept with the program.

    Safe to call from several processes at once. `announce` is called before anything is compiled.

    Raises:
        BuildError: a step failed, or the cache cannot be written.
    """
    folder = cache_folder() / hash_of(sources, *recipe)[:16]
    with suppress(OSError):
        os.utime(folder / program)  # a build in use is not an old one
    if (folder / program).exists():
        return folder
    with _lock(folder.with_suffix(".lock"), progress) as lock:
        if not (folder / program).exists():
            announce()
            try:
                _make(folder, (program, *beside), compile_in, lock)
            except OSError as error:
                raise BuildError(
                    f"{error.filename or folder}: {error.strerror}; free some space, or {CACHE_MEND}"
                ) from error
            _forget_old_builds(folder, program)
    return folder


def _make(folder: Path, files: tuple[str, ...], compile_in: Compile, lock: int) -> None:
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    compile_in(partial, lock)
    made = partial / "made"
    made.mkdir()
    for name in files:
        if not (partial / name).is_file():
            raise BuildError(
                f"the build told of no error, and made no {name}: its tools are broken, install them again "
                f"(what they said: {partial}/*.log)"
            )
        os.replace(partial / name, made / name)
    shutil.rmtree(folder, ignore_errors=True)  # one without a program is none
    os.replace(made, folder)
    shutil.rmtree(partial)


def verilog_sources() -> list[Path]:
    """Every file that makes the boards, in a fixed order."""
    return [*sorted(RTL.glob("*.v")), *sorted(REGISTERS.glob("*.vh"))]


def build_id() -> int:
    """First 32 bits of the hash of the Verilog."""
    return int(hash_of(verilog_sources())[:8], 16)


def source_arguments() -> list[str]:
    """The Verilog on a simulator's command line."""
    return [f"-I{RTL}", f"-I{REGISTERS}", *(str(path) for path in sorted(RTL.glob("*.v")))]


def require(tools: Mapping[str, str]) -> None:
    """Check for programs, given with their Debian packages.

    Raises:
        BuildError: one is missing.
    """
    missing = sorted({package for program, package in tools.items() if shutil.which(program) is None})
    if missing:
        raise BuildError(f"{' and '.join(missing)} missing: apt-get install {' '.join(missing)}")


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


def cocotb_library(simulator: str) -> Path:
    """Path of cocotb's library for a simulator's VPI.

    Raises:
        BuildError: cocotb is not installed.
    """
    try:
        from cocotb_tools import config
    except ImportError:
        raise BuildError("cocotb is missing: pip install 'flatsat[sim]'") from None
    return config.lib_name_path("vpi", simulator)


def cache_folder() -> Path:
    """Where built simulators are kept.

    Raises:
        BuildError: this user has no home folder, and nothing else is named.
    """
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        raise BuildError(f"no home folder to keep the built simulator in: {CACHE_MEND}") from None
    return base.absolute() / "flatsat" / "rtl"


def run_step(
    step: str, command: list[str], folder: Path, lock: int, environment: Mapping[str, str] | None = None
) -> None:
    """Run one step of the build; it and its children hold the lock, so that none of them outlives it."""
    log = folder / f"{step}.log"
    try:
        with log.open("w") as output:
            run = subprocess.run(
                command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT,
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


def program_state(found: str) -> str:
    """Which program this is, without running it: an upgrade changes its size or its time."""
    state = os.stat(found)
    return f"{os.path.realpath(found)} {state.st_size} {state.st_mtime_ns}"


def hash_of(paths: list[Path], *words: str) -> str:
    """Hash words and files, names and contents."""
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
        raise BuildError(f"{path.parent}: {error.strerror}; {CACHE_MEND}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that builds the simulator")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _forget_old_builds(newest: Path, program: str) -> None:
    builds = sorted(newest.parent.glob(f"*/{program}"), key=lambda found: found.stat().st_mtime, reverse=True)
    for found in builds[BUILDS_KEPT:]:
        shutil.rmtree(found.parent, ignore_errors=True)
    for partial in newest.parent.glob("*.partial"):
        with suppress(OSError), partial.with_suffix(".lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while somebody builds there
            shutil.rmtree(partial, ignore_errors=True)
