# SPDX-License-Identifier: Apache-2.0
"""Builds the boards' firmware and keeps what it has built; `python -m flatsat.boards.firmware.build` tells sizes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from .header import c_header, python_module

HERE = Path(__file__).resolve().parent
BOARDS = ("power", "compute", "laser")
MICROPYTHON = "micropython"  # no target of a compiler: the power board's files as they are
STEP_LIMIT_S = 120.0
IMAGES_KEPT = 40  # some three of each board and target, sanitized ones too
BUILD_ID_DIGITS = 8
FOLDER_DIGITS = 16
CACHE_MEND = "set XDG_CACHE_HOME to a folder that can be written"

WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow", "-Wstrict-prototypes")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")

SHARED = ("main", "line", "rmap", "crc8", "windows", "core")
OF_BOARD: Mapping[str, tuple[str, ...]] = {
    "power": ("power", "limiters", "battery", "bus", "computer"),
    "compute": ("compute", "node"),
    "laser": ("laser", "uplink", "optical", "cadu", "reed_solomon"),
}


class BuildError(Exception):
    """An image cannot be built; the message is one line that says what to do."""


class Target(NamedTuple):
    """A kind of machine that images are built for; its sources are in the folder of its name."""

    title: str
    compilers: tuple[str, ...]
    package: str
    options: tuple[str, ...]
    link: tuple[str, ...] = ()
    objcopy: str = ""
    size: str = "size"


class Image(NamedTuple):
    """A built image.

    Attributes:
        build_id: first 32 bits of the hash of sources, options and compiler: what the board answers as BUILD_ID.
        path: an ELF program of the target.
    """

    board: str
    target: str
    build_id: int
    path: Path

    @property
    def title(self) -> str:
        """What it is made for, as summaries show it."""
        return TARGETS[self.target].title

    @property
    def flash_path(self) -> Path:
        """What is written to the start of a microcontroller's flash; an image of the host has none."""
        return self.path.with_suffix(".bin")


TARGETS: Mapping[str, Target] = {
    "host": Target(
        title="program of this machine",
        compilers=("cc", "gcc", "clang"),
        package="gcc",
        options=("-O2", "-g"),
    ),
    "stm32f4": Target(
        title="STM32F4",
        compilers=("arm-none-eabi-gcc",),
        package="gcc-arm-none-eabi",
        options=(
            "-Os", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-ffreestanding", "-nostdlib",
            "-ffunction-sections", "-fdata-sections", "-fno-tree-loop-distribute-patterns", "-Wl,--gc-sections",
        ),
        link=(f"-T{HERE}/stm32f4/stm32f4.ld", "-lgcc"),
        objcopy="arm-none-eabi-objcopy",
        size="arm-none-eabi-size",
    ),
}  # fmt: skip


def build(board: str, target: str, *, sanitized: bool = False) -> Image:
    """Find the image of one board for one target, or make it.

    Safe to call from several processes at once. `sanitized`: the program stops at the first access or arithmetic that C
    does not define.

    Raises:
        BuildError: no compiler, a compiler that complains, or a cache that cannot be written.
    """
    machine = TARGETS[target]
    compiler = _compiler(machine)
    options = ("-std=c11", *WARNINGS, *machine.options, *(SANITIZERS if sanitized else ()))
    header = c_header(board)
    digest = _digest(board, target, (_version(compiler), *options, header))
    build_id = int(digest[:BUILD_ID_DIGITS], 16)
    folder = _cache_folder() / digest[:FOLDER_DIGITS]
    image = Image(board, target, build_id, folder / f"{board}.elf")
    with suppress(OSError):
        os.utime(folder)  # an image in use is not an old one
    if not image.path.exists():
        words = [*map(str, sources(board, target)), *machine.link]
        command = [compiler, *options, f"-DBUILD_ID=0x{build_id:08X}u", f"-I{HERE / 'core'}", *words]
        with _made(image) as partial:
            (partial / "registers.h").write_text(header)
            elf, binary = partial / image.path.name, partial / image.flash_path.name
            _run([*command, f"-I{partial}", "-o", str(elf)])
            if machine.objcopy:
                _run([machine.objcopy, "-O", "binary", str(elf), str(binary)])
    return image


