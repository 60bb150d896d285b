# SPDX-License-Identifier: Apache-2.0
"""The telemetry dictionary as its TOML file is written; see the first lines of `dictionary.toml`."""

from dataclasses import dataclass, field
from enum import Enum

from .pus import Severity
from .tables import within


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
    count: int = within(1, 64, default=1)
    calibration: tuple[float, ...] = ()
    enumeration: str = ""
    limits: Limits | None = None


@dataclass(frozen=True, kw_only=True)
class PacketTable:
    name: str
    apid: int = within(0, 0x7FE)
    service: int = within(0, 255)
    subtype: int | tuple[int, ...] = within(0, 255)
    structure: int | None = within(0, 255, default=None)
    period_s: float | None = within(0.001, 86_400, default=None)
    description: str
    parameters: tuple[ParameterTable, ...]


@dataclass(frozen=True, kw_only=True)
class EventDefinition:
    """An event report: its severity is the packet's subtype, `parameters` say what its two numbers mean."""

    name: str
    identifier: int = within(0, 65_535)
    severity: Severity
    description: str
    parameters: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class DictionaryTable:
    version: int = within(0, 255)
    packets: tuple[PacketTable, ...]
    events: tuple[EventDefinition, ...] = ()
    enumerations: dict[str, dict[str, int]] = field(default_factory=dict)
