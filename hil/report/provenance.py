# SPDX-License-Identifier: Apache-2.0
"""What was flown on what, how to check it, and how to fly it again."""

from __future__ import annotations

from collections.abc import Iterator

from .flight import Flight
from .known import OPTIONS, Known
from .markup import Html, element, heading, joined, number, table


def provenance(known: Known, flight: Flight) -> Html:
    """What was flown on what, and how to check it."""
    summary = known.summary
    wall = summary.get("wall_s")
    rows: list[tuple[object, object]] = [
        ("scenario", known.name),
        ("back end", known.told("backend")),
        *_options(known),
        ("trace SHA-256", element("code", summary.get("trace_sha256", "not stated: flatsat trace tells it from the recording"))),
        ("cycles", f"{flight.cycles:,} recorded"),
    ]  # fmt: skip
    if "cycles_missed" in summary:
        rows.append(("cycles that flight software missed", number(summary["cycles_missed"])))
    if wall is not None:
        rows.append(("flown in", f"{wall:,} s, {number(summary.get('real_time_factor'))} times real time"))
    if known.epoch_utc:
        rows.append(("board time 0", known.epoch_utc.strftime("%Y-%m-%d %H:%M:%S UTC")))
    rows += [(f"version of {name}", version) for name, version in known.table("versions").items()]
    rows += [(f"image {name}", element("code", image)) for name, image in known.table("images").items()]
    rows.append(("folder", element("code", known.folder)))
    parts: list[object] = [heading("What was flown"), table(("", ""), rows)]
    if known.scenario_text:
        fly = joined(
            [
                f"Saved as {known.file}, it is flown again, to the same trace, by ",
                element("code", known.command),
            ]
        )
        title = element("summary", "Scenario, and how to fly it again")
        pre = element("pre", known.scenario_text)
        parts.append(element("details", joined([title, element("p", fly, class_="note"), pre])))
    return joined(parts)


def _options(known: Known) -> Iterator[tuple[str, str]]:
    """What the command line chooses, beside the back end."""
    if bench := known.plan.get("bench"):
        yield "bench", bench
    if simulator := known.plan.get("simulator"):
        yield "simulator", simulator
    if known.plan.get("stimulus_on_uart") == "1":
        yield "stimulus", "on the UART"
    written = {option: value for option, _, value in known.changes()}
    for option, key in OPTIONS.items():
        flown = known.planned(key)
        if flown is None:
            continue
        instead = f"; the scenario says {_figure(written[option], key)}" if option in written else ""
        yield option, _figure(flown, key) + instead


def _figure(value: float, key: str) -> str:
    return f"{value:,.12g} s" if key.endswith("_s") else f"{value:,}"
