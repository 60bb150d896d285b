# SPDX-License-Identifier: Apache-2.0
"""The telemetry dictionary: octets against construct, calibrations against the boards, and errors in its file."""

import copy
import math
import tomllib

import construct
import pytest
from flatsat.boards.registers import compute_flight, laser_flight, power_flight
from flatsat.protocols import dictionary
from flatsat.protocols.dictionary import LimitState, RawType
from flatsat.protocols.tables import TableError
from hypothesis import given
from hypothesis import strategies as st

DICTIONARY = dictionary.load()
PACKETS = pytest.mark.parametrize("packet", DICTIONARY.packets.values(), ids=lambda packet: packet.name)

THEIRS = {
    RawType.U8: construct.Int8ub,
    RawType.U16: construct.Int16ub,
    RawType.U32: construct.Int32ub,
    RawType.U64: construct.Int64ub,
    RawType.I16: construct.Int16sb,
    RawType.I32: construct.Int32sb,
    RawType.F32: construct.Float32b,
}
RAW = {
    RawType.F32: st.floats(width=32, allow_nan=False),
    **{kind: st.integers(0, (1 << int(kind.value[1:])) - 1) for kind in RawType if kind.value[0] == "u"},
    **{kind: st.integers(-(1 << int(kind.value[1:]) - 1), (1 << int(kind.value[1:]) - 1) - 1)
       for kind in RawType if kind.value[0] == "i"},
}  # fmt: skip


@PACKETS
@given(data=st.data())
def test_octets_equal_those_of_construct(packet, data):
    raw = tuple(data.draw(RAW[parameter.type]) for parameter in packet.parameters)
    layout = construct.Sequence(*(THEIRS[parameter.type] for parameter in packet.parameters))
    prefix = b"" if packet.structure is None else bytes([packet.structure])
    octets = packet.pack(raw)
    assert octets == prefix + layout.build(list(raw))
    assert packet.unpack(octets) == raw == tuple(layout.parse(octets[len(prefix) :]))
    assert len(octets) == packet.octets


@PACKETS
def test_octets_cut_or_trailing_are_refused(packet):
    octets = packet.pack([0] * len(packet.parameters))
    for wrong in (*(octets[:cut] for cut in range(len(octets))), octets + b"\0"):
        with pytest.raises(dictionary.WrongOctets) as caught:
            packet.unpack(wrong)
        assert (caught.value.octets, caught.value.expected_octets) == (len(wrong), packet.octets)


def test_another_structure_is_refused():
    packet = DICTIONARY.packets["power_hk"]
    with pytest.raises(dictionary.WrongStructure):
        packet.unpack(b"\2" + bytes(packet.octets - 1))


@pytest.mark.parametrize(
    ("raw", "error", "facts"),
    [
        pytest.param((1, 2, 3), dictionary.WrongCount, {"values": 3, "expected": 4}, id="too few"),
        pytest.param((1, 2, 3, 4, 5), dictionary.WrongCount, {"values": 5}, id="too many"),
        pytest.param((65_536, 0, 0, 0), dictionary.RawOutOfRange, {"parameter": "event_id"}, id="u16"),
        pytest.param((0, 0, 0, 1 << 31), dictionary.RawOutOfRange, {"parameter": "parameter1"}, id="i32"),
        pytest.param(
            (0, -1, 0, 0), dictionary.RawOutOfRange, {"parameter": "time_ms", "value": -1}, id="negative"
        ),
        pytest.param((0, 1.5, 0, 0), dictionary.RawOutOfRange, {"type_name": "u32"}, id="fraction"),
    ],
)
def test_raw_values_that_do_not_fit(raw, error, facts):
    with pytest.raises(error) as caught:
        DICTIONARY.packets["event"].pack(raw)
    assert {name: getattr(caught.value, name) for name in facts} == facts


def test_float_that_overflows():
    packet = DICTIONARY.packets["fsw_hk"]
    raw = [1e39 if name == "power_budget_w" else 0 for name in packet.names]
    with pytest.raises(dictionary.RawOutOfRange):
        packet.pack(raw)


