# SPDX-License-Identifier: Apache-2.0
"""Figures as plotly.js takes them, but for data and colours, which `page.js` fills in."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import Any

from flatsat.protocols.pus import Severity

from .figures import LEVELS, Figure, Line, Panel
from .log import Entry


def plotly(figure: Figure, limits: dict[str, tuple[str, float]], drawn: set[str]) -> dict[str, Any]:
    """The figure as plotly.js takes it, but for data and colours, which stand as `#source.column` and `@colour`.

    Args:
        limits: text and value of each limit.
        drawn: columns that are not left out.
    """
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"height": figure.height_px}
    total, gap = sum(panel.share for panel in figure.panels), 0.05 if len(figure.panels) > 1 else 0.0
    top = 1.0
    for index, panel in enumerate(figure.panels):
        axis = "y" if index == 0 else f"y{index + 1}"
        bottom = top - panel.share / total
        last = index == len(figure.panels) - 1
        layout["yaxis" + axis[1:]] = _axis(panel, [max(0.0, bottom + (0 if last else gap)), top])
        top = bottom
        traces += [_trace(line, axis, panel) for line in panel.lines if line.column in drawn]
        if panel.limit in limits:
            text, value = limits[panel.limit]
            traces.append(_limit_trace(text, value, axis))
    return {"key": figure.key, "traces": traces, "layout": layout}


def _axis(panel: Panel, domain: list[float]) -> dict[str, Any]:
    axis: dict[str, Any] = {"title": {"text": "" if panel.names else panel.title}, "domain": domain}
    if panel.share <= 1:
        axis["nticks"] = 4
    if panel.names:
        axis |= {
            "tickvals": list(range(len(panel.names))),
            "ticktext": list(panel.names),
            "range": [-0.3, len(panel.names) - 0.7],
        }
    return axis


def _trace(line: Line, axis: str, panel: Panel) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": line.name,
        "x": f"#{line.source}.time_s",
        "y": f"#{line.source}.{line.column}",
        "yaxis": axis,
        "line": {"color": f"@{line.colour}", "width": 1.4, "shape": "hv" if line.step else "linear"},
        "hovertemplate": f"%{{y:.4~g}} {line.unit}",
    }
    if panel.names:
        trace |= {"names": list(panel.names), "hovertemplate": "%{text}"}
    return trace


def _limit_trace(text: str, value: float, axis: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": text,
        "x": "#flight.span_s",
        "y": [value, value],
        "yaxis": axis,
        "line": {"color": "@bad", "width": 1.2, "dash": "dash"},
        "hoverinfo": "skip",
    }


def node_map() -> dict[str, Any]:
    """The clock step of every node; what `flight.NODE_OFF` and its like mean, `page.js` knows."""
    trace = {
        "type": "heatmap",
        "x": "#map.ends_s",
        "z": "#map.steps",
        "y": list(range(16)),
        "hovertemplate": "node %{y}: %{text}<extra></extra>",
    }
    axis = {"title": {"text": "node"}, "tickvals": [0, 5, 10, 15]}
    return {"key": "map", "traces": [trace], "layout": {"height": 330, "hovermode": "closest", "yaxis": axis}}


def events(log: Sequence[Entry]) -> dict[str, Any]:
    """What the satellite told of itself: a row for each name, and the level of the ladder below."""
    rows = list(dict.fromkeys(entry.name for entry in log))
    level_px, row_px, margins_px = 100, 30, 90
    height = margins_px + level_px + row_px * max(1, len(rows))
    split = level_px / (height - margins_px)
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": severity.name.lower(),
            "x": f"#events.{severity.name}",
            "y": [rows.index(entry.name) for entry in log if entry.severity is severity],
            "text": [_broken(entry.sentence) for entry in log if entry.severity is severity],
            "cliponaxis": False,
            "marker": {"color": f"@{SEVERITY_COLOURS[severity]}", "size": 9, "symbol": "diamond"},
            "hovertemplate": "%{text}<extra></extra>",
        }
        for severity in Severity
        if any(entry.severity is severity for entry in log)
    ]
    level = Line(name="level", column="level", colour="muted", unit="", step=True)
    panel = Panel(title="level", lines=(level,), names=LEVELS)
    layout = {
        "height": height,
        "hovermode": "closest",
        "yaxis": {
            "tickvals": list(range(len(rows))),
            "ticktext": [""] * len(rows),
            "range": [len(rows) - 0.4, -0.9],
            "domain": [split + 0.04, 1],
        },
        "yaxis2": _axis(panel, [0, split - 0.04]),
        "annotations": [
            {
                "text": row,
                "xref": "paper",
                "x": 0,
                "xanchor": "left",
                "y": index,
                "yshift": 10,
                "showarrow": False,
            }
            for index, row in enumerate(rows)
        ],
    }
    return {"key": "events", "traces": [*traces, _trace(level, "y2", panel)], "layout": layout}


def _broken(sentence: str) -> str:
    """For a hover label: plotly reads a little HTML there, and does not break lines by itself."""
    return "<br>".join(wrap(escape(sentence, quote=False), 60))


SEVERITY_COLOURS = {1: "load", 2: "cool", 3: "sun", 4: "bad"}
