# SPDX-License-Identifier: Apache-2.0
"""Bitstreams for an iCEBreaker: made with what pip brings, and fast enough with margin."""

import os

import pytest

bitstream = pytest.importorskip("flatsat.rtl_sim.bitstream")
synthesis = pytest.importorskip("flatsat.rtl_sim.synthesis")
BuildError = bitstream.BuildError

MARGIN = 1.25
CELLS, RAMS, SPRAMS = 5280, 30, 4  # of an iCE40UP5K


@pytest.fixture(scope="module")
def images():
    try:
        return [bitstream.build(board) for board in synthesis.BOARDS]
    except BuildError as error:
        if "is missing: " in str(error):
            pytest.skip(str(error))
        raise


def test_every_board_fits_and_meets_its_clock_with_margin(images):
    for image in images:
        available = {"ICESTORM_LC": CELLS, "ICESTORM_RAM": RAMS, "ICESTORM_SPRAM": SPRAMS}
        assert {name: image.available[name] for name in available} == available
        assert all(image.used[name] <= count for name, count in available.items())
        assert image.mhz >= MARGIN * bitstream.CLOCK_MHZ
        assert image.path.stat().st_size > 100_000


def test_the_light_is_kept_in_a_large_ram_and_only_on_the_laser_board(images):
    assert [image.used["ICESTORM_SPRAM"] for image in images] == [0, 0, 1]


def test_they_are_built_once(images):
    assert [bitstream.build(board, pytest.fail) for board in synthesis.BOARDS] == images


def test_the_command_writes_them_and_tells_what_they_take(images, tmp_path, capsys):
    assert bitstream.main([str(tmp_path / "new")]) == 0
    for image in images:
        assert (tmp_path / "new" / f"{image.board}.bin").read_bytes() == image.path.read_bytes()
    said = capsys.readouterr().out.splitlines()
    assert said[0].split()[:3] == ["board", "logic", "cells"]
    assert [line.split()[0] for line in said[1:4]] == list(synthesis.BOARDS)


def test_a_folder_that_cannot_be_made_is_one_line(images, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert bitstream.main([str(tmp_path / "file" / "new")]) == os.EX_CANTCREAT
    assert capsys.readouterr().err.endswith("; name another folder\n")


def test_a_missing_package_is_one_line_with_the_mend(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(synthesis, "PACKAGES", ("no-such-package",))
    assert bitstream.main([str(tmp_path)]) == os.EX_UNAVAILABLE
    assert capsys.readouterr().err == "no-such-package is missing: pip install 'flatsat[boards]'\n"
