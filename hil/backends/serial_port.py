# SPDX-License-Identifier: Apache-2.0
"""A serial port by any URL that pyserial knows, held exclusively; the one place where its failures become line errors.

pyserial and what lies under it raise SerialException, OSError, termios.error (no OSError), ValueError or NotImplementedError
for what are the same few troubles; with what error number, if any, depends on the kind of port.
"""

from __future__ import annotations

import errno
import select
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import serial

from .line_errors import (
    LineError,
    NotAPort,
    PortAbsent,
    PortForbidden,
    PortInUse,
    PortLost,
    PortMisconfigured,
    PortStalled,
)

RECEIVE_OCTETS = 4096
POLL_S = 0.05
"""How long a read may wait on a port that has no descriptor to wait on."""

_FAILURES = (serial.SerialException, OSError, termios.error)
_REFUSALS = (ValueError, NotImplementedError, OverflowError, TypeError)


class SerialPort:
    """One port; it may be opened again after it was lost.

    Args:
        board: whose it is, for error texts.
        url: a device (`/dev/serial/by-id/...`) or a URL (`socket://`, `rfc2217://`, `loop://`).
        write_s: wall seconds that a write may take.
    """

    def __init__(self, board: str, url: str, *, baud: int, write_s: float) -> None:
        self.board, self.url = board, url
        self._baud, self._write_s = baud, write_s
        self._port: Any = None
        self._descriptor: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is held."""
        return self._port is not None

    def open(self) -> None:
        """Take the port for this process alone.

        Raises:
            PortAbsent, PortForbidden, PortInUse, NotAPort, PortMisconfigured: why not.
        """
        self.close()
        remote = self.url.startswith("rfc2217://")  # whose socket has a write limit of its own, and no other
        with self._told(_opening):
            port = serial.serial_for_url(
                self.url,
                baudrate=self._baud,
                timeout=POLL_S if remote else 0,
                write_timeout=None if remote else self._write_s,
                exclusive=True,
            )
        self._port = port
        with suppress(AttributeError, OSError, ValueError):  # io.UnsupportedOperation is both of the last
            self._descriptor = port.fileno()

    def write(self, octets: bytes) -> None:
        """Hand octets to the line.

        Raises:
            PortLost, PortStalled: it cannot be done, at all or in time.
        """
        with self._told(_using):
            self._held().write(octets)

    def read(self, limit_s: float) -> bytes:
        """Octets that have come; none after `limit_s` wall seconds without any.

        Raises:
            PortLost: the port is gone.
        """
        with self._told(_using):
            port = self._held()
            if self._descriptor is not None:
                if not select.select([self._descriptor], [], [], limit_s)[0]:
                    return b""
                octets: bytes = port.read(RECEIVE_OCTETS)
                return octets
            return self._polled(port, limit_s)

    def pulse_dtr(self, duration_s: float) -> None:
        """Hold DTR low for some wall seconds: the reset of many dev boards.

        Raises:
            PortMisconfigured: this port has none.
        """
        with self._told(_dtr):
            port = self._held()
            port.dtr = False
            time.sleep(duration_s)
            port.dtr = True

    def close(self) -> None:
        """Let the port go; safe to call twice, and on one that is gone."""
        port, self._port, self._descriptor = self._port, None, None
        if port is not None:
            with suppress(*_FAILURES):
                port.close()

    def _held(self) -> Any:
        if self._port is None:
            raise PortLost(self.board, self.url, "is not open; run again")
        return self._port

    @staticmethod
    def _polled(port: Any, limit_s: float) -> bytes:
        until_s = time.monotonic() + limit_s
        while not (octets := port.read(1)) and time.monotonic() < until_s:
            pass
        waiting = port.in_waiting if octets else 0
        return bytes(octets + port.read(waiting)) if waiting else bytes(octets)

    @contextmanager
    def _told(self, why: Any) -> Iterator[None]:
        try:
            yield
        except LineError:
            raise
        except _FAILURES as error:
            kind, told = why(error)
            raise kind(self.board, self.url, told) from error
        except _REFUSALS as error:
            told = f"the port refuses its settings ({error}); change url or baud in the bench file"
            raise PortMisconfigured(self.board, self.url, told) from error


def _number(error: BaseException) -> int | None:
    """The system's error number, also where the exception on top has none."""
    seen: BaseException | None = error
    while seen is not None:
        number = (
            seen.args[0] if isinstance(seen, termios.error) and seen.args else getattr(seen, "errno", None)
        )
        if isinstance(number, int):
            return number
        seen = seen.__cause__ or seen.__context__
    return None


def _opening(error: BaseException) -> tuple[type[LineError], str]:
    number = _number(error)
    if number in _ON_OPENING:
        return _ON_OPENING[number]
    return PortAbsent, f"cannot be opened ({error}); check the url in the bench file"


def _using(error: BaseException) -> tuple[type[LineError], str]:
    if isinstance(error, (serial.SerialTimeoutException, TimeoutError)) or isinstance(
        error.__context__, TimeoutError
    ):
        return (
            PortStalled,
            "takes no more octets: the board is stopped or reads none; reset it, then run again",
        )
    return PortLost, f"is gone ({_short(error)}); plug it in again"


def _dtr(error: BaseException) -> tuple[type[LineError], str]:
    if _number(error) in (errno.ENOTTY, errno.EINVAL):
        return PortMisconfigured, 'the port has no DTR; in the bench file, reset = "register"'
    return _using(error)


def _short(error: BaseException) -> str:
    number = _number(error)
    return errno.errorcode.get(number, str(number)) if number is not None else "it hung up"


_GONE = (PortAbsent, "is not there; plug it in, or check the url in the bench file")
_TAKEN = (PortInUse, "another program has it; `flatsat boards list` tells which flatsat, `fuser` which other")
_NO_PORT = (NotAPort, "is no serial port; check the url in the bench file")
_BAD_SETTING = (PortMisconfigured, "the port refuses its settings; change baud in the bench file")
_ON_OPENING: dict[int | None, tuple[type[LineError], str]] = {
    errno.ENOENT: _GONE,
    errno.ENXIO: _GONE,
    errno.ENODEV: _GONE,
    errno.EIO: _GONE,
    errno.ECONNREFUSED: (
        PortAbsent,
        "nobody listens there; start its server, or check the url in the bench file",
    ),
    errno.EACCES: (PortForbidden, "no permission; sudo usermod -aG dialout $USER, then log in again"),
    errno.EPERM: (PortForbidden, "no permission; sudo usermod -aG dialout $USER, then log in again"),
    errno.EAGAIN: _TAKEN,
    errno.EBUSY: _TAKEN,
    errno.ENOTTY: _NO_PORT,
    errno.EISDIR: _NO_PORT,
    errno.ENOTDIR: _GONE,
    errno.EINVAL: _BAD_SETTING,
}