def micropython() -> Image:
    """Find the folder with the power board's files for MicroPython, or make it; the path is that of its main.py.

    Raises:
        BuildError: the cache cannot be written.
    """
    program = (HERE / MICROPYTHON / "main.py").read_text()
    digest = hashlib.sha256((program + python_module("power", 0)).encode()).hexdigest()
    build_id = int(digest[:BUILD_ID_DIGITS], 16)
    folder = _cache_folder() / digest[:FOLDER_DIGITS]
    image = Image("power", MICROPYTHON, build_id, folder / "main.py")
    if not image.path.exists():
        with _made(image) as partial:
            (partial / "main.py").write_text(program)
            (partial / "registers.py").write_text(python_module("power", build_id))
    return image


def sources(board: str, target: str) -> list[Path]:
    """What is compiled for one board, in a fixed order."""
    core = [HERE / "core" / f"{name}.c" for name in (*SHARED, *OF_BOARD[board])]
    return [*core, *sorted((HERE / target).glob("*.c"))]


def _digest(board: str, target: str, words: tuple[str, ...]) -> str:
    """Hash of all that an image is made of; headers of other boards count too, which costs a build and no more."""
    digest = hashlib.sha256()
    for word in (board, target, *words):
        digest.update(word.encode() + b"\0")
    beside = [path for path in (HERE / target).iterdir() if path.suffix != ".c"]
    for path in [*sources(board, target), *sorted((HERE / "core").glob("*.h")), *sorted(beside)]:
        octets = path.read_bytes()
        digest.update(f"{path.name} {len(octets)}\n".encode() + octets)
    return digest.hexdigest()


def _compiler(machine: Target) -> str:
    for name in machine.compilers:
        if found := shutil.which(name):
            return found
    raise BuildError(f"no {machine.compilers[0]}: apt-get install {machine.package}")


def _version(compiler: str) -> str:
    return _run([compiler, "--version"]).splitlines()[0]


@contextmanager
def _made(image: Image) -> Iterator[Path]:
    """A folder to make the image in, which then takes the place of the image's: that is there whole or not at all."""
    folder = image.path.parent
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, suffix=".partial") as place:
            partial = Path(place) / "made"
            partial.mkdir()
            yield partial
            if not folder.exists():
                os.replace(partial, folder)
        _forget_old_images(folder.parent)
    except OSError as error:
        if not image.path.exists():  # else another process was first
            raise BuildError(f"{error.filename or folder}: {error.strerror}; {CACHE_MEND}") from error


def _forget_old_images(cache: Path) -> None:
    folders = sorted(cache.glob(f"{'[0-9a-f]' * FOLDER_DIGITS}"), key=lambda found: found.stat().st_mtime)
    for folder in folders[:-IMAGES_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> str:
    name = Path(command[0]).name
    try:
        run = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=STEP_LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BuildError(
            f"{name} was not done after {STEP_LIMIT_S:.0f} s: run again on a quieter machine"
        ) from None
    if run.returncode:
        complaints = [line for line in run.stderr.splitlines() if "error" in line or "undefined" in line]
        said = (complaints or run.stderr.splitlines() or [f"exit status {run.returncode}"])[0].strip()
        raise BuildError(f"{name} does not build the firmware: {said}; install {name} again")
    return run.stdout


def _cache_folder() -> Path:
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        raise BuildError(f"no home folder to keep the firmware in: {CACHE_MEND}") from None
    return base.absolute() / "flatsat" / "firmware"


def main(arguments: list[str]) -> int:
    """Build the images of a target, stm32f4 where none is named; print their sizes and where they are."""
    target = arguments[0] if arguments else "stm32f4"
    if target not in (*TARGETS, MICROPYTHON) or len(arguments) > 1:
        print(
            f"usage: python -m flatsat.boards.firmware.build [{'|'.join((*TARGETS, MICROPYTHON))}]",
            file=sys.stderr,
        )
        return 2
    try:
        images = [micropython()] if target == MICROPYTHON else [build(board, target) for board in BOARDS]
        if target != MICROPYTHON:
            print(_run([TARGETS[target].size, *(str(image.path) for image in images)]), end="")
    except BuildError as error:
        print(f"flatsat: {error}", file=sys.stderr)
        return 2
    for image in images:
        path = image.flash_path if image.flash_path.exists() else image.path
        print(f"{image.board} {image.build_id:08x} {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
