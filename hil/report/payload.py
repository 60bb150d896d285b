# SPDX-License-Identifier: Apache-2.0
"""What the page's script draws: columns, shading and figures as one JSON text; and how it is packed into the page."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FlatsatError
from ..timeline import NEVER_MS
from . import figures, plots
from .envelope import Envelope, Floats
from .flight import NODE_COLUMNS, Flight
from .ground import Ground
from .known import Known
from .log import Entry

MOST_FAULTS_SHADED = 100

_UNITS = ((900.0, "s", 1.0), (3 * 3600.0, "min", 60.0), (4 * 86400.0, "h", 3600.0))
_DAYS = ("d", 86400.0)


class PlotlyMissing(FlatsatError):
    """The package that brings plotly.min.js is not installed whole."""


def plotly_js() -> bytes:
    """plotly.min.js of the installed plotly package, which is not imported: that would take longer than the report.

    Raises:
        PlotlyMissing: it is not there.
    """
    found = find_spec("plotly")
    if found is None or not found.submodule_search_locations:
        raise PlotlyMissing("plotly is not installed: python -m pip install plotly")
    path = Path(found.submodule_search_locations[0]) / "package_data" / "plotly.min.js"
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlotlyMissing(
            f"cannot read {path}: {error.strerror}; python -m pip install --force-reinstall plotly"
        ) from error


def packed(octets: bytes) -> str:
    """For the inside of a script element: gzip without a time of making, in base64."""
    return b64encode(gzip.compress(octets, 6, mtime=0)).decode()


def drawing(known: Known, flight: Flight, ground: Ground) -> str:
    """The JSON text."""
    entries = ground.log.entries
    drawn = {column for figure in figures.FIGURES for column in _drawn(figure, flight, ground)}
    drawings: list[dict[str, Any]] = []
    for figure in figures.FIGURES:
        drawings.append(plots.plotly(figure, limits(known), drawn))
        if figure is figures.NODES:
            drawings.append(plots.node_map())
    drawings.append(plots.events(entries))
    columns = {
        "flight": _columns(flight.envelope, drawn | {"level"}) + f',"span_s":[0,{flight.end_s:.10g}]',
        "frames": _columns(ground.envelope, drawn),
        "map": _map(flight.envelope),
        "events": _event_times(entries),
    }
    unit, seconds = next((u for most, *u in _UNITS if flight.end_s <= most), _DAYS)
    return json.dumps(
        {
            "unit": unit,
            "unit_s": seconds,
            "end_s": flight.end_s,
            "epoch_ms": known.epoch_utc.timestamp() * 1000 if known.epoch_utc else None,
            "nights_s": flight.eclipses_s,
            "faults_s": faults_s(known, flight.end_s),
            "figures": drawings,
        }
    )[:-1] + "".join(f',"{name}":{{{text}}}' for name, text in columns.items()) + "}"  # fmt: skip


def limits(known: Known) -> dict[str, tuple[str, float]]:
    """Limits that are drawn: text and value by name."""
    scenario = known.scenario
    if scenario is None:
        return {}
    floor, limit_k = scenario.satellite.floor, scenario.satellite.limit_k
    return {"floor": (f"floor {floor:.0%}", 100 * floor), "limit_k": (f"limit {limit_k:g} K", limit_k)}


def faults_s(known: Known, end_s: float) -> list[tuple[float, float, str]]:
    """When the scenario's faults began and ended, and their names. One without an end lasts until it was recovered from."""
    recovered = {
        (row.get("name"), row.get("at_s")): row.get("recovered_s") for row in known.summary.get("faults", [])
    }
    struck = []
    for fault in known.scenario.faults if known.scenario else ():
        until_s = fault.until_ms / 1000
        if fault.until_ms >= NEVER_MS:
            until_s = recovered.get((fault.name, fault.at_s)) or end_s
        if fault.at_s < end_s:
            struck.append((fault.at_s, min(until_s, end_s), fault.name))
    return struck[:MOST_FAULTS_SHADED]


def _drawn(figure: figures.Figure, flight: Flight, ground: Ground) -> list[str]:
    return [
        line.column
        for line in figure.lines
        if not line.optional or any(envelope_of(line, flight, ground).extremes(line.column))
    ]


def envelope_of(line: figures.Line, flight: Flight, ground: Ground) -> Envelope:
    """Where the line's column is."""
    return flight.envelope if line.source == "flight" else ground.envelope


def _columns(envelope: Envelope, wanted: set[str]) -> str:
    texts = [f'"time_s":{_numbers(envelope.times_s(), 10)}']
    texts += [f'"{c}":{_numbers(envelope.line(c), 5)}' for c in envelope.columns if c in wanted]
    return ",".join(texts)


def _map(envelope: Envelope) -> str:
    rows = ",".join(_numbers(row, 3) for row in envelope.highest(NODE_COLUMNS))
    ends = np.concatenate([[0.0], envelope.ends_s()])
    return f'"ends_s":{_numbers(ends, 10)},"steps":[{rows}]'


def _event_times(entries: list[Entry]) -> str:
    severities = dict.fromkeys(entry.severity for entry in entries)
    return ",".join(
        f'"{s.name}":{_numbers(np.array([e.time_s for e in entries if e.severity is s]), 10)}'
        for s in severities
    )


def _numbers(values: Floats, digits: int) -> str:
    """A JSON array with so many significant digits; null for NaN."""
    text = ",".join([f"%.{digits}g"] * len(values)) % tuple(values.tolist())
    return f"[{text.replace('nan', 'null')}]"
