# SPDX-License-Identifier: Apache-2.0
"""Who holds a board: one lock file for each line, with its holder in it, freed by the system when the holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from .errors import BackEndError
from .line_name import line_name


class BoardHeld(BackEndError):
    """Another flatsat holds the board; `holder` is None where it does not say who it is."""

    def __init__(self, board: str, url: str, holder: Holder | None) -> None:
        who = holder.told if holder else "another flatsat"
        super().__init__(f"{board} board on {url}: held by {who}; wait until it ends, or end it")
        self.board, self.url, self.holder = board, url, holder


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds a board, where, since when (UTC) and what for."""

    pid: int
    host: str
    since: str
    purpose: str

    @property
    def told(self) -> str:
        """In words."""
        return f"process {self.pid} on {self.host} ({self.purpose}) since {self.since}"


def folder() -> Path:
    """Where the locks of this user are."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "flatsat" if runtime else Path(tempfile.gettempdir()) / f"flatsat-{os.getuid()}"


@contextmanager
def held(board: str, url: str, purpose: str) -> Iterator[None]:
    """Hold the board at the end of a line.

    Raises:
        BoardHeld: somebody else does.
        BackEndError: there can be no lock file.
    """
    path = _path(url)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BackEndError(
            f"cannot lock {url} in {path.parent}: {error.strerror}; set XDG_RUNTIME_DIR"
        ) from error
    try:
        if not _taken(file):
            raise BoardHeld(board, url, _read(file))
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(asdict(_this_process(purpose))).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(file, 0)
    finally:
        os.close(file)


def holder(url: str) -> Holder | None:
    """Who holds the board at the end of a line now, None where nobody does."""
    try:
        file = os.open(_path(url), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return None if _taken(file) else _read(file) or Holder(pid=0, host="?", since="?", purpose="?")
    finally:
        os.close(file)


def _path(url: str) -> Path:
    return folder() / f"{line_name(url)}.lock"


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(file, 4096, 0)))
    except (ValueError, TypeError):  # it is just being written
        return None


def _this_process(purpose: str) -> Holder:
    return Holder(
        pid=os.getpid(),
        host=socket.gethostname(),
        since=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}",
        purpose=purpose,
    )
