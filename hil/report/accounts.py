# SPDX-License-Identifier: Apache-2.0
"""Where the energy went, and what came down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..bound import share
from .flight import Flight
from .ground import Ground
from .known import Known
from .markup import Html, element, heading, joined, number, table, text


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
        faded_wh = wh.get("faded_wh", 0.0)  # runs of earlier versions have none
        lost_wh = wh["converter_loss_wh"] + wh["battery_loss_wh"] + faded_wh
        battery += [
            ("Into the battery less out of it", _kwh(wh["charged_wh"] - wh["discharged_wh"])),
            ("Lost in its converter", _kwh(wh["converter_loss_wh"])),
            ("Lost in its cells", _kwh(wh["battery_loss_wh"])),
            ("Gone with capacity", _kwh(faded_wh)),
        ]
        if "stored_change_wh" in wh:
            stored = wh["charged_wh"] - wh["discharged_wh"] - lost_wh
            battery += [
                ("Stored energy changed by", _kwh(wh["stored_change_wh"])),
                ("Account of the battery is out by", _closure(stored - wh["stored_change_wh"])),
            ]
    return joined(
        [
            heading("Energy: where the sunlight went"),
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
    compute = share.of_summary(known.summary, known.flown, flight.done)
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
        *_bound(compute),
    ]
    packets = [
        (name, number(count), number(ground.packet_octets[name]))
        for name, count in ground.packets.most_common()
    ]
    packets.append(("all", number(sum(ground.packets.values())), number(octets)))
    return joined(
        [
            heading("What was delivered"),
            element("p", "Decoded from downlink.cadu; whole packets, idle ones left out.", class_="note"),
            element(
                "div",
                joined([table(("", ""), frames, [1]), table(("packets by kind", "packets", "octets"), packets, [1, 2])]),
                class_="columns",
            ),
            rest(compute),
        ]
    )  # fmt: skip


_LOSSES = (
    ("eclipse", "Eclipse", "load", "power, battery and nodes in the dark: energy left above the floor, nodes off"),
    ("boots", "Boots", "sun", "nodes not on when they were worth it, boots beyond those needed"),
    ("thermal", "Thermal", "bad", "heat that the radiator could have taken"),
    ("link", "Link", "cool", "results lost because the buffer was full"),
    ("caution", "Caution", "muted", "in sunlight: power shunted, lower or unequal clock steps, a battery not full in time"),
    ("spared", "Spared", "night", "what loads did not get that are always on"),
)  # fmt: skip


def rest(compute: Mapping[str, Any]) -> Html:
    """Where the rest of the bound went; nothing where it is not known."""
    losses = compute.get("losses")
    if not losses:
        return Html()
    bound_s, delivered_s = float(compute["bound"]), float(compute["delivered"])
    told = [(name, float(losses[key]), colour, why) for key, name, colour, why in _LOSSES]
    whole = (("Delivered", delivered_s, "battery"), ("Not delivered", bound_s - delivered_s, "muted"))
    rows = [
        (_key("Delivered", "battery"), number(delivered_s, 6), f"{delivered_s / bound_s:.2%}", ""),
        *(
            (_key(name, colour), number(value, 4), f"{value / bound_s:.2%}", why)
            for name, value, colour, why in told
        ),
        ("The most that any controller could deliver", number(bound_s, 6), "100.00%", ""),
    ]
    return joined(
        [
            heading("Where the rest went"),
            element("p", _REST, class_="note"),
            element("div", "all of the bound", class_="barname"), _bar(whole, unit="s", scale=1.0),
            element("div", "what was not delivered", class_="barname"),
            _bar(tuple(row[:3] for row in told), unit="s", scale=1.0),
            table(("", "s", "share", "what it is"), rows, [1, 2]),
        ]
    )  # fmt: skip


_REST = (
    "In seconds of all nodes at the top clock step: each waste at the price that the bound's linear program gives it. The parts "
    "sum to the difference exactly."
)


def _bound(compute: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What no controller could have exceeded, where `flatsat bound` has computed it for this run."""
    if compute.get("bound") is None:
        return []
    return [
        ("the most that any controller could deliver", number(compute["bound"], 6)),
        ("share of that", f"{compute['fraction_of_bound']:.2%}"),
    ]


def _work(known: Known) -> float | None:
    delivered_s = known.summary.get("compute", {}).get("delivered")
    return float(delivered_s) if delivered_s is not None else None


def _key(name: str, colour: str) -> Html:
    return joined([element("span", "", class_=f"key c-{colour}"), text(name)])


def _bar(parts: tuple[tuple[str, float, str], ...], unit: str = "kWh", scale: float = 1e-3) -> Html:
    total = sum(max(0.0, value) for _, value, _ in parts) or 1.0
    return element(
        "div",
        joined(
            element(
                "span", _share(name, value / total), class_=f"c-{colour}",
                style=f"flex:{max(0.0, value) / total:.5f}", title=f"{name}: {scale * value:,.2f} {unit}",
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
