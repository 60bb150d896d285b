# SPDX-License-Identifier: Apache-2.0
"""The figures of `report.html`: read back from the page and computed again from the recording, the downlink and the summary."""

import gzip
import json
import re
from base64 import b64decode
from dataclasses import replace
from html import unescape
from itertools import pairwise
from math import nan

import numpy as np
import pytest
from flatsat.hil import recorder, report, scenario
from flatsat.hil.backends.port import Options
from flatsat.hil.downlink import PROFILE
from flatsat.hil.report import payload
from flatsat.hil.report.flight import Flight
from flatsat.hil.report.known import Known
from flatsat.hil.report.log import Log
from flatsat.hil.report.markup import element
from flatsat.hil.run import Order, fly
from flatsat.hil.trace import optical_records
from flatsat.protocols import dictionary, profile
from flatsat.protocols.receiver import FrameReceived, PacketReceived, Receiver

CADU_OCTETS = profile.load(PROFILE).cadu_octets
LONG_S = 2**32 / 1000

FLOWN = """
name = "figures"
description = "Sunrise, a node that hangs, a lossy link that goes out beyond the end."
duration_s = 320
orbit = { altitude_km = 550, start = "sunrise" }
satellite = { state_of_charge = 0.9, radiator_k = 250 }
link = { bit_error_rate = 3.7e-3 }

[[faults]]
at_s = 180
until_s = 190
target = "node3"
kind = "hang"
expect = "NODE_HUNG"

[[faults]]
at_s = 270
until_s = 900
target = "link"
kind = "outage"

[[telecommands]]
at_s = 100
name = "ping"

[[measurements]]
name = "downlink.frames_lost"
unit = "1"
high = 0
"""


