# SPDX-License-Identifier: Apache-2.0
"""Python, the packages that flatsat asks for, and where flatsat itself comes from."""

from __future__ import annotations

import platform
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from ..kernel_cache import VARIABLE, folder
from .finding import Finding, missing, ok, warning

PYTHON = (3, 11)
HERE = Path(__file__).resolve().parents[2]
CHECKOUT = (HERE / "pyproject.toml").exists()
_EXTRAS = {"parquet": "decode --format parquet", "bound": "flatsat bound"}


class Requirement(NamedTuple):
    """What a package asks for: `numba>=0.61; extra == "sim"`."""

    name: str
    bounds: tuple[tuple[str, str], ...]  # operator, version
    extra: str

    def met_by(self, version: str) -> bool:
        """Compare the leading numbers of versions; operators beyond the usual ones are taken as met."""
        return all(_OPERATORS[sign](_numbers(version), _numbers(bound)) for sign, bound in self.bounds)

    @property
    def asked(self) -> str:
        """As pip takes it."""
        return self.name + ",".join(sign + bound for sign, bound in self.bounds)


def examine() -> Iterator[Finding]:
    """Python, packages, numba's cache, this installation."""
    yield _python()
    required = [need for need in requirements("flatsat") if not need.extra]
    faults = [fault for fault in map(_fault, required) if fault] + list(_numpy_for_numba())
    yield from faults
    if not faults:
        named = ", ".join(f"{need.name} {metadata.version(need.name)}" for need in required)
        yield ok("packages", named)
    for need in requirements("flatsat"):
        if need.extra in _EXTRAS:
            yield _extra(need)
    yield _kernels()
    yield _installation()


def requirements(package: str) -> list[Requirement]:
    """What a package asks for: flatsat by the checkout's pyproject.toml where it runs from one, others as installed.

    Markers other than `extra` are left out with what they guard: they need an evaluator.
    """
    try:
        lines = (
            _asked_by_checkout() if package == "flatsat" and CHECKOUT else metadata.requires(package) or []
        )
    except (metadata.PackageNotFoundError, OSError, tomllib.TOMLDecodeError):
        return []
    return [need for need in map(_parsed, lines) if need]


def _asked_by_checkout() -> list[str]:
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {}).items()
    return [
        *project["dependencies"],
        *(f'{line}; extra == "{extra}"' for extra, lines in extras for line in lines),
    ]


def _parsed(line: str) -> Requirement | None:
    wanted, _, marker = line.partition(";")
    extra = re.fullmatch(r"""extra\s*==\s*["']([^"']+)["']""", marker.strip())
    name = re.match(r"[A-Za-z0-9._-]+", wanted.strip())
    if name is None or (marker.strip() and not extra):
        return None
    bounds = re.findall(r"(>=|<=|==|!=|<|>)\s*([0-9][0-9.]*)", wanted)
    return Requirement(name[0], tuple(bounds), extra[1] if extra else "")


def _python() -> Finding:
    told = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info < PYTHON:
        return missing("Python", told, "install Python 3.11 or newer, then make PYTHON=python3.11", "twin")
    return ok("Python", told)


def _fault(need: Requirement) -> Finding | None:
    found = _version(need.name)
    if found and need.met_by(found):
        return None
    told = f"{found}, flatsat asks for {need.asked}" if found else "not installed"
    return missing(need.name, told, f"{sys.executable} -m pip install '{need.asked}'", "twin")


def _numpy_for_numba() -> Iterator[Finding]:
    """The one clash that is met often: numba refuses a numpy that is newer than itself."""
    found = _version("numpy")
    for need in requirements("numba"):
        if need.name == "numpy" and found and not need.met_by(found):
            told = f"{found}, numba {_version('numba')} asks for {need.asked}"
            yield missing("numpy", told, f"{sys.executable} -m pip install '{need.asked}'", "twin")


def _extra(need: Requirement) -> Finding:
    found = _version(need.name)
    if found and need.met_by(found):
        return ok(need.name, f"{found}, for {_EXTRAS[need.extra]}")
    told = f"{found or 'not installed'}: no {_EXTRAS[need.extra]}"
    return warning(need.name, told, f"{sys.executable} -m pip install '{need.asked}'")


def _kernels() -> Finding:
    place = folder()
    if place is None:
        return warning(
            "numba cache",
            "no folder of it can be written: a temporary one is used",
            f"set {VARIABLE} to a folder that can be written",
        )
    return ok("numba cache", str(place))


def _installation() -> Finding:
    told = (
        f"{_version('flatsat')}, checkout {HERE}" if CHECKOUT else f"{_version('flatsat')}, wheel in {HERE}"
    )
    beside = Path.cwd() / "hil" / "doctor" / "packages.py"
    if beside.exists() and not beside.samefile(__file__):
        return warning(
            "flatsat", f"{told}, not the checkout you are in", "make setup, then .venv/bin/flatsat"
        )
    return ok("flatsat", told)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    """1.26.0rc1 as (1, 26): trailing zeros count for nothing."""
    leading = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = [int(part) for part in leading[0].split(".")] if leading else [0]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


_OPERATORS = {
    ">=": lambda found, bound: found >= bound,
    "<=": lambda found, bound: found <= bound,
    ">": lambda found, bound: found > bound,
    "<": lambda found, bound: found < bound,
    "==": lambda found, bound: found == bound,
    "!=": lambda found, bound: found != bound,
}
