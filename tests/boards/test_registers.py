# SPDX-License-Identifier: Apache-2.0
"""The generated register tables: up to date, and what they promise."""

import shutil
import subprocess

import pytest
from flatsat.boards import export
from flatsat.boards.registers import compute_flight, laser_flight, power_flight
from flatsat.boards.work import WORK_PER_MS

from .driver import TABLES


def test_generated_files_say_what_the_maps_say():
    assert [path.name for path in export.stale()] == [], "run: python -m flatsat.boards.export"


def test_check_names_a_stale_file(monkeypatch, tmp_path, capsys):
    for source in export.FOLDER.glob("*.rdl"):
        shutil.copy(source, tmp_path)
    shutil.copytree(export.FOLDER / "registers", tmp_path / "registers")
    monkeypatch.setattr(export, "FOLDER", tmp_path)
    assert export.main(["--check"]) == 0
    (tmp_path / "registers" / "laser.md").write_text("edited by hand")
    assert export.main(["--check"]) == 1
    assert "registers/laser.md" in capsys.readouterr().out
    assert export.main([]) == 0
    assert export.main(["--check"]) == 0


@pytest.mark.parametrize(
    ("board", "port", "address", "writable_from", "end"),
    [
        ("power", "flight", 0x40, 0x58, 0x98),
        ("power", "stimulus", 0x60, 0x1C, 0x5C),
        ("compute", "flight", 0x41, 0x8C, 0xA4),
        ("compute", "stimulus", 0x61, 0x28, 0x5C),
        ("laser", "flight", 0x42, 0x34, 0x48),
        ("laser", "stimulus", 0x62, 0x1C, 0x2C),
    ],
)
def test_map_has_its_borders_and_no_gaps(board, port, address, writable_from, end):
    table = TABLES[board, port]
    assert (address, writable_from, end) == (table.LOGICAL_ADDRESS, table.WRITABLE_FROM, table.END)
    assert [register.address for register in table.REGISTERS] == list(range(0, end, 4))
    assert [register.writable for register in table.REGISTERS] == [
        place >= writable_from for place in range(0, end, 4)
    ]


@pytest.mark.parametrize(("board", "port"), TABLES)
def test_fields_do_not_overlap_and_resets_fit(board, port):
    for register in TABLES[board, port].REGISTERS:
        masks = [field.mask for field in register.fields]
        assert sum(masks) == register.mask == register.mask & 0xFFFFFFFF, register.name
        assert register.reset & ~register.mask == 0, register.name
        assert {field.address for field in register.fields} == {register.address}


@pytest.mark.parametrize(
    ("field", "count", "value"),
    [
        pytest.param(power_flight.BUS_VOLTAGE, 5600, 56.0, id="volts in the upper half"),
        pytest.param(power_flight.BATTERY_CURRENT, 32_768, 0.0, id="no battery current"),
        pytest.param(power_flight.BATTERY_CURRENT, 0, -327.68, id="strongest discharge"),
        pytest.param(power_flight.GAUGE_STATE_OF_CHARGE, 50_000, 1.0, id="full battery"),
        pytest.param(compute_flight.TEMPERATURE_0_3_NODE0, 155, 355.0, id="junction temperature"),
        pytest.param(laser_flight.OPTICAL_RECEIVED_POWER, 4000, 4e-6, id="light threshold"),
    ],
)
def test_field_scales_both_ways(field, count, value):
    word = field.place(count)
    assert field.raw(word | ~field.mask & 0xFFFFFFFF) == count
    assert field.value(word) == pytest.approx(value)
    assert field.count(value) == count


@pytest.mark.parametrize(("value", "count"), [(-1.0, 0), (1e9, 0xFFFF), (0.014, 1), (0.016, 2)])
def test_count_rounds_and_saturates(value, count):
    assert power_flight.BUS_CURRENT.count(value) == count


def test_work_table_is_the_formula():
    assert tuple(round(1000 * (0.35 + 0.65 * step / 15) ** 0.8) for step in range(16)) == WORK_PER_MS


@pytest.mark.skipif(not shutil.which("iverilog"), reason="needs Icarus Verilog")
@pytest.mark.parametrize("board", export.BOARDS)
def test_headers_are_verilog_2005(board, tmp_path):
    source = tmp_path / "includes.v"
    source.write_text(
        f'module includes (input [3:0] step, output [9:0] work, output [12:0] last);\n`include "{board}.vh"\n'
        '`include "work.vh"\nassign work = WORK_PER_MS[10*step +: 10];\nassign last = FLIGHT_END;\nendmodule\n'
    )
    registers = export.FOLDER / "registers"
    command = ["iverilog", "-g2005", "-Wall", f"-I{registers}", "-o", tmp_path / "out", source]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60).stderr == ""
