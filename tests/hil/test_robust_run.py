# SPDX-License-Identifier: Apache-2.0
"""Runs that are stopped, starved of room or of their terminal: what was flown stays, whole, and nothing else stays."""

import json
import os
import pty
import random
import signal
import subprocess
import sys
import time

import pytest
from flatsat.hil import interrupt, recorder, scenario
from flatsat.hil.backends.port import Options
from flatsat.hil.run import Order, fly
from flatsat.hil.run_folder import DOWNLINK, RECORDING, SUMMARY

FLATSAT = (sys.executable, "-m", "flatsat.hil")
LEO = scenario.load("leo-orbit")
MOMENTS = range(8)


def order(folder):
    return Order(scenario=LEO, back_end="twin", seed=1, folder=folder, options=Options(verbose=False))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The same flight undisturbed, as far as any of the others gets; its kernels are compiled for all of them."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    fly(order(folder), lambda seconds: None)
    return [cycle.streams for cycle in recorder.read(folder / RECORDING)]


def struck(folder, by, after_s):
    """Fly in a child that gets a signal after so many seconds; return how it ended."""
    child = os.fork()
    if not child:
        try:
            interrupt.listen()
            fly(order(folder), lambda seconds: None)
        finally:
            os._exit(0)
    time.sleep(after_s)
    os.kill(child, by)
    return os.waitpid(child, 0)[1]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_it_reads_up_to_the_last_whole_cycle(whole, tmp_path, moment):
    folder = tmp_path / "run"
    struck(folder, signal.SIGKILL, random.Random(moment).uniform(0, 1.2))
    if not folder.exists():  # killed before the boards were there
        return
    assert {path.name for path in folder.iterdir()} <= {RECORDING, DOWNLINK}
    cycles = list(recorder.read(folder / RECORDING))
    assert [cycle.number for cycle in cycles] == list(range(len(cycles)))
    assert [cycle.streams for cycle in cycles] == whole[: len(cycles)]
    assert not cycles or recorder.plan(folder / RECORDING)["cycles"] == str(len(whole))


@pytest.mark.parametrize(
    ("by", "moment"),
    [(interrupt.STOPS[moment % len(interrupt.STOPS)], moment) for moment in MOMENTS],
    ids=lambda value: getattr(value, "name", value),
)
def test_stopped_at_any_moment_it_sums_up_or_leaves_nothing(whole, tmp_path, by, moment):
    folder = tmp_path / "run"
    assert struck(folder, by, random.Random(100 + moment).uniform(0, 1.0)) in (0, by)
    if not folder.exists():
        return
    assert {RECORDING, DOWNLINK, SUMMARY} <= {path.name for path in folder.iterdir()}
    summary = json.loads((folder / SUMMARY).read_text())
    assert summary["verdict"] == "error"
    assert summary["error"] == "interrupted"
    recomputed = recorder.trace_sha256(folder / RECORDING)
    assert recomputed == (summary["trace_sha256"], summary["cycles"])


