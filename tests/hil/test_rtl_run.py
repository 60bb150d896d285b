# SPDX-License-Identifier: Apache-2.0
"""The same scenario and seed give the same trace on the twins and on the Verilog, with faults and resets too."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import cache

import pytest
from flatsat.hil import recorder
from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.errors import BackEndError, BuildFailed

REPEATS = 5


@pytest.fixture(scope="module", autouse=True)
def simulator():
    """Build it once, or say why there is none."""
    try:
        open_back_end("rtl", Options(verbose=False)).close()
    except BuildFailed as error:
        pytest.skip(str(error))


def fly(folder, *arguments):
    command = [
        sys.executable,
        "-m",
        "flatsat.hil.cli",
        "run",
        *map(str, arguments),
        "--out",
        str(folder),
        "--json",
    ]
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


@pytest.mark.parametrize("scenario", ["watchdog-reset", "load-short", "bad-wire"])
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


def test_a_killed_simulator_ends_the_run_with_error_and_keeps_the_recording(tmp_path):
    folder = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "flatsat.hil.cli",
        "run",
        "leo-orbit",
        "--backend",
        "rtl",
        "--out",
        str(folder),
        "--json",
    ]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    recording = folder / "recording.mcap"
    while not (recording.exists() and recording.stat().st_size > 100_000):
        time.sleep(0.05)
    children = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=True)
    os.kill(int(children.stdout.split()[0]), signal.SIGKILL)
    out, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert "Traceback" not in errors
    summary = json.loads(out)
    assert summary["verdict"] == "error"
    assert "simulator" in summary["error"]
    assert recorder.trace_sha256(recording) == (summary["trace_sha256"], summary["cycles"])


def test_the_simulator_ends_when_the_bench_is_killed(tmp_path):
    command = [
        sys.executable,
        "-m",
        "flatsat.hil.cli",
        "run",
        "leo-orbit",
        "--backend",
        "rtl",
        "--out",
        str(tmp_path / "run"),
    ]
    run = subprocess.Popen([*command, "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    recording = tmp_path / "run/recording.mcap"
    while not (recording.exists() and recording.stat().st_size > 50_000):
        time.sleep(0.05)
    children = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True, check=True)
    simulator = int(children.stdout.split()[0])
    run.kill()
    run.wait()
    deadline = time.monotonic() + 20
    while os.path.exists(f"/proc/{simulator}") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not os.path.exists(f"/proc/{simulator}")


def test_a_missing_compiler_is_one_line_with_the_package(tmp_path):
    empty = tmp_path / "bin"
    empty.mkdir()
    command = [
        sys.executable,
        "-m",
        "flatsat.hil.cli",
        "run",
        "ci-120",
        "--backend",
        "rtl",
        "--out",
        str(tmp_path / "run"),
        "--json",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PATH": str(empty), "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 2
    assert "g++" in done.stderr
    assert "apt-get install" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_back_end_says_so_when_the_simulator_cannot_start(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(BackEndError, match="ended with 1"):
        open_back_end("rtl", Options(verbose=False))
