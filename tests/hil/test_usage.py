# SPDX-License-Identifier: Apache-2.0
"""The command line as it is mistyped: one line in our words, the nearest name, and where to read on."""

import pytest
from flatsat.hil.cli import app
from flatsat.hil.suggestion import nearest
from flatsat.hil.usage import told

from .command import flatsat

NOT_OURS = ("Input should", "Value error", "pydantic", "Invalid value", "click")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--seed", "x"], "--seed: 'x' is not a whole number from 0 to 9223372036854775807 (see flatsat run --help)"),
        (["run", "--seed", "-1"], "--seed: '-1' is not a whole number"),
        (["run", "--seed", "9223372036854775808"], "is not a whole number"),
        (["run", "--seed", "1.5"], "'1.5' is not a whole number"),
        (["run", "--duration", "long"], "--duration: 'long' is not a number of seconds"),
        (["run", "--duration", "inf"], "'inf' is not a number of seconds"),
        (["run", "--cycle", "nan"], "--cycle: 'nan' is not a number of seconds"),
        (["run", "--duration"], "--duration needs a value"),
        (["run", "--backend", "abacus"], "--backend: 'abacus' is not one of 'twin', 'rtl'"),
        (["run", "--durration", "3"], "there is no option --durration, did you mean --duration?"),
        (["run", "--colour"], "there is no option --colour (see"),
        (["run", "a", "b"], "too many arguments: b"),
        (["rn"], "there is no command rn, did you mean run?"),
        (["fly"], "there is no command fly; there are "),
        (["scenarios", "shw"], "there is no command shw, did you mean show? (see flatsat scenarios --help)"),
        (["scenarios", "show"], "NAME is missing (see flatsat scenarios show --help)"),
        (["trace"], "RUN is missing"),
        (["trace", ""], "RUN: is empty (see flatsat trace --help)"),
        (["report", ""], "RUN: is empty"),
        (["run", ""], "SCENARIO: is empty"),
        (["run", "--out", ""], "--out: is empty"),
        (["decode", ""], "is empty (see flatsat decode --help)"),
        (["decode", "x", "--out", ""], "--out: is empty"),
        (["decode", "x", "--profile", ""], "--profile: is empty"),
        (["decode", "x", "--format", "xml"], "--format: 'xml' is not one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_wrong_usage_is_one_line_of_our_own(arguments, says):
    with pytest.raises(Exception) as raised:
        app(arguments, prog_name="flatsat", standalone_mode=False)
    line = told(raised.value)
    assert line.startswith("flatsat: ")
    assert says in line
    assert "\n" not in line
    assert not [word for word in NOT_OURS if word in line]


@pytest.mark.parametrize(
    ("name", "known", "says"),
    [
        ("leo-orbt", ["ci-120", "leo-orbit"], ", did you mean leo-orbit?"),
        ("xyz", ["ci-120", "leo-orbit"], ""),
        ("anything", [], ""),
    ],
)
def test_the_nearest_name(name, known, says):
    assert nearest(name, known) == says


@pytest.mark.parametrize("command", ["run", "decode", "trace", "doctor"])
def test_help_teaches(command):
    shown = flatsat(command, "--help").stdout
    assert "Exit codes:" in shown
    assert command == "doctor" or f"  flatsat {command}" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_help_begins_with_the_first_commands():
    shown = flatsat("--help").stdout
    assert shown.index("flatsat doctor") < shown.index("flatsat run ")
    assert max(map(len, shown.splitlines())) <= 80


def test_options_of_a_run_are_grouped():
    shown = flatsat("run", "--help").stdout
    assert (
        shown.index("What is flown:")
        < shown.index("--seed")
        < shown.index("Where it goes:")
        < shown.index("--out")
    )


def test_version():
    done = flatsat("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("flatsat ")


def test_a_mistyped_scenario_is_told_the_nearest():
    done = flatsat("run", "leo-orbt")
    assert done.returncode == 2
    assert "did you mean leo-orbit?" in done.stderr
