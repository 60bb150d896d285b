# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: looked at before the boards are there, made when they are, and of one run only."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from .errors import RecordingError

RECORDING, DOWNLINK, SUMMARY = "recording.mcap", "downlink.cadu", "summary.json"
RUNS = Path("runs")  # for runs that were given no folder
RESERVE_OCTETS = 1 << 16
OCTETS_PER_CYCLE = 1500  # of a recording, at least
OCTETS_PER_S = 150  # of a downlink, at least


def examine(folder: Path, octets: int) -> None:
    """Refuse a folder that cannot take a run of about so many octets; nothing is made yet, for a build may come first.

    Raises:
        RecordingError: it holds a run, cannot be written, or its disk is too small.
    """
    if (folder / RECORDING).exists():
        raise _taken(folder)
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise RecordingError(f"cannot make {folder}: {there} is not a folder; choose another one with --out")
    if not os.access(there, os.W_OK | os.X_OK):
        raise RecordingError(f"cannot write into {there}: choose another folder with --out")
    free = shutil.disk_usage(there).free
    if octets + RESERVE_OCTETS > free:
        raise RecordingError(
            f"the run would record {octets / 1e6:,.1f} MB or more, and {there} has {free / 1e6:,.1f} MB free: "
            "shorten --duration or choose another folder with --out"
        )


@contextmanager
def claimed(folder: Path | None, title: str) -> Iterator[Path]:
    """A folder that is this run's and no other's: `folder`, or a new one `runs/TITLE-TIME`.

    Nothing of it stays behind where the run comes to nothing.

    Raises:
        RecordingError: another run has it, or it cannot be made.
    """
    existed = folder is not None and folder.exists()
    folder = _fresh(title) if folder is None else folder
    recording = folder / RECORDING
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.close(os.open(recording, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise _taken(folder) if recording.exists() else _not_made(folder, error) from error
    try:
        yield folder
    except BaseException:
        with suppress(OSError):
            if not recording.stat().st_size:
                recording.unlink()
                (folder / DOWNLINK).unlink(missing_ok=True)
                if not existed:
                    folder.rmdir()
        raise


def _fresh(title: str) -> Path:
    """Make a new folder, counted on where two runs start within a second."""
    name = f"{title}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for count in itertools.count(1):
        folder = RUNS / (name if count == 1 else f"{name}-{count}")
        try:
            folder.parent.mkdir(exist_ok=True)
            folder.mkdir()
        except FileExistsError as error:
            if not folder.exists():
                raise _not_made(folder, error) from error
        except OSError as error:
            raise _not_made(folder, error) from error
        else:
            break
    return folder


def reserve(folder: Path) -> IO[bytes]:
    """Hold room for the summary of a run that fills its disk; closing gives it back, and so does the end of the process.

    Raises:
        RecordingError: not even that is free.
    """
    try:
        held = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by the caller)
        held.write(bytes(RESERVE_OCTETS))
        held.flush()
    except OSError as error:
        raise RecordingError(
            f"cannot write into {folder}: {error.strerror}; free some space or use --out"
        ) from error
    return held


def _taken(folder: Path) -> RecordingError:
    return RecordingError(f"{folder} already holds a run: choose another folder with --out")


def _not_made(folder: Path, error: OSError) -> RecordingError:
    return RecordingError(f"cannot make {folder}: {error.strerror}; choose another folder with --out")
