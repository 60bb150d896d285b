# SPDX-License-Identifier: Apache-2.0
"""Makes `report.html` from a run's folder, whether the run came to its end or was killed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..errors import RecordingError
from . import flight, page
from .ground import Ground
from .known import Known, readable

NAME = "report.html"


def write(folder: Path, tell: Callable[[str], object] = lambda line: None) -> Path:
    """Write the report of the run in `folder` and return its path; `tell` takes a line on what could not be used.

    Raises:
        RecordingError: there is no run, it cannot be read, or the page cannot be written.
    """
    known = Known.read(folder)
    if known.damage:
        tell(
            f"{folder / 'summary.json'} is damaged: {known.damage}; the report is made from the recording alone"
        )
    flown, ground = flight.Flight(known.flown), Ground(folder / "downlink.cadu")
    for end_s, optical in flight.cycles(folder / "recording.mcap", flown):
        ground.take(end_s, optical)
    ground.finish()
    path = folder / NAME
    partial = path.with_suffix(".part")
    octets = page.render(known, flown, ground).encode(
        errors="backslashreplace"
    )  # JSON may hold half a surrogate pair
    try:
        partial.write_bytes(octets)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise RecordingError(
            f"cannot write {readable(str(path))}: {error.strerror}; free some space or copy the run's folder"
        ) from error
    return path
