# SPDX-License-Identifier: Apache-2.0
"""The page: verdict and measurements on top, then plots, then accounts; everything inside, nothing from the network."""

from __future__ import annotations

from importlib import resources

from . import accounts, figures, payload, provenance, tables
from .envelope import POINTS
from .flight import MOST_ECLIPSES, Flight
from .ground import Ground
from .known import UNFINISHED, UNKNOWN, Known
from .markup import Html, element, joined, number, span

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "form-action 'none'; base-uri 'none'"
)
_MAP = "How fast each of the sixteen nodes ran; amber boots, red hangs. Where a point stands for many, the highest step."
_NO_SCRIPT = "This plot needs JavaScript."
_INSTEAD = " The least and the greatest value of what it would show:"


def render(known: Known, flight: Flight, ground: Ground) -> str:
    """The whole of `report.html`."""
    title = f"{known.name}: {known.verdict}"
    head = joined(
        [
            Html('<meta charset="utf-8">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
            element("title", f"{title} - flatsat"),
            element("style", Html(_asset("page.css"))),
        ],
        "\n",
    )
    body = joined(
        [
            _top(known, flight, ground),
            element(
                "div", joined([tables.measurements(known), tables.faults(known)]), class_="columns top-tables"
            ),
            tables.telecommands(known),
            _plots(known, flight, ground),
            accounts.energy(known, flight),
            accounts.delivered(known, flight, ground),
            provenance.provenance(known, flight),
            _packed("drawing", payload.drawing(known, flight, ground).encode()),
            _packed("plotly", payload.plotly_js()),
            element("script", Html(_asset("page.js"))),
        ],
        "\n",
    )
    return f'<!doctype html>\n<html lang="en">\n{element("head", head)}\n{element("body", body)}\n</html>\n'


def _top(known: Known, flight: Flight, ground: Ground) -> Html:
    verdict = known.verdict
    parts: list[object] = [
        element(
            "div",
            joined([element("h1", known.name), element("span", _VERDICTS.get(verdict, verdict), class_=f"verdict {verdict}")]),
            class_="top",
        ),
        element("p", known.scenario.description if known.scenario else "", class_="lead"),
        element("p", _outcome(known, flight, ground)),
    ]  # fmt: skip
    if "error" in known.summary:
        parts.append(element("p", f"The run stopped: {known.summary['error']}", class_="warning"))
    if verdict in _NO_SUMMARY:
        why = _NO_SUMMARY[verdict].format(known.damage)
        parts.append(element("p", f"{why} {_FROM_RECORDING}", class_="warning"))
    return joined(parts, "\n")


def _outcome(known: Known, flight: Flight, ground: Ground) -> str:
    """One line: what was flown, and what came of it."""
    planned_s = known.planned("duration_s") or flight.end_s
    written_s = known.scenario.duration_s if known.scenario else planned_s
    of = f" of {planned_s:,.10g} s" if planned_s > flight.end_s else ""
    of += f" of the scenario's {written_s:,.10g} s" if written_s > planned_s else ""
    told = [
        f"{flight.end_s:,.10g} s{of} ({span(flight.end_s)}) on {known.told('backend')}, seed {known.told('seed')}"
    ]
    for key, what in (
        ("measurements", "measurements within limits"),
        ("faults", "faults noticed"),
        ("telecommands", "telecommands as expected"),
    ):
        passed, failed, undecided = known.counts(key)
        if passed + failed:
            told.append(
                f"{passed} of {passed + failed} {what}" + (f", {undecided} open" if undecided else "")
            )
        elif undecided:
            told.append(f"{undecided} {key} open")
    told.append(f"{ground.decoded:,} of {ground.sent:,} frames decoded")
    return "; ".join(told) + "."


def _plots(known: Known, flight: Flight, ground: Ground) -> Html:
    shades: list[object] = []
    if flight.eclipses:
        of = f" (the first {MOST_ECLIPSES} of {flight.eclipses:,})" if flight.eclipses > MOST_ECLIPSES else ""
        shades.append(joined([element("span", "", class_="key c-night"), f"eclipse{of}; "]))
    if struck := payload.faults_s(known, flight.end_s):
        names = ", ".join(dict.fromkeys(name for _, _, name in struck))
        shades.append(
            joined([element("span", "", class_="key c-fault"), f"fault of the scenario: {names}. "])
        )
    drag = " Drag to zoom all plots, double-click for the whole run."
    legend = joined([*shades, _resolution(flight), element("span", drag, class_="screen")])
    cursor = element(
        "div",
        joined(
            [
                element("span", "Move over a plot to read it.", id="readout"),
                element("span", "", class_="spacer"),
                element("button", "whole run", id="whole", type="button"),
            ]
        ),
        class_="cursor",
    )
    parts = [element("h2", "Over board time"), element("p", legend, class_="note"), cursor]
    for figure in figures.FIGURES:
        fallback = tables.extremes(figure, flight, ground)
        parts.append(_figure(figure.key, figure.title, figure.caption, fallback))
        if figure is figures.NODES:
            parts.append(_figure("map", "Clock step of each node", _MAP, Html()))
    parts.append(
        _figure(
            "events",
            "Events and level",
            "Event reports decoded from the downlink, at the board time they tell; the level is what has been given up.",
            Html(),
        )
    )
    parts.append(tables.events(known, ground))
    return joined(parts, "\n")


def _resolution(flight: Flight) -> str:
    rows = flight.envelope.rows_per_bin
    if rows == 1:
        return "Every cycle is drawn."
    return (
        f"Each pair of points stands for {number(rows)} cycles, with the least and the greatest value in them "
        f"(at most {POINTS:,} points a line)."
    )


def _figure(key: str, title: str, caption: str, fallback: Html) -> Html:
    missing = element(
        "div", joined([element("p", _NO_SCRIPT + (_INSTEAD if fallback else "")), fallback]), class_="missing"
    )
    return element(
        "section",
        joined(
            [
                element("h2", title),
                element("p", caption, class_="note"),
                element("div", missing, class_="plot", data_figure=key),
            ]
        ),
        class_="figure",
    )


def _packed(key: str, octets: bytes) -> Html:
    return element("script", Html(payload.packed(octets)), id=key, type="application/gzip+base64")


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


_VERDICTS = {UNFINISHED: "not finished", UNKNOWN: "not known"}
_NO_SUMMARY = {
    UNFINISHED: "There is no summary.json: the run was killed, or is still flying.",
    UNKNOWN: "summary.json is damaged: {}.",
}
_FROM_RECORDING = (
    "What follows is what recording and downlink hold up to the last whole cycle; nothing is judged."
)