BOARD_FIELDS = {
    "power_hk": {
        "bus_voltage": power_flight.BUS_VOLTAGE,
        "bus_current": power_flight.BUS_CURRENT,
        "battery_voltage": power_flight.BATTERY_VOLTAGE,
        "battery_current": power_flight.BATTERY_CURRENT,
        "state_of_charge": power_flight.GAUGE_STATE_OF_CHARGE,
        "battery_temperature": power_flight.GAUGE_TEMPERATURE,
        **{
            f"{kind}{i}_current": getattr(power_flight, f"{kind.upper()}_{i & 6}_{i | 1}_{kind.upper()}{i}")
            for kind in ("string", "load")
            for i in range(8)
        },
        **{
            f"pack{i}_{kind}": getattr(power_flight, f"PACK_{kind.upper()}_PACK{i}")
            for kind in ("current", "spread", "temperature")
            for i in range(2)
        },
    },
    "compute_hk": {
        "coolant_temperature": compute_flight.COOLANT_COOLANT_TEMPERATURE,
        "radiator_temperature": compute_flight.COOLANT_RADIATOR_TEMPERATURE,
        **{
            f"temperature{i}": getattr(compute_flight, f"TEMPERATURE_{i & 12}_{i | 3}_NODE{i}")
            for i in range(16)
        },
    },
    "laser_hk": {
        "received_power": laser_flight.OPTICAL_RECEIVED_POWER,
        "pointing_error": laser_flight.OPTICAL_POINTING_ERROR,
        "temperature": laser_flight.TEMPERATURE_TERMINAL,
    },
}


@pytest.mark.parametrize("name", BOARD_FIELDS)
def test_calibrations_are_those_of_the_boards(name):
    packet, fields = DICTIONARY.packets[name], BOARD_FIELDS[name]
    parameters = {parameter.name: parameter for parameter in packet.parameters}
    assert {p.name for p in packet.parameters if p.calibration} == set(fields)
    for parameter_name, field in fields.items():
        parameter = parameters[parameter_name]
        assert parameter.unit == field.unit, parameter_name
        assert int(parameter.type.value[1:]) == field.width, parameter_name
        for raw in (0, 1, field.mask >> field.low):
            assert parameter.engineering(raw) == pytest.approx(field.zero + field.lsb * raw, rel=1e-12)


def test_engineering_values():
    packet = DICTIONARY.packets["laser_hk"]
    raw = dict.fromkeys(packet.names, 0) | {"state": 2, "received_power": 4000, "temperature": 29_315}
    values = packet.engineering(list(raw.values()))
    assert list(values) == list(packet.names)
    assert values["state"] == "TRACK"
    assert values["temperature"] == pytest.approx(293.15)
    assert math.isclose(values["received_power"], 4e-6)


@pytest.mark.parametrize(("raw", "state"), [(2, "TRACK"), (7, "UNDEFINED_7")])
def test_states_without_a_name_keep_their_number(raw, state):
    parameter = next(p for p in DICTIONARY.packets["laser_hk"].parameters if p.name == "state")
    assert parameter.engineering(raw) == state


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (240.0, LimitState.YELLOW),
        (239.9, LimitState.RED),
        (270.0, LimitState.NOMINAL),
        (269.9, LimitState.YELLOW),
        (330.0, LimitState.NOMINAL),
        (330.1, LimitState.YELLOW),
        (345.1, LimitState.RED),
        (math.nan, LimitState.RED),
    ],
)
def test_limits_on_both_sides(value, state):
    parameter = next(p for p in DICTIONARY.packets["power_hk"].parameters if p.name == "bus_voltage")
    assert parameter.limits.state(value) is state


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ((0x10, 3, 25, 1), "power_hk"),
        ((0x11, 3, 25, 2), "compute_hk"),
        ((0x12, 3, 25, 3), "laser_hk"),
        ((0x13, 3, 25, 4), "fsw_hk"),
        ((0x14, 5, 1), "event"),
        ((0x14, 5, 4, 99), "event"),
        ((0x10, 3, 25, 2), None),
        ((0x10, 3, 25), None),
        ((0x14, 5, 5), None),
        ((0x7FF, 0, 0), None),
    ],
)
def test_identify(identity, name):
    assert DICTIONARY.identify(*identity) is DICTIONARY.packets.get(name)


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("LCL_TRIPPED", (3, 2), "Limiter 3 tripped, trip 2"),
        ("MODE_CHANGED", (2, 0), "Mission mode NOMINAL to SAFE"),
        ("MODE_CHANGED", (2, 7), "Mission mode NOMINAL to UNDEFINED_7"),
        ("NODE_TRIPPED", (9, 140), "Node 9 switched off by its temperature of 340 K"),
        ("UNDER_VOLTAGE", (1, 25_190), "Under-voltage lock-out entered, battery at 251.9 V"),
        ("STATE_OF_CHARGE_LOW", (6987, 7000), "State of charge 0.6987 is below the floor of 0.7"),
        ("WRONG_ANSWER", (4, -1), "Node 4 answers wrong, differing bits 0xFFFFFFFF"),
        ("PARAMETER_CHANGED", (1, 0), "Parameter floor changed by the ground"),
        ("COMPUTER_RESTARTING", (0, 0), "Flight software stops kicking the watchdog, as the ground asked"),
    ],
)
def test_events_are_told_in_a_sentence(name, parameters, sentence):
    assert DICTIONARY.events[name].tell(*parameters) == sentence


