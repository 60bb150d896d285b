# SPDX-License-Identifier: Apache-2.0
"""Back ends `rtl` and `gates`: the boards' Verilog, or what synthesis makes of it, in a simulator process, which inherits one
end of a pair of sockets; the messages are those of `protocols.bridge`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from flatsat.protocols import bridge

from ..errors import BackEndError, BuildFailed
from .port import BOARDS, OpticalRecord, Options, Request
from .simulator_process import SERVER, how_it_ended, processor_time_s

START_LIMIT_S = 900.0  # a cold build on a slow machine
PATIENCE_S = 60.0  # of silence, until somebody looks whether the simulator works
EXCHANGE_LIMIT_S = {
    "verilator": PATIENCE_S,
    "gates": 3600.0,
    "icarus": 3600.0,
}  # a board that hangs is told of after 100 million clocks: on Icarus half an hour of processor time
_RECEIVE_OCTETS = 1 << 18
_CLOSE_LIMIT_S = 5.0
_STANDARD_ERROR = 2


class RtlBackEnd:
    """Starts the simulator, which builds itself if a source has changed, and talks to it."""

    name = "rtl"

    def __init__(self, options: Options) -> None:
        if options.bench:
            raise BackEndError(
                "--bench tells where boards are, and the Verilog has none: add --backend serial"
            )
        self._optical: list[OpticalRecord] = []
        self._deframer = bridge.Deframer()
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by close)
            self._process = subprocess.Popen(
                [sys.executable, *SERVER, "--bridge", str(theirs.fileno()), "--parent", str(os.getpid()),
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
            self._patience_s = START_LIMIT_S  # it may wait for its compilers
            self._hello = self._greet()
            self._patience_s = PATIENCE_S
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

    def cannot(self) -> Collection[str]:
        return ()

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
        try:
            self._socket.settimeout(limit_s)
            self._socket.sendall(bridge.framed(message))
            answer = self._receive(limit_s)
        except TimeoutError:
            raise BackEndError(
                f"the simulator did not answer within {limit_s:g} s; run again, on a quieter machine if it works still"
            ) from None
        except ConnectionError:
            raise self._gone() from None
        except (bridge.BridgeError, OSError) as error:
            raise BackEndError(f"the bridge to the simulator is broken: {error}") from error
        if isinstance(answer, bridge.Error):
            raise BackEndError(f"the simulator reports: {answer.text}")
        return answer

    def _receive(self, limit_s: float) -> bridge.Message:
        while True:
            octets = self._await_octets(limit_s)
            if not octets:
                raise ConnectionResetError
            messages = self._deframer.receive(octets)
            if messages:
                return messages[0]

    def _await_octets(self, limit_s: float) -> bytes:
        """Wait for octets while the simulator works, at most `limit_s`; tell of it where that takes long."""
        self._socket.settimeout(min(self._patience_s, limit_s))
        waited_s, worked_s = 0.0, processor_time_s(self._process.pid)
        while True:
            try:
                return self._socket.recv(_RECEIVE_OCTETS)
            except TimeoutError:
                waited_s += self._patience_s
            before_s, worked_s = worked_s, processor_time_s(self._process.pid)
            if worked_s is not None and worked_s == before_s:
                raise BackEndError(
                    f"the simulator did nothing for {self._patience_s:g} s: somebody stopped it (SIGSTOP), "
                    "or the machine is overloaded; run again"
                )
            if waited_s >= limit_s:
                raise TimeoutError
            if waited_s == self._patience_s:
                told = f"the simulator works on one exchange since {waited_s:g} s, and may for {limit_s:g} s"
                print(f"flatsat: {told}; Ctrl-C ends the run", file=sys.stderr)

    def _gone(self) -> BackEndError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_CLOSE_LIMIT_S)
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines()
        status = self._process.returncode
        if status == os.EX_UNAVAILABLE and said:
            return BuildFailed(said[-1])
        return BackEndError(how_it_ended(status, said[-1] if said else ""))


class GatesBackEnd(RtlBackEnd):
    """The netlists of the same Verilog; Verilator alone simulates them."""

    name = "gates"

    def __init__(self, options: Options) -> None:
        if options.simulator:
            raise BackEndError(
                "--sim names a simulator of the Verilog, the gates have one alone: leave it out"
            )
        super().__init__(options._replace(simulator="gates"))
