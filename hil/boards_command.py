# SPDX-License-Identifier: Apache-2.0
"""The commands `flatsat boards`: who is on a bench, who answers, flashing, holding and switching off."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from . import bench_file, bench_power, board_lock, quarantine, usage
from . import help as helping
from .backends.board_site import BoardSite
from .backends.line_errors import LineError
from .backends.port import BOARDS
from .backends.serial_line import BoardLine
from .bench_file import BenchFile, Place
from .errors import BackEndError, BuildFailed
from .interrupt import Interrupted
from .udev_rules import rules

boards_app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="List, probe, flash and hold the boards of a bench.",
    epilog=helping.BOARDS,
)

LOOKS = 21
BENCH = Annotated[
    str,
    typer.Argument(metavar="BENCH", parser=usage.given, help="A bench file, or a bench of flatsat's own."),
]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")]


@boards_app.callback()
def boards_default(context: typer.Context) -> None:
    """List the boards of the benches that come with flatsat, and the serial ports of this machine."""
    if context.invoked_subcommand is None:
        list_boards()


@boards_app.command("list")
def list_boards(
    benches: Annotated[
        list[str] | None, typer.Argument(metavar="[BENCH]...", help="Bench files [default: flatsat's own].")
    ] = None,
    as_json: JSON = False,
) -> None:
    """List where the boards of a bench are, whether they are there, and who holds them; no board is touched."""
    names = benches or list(bench_file.builtin())
    rows = [row for name in names for row in _rows(name, bench_file.load(name))]
    ports = _ports()
    if as_json:
        print(json.dumps({"boards": rows, "ports": ports}))
        return
    for row in rows:
        print(f"{row['bench']:12} {row['board']:8} {row['where']:40} {row['state']}")
    for port in ports:
        print(f"{'port':12} {'':8} {port['device']:40} {port['description']}")


@boards_app.command("probe", cls=helping.Command)
def probe(bench: BENCH, as_json: JSON = False) -> None:
    """Ask each board who it is, without changing anything on it; one that answers leaves its quarantine."""
    loaded = bench_file.load(bench)
    found = [_probed(BOARDS[board], board, place, loaded) for board, place in enumerate(loaded.places())]
    if as_json:
        print(json.dumps({"bench": loaded.name, "boards": found}))
    else:
        for row in found:
            print(f"{row['board']:8} {row['told']}")
    if not all(row["answers"] for row in found):
        raise typer.Exit(1)


@boards_app.command("flash", cls=helping.Command)
def flash(
    bench: BENCH,
    board: Annotated[str, typer.Argument(metavar="BOARD", help=f"One of {', '.join(BOARDS)}.")],
    image: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", parser=usage.path, help="The image [default: flatsat's own, built for STM32F4]."
        ),
    ] = None,
) -> None:
    """Put an image into a board by its bench file's `flash` command, then ask the board who it is."""
    if board not in BOARDS:
        raise typer.BadParameter(f"{board!r} is not one of {', '.join(BOARDS)}")
    loaded = bench_file.load(bench)
    place = loaded.places()[BOARDS.index(board)]
    if not place.flash:
        raise bench_file.BenchError(f"boards.{board}.flash", "is missing", "a list of words", bench)
    image = image or _built(board)
    if not image.is_file():
        raise BackEndError(f"{image} is no file; give an image with --image")
    site = BoardSite(board, place, loaded, f"flatsat boards flash {board}", even_if_quarantined=True)
    with site:
        print(site.run(place.flash, image=str(image)), end="")
    row = _probed(board, BOARDS.index(board), place, loaded)
    print(f"{row['board']:8} {row['told']}")
    if not row["answers"]:
        raise typer.Exit(1)


