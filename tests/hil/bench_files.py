# SPDX-License-Identifier: Apache-2.0
"""Benches of three boards on lines, each with its bench file."""

from __future__ import annotations

import atexit
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from .board_on_a_line import BOARDS, BoardOnALine

QUICK = {"absent_s": 2, "unplugged_s": 5, "reply_s": 0.05, "silent_s": 2, "quarantine_after": 0}


def bench_toml(urls, policies=QUICK, **place):
    """The text of a bench file; `place` stands for every board."""
    return _text(policies, {board: {"url": url, **place} for board, url in urls.items()})


def _toml(value):
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


@contextmanager
def benches(folder, kind="pty", policies=QUICK, **place):
    """Three twins on lines, as if just made: the path of their bench file, and the boards by name."""
    boards = {name: _fresh(kind, name) for name in BOARDS}
    path = folder / "bench.toml"
    path.write_text(bench_toml({name: board.url for name, board in boards.items()}, policies, **place))
    yield path, boards


def started_toml(machine, policies=QUICK):
    """The text of the bench file of three boards of firmware that the bench starts."""
    return _text(policies, {board: {"start": machine} for board in BOARDS})


def _text(policies, places):
    lines = ['name = "test"', "[policies]", *_rows(policies)]
    for board, place in places.items():
        lines += [f"[boards.{board}]", *_rows(place)]
    return "\n".join(lines) + "\n"


def _rows(table):
    return [f"{name} = {_toml(value)}" for name, value in table.items()]


def _fresh(kind, name):
    """A board like a new one; its process is started once, for a laser board takes a second."""
    board = _KEPT.get((kind, name))
    if board is None or board.process.poll() is not None:
        board = _KEPT[kind, name] = BoardOnALine(name, kind, _folder())
        atexit.register(board.close)
    board.go_on()
    board.order("anew", board=name)
    return board


_KEPT: dict[tuple[str, str], BoardOnALine] = {}


@cache
def _folder():
    made = tempfile.TemporaryDirectory(prefix="flatsat-test-")
    atexit.register(made.cleanup)
    return Path(made.name)
