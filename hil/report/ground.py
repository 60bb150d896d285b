# SPDX-License-Identifier: Apache-2.0
"""The ground's side of a run: what became of each frame that left the pin, decoded from `downlink.cadu`."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from flatsat.protocols import dictionary, profile, pus, space_packet
from flatsat.protocols.receiver import Event, FrameReceived, FrameRejected, PacketReceived, Receiver

from ..downlink import PROFILE
from ..errors import RecordingError
from ..trace import optical_records
from .envelope import Envelope
from .log import KINDS, Log

COLUMNS = ("sent", "decoded", "lost", "corrected")

_DECODE_OCTETS = 1 << 20
_FRAMES_PENDING = 4096
_HEADERS_OCTETS = space_packet.PRIMARY_HEADER_OCTETS + pus.TELEMETRY_HEADER_OCTETS


@dataclass(slots=True)
class _Frame:
    """A CADU that left the pin; `offset` is its place in the capture, None where nothing of it arrived."""

    time_s: float
    offset: int | None
    corrected: int | None = None


class Ground:
    """Follows the frames in the order in which they left the pin.

    Attributes:
        envelope: COLUMNS, one row a frame; the first three count from the start.
        packets: whole packets decoded, and their octets, by kind.
        log: what the satellite told of itself.
    """

    def __init__(self, capture: Path) -> None:
        self.envelope = Envelope(COLUMNS)
        self.packets: Counter[str] = Counter()
        self.packet_octets: Counter[str] = Counter()
        self.log = Log()
        self.sent = self.decoded = self.rejected = self.corrected = self.octets = 0
        link = profile.load(PROFILE)
        self._cadu_octets = link.cadu_octets
        self._receiver = Receiver(link)
        self._capture = _opened(capture)
        self._next = self._read()
        self._taken = 0
        self._settled_s = 0.0
        self._pending = bytearray()
        self._frames: deque[_Frame] = deque()
        self._at: dict[int, _Frame] = {}
        self._known = dictionary.load()

    def take(self, end_s: float, optical: bytes) -> None:
        """Take what left the pin in the cycle that ended at `end_s`."""
        for _, cadu in optical_records(optical):
            frame = _Frame(end_s, None)
            if _is_same(cadu, self._next):
                frame.offset = self._taken
                self._at[self._taken] = frame
                self._pending += self._next
                self._taken += len(self._next)
                self._next = self._read()
            self._frames.append(frame)
        if len(self._pending) >= _DECODE_OCTETS or len(self._frames) >= _FRAMES_PENDING:
            self._follow(self._receiver.receive(bytes(self._pending)))
            self._pending.clear()
            self._settle(self._taken - 2 * self._cadu_octets)

    def finish(self) -> None:
        """Decode what is left."""
        self._follow(self._receiver.receive(bytes(self._pending)))
        self._follow(self._receiver.close())
        self._settle(self._taken)
        if self._capture:
            self._capture.close()

    def _read(self) -> bytes:
        return self._capture.read(self._cadu_octets) if self._capture else b""

    def _follow(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, FrameReceived):
                if frame := self._at.get(event.offset):
                    frame.corrected = event.symbols_corrected
            elif isinstance(event, FrameRejected):
                self.rejected += 1
            elif isinstance(event, PacketReceived) and event.is_complete and not event.is_idle:
                self._count(event)

    def _count(self, packet: PacketReceived) -> None:
        octets = packet.octets
        service, subtype = octets[7:9] if len(octets) >= _HEADERS_OCTETS else (0, 0)
        structure = octets[_HEADERS_OCTETS] if len(octets) > _HEADERS_OCTETS else None
        definition = self._known.identify(packet.apid, service, subtype, structure)
        name = definition.name if definition else f"APID 0x{packet.apid:02X}, not in the dictionary"
        self.packets[name] += 1
        self.packet_octets[name] += len(octets)
        if definition and name in KINDS:
            frame = self._at.get(packet.offset)
            self.log.take(
                frame.time_s if frame else self._settled_s, subtype, definition, octets[_HEADERS_OCTETS:]
            )

    def _settle(self, certain: int) -> None:
        """Book the frames of which no more is to be heard: all that begin before `certain` octets of the capture."""
        while self._frames and (self._frames[0].offset is None or self._frames[0].offset < certain):
            frame = self._frames.popleft()
            self._settled_s = frame.time_s
            self.sent += 1
            if frame.offset is not None:
                self.octets += self._cadu_octets
                del self._at[frame.offset]
            if frame.corrected is not None:
                self.decoded += 1
                self.corrected += frame.corrected
            corrected = float("nan") if frame.corrected is None else frame.corrected
            self.envelope.add(frame.time_s, (self.sent, self.decoded, self.sent - self.decoded, corrected))


def _opened(capture: Path) -> BinaryIO | None:
    """A run may have been killed before it had one."""
    try:
        return capture.open("rb") if capture.exists() else None
    except OSError as error:
        raise RecordingError(f"cannot read {capture}: {error.strerror}; check its permissions") from error


def _is_same(sent: bytes, received: bytes) -> bool:
    """Whether a CADU arrived, with wrong symbols or without: two different ones agree in one octet of 256."""
    if len(sent) != len(received):
        return False
    return bool(np.count_nonzero(_octets(sent) != _octets(received)) < len(sent) // 2)


def _octets(octets: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(octets, np.uint8)
