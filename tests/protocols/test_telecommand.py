# SPDX-License-Identifier: Apache-2.0
"""Telecommand definitions: application data against construct, arguments that are refused, and octets that lie."""

import math
import struct

import construct
import pytest
from flatsat.protocols import dictionary, pus, telecommand
from flatsat.protocols.dictionary import RawType
from hypothesis import given, settings
from hypothesis import strategies as st

DICTIONARY = dictionary.load()
TELECOMMANDS = pytest.mark.parametrize(
    "definition", DICTIONARY.telecommands.values(), ids=lambda definition: definition.name
)
THEIRS = {
    RawType.U8: construct.Int8ub,
    RawType.U16: construct.Int16ub,
    RawType.U32: construct.Int32ub,
    RawType.F32: construct.Float32b,
}
PING = pus.Telecommand(
    apid=0x20, sequence_count=1, header=pus.TelecommandHeader(service=17, subtype=1)
).encode()


def raw_values(argument):
    """Raw values that the argument permits."""
    if argument.type is None:
        return st.just(PING)
    if argument.states is not None:
        return st.sampled_from(list(argument.states))
    if argument.type is RawType.F32:
        return st.floats(width=32, allow_nan=False, allow_infinity=False)
    high = (1 << int(argument.type.value[1:])) - 1
    return st.integers(int(argument.low or 0), high if argument.high is None else int(argument.high))


def layout(definition, items):
    """The same application data in construct."""

    def item(argument):
        return construct.Bytes(len(PING)) if argument.type is None else THEIRS[argument.type]

    parts = [] if definition.function is None else [construct.Const(bytes([definition.function]))]
    parts += [item(argument) for argument in definition.arguments]
    if definition.repeat:
        parts.append(construct.Const(bytes([items])))
        parts += [item(argument) for _ in range(items) for argument in definition.repeat]
    return construct.Sequence(*parts)


@TELECOMMANDS
@settings(max_examples=20)
@given(data=st.data())
def test_octets_equal_those_of_construct_and_come_back(definition, data):
    items = data.draw(st.integers(1, 16)) if definition.repeat else 0
    fixed = {a.name: data.draw(raw_values(a)) for a in definition.arguments}
    lists = {
        a.name: tuple(data.draw(st.lists(raw_values(a), min_size=items, max_size=items)))
        for a in definition.repeat
    }
    octets = definition.pack(fixed | lists)
    values = [None] if definition.function is not None else []
    values += fixed.values()
    values += [None] if definition.repeat else []
    values += [value for item in zip(*lists.values(), strict=True) for value in item]
    assert octets == layout(definition, items).build(values)
    assert definition.unpack(octets) == fixed | lists


@TELECOMMANDS
def test_octets_cut_or_trailing_are_refused(definition):
    example = {a.name: _example(a) for a in (*definition.arguments, *definition.repeat)}
    octets = definition.pack(example)
    for wrong in (*(octets[:cut] for cut in range(len(octets))), octets + b"\0"):
        with pytest.raises(telecommand.WrongLayout):
            definition.unpack(wrong)


@TELECOMMANDS
@settings(max_examples=30)
@given(octets=st.binary(max_size=64))
def test_noise_is_refused_or_comes_back(definition, octets):
    try:
        arguments = definition.unpack(octets)
    except telecommand.ArgumentError:
        return
    assert definition.pack(arguments) == octets


@TELECOMMANDS
def test_each_is_described_and_identified(definition):
    assert definition.description.endswith(".")
    assert all(a.description and a.unit for a in (*definition.arguments, *definition.repeat))
    assert DICTIONARY.identify_telecommand(*_identity(definition)) is definition


def _identity(definition):
    return definition.service, definition.subtype, definition.function


def _example(argument):
    if argument.type is None:
        return PING
    return next(iter(argument.states)) if argument.states else int(argument.low or 0)


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ((17, 1), "ping"),
        ((17, 1, 5), "ping"),
        ((8, 1, 3), "node_restart"),
        ((8, 1, 99), None),
        ((8, 1), None),
        ((17, 2), None),
    ],
)
def test_identify(identity, name):
    assert DICTIONARY.identify_telecommand(*identity) is DICTIONARY.telecommands.get(name)


