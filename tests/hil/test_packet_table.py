# SPDX-License-Identifier: Apache-2.0
"""Rows of packets: what the quick reader sees is what the parsers see, and every form writes the same values."""

import csv
import io
import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest
from flatsat.hil import parquet_writer
from flatsat.hil.packet_table import COLUMNS, Row, RowReader
from flatsat.hil.packet_writers import TEXTS, CsvWriter, Format, JsonLinesWriter, parameter_names
from flatsat.hil.parquet_writer import ParquetError, ParquetWriter
from flatsat.protocols import cuc, pus, space_packet
from flatsat.protocols.assembler import Extent
from flatsat.protocols.dictionary import PacketDefinition
from flatsat.protocols.dictionary_file import RawType
from flatsat.protocols.receiver import PacketReceived
from hypothesis import given, settings
from hypothesis import strategies as st

from .telemetry import DICTIONARY, TAI_MS, packet

READER = RowReader(DICTIONARY)
RANGES = {
    RawType.U8: (0, 2**8 - 1), RawType.U16: (0, 2**16 - 1), RawType.U32: (0, 2**32 - 1), RawType.U64: (0, 2**64 - 1),
    RawType.I16: (-(2**15), 2**15 - 1), RawType.I32: (-(2**31), 2**31 - 1),
}  # fmt: skip


def received(octets: bytes, *, corrected: bool = False, after_gap: bool = False) -> PacketReceived:
    return PacketReceived(
        offset=0, spacecraft_id=0x5A, vcid=0, octets=octets, extent=Extent.COMPLETE, corrected=corrected, after_gap=after_gap
    )  # fmt: skip


def any_packet(rng: random.Random) -> bytes:
    definition: PacketDefinition = rng.choice(list(DICTIONARY.packets.values()))
    raw: dict[str, float] = {}
    for parameter in definition.parameters:
        if parameter.type is RawType.F32:
            raw[parameter.name] = rng.choice(
                [0.0, -1.5, math.nan, math.inf, 1e30, 109_179.8515625, rng.random()]
            )
        else:
            low, high = RANGES[parameter.type]
            raw[parameter.name] = rng.choice([low, high, rng.randint(low, high), *(parameter.states or [0])])
    tai_ms, sequence = rng.randrange(2**32 * 1000), rng.randrange(2**14)
    return packet(definition.name, tai_ms, sequence=sequence, subtype=rng.choice(definition.subtypes), **raw)


@given(st.integers(0, 2**32))
@settings(deadline=None)
def test_headers_are_those_of_the_parsers(seed: int) -> None:
    octets = any_packet(random.Random(seed))
    primary = space_packet.parse(octets)
    secondary = pus.parse(primary.octets)
    row = READER.row(received(octets))
    assert (row.apid, row.sequence_count) == (primary.apid, primary.sequence_count)
    assert (row.service, row.subtype) == (secondary.service, secondary.subtype)
    assert row.tai_ms == secondary.time.tai_ms
    assert row.time_utc == cuc.utc_text(secondary.time.tai_ms)
    assert row.undecoded == ""


@given(st.binary(min_size=1, max_size=90), st.booleans(), st.integers(0, 0x7FE))
@settings(deadline=None)
def test_any_packet_becomes_a_row(content: bytes, secondary: bool, apid: int) -> None:
    octets = space_packet.SpacePacket(
        apid=apid, sequence_count=1, octets=content, has_secondary_header=secondary
    ).encode()
    row = READER.row(received(octets))
    assert (row.octets == octets.hex()) == bool(row.undecoded)
    assert RowReader(None).row(received(octets)).undecoded == "the profile has no dictionary"


@pytest.mark.parametrize(
    ("corrected", "after_gap", "quality"),
    [
        (False, False, "clean"),
        (True, False, "corrected"),
        (False, True, "gap before"),
        (True, True, "gap before, corrected"),
    ],
)
def test_quality(corrected: bool, after_gap: bool, quality: str) -> None:
    row = READER.row(received(packet("power_hk", TAI_MS), corrected=corrected, after_gap=after_gap))
    assert row.quality == quality
    assert table([row])[0]["quality"] == quality
    assert objects([row])[0]["quality"] == quality


def table(rows: list[Row]) -> list[dict[str, str]]:
    stream = io.StringIO()
    writer = CsvWriter(stream, DICTIONARY)
    for row in rows:
        writer.write(row)
    stream.seek(0)
    return list(csv.DictReader(stream))


def objects(rows: list[Row]) -> list[dict]:
    stream = io.StringIO()
    writer = JsonLinesWriter(stream, DICTIONARY)
    for row in rows:
        writer.write(row)
    return [json.loads(line, parse_constant=pytest.fail) for line in stream.getvalue().splitlines()]


