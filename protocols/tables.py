# SPDX-License-Identifier: Apache-2.0
"""TOML tables read strictly into frozen dataclasses: unknown and missing keys are errors.

Fields may be int, float, str, bool, an Enum (by value), another dataclass, `tuple[X, ...]`, a tuple of fixed
length, `dict[str, X]`, or a union of these with None. `one_of` and `within` narrow a field.
"""

import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, field, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import ProtocolError

T = TypeVar("T")

_NAMES = {int: "an integer", float: "a number", str: "a string", bool: "true or false"}


class TableError(ProtocolError):
    """A table that is not what its reader declares: the path of the key at fault, and what is allowed."""

    def __init__(self, key_path: str, problem: str) -> None:
        super().__init__(f"{key_path}: {problem}" if key_path else problem)
        self.key_path, self.problem = key_path, problem


def within(low: float, high: float, **options: Any) -> Any:
    """A dataclass field whose value lies from `low` to `high`, both allowed."""
    return field(
        metadata={"accepts": lambda value: low <= value <= high, "allowed": f"{low} to {high}"}, **options
    )


def one_of(choices: Collection[Any], **options: Any) -> Any:
    """A dataclass field with one of these values."""
    return field(metadata={"accepts": choices.__contains__, "allowed": _listed(choices)}, **options)


def read(kind: type[T], value: object, key_path: str = "") -> T:
    """The value as this type. Raises TableError with the path of the key at fault."""
    converted: T = _reader(kind)(kind, value, key_path)
    return converted


def _reader(kind: Any) -> Callable[[Any, Any, str], Any]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union
    if origin is tuple:
        return _read_tuple
    if origin is dict:
        return _read_dict
    if is_dataclass(kind):
        return _read_dataclass
    return _read_enum if issubclass(kind, Enum) else _read_scalar


def _read_scalar(kind: Any, value: Any, key_path: str) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise _wrong(key_path, value, _NAMES[kind])
    return value


def _read_enum(kind: Any, value: Any, key_path: str) -> Any:
    choices = {member.value: member for member in kind}
    if type(value) not in {type(choice) for choice in choices} or value not in choices:
        raise _wrong(key_path, value, _listed(choices))
    return choices[value]


def _read_union(kind: Any, value: Any, key_path: str) -> Any:
    """A list goes to the member that is a tuple, a table to one that takes tables, the rest to the others."""
    members = [member for member in get_args(kind) if member is not types.NoneType]
    for member in members:
        takes_list = get_origin(member) is tuple
        takes_table = get_origin(member) is dict or is_dataclass(member)
        if takes_list == isinstance(value, list) and takes_table == isinstance(value, dict):
            return read(member, value, key_path)
    return read(members[0], value, key_path)


def _read_tuple(kind: Any, value: Any, key_path: str) -> Any:
    members = get_args(kind)
    if not isinstance(value, list):
        raise _wrong(key_path, value, "a list")
    if members[-1] is Ellipsis:
        members = members[:1] * len(value)
    if len(value) != len(members):
        raise _wrong(key_path, value, f"a list of {len(members)}")
    return tuple(
        read(member, item, f"{key_path}[{index}]")
        for index, (member, item) in enumerate(zip(members, value, strict=True))
    )


def _read_dict(kind: Any, value: Any, key_path: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(key_path, value, "a table")
    return {key: read(get_args(kind)[1], item, _joined(key_path, key)) for key, item in value.items()}


def _read_dataclass(kind: Any, value: Any, key_path: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(key_path, value, "a table")
    declared = {item.name: item for item in fields(kind)}
    for key in value:
        if key not in declared:
            raise TableError(_joined(key_path, key), f"unknown key; allowed are {_listed(declared)}")
    for name, item in declared.items():
        if name not in value and item.default is MISSING and item.default_factory is MISSING:
            raise TableError(_joined(key_path, name), "is missing")
    hints = get_type_hints(kind)
    values = {
        key: _read_field(declared[key], hints[key], item, _joined(key_path, key))
        for key, item in value.items()
    }
    try:
        return kind(**values)
    except ValueError as error:
        raise TableError(key_path, str(error)) from error


def _read_field(declared: Field[Any], kind: Any, value: Any, key_path: str) -> Any:
    converted = read(kind, value, key_path)
    accepts = declared.metadata.get("accepts")
    if accepts is not None:
        for item in converted if isinstance(converted, tuple) else (converted,):
            if not accepts(item):
                raise _wrong(key_path, item, declared.metadata["allowed"])
    return converted


def _wrong(key_path: str, value: object, allowed: str) -> TableError:
    found = "a table" if isinstance(value, Mapping) else repr(value)
    return TableError(key_path, f"is {found}; allowed: {allowed}")


def _joined(key_path: str, key: str) -> str:
    return f"{key_path}.{key}" if key_path else key


def _listed(choices: Collection[Any]) -> str:
    return ", ".join(str(choice) for choice in choices)