@pytest.mark.parametrize(
    ("name", "arguments", "error", "facts"),
    [
        pytest.param("ping", {"node": 1}, telecommand.UnknownArgument, {"argument": "node"}, id="unknown"),
        pytest.param("node_restart", {}, telecommand.MissingArgument, {"argument": "node"}, id="missing"),
        pytest.param(
            "node_restart", {"node": 16}, telecommand.ArgumentOutOfRange, {"value": 16}, id="above its range"
        ),
        pytest.param(
            "node_restart", {"node": 256}, telecommand.WrongArgument, {"allowed": "u8"}, id="beyond its type"
        ),
        pytest.param("node_restart", {"node": 1.5}, telecommand.WrongArgument, {}, id="a fraction"),
        pytest.param("node_restart", {"node": "one"}, telecommand.WrongArgument, {}, id="a text"),
        pytest.param(
            "mode_set", {"mode": "NOMINAL"}, telecommand.WrongArgument, {"allowed": "AUTO, SAFE, CHARGE"}, id="no such name"
        ),
        pytest.param("mode_set", {"mode": 3}, telecommand.ArgumentOutOfRange, {"value": 3}, id="no such state"),
        pytest.param("mode_set", {"mode": [1]}, telecommand.WrongItems, {"items": 1}, id="a list for a value"),
        pytest.param("hk_enable", {"structure": []}, telecommand.WrongItems, {"items": 0}, id="no item"),
        pytest.param(
            "hk_enable", {"structure": [1] * 17}, telecommand.WrongItems, {"items": 17}, id="seventeen items"
        ),
        pytest.param(
            "hk_period", {"structure": [1, 2], "period_ms": 1000}, telecommand.WrongItems, {"items": 1}, id="lists of two lengths"
        ),
        pytest.param(
            "parameter_set", {"parameter": "floor", "value": math.nan}, telecommand.ArgumentOutOfRange, {}, id="not a number"
        ),
        pytest.param(
            "parameter_set", {"parameter": "floor", "value": 1e39}, telecommand.WrongArgument, {}, id="beyond f32"
        ),
        pytest.param(
            "schedule_insert",
            {"release_seconds": 1, "release_fraction": 0, "telecommand": PING[:-1]},
            telecommand.WrongArgument,
            {"argument": "telecommand"},
            id="half a telecommand",
        ),
    ],
)  # fmt: skip
def test_arguments_that_are_refused(name, arguments, error, facts):
    with pytest.raises(error) as caught:
        DICTIONARY.telecommands[name].pack(arguments)
    assert {fact: getattr(caught.value, fact) for fact in facts} == facts


def test_names_serve_for_enumerated_values():
    definition = DICTIONARY.telecommands["monitor_add"]
    by_name = {"monitor": 1, "parameter": "power_hk.bus_voltage", "repetition": 3, "low": 1, "high": 2}
    packet = DICTIONARY.packets["power_hk"]
    place = packet.names.index("bus_voltage")
    assert definition.pack(by_name) == definition.pack(by_name | {"parameter": packet.structure << 8 | place})


@pytest.mark.parametrize(
    ("name", "octets", "error"),
    [
        pytest.param("node_restart", b"\x03\x10", telecommand.ArgumentOutOfRange, id="node 16"),
        pytest.param("node_restart", b"\x04\x01", telecommand.WrongLayout, id="another function"),
        pytest.param("hk_enable", b"\x00", telecommand.WrongLayout, id="no item"),
        pytest.param("hk_enable", b"\x11" + bytes(17), telecommand.WrongLayout, id="seventeen items"),
        pytest.param("hk_enable", b"\x02\x01\x09", telecommand.ArgumentOutOfRange, id="second of two"),
        pytest.param(
            "parameter_set",
            b"\x01\x00\x01" + struct.pack(">f", math.inf),
            telecommand.ArgumentOutOfRange,
            id="infinite",
        ),
        pytest.param(
            "schedule_insert",
            b"\x01" + bytes(6) + b"\x18\x20\xc0\x00\xff\xff" + bytes(20),
            telecommand.WrongLayout,
            id="a telecommand longer than the rest",
        ),
    ],
)
def test_octets_that_are_refused(name, octets, error):
    with pytest.raises(error):
        DICTIONARY.telecommands[name].unpack(octets)


def test_unchecked_arguments_go_out_as_they_are():
    definition = DICTIONARY.telecommands["node_restart"]
    assert definition.pack({"node": 16}, checked=False) == b"\x03\x10"