class Page:
    """A report as a reader has it: cells of its tables, and what its script draws."""

    def __init__(self, text: str) -> None:
        self.text = re.sub(r"<(script|style).*?</\1>", "", text, flags=re.S)
        packed = re.search(r'<script id="drawing"[^>]*>([^<]*)<', text)[1]
        self.drawing = json.loads(gzip.decompress(b64decode(packed)))
        self.rows = [
            [unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", self.text)
        ]

    def cells(self, first: str) -> list[str]:
        """What follows a row's first cell."""
        found = [row[1:] for row in self.rows if row[0] == first]
        assert found, first
        return found[0]

    def figure(self, first: str) -> float:
        """The last figure of a row."""
        return float(re.sub(r"[^0-9.e+-]", "", self.cells(first)[-1].split(" ")[0]))

    def line(self, source: str, name: str) -> np.ndarray:
        return np.array(self.drawing[source][name], dtype=float)


def flown(folder, text):
    order = Order(
        scenario=scenario.parse(text), back_end="twin", seed=5, folder=folder, options=Options(verbose=False)
    )
    fly(order, lambda done_s: None)
    return folder


def without_summary(folder, copy):
    """The report of the same run as if it had been killed at its end."""
    copy.mkdir()
    for name in ("recording.mcap", "downlink.cadu"):
        (copy / name).write_bytes((folder / name).read_bytes())
    return Page(report.write(copy).read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return flown(tmp_path_factory.mktemp("figures") / "run", FLOWN)


@pytest.fixture(scope="module")
def page(folder):
    return Page(report.write(folder).read_text())


@pytest.fixture(scope="module")
def killed(folder):
    return without_summary(folder, folder.with_name("killed"))


@pytest.fixture(scope="module")
def cycles(folder):
    return list(recorder.read(folder / "recording.mcap"))


@pytest.fixture(scope="module")
def summary(folder):
    return json.loads((folder / "summary.json").read_text())


@pytest.fixture(scope="module")
def dusk(tmp_path_factory):
    """A flight into the night: its folder."""
    text = FLOWN.replace("sunrise", "sunset").replace("state_of_charge = 0.9", "state_of_charge = 0.98")
    return flown(tmp_path_factory.mktemp("dusk") / "run", text)


@pytest.fixture(scope="module")
def came_down(folder):
    """Frames and whole packets of the capture."""
    receiver = Receiver(profile.load(PROFILE))
    events = [*receiver.receive((folder / "downlink.cadu").read_bytes()), *receiver.close()]
    packets = [e for e in events if isinstance(e, PacketReceived) and e.is_complete and not e.is_idle]
    return [e for e in events if isinstance(e, FrameReceived)], packets


# what is drawn

RACK_A, RACK_B = 2, 3
OFF, BOOTS, ON, HUNG = range(4)


def compute_w(status):
    return status["bus_voltage_v"] * (status["load_current_a"][RACK_A] + status["load_current_a"][RACK_B])


def mean_step(status):
    on = [step for state, step in zip(status["node_state"], status["clock_step"], strict=True) if state == ON]
    return np.mean(on) if on else nan


DRAWN = {
    "array_kw": lambda s: s["array_w"] / 1e3,
    "load_kw": lambda s: s["load_w"] / 1e3,
    "compute_kw": lambda s: compute_w(s) / 1e3,
    "battery_kw": lambda s: s["battery_w"] / 1e3,
    "shunt_kw": lambda s: s["shunt_w"] / 1e3,
    "charge_percent": lambda s: s["state_of_charge"] * 100,
    "battery_v": lambda s: s["battery_voltage_v"],
    "battery_a": lambda s: s["battery_current_a"],
    "nodes_on": lambda s: s["nodes_on"],
    "nodes_booting": lambda s: s["nodes_booting"],
    "nodes_hung": lambda s: s["nodes_hung"],
    "clock_step": mean_step,
    "hottest_k": lambda s: max(s["junction_k"]),
    "coldest_k": lambda s: min(s["junction_k"]),
    "coolant_k": lambda s: s["coolant_k"],
    "radiator_k": lambda s: s["radiator_k"],
    "battery_k": lambda s: s["battery_k"],
    "laser_k": lambda s: s["laser_k"],
    "laser_state": lambda s: s["laser_state"],
    "received_uw": lambda s: s["received_power_w"] / 1e-6,
    "frames_held": lambda s: s["board_frames"] + s["frames_queued"],
    "level": lambda s: s["level"],
}


def test_every_line_of_the_flight_is_compared(page):
    assert {"time_s", "span_s", *DRAWN} == set(page.drawing["flight"])


@pytest.mark.parametrize("column", DRAWN)
def test_a_line_is_what_was_recorded(page, cycles, column):
    expected = [DRAWN[column](cycle.status) for cycle in cycles]
    np.testing.assert_allclose(page.line("flight", column), expected, rtol=1e-4)
    np.testing.assert_allclose(page.line("flight", "time_s"), [cycle.end_ms / 1000 for cycle in cycles])


def test_the_map_holds_each_node_of_each_cycle(page, cycles):
    codes = {OFF: -2, BOOTS: -1, HUNG: 16}
    expected = [
        [
            codes.get(state, step)
            for state, step in zip(c.status["node_state"], c.status["clock_step"], strict=True)
        ]
        for c in cycles
    ]
    np.testing.assert_array_equal(page.line("map", "steps"), np.transpose(expected))
    assert {-1, 16} < set(np.ravel(expected))


def test_eclipse_is_where_less_than_half_the_sun_is_seen(dusk):
    page, cycles = Page(report.write(dusk).read_text()), list(recorder.read(dusk / "recording.mcap"))
    times_s = [0.0, *(cycle.end_ms / 1000 for cycle in cycles)]
    dark = [cycle.status["sunlight"] < 0.5 for cycle in cycles]
    assert any(0.0 < cycle.status["sunlight"] < 0.45 for cycle in cycles), "the penumbra is in the run"
    shaded = [
        any(from_s <= begin_s and end_s <= to_s for from_s, to_s in page.drawing["nights_s"])
        for begin_s, end_s in pairwise(times_s)
    ]
    assert shaded == dark and not all(dark)


@pytest.mark.parametrize(
    ("sunlight", "nights_s"),
    [
        ([1, 1, 1], []),
        ([0, 0, 1, 1], [(0, 4)]),
        ([1, 0, 0, 1, 0], [(2, 6), (8, 10)]),
        ([1, 0.51, 0.49, 0.51], [(4, 6)]),
    ],
    ids=["day", "from the start", "two nights", "half the Sun"],
)
def test_eclipses_begin_and_end(cycles, sunlight, nights_s):
    flight = Flight()
    for number, share in enumerate(sunlight, 1):
        flight.take(2.0 * number, {**cycles[0].status, "sunlight": share})
    flight.finish()
    assert flight.eclipses_s == nights_s


def test_faults_are_shaded_within_the_run(page):
    assert page.drawing["faults_s"] == [
        [180, pytest.approx(200, abs=20), "node3 hang"],
        [270, 320, "link outage"],
    ]


@pytest.mark.parametrize(("recovered_s", "until_s"), [(207.0, 207.0), (None, 320.0)], ids=["over", "goes on"])
def test_a_fault_without_an_end_is_shaded_until_it_was_recovered_from(folder, recovered_s, until_s):
    hang = FLOWN.replace('target = "node3"', 'target = "flightsw"').replace("until_s = 190\n", "")
    hang = hang.replace('expect = "NODE_HUNG"', "")
    row = {"name": "flightsw hang", "at_s": 180.0, "recovered_s": recovered_s}
    known = replace(Known.read(folder), scenario=scenario.parse(hang), summary={"faults": [row]})
    assert payload.faults_s(known, 320.0)[0] == (180.0, until_s, "flightsw hang")


def test_limits_are_those_of_the_scenario(page):
    traces = [trace for figure in page.drawing["figures"] for trace in figure["traces"]]
    drawn = {trace.get("name"): trace["y"] for trace in traces}
    assert drawn["floor 70%"] == [70, 70]
    assert drawn["limit 333 K"] == [333, 333]


def test_frames_are_followed_one_by_one(page, cycles, came_down):
    sent_s = [cycle.end_ms / 1000 for cycle in cycles for _ in optical_records(cycle.streams[-1])]
    frames, _ = came_down
    np.testing.assert_array_equal(page.line("frames", "time_s"), sent_s)
    np.testing.assert_array_equal(page.line("frames", "sent"), np.arange(1, len(sent_s) + 1))
    decoded, lost = page.line("frames", "decoded"), page.line("frames", "lost")
    assert (decoded[-1], lost[-1]) == (len(frames), len(sent_s) - len(frames))
    np.testing.assert_array_equal(decoded + lost, np.arange(1, len(sent_s) + 1))
    corrected = page.line("frames", "corrected")
    np.testing.assert_array_equal(
        corrected[~np.isnan(corrected)], [frame.symbols_corrected for frame in frames]
    )


# accounts


def test_energy_is_what_the_plant_booked(dusk):
    page = Page(report.write(dusk).read_text())
    wh = json.loads((dusk / "summary.json").read_text())["energy"]
    told = {
        "Sunlight": wh["array_wh"], "From the battery": wh["discharged_wh"], "Compute": wh["compute_wh"],
        "Other loads": wh["loads_wh"] - wh["compute_wh"], "Into the battery": wh["charged_wh"],
        "Shunted": wh["shunted_wh"], "Asked for by loads and not served": wh["brown_out_wh"],
        "Lost in its converter": wh["converter_loss_wh"], "Lost in its cells": wh["battery_loss_wh"],
        "Gone with capacity": wh["faded_wh"],
        "Into the battery less out of it": wh["charged_wh"] - wh["discharged_wh"],
        "Stored energy changed by": wh["stored_change_wh"],
        "Account of the bus is out by": 0.0, "Account of the battery is out by": 0.0,
    }  # fmt: skip
    assert {name: page.figure(name) for name in told} == pytest.approx(
        {name: value / 1000 for name, value in told.items()}, abs=6e-4
    )
    assert min(wh[name] for name in ("array_wh", "discharged_wh", "compute_wh", "charged_wh")) > 1


def test_bars_share_out_what_came_and_what_went(dusk):
    page = Page(report.write(dusk).read_text())
    wh = json.loads((dusk / "summary.json").read_text())["energy"]
    shares = [float(share) for share in re.findall(r"flex:([0-9.]+)", page.text)]
    came = [wh["array_wh"], wh["discharged_wh"]]
    went = [wh["compute_wh"], wh["loads_wh"] - wh["compute_wh"], wh["charged_wh"], wh["shunted_wh"]]
    expected = [part / sum(bar) for bar in (came, went) for part in bar if part > 0]
    assert shares == pytest.approx(expected, abs=1e-4)


def test_energy_of_a_killed_run_is_added_up_from_the_recording(dusk):
    killed = without_summary(dusk, dusk.with_name("killed"))
    cycles = list(recorder.read(dusk / "recording.mcap"))
    ends_s = [cycle.end_ms / 1000 for cycle in cycles]
    hours = np.diff([0.0, *ends_s]) / 3600

    def kwh(of):
        return float(sum(of(c.status) * h for c, h in zip(cycles, hours, strict=True))) / 1000

    told = {
        "Sunlight": kwh(lambda s: s["array_w"]),
        "From the battery": kwh(lambda s: max(0.0, -s["battery_w"])),
        "Into the battery": kwh(lambda s: max(0.0, s["battery_w"])),
        "Compute": kwh(compute_w),
        "Other loads": kwh(lambda s: s["load_w"] - compute_w(s)),
        "Shunted": kwh(lambda s: s["shunt_w"]),
        "Asked for by loads and not served": kwh(lambda s: s["brown_out_w"]),
    }
    assert {name: killed.figure(name) for name in told} == pytest.approx(told, abs=6e-4)


def test_delivered_is_what_the_capture_holds(page, killed, folder, cycles, came_down, summary):
    frames, packets = came_down
    sent = sum(1 for cycle in cycles for _ in optical_records(cycle.streams[-1]))
    octets = sum(len(packet.octets) for packet in packets)
    corrected = sum(frame.symbols_corrected for frame in frames)
    told = {
        "frames that left the pin": sent,
        "frames decoded": len(frames),
        "octets on the channel": (folder / "downlink.cadu").stat().st_size,
        "octets of packets": octets,
        "mean rate of packet data": pytest.approx(octets * 8 / 320, rel=1e-3),
        "all": octets,
    }
    assert 0 < len(frames) < sent, "some frames are lost"
    for read in (page, killed):
        assert {name: read.figure(name) for name in told} == told
        each = f"{corrected / len(frames):,.3g}"
        assert read.cells("symbols corrected") == [f"{corrected:,} ({each} a frame)"]
    link = summary["downlink"]
    assert page.cells("frames lost") == [f"{link['frames_lost']:,}"]
    assert page.cells("frames still on board at the end") == [f"{link['frames_held']:,}"]
    assert page.cells("packets lost, altered") == [f"{link['packets_lost']:,}, {link['packets_altered']:,}"]
    work = "work, s of all nodes at the top clock step"
    assert page.figure(work) == pytest.approx(summary["compute"]["delivered"], rel=1e-5)
    assert sum(link["reports"].values()) == int(page.cells("all")[0].replace(",", ""))
    for name, count in link["reports"].items():
        if count:
            assert page.cells(name)[0] == f"{count:,}"


def test_the_summary_stands_in_the_tables_on_top(page, summary):
    fault, lost = summary["faults"][0], summary["downlink"]["frames_lost"]
    detected_s = fault["detected_s"]
    assert 180 < detected_s < 190 and fault["recovered_s"] is None
    assert page.cells("node3 hang") == [
        "pass",
        "180 s",
        f"{detected_s:g} s (+{detected_s - 180:g})",
        "–",
        "–",
    ]
    assert page.cells("downlink.frames_lost") == [f"{lost}", "≤ 0", "fail"]


# what no small flight reaches


@pytest.mark.parametrize(
    ("board_ms", "sent_s", "told_s"),
    [
        (5_000, 7.0, 5.0),
        (5_000, LONG_S + 7.0, LONG_S + 5.0),
        (2**32 - 1_000, LONG_S + 7.0, LONG_S - 1.0),
        (5_000, 3 * LONG_S + 4.0, 3 * LONG_S + 5.0),
    ],
    ids=["first turn", "second turn", "sent after the turn", "told a little late"],
)
def test_board_time_of_events_goes_on_after_its_32_bits_came_round(board_ms, sent_s, told_s):
    event = next(packet for packet in dictionary.load().packets.values() if packet.name == "event")
    values = {"time_ms": board_ms, "event_id": 1}
    log = Log()
    log.take(sent_s, 1, event, event.pack([values.get(name, 0) for name in event.names]))
    assert log.entries[0].time_s == told_s


@pytest.mark.parametrize(
    ("made", "html"),
    [
        (element("p", "<b>&"), "<p>&lt;b&gt;&amp;</p>"),
        (element("p", "", title='"><script>'), '<p title="&quot;&gt;&lt;script&gt;"></p>'),
        (element("p", title="a'b&c", data_figure="x"), '<p title="a&#x27;b&amp;c" data-figure="x"></p>'),
        (element("p", class_="y"), '<p class="y"></p>'),
    ],
    ids=["content", "attribute", "names", "class"],
)  # fmt: skip
def test_nothing_given_to_an_element_is_markup(made, html):
    assert made == html
