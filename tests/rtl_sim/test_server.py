# SPDX-License-Identifier: Apache-2.0
"""The simulated boards as a process: what goes through the bridge, and when the process ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flatsat.boards.registers import laser_stimulus, power_stimulus
from flatsat.protocols import bridge, rmap
from flatsat.rtl_sim import bare

from .conftest import Served
from .status_table import FLIGHT, INITIATOR, SILENT, STATUS, read, write

POWER, COMPUTE, LASER = 0, 1, 2
END_LIMIT_S = 10


def at(board: int, packet: bytes, port: int = bridge.FLIGHT_PORT) -> bridge.Request:
    return bridge.Request(board, port, rmap.reply_due(packet), packet)


def stimulus(board: int, address: int, *words: int) -> bridge.Request:
    octets = b"".join(word.to_bytes(4, "big") for word in words)
    return at(board, rmap.write_command(0x60 + board, INITIATOR, 1, address, octets), bridge.STIMULUS_PORT)


def laser_on() -> bridge.Request:
    return stimulus(LASER, laser_stimulus.POWERED.address, 1)


@pytest.mark.parametrize("options", [(), ("--stimulus-on-uart",)], ids=["stream", "uart"])
def test_status_table_over_the_whole_board(options: tuple[str, ...], built: None) -> None:
    boards = Served(*options)
    try:
        statuses = {}
        for given, (packet, _) in STATUS.items():
            assert boards.ask(bridge.Reset()) == bridge.Answer(())
            _, reply = boards.exchange(laser_on(), at(LASER, packet))
            statuses[given] = SILENT if reply is None else rmap.parse_reply(reply).status
        assert statuses == {given: status for given, (_, status) in STATUS.items()}
    finally:
        boards.close()


def test_hello_names_the_image_that_the_boards_report(served: Served) -> None:
    hello = served.ask(bridge.Hello(build_id=0, simulator=""))
    assert isinstance(hello, bridge.Hello) and hello.simulator.startswith("verilator ")
    (reply,) = served.exchange(at(POWER, read(8, 4, 0x40)))
    assert int.from_bytes(rmap.parse_reply(reply).octets, "big") == hello.build_id


def test_boards_run_at_once_and_each_in_order(served: Served) -> None:
    grants = [stimulus(POWER, power_stimulus.TIME_TARGET.address, target) for target in (10, 1000)]
    times = [at(POWER, read(0x0C, 4, 0x40))] * 2
    identity = at(COMPUTE, read(0, 4, 0x61), bridge.STIMULUS_PORT)
    replies = served.exchange(grants[0], identity, times[0], grants[1], identity, times[1])
    words = [rmap.parse_reply(reply).octets for reply in replies]
    assert words == [b"", b"CMP1", (10).to_bytes(4, "big"), b"", b"CMP1", (1000).to_bytes(4, "big")]


def test_more_requests_than_one_script_holds(served: Served) -> None:
    served.exchange(laser_on())
    frame = write(0x1000, bytes((0xC0,)) * 1120, incrementing=False)  # doubled by SLIP, refused by the board
    replies = served.exchange(*[at(LASER, frame)] * 40)
    assert [rmap.parse_reply(reply).status for reply in replies] == [1] * 40


def test_silence_is_no_reply_whoever_expected_one(served: Served) -> None:
    unpowered = bridge.Request(LASER, bridge.FLIGHT_PORT, True, read(0, 4, FLIGHT))
    assert served.exchange(unpowered, at(POWER, b"noise"), at(POWER, read(0, 4, 0x40)))[:2] == (None, None)


def test_reset_takes_time_and_counters_back(served: Served) -> None:
    served.exchange(stimulus(POWER, power_stimulus.TIME_TARGET.address, 77), at(POWER, b"noise"))
    served.ask(bridge.Reset())
    (reply,) = served.exchange(at(POWER, read(0x0C, 8, 0x40)))
    assert rmap.parse_reply(reply).octets == bytes(8)


def test_octets_that_are_no_message_get_an_error(served: Served) -> None:
    served.socket.sendall(b"\0\0\0\1\x7f")
    assert isinstance(served.hear(), bridge.Error)
    assert served.exchange(at(POWER, read(0, 4, 0x40)))[0] is not None


def test_ends_when_asked(served: Served) -> None:
    served.ask(bridge.Hello(build_id=0, simulator=""))
    served.socket.sendall(bridge.framed(bridge.Close()))
    assert served.process.wait(END_LIMIT_S) == 0


def test_ends_when_the_bench_goes_away(served: Served) -> None:
    served.ask(bridge.Hello(build_id=0, simulator=""))
    served.socket.close()
    assert served.process.wait(END_LIMIT_S) == 0


# starts the server, tells its process, and keeps it busy for half a minute
PARENT = """
import os, socket, subprocess, sys
from flatsat.protocols import bridge, rmap
ours, theirs = socket.socketpair()
server = [sys.executable, "-P", "-m", "flatsat.rtl_sim.server", "--bridge", str(theirs.fileno())]
child = subprocess.Popen([*server, "--parent", str(os.getpid())], pass_fds=(theirs.fileno(),))
theirs.close()
if sys.argv[1] == "busy":
    reading = bridge.Request(0, 0, True, rmap.read_command(0x40, 0x21, 0, 0x0C, 64))
    ours.sendall(bridge.framed(bridge.Hello(build_id=0, simulator="")))
    ours.recv(100)
    ours.sendall(bridge.framed(bridge.Exchange((reading,) * 60_000)))
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.parametrize("doing", ["starting", "idle", "busy"])
def test_ends_when_its_parent_is_killed(doing: str, built: None) -> None:
    command = [sys.executable, "-c", PARENT, doing]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0 if doing == "starting" else 1.5)
        assert _runs(child)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 2
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[-1].split()[0]


def test_scripts_play_again_without_python(
    built: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLATSAT_SCRIPTS", "scripts")
    boards = Served()
    try:
        boards.exchange(stimulus(POWER, power_stimulus.TIME_TARGET.address, 1000), laser_on())
        boards.socket.sendall(bridge.framed(bridge.Close()))
        assert boards.process.wait(END_LIMIT_S) == 0
    finally:
        boards.close()
    first, second = bare.play(tmp_path / "scripts"), bare.play(tmp_path / "scripts")
    assert first.clocks == second.clocks > 0


def test_a_bench_that_was_gone_before_is_not_served() -> None:
    command = [sys.executable, "-P", "-m", "flatsat.rtl_sim.server", "--parent", "1"]
    done = subprocess.run(
        [*command, "--bridge", "0"],
        capture_output=True,
        text=True,
        timeout=END_LIMIT_S,
    )
    assert (done.returncode, done.stderr) == (1, "the bench has gone\n")