def test_every_sentence_tells_every_parameter():
    for event in DICTIONARY.events.values():
        assert all(f"{{{parameter.name}}}" in event.sentence for parameter in event.parameters), event.name


def test_the_last_enumerations_are_made_of_the_rest_of_the_file():
    assert DICTIONARY.enumerations["event"][5] == "LCL_TRIPPED"
    assert DICTIONARY.enumerations["structure"] == {
        1: "power_hk", 2: "compute_hk", 3: "laser_hk", 4: "fsw_hk"
    }  # fmt: skip
    assert DICTIONARY.enumerations["settable"][1] == "floor"
    assert DICTIONARY.enumerations["sampled"][0x105] == "power_hk.bus_voltage"
    assert DICTIONARY.enumerations["sampled"][0x100 + 26] == "power_hk.load7_current"
    assert DICTIONARY.enumerations["sampled"][0x100 + 32] == "power_hk.pack1_temperature"


@pytest.mark.parametrize(
    ("name", "value", "permitted"),
    [
        ("floor", 0.9, True),
        ("floor", 0.8999999761581421, True),
        ("floor_margin", 0.10000000149011612, True),
        ("floor", 0.91, False),
        ("floor", math.nan, False),
        ("dawn_nodes", 4.0, True),
        ("dawn_nodes", 4.5, False),
    ],
)
def test_settable_parameters(name, value, permitted):
    assert DICTIONARY.parameters[name].permits(value) is permitted


def test_every_packet_and_parameter_is_described():
    for packet in DICTIONARY.packets.values():
        assert packet.description
        assert all(parameter.description and parameter.unit for parameter in packet.parameters)


FILE = tomllib.loads(dictionary.BUILT_IN.read_text(encoding="utf-8"))


def spoiled(*path, value):
    table = copy.deepcopy(FILE)
    place = table
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return table


