# SPDX-License-Identifier: Apache-2.0
"""`flatsat boards` and what it keeps: locks that show their holder, quarantine, power that goes off, flashing."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from flatsat.boards.firmware.build import BuildError, build
from flatsat.hil import bench_power, board_lock, quarantine
from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.board_lock import BoardHeld
from flatsat.hil.boards_command import boards_app
from flatsat.hil.errors import BackEndError, FlatsatError
from flatsat.hil.quarantine import Quarantined
from flatsat.hil.udev_rules import rules
from typer.testing import CliRunner

from .bench_files import QUICK, bench_toml, benches
from .board_on_a_line import BUILD_ID

FLATSAT = (sys.executable, "-m", "flatsat.hil")
NOWHERE = {"power": "/dev/flatsat-p", "compute": "/dev/flatsat-c", "laser": "/dev/flatsat-l"}


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def boards(*arguments):
    return CliRunner().invoke(boards_app, [str(argument) for argument in arguments])


def written(folder, policies=QUICK, **place):
    path = folder / "bench.toml"
    path.write_text(bench_toml(NOWHERE, {**policies, "absent_s": 0}, **place))
    return path


# --- list and probe -------------------------------------------------------------------------------------------------


def test_list_says_where_they_are_and_touches_nothing(tmp_path):
    with benches(tmp_path) as (bench, lines):
        lines["laser"].order("unplug")
        with board_lock.held("compute", lines["compute"].url, "a test"):
            rows = json.loads(boards("list", bench, "--json").stdout)["boards"]
    assert [row["board"] for row in rows] == ["power", "compute", "laser"]
    assert (rows[0]["state"], rows[2]["state"]) == ("there", "absent")
    assert rows[1]["state"].startswith(f"held by process {os.getpid()} on ")
    assert rows[1]["holder"]["purpose"] == "a test"


def test_probe_tells_who_answers(tmp_path):
    with benches(tmp_path) as (bench, lines):
        done = boards("probe", bench, "--json")
        lines["laser"].order("unplug")
        lines["power"].order("become", board="laser")
        amiss = boards("probe", bench)
    assert done.exit_code == 0
    found = json.loads(done.stdout)["boards"]
    assert [row["build_id"] for row in found] == [f"{build_id:08x}" for build_id in BUILD_ID.values()]
    assert all(row["answers"] and row["round_trip_us"] > 0 and row["board_ms"] == 0 for row in found)
    assert amiss.exit_code == 1
    power, compute, laser = amiss.stdout.splitlines()
    assert "'LSR1' answers there" in power
    assert "image 0b0a0002" in compute
    assert "is not there" in laser


# --- locks ----------------------------------------------------------------------------------------------------------


def test_a_held_board_shows_its_holder_to_others_and_is_free_when_that_is_killed(tmp_path):
    with benches(tmp_path) as (bench, _):
        holder = subprocess.Popen(
            [*FLATSAT, "boards", "lock", str(bench), "--for", "soldering"], stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout.readline() == "test: held until Ctrl-C\n"
        with pytest.raises(
            BoardHeld, match=rf"held by process {holder.pid} on .* \(soldering\) since 20"
        ) as caught:
            open_back_end("serial", Options(bench=str(bench)))
        assert caught.value.holder.pid == holder.pid
        assert boards("probe", bench).exit_code == 1
        holder.kill()
        holder.communicate()
        open_back_end("serial", Options(bench=str(bench))).close()


def test_ctrl_c_lets_go(tmp_path):
    holder = subprocess.Popen(
        [*FLATSAT, "boards", "lock", str(written(tmp_path))], stdout=subprocess.PIPE, text=True
    )
    holder.stdout.readline()
    assert board_lock.holder(NOWHERE["power"]).pid == holder.pid
    holder.send_signal(signal.SIGINT)
    assert holder.communicate(timeout=10)[0] == "let go\n"
    assert holder.returncode == 0
    assert board_lock.holder(NOWHERE["power"]) is None


def test_a_run_holds_its_boards_and_lets_go(tmp_path):
    with benches(tmp_path) as (bench, lines):
        back_end = open_back_end("serial", Options(bench=str(bench)))
        assert board_lock.holder(lines["laser"].url).purpose == f"flatsat run --bench {bench}"
        with pytest.raises(BoardHeld):
            open_back_end("serial", Options(bench=str(bench)))
        back_end.close()
        assert board_lock.holder(lines["laser"].url) is None


# --- quarantine -----------------------------------------------------------------------------------------------------


def fails(bench):
    with pytest.raises(FlatsatError) as caught:
        open_back_end("serial", Options(bench=str(bench)))
    return caught.value


def test_a_board_that_fails_often_is_left_alone_until_it_is_probed(tmp_path):
    policies = {**QUICK, "absent_s": 0, "quarantine_after": 2}
    with benches(tmp_path, policies=policies) as (bench, lines):
        lines["compute"].order("unplug")
        assert "is not there" in str(fails(bench))
        assert "is not there" in str(fails(bench))
        refused = fails(bench)
        assert isinstance(refused, Quarantined)
        assert refused.board == "compute"
        assert "after 2 failures in a row" in str(refused)
        lines["compute"].order("replug")
        assert isinstance(fails(bench), Quarantined)
        assert "in quarantine: is not there" in boards("list", bench).stdout
        assert boards("probe", bench).exit_code == 0
        open_back_end("serial", Options(bench=str(bench))).close()


def test_only_failures_in_a_row_count(tmp_path):
    policies = {**QUICK, "absent_s": 0, "quarantine_after": 2}
    with benches(tmp_path, policies=policies) as (bench, lines):
        for _ in range(3):
            lines["compute"].order("unplug")
            assert "is not there" in str(fails(bench))
            lines["compute"].order("replug")
            open_back_end("serial", Options(bench=str(bench))).close()
    assert quarantine.record(lines["compute"].url).failures == 0


# --- power and flash ------------------------------------------------------------------------------------------------


def logged(tmp_path, word):
    return ["sh", "-c", f"echo {{board}} {word} >> {tmp_path}/log"]


@pytest.mark.parametrize(
    ("off_on_exit", "last"),
    [(True, ["laser off", "compute off", "power off"]), (False, [])],
    ids=["off", "left on"],
)
def test_boards_have_power_for_the_run_and_are_off_after_it(tmp_path, off_on_exit, last):
    means = {"power_on": logged(tmp_path, "on"), "power_off": logged(tmp_path, "off")}
    with benches(tmp_path, policies={**QUICK, "off_on_exit": off_on_exit}, **means) as (bench, _):
        open_back_end("serial", Options(bench=str(bench))).close()
    assert (tmp_path / "log").read_text().splitlines() == ["power on", "compute on", "laser on", *last]


def test_boards_are_off_after_a_run_that_could_not_start(tmp_path):
    bench = written(tmp_path, power_on=logged(tmp_path, "on"), power_off=logged(tmp_path, "off"))
    assert "is not there" in str(fails(bench))
    assert (tmp_path / "log").read_text().splitlines()[-1] == "power off"


def test_where_switching_off_fails_all_power_goes(tmp_path):
    bench = written(tmp_path, power_on=["true"], power_off=["false"])
    bench.write_text(f'emergency_off = ["touch", "{tmp_path}/dark"]\n' + bench.read_text())
    fails(bench)
    assert (tmp_path / "dark").exists()


def test_off_needs_no_lock(tmp_path):
    bench = written(tmp_path, power_off=logged(tmp_path, "off"))
    with board_lock.held("power", NOWHERE["power"], "a run that hangs"):
        assert boards("off", bench).exit_code == 0
    assert (tmp_path / "log").read_text().splitlines() == ["power off", "compute off", "laser off"]


def test_flash_runs_the_command_and_asks_who_is_there(tmp_path):
    image = tmp_path / "power.bin"
    image.write_bytes(b"image")
    with benches(tmp_path, flash=["cp", "{image}", f"{tmp_path}/{{board}}.flashed"]) as (bench, _):
        done = boards("flash", bench, "power", "--image", image)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "power.flashed").read_bytes() == b"image"
    assert "image 0b0a0001" in done.stdout


def test_flash_without_an_image_builds_flatsats_own(tmp_path):
    try:
        image = build("laser", "stm32f4").flash_path
    except BuildError as error:
        pytest.skip(str(error))
    with benches(tmp_path, flash=["cp", "{image}", f"{tmp_path}/{{board}}.flashed"]) as (bench, _):
        assert boards("flash", bench, "laser").exit_code == 0
    assert (tmp_path / "laser.flashed").read_bytes() == image.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["power", "--image", "none.bin"], "none.bin is no file"),
        (["sail", "--image", "none.bin"], "'sail' is not one of power, compute, laser"),
    ],
)
def test_what_cannot_be_flashed(tmp_path, arguments, told):
    bench = written(tmp_path, flash=["true"])
    done = subprocess.run(
        [*FLATSAT, "boards", "flash", str(bench), *arguments], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["flatsat-none"], "cannot be run"),
        (["false"], "ended with 1: nothing said"),
        (["sh", "-c", "echo no such outlet >&2; exit 3"], "sh ended with 3: no such outlet"),
        (["sleep", "9"], "did not end within 0.2 s"),
    ],
    ids=["missing", "failed", "failed and said why", "hangs"],
)
def test_a_command_that_fails_is_one_line(words, told):
    started = time.monotonic()
    with pytest.raises(BackEndError) as caught:
        bench_power.run(words, 0.2)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - started < 5


# --- udev -----------------------------------------------------------------------------------------------------------


def test_udev_rules_name_each_port_by_its_serial_number(monkeypatch):
    from serial.tools import list_ports, list_ports_common

    port = list_ports_common.ListPortInfo("/dev/ttyACM0")
    port.vid, port.pid, port.serial_number = 0x0483, 0x374B, "066BFF"
    builtin = list_ports_common.ListPortInfo("/dev/ttyS0")
    monkeypatch.setattr(list_ports, "comports", lambda: [port, builtin])
    (rule,) = [line for line in rules() if not line.startswith("#")]
    assert rule == (
        'SUBSYSTEM=="tty", ATTRS{idVendor}=="0483", ATTRS{idProduct}=="374b", ATTRS{serial}=="066BFF", '
        'GROUP="dialout", MODE="0660", TAG+="uaccess", SYMLINK+="flatsat/board0"'
    )


def test_without_ports_the_rules_say_what_to_do(monkeypatch):
    from serial.tools import list_ports

    monkeypatch.setattr(list_ports, "comports", list)
    assert all(line.startswith("#") for line in rules())
