# SPDX-License-Identifier: Apache-2.0
"""Runs as a user starts them: the command, its folder, its exit codes and its one-line errors.

It gets a process of its own where that is what is tested: to import everything takes longer than most of these flights.
"""

import contextlib
import json
import os
import pty
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time

import pytest
from flatsat.hil import recorder
from flatsat.hil.backends.port import POWER
from flatsat.hil.backends.twin import TwinBackEnd
from flatsat.hil.trace import packet_records

from .command import flatsat

SUMMARY_KEYS = {
    "schema", "scenario", "backend", "seed", "verdict", "simulated_s", "wall_s", "real_time_factor", "cycles", "cycles_missed",
    "trace_sha256", "versions", "images", "downlink", "bus", "battery", "thermal", "compute", "measurements", "faults",
    "telecommands", "check_transitions", "energy", "ladder",
}  # fmt: skip


def fly(folder, *arguments):
    done = flatsat("run", *arguments, "--out", folder, "--json")
    return json.loads(done.stdout), done


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A whole run by a process of its own: its folder, and how that ended. Nobody may change it."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    command = [sys.executable, "-m", "flatsat.hil.cli", "run", "ci-120", "--out", str(folder), "--json"]
    return folder, subprocess.run(command, capture_output=True, text=True, timeout=110)


def test_a_short_run_passes_and_leaves_its_folder(whole):
    folder, done = whole
    summary = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert summary.keys() == SUMMARY_KEYS
    assert summary["verdict"] == "pass"
    assert summary == json.loads((folder / "summary.json").read_text())
    downlink = summary["downlink"]
    assert downlink["frames_sent"] == downlink["frames_decoded"] > 10
    assert downlink["packets_sent"] == downlink["packets_decoded"] > 100
    assert downlink["packets_altered"] == downlink["packets_lost"] == 0
    assert downlink["symbols_corrected"] > 0
    assert {path.name for path in folder.iterdir()} == {
        "report.html",
        "summary.json",
        "recording.mcap",
        "downlink.cadu",
    }


def test_trace_is_recomputed_from_the_recording_alone(whole):
    folder, flown = whole
    done = flatsat("trace", folder, "--json")
    assert json.loads(done.stdout)["trace_sha256"] == json.loads(flown.stdout)["trace_sha256"]
    assert done.returncode == 0


def test_trace_tells_a_changed_recording(whole, tmp_path):
    shutil.copytree(whole[0], tmp_path / "run")
    recording = tmp_path / "run/recording.mcap"
    octets = bytearray(recording.read_bytes())
    octets[octets.index(b"\x60\x01\x6c\x46") + 40] ^= 1  # inside a command of the bench to the power board
    recording.write_bytes(octets)
    done = flatsat("trace", tmp_path / "run")
    assert done.returncode == 1
    assert "DIFFERS" in done.stdout


def test_the_seed_decides_and_nothing_else(tmp_path):
    hashes = [
        fly(tmp_path / str(number), "ci-120", "--duration", 40, "--seed", seed)[0]["trace_sha256"]
        for number, seed in enumerate((1, 1, 2))
    ]
    assert hashes[0] == hashes[1] != hashes[2]


