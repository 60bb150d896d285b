# SPDX-License-Identifier: Apache-2.0
"""Typed TOML tables: frozen dataclasses whose fields declare their limits.

Each field is annotated with its type and a `Rule`; an error names the key and what is allowed there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from math import isfinite
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from .errors import FlatsatError

T = TypeVar("T")
YEAR_S = 31_622_400


class TableError(FlatsatError):
    """A key that is unknown, missing, of a wrong type, out of range, or at odds with another.

    Attributes:
        path: where, as in `faults[2].target`.
        problem: what is wrong there.
        allowed: what would be right; empty when `problem` says it.
        source: the file, once known.
    """

    def __init__(self, path: str, problem: str, allowed: str = "", source: str = "") -> None:
        self.path, self.problem, self.allowed, self.source = path, problem, allowed, source
        words = ": ".join(part for part in (source, path, problem) if part)
        super().__init__(words + (f"; allowed: {allowed}" if allowed else ""))

    def within(self, path: str, source: str = "") -> TableError:
        """The same error seen from the table at `path`, in the file `source`."""
        return type(self)(join(path, self.path), self.problem, self.allowed, source or self.source)


@dataclass(frozen=True)
class Rule:
    """What a field means and its limits. `low` and `high` are allowed themselves, `above` is not."""

    description: str
    _: KW_ONLY
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    pattern: str = ""
    choices: tuple[str, ...] = ()

    def allowed(self) -> str:
        """The limits in words."""
        if self.choices:
            return ", ".join(self.choices)
        if self.pattern:
            return f"like {self.pattern}"
        words = [
            f"{word} {limit:g}"
            for word, limit in (("above", self.above), ("from", self.low), ("to", self.high))
            if limit is not None
        ]
        return f"{' '.join(words)} {self.unit if self.unit != '1' else ''}".strip()

    def broken_by(self, value: Any) -> bool:
        """Say whether `value` is outside the limits."""
        if isinstance(value, str):
            return bool(
                (self.choices and value not in self.choices)
                or (self.pattern and not re.fullmatch(self.pattern, value, re.DOTALL))
            )
        if not isinstance(value, (int, float)):
            return False
        return (
            not isfinite(value)
            or (self.low is not None and value < self.low)
            or (self.above is not None and value <= self.above)
            or (self.high is not None and value > self.high)
        )


def join(path: str, key: str) -> str:
    """Append a key to a key path; an index needs no dot."""
    return path + key if not path or not key or key.startswith("[") else f"{path}.{key}"


def check(value: Any) -> None:
    """Hold every field of a table to its rule; called by the dataclasses themselves.

    Raises:
        TableError: its path is the field's name.
    """
    for name, (_, rule) in _declared(type(value)).items():
        found = getattr(value, name)
        if found is not None and rule.broken_by(found):
            raise TableError(name, f"{found!r} is not allowed", rule.allowed())


def check_whole_milliseconds(seconds: float, key: str) -> None:
    """Refuse a time that board time cannot hit.

    Raises:
        TableError: at `key`.
    """
    if abs(seconds * 1000 - round(seconds * 1000)) > 1e-6:
        raise TableError(key, f"{seconds!r} s is not a whole number of milliseconds", "multiples of 0.001 s")


def read(cls: type[T], table: Any, path: str = "") -> T:
    """Make a `cls` from a TOML table.

    Raises:
        TableError: with the whole key path.
    """
    if not isinstance(table, Mapping):
        raise TableError(path, f"is {_type_name(table)}", "a table")
    declared = _declared(cls)
    for key in table:
        if key not in declared:
            raise TableError(join(path, key), "unknown field", ", ".join(declared))
    values = {}
    for field in fields(cls):  # type: ignore[arg-type]
        kind, rule = declared[field.name]
        if field.name in table:
            values[field.name] = _convert(kind, table[field.name], join(path, field.name))
        elif field.default is MISSING:
            raise TableError(
                join(path, field.name), "is missing", rule.allowed() or _TYPE_NAMES.get(kind, "a table")
            )
    try:
        return cls(**values)
    except TableError as error:
        raise error.within(path) from None


def schema(cls: type[Any]) -> dict[str, Any]:
    """Describe the fields of a table, for people and for JSON."""
    return {field.name: _field_schema(field, *_declared(cls)[field.name]) for field in fields(cls)}


def listing(described: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Lay out a `schema` in lines, a field each."""
    for name, field in described.items():
        inner = field.get("table") or field.get("list of")
        limits = " ".join(field[key] for key in ("type", "allowed") if field.get(key))
        limits = f" ({limits})" if limits else ""
        state = "required" if field.get("required") else f"default {field.get('default', 'none')}"
        title = f"[{name}]" if "table" in field else f"[[{name}]]" if inner else name
        yield f"{indent}{title:{24 - len(indent)}} {field['description']}{limits}, {state}"
        if inner:
            yield from listing(inner, indent + "  ")


def _declared(cls: Any) -> dict[str, tuple[Any, Rule]]:
    """The type, without the None of an optional field, and the rule of every field."""
    declared = {}
    for name, hint in get_type_hints(cls, include_extras=True).items():
        kind, rule = get_args(hint)
        if get_origin(kind) is UnionType:
            (kind,) = (option for option in get_args(kind) if option is not NoneType)
        declared[name] = (kind, rule)
    return declared


def _convert(kind: Any, value: Any, path: str) -> Any:
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise TableError(path, f"is {_type_name(value)}", "a list of tables")
        return tuple(read(get_args(kind)[0], row, f"{path}[{i}]") for i, row in enumerate(value))
    if is_dataclass(kind):
        return read(kind, value, path)  # type: ignore[arg-type]
    if issubclass(kind, Enum):
        names = [member.value for member in kind]
        if value not in names:
            raise TableError(path, f"{value!r} is not allowed", ", ".join(names))
        return kind(value)
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise TableError(path, "does not fit 64 bits", "whole numbers of 64 bits")
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TableError(path, f"is {_type_name(value)}", _TYPE_NAMES[kind])
    return value


def _field_schema(field: Field[Any], kind: Any, rule: Rule) -> dict[str, Any]:
    described: dict[str, Any] = {"description": rule.description}
    if get_origin(kind) is tuple:
        described["list of"] = schema(get_args(kind)[0])
    elif is_dataclass(kind):
        described["table"] = schema(kind)  # type: ignore[arg-type]
    elif issubclass(kind, Enum):
        described["allowed"] = ", ".join(member.value for member in kind)
    else:
        described |= {"type": _TYPE_NAMES[kind], "allowed": rule.allowed()}
    if field.default is MISSING:
        described["required"] = True
    elif isinstance(field.default, Enum):
        described["default"] = field.default.value
    elif isinstance(field.default, (int, float, str)):
        described["default"] = field.default
    return described


def _type_name(value: Any) -> str:
    return _TYPE_NAMES.get(type(value), type(value).__name__)


_TYPE_NAMES: dict[Any, str] = {
    bool: "a truth value",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}