@boards_app.command("lock", cls=helping.Command)
def lock(
    bench: BENCH,
    purpose: Annotated[
        str, typer.Option("--for", metavar="TEXT", help="What for: shown to whoever wants them.")
    ] = "flatsat boards lock",
) -> None:
    """Hold the boards of a bench until Ctrl-C, so that no flatsat of this user uses them."""
    loaded = bench_file.load(bench)
    with ExitStack() as stack:
        for board, place in zip(BOARDS, loaded.places(), strict=True):
            if place.url:
                stack.enter_context(board_lock.held(board, place.url, purpose))
        try:
            print(f"{loaded.name}: held until Ctrl-C", flush=True)
            while True:
                time.sleep(3600)
        except Interrupted:
            print("let go")


@boards_app.command("off", cls=helping.Command)
def off(bench: BENCH) -> None:
    """Take the power of every board, whoever holds it: by `emergency_off` where the bench has one, else by each `power_off`."""
    loaded = bench_file.load(bench)
    limit_s = loaded.policies.command_s
    if loaded.emergency_off:
        bench_power.run(loaded.emergency_off, limit_s)
        print(f"{loaded.name}: off")
        return
    for board, place in zip(BOARDS, loaded.places(), strict=True):
        if place.power_off:
            bench_power.run(place.power_off, limit_s, board=board, url=place.url)
        print(f"{board:8} {'off' if place.power_off else 'has no power_off command'}")


@boards_app.command("udev", cls=helping.Command)
def udev() -> None:
    """Print udev rules for the USB serial ports that are plugged in: permission, and a stable name for each."""
    print("\n".join(rules()))


@boards_app.command("schema", cls=helping.Command)
def bench_schema() -> None:
    """Print every field of a bench file with its type, default and meaning."""
    print(bench_file.schema())


def _built(board: str) -> Path:
    from flatsat.boards.firmware.build import BuildError, build

    try:
        return build(board, "stm32f4").flash_path
    except BuildError as error:
        raise BuildFailed(str(error)) from error


def _rows(name: str, bench: BenchFile) -> Iterator[dict[str, Any]]:
    for board, place in zip(BOARDS, bench.places(), strict=True):
        holder = board_lock.holder(place.url) if place.url else None
        record = quarantine.record(place.url) if place.url else quarantine.Record()
        yield {
            "bench": name,
            "board": board,
            "where": place.url or f"emulated board ({place.start.value if place.start else ''})",
            "state": _state(place, holder, record, bench.policies.quarantine_after),
            "holder": asdict(holder) if holder else None,
            "failures": record.failures,
        }


def _state(place: Place, holder: board_lock.Holder | None, record: quarantine.Record, after: int) -> str:
    if place.start:
        return "started for each run"
    if holder:
        return f"held by {holder.told}"
    if after and record.failures >= after:
        return f"in quarantine: {record.told}"
    if place.url.startswith("/"):
        return "there" if Path(place.url).exists() else "absent"
    return "not looked for"


def _ports() -> Sequence[dict[str, str]]:
    from serial.tools import list_ports

    return [
        {"device": port.device, "description": port.description} for port in sorted(list_ports.comports())
    ]


def _probed(name: str, board: int, place: Place, bench: BenchFile) -> dict[str, Any]:
    site = BoardSite(name, place, bench, "flatsat boards probe", even_if_quarantined=True)
    row: dict[str, Any] = {"board": name, "url": place.url, "answers": False}
    line = None
    try:
        with site as url:
            line = BoardLine(board, url, place, bench.policies, lambda told: None, site.run)
            try:
                line.open()
                looks_s = [_timed(line) for _ in range(LOOKS)]
                now_ms = line.look().time_now_ms
            finally:
                line.close()
    except (LineError, board_lock.BoardHeld, BackEndError) as error:
        return row | {"told": str(error)}
    site.worked()
    trip_us = round(1e6 * statistics.median(looks_s))
    told = f"image {line.build_id:08x}, board time {now_ms} ms, round trip {trip_us} us, {site.title}"
    return row | {
        "answers": True, "build_id": f"{line.build_id:08x}", "board_ms": now_ms, "round_trip_us": trip_us, "told": told,
    }  # fmt: skip


def _timed(line: BoardLine) -> float:
    started = time.perf_counter()
    line.look()
    return time.perf_counter() - started
