# SPDX-License-Identifier: Apache-2.0
"""Back end `rtl`: the boards' Verilog in a simulator process, reached over ZeroMQ with the messages of `protocols.bridge`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import zmq
from flatsat.protocols import bridge

from ..errors import BackEndError, BuildFailed
from .port import BOARDS, OpticalRecord, Options, Request

START_LIMIT_S = 900.0  # a cold build on a slow machine
EXCHANGE_LIMIT_S = 60.0
_LOOK_MS = 200
_CLOSE_LIMIT_S = 5.0


class RtlBackEnd:
    """Starts the simulator, which builds itself if a source has changed, and talks to it."""

    name = "rtl"

    def __init__(self, options: Options) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="flatsat-"))
        endpoint = f"ipc://{self._folder}/bridge"
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PAIR)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(endpoint)
        command = [sys.executable, "-m", "flatsat.rtl_sim.server", "--endpoint", endpoint]
        if options.stimulus_on_uart:
            command.append("--stimulus-on-uart")
        self._errors = (self._folder / "errors").open("w+")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=None if options.verbose else self._errors,
        )
        self._optical: list[OpticalRecord] = []
        try:
            self._hello = self._greet()
        except BaseException:
            self.close()
            raise

    def exchange(self, requests: Sequence[Request]) -> list[bytes | None]:
        replies = self._ask(bridge.Exchange(tuple(requests)))
        if len(replies) != len(requests):
            raise BackEndError(
                f"the simulator gave {len(replies)} replies to {len(requests)} requests: its bridge is broken"
            )
        return list(replies)

    def reset(self) -> None:
        self._ask(bridge.Reset())
        self._optical.clear()

    def take_optical(self) -> list[OpticalRecord]:
        taken, self._optical = self._optical, []
        return taken

    def images(self) -> Mapping[str, str]:
        return dict.fromkeys(BOARDS, f"{self._hello.simulator} {self._hello.build_id:08x}")

    def close(self) -> None:
        if self._process.poll() is None:
            try:
                self._socket.send(bridge.encode(bridge.Close()), zmq.NOBLOCK)
                self._process.wait(_CLOSE_LIMIT_S)
            except (zmq.ZMQError, subprocess.TimeoutExpired):
                self._process.kill()
                self._process.wait()
        self._socket.close()
        self._context.term()
        self._errors.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _greet(self) -> bridge.Hello:
        self._await(zmq.POLLOUT, START_LIMIT_S)
        self._socket.send(bridge.encode(bridge.Hello(build_id=0, simulator="")))
        hello = self._receive(START_LIMIT_S)
        if not isinstance(hello, bridge.Hello) or hello.version != bridge.VERSION:
            raise BackEndError(f"the simulator speaks another version of the bridge ({hello}): rebuild it")
        return hello

    def _ask(self, message: bridge.Message) -> tuple[bytes | None, ...]:
        self._socket.send(bridge.encode(message))
        answer = self._receive(EXCHANGE_LIMIT_S)
        if not isinstance(answer, bridge.Answer):
            raise BackEndError(
                f"the simulator gave {type(answer).__name__} for an answer: its bridge is broken"
            )
        self._optical += answer.optical
        return answer.replies

    def _receive(self, limit_s: float) -> bridge.Message:
        self._await(zmq.POLLIN, limit_s)
        message = bridge.decode(self._socket.recv())
        if isinstance(message, bridge.Error):
            raise BackEndError(f"the simulator reports: {message.text}")
        return message

    def _await(self, event: int, limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        while not self._socket.poll(_LOOK_MS, event):
            if self._process.poll() is not None and not self._socket.poll(_LOOK_MS, zmq.POLLIN):
                raise self._gone()
            if time.monotonic() > deadline:
                raise BackEndError(
                    f"the simulator did not answer within {limit_s:.0f} s; the run cannot go on"
                )

    def _gone(self) -> BackEndError:
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines()
        status = self._process.returncode
        if status == 2:
            return BuildFailed(
                said[-1] if said else "the simulator could not be built; the reason stands above"
            )
        return BackEndError(
            f"the simulator ended with {status}: " + (said[-1] if said else "it was killed, or see above")
        )
