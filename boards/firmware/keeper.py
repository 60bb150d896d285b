# SPDX-License-Identifier: Apache-2.0
"""Keeps one board that runs on this machine, and its serial port: started by process.py, never by hand.

A pseudo-terminal hangs up when its owner goes, and an emulator loses octets while nobody has one open; so this process
owns the terminal, holds it open, and carries octets between it and the board, whom it starts and ends. It obeys lines on
a socket (`COMMANDS`), answers each with `ok` or why not, and goes when the socket is closed.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tty
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from flatsat.protocols import slip

PIECE_OCTETS = 1 << 16
HELD_BACK_S = (
    0.002  # an emulator sends octet by octet: waking the bench for each costs more than the board's work
)
LIMIT_S = 20.0  # for an answer of the emulator, and for the first octet of a board that starts
LINE = "{line}"  # in a command: the descriptor of the board's serial line
QMP = "{qmp}"  # and of the emulator's control socket
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Board:
    """The program that runs the firmware, and its end of the serial line."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._emulated = QMP in " ".join(command)
        self._start()

    def _start(self) -> None:
        self.line, line = socket.socketpair()
        self._qmp, qmp = socket.socketpair()
        self._said = b""
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
        if self._emulated:
            self._qmp.settimeout(LIMIT_S)
            self._hear()  # its greeting
            self._tell("qmp_capabilities")
        self._await_first_octet()

    def _await_first_octet(self) -> None:
        """The board sends an END when it hears; an octet sent to it before would be lost."""
        self.line.settimeout(LIMIT_S)
        if not self.line.recv(1):
            raise OSError(f"{self._command[0]} ended at once with {self._process.wait()}")
        self.line.setblocking(False)

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
        """As its reset button; one that was killed starts anew."""
        if self._emulated and self._process.poll() is None:
            self._forget_what_it_said()
            self._tell("system_reset")
            self._tell("cont")
            self._await_first_octet()
        else:
            self.kill()
            self.line.close()
            self._start()

    def _forget_what_it_said(self) -> None:
        with suppress(BlockingIOError):
            while self.line.recv(PIECE_OCTETS):
                pass

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
            piece = self._qmp.recv(PIECE_OCTETS)
            if not piece:
                raise OSError(f"{self._command[0]} ended at once with {self._process.wait()}")
            self._said += piece
        message, _, self._said = self._said.partition(b"\n")
        heard: dict[str, object] = json.loads(message)
        return heard


class Port:
    """A pseudo-terminal under a name that outlives it."""

    def __init__(self, name: Path) -> None:
        self._name = name
        self.descriptor: int | None = None
        """Of the side that the board is on; None while unplugged."""
        self.replug()

    def replug(self) -> None:
        self.descriptor, self._held = os.openpty()
        tty.setraw(self._held)
        os.set_blocking(self.descriptor, False)
        fresh = self._name.with_suffix(".new")
        fresh.symlink_to(os.ttyname(self._held))
        os.replace(fresh, self._name)

    def unplug(self) -> None:
        if self.descriptor is not None:
            self._name.unlink(missing_ok=True)
            os.close(self._held)
            os.close(self.descriptor)
            self.descriptor = None


class Keeper:
    """Carries octets and obeys, until its control socket is closed."""

    def __init__(self, control: socket.socket, name: Path, command: list[str]) -> None:
        self._control = control
        self._board = Board(command)
        self._port = Port(name)
        self._alive = True
        self._to_board = self._to_port = b""
        self._held_back = False  # octets to the port, whose packet is not whole yet

    def run(self) -> None:
        """Until nobody commands any more."""
        self._control.sendall(b"ok\n")
        while True:
            readers, writers = self._readers(), self._writers()
            patience_s = HELD_BACK_S if self._held_back else None
            readable, _, _ = select.select(readers, writers, [], patience_s)
            self._held_back = self._held_back and bool(readable)
            if self._control in readable:  # which may change what there is to read and write
                if not self._obey(self._control.recv(PIECE_OCTETS).decode().strip()):
                    return
            elif self._alive:
                self._carry(readable)

    def end(self) -> None:
        """Leave nothing behind."""
        self._board.kill()
        self._port.unplug()

    def _readers(self) -> list[socket.socket | int]:
        readers: list[socket.socket | int] = [self._control]
        if self._alive and (self._held_back or not self._to_port):
            readers.append(self._board.line)
        if self._port.descriptor is not None and not self._to_board:
            readers.append(self._port.descriptor)
        return readers

    def _writers(self) -> list[socket.socket | int]:
        writers: list[socket.socket | int] = []
        if self._alive and self._to_board:
            writers.append(self._board.line)
        if self._port.descriptor is not None and self._to_port and not self._held_back:
            writers.append(self._port.descriptor)
        return writers

    def _carry(self, readable: list[socket.socket | int]) -> None:
        port, line = self._port.descriptor, self._board.line
        try:
            if port in readable and port is not None:
                self._to_board = os.read(port, PIECE_OCTETS)
            if line in readable:
                piece = line.recv(PIECE_OCTETS)
                if not piece:
                    raise ConnectionResetError
                self._to_port += piece
                self._held_back = len(self._to_port) == 1 or not self._to_port.endswith(slip.END)
            if self._to_board:
                self._to_board = self._to_board[_sent(line.send, self._to_board) :]
        except ConnectionError:
            self._lose_board()
            return
        if port is None:
            self._to_port = b""  # nobody is there to hear it
        elif self._to_port and not self._held_back:
            self._to_port = self._to_port[_sent(lambda octets: os.write(port, octets), self._to_port) :]

    def _lose_board(self) -> None:
        self._alive = False
        self._port.unplug()

    def _obey(self, command: str) -> bool:
        if not command:
            return False
        try:
            COMMANDS[command](self)
            self._control.sendall(b"ok\n")
        except OSError as error:
            self._control.sendall(f"{error}\n".encode())
        return True

    def _unplug(self) -> None:
        self._port.unplug()
        self._to_board = self._to_port = b""

    def _replug(self) -> None:
        if self._alive and self._port.descriptor is None:
            self._port.replug()

    def _reset(self) -> None:
        self._to_board = self._to_port = b""
        self._board.reset()
        if not self._alive:
            self._alive = True
            self._port.replug()

    def _kill(self) -> None:
        self._board.kill()
        self._lose_board()

    def _stop(self) -> None:
        self._board.stop()

    def _go_on(self) -> None:
        self._board.go_on()


COMMANDS: Mapping[str, Callable[[Keeper], None]] = {
    "unplug": Keeper._unplug,
    "replug": Keeper._replug,
    "stop": Keeper._stop,
    "go_on": Keeper._go_on,
    "reset": Keeper._reset,
    "kill": Keeper._kill,
}


def _sent(send: Callable[[bytes], int], octets: bytes) -> int:
    with suppress(BlockingIOError):
        return send(octets)
    return 0


def _filled(word: str, descriptors: Mapping[str, str]) -> str:
    for place, descriptor in descriptors.items():
        word = word.replace(place, descriptor)
    return word


def _die_with_parent() -> None:
    """Linux ends the board with its keeper; elsewhere an emulator may outlive a keeper that is killed."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """`CONTROL-DESCRIPTOR PORT-NAME COMMAND...`: keep a board until nobody commands any more."""
    descriptor, name, *command = arguments
    with socket.socket(fileno=int(descriptor)) as control:
        try:
            keeper = Keeper(control, Path(name), command)
        except OSError as error:
            control.sendall(f"{error}\n".encode())
            return
        try:
            keeper.run()
        finally:
            keeper.end()
            shutil.rmtree(Path(name).parent, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
