# SPDX-License-Identifier: Apache-2.0
"""Runs on the boards' firmware, as programs of this machine and on emulated microcontrollers: the twin's trace, also through
boards that are stopped, unplugged and killed."""

import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from flatsat.boards.firmware.build import BuildError
from flatsat.boards.firmware.process import BoardProcess
from flatsat.hil import recorder

from .bench_files import QUICK, bench_toml
from .board_on_a_line import BOARDS
from .test_serial_run import FLATSAT, flown

MACHINES = ("host", "qemu")
PATIENT = {**QUICK, "reply_s": 0.2, "silent_s": 20}


@pytest.fixture(params=MACHINES)
def processes(request, tmp_path):
    """Three boards of firmware by name, with the path of their bench file under `bench`."""
    with ExitStack() as stack:
        try:
            boards = {name: stack.enter_context(BoardProcess(name, request.param)) for name in BOARDS}
        except BuildError as error:
            pytest.skip(str(error))
        path = tmp_path / "bench.toml"
        path.write_text(bench_toml({name: board.port for name, board in boards.items()}, PATIENT))
        yield {**boards, "bench": path}


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    return flown(tmp_path_factory.mktemp("twin") / "run", "ci-120", 20)


def stopped_and_unplugged(processes, name):
    """At some phase of a cycle, without a word from the bench: a board freezes, goes on, is pulled and put back."""

    def during(seconds):
        board = processes[name]
        if seconds == 5:
            board.stop()
            subprocess.Popen(["sleep", "0.1"]).wait()
            board.go_on()
        if seconds == 10:
            board.unplug()
            board.replug()

    return during


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_that_is_stopped_and_unplugged_between_cycles_flies_the_twins_trace(
    tmp_path, processes, twin, name
):
    summary = flown(
        tmp_path / "run", "ci-120", 20, processes["bench"], stopped_and_unplugged(processes, name)
    )
    assert summary.get("error") is None
    # who is pulled between cycles is asked by the bench first, which asks again
    assert summary["trace_sha256"] == twin["trace_sha256"]


def test_a_killed_board_is_an_error_with_the_recording_whole(tmp_path, processes):
    text = processes["bench"].read_text().replace("unplugged_s = 5", "unplugged_s = 0.2")
    processes["bench"].write_text(text)
    summary = flown(
        tmp_path / "run", "ci-120", 20, processes["bench"],
        lambda seconds: processes["laser"].kill() if seconds == 10 else None,
    )  # fmt: skip
    assert summary["verdict"] == "error"
    assert summary["error"].startswith("laser board on ")
    assert recorder.trace_sha256(tmp_path / "run" / "recording.mcap") == (summary["trace_sha256"], 10)


def test_a_killed_board_that_starts_again_has_forgotten_the_run(tmp_path, processes):
    def during(seconds):
        if seconds == 10:
            processes["power"].kill()
            processes["power"].reset()

    summary = flown(tmp_path / "run", "ci-120", 20, processes["bench"], during)
    assert "power board on" in summary["error"]
    assert "has restarted: its time is 0 ms, it was 10000; start the run again" in summary["error"]


@pytest.mark.parametrize("bench", ["host", "emulated"])
def test_the_benches_of_the_package_start_their_boards_and_leave_nothing_behind(tmp_path, bench, twin):
    command = [
        *FLATSAT,
        "run",
        "ci-120",
        "--duration",
        "20",
        "--bench",
        bench,
        "--out",
        str(tmp_path / "run"),
        "--json",
    ]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if "install" in done.stderr:
        pytest.skip(done.stderr)
    assert twin["trace_sha256"] in done.stdout, done.stderr
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=lambda by: by.name)
def test_nothing_stays_behind_when_the_bench_is_stopped(tmp_path, by):
    run = started(tmp_path)
    run.send_signal(by)
    run.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while left_behind(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_behind(tmp_path) == []


def test_an_emulator_that_is_killed_is_told_of_at_once(tmp_path):
    run = started(tmp_path, "--json")
    (laser,) = [
        number for number, words in left_behind(tmp_path) if words[0].rpartition("/")[2].startswith("laser")
    ]
    os.kill(laser, signal.SIGKILL)
    out, _ = run.communicate(timeout=60)
    assert run.returncode == 2
    summary = json.loads(out)
    assert summary["error"].startswith(
        "the emulated laser board hung up: its program was ended, or has crashed; "
    )
    recorded = recorder.trace_sha256(tmp_path / "run" / "recording.mcap")
    assert recorded == (summary["trace_sha256"], summary["cycles"])


def started(folder, *options):
    """A run on the firmware as programs of this machine, once it flies."""
    command = [*FLATSAT, "run", "leo-orbit", "--bench", "host", "--out", str(folder / "run"), *options]
    environment = {**os.environ, "TMPDIR": str(folder)}
    run = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    deadline = time.monotonic() + 60
    recording = folder / "run" / "recording.mcap"
    while not (recording.exists() and recording.stat().st_size > 20_000):
        if run.poll() is not None:
            pytest.skip(run.communicate()[1])
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return run


def left_behind(folder):
    """Processes that were started with this folder for their temporary files: number, and the words of the command."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told, words = (process / "environ").read_bytes(), (process / "cmdline").read_text()
        except OSError:
            continue
        if f"TMPDIR={folder}".encode() in told.split(b"\0"):
            found.append((int(process.name), words.split("\0")))
    return found
