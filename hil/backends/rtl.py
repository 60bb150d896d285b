# SPDX-License-Identifier: Apache-2.0
"""Back end `rtl`: the boards' Verilog in a simulator process, reached over ZeroMQ with the messages of `protocols.bridge`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import zmq
from flatsat.protocols import bridge

from ..errors import BackEndError, BuildFailed
from .port import BOARDS, OpticalRecord, Options, Request

START_LIMIT_S = 900.0  # a cold build on a slow machine
EXCHANGE_LIMIT_S = 60.0
_LOOK_MS = 200
_CLOSE_LIMIT_S = 5.0
_STANDARD_ERROR = 2


class RtlBackEnd:
    """Starts the simulator, which builds itself if a source has changed, and talks to it."""

    name = "rtl"

    def __init__(self, options: Options) -> None:
        self._optical: list[OpticalRecord] = []
        folder = Path(tempfile.mkdtemp(prefix="flatsat-"))  # nobody else may connect
        try:
            endpoint = f"ipc://{folder}/bridge"
            self._socket = _bound(endpoint)
            self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by close)
            self._process = subprocess.Popen(
                [sys.executable, *_SERVER, "--endpoint", endpoint, "--parent", str(os.getpid()),
                 *(["--stimulus-on-uart"] if options.stimulus_on_uart else [])],
                stdin=subprocess.DEVNULL,
                stdout=_STANDARD_ERROR if options.verbose else subprocess.DEVNULL,
                stderr=self._errors,
                start_new_session=True,  # Ctrl-C is the bench's: it then closes the bridge
            )  # fmt: skip
            try:
                self._hello = self._greet()
            except BaseException:
                self.close()
                raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # once connected, its path is not needed

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
        try:
            with suppress(zmq.ZMQError, subprocess.TimeoutExpired):
                self._socket.send(bridge.encode(bridge.Close()), zmq.NOBLOCK)
                self._process.wait(_CLOSE_LIMIT_S)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)  # with make and its compilers
                self._process.wait()
            self._socket.context.destroy(linger=0)
            self._errors.close()

    def _greet(self) -> bridge.Hello:
        hello = self._converse(bridge.Hello(build_id=0, simulator=""), START_LIMIT_S)
        if not isinstance(hello, bridge.Hello) or hello.version != bridge.VERSION:
            raise BackEndError(f"the simulator speaks another version of the bridge ({hello}): rebuild it")
        return hello

    def _ask(self, message: bridge.Message) -> tuple[bytes | None, ...]:
        answer = self._converse(message, EXCHANGE_LIMIT_S)
        if not isinstance(answer, bridge.Answer):
            raise BackEndError(
                f"the simulator gave {type(answer).__name__} for an answer: its bridge is broken"
            )
        self._optical += answer.optical
        return answer.replies

    def _converse(self, message: bridge.Message, limit_s: float) -> bridge.Message:
        try:
            self._send(bridge.encode(message), limit_s)
            self._await(zmq.POLLIN, limit_s)
            answer = bridge.decode(self._socket.recv())
        except (bridge.BridgeError, zmq.ZMQError) as error:
            raise BackEndError(f"the bridge to the simulator is broken: {error}") from error
        if isinstance(answer, bridge.Error):
            raise BackEndError(f"the simulator reports: {answer.text}")
        return answer

    def _send(self, octets: bytes, limit_s: float) -> None:
        try:
            self._socket.send(octets, zmq.NOBLOCK)
        except zmq.Again:  # nobody at the other end: not yet, or not any more
            self._await(zmq.POLLOUT, limit_s)
            self._socket.send(octets, zmq.NOBLOCK)

    def _await(self, event: int, limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        while not self._socket.poll(_LOOK_MS, event):
            if self._process.poll() is not None and not self._socket.poll(_LOOK_MS, event):
                raise self._gone()
            if time.monotonic() > deadline:
                raise BackEndError(
                    f"the simulator did not answer within {limit_s:.0f} s; the run cannot go on"
                )

    def _gone(self) -> BackEndError:
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines()
        status = self._process.returncode
        if status == os.EX_UNAVAILABLE and said:
            return BuildFailed(said[-1])
        return BackEndError(f"the simulator ended with {status}: {said[-1] if said else 'nothing said'}")


def _bound(endpoint: str) -> zmq.Socket[bytes]:
    context = zmq.Context()
    socket = context.socket(zmq.PAIR)
    socket.setsockopt(zmq.LINGER, 0)
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        context.destroy(linger=0)
        raise BackEndError(f"cannot bind {endpoint}: {error}; set TMPDIR to another folder") from error
    return socket


# -P: what lies in the user's working directory is not the simulator's
_SERVER = ("-P", "-m", "flatsat.rtl_sim.server")
