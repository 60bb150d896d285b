# SPDX-License-Identifier: Apache-2.0
"""Rows of packets as Apache Parquet: the columns of the CSV form with types, in row groups that bound memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from flatsat.protocols import cuc
from flatsat.protocols.dictionary import Dictionary, PacketDefinition, Parameter
from flatsat.protocols.dictionary_file import RawType

from .errors import FlatsatError
from .packet_table import COLUMNS, Row, Value, engineering
from .packet_writers import is_plain, parameter_names

ROW_GROUP = 16_384  # rows held in memory


class ParquetError(FlatsatError):
    """Parquet cannot be written here."""


class ParquetWriter:
    """Columns as in CSV, with the same numbers: a float32 on board is a float64 here, or rounding would alter it. A
    parameter name that several packets share has one column of a type that holds them all.

    `time_utc` is a timestamp, which has no second 60: a leap second repeats the one before. A parameter is null in rows
    of other packets, and where it is not a number. The file can be read once it is closed.
    """

    def __init__(self, path: Path, dictionary: Dictionary | None) -> None:
        """Raises ParquetError without pyarrow, OSError where the file cannot be written."""
        self._arrow, parquet = _pyarrow()
        self._columns = _columns(dictionary)
        types = {"time_utc": self._arrow.timestamp("ms", tz="UTC"), **_HEAD_TYPES, **self._columns}
        self._schema = self._arrow.schema([(name, self._type(types[name])) for name in types])
        self._file = path.open("wb")
        self._writer = parquet.ParquetWriter(self._file, self._schema)
        self._rows: list[Row] = []

    def write(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= ROW_GROUP:
            self._write_group()

    def flush(self) -> None:
        """Nothing: a row group is written when it is full."""

    def close(self) -> None:
        if self._rows:
            self._write_group()
        self._writer.close()
        self._file.close()

    def _type(self, named: Any) -> Any:
        return getattr(self._arrow, named)() if isinstance(named, str) else named

    def _write_group(self) -> None:
        rows, self._rows = self._rows, []
        group = self._arrow.table([*self._heads(rows), *self._parameters(rows)], schema=self._schema)
        self._writer.write_table(group, row_group_size=ROW_GROUP)

    def _heads(self, rows: list[Row]) -> Iterable[Any]:
        times = [row.tai_ms for row in rows]
        known = {tai_ms: None if tai_ms is None else _utc_ms(tai_ms) for tai_ms in set(times)}
        yield self._arrow.array([known[tai_ms] for tai_ms in times], self._schema.field("time_utc").type)
        cells = zip(*(row.cells_after_time() for row in rows), strict=True)
        for name, values in zip(COLUMNS[1:], cells, strict=True):
            present = [None if value == "" else value for value in values]
            yield self._arrow.array(present, self._schema.field(name).type)

    def _parameters(self, rows: list[Row]) -> Iterable[Any]:
        """Values of each column beside the row numbers where they stand, spread over all rows."""
        values: dict[str, list[Value]] = defaultdict(list)
        places: dict[str, list[int]] = defaultdict(list)
        for definition, numbers in _by_definition(rows):
            for parameter, raws in zip(
                definition.parameters, zip(*(rows[n].raw for n in numbers), strict=True), strict=False
            ):
                if is_plain(parameter):
                    values[parameter.name] += raws
                else:
                    known: dict[float, Value] = {raw: engineering(parameter, raw) for raw in set(raws)}
                    values[parameter.name] += map(known.__getitem__, raws)
                places[parameter.name] += numbers
        for name, type_name in self._columns.items():
            if not values[name]:
                yield self._arrow.nulls(len(rows), self._type(type_name))
                continue
            indices = np.full(len(rows), -1, np.int64)
            indices[places[name]] = np.arange(len(places[name]))
            column = _typed(values[name], type_name)
            taken = self._arrow.array(indices, mask=indices < 0)
            yield self._arrow.array(column, self._type(type_name)).take(taken)


def _by_definition(rows: list[Row]) -> Iterable[tuple[PacketDefinition, list[int]]]:
    numbers: dict[str, list[int]] = defaultdict(list)
    definitions: dict[str, PacketDefinition] = {}
    for number, row in enumerate(rows):
        if row.definition is not None:
            definitions[row.definition.name] = row.definition
            numbers[row.definition.name].append(number)
    return [(definitions[name], found) for name, found in numbers.items()]


def _columns(dictionary: Dictionary | None) -> dict[str, str]:
    """Type of each parameter's column, by name."""
    found: dict[str, set[str]] = defaultdict(set)
    for packet in dictionary.packets.values() if dictionary else ():
        for parameter in packet.parameters:
            found[parameter.name].add(_type_name(parameter))
    return {name: _common(found[name]) for name in parameter_names(dictionary)}


def _type_name(parameter: Parameter) -> str:
    if parameter.states is not None:
        return "string"
    return "float64" if parameter.calibration else _RAW_TYPES[parameter.type]


def _common(types: set[str]) -> str:
    if len(types) == 1:
        return next(iter(types))
    if "string" in types:
        return "string"
    return "float64" if "float64" in types else "int64"


def _typed(values: list[Value], type_name: str) -> list[Value]:
    if type_name != "string":
        return values
    return [value if value is None or isinstance(value, str) else str(value) for value in values]


def _utc_ms(tai_ms: int) -> int:
    """Milliseconds from 1970, leap seconds not counted."""
    return round((cuc.utc(tai_ms) - _UNIX_EPOCH).total_seconds() * 1000)


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow  # type: ignore[import-untyped]
        import pyarrow.parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise ParquetError(
            "Parquet needs pyarrow: python -m pip install pyarrow, or use --format csv or jsonl"
        ) from error
    return pyarrow, pyarrow.parquet


_UNIX_EPOCH = cuc.EPOCH.replace(year=1970)
_HEAD_TYPES: Mapping[str, str] = {
    "scid": "uint8", "vcid": "uint8", "apid": "uint16", "sequence_count": "uint16", "service": "uint8", "subtype": "uint8",
    "packet": "string", "quality": "string", "text": "string", "octets": "string", "undecoded": "string",
}  # fmt: skip
_RAW_TYPES: Mapping[RawType, str] = {
    RawType.U8: "uint8", RawType.U16: "uint16", RawType.U32: "uint32", RawType.U64: "uint64",
    RawType.I16: "int16", RawType.I32: "int32", RawType.F32: "float64",
}  # fmt: skip
