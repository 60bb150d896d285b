# SPDX-License-Identifier: Apache-2.0
"""Telemetry secondary header of the packet utilisation standard, ECSS-E-ST-70-41C (PUS-C) clause 7.4.3.

With a CUC time of 4 and 2 octets it has 13 octets. No packet error control follows our source data.
"""

from dataclasses import dataclass
from enum import IntEnum

from construct import BitsInteger, BitStruct

from . import cuc
from .errors import ProtocolError
from .header import Header

PUS_C = 2
FINE_TIME_OCTETS = 2

TELEMETRY_HEADER = Header(
    "PUS telemetry secondary header",
    BitStruct(
        "version" / BitsInteger(4),
        "time_reference" / BitsInteger(4),
        "service" / BitsInteger(8),
        "subtype" / BitsInteger(8),
        "message_counter" / BitsInteger(16),
        "destination" / BitsInteger(16),
        "seconds" / BitsInteger(32),
        "fraction" / BitsInteger(16),
    ),
)
TELEMETRY_HEADER_OCTETS = TELEMETRY_HEADER.octets


class Severity(IntEnum):
    """Subtypes of service 5: event reports by severity."""

    INFORMATION = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4


class PusError(ProtocolError):
    """A secondary header of another kind."""


class WrongTime(PusError):
    def __init__(self, fine_octets: int) -> None:
        super().__init__(f"time with {fine_octets} octets of fraction, telemetry has {FINE_TIME_OCTETS}")
        self.fine_octets = fine_octets


class UnknownVersion(PusError):
    def __init__(self, version: int) -> None:
        super().__init__(f"PUS version number {version}, PUS-C has {PUS_C}")
        self.version = version


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryHeader:
    """`message_counter` counts the reports of one service, subtype and destination, modulo 65,536."""

    service: int
    subtype: int
    message_counter: int
    time: cuc.Time
    destination: int = 0
    time_reference: int = 0

    def __post_init__(self) -> None:
        if self.time.fine_octets != FINE_TIME_OCTETS:
            raise WrongTime(self.time.fine_octets)

    def encode(self) -> bytes:
        """Thirteen octets. Raises FieldOutOfRange."""
        return TELEMETRY_HEADER.encode(
            PUS_C,
            self.time_reference,
            self.service,
            self.subtype,
            self.message_counter,
            self.destination,
            self.time.seconds,
            self.time.fraction,
        )


def parse(octets: bytes) -> TelemetryHeader:
    """The header that a packet's data field begins with. Raises UnknownVersion or ShortHeader."""
    version, reference, service, subtype, counter, destination, seconds, fraction = TELEMETRY_HEADER.parse(
        octets
    )
    if version != PUS_C:
        raise UnknownVersion(version)
    return TelemetryHeader(
        service=service,
        subtype=subtype,
        message_counter=counter,
        time=cuc.Time(seconds=seconds, fraction=fraction, fine_octets=FINE_TIME_OCTETS),
        destination=destination,
        time_reference=reference,
    )
