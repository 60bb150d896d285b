# SPDX-License-Identifier: Apache-2.0
"""`report.html`: extremes survive decimation, the page holds what the run left and nothing from elsewhere, a browser draws it."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest
from flatsat.hil import recorder, report, scenario, scenario_toml
from flatsat.hil.backends.port import Options
from flatsat.hil.cycle_status import SCHEMA
from flatsat.hil.errors import RecordingError
from flatsat.hil.report import envelope, figures, payload
from flatsat.hil.report.envelope import Envelope
from flatsat.hil.run import Order, fly
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = 'a </script><script>alert("1")</script> & <b>bold</b> "quoted" \'single\''
FIGURES = len(figures.FIGURES) + 2  # with the map of the nodes and the events
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def flown(folder: Path, name: str, duration_s: float, **changes: object) -> Path:
    loaded = replace(scenario.load(name), **changes)
    wanted = replace(loaded, duration_s=duration_s)
    order = Order(scenario=wanted, back_end="twin", seed=3, folder=folder, options=Options(), loaded=loaded)
    fly(order, lambda done_s: None)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return flown(tmp_path_factory.mktemp("report") / "run", "ci-120", 100, description=HOSTILE)


@pytest.fixture(scope="module")
def page(run):
    return report.write(run).read_text()


@pytest.fixture
def killed(run, tmp_path):
    """The same run without a summary, its recording cut within a record."""
    folder = tmp_path / "killed"
    shutil.copytree(run, folder)
    (folder / "summary.json").unlink()
    recording = folder / "recording.mcap"
    octets = recording.read_bytes()
    recording.write_bytes(octets[: len(octets) // 2])
    return folder


# envelope


def filled(values):
    taken = Envelope(["v"])
    for index, value in enumerate(values):
        taken.add(float(index), [value])
    return taken


def test_few_rows_stay_as_they_are():
    values = [1.0, nan, -3.0, 2.0]
    taken = filled(values)
    np.testing.assert_array_equal(taken.line("v"), values)
    np.testing.assert_array_equal(taken.times_s(), [0, 1, 2, 3])
    assert taken.rows_per_bin == 1


@given(st.integers(1, 5_000), st.lists(st.tuples(st.integers(0, 4_999), st.floats(-1e6, 1e6)), max_size=5))
def test_spikes_survive_in_their_place(monkeypatch_points, rows, spikes):
    values = np.zeros(rows)
    for place, height in spikes:
        values[place % rows] = height
    taken = Envelope(["v"])
    for index in range(rows):
        taken.add(float(index), (values[index],))
    line, times = taken.line("v"), taken.times_s()
    assert len(line) == len(times) <= envelope.POINTS + 4
    assert taken.extremes("v") == (values.min(), values.max())
    assert (np.diff(times) >= 0).all()
    assert times[0] == 0 and times[-1] == rows - 1
    for place in np.flatnonzero(values):
        near = np.abs(times - place) <= taken.rows_per_bin
        assert line[near].min() <= values[place] <= line[near].max()


@pytest.fixture(scope="module")
def monkeypatch_points():
    """Few points and small chunks, so that an example is quick."""
    before = envelope.POINTS, envelope._CHUNK_ROWS
    envelope.POINTS, envelope._CHUNK_ROWS = 60, 64
    yield
    envelope.POINTS, envelope._CHUNK_ROWS = before


@pytest.mark.parametrize(
    ("values", "first", "second"),
    [([0, 5, 1, -5] * 4000, 5, -5), ([0, -5, 1, 5] * 4000, -5, 5)],
    ids=["high first", "low first"],
)
def test_extremes_come_in_their_order(values, first, second):
    taken = filled(values)
    assert taken.rows_per_bin > 1
    np.testing.assert_array_equal(taken.line("v")[:4], [first, second] * 2)


def test_bins_without_a_value_are_gaps():
    taken = filled([nan] * 20_000)
    assert np.isnan(taken.line("v")).all()
    assert all(map(isnan, taken.extremes("v")))


# what the recording says


@pytest.mark.parametrize("name", scenario.builtin())
def test_a_scenario_as_toml_reads_back(name):
    flown_one = replace(scenario.load(name), seed=99, description=HOSTILE + "\x7f\t")
    assert scenario.parse(scenario_toml.dumps(flown_one), "text") == flown_one


def test_every_recorded_property_is_in_the_schema_with_its_unit(run):
    properties = json.loads(SCHEMA)["properties"]
    for cycle in recorder.read(run / "recording.mcap"):
        assert list(cycle.status) == list(properties)
    assert all(prop["unit"] and prop["description"] for prop in properties.values())


def test_the_energy_account_closes(run):
    energy = json.loads((run / "summary.json").read_text())["energy"]
    came = energy["array_wh"] + energy["discharged_wh"]
    went = energy["loads_wh"] + energy["charged_wh"] + energy["shunted_wh"]
    assert came == pytest.approx(went, abs=1e-6)
    assert abs(energy["bus_closure_wh"]) + abs(energy["battery_closure_wh"]) < 1e-6


# the page


def test_the_page_is_the_same_for_the_same_run(run, page):
    assert report.write(run).read_text() == page


def test_nothing_from_files_is_markup(page):
    assert "alert(" in page
    assert "<script>alert" not in page and "<b>bold" not in page


def test_nothing_comes_from_the_network(page):
    visible = re.sub(r"<script id=.*?</script>", "", page, flags=re.S)
    assert not re.search(r"(src|href|url)\s*[=(]\s*[\"']?(https?:)?//", visible)
    assert "default-src 'none'" in visible


def test_verdict_measurements_and_frames_are_on_top(run, page):
    summary = json.loads((run / "summary.json").read_text())
    top = page[: page.index("Over board time")]
    assert f'class="verdict {summary["verdict"]}"' in top
    for row in summary["measurements"]:
        assert row["name"].replace(".", ".<wbr>") in top
    sent, decoded = summary["downlink"]["frames_sent"], summary["downlink"]["frames_decoded"]
    assert f"{decoded} of {sent} frames decoded" in top
    assert summary["trace_sha256"] in page


def test_a_killed_run_is_reported_as_far_as_it_came(killed):
    page = report.write(killed).read_text()
    cycles = sum(1 for _ in recorder.read(killed / "recording.mcap"))
    assert 10 < cycles < 90
    assert "not finished" in page
    assert f"{cycles} s of 100 s" in page
    assert "Added up from the recording" in page


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "recording.mcap").unlink(), "holds no recording.mcap"),
        (lambda folder: (folder / "recording.mcap").write_bytes(b"no"), "is not a recording"),
    ],
    ids=["no recording", "not a recording"],
)
def test_what_is_missing_is_one_line(run, tmp_path, spoil, says):
    folder = tmp_path / "spoilt"
    shutil.copytree(run, folder)
    spoil(folder)
    with pytest.raises(RecordingError, match=re.escape(says)) as raised:
        report.write(folder)
    assert "\n" not in str(raised.value)


def test_a_run_without_downlink_is_reported(killed):
    (killed / "downlink.cadu").unlink()
    assert "0 of " in report.write(killed).read_text()


def test_a_recording_of_another_version_is_told(tmp_path):
    with recorder.Recorder(tmp_path / "recording.mcap") as out:
        out.write(0, 1000, [b"", b"", b"", b""], b'{"state_of_charge": 0.5}')
    with pytest.raises(RecordingError, match="another version of flatsat"):
        report.write(tmp_path)


def test_missing_plotly_has_its_mend(monkeypatch):
    monkeypatch.setattr(payload, "find_spec", lambda name: None)
    with pytest.raises(payload.PlotlyMissing, match="pip install plotly"):
        payload.plotly_js()


def browsed(path: Path, *flags: str) -> tuple[str, str]:
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
            "--virtual-time-budget=20000", f"--user-data-dir={path.parent / 'browser'}", *flags, "--dump-dom", path.as_uri(),
        ],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    return done.stdout, done.stderr


@pytest.mark.skipif(BROWSER is None, reason="no Chromium: apt-get install chromium")
@pytest.mark.parametrize(
    ("which", "flags"),
    [("run", ()), ("killed", ("--blink-settings=preferredColorScheme=0",))],
    ids=["light", "killed, dark"],
)
def test_a_browser_draws_every_plot(which, flags, request, tmp_path):
    page = report.write(request.getfixturevalue(which))
    copy = shutil.copy(page, tmp_path / "report.html")
    document, told = browsed(Path(copy), *flags)
    assert "CONSOLE" not in told
    assert f'data-plots="{FIGURES}"' in document
    assert document.count("main-svg") >= FIGURES
    assert "needs JavaScript" not in document
