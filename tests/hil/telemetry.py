# SPDX-License-Identifier: Apache-2.0
"""Telemetry made by hand: packets of the dictionary at any time, and the CADUs that carry them."""

from flatsat.protocols import aos, coding, cuc, dictionary, profile, pus
from flatsat.protocols.space_packet import SpacePacket

LINK = profile.load("oisl-1-clear")
DICTIONARY = dictionary.load()
TAI_MS = 2_145_916_837_500  # 2026-01-01T00:00:00.500Z is 37 s behind TAI


def packet(name: str, tai_ms: int, *, sequence: int = 0, subtype: int | None = None, **raw: float) -> bytes:
    """A packet with these raw values, zero where none is given."""
    definition = DICTIONARY.packets[name]
    header = pus.TelemetryHeader(
        service=definition.service,
        subtype=definition.subtype if subtype is None else subtype,
        message_counter=sequence,
        time=cuc.time(tai_ms),
    )
    values = [raw.get(parameter, 0) for parameter in definition.names]
    return SpacePacket(
        apid=definition.apid,
        sequence_count=sequence,
        octets=header.encode() + definition.pack(values),
        has_secondary_header=True,
    ).encode()


def cadus(packets: list[bytes], first: int = 0) -> list[bytes]:
    """CADUs of virtual channel 0, their frame counts from `first` on."""
    multiplexer = aos.PacketMultiplexer(LINK.frame.zone_octets)
    zones = [zone for octets in packets for zone in multiplexer.push(octets)] + multiplexer.flush()
    return [
        coding.encode_cadu(
            aos.build_frame(
                LINK.frame,
                spacecraft_id=0x5A,
                vcid=0,
                count=first + number,
                first_header_pointer=pointer,
                zone=zone,
            )
        )
        for number, (pointer, zone) in enumerate(zones)
    ]
