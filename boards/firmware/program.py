# SPDX-License-Identifier: Apache-2.0
"""The program that runs a board's firmware on this machine: a program of the host, or QEMU with its control socket (QMP)."""

from __future__ import annotations

import ctypes
import json
import select
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress

PIECE_OCTETS = 1 << 16
LIMIT_S = 20.0  # for an answer of the emulator, and for the first octet of a board that starts
LINE = "{line}"  # in a command: the descriptor of the board's serial line
QMP = "{qmp}"  # and of the emulator's control socket
_PR_SET_PDEATHSIG = 1  # prctl(2)


class BoardProgram:
    """A running board, and its end of the serial line.

    Raises:
        OSError: it does not start, or does not obey.
    """

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._emulated = QMP in " ".join(command)
        self._start()

    def _start(self) -> None:
        self.line, line = socket.socketpair()
        self._qmp, qmp = socket.socketpair()
        self._said = self._backlog = b""
        self._events: set[object] = set()
        with line, qmp:
            descriptors = {LINE: str(line.fileno()), QMP: str(qmp.fileno())}
            command = [_filled(word, descriptors) for word in self._command]
            on_line = None if self._emulated else line.fileno()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if on_line is None else on_line,
                stdout=on_line,
                pass_fds=(line.fileno(), qmp.fileno()),
                preexec_fn=_die_with_parent,
            )
        self.line.setblocking(False)
        if self._emulated:
            self._hear()  # its greeting
            self._tell("qmp_capabilities")
        self._await_first_octet()

    def _await_first_octet(self) -> None:
        """The board sends an END when it hears; an octet sent to it before would be lost."""
        if not self._backlog and not select.select([self.line], [], [], LIMIT_S)[0]:
            raise OSError(f"{self._command[0]} runs, and the board does not")
        if not self._backlog and not self.line.recv(1):
            raise OSError(f"{self._command[0]} ended with {self._process.wait()}")
        self._backlog = b""

    def take_backlog(self) -> bytes:
        """What the board said while it was told something."""
        taken, self._backlog = self._backlog, b""
        return taken

    def stop(self) -> None:
        if self._emulated:
            self._tell("stop")
        else:
            self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        if self._emulated:
            self._tell("cont")
        else:
            self._process.send_signal(signal.SIGCONT)

    def reset(self) -> None:
        """As its reset button; a frozen board goes on, and one that was killed starts anew."""
        if self._emulated and self._process.poll() is None:
            self._tell("stop")
            self._hear_line()
            self._backlog = b""
            self._events.clear()
            self._tell("system_reset")
            while "RESET" not in self._events:
                self._hear()
            self._tell("cont")
            self._await_first_octet()
        else:
            self.kill()
            self.line.close()
            self._start()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _tell(self, command: str) -> None:
        self._qmp.sendall(json.dumps({"execute": command}).encode())
        while "return" not in (answer := self._hear()):
            if "error" in answer:
                raise OSError(f"QEMU refuses {command}: {answer['error']}")

    def _hear(self) -> dict[str, object]:
        while b"\n" not in self._said:
            readable = select.select([self._qmp, self.line], [], [], LIMIT_S)[0]
            if not readable:
                raise OSError(f"{self._command[0]} does not answer")
            if self.line in readable:
                self._hear_line()
            if self._qmp in readable:
                self._hear_qmp()
        message, _, self._said = self._said.partition(b"\n")
        heard: dict[str, object] = json.loads(message)
        self._events.add(heard.get("event"))
        return heard

    def _hear_line(self) -> None:
        """An emulator that cannot get rid of octets obeys nobody; a line that has ended is the keeper's to find."""
        with suppress(BlockingIOError):
            while piece := self.line.recv(PIECE_OCTETS):
                self._backlog += piece

    def _hear_qmp(self) -> None:
        piece = self._qmp.recv(PIECE_OCTETS)
        if not piece:
            raise OSError(f"{self._command[0]} ended with {self._process.wait()}")
        self._said += piece


def _filled(word: str, descriptors: Mapping[str, str]) -> str:
    for place, descriptor in descriptors.items():
        word = word.replace(place, descriptor)
    return word


def _die_with_parent() -> None:
    """Linux ends the board with its keeper; elsewhere an emulator may outlive a keeper that is killed."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
