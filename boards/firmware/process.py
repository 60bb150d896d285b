# SPDX-License-Identifier: Apache-2.0
"""A board's firmware on this machine, behind a serial port: as a program of the host, or on an emulated STM32F4."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from .build import BuildError, Image, build
from .keeper import LINE, QMP

LIMIT_S = 30.0  # for a command to the keeper: a machine under load
# USART2 is QEMU's second serial port; its STM32F405 has what the F401, F411 and F446 have where the firmware looks.
_QEMU = ("qemu-system-arm", "-nodefaults", "-display", "none", "-M", "netduinoplus2")
_QEMU_LINES = ("-chardev", f"socket,id=line,fd={LINE}", "-serial", "null", "-serial", "chardev:line",
               "-chardev", f"socket,id=qmp,fd={QMP}", "-mon", "chardev=qmp,mode=control")  # fmt: skip


class Machine(NamedTuple):
    """What an image runs on.

    Attributes:
        target: of build.py.
        command: runs the image at this path.
    """

    target: str
    command: Callable[[str], tuple[str, ...]]


MACHINES: Mapping[str, Machine] = {
    "host": Machine("host", lambda path: (path,)),
    "qemu": Machine("stm32f4", lambda path: (*_QEMU, "-kernel", path, *_QEMU_LINES)),
}


class BoardProcess:
    """One board that runs here until it is closed, or this Python ends in whatever way.

    Args:
        board: power, compute or laser.
        machine: a key of MACHINES.

    Attributes:
        port: path of the serial port; it is there while the board is plugged in.
        image: what it runs.

    Raises:
        BuildError: the image cannot be built or run; one line that says what to do.
    """

    def __init__(self, board: str, machine: str) -> None:
        target, command = MACHINES[machine]
        if machine == "qemu" and shutil.which(_QEMU[0]) is None:
            raise BuildError(f"no {_QEMU[0]}: apt-get install qemu-system-arm")
        self.image: Image = build(board, target)
        words = command(str(self.image.path))
        self._name = Path(tempfile.mkdtemp(prefix="flatsat-board-")) / board
        self.port = str(self._name)
        self._control, theirs = socket.socketpair()
        self._control.settimeout(LIMIT_S)
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    f"{__package__}.keeper",
                    str(theirs.fileno()),
                    self.port,
                    *words,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is the bench's
            )
        try:
            self._await_ok("start")
        except BaseException:
            self.close()
            raise

    def stop(self) -> None:
        """Freeze the board: what is sent to it meanwhile is kept."""
        self._tell("stop")

    def go_on(self) -> None:
        """Let a frozen board go on."""
        self._tell("go_on")

    def reset(self) -> None:
        """Press its reset button: power-on state. A killed board starts anew, at a new port of the same name."""
        self._tell("reset")

    def unplug(self) -> None:
        """Pull the cable: the port hangs up and is gone; the board lives on."""
        self._tell("unplug")

    def replug(self) -> None:
        """Put the cable back: a new port of the same name."""
        self._tell("replug")

    def kill(self) -> None:
        """End the board's program at once: the port hangs up and is gone."""
        self._tell("kill")

    def close(self) -> None:
        """End the board; safe to call twice."""
        self._control.close()
        try:
            self._process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._name.parent, ignore_errors=True)

    def __enter__(self) -> BoardProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _tell(self, command: str) -> None:
        self._control.sendall(f"{command}\n".encode())
        self._await_ok(command)

    def _await_ok(self, command: str) -> None:
        try:
            said = self._control.recv(4096).decode().strip()
        except TimeoutError:
            said = f"no answer within {LIMIT_S:g} s"
        if said != "ok":
            raise BuildError(
                f"the {self.image.board} board's process did not {command}: {said or 'it ended'}; run again"
            )
