# SPDX-License-Identifier: Apache-2.0
"""Parameters set in flight: the dictionary's table is flight software's, and no module keeps a copy of its own."""

import ast
import struct
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from flatsat.flightsw import parameters
from flatsat.flightsw.laser import LinkState
from flatsat.flightsw.modes import Level
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.settable import COPIES, ParameterTable
from flatsat.flightsw.telecommand.functions import FunctionService
from flatsat.flightsw.telecommand.monitor import CheckState
from flatsat.flightsw.telecommand.request import Failure
from flatsat.protocols import dictionary
from hypothesis import given
from hypothesis import strategies as st

D = dictionary.load()
LOADED = FlightParameters()
TYPES = {field.name: field.type for field in fields(FlightParameters)}


@pytest.mark.parametrize("parameter", D.parameters.values(), ids=D.parameters)
def test_each_is_a_field_whose_default_may_be_set(parameter):
    assert TYPES[parameter.name] == ("int" if parameter.whole else "float")
    assert parameter.permits(getattr(LOADED, parameter.name))


@pytest.mark.parametrize(
    ("name", "ours"),
    [("failure", Failure), ("check_state", CheckState)],
    ids=["failure", "check-state"],
)
def test_enumerations_are_those_of_the_dictionary(name, ours):
    assert {member.value: member.name for member in ours} == D.enumerations[name]


def test_mode_requests_are_those_of_the_dictionary():
    for mode_request, name in D.enumerations["mode_request"].items():
        service = FunctionService(*[None] * 5)
        service.restore(bytes([mode_request, 0, 0]))
        assert name == ("AUTO" if service.level is Level.NORMAL else service.level.mode.name)


def test_a_table_changes_its_own_copy_only():
    table = ParameterTable(LOADED, D.parameters)
    table.set({7: 200.0, 8: 3.0})
    assert (table.live.least_on_s, table.live.dawn_nodes) == (200.0, 3)
    assert isinstance(table.live.dawn_nodes, int)
    assert LOADED.least_on_s == 300.0


COPY = st.integers(0, 3 * len(D.parameters) - 1)


@given(index=COPY, bit=st.integers(0, 63))
def test_any_one_flipped_bit_is_voted_out(index, bit):
    table = ParameterTable(LOADED, D.parameters)
    table.set({7: 200.0})
    table.upset(index, bit)
    copy, place = divmod(index, len(D.parameters))
    identifier = list(D.parameters.values())[place].identifier
    assert table.scrub() in ([(identifier, copy)], [])  # the sign of a zero is none
    assert table.live == replace(LOADED, least_on_s=200.0)
    assert table.scrub() == []


def test_flips_in_many_values_are_voted_out_one_by_one():
    table = ParameterTable(LOADED, D.parameters)
    for place in range(len(D.parameters)):
        table.upset(place % 3 * len(D.parameters) + place, 50)
    assert len(table.scrub()) == len(D.parameters)
    assert table.live == LOADED


def test_a_value_of_which_no_two_copies_agree_is_as_loaded():
    table = ParameterTable(LOADED, D.parameters)
    table.set({1: 0.5})
    for copy in range(2):
        table.upset(copy * len(D.parameters), 40 + copy)
    assert table.scrub() == [(1, COPIES)]
    assert table.live.floor == LOADED.floor


ORDERS = {
    "safe-above-payload": ({17: 0.61}, False),
    "payload-above-shed": ({25: 0.665}, False),
    "shed-above-floor": ({19: 0.705}, False),
    "floor-above-its-exit": ({1: 0.745}, False),
    "throttle-left-above-shed": ({27: 0.755}, False),
    "all-up": ({17: 0.69, 25: 0.7, 19: 0.71, 1: 0.74, 27: 0.76, 20: 0.78, 18: 0.75, 26: 0.77}, True),
    "safe-left-below-its-entry": ({18: 0.54}, False),
    "safe-left-above-payload": ({18: 0.71}, False),
    "payload-left-below-its-entry": ({26: 0.599}, False),
    "cells-out-of-order": ({28: 3.44}, False),
    "safe-cell-above-payload-cell": ({30: 3.5}, False),
    "cells-all-lower": ({28: 3.3, 29: 3.2, 30: 3.1}, True),
    "margin-above-limit": ({6: 20_000.0, 5: 19_999.0}, False),
    "as-hot-as-the-trip": ({10: 335.0}, False),
    "charging-only-when-warmer-than-heated": ({15: 279.0}, False),
    "heated-to-where-it-charges": ({15: 279.0, 13: 279.5}, True),
}


@pytest.mark.parametrize("name", ORDERS)
def test_order_is_that_of_the_whole_table(name):
    values, consistent = ORDERS[name]
    assert ParameterTable(LOADED, D.parameters).consistent(values) is consistent


