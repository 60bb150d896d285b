# SPDX-License-Identifier: Apache-2.0
"""Installs the wheel in a virtual environment outside the repository and uses it where a user has folders of the same names.

    python tests/wheel/smoke.py [--rtl verilator|icarus] dist/flatsat-*.whl

`--rtl` demands that simulator; without it the Verilog flies where the doctor finds one.
Raises nothing that is caught: the first thing that is wrong ends it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("protocols", "boards", "flightsw", "hil", "rtl_sim")
NOT_SHIPPED = {"__pycache__"}
LIMIT_S = 600

# Every module of the wheel but the one that only cocotb can import.
IMPORT_ALL = """
import importlib, pkgutil, sys
import flatsat
for found in pkgutil.walk_packages(flatsat.__path__, "flatsat."):
    if found.name != "flatsat.rtl_sim.bridge_server":
        importlib.import_module(found.name)
from flatsat import protocols, boards, flightsw, hil, rtl_sim
for name, module in sorted(sys.modules.items()):
    if name.split(".")[0] == "flatsat" and getattr(module, "__file__", None):
        print(module.__file__)
"""


def main(wheel: Path, rtl: str | None) -> None:
    """Run every step, with the seconds that it took."""
    holds_every_file(wheel)
    with tempfile.TemporaryDirectory(prefix="flatsat-wheel-") as place:
        folder = Path(place)
        user = folder / "user"
        for name in PACKAGES:
            (user / name).mkdir(parents=True)
            (user / name / "__init__.py").write_text(
                f"raise SystemExit('a user folder {name}/ was imported')\n"
            )
        environment = folder / "venv"
        step("venv", [sys.executable, "-m", "venv", str(environment)], folder)
        python = environment / "bin" / "python"
        lock = ROOT / "requirements.lock"
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        step("install", [*install, "--constraint", str(lock), f"{wheel}[sim]"], folder)
        modules = step("import every module", [str(python), "-c", IMPORT_ALL], user).splitlines()
        strangers = [path for path in modules if not Path(path).is_relative_to(environment)]
        assert not strangers, f"not from the wheel: {strangers}"
        assert len(modules) > 50, modules
        # A simulator built for this environment is of no use to others.
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        use(environment / "bin" / "flatsat", user, rtl)
    print(f"wheel  {wheel.name}: {len(modules)} modules, all from the wheel")


def holds_every_file(wheel: Path) -> None:
    """What lies in the packages' folders is in the wheel, down to the last table and Verilog file."""
    shipped = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"flatsat/{path.relative_to(ROOT)}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not NOT_SHIPPED & set(path.parts)
    }
    assert wanted <= shipped, f"missing in {wheel.name}: {sorted(wanted - shipped)}"
    strangers = {name for name in shipped if name.startswith("flatsat/")} - wanted
    assert not strangers, f"{wheel.name} holds what the folders do not: {sorted(strangers)}"


def use(flatsat: Path, user: Path, rtl: str | None) -> None:
    """The commands, as a user types them; `rtl` names the simulator that must be there."""
    command = str(flatsat)
    step("--version", [command, "--version"], user)
    ready = json.loads(step("doctor", [command, "doctor", "--json"], user))["ready"]
    assert ready["twin"], ready
    assert rtl is None or ready["rtl"], f"no simulator here: {ready}; flatsat doctor says what is missing"
    simulator = rtl or ready["rtl"]
    back_ends = {"twin": ["--backend", "twin"]}
    if simulator:
        back_ends["rtl"] = ["--backend", "rtl", "--sim", simulator]
    else:
        print("run rtl: left out, no simulator here")
    assert "leo-orbit" in step("scenarios", [command, "scenarios"], user)
    short = ["leo-orbit", "--duration", "60", "--json"]
    hashes = {}
    for back_end, options in back_ends.items():
        run = f"run-{back_end}"
        told = step(f"run {back_end}", [command, "run", *short, *options, "--out", run], user, {0, 4})
        hashes[back_end] = json.loads(told)["trace_sha256"]
        assert hashes[back_end] in step("trace", [command, "trace", run], user)
    assert len(set(hashes.values())) == 1, hashes
    report = user / "run-twin" / "report.html"
    report.unlink()  # which the run has made
    step("report", [command, "report", "run-twin"], user)
    assert "<html" in report.read_text()[:1000].lower()
    capture = ["run-twin/downlink.cadu", "--format", "csv", "--out", "packets.csv"]
    step("decode", [command, "decode", *capture], user)
    assert (user / "packets.csv").stat().st_size > 1000


def step(name: str, command: list[str], folder: Path, codes: set[int] | None = None) -> str:
    """Run a command where nothing of the repository is on Python's path; return what it prints."""
    environment = {
        variable: value
        for variable, value in os.environ.items()
        if not variable.startswith(("PYTHON", "VIRTUAL_ENV"))
    }
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, env=environment, check=False
    )
    print(f"{name:22}{time.perf_counter() - started:6.1f} s")
    if done.returncode not in (codes or {0}):
        sys.exit(f"{name} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--rtl", choices=("verilator", "icarus"))
    given = parser.parse_args()
    main(given.wheel.resolve(), given.rtl)
