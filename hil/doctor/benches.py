# SPDX-License-Identifier: Apache-2.0
"""Boards on benches: what emulated ones need, and the bench files of the working directory with their ports and commands."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from .. import bench_file, board_lock, quarantine
from ..backends.port import BOARDS
from ..bench_file import BenchError, BenchFile, Place
from .finding import Finding, ok, warning

FOLDERS = (Path("."), Path("benches"))
PROGRAMS = {
    "cc": ("cc", "--bench host", "apt-get install gcc"),
    "gcc for ARM": ("arm-none-eabi-gcc", "--bench emulated", "apt-get install gcc-arm-none-eabi"),
    "QEMU": ("qemu-system-arm", "--bench emulated", "apt-get install qemu-system-arm"),
}


def examine() -> Iterator[Finding]:
    """Programs, then benches."""
    for name, (program, stops, mend) in PROGRAMS.items():
        found = shutil.which(program)
        yield ok(name, found) if found else warning(name, f"no {program} on PATH: no {stops}", mend)
    for folder in FOLDERS:
        for path in sorted(folder.glob("*.toml")):
            if _is_bench(path):
                yield from _bench(path)


def _is_bench(path: Path) -> bool:
    try:
        return "[boards." in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _bench(path: Path) -> Iterator[Finding]:
    try:
        bench = bench_file.load(path)
    except BenchError as error:
        yield warning(path.name, str(error), f"mend {path}; boards/benches/example.toml shows every field")
        return
    for board, place in zip(BOARDS, bench.places(), strict=True):
        yield _place(f"{bench.name} {board}", board, place, bench, path)


def _place(name: str, board: str, place: Place, bench: BenchFile, path: Path) -> Finding:
    if place.start:
        return ok(name, f"emulated board ({place.start.value})")
    for words in (place.power_on, place.power_off, place.reset_command, place.flash):
        if words and shutil.which(words[0]) is None:
            return warning(
                name, f"{words[0]} is not installed", f"install it, or mend boards.{board} in {path}"
            )
    if holder := board_lock.holder(place.url):
        return ok(name, f"{place.url}, held by {holder.told}")
    failed = quarantine.record(place.url)
    if 0 < bench.policies.quarantine_after <= failed.failures:
        return warning(
            name, f"{place.url}: in quarantine, {failed.told}", f"mend it, then flatsat boards probe {path}"
        )
    if not place.url.startswith("/"):
        return ok(name, f"{place.url}, not looked for")
    if not Path(place.url).exists():
        return warning(name, f"{place.url}: absent", f"plug it in, or mend boards.{board}.url in {path}")
    if not os.access(place.url, os.R_OK | os.W_OK):
        return warning(name, f"{place.url}: no permission", "flatsat boards udev prints rules that give it")
    return ok(name, place.url)
