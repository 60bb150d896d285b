# SPDX-License-Identifier: Apache-2.0
"""The plots of the report as tables: which columns are drawn where, in what unit; plotly.js draws them in the reader's colours.

A figure's panels lie above each other on one axis of board time. Colours are names that `page.js` knows for light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any, Literal

from flatsat.protocols.pus import Severity

from .log import Entry

Source = Literal["flight", "frames"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One column of a source over time; `step` holds a value until the next."""

    name: str
    column: str
    colour: str
    unit: str
    source: Source = "flight"
    step: bool = False
    optional: bool = False
    """Left out where the column is zero throughout."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One y axis.

    Attributes:
        title: what it shows, with the unit.
        share: height in parts of the figure.
        names: what the values 0, 1, 2 mean, for states.
        limit: name of a limit that is drawn as a line.
    """

    title: str
    lines: tuple[Line, ...]
    share: float = 1.0
    names: tuple[str, ...] = ()
    limit: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One plot; `height_px` on a wide page."""

    key: str
    title: str
    caption: str
    panels: tuple[Panel, ...]
    height_px: int = 340

    @property
    def lines(self) -> tuple[Line, ...]:
        """Of all panels."""
        return tuple(line for panel in self.panels for line in panel.lines)


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
    """What the satellite told of itself: a row for each name, and the mission mode below."""
    rows = list(dict.fromkeys(entry.name for entry in log))
    mode_px, row_px, margins_px = 70, 30, 90
    height = margins_px + mode_px + row_px * max(1, len(rows))
    split = mode_px / (height - margins_px)
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
    mode = Line(name="mission mode", column="mode", colour="muted", unit="", step=True)
    panel = Panel(title="mode", lines=(mode,), names=MODES)
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
    return {"key": "events", "traces": [*traces, _trace(mode, "y2", panel)], "layout": layout}


def _broken(sentence: str) -> str:
    """For a hover label: plotly reads a little HTML there, and does not break lines by itself."""
    return "<br>".join(wrap(escape(sentence, quote=False), 60))


POWER = Figure(
    key="power",
    title="Power flow",
    caption="At the bus, plant's truth. Battery above zero charges, below zero it feeds the bus.",
    panels=(
        Panel(
            title="kW",
            lines=(
                Line(name="array", column="array_kw", colour="sun", unit="kW"),
                Line(name="loads", column="load_kw", colour="load", unit="kW"),
                Line(name="of it compute", column="compute_kw", colour="compute", unit="kW"),
                Line(name="battery", column="battery_kw", colour="battery", unit="kW"),
                Line(name="shunted", column="shunt_kw", colour="muted", unit="kW"),
                Line(name="not served", column="brown_out_kw", colour="bad", unit="kW", optional=True),
            ),
        ),
    ),
)

BATTERY = Figure(
    key="battery",
    title="Battery",
    caption="Stored energy as a share of the capacity, voltage at the terminals, current (above zero it charges); plant's truth.",
    height_px=460,
    panels=(
        Panel(
            title="charge, %",
            share=2,
            limit="floor",
            lines=(Line(name="state of charge", column="charge_percent", colour="battery", unit="%"),),
        ),
        Panel(title="V", lines=(Line(name="voltage", column="battery_v", colour="load", unit="V"),)),
        Panel(title="A", lines=(Line(name="current", column="battery_a", colour="compute", unit="A"),)),
    ),
)

NODES = Figure(
    key="nodes",
    title="Compute nodes",
    caption="How many of the sixteen nodes are on, boot or hang, and the mean clock step (0 to 15) of those that are on, as the "
    "compute board reported to the bench.",
    panels=(
        Panel(
            title="nodes",
            lines=(
                Line(name="on", column="nodes_on", colour="battery", unit="nodes", step=True),
                Line(name="booting", column="nodes_booting", colour="sun", unit="nodes", step=True),
                Line(name="hung", column="nodes_hung", colour="bad", unit="nodes", step=True),
            ),
        ),
        Panel(
            title="clock step",
            lines=(Line(name="mean clock step", column="clock_step", colour="compute", unit=""),),
        ),
    ),
)

TEMPERATURES = Figure(
    key="temperatures",
    title="Temperatures",
    caption="Plant's truth; the limit is that of junctions and radiator.",
    panels=(
        Panel(
            title="K",
            limit="limit_k",
            lines=(
                Line(name="hottest junction", column="hottest_k", colour="sun", unit="K"),
                Line(name="coldest junction", column="coldest_k", colour="muted", unit="K"),
                Line(name="coolant", column="coolant_k", colour="load", unit="K"),
                Line(name="radiator", column="radiator_k", colour="cool", unit="K"),
                Line(name="battery cells", column="battery_k", colour="battery", unit="K"),
                Line(name="laser terminal", column="laser_k", colour="compute", unit="K"),
            ),
        ),
    ),
)

LINK = Figure(
    key="link",
    title="Laser link and frames",
    caption="Link state and light as the bench has them; frames held by flight software and laser board together; each frame "
    "that left the pin, and what the decoder made of it.",
    height_px=640,
    panels=(
        Panel(
            title="link",
            names=("off", "acquire", "track", "lost"),
            lines=(Line(name="link state", column="laser_state", colour="load", unit="", step=True),),
        ),
        Panel(
            title="light, µW",
            lines=(Line(name="received power", column="received_uw", colour="sun", unit="µW"),),
        ),
        Panel(
            title="held",
            lines=(
                Line(
                    name="frames held on board",
                    column="frames_held",
                    colour="compute",
                    unit="frames",
                    step=True,
                ),
            ),
        ),
        Panel(
            title="frames",
            lines=(
                Line(
                    name="frames sent",
                    column="sent",
                    colour="muted",
                    unit="frames",
                    source="frames",
                    step=True,
                ),
                Line(
                    name="decoded",
                    column="decoded",
                    colour="battery",
                    unit="frames",
                    source="frames",
                    step=True,
                ),
                Line(name="lost", column="lost", colour="bad", unit="frames", source="frames", step=True),
            ),
        ),
        Panel(
            title="corrected",
            lines=(
                Line(
                    name="symbols corrected in a frame",
                    column="corrected",
                    colour="cool",
                    unit="symbols",
                    source="frames",
                ),
            ),
        ),
    ),
)

FIGURES = (POWER, BATTERY, NODES, TEMPERATURES, LINK)
MODES = ("safe", "charge", "nominal")
SEVERITY_COLOURS = {1: "load", 2: "cool", 3: "sun", 4: "bad"}
