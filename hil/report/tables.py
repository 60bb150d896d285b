# SPDX-License-Identifier: Apache-2.0
"""The report's tables: what was measured, what went wrong, where the energy went, what came down, and what was flown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..bound import share
from ..summary import PASS
from . import figures
from .flight import Flight
from .ground import Ground
from .known import Known
from .log import MOST_OF_A_NAME
from .markup import Html, element, joined, number, seconds, table, text, verdict
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
    return element("section", joined([_h2("Measurements"), table(headings, rows, [1])]))


def faults(known: Known) -> Html:
    """What the scenario did to the satellite, and what it made of it."""
    if "faults" not in known.summary:
        return _planned_faults(known)
    rows = [
        (
            row.get("name", ""), verdict(row.get("verdict") or "not judged"), seconds(row.get("at_s")),
            *(_after(row.get("at_s"), row.get(key)) for key in ("detected_s", "responded_s", "recovered_s")),
        )
        for row in known.summary["faults"]
    ]  # fmt: skip
    if not rows:
        return Html()
    headings = ("fault", "verdict", "at", "detected", "board acted", "recovered")
    return element("section", joined([_h2("Faults"), table(headings, rows, [2, 3, 4, 5])]))


def _planned_faults(known: Known) -> Html:
    """Of a run that did not come to its end."""
    planned = known.scenario.faults if known.scenario else ()
    if not planned:
        return Html()
    rows = [(fault.name, seconds(fault.at_s), seconds(fault.until_s)) for fault in planned]
    return element(
        "section", joined([_h2("Faults of the scenario"), table(("fault", "at", "until"), rows, [1, 2])])
    )


def telecommands(known: Known) -> Html:
    """What the ground sent and what the satellite answered: all of few, of many those that did not end as expected."""
    told = known.summary.get("telecommands", [])
    if not told:
        return Html()
    odd = [row for row in told if row.get("verdict") != PASS]
    parts: list[object] = [_h2("Telecommands")]
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
            row.get("failure") or "–", row.get("expect", ""),
        )
        for row in told
    ]  # fmt: skip
    headings = ("telecommand", "verdict", "due", "sent", "accepted", "completed", "failure", "expected")
    return table(headings, rows, [2, 3, 4, 5])


def extremes(figure: figures.Figure, flight: Flight, ground: Ground) -> Html:
    """Least and greatest value of each line: what a reader without JavaScript gets of a plot."""
    rows = []
    for line in (line for panel in figure.panels if not panel.names for line in panel.lines):
        least, greatest = envelope_of(line, flight, ground).extremes(line.column)
        rows.append((line.name, number(least, 4), number(greatest, 4), line.unit))
    return table(("", "least", "greatest", ""), rows, [1, 2])


def energy(known: Known, flight: Flight) -> Html:
    """Where the sunlight went, and whether the account closes."""
    booked: Mapping[str, float] = known.summary.get("energy") or flight.energy_wh
    source = "Booked by the plant in every step."
    if "energy" not in known.summary:
        source = "Added up from the recording, one value a cycle: what happens within a cycle is not in it."
    wh = {key: float(value) for key, value in booked.items()}
    other_wh = wh["loads_wh"] - wh["compute_wh"]
    came = (("Sunlight", wh["array_wh"], "sun"), ("From the battery", wh["discharged_wh"], "battery"))
    went = (
        ("Compute", wh["compute_wh"], "compute"), ("Other loads", other_wh, "load"),
        ("Into the battery", wh["charged_wh"], "battery"), ("Shunted", wh["shunted_wh"], "muted"),
    )  # fmt: skip
    out_wh = sum(row[1] for row in came) - sum(row[1] for row in went)
    rows = [
        *((_key(name, colour), "came", _kwh(value)) for name, value, colour in came),
        *((_key(name, colour), "went", _kwh(value)) for name, value, colour in went),
        ("Account of the bus is out by", "", _closure(out_wh)),
    ]
    battery = [("Asked for by loads and not served", _kwh(wh["brown_out_wh"]))]
    if "converter_loss_wh" in wh:
        lost_wh = wh["converter_loss_wh"] + wh["battery_loss_wh"]
        battery += [
            ("Into the battery less out of it", _kwh(wh["charged_wh"] - wh["discharged_wh"])),
            ("Lost in its converter", _kwh(wh["converter_loss_wh"])),
            ("Lost in its cells", _kwh(wh["battery_loss_wh"])),
        ]
        if "stored_change_wh" in wh:
            stored = wh["charged_wh"] - wh["discharged_wh"] - lost_wh
            battery += [
                ("Stored energy changed by", _kwh(wh["stored_change_wh"])),
                ("Account of the battery is out by", _closure(stored - wh["stored_change_wh"])),
            ]
    return joined(
        [
            _h2("Energy: where the sunlight went"),
            element("p", source, class_="note"),
            element("div", "came", class_="barname"), _bar(came),
            element("div", "went", class_="barname"), _bar(went),
            element(
                "div",
                joined([table(("at the bus", "", "kWh"), rows, [2]), table(("battery and loads", "kWh"), battery, [1])]),
                class_="columns",
            ),
        ]
    )  # fmt: skip


def delivered(known: Known, flight: Flight, ground: Ground) -> Html:
    """Frames, packets by kind, octets and the mean data rate."""
    link = known.summary.get("downlink", {})
    octets = sum(ground.packet_octets.values())
    rate = octets * 8 / flight.end_s if flight.end_s else float("nan")
    per_frame = ground.corrected / ground.decoded if ground.decoded else float("nan")
    frames = [
        ("frames that left the pin", number(ground.sent)),
        ("frames decoded", number(ground.decoded)),
        ("frames lost", number(link.get("frames_lost", ground.sent - ground.decoded))),
        ("frames still on board at the end", number(link.get("frames_held"))),
        ("symbols corrected", f"{ground.corrected:,} ({number(per_frame, 3)} a frame)"),
        (
            "packets lost, altered",
            f"{number(link.get('packets_lost'))}, {number(link.get('packets_altered'))}",
        ),
        ("octets on the channel", number(ground.octets)),
        ("octets of packets", number(octets)),
        ("mean rate of packet data", f"{number(rate, 4)} bit/s"),
        ("work, s of all nodes at the top clock step", number(_work(known), 6)),
        *_bound(known),
    ]
    packets = [
        (name, number(count), number(ground.packet_octets[name]))
        for name, count in ground.packets.most_common()
    ]
    packets.append(("all", number(sum(ground.packets.values())), number(octets)))
    return joined(
        [
            _h2("What was delivered"),
            element("p", "Decoded from downlink.cadu; whole packets, idle ones left out.", class_="note"),
            element(
                "div",
                joined([table(("", ""), frames, [1]), table(("packets by kind", "packets", "octets"), packets, [1, 2])]),
                class_="columns",
            ),
        ]
    )  # fmt: skip


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


def provenance(known: Known, flight: Flight) -> Html:
    """What was flown on what, and how to check it."""
    summary = known.summary
    wall = summary.get("wall_s")
    rows: list[tuple[object, object]] = [
        ("scenario", known.name),
        ("back end", known.told("backend")),
        ("seed", known.told("seed")),
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
    parts: list[object] = [_h2("What was flown"), table(("", ""), rows)]
    if known.scenario_text:
        fly = "Save it as a file; `flatsat run FILE` flies the same run again.".replace("`", "")
        parts.append(
            element(
                "details",
                joined([element("summary", "Scenario, as it was flown"), element("p", fly, class_="note"),
                        element("pre", known.scenario_text)]),
            )
        )  # fmt: skip
    return joined(parts)


def _work(known: Known) -> float | None:
    delivered_s = known.summary.get("compute", {}).get("delivered")
    return float(delivered_s) if delivered_s is not None else None


def _bound(known: Known) -> list[tuple[str, str]]:
    """What no controller could have exceeded, where `flatsat bound` has computed it for this run."""
    compute = share.of_summary(known.summary, known.scenario)
    if compute.get("bound") is None:
        return []
    return [
        ("the most that any controller could deliver", number(compute["bound"], 6)),
        ("share of that", f"{compute['fraction_of_bound']:.2%}"),
    ]


def _h2(title: str) -> Html:
    return element("h2", title)


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


def _after(at_s: Any, then_s: Any) -> str:
    """A time, and how long after `at_s`."""
    if not isinstance(then_s, (int, float)) or not isinstance(at_s, (int, float)):
        return "–"
    return f"{seconds(then_s)} (+{round(then_s - at_s, 3):g})"


def _key(name: str, colour: str) -> Html:
    return joined([element("span", "", class_=f"key c-{colour}"), text(name)])


def _bar(parts: tuple[tuple[str, float, str], ...]) -> Html:
    total = sum(max(0.0, value) for _, value, _ in parts) or 1.0
    return element(
        "div",
        joined(
            element(
                "span", _share(name, value / total), class_=f"c-{colour}",
                style=f"flex:{max(0.0, value) / total:.5f}", title=f"{name}: {value / 1000:,.2f} kWh",
            )
            for name, value, colour in parts
            if value > 0.0
        ),
        class_="bar",
    )  # fmt: skip


def _share(name: str, share: float) -> str:
    """As much as fits."""
    return f"{name} {share:.0%}" if share > 0.15 else f"{share:.0%}" if share > 0.04 else ""


def _kwh(watt_hours: float) -> str:
    return f"{watt_hours / 1000:,.3f}"


def _closure(watt_hours: float) -> str:
    """To the watt hour, and zero without a sign."""
    return f"{round(watt_hours / 1000, 3) + 0.0:,.3f}"
