# SPDX-License-Identifier: Apache-2.0
"""Benches of three boards on lines, each with its bench file."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

from .board_on_a_line import BOARDS, BoardOnALine

QUICK = {"absent_s": 2, "unplugged_s": 5, "reply_s": 0.05, "silent_s": 2, "quarantine_after": 0}


def bench_toml(urls, policies=QUICK, **place):
    """The text of a bench file; `place` stands for every board."""
    lines = ['name = "test"', "[policies]", *(f"{name} = {_toml(value)}" for name, value in policies.items())]
    for board, url in urls.items():
        lines += [f"[boards.{board}]", f'url = "{url}"', *(f"{name} = {_toml(value)}" for name, value in place.items())]
    return "\n".join(lines) + "\n"


def _toml(value):
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


@contextmanager
def benches(folder, kind="pty", policies=QUICK, **place):
    """Three twins on lines: the path of their bench file, and the boards by name."""
    with ExitStack() as stack:
        boards = {name: stack.enter_context(BoardOnALine(name, kind, folder)) for name in BOARDS}
        path = folder / "bench.toml"
        path.write_text(bench_toml({name: board.url for name, board in boards.items()}, policies, **place))
        yield path, boards
