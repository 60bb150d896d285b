# SPDX-License-Identifier: Apache-2.0
"""The words of a register map: what the tables in `registers/` are made of."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Bits `low` to `low + width - 1` of a register; its value in `unit` is `zero + lsb * count`."""

    register: str
    address: int
    name: str
    low: int
    width: int
    unit: str = ""
    lsb: float = 1.0
    zero: float = 0.0
    description: str = ""

    @property
    def mask(self) -> int:
        """The field's bits within the word."""
        return ((1 << self.width) - 1) << self.low

    def raw(self, word: int) -> int:
        """The count that `word` holds."""
        return (word & self.mask) >> self.low

    def value(self, word: int) -> float:
        """The count of `word` in the field's unit."""
        return self.zero + self.lsb * self.raw(word)

    def count(self, value: float) -> int:
        """The count nearest to `value`, at most one field's worth: an ADC saturates, it does not wrap."""
        return min(max(round((value - self.zero) / self.lsb), 0), (1 << self.width) - 1)

    def place(self, count: int) -> int:
        """`count` at the field's place in a word; bits that do not fit are dropped."""
        return (count << self.low) & self.mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One 32-bit word of a map."""

    name: str
    address: int
    reset: int
    writable: bool
    fields: tuple[Field, ...]
    description: str
    index: int = field(init=False)
    """Place of the word in its map, counted in words."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", self.address // 4)

    @property
    def mask(self) -> int:
        """The defined bits; the others read 0."""
        return sum(field.mask for field in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A FIFO at one address: it takes non-incrementing commands of exactly `octets` octets, writes or reads, never both."""

    name: str
    address: int
    octets: int
    writable: bool
    description: str


class RegisterTable(Protocol):
    """What every module in `registers/` has: the map of one port."""

    @property
    def LOGICAL_ADDRESS(self) -> int: ...
    @property
    def WRITABLE_FROM(self) -> int: ...
    @property
    def END(self) -> int: ...
    @property
    def REGISTERS(self) -> tuple[Register, ...]: ...
    @property
    def WINDOWS(self) -> tuple[Window, ...]: ...
