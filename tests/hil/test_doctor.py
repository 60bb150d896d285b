# SPDX-License-Identifier: Apache-2.0
"""The doctor: what it finds, what it makes of it, and that it speaks where packages are missing."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from flatsat.hil import board_lock, kernel_cache, quarantine
from flatsat.hil.doctor import benches, machine, packages, plain, simulators
from flatsat.hil.doctor.finding import State, missing, ok, warning
from flatsat.rtl_sim import build


def flatsat(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "flatsat.hil", *arguments],
        capture_output=True, text=True, timeout=60, env={**os.environ, **environment},
    )  # fmt: skip


def test_json_says_what_can_fly_and_why():
    done = flatsat("doctor", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["ready"]["twin"] is True
    assert {"Python", "packages", "numba cache", "flatsat", "g++", "make", "iverilog", "cache"} <= {
        finding["name"] for finding in told["findings"]
    }
    assert all(finding["mend"] for finding in told["findings"] if finding["state"] != "ok")


def test_the_table_fits_80_columns():
    lines = flatsat("doctor").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)
    assert lines[-2] == "twin  ready"


def test_it_is_quick():
    def seconds():
        started = time.process_time()
        plain.readiness([*packages.examine(), *simulators.examine(), *machine.examine()])
        return time.process_time() - started

    assert min(seconds() for _ in range(3)) < 0.7


@pytest.mark.parametrize(
    ("stops", "ready"),
    [
        ([], {"twin": True, "rtl": "verilator"}),
        (["verilator"], {"twin": True, "rtl": "icarus"}),
        (["icarus"], {"twin": True, "rtl": "verilator"}),
        (["verilator", "icarus"], {"twin": True, "rtl": None}),
        (["twin"], {"twin": False, "rtl": None}),
    ],
    ids=lambda value: "+".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_what_can_fly(stops, ready):
    findings = [ok("Python", "3"), warning("disk", "small", "mend"), missing("it", "gone", "mend", *stops)]
    assert plain.readiness(findings) == ready
    twin, rtl = plain.verdicts(findings, ready)
    assert ("not ready: it" in twin) == (not ready["twin"])
    assert ("not ready: it" in rtl) == (ready["rtl"] is None)


@pytest.mark.parametrize(
    ("line", "version", "met"),
    [
        ("numba>=0.61", "0.61", True),
        ("numba>=0.61", "0.60.9", False),
        ("numba>=0.61", "0.100", True),
        ("numpy>=1.26", "2.0.0rc1", True),
        ("numpy<2.5,>=1.22", "2.4.6", True),
        ("numpy<2.5,>=1.22", "2.5.0", False),
        ("cocotb>=2.0,<3 ; extra == 'sim'", "2.0", True),
        ("cocotb>=2.0,<3 ; extra == 'sim'", "3.0.0", False),
        ("rich", "1", True),
    ],
)
def test_versions_against_what_is_asked_for(line, version, met):
    need = packages._parsed(line)
    assert need.met_by(version) == met
    assert need.extra == ("sim" if "sim" in line else "")


def test_requirements_are_those_of_the_project():
    needs = {need.name: need for need in packages.requirements("flatsat")}
    assert needs["numba"].bounds
    assert needs["pyarrow"].extra == "parquet"
    assert packages.requirements("no-such-package") == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [("no-such-package>=3", "not installed"), ("numpy>=99", "flatsat asks for numpy>=99")],
    ids=["missing", "too old"],
)
def test_a_package_at_fault_stops_the_twin_and_is_installed_by_its_mend(monkeypatch, asked, found):
    monkeypatch.setattr(
        packages, "requirements", lambda package: [packages._parsed(asked)] * (package == "flatsat")
    )
    (fault,) = [finding for finding in packages.examine() if finding.state is State.MISSING]
    assert found in fault.found
    assert fault.stops == ("twin",)
    assert f"pip install '{asked}'" in fault.mend


def test_a_numpy_too_new_for_numba_is_told(monkeypatch):
    needs = {"numba": [packages._parsed("numpy<1.0")]}
    monkeypatch.setattr(packages, "requirements", lambda package: needs.get(package, []))
    (fault,) = [finding for finding in packages.examine() if finding.state is State.MISSING]
    assert fault.name == "numpy"
    assert "numba" in fault.found


def test_tools_that_are_not_there_name_their_package(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    found = {finding.name: finding for finding in simulators.examine()}
    for name, package in {"g++": "g++", "make": "make", "iverilog": "iverilog", "vvp": "iverilog"}.items():
        assert found[name].state is State.MISSING
        assert found[name].mend == f"apt-get install {package}"


@pytest.mark.parametrize(
    ("name", "program", "stops"),
    [
        ("g++", "no program", "verilator"),
        ("iverilog", "#!/bin/sh\necho 11.0; exit 1\n", "icarus"),
        ("vvp", "#!/bin/sh\nexec sleep 10\n", "icarus"),
    ],
    ids=["no program", "exits 1", "hangs"],
)
def test_a_program_that_does_not_run_is_as_good_as_none(tmp_path, monkeypatch, name, program, stops):
    (tmp_path / name).write_text(program)
    (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(simulators, "_LIMIT_S", 0.5)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = {finding.name: finding for finding in simulators.examine()}[name]
    assert (found.state, found.stops) == (State.MISSING, (stops,))
    assert "does not run" in found.found


def test_icarus_without_its_runtime_flies_nothing(tmp_path, monkeypatch):
    (tmp_path / "iverilog").write_text("#!/bin/sh\necho 11.0\n")
    (tmp_path / "iverilog").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert plain.readiness(list(simulators.examine()))["rtl"] is None


def test_the_cache_is_the_one_that_the_build_uses(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert build.cache_folder() == machine.cache_folder()
    build.cache_folder().mkdir(parents=True)
    (build.cache_folder() / "program").write_bytes(bytes(5_000_000))
    (cache,) = [finding for finding in machine.examine() if finding.name == "cache"]
    assert "5.0 MB in it" in cache.found


def test_little_room_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    (here,) = [finding for finding in machine.examine() if finding.name == "this folder"]
    assert here.state is State.WARNING
    assert "1.0 MB free" in here.found


def test_a_cache_that_cannot_be_written_stops_both_simulators(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    findings = list(machine.examine())
    (cache,) = [finding for finding in findings if finding.name == "cache"]
    assert (cache.state, cache.stops) == (State.MISSING, ("verilator", "icarus"))
    assert plain.readiness(findings)["rtl"] is None


def test_a_temporary_folder_may_be_deep(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(machine.tempfile, "tempdir", str(deep))
    (place,) = [finding for finding in machine.examine() if finding.name == "TMPDIR"]
    assert place.state is State.OK


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("scenarios",), 0, ""),
        (("doctor",), 0, ""),
        (("run", "ci-120", "--duration", "5"), 4, ""),
        (
            ("run", "ci-120", "--backend", "rtl"),
            2,
            "flatsat: no home folder to keep the built simulator in: "
            "set XDG_CACHE_HOME to a folder that can be written\n",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_user_without_a_home_folder(tmp_path, arguments, code, told):
    """HOME unset and no line in passwd, as a container with a user of its own choice has it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import pwd\ndef nobody(uid):\n    raise KeyError(uid)\npwd.getpwuid = nobody\n"
    )
    environment = {
        name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")
    }
    done = subprocess.run(
        [sys.executable, "-m", "flatsat.hil", *arguments],
        capture_output=True, text=True, timeout=60, cwd=tmp_path, env={**environment, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, told)


def test_a_serial_port_without_permission_names_the_group(tmp_path, monkeypatch):
    device = tmp_path / "ttyUSB0"
    device.touch()
    monkeypatch.setattr(machine.os, "access", lambda path, mode: False)
    found = machine._serial_port(str(device), "USB UART")
    assert found.state is State.WARNING
    assert found.mend.startswith("sudo usermod -aG ")
    assert "$USER" in found.mend


@pytest.mark.parametrize("arguments", [("doctor",), ("run",)], ids=" ".join)
def test_without_a_package_the_doctor_still_speaks(tmp_path, arguments):
    """`construct` cannot be imported, as after an upgrade that went wrong."""
    (tmp_path / "construct.py").write_text("raise ImportError('half of it is missing')")
    done = flatsat(*arguments, PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    assert "Traceback" not in done.stderr
    if arguments == ("doctor",):
        assert done.stdout.startswith("Python ")
    else:
        assert done.returncode == 2
        assert (
            done.stderr
            == "flatsat: a package cannot be imported: half of it is missing; flatsat doctor says which, and its mend\n"
        )


@pytest.mark.parametrize("writable", [True, False], ids=["own", "none"])
def test_numba_gets_a_folder_where_it_has_none(tmp_path, monkeypatch, writable):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(kernel_cache.VARIABLE, "")
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(kernel_cache, "_takes_files", lambda place: writable)
    kernel_cache.provide()
    given = os.environ.get(kernel_cache.VARIABLE)
    assert (not given) == writable
    if given:
        assert os.stat(given).st_mode & 0o777 == 0o700


def test_a_folder_for_numba_that_others_can_write_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setenv(kernel_cache.VARIABLE, "")
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(kernel_cache, "_takes_files", lambda place: False)
    trap = tmp_path / f"flatsat-kernels-{os.getuid()}"
    trap.mkdir()
    trap.chmod(0o777)
    kernel_cache.provide()
    assert os.environ[kernel_cache.VARIABLE] != str(trap)


# --- benches --------------------------------------------------------------------------------------------------------


BENCH = """name = "mine"
[boards.power]
url = "/dev/null"
{line}
[boards.compute]
url = "/dev/flatsat-none"
[boards.laser]
start = "qemu"
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            BENCH.format(line=""),
            {"mine power": "/dev/null", "mine compute": "/dev/flatsat-none: absent", "mine laser": "emulated board (qemu)"},
        ),
        (BENCH.format(line='power_off = ["flatsat-none"]'), {"mine power": "flatsat-none is not installed"}),
        (BENCH.format(line="bauds = 9600"), {"bench.toml": "bench.toml: boards.power.bauds: "}),
    ],
    ids=["ports", "a command", "a field that is none"],
)  # fmt: skip
def test_benches_of_the_working_directory_are_looked_at(tmp_path, monkeypatch, text, found):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bench.toml").write_text(text)
    (tmp_path / "scenario.toml").write_text('name = "none"')
    findings = {
        finding.name: finding for finding in benches.examine() if finding.name not in benches.PROGRAMS
    }
    for name, told in found.items():
        assert findings[name].found.startswith(told)
    assert all(finding.mend for finding in findings.values() if finding.state is not State.OK)
    assert not any(finding.stops for finding in findings.values())


def test_a_board_in_quarantine_or_held_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "bench.toml").write_text(BENCH.format(line=""))
    for _ in range(3):
        quarantine.count("/dev/null", "is gone")
    with board_lock.held("compute", "/dev/flatsat-none", "a run"):
        findings = {finding.name: finding for finding in benches.examine()}
    assert findings["mine power"].found == "/dev/null: in quarantine, is gone"
    assert findings["mine power"].mend == "mend it, then flatsat boards probe bench.toml"
    assert f"held by process {os.getpid()} " in findings["mine compute"].found
