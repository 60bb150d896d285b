# SPDX-License-Identifier: Apache-2.0
"""The telemetry dictionary as its TOML file is written; see the first lines of `dictionary.toml`."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated

from .pus import Severity
from .tables import Rule, check


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
class EventDefinition:
    """An event report: its severity is the packet's subtype, `parameters` say what its two numbers mean."""

    name: str
    identifier: Annotated[int, Rule(low=0, high=65_535)]
    severity: Severity
    description: str
    parameters: tuple[str, str]

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class DictionaryTable:
    version: Annotated[int, Rule(low=0, high=255)]
    packets: tuple[PacketTable, ...]
    events: tuple[EventDefinition, ...] = ()
    enumerations: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check(self)
