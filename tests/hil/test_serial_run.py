# SPDX-License-Identifier: Apache-2.0
"""Runs over serial lines: the twin's own trace on good lines, and on bad ones flight software that copes and loses nothing."""

import subprocess
import sys
import threading
from functools import cache

import pytest
from flatsat.hil import recorder, scenario
from flatsat.hil.backends import serial_line
from flatsat.hil.backends.line_errors import BoardRestarted, BoardSilent, PortAbsent, WrongBoard
from flatsat.hil.backends.port import Options, Request, open_back_end
from flatsat.hil.run import Order, fly

from .bench_files import QUICK, bench_toml, benches
from .board_on_a_line import BUILD_ID

FLATSAT = (sys.executable, "-m", "flatsat.hil")


def flown(folder, name, duration_s, bench=None, during=lambda seconds: None):
    """The summary of a run; `during` is told the simulated seconds after each cycle."""
    loaded = scenario.load(name)
    order = Order(
        scenario=scenario.replace(loaded, duration_s=duration_s), back_end="serial" if bench else "twin", seed=1,
        folder=folder, options=Options(bench=bench and str(bench)), loaded=loaded,
    )  # fmt: skip
    return fly(order, during)[1]


def events(folder):
    """Names of the events that came down, in order."""
    command = [*FLATSAT, "decode", str(folder / "downlink.cadu"), "--events"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split()[2] for line in lines if line[:4].isdigit()]


@pytest.fixture(scope="module")
def on_the_twin(tmp_path_factory):
    return cache(lambda name, duration_s: flown(tmp_path_factory.mktemp("twin") / "run", name, duration_s))


# --- good lines -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name", "duration_s"),
    [
        pytest.param("pty", "leo-orbit", 300, id="pty"),
        pytest.param("socket", "leo-orbit", 40, id="socket"),
        pytest.param("rfc2217", "leo-orbit", 30, id="rfc2217"),
        pytest.param("pty", "watchdog-reset", 60, id="stops of the power board"),
        pytest.param("pty", "load-short", 60, id="a breaker that trips"),
        pytest.param("pty", "bad-wire", 40, id="faults of the scenario"),
    ],
)
@pytest.mark.filterwarnings("ignore:set.*deprecated:DeprecationWarning")  # pyserial's
def test_the_trace_is_the_twins(tmp_path, on_the_twin, kind, name, duration_s):
    with benches(tmp_path, kind) as (bench, _):
        summary = flown(tmp_path / "run", name, duration_s, bench)
    twin = on_the_twin(name, duration_s)
    for key in ("trace_sha256", "verdict", "downlink", "compute", "faults", "measurements"):
        assert summary[key] == twin[key], key
    assert recorder.trace_sha256(tmp_path / "run" / "recording.mcap")[0] == summary["trace_sha256"]
    assert summary["backend"] == "serial"
    assert summary["images"]["power"] == f"serial {BUILD_ID['power']:08x}"


def test_small_bursts_give_the_same_trace(tmp_path, on_the_twin):
    with benches(tmp_path, burst_octets=64, burst_gap_s=0.0001) as (bench, _):
        assert (
            flown(tmp_path / "run", "ci-120", 20, bench)["trace_sha256"]
            == on_the_twin("ci-120", 20)["trace_sha256"]
        )


# --- bad lines ------------------------------------------------------------------------------------------------------

EVERY = 23  # pieces, so that faults wander through all phases of a cycle
TIMELY = ["split", "noise"]
HARMFUL = ["corrupt", "stutter", "cut", "lose", "merge"]


@pytest.mark.parametrize("way", ["to", "from"])
@pytest.mark.parametrize("kind", [*TIMELY, "delay", "duplicate"])
def test_what_harms_no_packet_changes_nothing(tmp_path, on_the_twin, kind, way):
    with benches(tmp_path, policies={**QUICK, "reply_s": 0.02}) as (bench, boards):
        for board in boards.values():
            board.order("fault", way=way, kind=kind, every=EVERY, seconds=0.03)
        summary = flown(tmp_path / "run", "ci-120", 40, bench)
        struck = sum(int(board.order("struck")) for board in boards.values())
    assert struck > 20
    if (kind, way) == ("noise", "to"):  # which the boards count, and flight software reads
        assert summary["trace_sha256"] != on_the_twin("ci-120", 40)["trace_sha256"]
    else:
        assert summary["trace_sha256"] == on_the_twin("ci-120", 40)["trace_sha256"]
    assert summary.get("error") is None


