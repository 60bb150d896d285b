# SPDX-License-Identifier: Apache-2.0
"""The report's tables of what was judged and told: measurements, faults, telecommands, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..fault_verdicts import DEADLINES, KEYS
from ..summary import PASS
from . import figures
from .flight import Flight
from .ground import Ground
from .known import Known
from .log import MOST_OF_A_NAME
from .markup import Html, element, heading, joined, number, seconds, table, verdict
from .payload import envelope_of

MOST_EVENTS_LISTED = 500
FEW = 12


def measurements(known: Known) -> Html:
    """Each figure that decides the verdict, with its limits."""
    rows = [
        (
            _path(row.get("name", "")), f"{number(row.get('value'))} {_unit(row.get('unit', ''))}".strip(),
            _limits(row.get("low"), row.get("high")), verdict(row.get("verdict", "")),
        )
        for row in known.summary.get("measurements", [])
    ]  # fmt: skip
    if not rows:
        return Html()
    headings = ("measurement", "value", "limits", "verdict")
    return element("section", joined([heading("Measurements"), table(headings, rows, [1])]))


def faults(known: Known) -> Html:
    """What the scenario did to the satellite, and what it made of it."""
    if "faults" not in known.summary:
        return _planned_faults(known)
    rows = [
        (
            row.get("name", ""), verdict(row.get("verdict") or "not judged"), seconds(row.get("at_s")),
            *(
                f"{_after(row.get('at_s'), row.get(key))}{_by(row.get(by))}"
                for key, by in zip(KEYS, DEADLINES, strict=True)
            ),
        )
        for row in known.summary["faults"]
    ]  # fmt: skip
    if not rows:
        return Html()
    headings = ("fault", "verdict", "at", "detected", "responded", "recovered")
    return element("section", joined([heading("Faults"), table(headings, rows, [2, 3, 4, 5])]))


def _planned_faults(known: Known) -> Html:
    """Of a run that did not come to its end."""
    planned = known.scenario.faults if known.scenario else ()
    if not planned:
        return Html()
    end_s = known.planned("duration_s") or 0.0
    rows = [
        (
            fault.name,
            seconds(fault.at_s),
            seconds(fault.until_s),
            "" if fault.at_s < end_s else "after its end",
        )
        for fault in planned
    ]
    return element(
        "section",
        joined([heading("Faults of the scenario"), table(("fault", "at", "until", ""), rows, [1, 2])]),
    )


def telecommands(known: Known) -> Html:
    """What the ground sent and what the satellite answered: all of few, of many those that did not end as expected."""
    told = known.summary.get("telecommands", [])
    if not told:
        return Html()
    odd = [row for row in told if row.get("verdict") != PASS]
    parts: list[object] = [heading("Telecommands")]
    if len(told) <= FEW:
        parts.append(_telecommands(told))
    else:
        parts.append(element("p", f"{len(told) - len(odd):,} of {len(told):,} ended as expected."))
        if odd:
            parts.append(_telecommands(odd[:FEW]))
        all_of_them = joined([element("summary", "all telecommands"), _telecommands(told)])
        parts.append(element("details", all_of_them))
    return element("section", joined(parts))


def _telecommands(told: Sequence[Mapping[str, Any]]) -> Html:
    rows = [
        (
            row.get("name", ""), verdict(row.get("verdict") or "not judged"), seconds(row.get("at_s")),
            *(_after(row.get("at_s"), row.get(key)) for key in ("sent_s", "accepted_s", "completed_s")),
            row.get("failure") or row.get("reason") or "–", row.get("expect", ""),
        )
        for row in told
    ]  # fmt: skip
    headings = (
        "telecommand",
        "verdict",
        "due",
        "sent",
        "accepted",
        "completed",
        "failure, or why open",
        "expected",
    )
    return table(headings, rows, [2, 3, 4, 5])


def extremes(figure: figures.Figure, flight: Flight, ground: Ground) -> Html:
    """Least and greatest value of each line: what a reader without JavaScript gets of a plot."""
    rows = []
    for line in (line for panel in figure.panels if not panel.names for line in panel.lines):
        least, greatest = envelope_of(line, flight, ground).extremes(line.column)
        rows.append((line.name, number(least, 4), number(greatest, 4), line.unit))
    return table(("", "least", "greatest", ""), rows, [1, 2])


def events(known: Known, ground: Ground) -> Html:
    """The log as a table, folded."""
    log = ground.log
    told = sum(log.counts.values())
    listed = log.entries[:MOST_EVENTS_LISTED]
    rows = [(seconds(e.time_s), e.severity.name.lower(), e.name, e.sentence) for e in listed]
    note = f" (the first {len(listed):,} of them listed)" if len(listed) < told else ""
    summary = element("summary", f"{told:,} reports{note}")
    if not rows:
        return element("p", "The satellite reported no event.", class_="note")
    kept = (
        f" Of each name the first {MOST_OF_A_NAME} are kept."
        if max(log.counts.values()) > MOST_OF_A_NAME
        else ""
    )
    return element(
        "details",
        joined([summary, element("p", "Board time." + kept, class_="note"), table(("at", "severity", "event", ""), rows, [0])]),
    )  # fmt: skip


def _path(name: object) -> Html:
    """A key path, which may be broken after its dots."""
    return joined(str(name).split("."), Html(".<wbr>"))


def _unit(unit: object) -> str:
    return "" if unit == "1" else str(unit)


def _limits(low: Any, high: Any) -> str:
    if low is not None and low == high:
        return f"= {number(low)}"
    parts = ([f"≥ {number(low)}"] if low is not None else []) + (
        [f"≤ {number(high)}"] if high is not None else []
    )
    return " and ".join(parts)


def _by(latest_s: Any) -> str:
    """A deadline, where there is one."""
    return f", by {seconds(latest_s)}" if isinstance(latest_s, (int, float)) else ""


def _after(at_s: Any, then_s: Any) -> str:
    """A time, and how long after `at_s`."""
    if not isinstance(then_s, (int, float)) or not isinstance(at_s, (int, float)):
        return "–"
    later_s = round(then_s - at_s, 3)
    return seconds(then_s) + (f" (+{later_s:g})" if later_s else "")
