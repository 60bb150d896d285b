# SPDX-License-Identifier: Apache-2.0
"""Link profiles: TOML files that say how a physical channel is framed and coded, validated strictly on load."""

import tomllib
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from . import tables
from .aos import IDLE_VCID, FrameLayout
from .errors import ProtocolError

DEFAULT = "oisl-1-clear"
MARKER = bytes.fromhex("1acffc1d")  # attached synchronization marker, CCSDS 131.0-B 9.3
INTERLEAVES = (1, 2, 3, 4, 5, 8)  # CCSDS 131.0-B 4.3.5
DATA_SYMBOLS, CHECK_SYMBOLS = 223, 32  # of one RS(255,223) codeword
FOLDER = Path(__file__).parent / "profiles"


class ProfileError(ProtocolError):
    """A profile that cannot be found or used."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"profile {source}: {problem}")
        self.source, self.problem = source, problem


class Randomizer(Enum):
    """Pseudo-randomizers of CCSDS 131.0-B section 10, restarted at every codeblock."""

    NONE = "none"
    SHORT = "short"
    LONG = "long"


class Basis(Enum):
    """How the symbols of a Reed-Solomon codeword are written: Berlekamp's dual basis, or conventional."""

    DUAL = "dual"
    CONVENTIONAL = "conventional"


class Service(Enum):
    """What the frames of a virtual channel carry."""

    PACKETS = "packets"
    IDLE = "idle"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """Randomizer and interleaved RS(255,223); interleave 0 is a channel without Reed-Solomon."""

    interleave: Annotated[int, tables.Rule(choices=(0, *INTERLEAVES))]
    basis: Basis = Basis.DUAL
    randomizer: Randomizer

    def __post_init__(self) -> None:
        tables.check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualChannel:
    vcid: Annotated[int, tables.Rule(low=0, high=IDLE_VCID)]
    service: Service
    description: str = ""

    def __post_init__(self) -> None:
        tables.check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A physical channel. `dictionary`: its packets are those of the telemetry dictionary."""

    description: str
    dictionary: bool = False
    other_channels: Service = Service.REJECT
    frame: FrameLayout
    coding: Coding
    virtual_channels: tuple[VirtualChannel, ...]

    def __post_init__(self) -> None:
        length, interleave = self.frame.length_octets, self.coding.interleave
        if interleave and (length % interleave or length > DATA_SYMBOLS * interleave):
            limit = DATA_SYMBOLS * interleave
            raise tables.TableError(
                "frame.length_octets",
                f"is {length}",
                f"multiples of interleave {interleave} up to {limit}",
            )
        if not interleave and not self.frame.frame_error_control:
            raise tables.TableError(
                "frame.frame_error_control", "is false; must be true where coding.interleave is 0"
            )
        vcids = [channel.vcid for channel in self.virtual_channels]
        for index, vcid in enumerate(vcids):
            if vcid in vcids[:index]:
                raise tables.TableError(f"virtual_channels[{index}].vcid", f"{vcid} is listed twice")

    @property
    def codeblock_octets(self) -> int:
        return self.frame.length_octets + CHECK_SYMBOLS * self.coding.interleave

    @property
    def cadu_octets(self) -> int:
        return len(MARKER) + self.codeblock_octets

    def service(self, vcid: int) -> Service:
        return next((v.service for v in self.virtual_channels if v.vcid == vcid), self.other_channels)


def names() -> list[str]:
    """Profiles that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@lru_cache
def load(name_or_path: str = DEFAULT) -> Profile:
    """A profile by name, or by path of a TOML file. Raises ProfileError."""
    builtin = name_or_path in names()
    path = FOLDER / f"{name_or_path}.toml" if builtin else Path(name_or_path)
    try:
        return tables.read(Profile, tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ProfileError(name_or_path, f"no such file, and no name of {', '.join(names())}") from error
    except OSError as error:
        raise ProfileError(
            name_or_path,
            f"cannot be read: {error.strerror}; give a TOML file, or a name of {', '.join(names())}",
        ) from error
    except ValueError as error:  # not UTF-8, not TOML, or not a profile: all say where
        raise ProfileError(name_or_path, str(error)) from error