def some_rows(seed: int, count: int) -> list[Row]:
    rng = random.Random(seed)
    rows = [READER.row(received(any_packet(rng), after_gap=rng.random() < 0.2)) for _ in range(count)]
    return [*rows, READER.row(received(space_packet.idle_packet(9)))]


@given(st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_csv_and_json_lines_hold_the_engineering_values(seed: int) -> None:
    rows = some_rows(seed, 40)
    for row, cells, item in zip(rows, table(rows), objects(rows), strict=True):
        head = dict(zip(COLUMNS, row.cells(), strict=True))
        assert {name: cells[name] for name in COLUMNS} == {
            name: "" if value is None else str(value) for name, value in head.items()
        }
        assert {name: item.get(name, "") for name in COLUMNS} == {
            name: "" if value is None else value for name, value in head.items()
        }
        assert item.get("parameters", {}) == row.parameters
        given_values = {name: "" if value is None else str(value) for name, value in row.parameters.items()}
        assert {name: cells[name] for name in parameter_names(DICTIONARY)} == dict.fromkeys(
            parameter_names(DICTIONARY), ""
        ) | given_values


def test_texts_are_forgotten_in_time() -> None:
    rows = [READER.row(received(packet("power_hk", TAI_MS, bus_voltage=n))) for n in range(TEXTS + 9)]
    writer = CsvWriter(io.StringIO(), DICTIONARY)
    for row in rows:
        writer.write(row)
    known = writer._templates["power_hk"]._texts
    assert max(len(texts) for texts in known if texts is not None) <= TEXTS


def test_parquet_has_the_columns_of_csv_with_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(parquet_writer, "ROW_GROUP", 64)
    rows = some_rows(3, 200)
    writer = ParquetWriter(tmp_path / "packets.parquet", DICTIONARY)
    for row in rows:
        writer.write(row)
        assert len(writer._rows) < 64
    writer.close()
    found = parquet.ParquetFile(tmp_path / "packets.parquet")
    assert found.num_row_groups == 4
    read = found.read()
    assert read.column_names == [*COLUMNS, *parameter_names(DICTIONARY)]
    types = {name: str(kind) for name, kind in zip(read.schema.names, read.schema.types, strict=True)}
    assert types["time_utc"] == "timestamp[ms, tz=UTC]"
    assert (types["bus_voltage"], types["time_ms"], types["work"], types["mode"]) == (
        "double", "uint32", "uint64", "string",
    )  # fmt: skip
    for row, item in zip(rows, read.to_pylist(), strict=True):
        expected = dict(zip(COLUMNS, row.cells(), strict=True)) | row.parameters
        time = item.pop("time_utc")
        assert expected.pop("time_utc") == (time and cuc.utc_text(row.tai_ms)) or row.tai_ms is None
        if time is not None:
            assert time == cuc.utc(row.tai_ms)
        for name, value in item.items():
            wanted = expected.get(name)
            if types[name] == "string":
                assert value == (None if wanted in (None, "") else str(wanted)), name
            else:
                assert value == wanted, name


def test_every_form_of_a_flight_has_the_same_numbers(tmp_path: Path) -> None:
    """Read as float64 from the command's own files; a number in two of them would be two answers to a question."""
    parquet = pytest.importorskip("pyarrow.parquet")
    flatsat = [sys.executable, "-m", "flatsat.hil.cli"]
    subprocess.run(
        [*flatsat, "run", "telecommands", "--out", "run", "--json"], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    paths = {form: tmp_path / f"packets.{form}" for form in Format}
    for path in paths.values():
        subprocess.run(
            [*flatsat, "decode", "run/downlink.cadu", "--out", path, "--json"], cwd=tmp_path, stdout=subprocess.DEVNULL,
            check=True,
        )  # fmt: skip
    with paths[Format.CSV].open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    items = [json.loads(line) for line in paths[Format.JSONL].read_text().splitlines()]
    typed = parquet.read_table(paths[Format.PARQUET]).to_pylist()
    seen = set()
    for line, item, cells in zip(lines, items, typed, strict=True):
        known = item.get("parameters", {})
        seen.add(item["packet"])
        for name in parameter_names(DICTIONARY):
            value = known.get(name)
            assert line[name] == ("" if value is None else str(value)), (item["packet"], name)
            if isinstance(cells[name], str):
                assert cells[name] == str(value), (item["packet"], name)
            else:
                assert cells[name] == (None if value is None else float(value)), (item["packet"], name)
    assert len(lines) > 1000
    assert {"power_hk", "fsw_hk", "parameter_value", "monitor_definition", "event"} <= seen


def test_parquet_without_pyarrow_is_one_line_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ParquetError, match="pip install"):
        ParquetWriter(tmp_path / "packets.parquet", DICTIONARY)
    assert not (tmp_path / "packets.parquet").exists()
