# SPDX-License-Identifier: Apache-2.0
"""Messages between the bench and a simulator process: RMAP packets there, replies and optical records back.

They travel on a stream socket, each behind its length (4 octets). The bench opens with `Hello` and gets one back; every
`Exchange` gets one `Answer` or `Error`; `Close`, or the stream's end, ends the simulator. First octet the kind, then big-endian:

Hello     1  version (2), build identifier (4), simulator's name (UTF-8, to the end)
Exchange  2  count (2), per request board, port, reply due (1 each), length (2), packet
Answer    3  count (2), per request length (2; 0: no reply), reply; count (2), per optical record
             starting millisecond (4), length (2), octets
Close     4
Reset     6  puts every board into its power-on state; answered by an Answer without replies
Error     5  text (UTF-8, to the end)
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .errors import ProtocolError

VERSION = 2
LONGEST_MESSAGE = 1 << 26
FLIGHT_PORT, STIMULUS_PORT = 0, 1

_LENGTH = struct.Struct(">I")
_COUNT = struct.Struct(">H")
_HELLO = struct.Struct(">HI")
_REQUEST = struct.Struct(">BBBH")
_RECORD = struct.Struct(">IH")


class BridgeError(ProtocolError):
    """A message that cannot be written or read: `offset` is the octet at which its reading ended."""

    def __init__(self, problem: str, offset: int = 0) -> None:
        super().__init__(f"{problem}, at octet {offset}" if offset else problem)
        self.problem, self.offset = problem, offset


class Request(NamedTuple):
    """A packet for one board: 0 power, 1 compute, 2 laser. A back end on a real line waits for a reply where it is due;
    a simulator sees by itself when a board is at rest."""

    board: int
    port: int
    reply_due: bool
    packet: bytes


class OpticalRecord(NamedTuple):
    """A CADU as it left the optical pin, and the board millisecond in which it did."""

    start_ms: int
    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    build_id: int
    simulator: str
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Exchange:
    """Requests for one board are carried out in order, those for different boards at once."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Replies in the order of the requests, None where there is none."""

    replies: tuple[bytes | None, ...]
    optical: tuple[OpticalRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Close:
    pass


@dataclass(frozen=True, slots=True)
class Reset:
    pass


@dataclass(frozen=True, slots=True)
class Error:
    text: str


Message = Hello | Exchange | Answer | Close | Reset | Error


def encode(message: Message) -> bytes:
    """Octets of a message. Raises BridgeError for values that do not fit."""
    try:
        return _encode(message)
    except struct.error as error:
        raise BridgeError(f"{type(message).__name__}: {error}") from error


def _encode(message: Message) -> bytes:
    match message:
        case Exchange(requests):
            parts = [b"\2", _COUNT.pack(len(requests))]
            for board, port, reply_due, packet in requests:
                parts += (_REQUEST.pack(board, port, reply_due, len(packet)), packet)
            return b"".join(parts)
        case Answer(replies, optical):
            parts = [b"\3", _COUNT.pack(len(replies))]
            for reply in replies:
                parts += (_COUNT.pack(len(reply)), reply) if reply else (_COUNT.pack(0),)
            parts.append(_COUNT.pack(len(optical)))
            for start_ms, octets in optical:
                parts += (_RECORD.pack(start_ms, len(octets)), octets)
            return b"".join(parts)
        case Hello():
            return b"\1" + _HELLO.pack(message.version, message.build_id) + message.simulator.encode()
        case Close():
            return b"\4"
        case Reset():
            return b"\6"
        case Error(text):
            return b"\5" + text.encode()


def decode(octets: bytes) -> Message:
    """The message that these octets are, no more and no fewer. Raises BridgeError."""
    if not octets:
        raise BridgeError("empty message")
    reader = _READERS.get(octets[0])
    if reader is None:
        raise BridgeError(f"message kind {octets[0]}, known are {', '.join(map(str, _READERS))}")
    cursor = _Cursor(octets)
    message = reader(cursor)
    if cursor.offset != len(octets):
        raise BridgeError(f"{len(octets) - cursor.offset} octets too many", cursor.offset)
    return message


def framed(message: Message) -> bytes:
    """A message as it goes on the stream. Raises BridgeError for values that do not fit."""
    octets = encode(message)
    return _LENGTH.pack(len(octets)) + octets


class Deframer:
    """Finds messages in a stream of octets that arrives in any pieces."""

    def __init__(self) -> None:
        self._held = b""

    def receive(self, octets: bytes) -> list[Message]:
        """Messages that these octets complete, in order.

        Raises:
            BridgeError: one of them is none, or claims to be longer than LONGEST_MESSAGE. What came before it is lost.
        """
        held = self._held + octets if self._held else octets
        messages = []
        start = 0
        while len(held) >= start + _LENGTH.size:
            (length,) = _LENGTH.unpack_from(held, start)
            if length > LONGEST_MESSAGE:
                raise BridgeError(f"message of {length} octets: at most {LONGEST_MESSAGE}")
            end = start + _LENGTH.size + length
            if len(held) < end:
                break
            whole, start = held[start + _LENGTH.size : end], end
            self._held = held[start:]
            messages.append(decode(whole))
        self._held = held[start:]
        return messages


class _Cursor:
    """The octets of a message after its kind, and how far they have been read."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self.offset = 1

    def numbers(self, layout: struct.Struct) -> tuple[int, ...]:
        return layout.unpack(self.take(layout.size))

    def take(self, length: int) -> bytes:
        end = self.offset + length
        if end > len(self._octets):
            raise BridgeError(f"{end - len(self._octets)} octets too few", self.offset)
        taken = self._octets[self.offset : end]
        self.offset = end
        return taken

    def text(self) -> str:
        rest = self.take(len(self._octets) - self.offset)
        try:
            return rest.decode()
        except UnicodeDecodeError as error:
            raise BridgeError("text is not UTF-8", self.offset) from error


def _read_hello(cursor: _Cursor) -> Hello:
    version, build_id = cursor.numbers(_HELLO)
    return Hello(build_id=build_id, simulator=cursor.text(), version=version)


def _read_exchange(cursor: _Cursor) -> Exchange:
    return Exchange(tuple(_read_request(cursor) for _ in range(cursor.numbers(_COUNT)[0])))


def _read_request(cursor: _Cursor) -> Request:
    board, port, reply_due, length = cursor.numbers(_REQUEST)
    if board > 2 or port > STIMULUS_PORT or reply_due > 1:
        raise BridgeError(
            f"board {board}, port {port}, reply due {reply_due}: at most 2, 1 and 1", cursor.offset
        )
    return Request(board, port, bool(reply_due), cursor.take(length))


def _read_answer(cursor: _Cursor) -> Answer:
    replies = tuple(cursor.take(cursor.numbers(_COUNT)[0]) or None for _ in range(cursor.numbers(_COUNT)[0]))
    return Answer(replies, tuple(_read_record(cursor) for _ in range(cursor.numbers(_COUNT)[0])))


def _read_record(cursor: _Cursor) -> OpticalRecord:
    start_ms, length = cursor.numbers(_RECORD)
    return OpticalRecord(start_ms, cursor.take(length))


_READERS: dict[int, Callable[[_Cursor], Message]] = {
    1: _read_hello,
    2: _read_exchange,
    3: _read_answer,
    4: lambda cursor: Close(),
    5: lambda cursor: Error(cursor.text()),
    6: lambda cursor: Reset(),
}