REFUSED = [
    {"payload_entry": 0.54},
    {"safe_exit": 0.705},
    {"payload_entry": 0.61, "payload_exit": 0.605},
    {"safe_cell_v": 3.5},
    {"discharge_margin_w": 26_000.0},
    {"limit_k": 336.0},
    {"pack_warn_k": 317.0},
    {"spread_warn_v": 0.2},
    {"charge_most_k": 270.0},
]


@pytest.mark.parametrize(("row", "values"), zip(parameters.IN_ORDER, REFUSED, strict=True))
def test_a_table_out_of_order_is_refused_with_the_names(row, values):
    with pytest.raises(ValueError, match=f"^{', '.join(row)} are not in order"):
        replace(LOADED, **values)


@pytest.mark.parametrize("floor", [0.01, 0.3, 0.7, 0.9, 0.99])
def test_the_ladder_moves_with_the_floor(floor):
    moved = parameters.with_floor(LOADED, floor)
    assert moved.floor == floor
    assert (moved == LOADED) is (floor == LOADED.floor)


# A table in which everything differs from what is loaded.
OTHER = {
    "floor": 0.71875,
    "floor_margin": 0.015625,
    "full": 0.8125,
    "charge_limit_w": 10_000.0,
    "discharge_limit_w": 16_000.0,
    "discharge_margin_w": 3_000.0,
    "least_on_s": 30.0,
    "dawn_nodes": 2.0,
    "challenge_every_cycles": 5.0,
    "limit_k": 312.0,
    "limit_margin_k": 10.0,
    "coolant_heater_on_k": 282.0,
    "battery_heater_on_k": 291.0,
    "heater_hysteresis_k": 3.0,
    "charge_least_k": 280.0,
    "charge_most_k": 315.0,
    "safe_entry": 0.625,
    "safe_exit": 0.640625,
    "shed_entry": 0.703125,
    "shed_exit": 0.75,
    "safe_quiet_s": 90.0,
    "payload_entry": 0.6875,
    "payload_exit": 0.71875,
    "throttle_exit": 0.734375,
    "shed_cell_v": 3.5,
    "payload_cell_v": 3.375,
    "safe_cell_v": 3.25,
    "safe_orbits": 1.0,
    "faults_to_safe": 50.0,
    "frame_latest_ms": 3000.0,
    "verify_every_cycles": 7.0,
    "silent_cycles": 2.0,
    "array_low": 0.75,
    "array_low_hysteresis": 0.0625,
    "latchup_w": 800.0,
    "pack_warn_k": 320.0,
    "pack_isolate_k": 330.0,
    "pack_hysteresis_k": 2.0,
    "pack_rate_k_min": 2.0,
    "charge_hysteresis_k": 0.5,
    "spread_warn_v": 0.125,
    "spread_hysteresis_v": 0.03125,
    "spread_isolate_v": 0.25,
    "overvoltage_margin_v": 20.0,
    "latchup_samples": 4.0,
    "unlocked_samples": 6.0,
    "hung_samples": 4.0,
    "sensor_samples": 5.0,
    "string_lost_samples": 8.0,
    "array_low_samples": 20.0,
    "pack_open_samples": 10.0,
    "pack_runaway_samples": 10.0,
    "limiter_stuck_samples": 7.0,
}
SHORT_ORBIT = {"orbit_period_s": 200.0, "eclipse_s": 80.0, "battery_capacity_wh": 1500.0, "boot_s": 10.0}


def writes(satellite, lost) -> list:
    """All that the boards are told in a day and a night, the compute board silent at times; frames by their length."""
    satellite.boot_ms = 10_000
    satellite.coolant_k = 280.0
    satellite.sun = lambda now_s: 0.0 if (now_s + 60.0) % 200.0 > 120.0 else 90_000.0
    satellite.bus.fate = lambda request: lost[
        request.board == 1 and satellite.now_ms // 1000 % 50 in (11, 12)
    ]
    satellite.run(260)
    return [write if write.incrementing else len(write.octets) for write in satellite.bus.written]


def test_set_in_flight_is_as_good_as_loaded_before_launch(make_satellite, lost):
    assert OTHER.keys() == D.parameters.keys()
    default = writes(make_satellite(FlightParameters(**SHORT_ORBIT), state_of_charge=0.72), lost)
    values = {name: int(value) if D.parameters[name].whole else value for name, value in OTHER.items()}
    loaded = writes(make_satellite(FlightParameters(**SHORT_ORBIT, **values), state_of_charge=0.72), lost)
    satellite = make_satellite(FlightParameters(**SHORT_ORBIT), state_of_charge=0.72)
    satellite.memory.records["ground"] = with_parameters(make_satellite, OTHER)
    assert writes(satellite, lost) == loaded != default


