# SPDX-License-Identifier: Apache-2.0
"""Makes `report.html` from a run's folder, whether the run came to its end or was killed."""

from __future__ import annotations

from pathlib import Path

from ..errors import RecordingError
from . import flight, page
from .ground import Ground
from .known import Known

NAME = "report.html"


def write(folder: Path) -> Path:
    """Write the report of the run in `folder` and return its path.

    Raises:
        RecordingError: there is no run, it cannot be read, or the page cannot be written.
    """
    known = Known.read(folder)
    flown, ground = flight.Flight(), Ground(folder / "downlink.cadu")
    for end_s, optical in flight.cycles(folder / "recording.mcap", flown):
        ground.take(end_s, optical)
    ground.finish()
    path = folder / NAME
    partial = path.with_suffix(".part")
    try:
        partial.write_text(page.render(known, flown, ground), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise RecordingError(
            f"cannot write {path}: {error.strerror}; free some space or copy the run's folder"
        ) from error
    return path
