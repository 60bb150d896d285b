# SPDX-License-Identifier: Apache-2.0
"""The downlink of a run: CADUs as they left the pin and as the channel delivered them, and what decoding makes of both.

What left the pin is decoded too, before the channel has touched it: that is what was sent, and the two are compared octet by
octet. The receiver never sees the pin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from flatsat.protocols import dictionary, profile, pus, receiver, space_packet

from .backends.port import OpticalRecord
from .errors import RecordingError

PROFILE = profile.DEFAULT


@dataclass(frozen=True, kw_only=True)
class EventReport:
    """One event of the flight software, as the ground reads it."""

    name: str
    time_ms: int
    parameters: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """What came down, against what was sent."""

    frames_sent: int = 0
    frames_decoded: int = 0
    symbols_corrected: int = 0
    packets_sent: int = 0
    packets_decoded: int = 0
    packets_altered: int = 0
    events: list[EventReport] = field(default_factory=list)

    def as_dict(self, held: int) -> dict[str, Any]:
        """As it stands in `summary.json`; `held` is the number of frames still on board."""
        return {
            "frames_sent": self.frames_sent,
            "frames_decoded": self.frames_decoded,
            "frames_lost": self.frames_sent - self.frames_decoded,
            "frames_held": held,
            "symbols_corrected": self.symbols_corrected,
            "packets_sent": self.packets_sent,
            "packets_decoded": self.packets_decoded,
            "packets_lost": self.packets_sent - (self.packets_decoded - self.packets_altered),
            "packets_altered": self.packets_altered,
        }


class Downlink:
    """Writes `downlink.cadu` as it comes and keeps what decoding needs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pin = bytearray()
        self._received = bytearray()
        self._frames_sent = 0
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise RecordingError(
                f"cannot write {path}: {error.strerror}; choose another folder with --out"
            ) from error

    def append(self, pin: Iterable[OpticalRecord], received: Iterable[bytes]) -> None:
        """Take one cycle's CADUs, before and after the channel.

        Raises:
            RecordingError: the disk is full or gone.
        """
        for record in pin:
            self._pin += record.octets
            self._frames_sent += 1
        for octets in received:
            self._received += octets
            try:
                self._file.write(octets)
            except OSError as error:
                raise RecordingError(
                    f"cannot write {self._path}: {error.strerror}; free some space or use --out"
                ) from error

    def decode(self) -> Decoded:
        """Decode everything received and compare its packets with those that left the pin."""
        sent = Counter(_packets(_events(self._pin)))
        events = list(_events(self._received))
        packets = list(_packets(events))
        altered = Counter(packets) - sent
        frames = [event for event in events if isinstance(event, receiver.FrameReceived)]
        return Decoded(
            frames_sent=self._frames_sent,
            frames_decoded=len(frames),
            symbols_corrected=sum(frame.symbols_corrected for frame in frames),
            packets_sent=sent.total(),
            packets_decoded=len(packets),
            packets_altered=altered.total(),
            events=list(event_reports(packets)),
        )

    def __enter__(self) -> Downlink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def event_reports(packets: Iterable[bytes]) -> Iterator[EventReport]:
    """Read the event reports among telemetry packets."""
    known = dictionary.load()
    names = {event.identifier: event.name for event in known.events.values()}
    definition = known.packets["event"]
    for packet in packets:
        if _apid(packet) == definition.apid:
            identifier, time_ms, *parameters = definition.unpack(
                packet[space_packet.PRIMARY_HEADER_OCTETS + pus.TELEMETRY_HEADER_OCTETS :]
            )
            yield EventReport(
                name=names.get(int(identifier), f"UNDEFINED_{identifier}"),
                time_ms=int(time_ms),
                parameters=tuple(map(int, parameters)),
            )


def _events(octets: bytes | bytearray) -> Iterator[receiver.Event]:
    if octets:
        chain = receiver.Receiver(profile.load(PROFILE))
        yield from chain.receive(bytes(octets))
        yield from chain.close()


def _packets(events: Iterable[receiver.Event]) -> Iterator[bytes]:
    """Whole packets that are not idle."""
    for event in events:
        if isinstance(event, receiver.PacketReceived) and event.is_complete and not event.is_idle:
            yield event.octets


def _apid(packet: bytes) -> int:
    return int.from_bytes(packet[:2], "big") & 0x7FF
