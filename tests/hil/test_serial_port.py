# SPDX-License-Identifier: Apache-2.0
"""Every way in which a serial port was seen to fail is one typed error: on ptys, a TCP socket and an RFC 2217 server.

Which exception pyserial raises was measured for each row; it is in its comment.
"""

import errno
import os
import socket
import termios
import tty

import pytest
import serial
from flatsat.hil.backends import line_errors
from flatsat.hil.backends.line_errors import (
    LineError,
    NotAPort,
    PortAbsent,
    PortForbidden,
    PortInUse,
    PortLost,
    PortMisconfigured,
    PortStalled,
)
from flatsat.hil.backends.serial_port import SerialPort
from flatsat.hil.errors import BackEndError

from .board_on_a_line import BoardOnALine


class Pty:
    """A pty with a stable name, whose slave is held open as a USB adapter's driver does."""

    def __init__(self, folder):
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.url = str(folder / "port")
        os.symlink(os.ttyname(self._slave), self.url)

    def unplug(self):
        os.unlink(self.url)
        os.close(self.master)
        os.close(self._slave)
        self.master = None


@pytest.fixture
def pty(tmp_path):
    made = Pty(tmp_path)
    yield made
    if made.master is not None:
        made.unplug()


def port(url, write_s=0.3, baud=115_200):
    return SerialPort("power", url, baud=baud, write_s=write_s)


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# --- opening --------------------------------------------------------------------------------------------------------


def test_octets_go_both_ways(pty):
    uut = port(pty.url)
    uut.open()
    uut.write(b"there")
    assert os.read(pty.master, 99) == b"there"
    os.write(pty.master, b"back")
    assert uut.read(1.0) == b"back"
    assert uut.read(0.01) == b""
    uut.close()
    uut.close()
    assert not uut.is_open


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        pytest.param("/dev/flatsat-none", PortAbsent, id="missing"),  # SerialException, errno 2
        pytest.param("{file}", NotAPort, id="regular file"),  # SerialException, errno None, (25, ...)
        pytest.param("/dev/null", NotAPort, id="null device"),  # the same
        pytest.param("{folder}", NotAPort, id="folder"),  # errno 21
        pytest.param("{file}/x", PortAbsent, id="in a file"),  # errno 20
        pytest.param("socket://127.0.0.1:{port}", PortAbsent, id="nobody on a socket"),  # errno None
        pytest.param("rfc2217://127.0.0.1:{port}", PortAbsent, id="nobody on RFC 2217"),  # errno None
        pytest.param("carrier://pigeon", PortMisconfigured, id="no such kind of URL"),  # ValueError
        pytest.param("socket://127.0.0.1:99999", PortAbsent, id="no such TCP port"),  # errno None
    ],
)  # fmt: skip
def test_what_cannot_be_opened(tmp_path, free_port, url, kind):
    (tmp_path / "file").write_bytes(b"octets")
    url = url.format(file=tmp_path / "file", folder=tmp_path, port=free_port)
    with pytest.raises(kind) as caught:
        port(url).open()
    assert type(caught.value) is kind
    assert (caught.value.board, caught.value.url) == ("power", url)
    assert str(caught.value).startswith(f"power board on {url}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        pytest.param(serial.SerialException(errno.EACCES, "could not open port"), PortForbidden, id="permission"),
        pytest.param(serial.SerialException(errno.EBUSY, "could not open port"), PortInUse, id="TIOCEXCL of another user"),
        pytest.param(OSError(errno.EIO, "Input/output error"), PortAbsent, id="gone while it is opened"),
        pytest.param(termios.error(errno.EINVAL, "Invalid argument"), PortMisconfigured, id="a setting refused"),
        pytest.param(ValueError("Invalid baud rate: -1"), PortMisconfigured, id="a setting that is none"),
        pytest.param(NotImplementedError("custom baud"), PortMisconfigured, id="a setting not supported"),
        pytest.param(serial.SerialException("whatever"), PortAbsent, id="not known"),
    ],
)  # fmt: skip
def test_what_a_driver_may_raise_on_opening(monkeypatch, error, kind):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(kind):
        port("/dev/ttyACM0").open()


def test_a_port_is_had_by_one(pty):  # SerialException, errno 11
    first, second = port(pty.url), port(pty.url)
    first.open()
    with pytest.raises(PortInUse):
        second.open()
    first.close()
    second.open()
    second.close()


def test_an_odd_baud_is_for_the_hardware_to_judge(pty):
    uut = port(pty.url, baud=12_345)
    uut.open()
    uut.close()


# --- in use ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda uut: uut.read(1.0), id="read"),  # SerialException, no data
        pytest.param(lambda uut: uut.write(b"x"), id="write"),  # SerialException, errno 5
        pytest.param(lambda uut: uut.pulse_dtr(0), id="DTR"),  # plain OSError 5
    ],
)
def test_an_unplugged_port_is_lost(pty, use):
    uut = port(pty.url)
    uut.open()
    pty.unplug()
    with pytest.raises(PortLost):
        use(uut)
    uut.close()
    with pytest.raises(PortAbsent):
        uut.open()
    with pytest.raises(PortLost):
        uut.read(0)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(OSError(errno.EIO, "Input/output error"), id="in_waiting"),  # plain
        pytest.param(termios.error(errno.EIO, "Input/output error"), id="flush"),  # no OSError
        pytest.param(
            serial.SerialException("device reports readiness to read but returned no data"), id="read"
        ),
    ],
)
def test_what_a_driver_may_raise_in_use(pty, monkeypatch, error):
    def fail(*_):
        raise error

    uut = port(pty.url)
    uut.open()
    monkeypatch.setattr(uut._port, "write", fail)
    with pytest.raises(PortLost):
        uut.write(b"x")
    uut.close()


def test_a_board_that_reads_nothing_stalls_the_port(pty):  # without a write limit it hangs
    uut = port(pty.url)
    uut.open()
    with pytest.raises(PortStalled):
        for _ in range(100):
            uut.write(bytes(1000))
    uut.close()


def test_a_pty_has_no_dtr(pty):  # plain OSError 25
    uut = port(pty.url)
    uut.open()
    with pytest.raises(PortMisconfigured, match='reset = "register"'):
        uut.pulse_dtr(0)
    uut.close()


@pytest.mark.parametrize("kind", ["socket", "rfc2217"])
@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda uut: [uut.read(0.5) for _ in range(4)], id="read"),  # SerialException, at once
        pytest.param(
            lambda uut: [uut.write(b"\xc0" * 999) for _ in range(99)], id="write"
        ),  # the second one fails
    ],
)
def test_a_connection_that_ends_is_lost(kind, use):
    with BoardOnALine("power", kind) as board:
        uut = port(board.url)
        uut.open()
        uut.write(b"\xc0")
        board.kill()
        with pytest.raises(PortLost):
            use(uut)
        uut.close()
        with pytest.raises(PortAbsent):
            uut.open()


def test_the_error_tree_is_the_one_drawn():
    kinds = [
        kind for kind in vars(line_errors).values() if isinstance(kind, type) and kind is not BackEndError
    ]
    assert all(issubclass(kind, LineError) for kind in kinds)
    drawn = [line.split()[1] for line in line_errors.__doc__.splitlines() if line.startswith(("├", "└"))]
    assert drawn == [kind.__name__ for kind in kinds if kind is not LineError]
