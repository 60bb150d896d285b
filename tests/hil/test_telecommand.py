# SPDX-License-Identifier: Apache-2.0
"""Telecommands of a scenario: what is refused on load and with what words, and the octets that the ground sends."""

import pytest
from flatsat.hil import scenario, scenario_toml, telecommand
from flatsat.hil.scenario import ScenarioError, parse
from flatsat.hil.uplink import Uplink
from flatsat.protocols import cuc, dictionary, pus
from hypothesis import given, settings
from hypothesis import strategies as st

DICTIONARY = dictionary.load()
EPOCH_TAI_MS = 2_145_916_837_000
HEAD = """
name = "short"
description = "Half a minute."
duration_s = 30
orbit = { altitude_km = 550 }
satellite = { state_of_charge = 0.75, radiator_k = 250 }
link = { bit_error_rate = 1e-4 }
"""


def with_telecommands(*tables):
    return HEAD + "".join(f"[[telecommands]]\n{table}\n" for table in tables)


def sendings(*tables):
    return Uplink(parse(with_telecommands(*tables)).telecommands, EPOCH_TAI_MS).sendings


SET_FLOOR = 'at_s = 1\nname = "parameter_set"\narguments = '
INSERT = 'at_s = 1\nname = "schedule_insert"\narguments = '
PING = '{ name = "ping" }'


