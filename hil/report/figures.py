# SPDX-License-Identifier: Apache-2.0
"""What the report draws, as tables: which columns are drawn where, in what unit.

A figure's panels lie above each other on one axis of board time. Colours are names that `page.js` knows for light and dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


LEVELS = ("normal", "throttle", "no compute", "no payload", "safe")