def test_decode_reads_what_a_run_wrote(whole):
    summary = json.loads(whole[1].stdout)
    done = flatsat("decode", whole[0] / "downlink.cadu", "--json")
    decoded = json.loads(done.stdout)
    assert done.returncode == 0
    assert decoded["frames_decoded"] == summary["downlink"]["frames_decoded"]
    assert decoded["packets_decoded"] == summary["downlink"]["packets_decoded"]
    assert decoded["symbols_corrected"] == summary["downlink"]["symbols_corrected"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "no-such"], "no scenario 'no-such'"),
        (["run", "--backend", "abacus"], "abacus"),
        (["run", "ci-120", "--duration", "0.5"], "duration_s"),
        (["run", "ci-120", "--seed", "-1"], "seed"),
        (["run", "ci-120", "--colour"], "--colour"),
        (["run", "/nonexistent/scenario.toml"], "/nonexistent/scenario.toml"),
        (["trace", "/nonexistent"], "/nonexistent"),
        (["trace", "/dev/null"], "/dev/null holds no cycle: there is nothing to trace"),
        (["trace", "/dev/null", "--json"], "/dev/null holds no cycle"),
        (["decode", "/nonexistent"], "/nonexistent"),
        (["decode", os.devnull, "--profile", "nobody"], "nobody"),
        (["scenarios", "show", "nobody"], "nobody"),
        (["fly"], "fly"),
    ],
    ids=lambda value: "_".join(map(str, value)) if isinstance(value, list) else None,
)
def test_wrong_usage_is_told_and_exits_2(arguments, says):
    done = flatsat(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("colour = 3", "colour"),
        ("[orbit]\naltitude_km = 550\ninclination = 1", "orbit.inclination"),
        ('[[faults]]\nat_s = 1\ntarget = "load9"\nkind = "short"', "faults[0].target"),
    ],
)
def test_a_wrong_scenario_names_the_key(tmp_path, line, path):
    source = flatsat("scenarios", "show", "ci-120").stdout
    if line.startswith("[orbit]"):
        source = source.replace("[orbit]", line.splitlines()[0] + "\n" + line.splitlines()[2])
    elif line.startswith("[["):
        source += "\n" + line
    else:
        source = line + "\n" + source
    scenario = tmp_path / "mine.toml"
    scenario.write_text(source)
    done = flatsat("run", scenario)
    assert done.returncode == 2
    assert path in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    done = flatsat("run", "ci-120", "--out", tmp_path / "file" / "run")
    assert done.returncode == 2
    assert "--out" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_on_a_terminal_a_run_shows_its_progress(tmp_path):
    terminal, side = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "flatsat.hil.cli",
        "run",
        "leo-orbit",
        "--duration",
        "600",
        "--out",
        str(tmp_path / "run"),
    ]
    run = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=side, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    )
    os.close(side)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal ends on Linux
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    assert run.wait() == 4
    assert b"leo-orbit on twin" in shown
    assert b"of 600 s" in shown


def test_a_run_is_never_written_over(whole):
    folder, _ = whole
    before = (folder / "summary.json").read_bytes()
    done = flatsat("run", "ci-120", "--out", folder)
    assert done.returncode == 2
    assert "already holds a run" in done.stderr
    assert (folder / "summary.json").read_bytes() == before


def test_a_run_cut_short_is_inconclusive_about_what_it_did_not_reach(tmp_path):
    summary, done = fly(tmp_path / "run", "leo-orbit", "--duration", 30)
    assert done.returncode == 4
    verdicts = {row["name"]: row["verdict"] for row in summary["measurements"]}
    assert verdicts["compute.delivered"] == "inconclusive"
    assert verdicts["battery.floor_violations"] == "pass"
    assert {fault["verdict"] for fault in summary["faults"]} == {"inconclusive"}


def test_without_out_runs_get_folders_of_their_own(tmp_path):
    for _ in range(2):
        assert flatsat("run", "ci-120", "--duration", 5, cwd=tmp_path).returncode == 4
    assert len(list((tmp_path / "runs").iterdir())) == 2


def started(folder, *arguments, stdout=subprocess.DEVNULL):
    """A run that has recorded some cycles."""
    command = [sys.executable, "-m", "flatsat.hil.cli", "run", *arguments, "--out", str(folder)]
    run = subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 60
    recording = folder / "recording.mcap"
    while not (recording.exists() and recording.stat().st_size > 200_000):
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return run


def test_a_killed_run_is_readable_up_to_its_last_whole_cycle(tmp_path):
    run = started(tmp_path / "run", "leo-orbit")
    run.kill()
    run.wait()
    numbers = [cycle.number for cycle in recorder.read(tmp_path / "run/recording.mcap")]
    assert len(numbers) > 20
    assert numbers == list(range(len(numbers)))