@pytest.mark.parametrize(
    ("table", "key", "allowed"),
    [
        pytest.param('name = "ping"', "at_s", "from 0", id="no time"),
        pytest.param('at_s = 30\nname = "ping"', "at_s", "below 30 s", id="after the run"),
        pytest.param('at_s = 1.00001\nname = "ping"', "at_s", "0.001 s", id="not in milliseconds"),
        pytest.param("at_s = 1", "name", "one of them", id="neither name nor raw"),
        pytest.param('at_s = 1\nname = "pong"', "name", "ping", id="unknown name"),
        pytest.param('at_s = 1\nname = "ping"\nraw = "18"', "raw", "one of them", id="name and raw"),
        pytest.param('at_s = 1\nname = "ping"\ncolour = 1', "colour", "acknowledge", id="unknown field"),
        pytest.param('at_s = 1\nname = "ping"\nexpect = "luck"', "expect", "completed, lost", id="expectation"),
        pytest.param('at_s = 1\nname = "ping"\nacknowledge = 16', "acknowledge", "to 15", id="acknowledge"),
        pytest.param('at_s = 1\nname = "ping"\nsequence = 16384', "sequence", "to 16383", id="sequence"),
        pytest.param('at_s = 1\nname = "ping"\nsource = -1', "source", "from 0", id="source"),
        pytest.param('at_s = 1\nname = "ping"\narguments = 5', "arguments", "a table", id="arguments is 5"),
        pytest.param('at_s = 1\nraw = "1"', "raw", "0-9a-fA-F", id="half an octet"),
        pytest.param('at_s = 1\nraw = "18"\nsource = 2', "source", "leave it out", id="source beside raw"),
        pytest.param('at_s = 1\nraw = "18"\nsequence = 2', "sequence", "leave it out", id="sequence beside raw"),
        pytest.param(
            'at_s = 1\nraw = "18"\narguments = { x = 1 }', "arguments", "leave it out", id="arguments beside raw"
        ),
        pytest.param(f'at_s = 1\nraw = "{"00" * 253}"', "raw", "at most 252", id="longer than a block"),
        pytest.param(
            'at_s = 1\nname = "ping"\narguments = { node = 1 }', "arguments.node", "none", id="unknown argument"
        ),
        pytest.param(SET_FLOOR + '{ parameter = "floor" }', "arguments.value", "", id="missing argument"),
        pytest.param(
            SET_FLOOR + '{ parameter = "roof", value = 1 }', "arguments.parameter", "floor, floor_margin", id="name"
        ),
        pytest.param(
            SET_FLOOR + '{ parameter = 999, value = 1 }', "arguments.parameter", "floor", id="identifier"
        ),
        pytest.param(
            SET_FLOOR + '{ parameter = "floor", value = 0.95 }', "arguments.value", "from 0.3 to 0.9", id="setting"
        ),
        pytest.param(
            SET_FLOOR + '{ parameter = "dawn_nodes", value = 1.5 }', "arguments.value", "whole numbers", id="whole"
        ),
        pytest.param(SET_FLOOR + '{ parameter = "floor", value = nan }', "arguments.value", "", id="not a number"),
        pytest.param(SET_FLOOR + '{ parameter = "floor", value = true }', "arguments.value", "a number", id="truth"),
        pytest.param(
            SET_FLOOR + '{ parameter = ["floor", "full"], value = 0.8 }', "arguments.value", "2, as in", id="lists"
        ),
        pytest.param(
            'at_s = 1\nname = "node_restart"\narguments = { node = 16 }', "arguments.node", "from 0 to 15", id="range"
        ),
        pytest.param(
            'at_s = 1\nname = "node_restart"\narguments = { node = 300 }\nexpect = "OUT_OF_RANGE"',
            "arguments.node",
            "u8",
            id="beyond its type, whatever is expected",
        ),
        pytest.param(
            f'at_s = 1\nname = "node_restart"\narguments = {{ node = 1{"0" * 400} }}',
            "arguments.node",
            "64 bits",
            id="many digits",
        ),
        pytest.param(
            f"at_s = 1\nname = \"hk_enable\"\narguments = {{ structure = {[1] * 17} }}",
            "arguments.structure",
            "1 to 16",
            id="seventeen items",
        ),
        pytest.param(INSERT + f"{{ telecommand = {PING} }}", "arguments.release_s", "", id="no release"),
        pytest.param(
            INSERT + f"{{ release_s = -1, telecommand = {PING} }}", "arguments.release_s", "from 0", id="release"
        ),
        pytest.param(
            INSERT + f"{{ release_s = 1.00001, telecommand = {PING} }}",
            "arguments.release_s",
            "0.001 s",
            id="release not in milliseconds",
        ),
        pytest.param(
            INSERT + f"{{ release_s = 5, release_seconds = 5, telecommand = {PING} }}",
            "arguments.release_seconds",
            "one of them",
            id="two releases",
        ),
        pytest.param(
            INSERT + f"{{ release_s = [5, 6], telecommand = {PING} }}", "arguments.telecommand", "2", id="one of two"
        ),
        pytest.param(
            INSERT + "{ release_s = 5, telecommand = 5 }", "arguments.telecommand", "a table", id="nested is 5"
        ),
        pytest.param(
            INSERT + '{ release_s = [5, 6], telecommand = [{ name = "ping" }, { name = "pong" }] }',
            "arguments.telecommand[1].name",
            "ping",
            id="unknown name within",
        ),
        pytest.param(
            INSERT + '{ release_s = 5, telecommand = { name = "ping", at_s = 3 } }',
            "arguments.telecommand.at_s",
            "name",
            id="time within",
        ),
        pytest.param(
            INSERT + '{ release_s = 5, telecommand = { raw = "18", expect = "silent" } }',
            "arguments.telecommand",
            "a telecommand packet",
            id="octets within that are no packet",
        ),
        pytest.param(
            INSERT + f"{{ release_s = {[5] * 16}, telecommand = [{', '.join([PING] * 16)}] }}",
            "arguments",
            "at most 252",
            id="more than a block",
        ),
        pytest.param(
            'at_s = 1\nname = "ping"\nacknowledge = 0', "acknowledge", "completion 1", id="completed, and not told"
        ),
        pytest.param(
            'at_s = 1\nname = "ping"\nacknowledge = 2', "acknowledge", "silent", id="completed, progress told"
        ),
        pytest.param(
            'at_s = 1\nname = "ping"\nacknowledge = 0\nexpect = "lost"', "acknowledge", "silent", id="lost, and not told"
        ),
        pytest.param('at_s = 1\nname = "ping"\nexpect = "silent"', "expect", "lost", id="silent, and told"),
        pytest.param(
            'at_s = 1\nraw = "1820c000000620110100000000"', "expect", "silent", id="octets completed, and not told"
        ),
        pytest.param(
            'at_s = 1\nname = "ping"\nexpect = "LENGTH"', "expect", "DUPLICATE", id="no failure of a named one"
        ),
        pytest.param(
            'at_s = 1\nname = "ping"\nexpect = "discarded"', "expect", "DUPLICATE", id="a named one discarded"
        ),
        pytest.param(
            'at_s = 1\nname = "ping"\nexpect = "OUT_OF_RANGE"', "expect", "DUPLICATE", id="nothing out of range"
        ),
        pytest.param(
            'at_s = 20\n' + INSERT.partition("\n")[2] + f"{{ release_s = 10, telecommand = {PING} }}",
            "arguments.release_s",
            "above 21 s",
            id="released before it is sent",
        ),
        pytest.param(
            INSERT + f"{{ release_s = [20, 30], telecommand = [{PING}, {PING}] }}",
            "arguments.release_s[1]",
            "below 30 s",
            id="released after the run",
        ),
        pytest.param(
            'at_s = 1\nname = "monitor_add"\narguments = { monitor = 1, parameter = "power_hk.bus_voltage", '
            "repetition = 1, low = 9, high = 1 }",
            "arguments.low",
            "to 1",
            id="limits the wrong way round",
        ),
        pytest.param(
            'at_s = 1\nname = "monitor_add"\narguments = { monitor = [1, 1], parameter = ["power_hk.bus_voltage", '
            '"power_hk.bus_voltage"], repetition = [1, 1], low = [0, 0], high = [1, 1] }',
            "arguments.monitor",
            "INCONSISTENT",
            id="a monitor twice",
        ),
        pytest.param(
            SET_FLOOR + '{ parameter = ["floor", 1], value = [0.5, 0.6] }',
            "arguments.parameter",
            "INCONSISTENT",
            id="a parameter twice",
        ),
        pytest.param(
            SET_FLOOR + '{ parameter = "shed_entry", value = 0.5 }',
            "arguments.value",
            "INCONSISTENT",
            id="below the entry of SAFE",
        ),
    ],
)  # fmt: skip
def test_refused(table, key, allowed):
    with pytest.raises(ScenarioError) as caught:
        parse(with_telecommands('at_s = 0\nname = "ping"', table))
    assert caught.value.path == f"telecommands[1].{key}"
    assert allowed in caught.value.allowed
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "table",
    [
        pytest.param('at_s = 1\nname = "ping"\nacknowledge = 0\nexpect = "silent"', id="nothing told"),
        pytest.param(
            'at_s = 1\nname = "ping"\nacknowledge = 0\nexpect = "DUPLICATE"', id="failures are told"
        ),
        pytest.param(
            INSERT + '{ release_s = 0.5, telecommand = { name = "ping" } }\nexpect = "LATE"',
            id="late on purpose",
        ),
        pytest.param(
            INSERT + '{ release_s = 300, telecommand = { name = "ping", expect = "lost" } }',
            id="never released",
        ),
        pytest.param(
            INSERT
            + '{ release_s = 5, telecommand = { raw = "1820c00000062d110100000000", expect = "silent" } }'
            '\nexpect = "ERROR_CONTROL"',
            id="octets within",
        ),
        pytest.param(
            SET_FLOOR + '{ parameter = ["floor", "floor"], value = [0.5, 0.6] }\nexpect = "INCONSISTENT"',
            id="a parameter twice on purpose",
        ),
    ],
)
def test_allowed(table):
    assert parse(with_telecommands(table)).telecommands


