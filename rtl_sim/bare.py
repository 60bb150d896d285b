# SPDX-License-Identifier: Apache-2.0
"""How fast the simulated boards run: the traffic of some cycles under cocotb, then the same clocks in a bare Verilator loop."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import zmq
from flatsat.protocols import bridge, rmap

from . import build

POWER, COMPUTE, LASER = 0, 1, 2
ANSWER_LIMIT_MS = 60_000
CYCLES_A_FRAME = 6

# (writable from, address of TIME_TARGET) of the stimulus ports, and the (address, octets) that flight software polls
STIMULUS_WORDS = ((0x1C, 0x4C), (0x28, 0x54), (0x1C, 0x28))
POLLED = ((0x0C, 64), (0x0C, 64), (0x0C, 40))


class Bare(NamedTuple):
    """A run of the bare loop: its clocks, wall time and processor time."""

    clocks: int
    wall_s: float
    cpu_s: float


class Speed(NamedTuple):
    """Wall times of the same clocks: under cocotb with the bridge, and in the bare loop."""

    cycles: int
    clocks: int
    cocotb_s: float
    bare_s: float

    @property
    def bare_clocks_per_s(self) -> float:
        return self.clocks / self.bare_s

    @property
    def cocotb_clocks_per_s(self) -> float:
        return self.clocks / self.cocotb_s

    @property
    def fraction_of_bare(self) -> float:
        """Speed of the cocotb run, bridge included, over that of the bare loop."""
        return self.bare_s / self.cocotb_s


def measure(cycles: int = 300) -> Speed:
    """Run `cycles` of 1 s through the bridge, then their scripts in the bare loop of the same program.

    Raises:
        build.BuildError: the simulator cannot be built.
    """
    build.build(lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory(prefix="flatsat-") as folder:
        scripts = Path(folder) / "scripts"
        cocotb_s = _run_cocotb(cycles, f"ipc://{folder}/bridge", scripts)
        bare = play(scripts)
    return Speed(cycles=cycles, clocks=bare.clocks, cocotb_s=cocotb_s, bare_s=bare.wall_s)


def play(scripts: Path) -> Bare:
    """Play recorded scripts without Python.

    Any run records them when FLATSAT_SCRIPTS names a file in the simulator's environment.

    Raises:
        build.BuildError: the simulator cannot be built.
    """
    program = build.build(lambda line: print(line, file=sys.stderr)).program
    run = subprocess.run(
        [program, "--bare", scripts], capture_output=True, text=True, timeout=600, check=True
    )
    return Bare(**json.loads(run.stdout))


def _run_cocotb(cycles: int, endpoint: str, scripts: Path) -> float:
    context = zmq.Context()
    socket = context.socket(zmq.PAIR)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVTIMEO, ANSWER_LIMIT_MS)
    socket.bind(endpoint)
    command = [
        sys.executable,
        "-m",
        "flatsat.rtl_sim.server",
        "--endpoint",
        endpoint,
        "--scripts",
        str(scripts),
    ]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        _ask(socket, bridge.Hello(build_id=0, simulator=""))
        messages = [bridge.Exchange(tuple(requests)) for cycle in range(cycles) for requests in _cycle(cycle)]
        before = time.perf_counter()
        for message in messages:
            _ask(socket, message)
        taken = time.perf_counter() - before
        socket.send(bridge.encode(bridge.Close()))
        server.wait(ANSWER_LIMIT_MS / 1000)
    finally:
        server.kill()
        socket.close()
        context.term()
    return taken


def _ask(socket: Any, message: bridge.Message) -> None:
    socket.send(bridge.encode(message))
    answer = bridge.decode(socket.recv())
    if isinstance(answer, bridge.Error):
        raise RuntimeError(f"the simulator reports: {answer.text}")


def _cycle(cycle: int) -> Iterator[list[bridge.Request]]:
    """The exchanges of one second: stimulus and time, actuators, what flight software reads and writes."""
    time_ms = 1000 * (cycle + 1)
    yield [_stimulus(POWER, time_ms)]
    yield [_stimulus(COMPUTE, time_ms), _stimulus(LASER, time_ms)]
    yield [_read(board, bridge.STIMULUS_PORT, 0x10, 16) for board in (POWER, COMPUTE, LASER)]
    yield [_read(board, bridge.FLIGHT_PORT, *POLLED[board]) for board in (POWER, COMPUTE, LASER)]
    actions = [
        _write(POWER, bridge.FLIGHT_PORT, 0x4C, bytes((0, 0, 0, 0xFF, 0, 0, 0, 0xFF, 0, 0, 0, 1)) + b"KICK"),
        _write(COMPUTE, bridge.FLIGHT_PORT, 0x8C, b"\0\0\xff\xff" + bytes(8)),
        _write(LASER, bridge.FLIGHT_PORT, 0x34, b"\0\0\0\1"),
    ]
    if cycle % CYCLES_A_FRAME == 0:
        frame = cycle.to_bytes(2, "big") + (1115).to_bytes(2, "big") + bytes(range(223)) * 5 + b"\0"
        actions.append(_write(LASER, bridge.FLIGHT_PORT, 0x1000, frame, incrementing=False))
    yield actions


def _stimulus(board: int, time_ms: int) -> bridge.Request:
    first, target = STIMULUS_WORDS[board]
    words = {
        POWER: bytes(target - first),
        COMPUTE: (1).to_bytes(4, "big") + (3).to_bytes(4, "big") + bytes(8) + (1000).to_bytes(4, "big")
        + bytes(8) + bytes((120,)) * 16,
        LASER: (1).to_bytes(4, "big") + (5000 << 16).to_bytes(4, "big") + bytes(4),
    }  # fmt: skip
    return _write(board, bridge.STIMULUS_PORT, first, words[board] + time_ms.to_bytes(4, "big"))


def _read(board: int, port: int, address: int, octets: int) -> bridge.Request:
    return bridge.Request(
        board, port, True, rmap.read_command(_target(board, port), 0x21, 0, address, octets)
    )


def _write(
    board: int, port: int, address: int, octets: bytes, *, incrementing: bool = True
) -> bridge.Request:
    packet = rmap.write_command(_target(board, port), 0x21, 0, address, octets, incrementing=incrementing)
    return bridge.Request(board, port, True, packet)


def _target(board: int, port: int) -> int:
    return (0x40 if port == bridge.FLIGHT_PORT else 0x60) + board


if __name__ == "__main__":
    result = measure()
    print(f"{result.clocks / result.cycles:.0f} clocks a cycle; bare {result.bare_clocks_per_s / 1e6:.2f} Mclocks/s, "
          f"cocotb {result.cocotb_clocks_per_s / 1e6:.2f} ({result.fraction_of_bare:.2f} of bare)")  # fmt: skip
