# SPDX-License-Identifier: Apache-2.0
"""Runs cocotb benches on Icarus, and the served boards as a process."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import flatsat.boards
import flatsat.rtl_sim
import pytest
from flatsat.protocols import bridge

HERE = Path(__file__).parent
RTL = Path(flatsat.rtl_sim.__file__).parent / "rtl"
FPGA = RTL.parent / "fpga"
REGISTERS = Path(flatsat.boards.__file__).parent / "registers"
ANSWER_LIMIT_S = 60


@pytest.fixture
def simulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a bench on Icarus; the test's own time limit ends the simulator too."""
    runners = pytest.importorskip("cocotb_tools.runner", reason="cocotb is not installed")
    if shutil.which("iverilog") is None:
        pytest.skip("iverilog is not installed")
    monkeypatch.syspath_prepend(HERE)

    def run(top: str, sources: list[str], bench: str, **parameters: int) -> None:
        runner = runners.get_runner("icarus")
        files = [
            folder / f"{name}.v"
            for name in sources
            for folder in (RTL, FPGA)
            if (folder / f"{name}.v").exists()
        ]
        runner.build(
            sources=files,
            hdl_toplevel=top,
            parameters=parameters,
            includes=[RTL, REGISTERS],
            build_dir=tmp_path,
            timescale=("1ns", "1ps"),
        )
        runner.test(test_module=bench, hdl_toplevel=top, build_dir=tmp_path, test_dir=tmp_path)

    return run


class Served:
    """The simulated boards as a bench reaches them."""

    def __init__(self, *options: str) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(ANSWER_LIMIT_S)
        command = [
            sys.executable,
            "-P",
            "-m",
            "flatsat.rtl_sim.server",
            "--bridge",
            str(theirs.fileno()),
            *options,
        ]
        with theirs:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),))
        self._deframer = bridge.Deframer()

    def ask(self, message: bridge.Message) -> bridge.Message:
        self.socket.sendall(bridge.framed(message))
        return self.hear()

    def hear(self) -> bridge.Message:
        while True:
            octets = self.socket.recv(1 << 16)
            assert octets, "the simulator has gone"
            if messages := self._deframer.receive(octets):
                return messages[0]

    def exchange(self, *requests: bridge.Request) -> tuple[bytes | None, ...]:
        answer = self.ask(bridge.Exchange(requests))
        assert isinstance(answer, bridge.Answer), answer
        return answer.replies

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.close()


@pytest.fixture(scope="session")
def built() -> None:
    """The simulator, built once; skips where it cannot be."""
    verilator = pytest.importorskip("flatsat.rtl_sim.verilator")
    try:
        verilator.build()
    except verilator.BuildError as error:
        pytest.skip(str(error))


@pytest.fixture
def served(built: None) -> Iterator[Served]:
    boards = Served()
    yield boards
    boards.close()