def test_parameters_have_to_fit_those_set_before():
    first = SET_FLOOR + '{ parameter = ["safe_entry", "payload_entry"], value = [0.5, 0.52] }'
    second = 'at_s = 9\nname = "parameter_set"\narguments = { parameter = "shed_entry", value = 0.55 }'
    assert parse(with_telecommands(second, first)).telecommands
    with pytest.raises(ScenarioError) as caught:
        parse(with_telecommands(second))
    assert caught.value.path == "telecommands[0].arguments.value"


def test_a_release_that_a_time_set_would_move_is_refused():
    insertion = INSERT + f"{{ release_s = 20, telecommand = {PING} }}"
    time_set = (
        'at_s = 10\nname = "time_set"\narguments = { board_ms = 10000, seconds = 2200000000, fraction = 0 }'
    )
    with pytest.raises(ScenarioError) as caught:
        parse(with_telecommands(insertion, time_set))
    assert caught.value.path == "telecommands[0].arguments.release_s"
    assert "release_seconds" in caught.value.allowed


def test_releases_go_by_the_time_that_the_ground_has_set():
    _, insertion, _ = sendings(
        'at_s = 10\nname = "time_set"\narguments = { board_ms = 10000, seconds = 2200000000, fraction = 0 }',
        f'at_s = 11\nname = "schedule_insert"\narguments = {{ release_s = 20, telecommand = {PING} }}',
    )
    definition = DICTIONARY.telecommands["schedule_insert"]
    arguments = definition.unpack(pus.parse_telecommand(insertion.block).data)
    assert (arguments["release_seconds"], arguments["release_fraction"]) == ((2_200_000_010,), (0,))


def test_releases_in_tai_are_times_of_the_run():
    release = f"release_seconds = {EPOCH_TAI_MS // 1000 + 20}, release_fraction = 0x8000"
    _, ping = sendings(INSERT + f"{{ {release}, telecommand = {PING} }}")
    assert ping.at_s == 20.5


def test_the_ground_skips_counts_that_the_scenario_gives():
    """But not one that a telecommand repeats because it is to be rejected for that."""
    sent = sendings(
        'at_s = 1\nname = "ping"\nsequence = 1',
        'at_s = 2\nname = "ping"',
        'at_s = 3\nname = "ping"',
        'at_s = 4\nname = "ping"\nsequence = 0\nexpect = "DUPLICATE"',
        'at_s = 5\nraw = "1820c00300062d1101000000"\nexpect = "silent"',
        'at_s = 6\nname = "ping"',
    )
    counts = [sending.request[1] & 0x3FFF for sending in sent]
    assert counts == [1, 0, 2, 0, 3, 4]


