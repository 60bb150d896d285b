# SPDX-License-Identifier: Apache-2.0
"""Whether a value read from JSON has the shape that is expected of it, and if not, where and how it differs.

A shape is a kind (NUMBER, MAYBE_NUMBER, TEXT, MAYBE_TEXT), `[shape]` for a list of any length, `{key: shape}` for a table with
at least those keys, or `{ANY: shape}` for a table with keys of any name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NUMBER, TEXT = "a number", "text"
MAYBE_NUMBER, MAYBE_TEXT = "a number or null", "text or null"
ANY = ""

Shape = str | list[Any] | Mapping[str, Any]

_GREATEST = 1e300


def misfit(value: Any, shape: Shape, path: str = "") -> str:
    """One line on the first difference, empty where there is none; `path` is the key path of `value`."""
    if isinstance(shape, str):
        return "" if _is(value, shape) else f"{path or 'it'} is {_told(value)}, not {shape}"
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{path or 'it'} is {_told(value)}, not a list"
        return _first(misfit(item, shape[0], f"{path}[{index}]") for index, item in enumerate(value))
    if not isinstance(value, dict):
        return f"{path or 'it'} is {_told(value)}, not a table"
    if ANY in shape:
        return _first(misfit(item, shape[ANY], _join(path, key)) for key, item in value.items())
    if missing := [key for key in shape if key not in value]:
        return f"{_join(path, missing[0])} is missing"
    return _first(misfit(value[key], inner, _join(path, key)) for key, inner in shape.items())


def _is(value: Any, kind: str) -> bool:
    if kind in (TEXT, MAYBE_TEXT):
        return isinstance(value, str) or (value is None and kind == MAYBE_TEXT)
    if value is None:
        return kind == MAYBE_NUMBER
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _GREATEST


def _first(misfits: Any) -> str:
    return next(filter(None, misfits), "")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _told(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    text = "null" if value is None else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
