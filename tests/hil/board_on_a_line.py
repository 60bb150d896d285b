# SPDX-License-Identifier: Apache-2.0
"""A twin at the end of a serial line, in a process of its own: a pty, a TCP socket or an RFC 2217 server; the line can be bad.

Run as a program it serves one board and takes orders on its standard input, whose end is its own; `BoardOnALine` starts
and leads such a program.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import tty
from pathlib import Path

from flatsat.boards.firmware import windows
from flatsat.boards.twin import TwinBoard
from flatsat.protocols import rmap, slip

BUILD_ID = {"power": 0x0B0A0001, "compute": 0x0B0A0002, "laser": 0x0B0A0003}
STIMULUS = {"power": 0x60, "compute": 0x61, "laser": 0x62}
BOARDS = tuple(STIMULUS)


class BoardOnALine:
    """Starts a board and leads it; on leaving it is gone.

    Args:
        kind: `pty`, `socket` or `rfc2217`.
        folder: where a pty gets its stable name.

    Attributes:
        url: for a bench file.
        process: to be stopped or killed.
    """

    def __init__(self, board: str, kind: str = "pty", folder: Path | None = None) -> None:
        link = str((folder or Path(".")) / board) if kind == "pty" else kind
        self.process = subprocess.Popen(
            [sys.executable, __file__, board, link], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self._answer()

    def order(self, do: str, **how: object) -> str:
        """Give an order and wait until it is done."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"do": do, **how}) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def stop(self) -> None:
        """SIGSTOP: octets sent meanwhile wait."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it; safe to call twice."""
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> BoardOnALine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# --- the board: a twin with the windows of a board on a line ----------------------------------------------------------


