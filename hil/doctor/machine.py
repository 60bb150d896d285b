# SPDX-License-Identifier: Apache-2.0
"""The machine: room on disk, folders, the cache of built simulators, terminal and serial ports."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..backends.simulator_process import SERVER
from ..kernel_cache import can_be_written
from .finding import Finding, missing, ok, warning

ROOM_OCTETS = 1 << 30
SIMULATORS = ("verilator", "icarus")
ASK_LIMIT_S = 10.0


_CACHE_MEND = "set XDG_CACHE_HOME to a folder that can be written"


class NoCache(Exception):
    """There is no folder for built simulators; the text says why."""


def examine() -> Iterator[Finding]:
    """Disk, folders, cache, terminal, serial ports."""
    yield _here()
    yield _cache()
    yield _temporary()
    yield _terminal()
    yield from _serial_ports()


def cache_folder() -> Path:
    """Where flatsat keeps built simulators, as the simulator's process says.

    Raises:
        NoCache: it says that there can be none, or nothing.
    """
    try:
        done = subprocess.run(
            [sys.executable, *SERVER, "--cache-folder"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ASK_LIMIT_S,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise NoCache(str(error)) from error
    if done.returncode:
        raise NoCache((done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1])
    return Path(done.stdout.strip())


def _here() -> Finding:
    try:
        here = Path.cwd()
    except OSError:
        return missing("this folder", "has been removed", "cd to one that exists", "twin")
    if not can_be_written(here):
        return warning("this folder", f"{here} cannot be written", "flatsat run --out FOLDER elsewhere")
    return _with_room("this folder", here, "free some space, or flatsat run --out FOLDER elsewhere")


def _cache() -> Finding:
    try:
        place = cache_folder()
    except NoCache as error:
        found, _, mend = str(error).partition(": ")
        return missing("cache", found, mend or _CACHE_MEND, *SIMULATORS)
    if not can_be_written(place):
        return missing("cache", f"{place} cannot be written", _CACHE_MEND, *SIMULATORS)
    files = [path for path in place.rglob("*") if path.is_file()] if place.exists() else []
    octets = sum(path.stat().st_size for path in files)
    told = f"{place}, {_megabytes(octets)} in it"
    return _with_room("cache", place, f"free some space: {place} may be removed", told)


def _temporary() -> Finding:
    place = Path(tempfile.gettempdir())
    if not can_be_written(place):
        return missing("TMPDIR", f"{place} cannot be written", "set TMPDIR to a folder", *SIMULATORS)
    return ok("TMPDIR", str(place))


def _terminal() -> Finding:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        return warning("terminal", f"text in {sys.stdout.encoding}", "set LANG=C.UTF-8")
    if not sys.stdout.isatty():
        return ok("terminal", "none: output goes to a file or pipe, without progress bar")
    return ok(
        "terminal", f"{shutil.get_terminal_size().columns} columns, {os.environ.get('TERM', 'no TERM')}"
    )


def _serial_ports() -> Iterator[Finding]:
    """For dev boards."""
    try:
        from serial.tools import list_ports
    except ImportError:
        return  # told among the packages
    ports = sorted(list_ports.comports())
    if not ports:
        yield ok("serial ports", "none (emulated boards need none)")
    for port in ports:
        yield _serial_port(port.device, port.description)


def _serial_port(device: str, description: str) -> Finding:
    name = Path(device).name
    told = device if description in ("n/a", name) else f"{device}, {description}"
    if os.access(device, os.R_OK | os.W_OK):
        return ok(name, told)
    try:
        group = Path(device).group()
    except (OSError, KeyError):
        group = "dialout"
    return warning(name, f"{told}: no permission", f"sudo usermod -aG {group} $USER, then log in again")


def _with_room(name: str, place: Path, mend: str, told: str = "") -> Finding:
    there = next(path for path in (place, *place.parents) if path.exists())
    free = shutil.disk_usage(there).free
    told = f"{told or place}, {_megabytes(free)} free"
    return ok(name, told) if free >= ROOM_OCTETS else warning(name, told, mend)


def _megabytes(octets: int) -> str:
    return f"{octets / 1e9:,.1f} GB" if octets >= 1e9 else f"{octets / 1e6:,.1f} MB"