def test_a_full_disk_keeps_the_whole_cycles(tmp_path):
    """The disk is full after 150 kB: the run ends, says so in one object, and what it states is what is recorded."""
    command = [
        sys.executable,
        "-m",
        "flatsat.hil.cli",
        "run",
        "ci-120",
        "--out",
        str(tmp_path / "run"),
        "--json",
    ]
    limit = 150 * 1024
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    summary = json.loads(done.stdout)
    assert summary["verdict"] == "error"
    assert "recording.mcap" in summary["error"]
    assert 5 < summary["cycles"] < 120
    recomputed, cycles = recorder.trace_sha256(tmp_path / "run/recording.mcap")
    assert (recomputed, cycles) == (summary["trace_sha256"], summary["cycles"])


@pytest.mark.parametrize(
    "stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["Ctrl-C", "SIGTERM", "SIGHUP"]
)
def test_an_interrupted_run_is_put_in_order(tmp_path, stop):
    folder = tmp_path / "run"
    run = started(folder, "leo-orbit", "--json", stdout=subprocess.PIPE)
    run.send_signal(stop)
    out, _ = run.communicate(timeout=30)
    assert run.returncode == 2
    summary = json.loads(out)
    assert summary["verdict"] == "error"
    assert "interrupted" in summary["error"]
    assert recorder.trace_sha256(folder / "recording.mcap") == (summary["trace_sha256"], summary["cycles"])


def test_telemetry_says_what_the_sensors_read(whole, tmp_path):
    """From the bench's stimulus to decoded engineering values: the recording's own octets against what came down."""
    folder, _ = whole
    stimuli = {}
    for cycle in recorder.read(folder / "recording.mcap"):
        for record in packet_records(cycle.streams[POWER]):
            if record.octets[:4] == b"\x60\x01\x6c\x46" and record.octets[8:12] == b"\0\0\0\x1c":
                words = struct.unpack(">16L", record.octets[16:-1])
                stimuli[words[15]] = (
                    words  # TIME_TARGET, the board time at which flight software will read them
                )
    done = flatsat(
        "decode", folder / "downlink.cadu", "--format", "jsonl", "--out", tmp_path / "packets.jsonl"
    )
    assert done.returncode == 0
    seen = 0
    for row in map(json.loads, (tmp_path / "packets.jsonl").read_text().splitlines()):
        if row["packet"] != "power_hk":
            continue
        values = row["parameters"]
        _, bus, battery, gauge, *_, pack_current, pack_spread, pack_temperature, _ = stimuli[
            values["time_ms"]
        ]
        assert values["bus_voltage"] == pytest.approx(0.01 * (bus >> 16))
        assert values["battery_voltage"] == pytest.approx(0.01 * (battery >> 16))
        assert values["battery_current"] == pytest.approx(0.01 * ((battery & 0xFFFF) - 32768))
        assert values["state_of_charge"] == pytest.approx(2e-5 * (gauge >> 16))
        assert values["pack0_current"] == pytest.approx(0.01 * ((pack_current >> 16) - 32768))
        assert values["pack1_spread"] == pytest.approx(1e-4 * (pack_spread & 0xFFFF))
        assert values["pack1_temperature"] == pytest.approx(0.01 * (pack_temperature & 0xFFFF))
        seen += 1
    assert seen > 80


@pytest.mark.parametrize("as_json", [False, True])
def test_a_fault_beyond_the_back_end_blocks_the_run(monkeypatch, tmp_path, as_json):
    """Nothing is flown, and no folder is left."""
    monkeypatch.setattr(TwinBackEnd, "cannot", lambda self: {"load2 short"})
    code, out, errors = flatsat("run", "load-short", "--out", tmp_path / "run", *["--json"] * as_json)
    assert code == 3
    told = "blocked: fault load2 short at 400 s is beyond back end twin; fly it on another one, or leave the fault out"
    if as_json:
        summary = json.loads(out)
        assert (summary["verdict"], summary["error"], errors) == ("blocked", told, "")
    else:
        assert (out, errors) == ("", f"flatsat: {told}\n")
    assert not (tmp_path / "run").exists()
