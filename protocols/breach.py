# SPDX-License-Identifier: Apache-2.0
"""What a frame that is not delivered broke: the rule, and field, expected and found values as a reader wants them."""

from binascii import crc_hqx
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from .aos import HEADER_OCTETS, VERSION, FrameHeader, header_error_control
from .profile import Profile, Service

CORRECTABLE_SYMBOLS = 16  # of one codeword


class Rule(Enum):
    """What a rejected frame broke."""

    UNCORRECTABLE = "more than 16 wrong symbols in a codeword"
    VERSION = "transfer frame version"
    FRAME_ERROR_CONTROL = "frame error control"
    HEADER_ERROR_CONTROL = "header error control"
    VIRTUAL_CHANNEL = "virtual channel not in the profile"
    FIRST_HEADER_POINTER = "first header pointer beyond the packet zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """`field` is `found` where `expected` was due."""

    field: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A decoded frame that broke a rule; `uncorrectable` are the indices of its codewords with too many wrong symbols."""

    octets: bytes
    uncorrectable: tuple[int, ...]
    profile: Profile


def describe(rule: Rule, suspect: Suspect) -> Breach:
    """How the frame broke this rule."""
    field, expected, found = _BREACHES[rule](suspect)
    return Breach(field=field, expected=expected, found=found)


def _uncorrectable(suspect: Suspect) -> tuple[str, str, str]:
    numbers = ", ".join(str(index + 1) for index in suspect.uncorrectable)
    plural = "s" if len(suspect.uncorrectable) > 1 else ""
    field = f"codeword{plural} {numbers} of {suspect.profile.coding.interleave}"
    return field, f"at most {CORRECTABLE_SYMBOLS} wrong symbols", "more"


def _version(suspect: Suspect) -> tuple[str, str, str]:
    return "transfer frame version", str(VERSION), str(suspect.octets[0] >> 6)


def _frame_error_control(suspect: Suspect) -> tuple[str, str, str]:
    expected = crc_hqx(suspect.octets[:-2], 0xFFFF)
    return "frame error control", f"{expected:04X}", suspect.octets[-2:].hex().upper()


def _header_error_control(suspect: Suspect) -> tuple[str, str, str]:
    found = suspect.octets[HEADER_OCTETS : HEADER_OCTETS + 2]
    return "header error control", f"{header_error_control(suspect.octets):04X}", found.hex().upper()


def _virtual_channel(suspect: Suspect) -> tuple[str, str, str]:
    listed = suspect.profile.virtual_channels
    known = sorted(channel.vcid for channel in listed if channel.service is not Service.REJECT)
    return "virtual channel", ", ".join(map(str, known)), str(FrameHeader.parse(suspect.octets).vcid)


def _first_header_pointer(suspect: Suspect) -> tuple[str, str, str]:
    layout = suspect.profile.frame
    pointer = layout.first_header_pointer(suspect.octets)
    return "first header pointer", f"less than {layout.zone_octets:,}", f"{pointer:,}"


_BREACHES: Mapping[Rule, Callable[[Suspect], tuple[str, str, str]]] = {
    Rule.UNCORRECTABLE: _uncorrectable,
    Rule.VERSION: _version,
    Rule.FRAME_ERROR_CONTROL: _frame_error_control,
    Rule.HEADER_ERROR_CONTROL: _header_error_control,
    Rule.VIRTUAL_CHANNEL: _virtual_channel,
    Rule.FIRST_HEADER_POINTER: _first_header_pointer,
}
