# SPDX-License-Identifier: Apache-2.0
"""The downlink of a run: CADUs as they left the pin and as the channel delivered them, and what decoding makes of both.

What left the pin is decoded too, before the channel has touched it: that is what was sent, and the two are compared octet by
octet. The receiver never sees the pin.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeGuard

from flatsat.protocols import coding, profile, receiver
from flatsat.protocols.aos import FrameHeader

from .backends.port import OpticalRecord
from .errors import RecordingError
from .reports import Reports

PROFILE = profile.DEFAULT
DECODE_OCTETS = 1 << 20
MOST_SETTLED = 4096
"""How many packets are remembered, to tell one that comes again."""


@dataclass(kw_only=True)
class Decoded:
    """What came down, against what was sent.

    Attributes:
        frames_sent: frames that left the pin.
        frames_decoded: frames that were received whole, one that comes twice in a row counted once.
        frames_never_sent: gaps in the frame counts of what left the pin: frames lost on board.
        packets_altered: whole packets received that never left the pin as they are; one that comes again is not.
        packets_lost: whole packets that left the pin and were not received.
        reports: what the packets received say.
    """

    reports: Reports

    frames_sent: int = 0
    frames_decoded: int = 0
    frames_never_sent: int = 0
    symbols_corrected: int = 0
    packets_sent: int = 0
    packets_decoded: int = 0
    packets_altered: int = 0
    packets_lost: int = 0

    def as_dict(self, held: int) -> dict[str, Any]:
        """As it stands in `summary.json`; `held` is the number of frames still on board."""
        return {
            "frames_sent": self.frames_sent,
            "frames_decoded": self.frames_decoded,
            "frames_lost": self.frames_sent - self.frames_decoded + self.frames_never_sent,
            "frames_held": held,
            "symbols_corrected": self.symbols_corrected,
            "packets_sent": self.packets_sent,
            "packets_decoded": self.packets_decoded,
            "packets_lost": self.packets_lost,
            "packets_altered": self.packets_altered,
            "reports": self.reports.counts(),
        }


class Downlink:
    """Writes `downlink.cadu` as it comes and decodes it in large pieces, so that memory does not grow with the run.

    Args:
        reports: takes the packets received.
    """

    def __init__(self, path: Path, reports: Reports) -> None:
        self._path = path
        self._pin = bytearray()
        self._received = bytearray()
        self._pin_receiver = receiver.Receiver(profile.load(PROFILE))
        self._receiver = receiver.Receiver(profile.load(PROFILE))
        self._outstanding: dict[bytes, int] = {}  # sent less received, by packet; zeros are dropped
        self._settled: dict[bytes, None] = {}  # the latest that were dropped
        self._last_header: FrameHeader | None = None
        self._decoded = Decoded(reports=reports)
        _compile_kernels()
        try:
            self._file = path.open("wb")
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
            self._decoded.frames_sent += 1
        try:
            for octets in received:
                self._received += octets
                self._file.write(octets)
            self._file.flush()
        except OSError as error:
            raise RecordingError(
                f"cannot write {self._path}: {error.strerror}; free some space or use --out"
            ) from error
        if len(self._pin) >= DECODE_OCTETS:
            self._decode_pending()

    def finish(self) -> Decoded:
        """Decode what is left and say what came down. Call it once."""
        self._decode_pending()
        self._count_sent(self._pin_receiver.close())
        self._count_received(self._receiver.close())
        self._decoded.reports.finish()
        self._decoded.packets_lost = sum(count for count in self._outstanding.values() if count > 0)
        self._decoded.packets_altered = -sum(count for count in self._outstanding.values() if count < 0)
        return self._decoded

    def _decode_pending(self) -> None:
        self._count_sent(self._pin_receiver.receive(bytes(self._pin)))
        self._count_received(self._receiver.receive(bytes(self._received)))
        self._pin.clear()
        self._received.clear()

    def _count_sent(self, events: Iterable[receiver.Event]) -> None:
        for event in events:
            if isinstance(event, receiver.FrameLost):
                self._decoded.frames_never_sent += event.count
            elif _is_telemetry(event):
                self._decoded.packets_sent += 1
                self._settle(event.octets, 1)

    def _count_received(self, events: Iterable[receiver.Event]) -> None:
        for event in events:
            if isinstance(event, receiver.FrameReceived):
                self._decoded.frames_decoded += event.header != self._last_header
                self._last_header = event.header
                self._decoded.symbols_corrected += event.symbols_corrected
            elif _is_telemetry(event):
                self._decoded.packets_decoded += 1
                self._decoded.reports.take(event.octets)
                self._settle(event.octets, -1)

    def _settle(self, packet: bytes, difference: int) -> None:
        count = self._outstanding.get(packet, 0) + difference
        if count < 0 and packet in self._settled:
            return
        if count:
            self._outstanding[packet] = count
            return
        del self._outstanding[packet]
        self._settled[packet] = None
        if len(self._settled) > MOST_SETTLED:
            del self._settled[next(iter(self._settled))]

    def __enter__(self) -> Downlink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what could not be written has been told
            self._file.close()


def _compile_kernels() -> None:
    """Have numba compile coder and decoder now, by one frame with one wrong symbol, and not in mid-orbit."""
    link = profile.load(PROFILE)
    cadu = bytearray(coding.encode_cadu(bytes(link.frame.length_octets)))
    cadu[len(profile.MARKER)] ^= 1
    chain = receiver.Receiver(link)
    chain.receive(bytes(cadu))
    chain.close()


def _is_telemetry(event: receiver.Event) -> TypeGuard[receiver.PacketReceived]:
    """A whole packet that is not idle."""
    return isinstance(event, receiver.PacketReceived) and event.is_complete and not event.is_idle