def with_parameters(make_satellite, values: dict[str, float]) -> bytes:
    """The record that is found after a reset when the ground has set these."""
    satellite = make_satellite()
    satellite.run(1)
    octets = packed(values)
    default = satellite.memory.records["ground"]
    assert default.endswith(bytes((20, 1, 0, 0)))
    return default[:-2] + len(octets).to_bytes(2, "big") + octets


def packed(values: dict[str, float]) -> bytes:
    """Values as they are kept."""
    return b"".join(struct.pack(">Hf", *item) for item in numbered(values).items())


def ends() -> dict[str, dict[str, float]]:
    """Each parameter at each end of its range, its neighbours in order moved along where they have to."""
    found = {}
    for parameter in D.parameters.values():
        for end in (parameter.low, parameter.high):
            found[f"{parameter.name}-{end:g}"] = in_order({parameter.name: float(end)})
    return found


def in_order(values: dict[str, float]) -> dict[str, float]:
    """These values, and the nearest ones of other parameters that fit them and their ranges."""
    fixed, values = set(values), dict(values)
    for row in parameters.IN_ORDER * 8:
        for low, high in pairwise(row):
            below, above = (values.get(name, getattr(LOADED, name)) for name in (low, high))
            if below >= above:
                gap = 0.01 if above < 10.0 else 0.25
                if high in D.parameters and high not in fixed:
                    values[high] = min(below + gap, D.parameters[high].high)
                    fixed.add(high)
                else:
                    values[low] = max(above - gap, D.parameters[low].low)
                    fixed.add(low)
                    fixed.add(low)
    return values


def mixes() -> dict[str, dict[str, float]]:
    """Seeded random tables of whatever may be set."""
    found: dict[str, dict[str, float]] = {}
    dice = Random("tables")
    while len(found) < 16:
        values = {}
        for known in D.parameters.values():
            value = dice.choice([known.low, known.high, dice.uniform(known.low, known.high)])
            values[known.name] = float(round(value) if known.whole else value)
        for row in parameters.IN_ORDER:
            names = [name for name in row if name in values]
            for name, value in zip(names, sorted(values[name] for name in names), strict=True):
                values[name] = min(max(value, D.parameters[name].low), D.parameters[name].high)
        if ParameterTable(LOADED, D.parameters).consistent(numbered(values)):
            found[f"mix-{len(found)}"] = values
    return found


def numbered(values: dict[str, float]) -> dict[int, float]:
    return {D.parameters[name].identifier: value for name, value in values.items()}


ENDS = ends()
TABLES = ENDS | mixes()


@pytest.mark.parametrize("name", ENDS)
def test_every_end_of_a_range_can_be_set(name):
    table = ParameterTable(LOADED, D.parameters)
    values = numbered(ENDS[name])
    assert all(table.permits(identifier, value) for identifier, value in values.items())
    assert table.consistent(values)


@pytest.mark.parametrize("name", TABLES)
def test_whatever_is_set_the_satellite_flies_charges_and_hears_the_ground(make_satellite, make_ground, name):
    """Through Sun and eclipse: no brown-out by planned loads, the battery is charged, a telecommand is answered."""
    short = FlightParameters(**SHORT_ORBIT, safe_listen_s=30.0, safe_listen_every_s=60.0)
    ground = make_ground(make_satellite(short, state_of_charge=0.72))
    satellite = ground.satellite
    satellite.boot_ms = 10_000
    satellite.coolant_k = 280.0
    satellite.sun = lambda now_s: 0.0 if (now_s + 60.0) % 200.0 > 120.0 else 90_000.0
    satellite.run(20)
    satellite.flight._telecommands.services.parameters.restore(packed(TABLES[name]))
    charged = []
    satellite.run(300, lambda now: charged.append(now.charge and now.battery_w > 0.0))
    assert any(charged[100:])
    assert satellite.boots == [0]
    assert any(heard(ground) for _ in range(70))


def heard(ground) -> bool:
    """Whether a telecommand is answered now; flies at least a cycle."""
    if ground.satellite.flight.status.link is LinkState.TRACK:
        return ("alive",) in ground.send("ping", 3)
    ground.satellite.run(1)
    return False


@pytest.mark.parametrize("name", [name for name in TABLES if name.startswith(("charge_", "battery_", "mix"))])
def test_a_healthy_battery_charges_whatever_is_set(make_satellite, name):
    for battery_k in (283.1, 298.0, 312.9):
        satellite = make_satellite()
        satellite.battery_k = battery_k
        satellite.run(1)
        satellite.flight._telecommands.services.parameters.restore(packed(TABLES[name]))
        satellite.run(2)
        assert satellite.charge


def test_no_constructor_takes_a_copy_of_what_may_be_set():
    """A module that did would go on by the value of its boot."""
    for path in Path(parameters.__file__).parent.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef) and function.name == "__init__":
                read = {
                    node.attr
                    for node in ast.walk(function)
                    if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("parameters")
                }
                assert not read & D.parameters.keys(), path
