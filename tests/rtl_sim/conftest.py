# SPDX-License-Identifier: Apache-2.0
"""Runs cocotb benches on Icarus, and the served boards as a process."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import flatsat.boards
import flatsat.rtl_sim
import pytest
import zmq
from flatsat.protocols import bridge

HERE = Path(__file__).parent
RTL = Path(flatsat.rtl_sim.__file__).parent / "rtl"
REGISTERS = Path(flatsat.boards.__file__).parent / "registers"
ANSWER_LIMIT_MS = 60_000


@pytest.fixture
def simulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, list[str], str], None]:
    """Run a bench on Icarus; the test's own time limit ends the simulator too."""
    runners = pytest.importorskip("cocotb_tools.runner", reason="cocotb is not installed")
    if shutil.which("iverilog") is None:
        pytest.skip("iverilog is not installed")
    monkeypatch.syspath_prepend(HERE)

    def run(top: str, sources: list[str], bench: str) -> None:
        runner = runners.get_runner("icarus")
        files = [RTL / f"{name}.v" for name in sources]
        runner.build(
            sources=files,
            hdl_toplevel=top,
            includes=[REGISTERS],
            build_dir=tmp_path,
            timescale=("1ns", "1ps"),
        )
        runner.test(test_module=bench, hdl_toplevel=top, build_dir=tmp_path, test_dir=tmp_path)

    return run


class Served:
    """The simulated boards as a bench reaches them."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.PAIR)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, ANSWER_LIMIT_MS)
        self.socket.bind(f"ipc://{folder}/bridge")
        command = [
            sys.executable,
            "-P",
            "-m",
            "flatsat.rtl_sim.server",
            "--endpoint",
            f"ipc://{folder}/bridge",
            *options,
        ]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def ask(self, message: bridge.Message) -> bridge.Message:
        self.socket.send(bridge.encode(message))
        return bridge.decode(self.socket.recv())

    def exchange(self, *requests: bridge.Request) -> tuple[bytes | None, ...]:
        answer = self.ask(bridge.Exchange(requests))
        assert isinstance(answer, bridge.Answer), answer
        return answer.replies

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.close()
        self._context.term()


@pytest.fixture(scope="session")
def built() -> None:
    """The simulator, built once; skips where it cannot be."""
    build = pytest.importorskip("flatsat.rtl_sim.build")
    try:
        build.build()
    except build.BuildError as error:
        pytest.skip(str(error))


@pytest.fixture
def served(built: None, tmp_path: Path) -> Iterator[Served]:
    boards = Served(tmp_path)
    yield boards
    boards.close()
