# SPDX-License-Identifier: Apache-2.0
"""Studies: what is asked for, what a flight tells, going on after a kill, and the table."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import typer
from flatsat.flightsw.control.choice import CONTROLLERS
from flatsat.flightsw.parameters import FlightParameters
from flatsat.hil import scenario
from flatsat.hil.bound.cache import Bound
from flatsat.hil.errors import FlatsatError
from flatsat.hil.interrupt import Interrupted
from flatsat.hil.study import command, flying, table, workers
from flatsat.hil.study.cell import Cell, cells, flown, load_cases, parse_controllers, parse_seeds
from flatsat.hil.study.flight import Flight, fly
from flatsat.hil.study.results import NAME, Results
from flatsat.hil.study.score import scores

TINY = """
name = "tiny"
description = "Three minutes and a half of sunlight."
duration_s = 210
cycle_s = 5
max_step_ms = 5000
[orbit]
altitude_km = 550
[satellite]
state_of_charge = 0.8
radiator_k = 250
[link]
bit_error_rate = 3e-4
"""


def bound(delivered_s: float) -> Bound:
    none = np.zeros(1)
    return Bound(delivered_s=delivered_s, per_spared_j=0.0, sold_s=0.0, sale=none, multipliers=none)


FINE = {
    "fraction_of_bound": 0.9,
    "floor_violations": 0,
    "discharge_violations": 0,
    "thermal_violations": 0,
}


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


# what is asked for


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", (7,)),
        ("1,3", (1, 3)),
        ("101-104", (101, 102, 103, 104)),
        ("3, 1-2,2", (3, 1, 2)),
        ("0", (0,)),
    ],
    ids=["one", "two", "span", "order-kept-and-once", "zero"],
)
def test_seeds(text, expected):
    assert parse_seeds(text) == expected


@pytest.mark.parametrize("text", ["", "x", "3-1", "1-", "-1", "1,,2", "1-9999999", "\u0661", "1.5"])
def test_what_is_no_seed_is_told(text):
    with pytest.raises(typer.BadParameter, match="neither a seed nor a span"):
        parse_seeds(text)


def test_controllers_by_name_or_all():
    assert parse_controllers("all") == tuple(CONTROLLERS)
    assert parse_controllers("planner, adaptive,planner") == ("planner", "adaptive")
    with pytest.raises(typer.BadParameter, match="did you mean planner"):
        parse_controllers("planer")


def test_two_cases_of_one_name_are_refused(tiny):
    with pytest.raises(typer.BadParameter, match="two cases are called tiny"):
        load_cases([str(tiny), str(tiny)])


def test_a_study_has_every_cell_once():
    cases = load_cases(["leo-day", "ci-120"])
    wanted = cells(cases, (1, 2), ("adaptive", "planner"))
    assert len(set(wanted)) == 8
    assert [cell.seed for cell in wanted] == [1] * 4 + [2] * 4
    assert len({cell.digest for cell in wanted}) == 2
    assert cells({"ci-120": replace(cases["ci-120"], cycle_s=2.0)}, (1,), ("planner",))[0] not in wanted


def test_the_cases_of_a_study_are_judged_by_the_three_limits():
    for case in load_cases(command.CASES).values():
        assert [(m.name, m.high) for m in case.measurements] == [
            ("battery.floor_violations", 0),
            ("battery.discharge_violations", 0),
            ("thermal.violations", 0),
        ]
        assert (case.duration_s, case.cycle_s) == (15 * 5739, 5)


# a flight


def test_a_flight_is_the_bench_s(tiny):
    found = scenario.load(tiny)
    row = fly(Flight(flown(found, 3, "sun-follow"), bound(100.0)))
    again = fly(Flight(flown(found, 3, "sun-follow"), bound(50.0)))
    other = fly(Flight(flown(found, 3, "hysteresis"), bound(100.0)))
    assert 0 < row["delivered_s"] == again["delivered_s"] != other["delivered_s"]
    assert row["fraction_of_bound"] == pytest.approx(row["delivered_s"] / 100)
    assert again["fraction_of_bound"] == pytest.approx(2 * row["fraction_of_bound"])


def test_a_controller_with_a_bug_ends_its_own_flight_only(tiny, monkeypatch):
    monkeypatch.setitem(CONTROLLERS, "adaptive", lambda parameters: None)
    flight = Flight(scenario.load(tiny), bound(100.0))
    assert fly(flight)["error"].startswith("AttributeError: ")


def test_a_scenario_chooses_its_controller(tiny):
    tiny.write_text(TINY + '[flight]\ncontroller = "planner"\n')
    assert scenario.load(tiny).flight.controller == "planner"
    assert scenario.parse(TINY).flight.controller == FlightParameters().controller
    with pytest.raises(FlatsatError, match=r"flight.controller: 'planer'"):
        scenario.parse(TINY + '[flight]\ncontroller = "planer"\n')


# workers


def test_workers_answer_every_task():
    assert sorted(workers.answers(abs, [-3, 0, 5], 2)) == [(0, 3), (1, 0), (2, 5)]
    assert list(workers.answers(abs, [], 2)) == []


@pytest.mark.parametrize(
    ("work", "task", "told"),
    [(scenario.load, "nix", "no scenario 'nix'"), (os._exit, 1, "a worker process is gone")],
    ids=["an-error-of-ours", "the-process-ends"],
)
def test_what_a_worker_meets_is_told(work, task, told):
    with pytest.raises(FlatsatError, match=told):
        list(workers.answers(work, [task], 1))


# going on


def kept(folder):
    return [json.loads(line) for line in (folder / NAME).read_text().splitlines()]


CELL = Cell("tiny", 1, "planner", "d")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("", set()),
        (json.dumps(CELL._asdict() | FINE) + "\n", {CELL}),
        (json.dumps(CELL._asdict() | FINE), {CELL}),
        (json.dumps(CELL._asdict() | FINE)[:-7], set()),
        (json.dumps(CELL._asdict() | {"error": "x"}) + "\n", set()),
        ('[1]\n{"case": "tiny"}\n7\n\n' + json.dumps(CELL._asdict() | FINE) + "\n", {CELL}),
    ],
    ids=["empty", "whole", "no-line-end", "cut", "error", "among-other-lines"],
)
def test_what_a_kill_left_is_read_and_written_on(tmp_path, text, known):
    (tmp_path / NAME).write_text(text)
    results = Results(tmp_path)
    assert set(results.rows) == known
    after = CELL._replace(seed=2)
    assert results.missing([CELL, after]) == [cell for cell in (CELL, after) if cell not in known]
    results.append(after, FINE)
    assert set(Results(tmp_path).rows) == known | {after}


def test_results_that_cannot_be_kept_are_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FlatsatError, match="choose another folder with --out"):
        Results(tmp_path / "file")


def study(case, *options):
    return [
        sys.executable, "-m", "flatsat.hil", "study", "--cases", str(case), "--controllers", "sun-follow,hysteresis",
        "--seeds", "1-3", "--jobs", "1", *options,
    ]  # fmt: skip


def test_a_study_that_was_killed_goes_on(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    case, folder = tmp_path / "tiny.toml", tmp_path / "study"
    case.write_text(TINY.replace("duration_s = 210", "duration_s = 2100"))
    first = subprocess.Popen(study(case, "--out", str(folder)))
    while not (folder / NAME).exists():
        assert first.poll() is None
        time.sleep(0.01)
    first.kill()
    first.wait()
    before = kept(folder)
    assert 1 <= len(before) < 6
    done = subprocess.run(study(case, "--out", str(folder)), capture_output=True, text=True, check=True)
    rows = kept(folder)
    assert rows[: len(before)] == before
    assert sorted((row["seed"], row["controller"]) for row in rows) == [
        (seed, controller) for seed in (1, 2, 3) for controller in ("hysteresis", "sun-follow")
    ]
    assert done.stdout.startswith("| case | sun-follow | hysteresis |\n| --- | --- | --- |\n| tiny | 0.")
    assert f"6 flights in {folder}\n" in done.stdout


def test_an_interrupted_study_tells_how_to_go_on(tiny, tmp_path, monkeypatch):
    def one_then_ctrl_c(work, tasks, jobs):
        yield 0, bound(1.0) if work is flying.bound else FINE
        if work is flying.fly:
            raise Interrupted

    monkeypatch.setattr(flying, "answers", one_then_ctrl_c)
    told = f"interrupted with 1 of 2 flown; the same command with --out {tmp_path} goes on"
    with pytest.raises(FlatsatError, match=told):
        command.study_command("adaptive,planner", str(tiny), "1", jobs=1, out=tmp_path)
    assert len(kept(tmp_path)) == 1


# the table


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], ""),
        ([FINE], "0.9000 (0.9000)"),
        ([FINE, FINE | {"fraction_of_bound": 0.98}], "0.9400 (0.9000)"),
        ([FINE, FINE | {"discharge_violations": 2}], "disqualified: 2 violations (0.900)"),
        ([FINE | {"floor_violations": 1, "thermal_violations": 3}], "disqualified: 4 violations (0.900)"),
        ([FINE, {"error": "ZeroDivisionError: x"}], "1 errors"),
    ],
    ids=["nothing", "one", "mean-and-worst", "discharge", "floor-and-heat", "error"],
)
def test_a_score_in_words(rows, told):
    flights = {Cell("leo-day", seed, "planner", "d"): row for seed, row in enumerate(rows)}
    score = scores(flights, flights or [CELL])[0]
    assert score.told == told


def test_the_worst_seed_is_told():
    flights = {
        Cell("leo-day", seed, "planner", "d"): FINE | {"fraction_of_bound": 1 / seed} for seed in (1, 4, 2)
    }
    score = scores(flights, flights)[0]
    assert (score.worst, score.worst_seed, score.flown) == (0.25, 4, 3)


def test_the_table_has_a_row_for_each_case_and_a_column_for_each_controller(capsys):
    flights = {
        Cell(case, 1, controller, "d"): FINE | {"fraction_of_bound": share}
        for case, controller, share in [
            ("a", "x", 0.91),
            ("a", "y", 0.92),
            ("b", "x", 0.93),
            ("b", "y", 0.94),
        ]
    }
    table.show(scores(flights, flights), 1)
    assert capsys.readouterr().out.splitlines()[:4] == [
        "| case | x | y |",
        "| --- | --- | --- |",
        "| a | 0.9100 (0.9100) | 0.9200 (0.9200) |",
        "| b | 0.9300 (0.9300) | 0.9400 (0.9400) |",
    ]
