# SPDX-License-Identifier: Apache-2.0
"""The ground commands the satellite, on the twins: the built-in scenario, mutated telecommands, and what the trace shows."""

import random
from dataclasses import replace
from itertools import count, islice

import pytest
from flatsat.boards.registers import laser_stimulus
from flatsat.hil import scenario
from flatsat.hil.backends.port import LASER, STIMULUS, Options, open_back_end
from flatsat.hil.bench import Bench
from flatsat.hil.display import show_summary
from flatsat.hil.run import Order, fly
from flatsat.hil.trace import TO_BOARD, packet_records
from flatsat.hil.uplink import Uplink
from flatsat.protocols import dictionary, profile, pus, receiver, rmap, space_packet
from pytest import approx

DICTIONARY = dictionary.load()
HEAD = scenario.source("ci-120").split("[[measurements]]")[0]
SOURCE_DATA = space_packet.PRIMARY_HEADER_OCTETS + pus.TELEMETRY_HEADER_OCTETS


def flown(wanted, folder):
    order = Order(scenario=wanted, back_end="twin", seed=wanted.seed, folder=folder, options=Options())
    return fly(order, lambda done_s: None)[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The built-in scenario: its folder and its summary."""
    folder = tmp_path_factory.mktemp("run") / "run"
    return folder, flown(scenario.load("telecommands"), folder)


def packets(folder):
    """Every telemetry packet of a run's downlink with its secondary header, in order."""
    chain = receiver.Receiver(profile.load(profile.DEFAULT))
    events = [*chain.receive((folder / "downlink.cadu").read_bytes()), *chain.close()]
    for event in events:
        if isinstance(event, receiver.PacketReceived) and event.is_complete and not event.is_idle:
            yield event, pus.parse(event.octets[space_packet.PRIMARY_HEADER_OCTETS :])


def telemetry(folder, name):
    """Engineering values of every report of this name in a run's downlink, in order."""
    definition = DICTIONARY.packets[name]
    for packet, header in packets(folder):
        source = packet.octets[SOURCE_DATA:]
        structure = source[0] if source else None
        if DICTIONARY.identify(packet.apid, header.service, header.subtype, structure) is definition:
            yield definition.engineering(definition.unpack(source))


def test_every_telecommand_ends_as_expected(run):
    _, summary = run
    others = [row for row in summary["telecommands"] if row["verdict"] != "pass"]
    assert others == []
    assert summary["verdict"] == "pass"


def test_the_terminal_shows_one_line_and_what_went_otherwise(run, capsys):
    folder, summary = run
    rows = summary["telecommands"]
    late = rows[0] | {"name": "hk_report", "failure": "LATE", "completed_s": None, "verdict": "fail"}
    show_summary(summary | {"telecommands": [*rows, late]}, folder)
    shown = capsys.readouterr().out
    assert f"telecommands {len(rows) + 1}: {len(rows)} pass, 1 fail" in shown
    assert "telecommand hk_report, sent at 40 s, expected completed, heard LATE  fail" in shown
    assert sum(line.startswith("telecommand") for line in shown.splitlines()) == 2


def test_the_scenario_uses_every_telecommand_and_every_failure():
    wanted = scenario.load("telecommands").telecommands
    requests = [*wanted, *(nested for telecommand in wanted for nested in telecommand.nested)]
    assert {request.name for request in requests} >= set(DICTIONARY.telecommands)
    assert {request.expect for request in requests} == {
        "completed",
        "lost",
        "silent",
        "discarded",
        *DICTIONARY.enumerations["failure"].values(),
    }


def test_the_scenario_has_every_kind_of_verification_report(run):
    """Execution never fails once it has started: 8 is not there."""
    folder, _ = run
    subtypes = {header.subtype for _, header in packets(folder) if header.service == 1}
    assert subtypes == {1, 2, 3, 4, 7, 10}


def test_reports_go_to_whom_the_telecommand_came_from(run):
    folder, _ = run
    told = [
        header.subtype for _, header in packets(folder) if header.destination == 7 and header.service == 1
    ]
    assert told == [1, 3, 7]


def test_what_was_set_outlives_a_restart_of_the_computer(run):
    folder, summary = run
    restart, released = (
        next(row for row in summary["telecommands"] if (row["name"], row["at_s"]) == identity)
        for identity in (("computer_restart", 420), ("parameter_report", 560))
    )
    boots = [values for values in telemetry(folder, "event") if values["event_id"] == "BOOTED"]
    assert [values["parameter0"] for values in boots] == [0, 1]
    assert restart["completed_s"] < boots[1]["time_ms"] / 1000 < released["completed_s"]
    reported = [v["value"] for v in telemetry(folder, "parameter_value") if v["parameter"] == "least_on_s"]
    assert reported == [200] * 4


def test_a_monitor_tells_that_the_light_went_and_came_back(run):
    _, summary = run
    rows = [row for row in summary["check_transitions"] if row["monitor"] == 2]
    gone, back = (row for row in rows if 300 <= row["time_s"] < 380)
    assert (gone["parameter"], gone["before"], gone["now"]) == ("laser_hk.received_power", "WITHIN", "BELOW")
    assert (back["before"], back["now"]) == ("BELOW", "WITHIN")
    assert 300 < gone["time_s"] <= 305 < 330 < back["time_s"] <= 335


def test_what_was_rejected_has_changed_nothing(run):
    folder, _ = run
    reported = [(v["parameter"], v["value"]) for v in telemetry(folder, "parameter_value")]
    assert reported[2:5] == [("floor", approx(0.7)), ("safe_entry", approx(0.55)), ("least_on_s", 200)]


def test_a_block_crosses_the_stimulus_port_before_the_first_grant_of_its_cycle():
    wanted = scenario.parse(HEAD + '[[telecommands]]\nat_s = 5\nname = "ping"\n')
    bench = Bench(replace(wanted, duration_s=8), 1, open_back_end("twin"))
    for result in bench.cycles(8):
        packets = [
            packet
            for packet in packet_records(bench.trace.take()[LASER])
            if (packet.port, packet.direction) == (STIMULUS, TO_BOARD)
        ]
        windows = [
            rmap.parse_command(packet.octets).address == laser_stimulus.UPLINK.address for packet in packets
        ]
        assert windows[0] == (result.number == 5)
        assert not any(windows[1:]), "a transient takes more grants, each with two packets"
        if result.number == 5:
            octets = rmap.parse_command(packets[0].octets).octets
            block = bench.uplink.sendings[0].block
            assert octets == (b"\x00\x01\x00\x0d" + block).ljust(256, b"\0")
            assert packets[0].board_time_ms == 5000


def test_times_are_those_of_the_run_after_the_ground_has_set_the_time(tmp_path):
    """A time moved by two years, and a release that goes by it."""
    text = """
[[telecommands]]
at_s = 40
name = "time_set"
arguments = { board_ms = 40000, seconds = 2200000000, fraction = 0 }
[[telecommands]]
at_s = 50
name = "schedule_insert"
arguments = { release_s = 80, telecommand = { name = "ping" } }
"""
    summary = flown(scenario.parse(HEAD + text), tmp_path / "run")
    times = [(row["name"], row["accepted_s"], row["completed_s"]) for row in summary["telecommands"]]
    assert times == [("time_set", 41, 41), ("schedule_insert", 51, 51), ("ping", 80, 80)]
    assert summary["verdict"] == "pass"


def test_what_comes_too_near_the_end_is_open_and_says_why(tmp_path, capsys):
    text = '[[telecommands]]\nat_s = 117\nname = "ping"\n' * 5
    summary = flown(scenario.parse(HEAD + text), tmp_path / "run")
    assert summary["verdict"] == "inconclusive"
    reasons = [str(row["reason"]).split(":")[0] for row in summary["telecommands"]]
    assert reasons[-2:] == ["not sent", "not sent"]
    assert set(reasons[:3]) <= {"None", "too near the end for its reports to have come down"}
    show_summary(summary, tmp_path / "run")
    assert "telecommand ping, not sent: no cycle was left for it  inconclusive" in capsys.readouterr().out


DEAFENING = ("computer_restart", "laser_search", "hk_disable", "hk_period", "time_set")


def name_of(block):
    """The telecommand that a block is, as far as its service, subtype and function tell."""
    try:
        telecommand = pus.parse_telecommand(block)
    except pus.PusError:
        return None
    function = telecommand.data[0] if telecommand.data else None
    found = DICTIONARY.identify_telecommand(telecommand.header.service, telecommand.header.subtype, function)
    return found.name if found else None


def mutated(rng, octets):
    """A telecommand cut, lengthened, with flipped bits, or resealed after that; or noise."""
    changed = bytearray(octets)
    for _ in range(rng.randrange(4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    if rng.random() < 0.3:
        del changed[rng.randrange(1, len(changed) + 1) :]
    if rng.random() < 0.2:
        changed += rng.randbytes(rng.randrange(20))
    if rng.random() < 0.5 and len(changed) > 2:
        changed[-2:] = pus.error_control(bytes(changed[:-2])).to_bytes(2, "big")
    return bytes(changed[:252])


def test_mutated_telecommands_do_no_harm(tmp_path):
    """Each is accepted, rejected or discarded, and the satellite flies on and listens."""
    rng = random.Random(7)
    sendings = Uplink(scenario.load("telecommands").telecommands, 2_145_916_837_000).sendings
    drawn = (mutated(rng, rng.choice(sendings).block) for _ in count())
    blocks = list(islice((block for block in drawn if name_of(block) not in DEAFENING), 200))
    text = "".join(
        f'[[telecommands]]\nat_s = {40 + 2 * number}\nraw = "{block.hex()}"\nexpect = "silent"\n'
        for number, block in enumerate(blocks)
    )
    text += '[[telecommands]]\nat_s = 445\nname = "hk_report"\nsequence = 16000\narguments = { structure = "fsw_hk" }\n'
    wanted = scenario.parse(HEAD.replace("duration_s = 120", "duration_s = 480") + text)
    summary = flown(wanted, tmp_path / "run")
    assert "error" not in summary
    assert summary["telecommands"][-1]["verdict"] == "pass"
    assert summary["downlink"]["packets_altered"] == summary["downlink"]["packets_lost"] == 0
    last = list(telemetry(tmp_path / "run", "fsw_hk"))[-1]
    taken = last["telecommands_accepted"] + last["telecommands_rejected"] + last["blocks_discarded"]
    assert taken >= len(blocks) + 1
