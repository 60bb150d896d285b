# SPDX-License-Identifier: Apache-2.0
"""Back end `rtl`: the boards' Verilog in a simulator process, reached over a socket with the messages of `protocols.bridge`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress

from flatsat.protocols import bridge

from ..errors import BackEndError, BuildFailed
from .port import BOARDS, OpticalRecord, Options, Request

START_LIMIT_S = 900.0  # a cold build on a slow machine
EXCHANGE_LIMIT_S = {
    "verilator": 60.0,
    "icarus": 3600.0,
}  # what a board that hangs takes to its limit of clocks
_RECEIVE_OCTETS = 1 << 18
_CLOSE_LIMIT_S = 5.0
_STANDARD_ERROR = 2


class RtlBackEnd:
    """Starts the simulator, which builds itself if a source has changed, and talks to it."""

    name = "rtl"

    def __init__(self, options: Options) -> None:
        self._optical: list[OpticalRecord] = []
        self._deframer = bridge.Deframer()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by close)
            self._process = subprocess.Popen(
                [sys.executable, *_SERVER, "--bridge", str(theirs.fileno()), "--parent", str(os.getpid()),
                 *([] if options.verbose else ["--quiet"]),
                 *(["--sim", options.simulator] if options.simulator else []),
                 *(["--stimulus-on-uart"] if options.stimulus_on_uart else [])],
                stdin=subprocess.DEVNULL,
                stdout=_STANDARD_ERROR,
                stderr=self._errors,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is the bench's: it then closes the bridge
            )  # fmt: skip
        try:
            self._hello = self._greet()
            self._limit_s = EXCHANGE_LIMIT_S[self._hello.simulator.split()[0]]
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

    def versions(self) -> Mapping[str, str]:
        name, _, version = self._hello.simulator.partition(" ")
        return {name: version}

    def close(self) -> None:
        self._socket.close()  # which ends the simulator
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_CLOSE_LIMIT_S)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)  # with make and its compilers
                self._process.wait()
            self._errors.close()

    def _greet(self) -> bridge.Hello:
        hello = self._converse(bridge.Hello(build_id=0, simulator=""), START_LIMIT_S)
        if not isinstance(hello, bridge.Hello) or hello.version != bridge.VERSION:
            raise BackEndError(f"the simulator speaks another version of the bridge ({hello}): rebuild it")
        return hello

    def _ask(self, message: bridge.Message) -> tuple[bytes | None, ...]:
        answer = self._converse(message, self._limit_s)
        if not isinstance(answer, bridge.Answer):
            raise BackEndError(
                f"the simulator gave {type(answer).__name__} for an answer: its bridge is broken"
            )
        self._optical += answer.optical
        return answer.replies

    def _converse(self, message: bridge.Message, limit_s: float) -> bridge.Message:
        self._socket.settimeout(limit_s)
        try:
            self._socket.sendall(bridge.framed(message))
            answer = self._receive()
        except TimeoutError:
            raise BackEndError(
                f"the simulator did not answer within {limit_s:.0f} s; the run cannot go on"
            ) from None
        except ConnectionError:
            raise self._gone() from None
        except (bridge.BridgeError, OSError) as error:
            raise BackEndError(f"the bridge to the simulator is broken: {error}") from error
        if isinstance(answer, bridge.Error):
            raise BackEndError(f"the simulator reports: {answer.text}")
        return answer

    def _receive(self) -> bridge.Message:
        while True:
            octets = self._socket.recv(_RECEIVE_OCTETS)
            if not octets:
                raise ConnectionResetError
            messages = self._deframer.receive(octets)
            if messages:
                return messages[0]

    def _gone(self) -> BackEndError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_CLOSE_LIMIT_S)
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines()
        status = self._process.returncode
        if status == os.EX_UNAVAILABLE and said:
            return BuildFailed(said[-1])
        return BackEndError(f"the simulator ended with {status}: {said[-1] if said else 'nothing said'}")


# -P: what lies in the user's working directory is not the simulator's
_SERVER = ("-P", "-m", "flatsat.rtl_sim.server")