def test_the_trace_of_a_killed_run_tells_where_it_ends(tmp_path):
    folder = tmp_path / "run"
    for after_s in (0.5, 1, 2, 4):
        struck(folder, signal.SIGKILL, after_s)
        if folder.exists() and recorder.trace_sha256(folder / RECORDING)[1]:
            break
        (folder / RECORDING).unlink(missing_ok=True)
    done = subprocess.run([*FLATSAT, "trace", folder], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    cycles = recorder.trace_sha256(folder / RECORDING)[1]
    says = f"the recording ends early, after {cycles:,} of 5,739 cycles, no summary to compare with\n"
    assert done.stdout.endswith(says)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of some hundred kilobytes; resized by calling it."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("mounting a small file system needs root")
        return place

    yield mount
    subprocess.run(["umount", str(place)], capture_output=True, check=False)


@pytest.mark.parametrize("room_k", [260, 276], ids="{} KiB".format)
def test_a_full_disk_ends_the_run_with_a_summary_and_whole_cycles(small_disk, room_k):
    folder = small_disk(f"size={room_k}k") / "run"
    command = [*FLATSAT, "run", "leo-orbit", "--duration", "120", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "No space left on device; free some space or use --out" in done.stdout
    summary = json.loads((folder / SUMMARY).read_text())
    assert summary["verdict"] == "error"
    assert 20 < summary["cycles"] < 120
    recomputed = recorder.trace_sha256(folder / RECORDING)
    assert recomputed == (summary["trace_sha256"], summary["cycles"])


@pytest.mark.parametrize(
    ("options", "arguments", "says"),
    [
        ("ro", ("--out", "run"), "Read-only file system|cannot write into"),
        ("ro", (), "Read-only file system|cannot write into"),
        ("size=100k", ("--out", "run"), "shorten --duration"),
    ],
    ids=["read-only", "read-only, own folder", "too small from the start"],
)
def test_a_disk_that_cannot_take_the_run_is_told_before_it(small_disk, options, arguments, says):
    place = small_disk(options)
    command = [*FLATSAT, "run", "ci-120", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=place)
    assert done.returncode == 2
    assert any(part in done.stderr for part in says.split("|"))
    assert len(done.stderr.splitlines()) == 1
    assert list(place.iterdir()) == []


def shell(redirection, *arguments, cwd):
    command = ["bash", "-c", f'"$@" {redirection}', "bash", *FLATSAT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd)


@pytest.mark.parametrize(
    ("redirection", "code"),
    [
        (">&-", 4),
        ("2>&-", 4),
        ("<&- >&- 2>&-", 4),
        ("> >(true)", 4),
        (">/dev/full", 2),
    ],
    ids=["stdout closed", "stderr closed", "all closed", "reader gone", "stdout full"],
)
def test_streams_that_are_closed_or_full(tmp_path, redirection, code):
    done = shell(redirection, "run", "ci-120", "--duration", "5", "--out", "run", cwd=tmp_path)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "rror" not in done.stderr
    stated = json.loads((tmp_path / "run" / SUMMARY).read_text())["trace_sha256"]
    assert recorder.trace_sha256(tmp_path / "run" / RECORDING) == (stated, 5)


@pytest.mark.parametrize("arguments", [("scenarios", "schema"), ("run", "--help"), ("doctor",)], ids=" ".join)
def test_a_reader_that_has_had_enough_is_no_failure(tmp_path, arguments):
    done = shell("> >(true)", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_tables_have_no_trailing_blanks(tmp_path):
    done = shell("", "run", "ci-120", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line != line.rstrip()] == []


def test_runs_at_once_get_folders_of_their_own(tmp_path):
    command = [*FLATSAT, "run", "ci-120", "--duration", "5", "--json"]
    runs = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) for _ in range(3)]
    told = {json.loads(run.communicate(timeout=100)[0])["trace_sha256"] for run in runs}
    assert [run.returncode for run in runs] == [4] * 3
    folders = list((tmp_path / "runs").iterdir())
    assert len(folders) == 3
    assert {recorder.trace_sha256(folder / RECORDING) for folder in folders} == {(*told, 5)}


def test_of_runs_at_once_into_one_folder_one_flies(tmp_path):
    command = [*FLATSAT, "run", "ci-120", "--duration", "5", "--out", str(tmp_path / "run")]
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    told = [run.communicate(timeout=100)[1] for run in runs]
    assert sorted(run.returncode for run in runs) == [2, 2, 4]
    assert sum("already holds a run" in errors for errors in told) == 2


def test_a_terminal_that_hangs_up_ends_the_run_in_order(tmp_path):
    folder = tmp_path / "run"
    child, terminal = pty.fork()
    if not child:
        os.execv(sys.executable, [*FLATSAT, "run", "leo-orbit", "--out", str(folder)])
    deadline = time.monotonic() + 60
    while not ((folder / RECORDING).exists() and (folder / RECORDING).stat().st_size > 200_000):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 2
    assert json.loads((folder / SUMMARY).read_text())["error"] == "interrupted"


def test_under_nohup_it_flies_on(tmp_path):
    command = ["nohup", *FLATSAT, "run", "leo-orbit", "--duration", "600", "--out", str(tmp_path / "run")]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "run" / RECORDING).exists():
        assert run.poll() is None
        time.sleep(0.01)
    run.send_signal(signal.SIGHUP)
    assert run.wait(60) == 4
