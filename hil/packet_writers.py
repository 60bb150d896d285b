# SPDX-License-Identifier: Apache-2.0
"""Rows of packets as CSV and JSON lines; `parquet_writer.py` has the third form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Protocol, TextIO

from flatsat.protocols.dictionary import Dictionary, PacketDefinition, Parameter
from flatsat.protocols.dictionary_file import RawType

from .packet_table import COLUMNS, Row, Value, engineering

TEXTS = 4096  # texts of one parameter's values that are kept; bounds memory

Encode = Callable[[Value], str]


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Writer(Protocol):
    """Where rows go."""

    def write(self, row: Row) -> None: ...

    def flush(self) -> None:
        """Let readers see what was written, as far as the form allows."""

    def close(self) -> None:
        """No more rows; the stream is the caller's."""


class JsonLinesWriter:
    """An object a packet, its parameters in an object of their own."""

    def __init__(self, stream: TextIO, dictionary: Dictionary | None) -> None:
        self._stream = stream
        self._templates: dict[str, _Template] = {}

    def write(self, row: Row) -> None:
        if row.definition is None or row.text:
            cells = zip(COLUMNS, row.cells(), strict=True)
            head = ", ".join(
                [f'"{name}": {_json(value)}' for name, value in cells if value not in ("", None)]
            )
        else:
            head = _JSON_HEAD % row.cells()[:_PLAIN_COLUMNS]
        self._stream.write(f"{{{head}{self._parameters(row)}}}\n")

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self.flush()

    def _parameters(self, row: Row) -> str:
        if row.definition is None:
            return ""
        template = self._templates.get(row.definition.name)
        if template is None:
            pairs = ", ".join(f'"{name}": %s' for name in row.definition.names)
            template = _Template(f', "parameters": {{{pairs}}}', row.definition.parameters, _json)
            self._templates[row.definition.name] = template
        return template.fill(row.raw)


class CsvWriter:
    """A line a packet, a column for every parameter name of the dictionary; cells of other packets' stay empty."""

    def __init__(self, stream: TextIO, dictionary: Dictionary | None) -> None:
        self._stream = stream
        self._columns = parameter_names(dictionary)
        self._empty = "," * len(self._columns)
        self._templates: dict[str, _Template] = {}
        self._stream.write(",".join([*COLUMNS, *self._columns]) + "\n")

    def write(self, row: Row) -> None:
        if row.definition is None or row.text or row.received.after_gap:
            head = ",".join(map(_csv, row.cells()))
        else:
            head = _CSV_HEAD % row.cells()[:_PLAIN_COLUMNS]
        self._stream.write(f"{head}{self._parameters(row)}\n")

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self.flush()

    def _parameters(self, row: Row) -> str:
        if row.definition is None:
            return self._empty
        template = self._templates.get(row.definition.name)
        if template is None:
            template = self._template(row.definition)
            self._templates[row.definition.name] = template
        return template.fill(row.raw)

    def _template(self, definition: PacketDefinition) -> _Template:
        places = {name: place for place, name in enumerate(definition.names)}
        order = [places[name] for name in self._columns if name in places]
        line = "".join(",%s" if name in places else "," for name in self._columns)
        return _Template(line, [definition.parameters[place] for place in order], _csv, order)


class _Template:
    """A line of text with a place for each of a packet's values, which are those at `order` in its raw values."""

    def __init__(
        self, line: str, parameters: Sequence[Parameter], encode: Encode, order: Sequence[int] | None = None
    ) -> None:
        self._line = line
        self._order = None if order is None or list(order) == sorted(order) else order
        self._texts = [None if is_plain(parameter) else _Texts(parameter, encode) for parameter in parameters]

    def fill(self, raw: Sequence[float]) -> str:
        if self._order:
            raw = [raw[place] for place in self._order]
        texts: Iterable[float | str] = [
            value if known is None else known[value] for known, value in zip(self._texts, raw, strict=True)
        ]
        return self._line % tuple(texts)


class _Texts(dict[float, str]):
    """Texts of engineering values by raw value, made when they are first asked for."""

    def __init__(self, parameter: Parameter, encode: Encode) -> None:
        self._parameter = parameter
        self._encode = encode

    def __missing__(self, raw: float) -> str:
        if len(self) >= TEXTS:
            self.clear()
        self[raw] = text = self._encode(engineering(self._parameter, raw))
        return text


def parameter_names(dictionary: Dictionary | None) -> list[str]:
    """Every parameter's name once, in the order of the dictionary."""
    packets = dictionary.packets.values() if dictionary else ()
    return list(dict.fromkeys(name for packet in packets for name in packet.names))


def is_plain(parameter: Parameter) -> bool:
    """Whether raw values are written as they are."""
    return not parameter.calibration and parameter.states is None and parameter.type is not RawType.F32


# Columns that every decoded packet has: those up to `quality`. Only a quality with a gap may need quotes.
_PLAIN_COLUMNS = COLUMNS.index("quality") + 1
_CSV_HEAD = "%s," * _PLAIN_COLUMNS + "," * (len(COLUMNS) - _PLAIN_COLUMNS - 1)
_JSON_HEAD = ", ".join(
    f'"{name}": %s'
    if name in ("scid", "vcid", "apid", "sequence_count", "service", "subtype")
    else f'"{name}": "%s"'
    for name in COLUMNS[:_PLAIN_COLUMNS]
)
WRITERS: Mapping[Format, type[CsvWriter] | type[JsonLinesWriter]] = {
    Format.CSV: CsvWriter,
    Format.JSONL: JsonLinesWriter,
}
_QUOTED = re.compile(r'[",\r\n]')
_json: Encode = partial(json.JSONEncoder(allow_nan=False).encode)


def _csv(value: Value) -> str:
    """A cell (RFC 4180)."""
    if value is None:
        return ""
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
