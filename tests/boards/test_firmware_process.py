# SPDX-License-Identifier: Apache-2.0
"""Boards that run on this machine behind a serial port: firmware on an emulated STM32F4, and what a hand does to a board."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import serial
from flatsat.boards.firmware.build import BuildError
from flatsat.boards.firmware.process import MACHINES, BoardProcess
from flatsat.protocols import rmap, slip

from .driver import BOARDS
from .firmware_board import FirmwareBoard, FirmwareDriver, live_through, twin_of
from .test_target import RULES
from .test_twin_reference import LIVES_WORTH_KEEPING, begun

GONE_LIMIT_S = 20.0
ENDS_AT_ONCE = (sys.executable, "-c", "raise SystemExit(1)")


class SerialLine:
    """A serial port with the calls of a socket."""

    def __init__(self, port):
        self._serial = serial.Serial(port, timeout=30)

    def settimeout(self, limit_s):
        self._serial.timeout = limit_s

    def sendall(self, octets):
        self._serial.write(octets)

    def recv(self, octets):
        return self._serial.read(max(1, min(octets, self._serial.in_waiting)))


def started(board, machine):
    try:
        return BoardProcess(board, machine)
    except BuildError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def emulated():
    """One emulated board of each kind."""
    running = {}

    def get(board):
        if board not in running:
            process = started(board, "qemu")
            running[board] = process, FirmwareBoard(board, SerialLine(process.port))
        process, uut = running[board]
        uut.reset()
        return process, uut

    yield get
    for process, _ in running.values():
        process.close()


@pytest.mark.parametrize("life", LIVES_WORTH_KEEPING)
def test_emulated_firmware_lives_as_the_twin(emulated, life):
    board, operations = LIVES_WORTH_KEEPING[life]
    live_through(board, emulated(board)[1], begun(board) + operations, look_each_time=False)


def test_emulated_firmware_answers_by_every_rule(emulated):
    process, uut = emulated("laser")
    twin = twin_of(process.image)
    for one in (uut, twin):
        FirmwareDriver("laser", one).write("stimulus", "POWERED", 1)
    for packet, _ in RULES.values():
        octets = slip.encode(packet)
        assert uut.receive(octets) == twin.receive(octets + slip.END)


@pytest.mark.parametrize("board", BOARDS)
def test_emulated_firmware_names_its_image(emulated, board):
    process, uut = emulated(board)
    assert FirmwareDriver(board, uut).words("flight" if board == "power" else "stimulus")["BUILD_ID"] == (
        process.image.build_id
    )


# --- what a hand does to a board ---------------------------------------------------------------------


@pytest.fixture(params=MACHINES)
def board(request):
    """A power board with 5 ms behind it."""
    with started("power", request.param) as process:
        FirmwareDriver("power", FirmwareBoard("power", SerialLine(process.port))).grant(5)
        yield process


def time_now(board):
    return FirmwareDriver("power", FirmwareBoard("power", SerialLine(board.port))).words("stimulus")[
        "TIME_NOW"
    ]


def test_stopped_board_answers_when_it_goes_on(board):
    question = slip.encode(rmap.read_command(0x60, 0x21, 1, 0, 4))
    with serial.Serial(board.port, timeout=0.3) as line:
        board.stop()
        line.write(question)
        assert line.read(19) == b""
        board.go_on()
        line.timeout = 30
        assert line.read(19)[13:17] == b"PWR1"


def test_unplugged_board_hangs_up_and_lives_on(board):
    with serial.Serial(board.port, timeout=30) as line:
        board.unplug()
        with pytest.raises(serial.SerialException):
            line.read(1)
    assert not os.path.exists(board.port)
    board.unplug()
    board.replug()
    board.replug()
    assert time_now(board) == 5


def test_reset_board_is_as_after_power_on(board):
    board.reset()
    assert time_now(board) == 0


def test_killed_board_hangs_up_and_starts_anew(board):
    with serial.Serial(board.port, timeout=30) as line:
        board.kill()
        with pytest.raises(serial.SerialException):
            line.read(1)
    assert not os.path.exists(board.port)
    board.reset()
    assert time_now(board) == 0


def test_closed_board_leaves_nothing(board):
    programs = children_of(board)
    board.close()
    board.close()
    assert not Path(board.port).parent.exists()
    await_gone(programs)


def test_killed_keeper_takes_its_board_along(board):
    programs = children_of(board)
    assert programs
    board._process.send_signal(signal.SIGKILL)
    await_gone(programs)


def test_board_does_not_outlive_its_bench():
    started("power", "host").close()
    told = "import os, signal\nfrom flatsat.boards.firmware.process import BoardProcess\n"
    program = (
        f"{told}print(BoardProcess('power', 'host').port, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    folder = Path(run.stdout.strip()).parent
    assert folder.name.startswith("flatsat-board-")
    await_gone([folder])


def test_no_emulator_is_told_with_the_package(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BuildError, match=r"^no qemu-system-arm: apt-get install qemu-system-arm$"):
        BoardProcess("power", "qemu")


def test_a_board_that_does_not_start_is_told_in_a_line(monkeypatch):
    started("power", "host").close()
    monkeypatch.setitem(MACHINES, "host", MACHINES["host"]._replace(command=lambda path: ENDS_AT_ONCE))
    before = set(Path(tempfile.gettempdir()).glob("flatsat-board-*"))
    with pytest.raises(
        BuildError, match=r"^the power board's process did not start: .* ended at once with 1; run"
    ):
        BoardProcess("power", "host")
    assert set(Path(tempfile.gettempdir()).glob("flatsat-board-*")) <= before


def children_of(board):
    keeper = board._process.pid
    return [
        Path("/proc", child) for child in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    ]


def await_gone(paths):
    deadline = time.monotonic() + GONE_LIMIT_S
    while any(path.exists() for path in paths):
        assert time.monotonic() < deadline, paths
        time.sleep(0.02)
