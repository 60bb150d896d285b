# SPDX-License-Identifier: Apache-2.0
"""Boards that failed several times in a row are left alone, until somebody has looked: `flatsat boards probe` lets them back."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from .errors import BackEndError
from .line_name import line_name


class Quarantined(BackEndError):
    """The board has failed too often; `record` says when and how."""

    def __init__(self, board: str, url: str, record: Record) -> None:
        super().__init__(
            f"{board} board on {url}: in quarantine after {record.failures} failures in a row, the last {record.latest} "
            f"({record.told}); mend it, then `flatsat boards probe` lets it back"
        )
        self.board, self.url, self.record = board, url, record


@dataclass(frozen=True, kw_only=True)
class Record:
    """Failures in a row: how many, when the latest was (UTC), and what it said."""

    failures: int = 0
    latest: str = ""
    told: str = ""


def folder() -> Path:
    """Where it is kept which lines failed."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "flatsat" / "lines"


def record(url: str) -> Record:
    """What is known of a line."""
    try:
        return Record(**json.loads(_path(url).read_text()))
    except (OSError, ValueError, TypeError):
        return Record()


def refuse(board: str, url: str, after: int) -> None:
    """Leave a board alone that has failed `after` times in a row; 0: never.

    Raises:
        Quarantined: so it is.
    """
    known = record(url)
    if after and known.failures >= after:
        raise Quarantined(board, url, known)


def count(url: str, told: str) -> None:
    """One more failure; that it cannot be kept is no trouble of the run."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
    written = Record(failures=record(url).failures + 1, latest=now, told=told)
    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        partial = _path(url).with_suffix(".part")
        partial.write_text(json.dumps(asdict(written)))
        partial.replace(_path(url))


def clear(url: str) -> None:
    """It works."""
    with suppress(OSError):
        _path(url).unlink(missing_ok=True)


def _path(url: str) -> Path:
    return folder() / f"{line_name(url)}.json"
