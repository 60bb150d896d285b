# SPDX-License-Identifier: Apache-2.0
"""TOML tables read strictly into frozen dataclasses: an error names the key at fault and what is allowed there.

Fields may be int, float, str, bool, an Enum (by value), another dataclass, `tuple[X, ...]`, a tuple of fixed
length, `dict[str, X]` (X may be `object`: whatever TOML holds), or a union of these with None; `Annotated`
with a `Rule` narrows one and tells its meaning.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import ProtocolError

T = TypeVar("T")


class TableError(ProtocolError):
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

    def within(self, path: str) -> "TableError":
        """The same error seen from the table that holds the one at `path`."""
        return type(self)(join(path, self.path), self.problem, self.allowed, self.source)


@dataclass(frozen=True)
class Rule:
    """What a field means and its limits. `low` and `high` are allowed themselves, `above` is not.

    Limits of a list are those of its items.
    """

    description: str = ""
    _: KW_ONLY
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    pattern: str = ""
    choices: tuple[int | str, ...] = ()

    def allowed(self) -> str:
        """The limits in words."""
        if self.choices:
            return _listed(self.choices)
        if self.pattern:
            return f"like {self.pattern}"
        words = [
            f"{word} {limit:g}"
            for word, limit in (("above", self.above), ("from", self.low), ("to", self.high))
            if limit is not None
        ]
        return f"{' '.join(words)} {self.unit if self.unit != '1' else ''}".strip()

    def broken_by(self, value: object) -> bool:
        """Say whether `value` is outside the limits."""
        if isinstance(value, tuple):
            return any(self.broken_by(item) for item in value)
        if self.choices:
            return value not in self.choices
        if isinstance(value, str):
            return bool(self.pattern and not re.fullmatch(self.pattern, value, re.DOTALL))
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


def read(cls: type[T], table: object, path: str = "") -> T:
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
        elif field.default is MISSING and field.default_factory is MISSING:
            raise TableError(join(path, field.name), "is missing", rule.allowed() or _allowed(kind))
    try:
        return cls(**values)
    except TableError as error:
        raise error.within(path) from None
    except ValueError as error:
        raise TableError(path, str(error)) from error


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
    if cls not in _DECLARED:
        known = {}
        for name, hint in get_type_hints(cls, include_extras=True).items():
            kind, rule = get_args(hint) if get_origin(hint) is Annotated else (hint, Rule())
            members = tuple(member for member in _members(kind) if member is not NoneType)
            known[name] = (Union[members], rule)  # noqa: UP007 - of one member it is that member
        _DECLARED[cls] = known
    return _DECLARED[cls]


_DECLARED: dict[Any, dict[str, tuple[Any, Rule]]] = {}
"""What was found once: a scenario may hold thousands of tables of one class."""


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _convert(kind: Any, value: Any, path: str) -> Any:
    kind = _member(kind, value)
    if get_origin(kind) is tuple:
        return _tuple(kind, value, path)
    if get_origin(kind) is dict:
        if not isinstance(value, dict):
            raise TableError(path, f"is {_type_name(value)}", "a table")
        return {key: _convert(get_args(kind)[1], item, join(path, key)) for key, item in value.items()}
    if is_dataclass(kind):
        return read(kind, value, path)  # type: ignore[arg-type]
    if kind is object:
        return value
    if issubclass(kind, Enum):
        choices = {member.value: member for member in kind}
        if type(value) not in map(type, choices) or value not in choices:
            raise TableError(path, f"{value!r} is not allowed", _listed(choices))
        return choices[value]
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise TableError(path, "does not fit 64 bits", "whole numbers of 64 bits")
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TableError(path, f"is {_type_name(value)}", _TYPE_NAMES[kind])
    return value


def _member(kind: Any, value: object) -> Any:
    """That of a union's types which a list, a table, or anything else may become; else the first."""
    members = _members(kind)
    for member in members:
        takes_list = get_origin(member) is tuple
        takes_table = get_origin(member) is dict or is_dataclass(member)
        if takes_list == isinstance(value, list) and takes_table == isinstance(value, dict):
            return member
    return members[0]


def _tuple(kind: Any, value: Any, path: str) -> tuple[Any, ...]:
    members = get_args(kind)
    if not isinstance(value, list):
        raise TableError(path, f"is {_type_name(value)}", _allowed(kind))
    if members[-1] is Ellipsis:
        members = members[:1] * len(value)
    if len(value) != len(members):
        raise TableError(path, f"is a list of {len(value)}", f"a list of {len(members)}")
    items = enumerate(zip(members, value, strict=True))
    return tuple(_convert(member, item, f"{path}[{index}]") for index, (member, item) in items)


def _field_schema(field: Field[Any], kind: Any, rule: Rule) -> dict[str, Any]:
    described: dict[str, Any] = {"description": rule.description}
    plain, *others = _members(kind)
    if others and is_dataclass(others[0]):
        described |= {"type": f"{_allowed(plain)}, or a table", "allowed": rule.allowed()}
        described["table"] = schema(others[0])  # type: ignore[arg-type]
    elif get_origin(kind) is dict:
        described["type"] = _TYPE_NAMES[dict]
    elif get_origin(kind) is tuple and is_dataclass(get_args(kind)[0]):
        described["list of"] = schema(get_args(kind)[0])
    elif is_dataclass(kind):
        described["table"] = schema(kind)  # type: ignore[arg-type]
    elif issubclass(kind, Enum):
        described["allowed"] = _allowed(kind)
    else:
        described |= {"type": _allowed(kind), "allowed": rule.allowed()}
    if field.default is MISSING and field.default_factory is MISSING:
        described["required"] = True
    elif isinstance(field.default, Enum):
        described["default"] = field.default.value
    elif isinstance(field.default, (int, float, str)):
        described["default"] = field.default
    return described


def _allowed(kind: Any) -> str:
    """What a field of this type takes, in words."""
    if get_origin(kind) is tuple:
        return "a list of tables" if is_dataclass(get_args(kind)[0]) else "a list"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _listed(member.value for member in kind)
    return _TYPE_NAMES.get(_members(kind)[0], "a table")


def _listed(choices: Any) -> str:
    return ", ".join(map(str, choices))


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), type(value).__name__)


_TYPE_NAMES: dict[Any, str] = {
    bool: "a truth value",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}
