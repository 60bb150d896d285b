# SPDX-License-Identifier: Apache-2.0
"""Event definitions: what an event report means, in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

from .pus import Severity


@dataclass(frozen=True, kw_only=True)
class EventParameter:
    """One of an event's numbers: its value in `unit` is `zero` + `scale` times the number, or a name in `states`."""

    name: str
    unit: str
    zero: float = 0.0
    scale: float = 1.0
    states: Mapping[int, str] | None = None

    def engineering(self, raw: int) -> int | float | str:
        """Value in `unit`; a raw value that has no name becomes `UNDEFINED_<raw>`."""
        if self.states is not None:
            return self.states.get(raw) or f"UNDEFINED_{raw}"
        return raw if (self.zero, self.scale) == (0.0, 1.0) else self.zero + self.scale * raw

    def tell(self, raw: int) -> str:
        """Value and unit in words; sets of flags in hexadecimal."""
        if self.unit == "bits":
            return f"0x{raw & 0xFFFFFFFF:X}"
        value = self.engineering(raw)
        words = f"{value:.6g}" if isinstance(value, float) else str(value)
        return words if self.unit == "1" or self.states is not None else f"{words} {self.unit}"


@dataclass(frozen=True, kw_only=True)
class EventDefinition:
    """An event report: its severity is the packet's subtype, `sentence` names its parameters in braces."""

    name: str
    identifier: int
    severity: Severity
    sentence: str
    description: str
    parameters: tuple[EventParameter, ...]

    def tell(self, parameter0: int = 0, parameter1: int = 0) -> str:
        """The sentence with these numbers, as they come in the report."""
        numbers = (parameter0, parameter1)
        told = {parameter.name: parameter.tell(raw) for parameter, raw in zip(self.parameters, numbers)}  # noqa: B905 - events may have fewer than two
        return self.sentence.format_map(told)
