# SPDX-License-Identifier: Apache-2.0
"""A scenario as the TOML that `scenario.parse` reads back to the same scenario; what has its default is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any


def dumps(scenario: Any) -> str:
    """The text: plain values first, then a table for each part, and an array of tables for faults and the like."""
    plain, nested = [], []
    for name, value in _given(scenario):
        if is_dataclass(value):
            nested.append(f"[{name}]\n{_table(value)}")
        elif _is_tables(value):
            nested += [f"[[{name}]]\n{_table(row)}" for row in value]
        else:
            plain.append(f"{name} = {_value(value)}\n")
    return "\n".join(["".join(plain), *nested])


def _table(row: Any) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in _given(row))


def _given(row: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(row):
        value = getattr(row, field.name)
        default = field.default if field.default_factory is MISSING else field.default_factory()
        if field.init and value is not None and value != default:
            yield field.name, value


def _is_tables(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(map(is_dataclass, value))


def _value(value: Any) -> str:
    if isinstance(value, Enum):
        return _value(value.value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_text(str(key))} = {_value(item)}" for key, item in value.items()) + " }"
    if is_dataclass(value):
        return _value(dict(_given(value)))
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _text(value) if isinstance(value, str) else repr(value)


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are among its own, and DEL needs one too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
