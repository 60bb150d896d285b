# SPDX-License-Identifier: Apache-2.0
"""Where numba keeps the compiled loops of the coding layer; where it could not, flatsat gives it a folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from flatsat import protocols

VARIABLE = "NUMBA_CACHE_DIR"


def folder() -> Path | None:
    """The first of the folders that numba tries and that takes files; made where it is not there yet, as numba does."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # stays ~ without a home
    beside = Path(protocols.__path__[0]) / "coding" / "__pycache__"
    by_user = [user / "numba"] if user.parts[0] != "~" else []
    candidates = [Path(os.environ[VARIABLE])] if os.environ.get(VARIABLE) else [beside, *by_user]
    return next((candidate for candidate in candidates if _takes_files(candidate)), None)


def _takes_files(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=place).close()
    except OSError:
        return False
    return True


def can_be_written(place: Path) -> bool:
    """Say whether files can be made at a place that may not exist yet."""
    there = next(path for path in (place, *place.absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def provide() -> None:
    """Give numba a folder of this user's under the temporary files where it has none: it would refuse to compile."""
    if folder() is not None:
        return
    place = Path(tempfile.gettempdir()) / f"flatsat-kernels-{os.getuid()}"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        state = place.lstat()
        if state.st_uid != os.getuid() or state.st_mode & 0o022:  # somebody else's: code is loaded from it
            place = Path(tempfile.mkdtemp(prefix="flatsat-kernels-"))
    except OSError:
        return  # nowhere to write: numba says so
    os.environ[VARIABLE] = str(place)
