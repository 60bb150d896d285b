# SPDX-License-Identifier: Apache-2.0
"""Reports of runs that the command line changed, that were killed, damaged, or lie where a name is not text."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flatsat.hil import report, scenario
from flatsat.hil.errors import RecordingError
from flatsat.hil.report import payload, tables
from flatsat.hil.report.known import Known
from flatsat.hil.report.shape import ANY, MAYBE_NUMBER, MAYBE_TEXT, NUMBER, TEXT, misfit

from .command import flatsat

LATE = """
name = "late"
description = "A fault late in a quarter of an hour."
duration_s = 900
orbit = { altitude_km = 550 }
satellite = { state_of_charge = 0.75, radiator_k = 250 }
link = { bit_error_rate = 3e-4 }

[[faults]]
at_s = 30
until_s = 40
target = "link"
kind = "outage"

[[faults]]
at_s = 800
until_s = 820
target = "link"
kind = "outage"
"""


def text(page: str) -> str:
    """What a reader sees, tables as lines."""
    page = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.S)
    return unescape(re.sub("<[^>]*>", "", page.replace("</td><td", "</td> <td")))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    here = tmp_path_factory.mktemp("here")
    (here / "late.toml").write_text(LATE)
    return here


@pytest.fixture(scope="module")
def shortened(here):
    """A run of a minute of the scenario, with another seed and in other cycles."""
    done = flatsat(
        "run", "late.toml", *["--duration", "60", "--cycle", "0.5", "--seed", "7", "--out", "short"], cwd=here
    )
    assert done.returncode in (0, 4), done.stderr
    return here / "short"


@pytest.fixture
def spoilt(shortened, tmp_path):
    return Path(shutil.copytree(shortened, tmp_path / "spoilt"))


# what was written, and what was flown


def test_a_shortened_run_keeps_its_scenario(shortened):
    known = Known.read(shortened)
    assert known.scenario == scenario.parse(LATE)
    page = (shortened / "report.html").read_text()
    for told in (
        "A fault late in a quarter of an hour.", "60 s of the scenario's 900 s", "duration 60 s; the scenario says 900 s",
        "cycle 0.5 s; the scenario says 1 s", "seed 7; the scenario says 1",
    ):  # fmt: skip
        assert told in text(page), told
    assert set(payload.limits(known)) == {"floor", "limit_k"}


def test_a_killed_shortened_run_tells_its_planned_faults(spoilt):
    (spoilt / "summary.json").unlink()
    recording = spoilt / "recording.mcap"
    recording.write_bytes(recording.read_bytes()[: recording.stat().st_size // 2])
    page = text(report.write(spoilt).read_text())
    assert re.search(r"s of 60 s of the scenario's 900 s", page)
    assert "link outage 30 s 40 s" in page
    assert "link outage 800 s 820 s after its end" in page


@pytest.mark.parametrize(
    "options",
    ["--duration 60 --cycle 0.5 --seed 7", "--duration 50", ""],
    ids=["all changed", "duration", "as written"],
)
def test_the_command_that_is_printed_flies_the_same_run(here, tmp_path, options):
    scenario_file = "late.toml" if options else "ci-120"
    source = str(here / scenario_file) if options else scenario_file
    assert flatsat("run", source, *options.split(), "--out", "first", cwd=tmp_path).returncode in (0, 4)
    page = (tmp_path / "first" / "report.html").read_text()
    command = unescape(re.search(r"flown again, to the same trace, by <code>(.*?)</code>", page)[1])
    toml = unescape(re.search(r"<pre>(.*?)</pre>", page, re.S)[1])
    name, *arguments = shlex.split(command)
    assert name == "flatsat"
    (tmp_path / arguments[1]).write_text(toml)
    again = flatsat(*arguments, "--json", "--out", "second", cwd=tmp_path)
    first = json.loads((tmp_path / "first" / "summary.json").read_text())
    second = json.loads(again.stdout)
    for key in ("trace_sha256", "verdict", "measurements", "faults", "simulated_s", "cycles"):
        assert first[key] == second[key], key


@pytest.mark.parametrize(
    ("plan", "command"),
    [
        ({"backend": "rtl"}, "--backend rtl"),
        ({"backend": "rtl", "simulator": "icarus"}, "--backend rtl --sim icarus"),
        ({"backend": "rtl", "simulator": "", "stimulus_on_uart": "1"}, "--backend rtl --stimulus-on-uart"),
        ({"backend": "twin", "stimulus_on_uart": "0", "duration_s": "900"}, "--backend twin"),
        ({"backend": "twin", "duration_s": "31536000.5"}, "--backend twin --duration 31536000.5"),
        ({"backend": "twin", "seed": str(2**63 - 1)}, f"--backend twin --seed {2**63 - 1}"),
    ],
    ids=["rtl", "simulator", "stimulus", "as written", "a year", "great seed"],
)
def test_the_command_names_what_was_chosen(plan, command):
    known = Known(
        folder="", summary={}, damage="", plan=plan, scenario_text=LATE, scenario=scenario.parse(LATE), epoch_utc=None
    )  # fmt: skip
    assert known.command == f"flatsat run late.toml {command}"


# damage


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"measurements": 5}, "measurements is 5, not a list"),
        ({"measurements": [{"name": "x"}]}, "measurements[0].unit is missing"),
        ({"faults": None}, "faults is null, not a list"),
        ({"faults": [3]}, "faults[0] is 3, not a table"),
        ({"downlink": []}, "downlink is a list, not a table"),
        ({"wall_s": "x"}, "wall_s is 'x', not a number"),
        ({"wall_s": float("inf")}, "wall_s is inf, not a number"),
        ({"energy": {"loads_wh": "x"}}, "energy.array_wh is missing"),
        ({"versions": 5}, "versions is 5, not a table"),
        ({"compute": {"delivered": "x"}}, "compute.delivered is 'x', not a number"),
        ({"verdict": True}, "verdict is True, not text"),
        ({"schema": "flatsat-summary-9"}, "schema is 'flatsat-summary-9', not 'flatsat-summary-1'"),
        ([], "it is a list, not a table"),
        ("{}", "schema is missing"),
        ("{", "it is not JSON: "),
        ("[" * 100_000, "it is not JSON: "),
        (b"\xff", "it is not text in UTF-8"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_damaged_summary_is_named_and_the_recording_reported(spoilt, change, says):
    path = spoilt / "summary.json"
    if isinstance(change, dict):
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    elif isinstance(change, list):
        path.write_text(json.dumps(change))
    else:
        path.write_bytes(change if isinstance(change, bytes) else change.encode())
    told: list[str] = []
    page = text(report.write(spoilt, told.append).read_text())
    assert len(told) == 1 and "\n" not in told[0]
    assert f"{path} is damaged: {says}" in told[0]
    assert f"summary.json is damaged: {says}" in page
    assert "60 s of the scenario's 900 s" in page and "Added up from the recording" in page


def test_a_damaged_summary_is_told_on_standard_error(spoilt):
    (spoilt / "summary.json").write_text("{}")
    done = flatsat("report", spoilt, cwd=spoilt)
    assert (done.returncode, done.stdout) == (0, f"{spoilt / 'report.html'}\n")
    assert done.stderr.count("\n") == 1 and "schema is missing" in done.stderr


@pytest.mark.parametrize(
    ("value", "shape", "says"),
    [
        (3, NUMBER, ""),
        (3.5, NUMBER, ""),
        (True, NUMBER, "it is True, not a number"),
        (10**400, NUMBER, "it is 1000000000000000000000000000000000000..., not a number"),
        (None, NUMBER, "it is null, not a number"),
        (None, MAYBE_NUMBER, ""),
        (None, MAYBE_TEXT, ""),
        ("a", MAYBE_NUMBER, "it is 'a', not a number or null"),
        (3, TEXT, "it is 3, not text"),
        ({"a": [{"b": 1}, {"b": "c"}]}, {"a": [{"b": NUMBER}]}, "a[1].b is 'c', not a number"),
        ({"a": 1, "more": 2}, {"a": NUMBER}, ""),
        ({"x": 1}, {ANY: TEXT}, "x is 1, not text"),
        ({}, {ANY: TEXT}, ""),
    ],
    ids=str,
)
def test_shapes(value, shape, says):
    assert misfit(value, shape) == says


# names


def by_a_process(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command where standard output takes only what is text."""
    return subprocess.run(
        [sys.executable, "-m", "flatsat.hil", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120,
        errors="surrogateescape", env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
    )  # fmt: skip


def test_a_folder_whose_name_is_not_utf8(here):
    try:
        os.mkdir(os.fsencode(here) + b"/x\xff")
        os.rmdir(os.fsencode(here) + b"/x\xff")
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    name = os.fsdecode(b"x\xff")
    done = by_a_process("run", "ci-120", "--duration", "20", "--out", name, cwd=here)
    assert done.returncode in (0, 4), done.stderr
    assert f"report {name}/report.html" in done.stdout
    made = by_a_process("report", name, cwd=here)
    assert (made.returncode, made.stdout, made.stderr) == (0, f"{name}/report.html\n", "")
    assert "folder x\\xff" in text((here / name / "report.html").read_text())


def test_what_cannot_be_written_leaves_nothing_behind(spoilt):
    (spoilt / "report.html").unlink()
    (spoilt / "report.html").mkdir()
    with pytest.raises(RecordingError, match="cannot write"):
        report.write(spoilt)
    assert not list(spoilt.glob("*.part"))


def test_telecommands_that_are_open_say_why(shortened):
    row = {
        "name": "ping",
        "at_s": 59.0,
        "sent_s": 59.0,
        "accepted_s": None,
        "completed_s": 60.5,
        "failure": None,
    }
    row |= {"expect": "completed", "verdict": "inconclusive", "reason": "too near the end"}
    page = text(tables.telecommands(replace(Known.read(shortened), summary={"telecommands": [row]})))
    assert "ping inconclusive 59 s 59 s – 60.5 s (+1.5) too near the end completed" in page


def test_half_a_surrogate_pair_in_a_summary_is_told_as_it_is_written(spoilt):
    path = spoilt / "summary.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "error": "\ud800"}))
    assert r"The run stopped: \ud800" in report.write(spoilt).read_text()