@pytest.mark.parametrize(
    ("table", "key_path", "problem"),
    [
        pytest.param(spoiled("color", value=1), "color", "unknown field", id="unknown key"),
        pytest.param(spoiled("version", value=None), "version", "missing", id="missing key"),
        pytest.param(spoiled("version", value=256), "version", "0 to 255", id="version"),
        pytest.param(spoiled("version", value=True), "version", "a whole number", id="a truth is no integer"),
        pytest.param(
            spoiled("packets", 1, "apid", value=0x7FF), "packets[1].apid", "0 to 2046", id="idle APID"
        ),
        pytest.param(
            spoiled("packets", 4, "subtype", value=[1, 256]), "packets[4].subtype", "0 to 255", id="list"
        ),
        pytest.param(
            spoiled("packets", 0, "colour", value=1), "packets[0].colour", "period_s", id="unknown in packet"
        ),
        pytest.param(
            spoiled("packets", 0, "parameters", 3, "type", value="u24"),
            "packets[0].parameters[3].type",
            "u8, u16, u32, u64, i16, i32, f32",
            id="type",
        ),
        pytest.param(
            spoiled("packets", 0, "parameters", 3, "unit", value=None),
            "packets[0].parameters[3].unit",
            "missing",
            id="no unit",
        ),
        pytest.param(
            spoiled("packets", 2, "parameters", 2, "enumeration", value="laser"),
            "packets[2].parameters[2].enumeration",
            "failure, event, structure, settable, sampled",
            id="unknown enumeration",
        ),
        pytest.param(
            spoiled("packets", 2, "parameters", 2, "calibration", value=[0, 1]),
            "packets[2].parameters[2].enumeration",
            "excludes",
            id="enumeration and calibration",
        ),
        pytest.param(
            spoiled("packets", 0, "parameters", 5, "limits", "yellow", value=[300, 400]),
            "packets[0].parameters[5].limits",
            "within red",
            id="yellow beyond red",
        ),
        pytest.param(
            spoiled("packets", 0, "parameters", 5, "limits", "yellow", value=[300]),
            "packets[0].parameters[5].limits.yellow",
            "a list of 2",
            id="half a limit",
        ),
        pytest.param(
            spoiled("packets", 0, "parameters", 1, "name", value="time_ms"),
            "packets[0].parameters[1].name",
            "taken",
            id="a name twice",
        ),
        pytest.param(
            spoiled("packets", 0, "parameters", 11, "name", value="string"),
            "packets[0].parameters[11].name",
            "taken",
            id="count without number",
        ),
        pytest.param(
            spoiled("packets", 0, "parameters", 0, "name", value="time{}"),
            "packets[0].parameters[0].name",
            "letters",
            id="number without count",
        ),
        pytest.param(
            spoiled("packets", 1, "name", value="power_hk"), "packets[1].name", "taken", id="packet twice"
        ),
        pytest.param(
            spoiled("packets", 4, value=FILE["packets"][0] | {"name": "again"}),
            "packets[4]",
            "power_hk's",
            id="identity twice",
        ),
        pytest.param(
            spoiled("events", 1, "identifier", value=1), "events[1].identifier", "taken", id="event twice"
        ),
        pytest.param(
            spoiled("events", 1, "severity", value=5), "events[1].severity", "1, 2, 3, 4", id="severity"
        ),
        pytest.param(
            spoiled("enumerations", "boot_cause", "OTHER", value="3"),
            "enumerations.boot_cause.OTHER",
            "a whole number",
            id="state",
        ),
        pytest.param(spoiled("packets", value={}), "packets", "a list", id="table for a list"),
        pytest.param(
            spoiled("events", 4, "sentence", value="Limiter {load} tripped"),
            "events[4].sentence",
            "{limiter}, {trips}",
            id="sentence",
        ),
        pytest.param(
            spoiled("events", 4, "parameters", value=FILE["events"][4]["parameters"] * 2),
            "events[4].parameters",
            "at most 2",
            id="four parameters",
        ),
        pytest.param(
            spoiled("telecommands", 0, "repeat", 0, "type", value="i8"),
            "telecommands[0].repeat[0].type",
            "telecommand",
            id="argument's type",
        ),
        pytest.param(
            spoiled("telecommands", 0, "repeat", 0, "enumeration", value="packet"),
            "telecommands[0].repeat[0].enumeration",
            "structure",
            id="argument's enumeration",
        ),
        pytest.param(
            spoiled("telecommands", 0, "repeat", 0, "low", value=1),
            "telecommands[0].repeat[0].enumeration",
            "excludes low and high",
            id="enumeration and range",
        ),
        pytest.param(
            spoiled("telecommands", 1, value=FILE["telecommands"][0] | {"name": "again"}),
            "telecommands[1]",
            "hk_enable's",
            id="telecommand's identity twice",
        ),
        pytest.param(
            spoiled("telecommands", 1, "name", value="hk_enable"),
            "telecommands[1].name",
            "taken",
            id="telecommand twice",
        ),
        pytest.param(
            spoiled("parameters", 1, "identifier", value=1),
            "parameters[1].identifier",
            "taken",
            id="parameter twice",
        ),
        pytest.param(spoiled("parameters", 0, "low", value=2), "parameters[0].low", "below 0.9", id="range"),
    ],
)
def test_errors_in_the_file_name_the_key_and_what_is_allowed(table, key_path, problem):
    with pytest.raises(TableError) as caught:
        dictionary.from_table(table)
    assert caught.value.path == key_path
    assert problem in str(caught.value)


def test_a_file_that_is_not_toml(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text("version = ")
    with pytest.raises(TableError, match=r"wrong.toml: cannot be read"):
        dictionary.load(path)
