# SPDX-License-Identifier: Apache-2.0
"""The same scenario and seed give the same trace on the twins and on the Verilog, with faults and resets too."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from flatsat.hil import recorder
from flatsat.hil.backends.port import Options, Request, open_back_end
from flatsat.hil.errors import BackEndError, BuildFailed

REPEATS = 5
ICARUS_S = 20  # of simulated time, some 5 s of processor time
FLATSAT = (sys.executable, "-m", "flatsat.hil.cli")


@pytest.fixture(scope="module", autouse=True)
def simulator():
    """Build it once, or say why there is none."""
    try:
        open_back_end("rtl", Options(verbose=False, simulator="verilator")).close()
    except BuildFailed as error:
        pytest.skip(str(error))


def fly(folder, *arguments):
    command = [*FLATSAT, "run", *map(str, arguments), "--out", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """Runs by (scenario, back end, seed, repeat), each flown once."""

    @cache
    def get(scenario, back_end, repeat=0):
        folder = tmp_path_factory.mktemp("run") / "run"
        summary = fly(folder, scenario, "--backend", back_end)
        recomputed, cycles = recorder.trace_sha256(folder / "recording.mcap")
        assert recomputed == summary["trace_sha256"]
        assert cycles == summary["cycles"]
        return summary

    return get


@pytest.mark.timeout(300)
def test_five_repeats_on_each_give_one_hash(flown):
    runs = [flown("ci-120", back_end, repeat) for back_end in ("twin", "rtl") for repeat in range(REPEATS)]
    assert {run["verdict"] for run in runs} == {"pass"}
    assert len({run["trace_sha256"] for run in runs}) == 1
    assert {run["backend"] for run in runs} == {"twin", "rtl"}


@pytest.mark.parametrize(
    "scenario", ["watchdog-reset", "load-short", "bad-wire", "node-faults", "low-battery", "telecommands"]
)
def test_faults_give_the_same_run(flown, scenario):
    twin, rtl = flown(scenario, "twin"), flown(scenario, "rtl")
    for key in (
        "trace_sha256",
        "verdict",
        "downlink",
        "battery",
        "thermal",
        "compute",
        "faults",
        "measurements",
        "telecommands",
        "check_transitions",
    ):
        assert twin[key] == rtl[key], key
    assert rtl["verdict"] == "pass"


def test_a_reset_goes_on_from_non_volatile_memory(flown):
    run = flown("watchdog-reset", "rtl")
    fault = run["faults"][0]
    assert fault["at_s"] < fault["detected_s"] < fault["recovered_s"] < fault["at_s"] + 15
    assert run["downlink"]["frames_lost"] == run["downlink"]["packets_altered"] == 0


def test_stimulus_on_the_uart_gives_the_same_trace(flown, tmp_path):
    other = fly(tmp_path / "run", "ci-120", "--backend", "rtl", "--stimulus-on-uart", "--duration", 60)
    plain = fly(tmp_path / "plain", "ci-120", "--duration", 60)
    assert other["trace_sha256"] == plain["trace_sha256"]


def test_icarus_gives_the_same_trace_and_says_who_it_is(tmp_path):
    if shutil.which("iverilog") is None:
        pytest.skip("iverilog is not installed")
    on_icarus, on_verilator = (
        fly(tmp_path / sim, "ci-120", "--backend", "rtl", "--sim", sim, "--duration", ICARUS_S)
        for sim in ("icarus", "verilator")
    )
    assert on_icarus["trace_sha256"] == on_verilator["trace_sha256"]
    assert on_icarus["images"]["power"].startswith("icarus " + on_icarus["versions"]["icarus"])
    assert on_verilator["images"]["power"].startswith("verilator " + on_verilator["versions"]["verilator"])


def test_without_a_compiler_icarus_flies_and_a_line_says_so(tmp_path):
    if shutil.which("iverilog") is None:
        pytest.skip("iverilog is not installed")
    (tmp_path / "bin").mkdir()
    for program in ("iverilog", "vvp"):
        (tmp_path / "bin" / program).symlink_to(str(shutil.which(program)))
    environment = {"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    run = start(tmp_path / "run", "ci-120", "--duration", "2", "--json", env={**os.environ, **environment})
    out, errors = run.communicate(timeout=60)
    assert json.loads(out)["images"]["laser"].startswith("icarus ")
    assert errors.startswith("no g++ and make: the boards run on Icarus, some 100 times slower; the mend: ")
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--sim", "icarus"], "--sim names a simulator of the Verilog"),
        (["--stimulus-on-uart"], "--stimulus-on-uart is for the UART of the Verilog"),
    ],
    ids=["sim", "uart"],
)
def test_the_twin_takes_no_option_of_the_verilog(tmp_path, options, told):
    command = [*FLATSAT, "run", "ci-120", *options, "--out", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"flatsat: {told}, which the twin has none of: add --backend rtl\n"
    assert not (tmp_path / "run").exists()


def start(folder, *arguments, **popen):
    command = [*FLATSAT, "run", *arguments, "--backend", "rtl", "--out", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)


def wait_until(true, run, limit_s=60):
    """Wait for something that `run` is to bring about, and show what it said where it does not."""
    deadline = time.monotonic() + limit_s
    while not true():
        if run.poll() is not None or time.monotonic() > deadline:
            run.kill()
            pytest.fail(f"ended with {run.returncode}: {run.communicate()}")
        time.sleep(0.05)


def wait_for_recording(run, folder, octets=100_000):
    recording = folder / "recording.mcap"
    wait_until(lambda: recording.exists() and recording.stat().st_size > octets, run)
    return recording


def child_of(run):
    found = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=True)
    return int(found.stdout.split()[0])


def runs(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return state.rsplit(")", 1)[-1].split()[0] != "Z"


def test_a_killed_simulator_ends_the_run_with_error_and_keeps_the_recording(tmp_path):
    run = start(tmp_path, "leo-orbit", "--json")
    recording = wait_for_recording(run, tmp_path)
    os.kill(child_of(run), signal.SIGKILL)
    out, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert "Traceback" not in errors
    summary = json.loads(out)
    assert summary["verdict"] == "error"
    assert summary["error"].startswith("the simulator was ended by SIGKILL: out of memory? dmesg tells")
    assert recorder.trace_sha256(recording) == (summary["trace_sha256"], summary["cycles"])


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda by: by.name)
def test_nothing_stays_behind_when_the_bench_is_stopped(tmp_path, by):
    (tmp_path / "tmp").mkdir()
    run = start(tmp_path, "leo-orbit", "--json", env={**os.environ, "TMPDIR": str(tmp_path / "tmp")})
    wait_for_recording(run, tmp_path)
    simulator = child_of(run)
    run.send_signal(by)
    run.communicate(timeout=30)
    deadline = time.monotonic() + 2
    while runs(simulator) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs(simulator)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=lambda by: by.name)
def test_a_build_ends_with_the_bench(tmp_path, by):
    cache = tmp_path / "flatsat" / "rtl"
    folders = {"XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    run = start(tmp_path / "run", "ci-120", env={**os.environ, **folders})
    wait_until(lambda: list(cache.glob("*.partial/*.o")), run)
    run.send_signal(by)
    _, errors = run.communicate(timeout=20)
    assert errors.startswith("building the simulator (")
    (lock,) = cache.glob("*.lock")
    deadline = time.monotonic() + 5
    while not free(lock) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert free(lock)  # every process of the build holds it
    assert not (tmp_path / "run").exists()
    assert [folder for folder in cache.iterdir() if folder.is_dir() and folder.suffix != ".partial"] == []


def free(lock):
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["terminal", "json"])
def test_a_missing_compiler_is_one_line_with_the_package(tmp_path, options):
    (tmp_path / "bin").mkdir()
    environment = {"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    run = start(tmp_path / "run", "ci-120", *options, env={**os.environ, **environment})
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert errors == (
        "flatsat: no g++ and make, and no Icarus: pip install 'flatsat[sim]' and apt-get install g++ make; "
        "or, some 100 times slower, apt-get install iverilog\n"
    )


def test_the_working_directory_is_not_imported_from(tmp_path, monkeypatch):
    for name in ("platform", "random", "cocotb", "socket", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a file of the user')")
    monkeypatch.chdir(tmp_path)
    open_back_end("rtl", Options(verbose=False)).close()


def test_the_back_end_says_so_when_the_simulator_cannot_start(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(BackEndError, match="ended with 1"):
        open_back_end("rtl", Options(verbose=False))


def test_a_simulator_that_died_between_exchanges_is_missed_at_once():
    back_end = open_back_end("rtl", Options(verbose=False))
    try:
        os.kill(back_end._process.pid, signal.SIGKILL)
        started = time.monotonic()
        with pytest.raises(BackEndError, match="the simulator was ended by SIGKILL: out of memory"):
            back_end.exchange([])
        assert time.monotonic() - started < 2
    finally:
        back_end.close()


def test_what_does_not_fit_the_bridge_is_an_error_of_the_back_end():
    back_end = open_back_end("rtl", Options(verbose=False))
    try:
        with pytest.raises(BackEndError, match="bridge to the simulator is broken: Exchange"):
            back_end.exchange([Request(0, 0, True, bytes(70_000))])
    finally:
        back_end.close()