def test_nesting_without_end_is_refused():
    text = PING
    for _ in range(200):
        text = f'{{ name = "schedule_insert", arguments = {{ release_s = 5, telecommand = {text} }} }}'
    with pytest.raises(ScenarioError):
        parse(with_telecommands(INSERT + f"{{ release_s = 5, telecommand = {text} }}"))


VALUES = st.recursive(
    st.integers() | st.floats() | st.text(max_size=5) | st.booleans() | st.sampled_from(["floor", "ping"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "arguments", "raw"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(
    name=st.sampled_from(sorted(DICTIONARY.telecommands)),
    arguments=st.dictionaries(
        st.sampled_from(["parameter", "value", "release_s", "telecommand", "structure", "node"]), VALUES
    ),
    expect=st.sampled_from(["completed", "OUT_OF_RANGE"]),
)
@settings(deadline=None)
def test_nothing_but_errors_that_name_a_key(name, arguments, expect):
    try:
        wanted = telecommand.Telecommand(at_s=1.0, name=name, arguments=arguments, expect=expect)
    except telecommand.TableError as error:
        assert error.path
        return
    assert pus.parse_telecommand(wanted.encode(3, 0, [sent.encode(1, 0, ()) for sent in wanted.nested]))


def test_a_scenario_as_toml_comes_back():
    wanted = scenario.load("telecommands")
    assert parse(scenario_toml.dumps(wanted)) == wanted


def test_arguments_out_of_range_go_out_where_that_is_expected():
    (sending,) = sendings(
        'at_s = 1\nname = "node_restart"\narguments = { node = 16 }\nexpect = "OUT_OF_RANGE"'
    )
    assert pus.parse_telecommand(sending.block).data == b"\x03\x10"


def test_octets_go_out_as_they_are():
    (sending,) = sendings('at_s = 1\nraw = "18 20 C0"\nexpect = "discarded"')
    assert sending.block == b"\x18\x20\xc0"


def test_packets_bear_what_the_scenario_says():
    (sending,) = sendings('at_s = 1\nname = "ping"\nsource = 7\nacknowledge = 9\nsequence = 99')
    assert pus.parse_telecommand(sending.block) == pus.Telecommand(
        apid=DICTIONARY.telecommand_apid,
        sequence_count=99,
        header=pus.TelecommandHeader(service=17, subtype=1, acknowledge=9, source=7),
    )


def test_the_ground_numbers_what_has_no_number_of_its_own():
    """In the order of sending, those within another one first."""
    sent = sendings(
        'at_s = 9\nname = "ping"',
        'at_s = 5\nname = "ping"\nsequence = 500',
        'at_s = 3\nraw = "18"\nexpect = "discarded"',
        INSERT + f"{{ release_s = 20, telecommand = {PING} }}",
    )
    counts = [pus.parse_telecommand(sending.block).sequence_count for sending in sent if sending.asked.name]
    assert counts == [1, 0, 500, 2]


def test_times_of_release_are_times_of_the_run():
    insertion, ping = sendings(INSERT + f"{{ release_s = 20.5, telecommand = {PING} }}")
    definition = DICTIONARY.telecommands["schedule_insert"]
    arguments = definition.unpack(pus.parse_telecommand(insertion.block).data)
    time = cuc.Time(
        seconds=arguments["release_seconds"][0], fraction=arguments["release_fraction"][0], fine_octets=2
    )
    assert time.tai_ms == EPOCH_TAI_MS + 20_500
    assert arguments["telecommand"] == (ping.block,)
    assert (insertion.at_s, ping.at_s) == (1, 20.5)


def test_one_block_a_cycle_from_its_time_on():
    uplink = Uplink(parse(with_telecommands(*['at_s = 2\nname = "ping"'] * 3)).telecommands, EPOCH_TAI_MS)
    sent = [uplink.next_block(1000 * second) is not None for second in range(6)]
    assert sent == [False, False, True, True, True, False]
    assert [sending.sent_ms for sending in uplink.sendings] == [2000, 3000, 4000]


def test_what_is_within_goes_with_what_carries_it():
    uplink = Uplink(
        parse(with_telecommands(INSERT + f"{{ release_s = 20, telecommand = {PING} }}")).telecommands, 0
    )
    assert uplink.next_block(1000) == uplink.sendings[0].block
    assert [sending.sent_ms for sending in uplink.sendings] == [1000, 1000]


def test_schema_tells_every_telecommand_argument_and_settable_parameter():
    text = scenario.schema()
    for definition in DICTIONARY.telecommands.values():
        assert f"\n  {definition.name} " in text
        assert all(f"    {name} " in text for name in telecommand.scenario_names(definition))
    assert all(f"\n  {name} " in text for name in DICTIONARY.parameters)
    assert scenario.description()["telecommands"].keys() == DICTIONARY.telecommands.keys()