@pytest.mark.parametrize("way", ["to", "from"])
@pytest.mark.parametrize("kind", HARMFUL)
def test_flight_software_copes_with_packets_harmed_in_every_phase(tmp_path, on_the_twin, kind, way):
    with benches(tmp_path, policies={**QUICK, "reply_s": 0.02}) as (bench, boards):
        for board in boards.values():
            board.order("fault", way=way, kind=kind, every=EVERY)
        summary = flown(tmp_path / "run", "ci-120", 60, bench)
        struck = sum(int(board.order("struck")) for board in boards.values())
    assert summary.get("error") is None
    assert struck > 20
    kept, clean = summary["downlink"], on_the_twin("ci-120", 60)["downlink"]
    assert kept["frames_lost"] == kept["packets_lost"] == kept["packets_altered"] == 0
    assert kept["frames_sent"] >= clean["frames_sent"] - 2


def test_a_line_deaf_to_flight_software_is_a_silent_board_that_comes_back(tmp_path):
    with benches(tmp_path) as (bench, boards):

        def during(seconds):
            if seconds == 20:
                boards["laser"].order("fault", way="to", kind="lose", every=1, only=0x42)
            if 26 <= seconds < 27:
                boards["laser"].order("fault", way="to", kind="", every=0, only=0)

        summary = flown(tmp_path / "run", "ci-120", 80, bench, during)
    told = events(tmp_path / "run")
    assert told.index("BOARD_SILENT") < told.index("BOARD_BACK")
    assert summary["downlink"]["frames_lost"] == summary["downlink"]["packets_lost"] == 0


# --- boards that are stopped, unplugged, exchanged, killed ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["power", "compute", "laser"])
def test_a_board_stopped_for_a_while_changes_nothing(tmp_path, on_the_twin, name):
    with benches(tmp_path) as (bench, boards):

        def during(seconds):
            if seconds % 4 == 2:
                boards[name].stop()
                threading.Timer(0.1, boards[name].go_on).start()

        summary = flown(tmp_path / "run", "ci-120", 20, bench, during)
    assert summary["trace_sha256"] == on_the_twin("ci-120", 20)["trace_sha256"]


@pytest.mark.parametrize(
    ("kind", "name"), [("pty", "power"), ("pty", "compute"), ("pty", "laser"), ("socket", "power")]
)
def test_a_board_unplugged_and_replugged_in_every_phase_flies_on(tmp_path, capsys, kind, name):
    with benches(tmp_path, kind) as (bench, boards):
        boards[name].order("fault", way="to", kind="unplug", every=17, seconds=0.03)
        summary = flown(tmp_path / "run", "ci-120", 30, bench)
        struck = int(boards[name].order("struck"))
    assert struck > 5
    assert summary.get("error") is None
    assert summary["cycles"] == 30
    assert summary["downlink"]["frames_lost"] == summary["downlink"]["packets_lost"] == 0
    told = capsys.readouterr().err.splitlines()
    assert len([line for line in told if line.endswith("is back; the run goes on")]) >= struck
    assert told[0].startswith(f"flatsat: {name} board on ")
    assert "waiting up to 5 s" in told[0]


def harm(boards, how):
    if how == "kill":
        boards["compute"].kill()
    elif how == "stop":
        boards["compute"].stop()
    elif how == "unplug":
        boards["compute"].order("unplug")
    elif how == "restart":
        boards["compute"].order("unplug")
        boards["compute"].order("power cycle")
        boards["compute"].order("replug")
    elif how == "exchange":
        boards["compute"].order("unplug")
        boards["compute"].order("become", board="laser")
        boards["compute"].order("replug")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("kill", "is gone"),
        ("stop", "has not answered for 0.5 s; reset it"),
        ("unplug", "is gone"),
        ("restart", "has restarted: its time is 0 ms, it was 10000; start the run again"),
        ("exchange", "'LSR1' answers there; check the urls in the bench file"),
    ],
)
def test_what_cannot_go_on_is_an_error_with_the_recording_whole(tmp_path, how, told):
    with benches(tmp_path, policies={**QUICK, "unplugged_s": 0.3, "silent_s": 0.5}) as (bench, boards):
        summary = flown(
            tmp_path / "run",
            "ci-120",
            20,
            bench,
            lambda seconds: harm(boards, how) if seconds == 10 else None,
        )
    assert summary["verdict"] == "error"
    assert summary["error"].startswith("compute board on ")
    assert told in summary["error"]
    assert recorder.trace_sha256(tmp_path / "run" / "recording.mcap") == (summary["trace_sha256"], 10)