class LineBoard:
    """Octets in, octets out."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._decoder = slip.Decoder()
        if name == "laser":
            from flatsat.protocols import coding

            coding.encode_cadu(bytes(1115))  # compiled now, not in the middle of a reply
        self.switch_on()

    def switch_on(self) -> None:
        self._twin = TwinBoard(self.name)
        self._twin._core.stimulus.words[2] = self._twin._core.flight.words[2] = BUILD_ID[self.name]
        self._light: list[tuple[int, int, bytes]] = []
        self._sequence = 0

    def receive(self, octets: bytes) -> bytes:
        answer = b""
        for packet in self._decoder.receive(octets):
            if isinstance(packet, slip.Malformed):
                self._twin._core.count_dropped()
                continue
            reply = self._window(packet) if self._is_window(packet) else self._twin.execute(packet)
            if reply is not None:
                answer += slip.encode(reply)
        return answer

    def _is_window(self, packet: bytes) -> bool:
        code = rmap.ASKS_REPLY | rmap.COMMAND
        return (
            len(packet) >= 16
            and packet[0] == STIMULUS[self.name]
            and packet[2] & ~rmap.WRITE == code
            and packet[8:12] != b"\0\0\x10\0"
            and rmap.reply_due(packet)
            and int.from_bytes(packet[8:12], "big") in (0x2000, 0x2800, 0x3000, 0x3800)
        )

    def _window(self, packet: bytes) -> bytes | None:
        try:
            command = rmap.parse_command(packet)
        except rmap.CommandRefused as refused:
            return rmap.encode_reply(
                packet[4], packet[0], packet[5] << 8 | packet[6], packet[2], refused.status
            )
        status, octets = self._accessed(command)
        return rmap.encode_reply(
            command.initiator, command.target, command.transaction, command.instruction, status, octets
        )

    def _accessed(self, command: rmap.Command) -> tuple[int, bytes]:
        self._light += [(self._number(), ms, cadu) for ms, cadu in self._twin.take_optical()]
        word = int.from_bytes(command.octets, "big")
        match command.address, command.is_write:
            case windows.RESET.address, True:
                if word != windows.RESET_WORD:
                    return 1, b""
                self.switch_on()
                return 0, b""
            case windows.OPTICAL_LEVEL.address, False:
                return 0, len(self._light).to_bytes(4, "big")
            case windows.OPTICAL_FIFO.address, False:
                if not self._light:
                    return 0, bytes(windows.OPTICAL_FIFO.octets)
                sequence, ms, cadu = self._light[0]
                return 0, struct.pack(">HHL", sequence, len(cadu), ms) + cadu + b"\0"
            case windows.OPTICAL_RELEASE.address, True:
                if self._light and self._light[0][0] == word:
                    self._light.pop(0)
                return 0, b""
        return 10, b""

    def _number(self) -> int:
        self._sequence = self._sequence % 0xFFFF + 1
        return self._sequence


# --- the line: what becomes of octets on their way -------------------------------------------------------------------


UNPLUG = b"not an octet: the line is pulled, and put back"


class Way:
    """One direction; a fault strikes every so many pieces, those to the logical address `only` where it is not 0."""

    def __init__(self) -> None:
        self.kind, self.every, self.seconds, self.only = "", 0, 0.0, 0
        self.struck = 0
        self._count = 0
        self._held = b""

    def pieces(self, octets: bytes) -> list[bytes]:
        """What comes out for a piece that goes in."""
        if self.only and octets[1:2] != bytes((self.only,)):
            return [octets]
        self._count += 1
        octets, self._held = self._held + octets, b""
        if not self.kind or self._count % self.every:
            return [octets]
        self.struck += 1
        place = self.struck * 7 % len(octets)
        if self.kind == "merge":
            self._held = octets
            return []
        if self.kind == "delay":
            time.sleep(self.seconds)
        return {
            "split": [octets[i : i + 1] for i in range(len(octets))],
            "corrupt": [octets[:place] + bytes((octets[place] ^ 0x10,)) + octets[place + 1 :]],
            "stutter": [octets[: place + 1] + octets[place:]],
            "duplicate": [octets, octets],
            "cut": [octets[:place]],
            "lose": [],
            "unplug": [UNPLUG],
            "noise": [b"\x00\xc0\xdb\x55" + octets],
            "delay": [octets],
        }[self.kind]


class Served:
    """A board, two ways, and what is at the end of them: `read` and `write` octets, `descriptor` to wait on."""

    def __init__(self, board: str, link: str) -> None:
        self.board = LineBoard(board)
        self.ways = {"to": Way(), "from": Way()}
        self.end = {"socket": TcpEnd, "rfc2217": Rfc2217End}.get(link, PtyEnd)(self, link)

    def run(self) -> None:
        print(self.end.url, flush=True)
        while True:
            ready = select.select([0, *self.end.descriptors()], [], [])[0]
            if 0 in ready:
                line = sys.stdin.readline()
                if not line:
                    return
                print(self._obey(json.loads(line)), flush=True)
            elif ready:
                self._carry(self.end.read(ready[0]))

    def _carry(self, octets: bytes) -> None:
        for piece in self.ways["to"].pieces(octets) if octets else ():
            if piece is UNPLUG:
                self.end.unplug()
                time.sleep(self.ways["to"].seconds)
                self.end.replug()
                return
            answer = self.board.receive(piece)
            for part in self.ways["from"].pieces(answer) if answer else ():
                self.end.write(part)

    def _obey(self, order: dict[str, object]) -> str:
        match order.pop("do"):
            case "fault":
                way = self.ways[str(order.pop("way"))]
                vars(way).update(order)
            case "struck":
                return str(sum(way.struck for way in self.ways.values()))
            case "unplug":
                self.end.unplug()
            case "replug":
                self.end.replug()
            case "power cycle":
                self.board.switch_on()
            case "become":
                self.board = LineBoard(str(order["board"]))
            case "anew":
                self.board = LineBoard(str(order["board"]))
                self.ways = {"to": Way(), "from": Way()}
                self.end.unplug()
                self.end.replug()
        return "done"


class PtyEnd:
    """A pty; its keeper holds the slave open, and a symlink is its name."""

    def __init__(self, served: Served, link: str) -> None:
        self.url = link
        self.replug()

    def replug(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        partial = Path(self.url + ".new")
        partial.unlink(missing_ok=True)
        partial.symlink_to(os.ttyname(self._slave))
        partial.replace(self.url)

    def unplug(self) -> None:
        if self._master < 0:
            return
        Path(self.url).unlink()
        os.close(self._master)
        os.close(self._slave)
        self._master = -1

    def descriptors(self) -> list[int]:
        return [self._master] if self._master >= 0 else []

    def read(self, descriptor: int) -> bytes:
        return os.read(descriptor, 65536)

    def write(self, octets: bytes) -> None:
        while octets:
            octets = octets[os.write(self._master, octets) :]


class TcpEnd:
    """A TCP port of this machine; one client after another."""

    scheme = "socket"

    def __init__(self, served: Served, link: str) -> None:
        self._served = served
        self._port = 0
        self._client: socket.socket | None = None
        self.replug()
        self.url = f"{self.scheme}://127.0.0.1:{self._port}"

    def replug(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]

    def unplug(self) -> None:
        self._listener.close()
        if self._client:
            self._client.close()
        self._client = None

    def descriptors(self) -> list[int]:
        return [end.fileno() for end in (self._client, self._listener) if end and end.fileno() >= 0]

    def read(self, descriptor: int) -> bytes:
        if self._client is None or descriptor != self._client.fileno():
            if self._client:
                self._client.close()
            self._client = self._listener.accept()[0]
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connected()
            return b""
        try:
            octets = self._client.recv(65536)
        except ConnectionError:
            octets = b""
        if not octets:
            self._client.close()
            self._client = None
        return self.received(octets)

    def connected(self) -> None:
        """Somebody is there."""

    def received(self, octets: bytes) -> bytes:
        return octets

    def write(self, octets: bytes) -> None:
        if self._client:
            self._client.sendall(octets)


class Rfc2217End(TcpEnd):
    """As a serial device server has it: pyserial's own telnet state machine, before a port whose DTR resets the board."""

    scheme = "rfc2217"

    def connected(self) -> None:
        from serial import rfc2217

        self._manager = rfc2217.PortManager(Port(self._served.board), Connection(self))

    def received(self, octets: bytes) -> bytes:
        return b"".join(self._manager.filter(octets)) if octets else b""

    def write(self, octets: bytes) -> None:
        super().write(b"".join(self._manager.escape(octets)))


class Connection:
    """Where the telnet state machine sends its own octets."""

    def __init__(self, end: Rfc2217End) -> None:
        self._end = end

    def write(self, octets: bytes) -> None:
        TcpEnd.write(self._end, octets)


class Port:
    """What the telnet state machine sets: everything is stored, DTR going low resets the board."""

    def __init__(self, board: LineBoard) -> None:
        self.__dict__.update(
            board=board, baudrate=9600, bytesize=8, parity="N", stopbits=1, rtscts=False, xonxoff=False,
            rts=True, cts=True, dsr=True, ri=False, cd=True, break_condition=False, dtr=True,
        )  # fmt: skip

    def __setattr__(self, name: str, value: object) -> None:
        if name == "dtr" and not value and self.dtr:
            self.board.switch_on()
        self.__dict__[name] = value

    def reset_input_buffer(self) -> None:
        """Nothing is kept."""

    reset_output_buffer = reset_input_buffer


if __name__ == "__main__":
    Served(*sys.argv[1:3]).run()
