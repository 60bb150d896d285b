# SPDX-License-Identifier: Apache-2.0
"""Bitstreams of the three boards for an iCEBreaker, from pip packages alone.

`python -m flatsat.rtl_sim.bitstream FOLDER` writes NAME.bin for each board, and tells what each takes of the FPGA and its fastest
clock.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from . import build as common
from . import synthesis
from .build import BuildError, Progress

CLOCK_MHZ = 12.0
DEVICE = ("--up5k", "--package", "sg48")
SEED = "1"
_PLACING = (*DEVICE, "--freq", f"{CLOCK_MHZ:g}", "--seed", SEED)
_FIGURES = "figures.json"


class Image(NamedTuple):
    """A bitstream.

    Attributes:
        build_id: first 32 bits of the hash of sources, options and tools: what the board answers as BUILD_ID.
        used: of what the FPGA has, in `available`, by nextpnr's names.
        mhz: the fastest clock that its paths allow.
    """

    board: str
    path: Path
    build_id: int
    used: dict[str, int]
    available: dict[str, int]
    mhz: float


def build(board: str, progress: Progress = lambda line: None) -> Image:
    """Build a board's bitstream, or find it built.

    Raises:
        BuildError: a package is missing, a step failed, or the board is too large or too slow for the FPGA.
    """
    recipe = (board, synthesis.SYNTHESIS, *_PLACING, *synthesis.versions())
    sources = [*common.verilog_sources(), *sorted(synthesis.FPGA.iterdir())]
    identity = int(common.hash_of(sources, *recipe)[:8], 16)

    def compile_in(folder: Path, lock: int) -> None:
        _compile(board, identity, folder, lock)

    def announce() -> None:
        progress(f"building the {board} board's bitstream (once per change of its sources, about a minute)")

    program = f"{board}.bin"
    folder = common.kept(recipe, sources, program, compile_in, announce, progress, beside=(_FIGURES,))
    return Image(board, folder / program, identity, **json.loads((folder / _FIGURES).read_text()))


def table(images: Sequence[Image]) -> str:
    """What each image takes of the FPGA, and its fastest clock."""
    heads = ("board", "logic cells", "block RAMs", "SPRAMs", "MHz", "of 12", "build")
    rows = [heads, *map(_row, images)]
    return "\n".join("{:9}{:>18}{:>14}{:>9}{:>8}{:>7}{:>11}".format(*row) for row in rows)


def _row(image: Image) -> tuple[str, ...]:
    def share(name: str) -> str:
        return f"{image.used[name]:,} of {image.available[name]:,}"

    return (
        image.board, share("ICESTORM_LC"), share("ICESTORM_RAM"), share("ICESTORM_SPRAM"),
        f"{image.mhz:.1f}", f"x{image.mhz / CLOCK_MHZ:.1f}", f"{image.build_id:08x}",
    )  # fmt: skip


def _compile(board: str, identity: int, folder: Path, lock: int) -> None:
    parameters = {
        "BOARD": str(synthesis.BOARDS.index(board)),
        "BUILD_ID": synthesis.verilog_constant(identity),
    }
    synthesis.synthesise(
        "yosys", synthesis.TOP, parameters, "write_json board.json", synthesis.stage(folder), folder, lock
    )
    synthesis.run(
        "nextpnr", "nextpnr_ice40",
        ["-q", *_PLACING, "--json", "board.json", "--pcf", f"{synthesis.TOP}.pcf",
         "--asc", "board.asc", "--report", "report.json"],
        folder, lock,
    )  # fmt: skip
    synthesis.run("icepack", "icepack", ["board.asc", f"{board}.bin"], folder, lock)
    figures = _figures(json.loads((folder / "report.json").read_text()))
    (folder / _FIGURES).write_text(json.dumps(figures))


def _figures(report: dict[str, Any]) -> dict[str, Any]:
    utilization = report["utilization"]
    return {
        "used": {name: count["used"] for name, count in utilization.items()},
        "available": {name: count["available"] for name, count in utilization.items()},
        "mhz": min(clock["achieved"] for clock in report["fmax"].values()),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Build all three, copy them to the folder, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m flatsat.rtl_sim.bitstream", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where NAME.bin of each board is to be")
    folder = parser.parse_args(arguments).folder
    try:
        images = [build(board, print) for board in synthesis.BOARDS]
        folder.mkdir(parents=True, exist_ok=True)
        for image in images:
            shutil.copyfile(image.path, folder / image.path.name)
    except BuildError as error:
        print(error, file=sys.stderr)
        return os.EX_UNAVAILABLE
    except OSError as error:
        print(f"{error.filename or folder}: {error.strerror}; name another folder", file=sys.stderr)
        return os.EX_CANTCREAT
    print(table(images))
    print(f"in {folder}; into a board: iceprog {folder / 'power.bin'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