def test_by_policy_a_compute_board_that_was_killed_is_one_that_lost_its_power(tmp_path, capsys):
    done = []

    def during(seconds):
        if seconds >= 20 and not done:
            done.append(harm(boards, "restart"))

    with benches(tmp_path, policies={**QUICK, "restarted": "fly-on"}) as (bench, boards):
        summary = flown(tmp_path / "run", "leo-orbit", 80, bench, during)
    assert summary.get("error") is None
    assert "has restarted; it goes on as after a loss of its power" in capsys.readouterr().err
    assert "CONFIGURATION_REPAIRED" in events(tmp_path / "run")
    assert summary["downlink"]["frames_lost"] == summary["downlink"]["packets_lost"] == 0


def test_by_policy_an_unplugged_board_ends_the_run_at_once(tmp_path):
    with benches(tmp_path, policies={**QUICK, "unplugged_s": 0}) as (bench, boards):
        summary = flown(
            tmp_path / "run",
            "ci-120",
            20,
            bench,
            lambda seconds: harm(boards, "unplug") if seconds == 10 else None,
        )
    assert "is gone" in summary["error"]


# --- opening --------------------------------------------------------------------------------------------------------


def opened(path):
    return open_back_end("serial", Options(bench=str(path)))


@pytest.mark.parametrize(
    ("urls", "kind"),
    [
        pytest.param({"power": "laser", "laser": "power"}, WrongBoard, id="lines swapped"),
        pytest.param({"power": "nowhere"}, PortAbsent, id="one is absent"),
    ],
)
def test_a_bench_that_cannot_be_opened_leaves_nothing_held(tmp_path, urls, kind):
    policies = {**QUICK, "absent_s": 0.1}
    with benches(tmp_path, policies=policies) as (bench, boards):
        right = {name: board.url for name, board in boards.items()}
        wrong = right | {name: right.get(other, str(tmp_path / other)) for name, other in urls.items()}
        (tmp_path / "wrong.toml").write_text(bench_toml(wrong, policies))
        with pytest.raises(kind):
            opened(tmp_path / "wrong.toml")
        opened(bench).close()


def test_a_port_that_comes_late_is_awaited_with_a_message(tmp_path, capsys):
    with benches(tmp_path) as (bench, boards):
        boards["laser"].order("unplug")
        threading.Timer(0.2, boards["laser"].order, ["replug"]).start()
        opened(bench).close()
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"flatsat: laser board on {boards['laser'].url}: is not there")
    assert told.endswith("; waiting up to 2 s")


def test_a_silent_board_is_told_of(tmp_path):
    with benches(tmp_path, policies={**QUICK, "silent_s": 0.2}) as (bench, boards):
        boards["power"].stop()
        with pytest.raises(BoardSilent, match="reset it, and check baud and image"):
            opened(bench)


def test_the_register_map_must_be_the_one_known(tmp_path, monkeypatch):
    with benches(tmp_path) as (bench, _):
        newer = type("Register", (), {"reset": 99})
        monkeypatch.setattr(serial_line.MAPS[1], "MAP_VERSION", newer)
        with pytest.raises(WrongBoard, match="register map 2, this flatsat knows 99; flash its image"):
            opened(bench)


# --- reset ----------------------------------------------------------------------------------------------------------


def lived(back_end, milliseconds):
    from flatsat.boards.registers import power_stimulus
    from flatsat.protocols import rmap

    octets = milliseconds.to_bytes(4, "big")
    packet = rmap.write_command(0x60, 0x21, 1, power_stimulus.TIME_TARGET.address, octets)
    back_end.exchange([Request(0, 1, True, packet)])
    return back_end._lines[0].look().time_now_ms


@pytest.mark.parametrize(
    ("kind", "means"),
    [
        pytest.param("pty", {"reset": "register"}, id="register"),
        pytest.param("rfc2217", {"reset": "dtr", "dtr_s": 0.01}, id="DTR"),
    ],
)
@pytest.mark.filterwarnings("ignore:set.*deprecated:DeprecationWarning")
def test_a_reset_puts_the_boards_into_their_power_on_state(tmp_path, kind, means):
    with benches(tmp_path, kind, **means) as (bench, _):
        back_end = opened(bench)
        assert lived(back_end, 500) == 500
        back_end.reset()
        assert lived(back_end, 0) == 0
        back_end.close()


def test_a_reset_that_resets_nothing_is_an_error(tmp_path):
    with benches(tmp_path, reset="command", reset_command=["true"]) as (bench, _):
        back_end = opened(bench)
        lived(back_end, 500)
        with pytest.raises(BoardRestarted, match="is at 500 ms after its reset by command"):
            back_end.reset()
        back_end.close()


def test_a_pty_without_dtr_says_what_to_use(tmp_path):
    with benches(tmp_path, reset="dtr") as (bench, _), pytest.raises(Exception, match='reset = "register"'):
        opened(bench)
