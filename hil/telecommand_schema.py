# SPDX-License-Identifier: Apache-2.0
"""The telecommands that a scenario may ask for, with their arguments, described for people and for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flatsat.protocols import dictionary
from flatsat.protocols.telecommand import Argument, TelecommandDefinition

from .expectation import YEAR_S
from .telecommand import DICTIONARY, RELEASE, RELEASE_CODE


def schema() -> dict[str, Any]:
    """Every telecommand with its arguments, as values fit for JSON."""
    return {
        definition.name: {
            "description": definition.description,
            "service": definition.service,
            "subtype": definition.subtype,
            "function": definition.function,
            "arguments": {argument.name: _argument(argument) for argument in definition.arguments},
            "items": {argument.name: _argument(argument) for argument in _items(definition)},
        }
        for definition in DICTIONARY.telecommands.values()
    }


def listing(described: Mapping[str, Any]) -> Iterator[str]:
    """Lay out a `schema` in lines."""
    for name, telecommand in described.items():
        function = "" if telecommand["function"] is None else f", function {telecommand['function']}"
        identity = f"service {telecommand['service']}, subtype {telecommand['subtype']}{function}"
        yield f"  {name:22} {telecommand['description']} ({identity})"
        for key, several in (("arguments", ""), ("items", ", or a list")):
            for argument, told in telecommand[key].items():
                unit = f" {told['unit']}" if told["unit"] not in ("1", "bits") else ""
                yield f"    {argument:20} {told['description']} ({told['allowed']}{unit}{several})"


def _argument(argument: Argument) -> dict[str, str]:
    """An argument's description, unit, and what is allowed."""
    allowed = argument.allowed if argument.type else "a table with name, arguments, expect and so on"
    if argument.states and len(argument.states) > _FEW:
        allowed = f"like {next(iter(argument.states.values()))}"
    return {"description": argument.description, "unit": argument.unit, "allowed": allowed}


def _items(definition: TelecommandDefinition) -> Iterator[Argument]:
    """The group that repeats, as a scenario gives it."""
    for argument in definition.repeat:
        if argument.name == RELEASE_CODE[0]:
            yield _RELEASE_ARGUMENT
        elif argument.name not in RELEASE_CODE:
            yield argument


_FEW = 6
_RELEASE_ARGUMENT = Argument(
    name=RELEASE, type=dictionary.RawType.U32, unit="s", description="when to execute it", low=0, high=YEAR_S
)
