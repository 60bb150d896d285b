# SPDX-License-Identifier: Apache-2.0
"""Wrong usage of the command line in one line of our own words; typer's differ from version to version."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from .suggestion import nearest


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A parser of option values between two limits, both allowed."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise typer.BadParameter(f"{text!r} is not a whole number from {low} to {high}")
        return value

    return parse


def seconds(text: str) -> float:
    """Parse a number of seconds; the scenario knows which are allowed."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise typer.BadParameter(f"{text!r} is not a number of seconds")
    return value


def path(text: str) -> Path:
    """Parse a path; nothing is none, where pathlib takes it for the current folder."""
    return Path(given(text))


def given(text: str) -> str:
    """Refuse an empty text, as an unset variable of a shell leaves it."""
    if not text:
        raise typer.BadParameter("is empty")
    return text


def told(error: Any) -> str:
    """One line for an error of typer's (or of the click beside or inside it), or the help that it asked for."""
    text: str = error.format_message()
    if text.startswith("Usage"):
        return text
    context = getattr(error, "ctx", None)
    command = getattr(context, "command", None)
    path = getattr(context, "command_path", "") or "flatsat"
    if option := getattr(error, "option_name", None):
        if hasattr(error, "possibilities"):
            known = [name for parameter in getattr(command, "params", ()) for name in parameter.opts]
            text = f"there is no option {option}{nearest(option, known)}"
    elif found := re.match(r"No such command '([^']*)'", text):
        known = list(getattr(command, "commands", ()))
        near = nearest(found[1], known)
        text = f"there is no command {found[1]}{near or '; there are ' + ', '.join(known)}"
    for pattern, words in _WORDING:
        text = re.sub(pattern, words, text)
    return f"flatsat: {text.rstrip('.')} (see {path} --help)"


_WORDING = (
    (r"^Invalid value for '?([^':]+)'?: ", r"\1: "),
    (r"^Missing (?:argument|parameter|option) '?([^'.]+)'?.*", r"\1 is missing"),
    (r"^Got unexpected extra arguments?(?:\(s\))? \((.*)\)", r"too many arguments: \1"),
    (r"^Option '?([^' ]+)'? requires an argument", r"\1 needs a value"),
    (r"Value error, ", ""),
    (r"Input should be a valid (?:integer|number).*", "is not a number"),
    (r"Input should be ", "must be "),
)
