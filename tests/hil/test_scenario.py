# SPDX-License-Identifier: Apache-2.0
"""Scenarios: what loads, what is refused and with what words, and when faults strike."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flatsat.hil import scenario
from flatsat.hil.errors import FlatsatError
from flatsat.hil.faults import FAULTS, Fault
from flatsat.hil.scenario import ScenarioError, load, next_edge_ms, parse
from flatsat.hil.timeline import NEVER_MS
from flatsat.protocols.tables import TableError
from hypothesis import given
from hypothesis import strategies as st

MINIMAL = """
name = "short"
description = "Half a minute."
duration_s = 30
[orbit]
altitude_km = 550
[satellite]
state_of_charge = 0.75
radiator_k = 250
[link]
bit_error_rate = 1e-4
"""


def with_fault(**fields: Any) -> str:
    return (
        MINIMAL + "[[faults]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())
    )


def with_measurement(**fields: Any) -> str:
    return with_fault(**fields).replace("[[faults]]", "[[measurements]]")


def changed(old: str, new: str) -> str:
    assert old in MINIMAL
    return MINIMAL.replace(old, new)


def test_defaults() -> None:
    found = parse(MINIMAL)
    assert (found.cycle_s, found.max_step_ms, found.seed) == (1.0, 1000, 1)
    assert (found.duration_ms, found.cycle_ms) == (30_000, 1000)
    assert (found.satellite.floor, found.satellite.battery_wh, found.satellite.array_w) == (0.70, 25e3, 110e3)
    assert found.orbit.start is scenario.Start.SUNRISE
    assert found.faults == found.measurements == ()


def test_a_whole_number_serves_as_a_number() -> None:
    assert isinstance(parse(MINIMAL).duration_s, float)
    assert isinstance(parse(MINIMAL).satellite.radiator_k, float)


LINK = {"at_s": 1, "until_s": 2, "target": "link", "kind": "outage"}
LOSE = {"at_s": 1, "until_s": 2, "target": "power", "kind": "lose", "value": 0.1}
FLOOR = {"name": "battery.floor_violations", "unit": "1", "high": 0}

REFUSED = [
    pytest.param(changed('name = "short"', ""), "name", "[a-z0-9]", id="name missing"),
    pytest.param(changed('"short"', '"Two Words"'), "name", "[a-z0-9]", id="name not plain"),
    pytest.param(changed('"Half a minute."', '""'), "description", "like .+", id="no description"),
    pytest.param("colour = 1\n" + MINIMAL, "colour", "duration_s", id="unknown field"),
    pytest.param(changed("altitude_km = 550", ""), "orbit.altitude_km", "15", id="missing in a table"),
    pytest.param(MINIMAL + "ber = 1\n", "link.ber", "bit_error_rate", id="unknown in a table"),
    pytest.param(MINIMAL + "[thermal]\n", "thermal", "satellite", id="unknown table"),
    pytest.param(
        "orbit = 5\n" + changed("[orbit]\naltitude_km = 550\n", ""), "orbit", "a table", id="table is 5"
    ),
    pytest.param("faults = 5\n" + MINIMAL, "faults", "list of tables", id="faults is 5"),
    pytest.param("faults = [5]\n" + MINIMAL, "faults[0]", "a table", id="a fault is 5"),
    pytest.param(changed("30", '"30"'), "duration_s", "a number", id="text for number"),
    pytest.param(changed("30", "true"), "duration_s", "a number", id="truth value for number"),
    pytest.param("seed = 1.5\n" + MINIMAL, "seed", "whole", id="number for whole number"),
    pytest.param("seed = 99999999999999999999\n" + MINIMAL, "seed", "64 bits", id="too many digits"),
    pytest.param(
        "max_step_ms = 1" + "0" * 400 + "\n" + MINIMAL, "max_step_ms", "64 bits", id="far too many digits"
    ),
    pytest.param(changed("30", "1" + "0" * 400), "duration_s", "64 bits", id="far too long"),
    pytest.param("seed = -1\n" + MINIMAL, "seed", "from 0", id="negative seed"),
    pytest.param(changed("30", "0"), "duration_s", "above 0", id="no duration"),
    pytest.param(changed("30", "-30"), "duration_s", "above 0", id="negative duration"),
    pytest.param(changed("30", "nan"), "duration_s", "above 0", id="not a number"),
    pytest.param(changed("30", "inf"), "duration_s", "s", id="endless"),
    pytest.param(changed("30", "30.5"), "duration_s", "multiples of 1 s", id="half a cycle"),
    pytest.param("cycle_s = 0.7\n" + MINIMAL, "duration_s", "multiples of 0.7 s", id="cycle does not divide"),
    pytest.param("cycle_s = 0.1000001\n" + MINIMAL, "cycle_s", "0.001 s", id="cycle not in milliseconds"),
    pytest.param("cycle_s = 0.01\n" + MINIMAL, "cycle_s", "from 0.1", id="cycle too short"),
    pytest.param("cycle_s = 11\n" + MINIMAL, "cycle_s", "to 10", id="cycle too long"),
    pytest.param(
        changed("= 1e-4", "= 1e-4\noutage_every_s = 5400"),
        "link.outage_mean_s",
        "both or neither",
        id="half an outage process",
    ),
    pytest.param(
        changed("= 1e-4", "= 1e-4\nhandover_every_s = 60\nhandover_gap_s = 60"),
        "link.handover_gap_s",
        "below 60 s",
        id="dark from handover to handover",
    ),
    pytest.param(
        changed("= 1e-4", "= 1e-4\nhandover_every_s = 0.5\nhandover_gap_s = 0.1"),
        "link.handover_every_s",
        "from 1 s",
        id="handovers too dense",
    ),
    pytest.param("max_step_ms = 0\n" + MINIMAL, "max_step_ms", "from 1", id="no step"),
    pytest.param(changed("= 0.75", "= 1.01"), "satellite.state_of_charge", "to 1", id="more than full"),
    pytest.param(changed("= 550", "= 55"), "orbit.altitude_km", "from 160", id="too low"),
    pytest.param(changed("550", '550\nstart = "dawn"'), "orbit.start", "sunrise, noon", id="unknown start"),
    pytest.param(changed("550", "550\nstart = 5"), "orbit.start", "sunrise, noon", id="start of wrong type"),
    pytest.param(
        changed("550", "550\nbeta_deg = 80"), "orbit.start", "noon, midnight", id="no sunrise there is"
    ),
    pytest.param(changed("1e-4", "0.5"), "link.bit_error_rate", "to 0.1", id="nothing but noise"),
    pytest.param(
        with_fault(**LINK | {"target": "gyro"}), "faults[0].target", "flightsw", id="unknown target"
    ),
    pytest.param(
        with_fault(**LINK | {"kind": "hang"}), "faults[0].kind", "outage", id="kind of another target"
    ),
    pytest.param(with_fault(**LINK | {"kind": "fade"}), "faults[0].kind", "outage", id="unknown kind"),
    pytest.param(
        with_fault(**LINK | {"target": "load8", "kind": "short"}), "faults[0].target", "load7", id="load8"
    ),
    pytest.param(
        with_fault(**LINK | {"target": "node16", "kind": "hang"}), "faults[0].target", "node15", id="node16"
    ),
    pytest.param(with_fault(**LINK | {"at_s": -1}), "faults[0].at_s", "from 0", id="negative time"),
    pytest.param(with_fault(**LINK | {"at_s": 2}), "faults[0].until_s", "above 2 s", id="until is at"),
    pytest.param(with_fault(**LINK | {"at_s": 5}), "faults[0].until_s", "above 5 s", id="until before at"),
    pytest.param(
        with_fault(**LINK | {"at_s": 30, "until_s": 31}), "faults[0].at_s", "below 30 s", id="after the run"
    ),
    pytest.param(
        with_fault(**LINK | {"at_s": 1.00001}), "faults[0].at_s", "0.001 s", id="not in milliseconds"
    ),
    pytest.param(with_fault(**LINK | {"value": 1}), "faults[0].value", "leave it out", id="value not taken"),
    pytest.param(
        with_fault(**LINK | {"expect": "PANIC"}), "faults[0].expect", "LINK_LOST", id="unknown event"
    ),
    pytest.param(with_fault(**LINK | {"whom": "me"}), "faults[0].whom", "target", id="unknown in a fault"),
    pytest.param(with_fault(target="link", kind="outage"), "faults[0].at_s", "from 0", id="no time"),
    pytest.param(
        with_fault(**LINK | {"target": "flightsw", "kind": "hang"}),
        "faults[0].until_s",
        "leave it out",
        id="hang ends",
    ),
    pytest.param(with_fault(**{**LOSE, "value": 0}), "faults[0].value", "above 0 to 1", id="lose none"),
    pytest.param(
        with_fault(**{**LOSE, "value": 1.5}), "faults[0].value", "above 0 to 1", id="lose more than all"
    ),
    pytest.param(with_fault(**{**LOSE, "value": "half"}), "faults[0].value", "a number", id="lose a text"),
    pytest.param(
        with_fault(at_s=1, until_s=2, target="laser", kind="delay"), "faults[0].value", "share", id="no share"
    ),
    pytest.param(
        with_measurement(**FLOOR | {"name": "wall_s"}), "measurements[0].name", "thermal.max_k", id="unknown"
    ),
    pytest.param(with_measurement(**FLOOR | {"unit": "K"}), "measurements[0].unit", "1", id="wrong unit"),
    pytest.param(
        with_measurement(**FLOOR | {"low": 3}), "measurements[0].high", "from 3", id="high below low"
    ),
    pytest.param(
        with_fault(**LINK | {"target": "lnik"}), "faults[0].target", "gauge", id="target of no kind"
    ),
    pytest.param(
        with_fault(**LINK | {"target": "gauge", "kind": "bias", "value": 9}),
        "faults[0].value",
        "to 1",
        id="bias too large",
    ),
    pytest.param(
        with_fault(at_s=1, target="flightsw", kind="upset", value=1.5),
        "faults[0].value",
        "from 1 to 64",
        id="half a bit",
    ),
    pytest.param(
        with_fault(at_s=1, target="flightsw", kind="ephemeris", value=60),
        "faults[0].at_s",
        "0",
        id="ephemeris later",
    ),
    pytest.param(
        with_fault(at_s=9, target="flightsw", kind="clock_jump", value=-10),
        "faults[0].value",
        "from -9 s",
        id="before time",
    ),
    pytest.param(
        with_fault(at_s=1, target="link", kind="flap", value=0.101),
        "faults[0].value",
        "0.002",
        id="half a millisecond",
    ),
    pytest.param(
        with_fault(**LINK) + with_fault(**LINK | {"at_s": 1.5}).removeprefix(MINIMAL),
        "faults[1].at_s",
        "from 2 s",
        id="outage in an outage",
    ),
    pytest.param(
        with_fault(at_s=9, target="load0", kind="stuck_on")
        + with_fault(at_s=1, target="load0", kind="stuck_off").removeprefix(MINIMAL),
        "faults[0].at_s",
        "leave one out",
        id="stuck both ways",
    ),
    pytest.param(
        with_fault(**LINK | {"expect": "nodes_on > many"}),
        "faults[0].expect",
        "like nodes_on",
        id="no condition",
    ),
    *(
        pytest.param(
            with_fault(**LINK) + f"[faults.expect]\n{lines}\n",
            f"faults[0].expect{path}",
            allowed,
            id=f"expect {name}",
        )
        for name, lines, path, allowed in (
            ("nothing", "", ".detect", "respond"),
            ("a time of nothing", "detect_s = 3", ".detect", "leave the time out"),
            ("an unknown event", 'recover = "LINK_AQUIRED"', ".recover", "LINK_ACQUIRED"),
            ("an unknown stop", 'respond = "lcl_trips"', ".respond", "lcl_trip"),
            ("an unknown quantity", 'recover = "nodes > 1"', ".recover", "nodes_on"),
            ("no time", 'detect = "LINK_LOST"\ndetect_s = 0', ".detect_s", "above 0"),
            ("after the run", 'detect = "LINK_LOST"\ndetect_s = 30', ".detect_s", "until 30 s"),
            (
                "recovery after the run",
                'recover = "LINK_ACQUIRED"\nrecover_s = 28.5',
                ".recover_s",
                "until 30 s",
            ),
            ("an unknown stage", 'prevent = "LINK_LOST"', ".prevent", "detect"),
        )
    ),
    pytest.param(
        with_measurement(**FLOOR).replace("0.75", "0.6"),
        "measurements[0].high",
        "from 1",
        id="starts below the floor",
    ),
    pytest.param(
        with_measurement(name="battery.min_state_of_charge", unit="1", low=0.8),
        "measurements[0].low",
        "to 0.75",
        id="too low",
    ),
    pytest.param(
        with_measurement(name="thermal.max_k", unit="K", high=260),
        "measurements[0].high",
        "from 265",
        id="starts hotter",
    ),
    pytest.param(
        with_measurement(name="downlink.frames_lost", unit="1", low=5)
        + with_measurement(name="downlink.frames_lost", unit="1", high=4).removeprefix(MINIMAL),
        "measurements[1].high",
        "from 5",
        id="limits at odds",
    ),
    pytest.param(
        with_measurement(name="thermal.max_k", unit="K"), "measurements[0].low", "at least one", id="no limit"
    ),
]


@pytest.mark.parametrize(("text", "path", "allowed"), REFUSED)
def test_refused(text: str, path: str, allowed: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(text, "here.toml")
    error = caught.value
    assert (error.path, error.source) == (path, "here.toml")
    assert allowed in error.allowed
    assert str(error).startswith(f"here.toml: {path}: ")
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(
            lambda folder: "leo-orbitt", r"allowed: .*ci-120, leo-day, .*leo-orbit", id="unknown name"
        ),
        pytest.param(lambda folder: folder / "no.toml", "cannot be read", id="no such file"),
        pytest.param(lambda folder: folder, "cannot be read", id="a folder"),
        pytest.param(lambda folder: _write(folder, b"\xff\xfe"), "UTF-8", id="not text"),
        pytest.param(lambda folder: _write(folder, b"name = "), "not TOML", id="not TOML"),
        pytest.param(lambda folder: _write(folder, b""), "name: is missing", id="empty"),
    ],
)
def test_unreadable(tmp_path: Path, make: Callable[[Path], str | Path], words: str) -> None:
    with pytest.raises(FlatsatError, match=words):
        load(make(tmp_path))


def _write(folder: Path, octets: bytes) -> Path:
    path = folder / "x.toml"
    path.write_bytes(octets)
    return path


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_nothing_but_scenario_errors(junk: bytes) -> None:
    text = MINIMAL + junk.decode("utf-8", "replace")
    try:
        parse(text)
    except ScenarioError as error:
        assert str(error)


@pytest.mark.parametrize("name", scenario.builtin())
def test_built_in(name: str) -> None:
    found = load(name)
    assert found.name == name.rpartition("/")[2]
    assert load(scenario.FOLDER / f"{name}.toml") == found


def test_leo_orbit_is_one_orbit_with_two_outages() -> None:
    found = load("leo-orbit")
    assert (found.duration_s, found.cycle_s, found.satellite.state_of_charge) == (5739, 1, 0.75)
    assert [(f.name, f.at_ms, f.until_ms) for f in found.faults] == [
        ("link outage", 1_500_000, 1_560_000),
        ("link outage", 4_200_000, 4_320_000),
    ]


@pytest.mark.parametrize(
    ("target", "kind"), [pytest.param(t, k, id=f"{t}-{k}") for t, kinds in FAULTS.items() for k in kinds]
)
def test_every_fault_of_the_table_loads(target: str, kind: str) -> None:
    rule = FAULTS[target][kind]
    fields: dict[str, Any] = {"at_s": 0 if rule.from_start else 1, "target": target, "kind": kind}
    if rule.value:
        fields["value"] = next(
            v for v in (0.25, 1, 0.05, 1e-6) if not rule.value.broken_by(v) and v >= rule.whole
        )
    assert parse(with_fault(**fields)).faults[0].until_ms == NEVER_MS
    if rule.ends:
        assert parse(with_fault(**fields, until_s=2)).faults[0].until_ms == 2000


def test_a_run_may_be_shortened_past_its_faults_but_not_to_half_a_cycle() -> None:
    assert replace(load("leo-orbit"), duration_s=60.0).duration_ms == 60_000
    with pytest.raises(FlatsatError, match="multiples of 1 s"):
        replace(load("leo-orbit"), duration_s=60.5)


def test_schema_names_every_field_and_is_json() -> None:
    schema = json.loads(json.dumps(scenario.description()))
    fields = schema["scenario"]
    given_fields = tomllib.loads(MINIMAL)
    assert {name for name, field in fields.items() if field.get("required")} == set(given_fields)
    assert "from 0 to 1" in fields["satellite"]["table"]["state_of_charge"]["allowed"]
    assert "node15" in fields["faults"]["list of"]["target"]["allowed"]
    assert schema["faults"]["power"]["lose"]["value"] == "above 0 to 1"


def test_schema_for_people_has_a_line_for_every_field() -> None:
    text = scenario.schema()
    for word in ("duration_s", "[orbit]", "[[faults]]", "altitude_km", "from 15 to 36000 km", "node15"):
        assert word in text


def test_source_is_the_text_that_loads() -> None:
    assert parse(scenario.source("load-short")) == load("load-short")
    with pytest.raises(ScenarioError, match=r"allowed: .*ci-120"):
        scenario.source("../scenarios/load-short")


@pytest.mark.parametrize(
    ("time_ms", "expected"),
    [
        pytest.param(0, 1_500_000, id="first begins"),
        pytest.param(1_499_999, 1_500_000, id="just before"),
        pytest.param(1_500_000, 1_560_000, id="first ends"),
        pytest.param(1_560_000, 4_200_000, id="second begins"),
        pytest.param(4_320_000, NEVER_MS, id="none left"),
    ],
)
def test_next_edge(time_ms: int, expected: int) -> None:
    assert next_edge_ms(load("leo-orbit"), time_ms) == expected


def test_faults_come_in_order_of_time_and_errors_in_order_of_the_file() -> None:
    late, early = with_fault(**LINK | {"at_s": 8, "until_s": 9}), with_fault(**LINK)
    both = late + early.removeprefix(MINIMAL)
    assert [fault.at_s for fault in parse(both).faults] == [1, 8]
    with pytest.raises(ScenarioError, match=r"faults\[1\]\.kind"):
        parse(
            both.replace(
                'at_s = 1\nuntil_s = 2\ntarget = "link"\nkind = "outage"',
                'at_s = 1\ntarget = "link"\nkind = "x"',
            )
        )


@pytest.mark.parametrize("at_s", [0.001, 16_785_392.725, 31_622_399.999])
def test_every_millisecond_of_a_year_is_one(at_s: float) -> None:
    fault = Fault(at_s=at_s, target="node1", kind="hang")
    assert fault.at_ms == round(1000 * at_s)
    with pytest.raises(TableError):
        Fault(at_s=at_s + 0.0003, target="node1", kind="hang")
