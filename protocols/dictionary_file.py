# SPDX-License-Identifier: Apache-2.0
"""The dictionary as its TOML file is written; see the first lines of `dictionary.toml`."""

import struct
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

from .pus import Severity
from .tables import Rule, TableError, check


class RawType(Enum):
    """How a parameter is written: u unsigned, i signed, f floating point, and bits; big-endian."""

    U8 = "u8"
    U16 = "u16"
    U32 = "u32"
    U64 = "u64"
    I16 = "i16"
    I32 = "i32"
    F32 = "f32"

    @property
    def code(self) -> str:
        """Letter of the `struct` module."""
        return _STRUCT_CODES[self]


_STRUCT_CODES = {
    RawType.U8: "B",
    RawType.U16: "H",
    RawType.U32: "I",
    RawType.U64: "Q",
    RawType.I16: "h",
    RawType.I32: "i",
    RawType.F32: "f",
}


def _as_f32(value: float) -> float:
    rounded: float = struct.unpack(">f", struct.pack(">f", value))[0]
    return rounded


class LimitState(Enum):
    NOMINAL = "nominal"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Ranges of an engineering value, ends allowed: outside `yellow` is a warning, outside `red` an alarm."""

    yellow: tuple[float, float]
    red: tuple[float, float]

    def __post_init__(self) -> None:
        if not self.red[0] <= self.yellow[0] < self.yellow[1] <= self.red[1]:
            raise ValueError(f"yellow {self.yellow} must be a range within red {self.red}")

    def state(self, value: float) -> LimitState:
        if not self.red[0] <= value <= self.red[1]:
            return LimitState.RED
        return LimitState.NOMINAL if self.yellow[0] <= value <= self.yellow[1] else LimitState.YELLOW


@dataclass(frozen=True, kw_only=True)
class ParameterTable:
    name: str
    type: RawType
    unit: str
    description: str
    count: Annotated[int, Rule(low=1, high=64)] = 1
    calibration: tuple[float, ...] = ()
    enumeration: str = ""
    limits: Limits | None = None

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class PacketTable:
    name: str
    apid: Annotated[int, Rule(low=0, high=0x7FE)]
    service: Annotated[int, Rule(low=0, high=255)]
    subtype: Annotated[int | tuple[int, ...], Rule(low=0, high=255)]
    structure: Annotated[int | None, Rule(low=0, high=255)] = None
    period_s: Annotated[float | None, Rule(low=0.001, high=86_400)] = None
    description: str
    parameters: tuple[ParameterTable, ...]

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class EventParameterTable:
    name: Annotated[str, Rule(pattern=r"[a-z][a-z0-9_]*")]
    unit: str
    enumeration: str = ""
    zero: float = 0.0
    scale: Annotated[float, Rule(above=0)] = 1.0

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class EventTable:
    name: str
    identifier: Annotated[int, Rule(low=0, high=65_535)]
    severity: Severity
    sentence: str
    description: str
    parameters: tuple[EventParameterTable, ...] = ()

    def __post_init__(self) -> None:
        check(self)
        if len(self.parameters) > 2:
            raise TableError("parameters", f"has {len(self.parameters)} items", "at most 2")


@dataclass(frozen=True, kw_only=True)
class ArgumentTable:
    name: Annotated[str, Rule(pattern=r"[a-z][a-z0-9_]*")]
    type: Annotated[str, Rule(choices=(*(kind.value for kind in RawType), "telecommand"))]
    unit: str
    description: str
    enumeration: str = ""
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        check(self)
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise TableError("low", f"is {self.low:g}", f"below {self.high:g}")
        if self.enumeration and (self.low, self.high) != (None, None):
            raise TableError("enumeration", "excludes low and high")


@dataclass(frozen=True, kw_only=True)
class TelecommandTable:
    name: Annotated[str, Rule(pattern=r"[a-z][a-z0-9_]*")]
    service: Annotated[int, Rule(low=0, high=255)]
    subtype: Annotated[int, Rule(low=0, high=255)]
    function: Annotated[int | None, Rule(low=0, high=255)] = None
    description: str
    arguments: tuple[ArgumentTable, ...] = ()
    repeat: tuple[ArgumentTable, ...] = ()

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class SettableParameter:
    """A parameter of flight software that the ground may set (service 20): any value from `low` to `high`, whole
    numbers only where `whole` is true."""

    name: Annotated[str, Rule(pattern=r"[a-z][a-z0-9_]*")]
    identifier: Annotated[int, Rule(low=0, high=65_535)]
    unit: str
    low: float
    high: float
    whole: bool = False
    description: str

    def __post_init__(self) -> None:
        check(self)
        if self.low >= self.high:
            raise TableError("low", f"is {self.low:g}", f"below {self.high:g}")

    @property
    def allowed(self) -> str:
        """What may be set, in words."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{'whole numbers ' if self.whole else ''}from {self.low:g} to {self.high:g}{unit}"

    def permits(self, value: float) -> bool:
        """Say whether this value may be set, its limits as f32 included; a number that is not finite may not."""
        low, high = min(self.low, _as_f32(self.low)), max(self.high, _as_f32(self.high))
        return low <= value <= high and (not self.whole or value == int(value))


@dataclass(frozen=True, kw_only=True)
class DictionaryTable:
    version: Annotated[int, Rule(low=0, high=255)]
    telecommand_apid: Annotated[int, Rule(low=0, high=0x7FE)]
    packets: tuple[PacketTable, ...]
    events: tuple[EventTable, ...] = ()
    telecommands: tuple[TelecommandTable, ...] = ()
    parameters: tuple[SettableParameter, ...] = ()
    enumerations: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check(self)
