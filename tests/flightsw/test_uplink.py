# SPDX-License-Identifier: Apache-2.0
"""The way of a block: each is processed once and released, whatever is lost and whenever the computer is reset."""

import struct

import pytest
from flatsat.boards.registers import laser_flight
from flatsat.flightsw.executive import FlightSoftware
from flatsat.flightsw.laser import LinkState
from flatsat.flightsw.ports import BoardId, Read
from flatsat.flightsw.telecommand.answers import CAPACITY
from flatsat.hil.nvm import NonVolatileMemory
from flatsat.protocols import pus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DONE = [(1,), (3,), (7,)]
UNASKED = ("power_hk", "compute_hk", "laser_hk", "fsw_hk", "event", "time", "check_transition")
ALIVE = [(1,), (3,), ("alive",), (7,)]
RX_FIFO, RX_RELEASE = laser_flight.RX_FIFO.address, laser_flight.RX_RELEASE.address


def level(ground) -> int:
    """Blocks that the laser board holds."""
    return laser_flight.STATUS_RX_LEVEL.raw(
        ground.satellite.peek(BoardId.LASER, laser_flight.STATUS.address)[0]
    )


def test_one_block_a_cycle_read_and_released_only_when_there_is_one(ground):
    satellite = ground.satellite
    for _ in range(4):
        ground.up(ground.encode("ping"))
    assert level(ground) == 4
    exchanges = []
    for _ in range(6):
        before = satellite.bus.exchanges
        satellite.run(1)
        exchanges.append((level(ground), satellite.bus.exchanges - before, ground.taken().count(("alive",))))
    assert exchanges == [(3, 3, 1), (2, 3, 1), (1, 3, 1), (0, 3, 1), (0, 2, 0), (0, 2, 0)]


LOSSES = {
    "read-command": (1, lambda request: request.address == RX_FIFO),
    "read-reply": (2, lambda request: request.address == RX_FIFO),
    "release-command": (1, lambda request: request.address == RX_RELEASE),
    "release-reply": (2, lambda request: request.address == RX_RELEASE),
    "all-writes": (1, lambda request: not isinstance(request, Read)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_once_though_the_wire_loses(ground, lost, name):
    where, hit = LOSSES[name]
    satellite = ground.satellite
    satellite.bus.fate = lambda request: lost[where if hit(request) else 0]
    reports = ground.send("ping", 3)
    satellite.bus.fate = lambda request: lost[0]
    satellite.run(3)
    assert reports + ground.taken() == ALIVE
    assert level(ground) == 0
    assert ground.send("ping") == ALIVE


@pytest.mark.parametrize("name", ["release-command", "release-reply"])
def test_once_though_the_computer_is_reset_before_the_release(ground, lost, name):
    where, hit = LOSSES[name]
    satellite = ground.satellite
    satellite.bus.fate = lambda request: lost[where if hit(request) else 0]
    assert ground.send("parameter_set", parameter=7, value=200.0) == DONE
    satellite.reset()
    satellite.bus.fate = lambda request: lost[0]
    satellite.run(5)
    assert ground.taken() == []
    assert level(ground) == 0
    assert satellite.flight._parameters.least_on_s == 200.0


class Reset(Exception):
    """The computer loses its power."""


def fly_with_a_reset(ground, cycles: int, moment: int) -> bool:
    """Reset the computer just before its `moment`-th write to memory or exchange on the bus; False: there is none such."""
    satellite, left = ground.satellite, moment

    def count() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Reset

    write, exchange = satellite.memory.write, satellite.bus.exchange

    def counted_write(name, octets):
        count()
        write(name, octets)

    def counted_exchange(requests):
        count()
        return exchange(requests)

    satellite.memory.write, satellite.bus.exchange = counted_write, counted_exchange
    try:
        satellite.run(cycles)
    except Reset:
        return True
    finally:
        del satellite.memory.write, satellite.bus.exchange
    return False


STATEFUL = {
    "parameter": ("parameter_set", {"parameter": [7, 8], "value": [200.0, 2.0]}),
    "mode": ("mode_set", {"mode": 2}),
    "schedule": None,
    "ping": ("ping", {}),
    "refused": ("event_disable", {"event": 11}),
}


@pytest.mark.parametrize("name", STATEFUL)
def test_whole_or_not_at_all_and_once_at_every_moment_of_a_reset(make_satellite, make_ground, name):
    """Without the reset's loss of reports, the satellite ends up the same wherever the reset strikes."""
    ends = []
    cycles = 10 if name == "schedule" else 3
    for moment in range(60):
        ground = make_ground(make_satellite())
        satellite = ground.satellite
        satellite.run(20)
        tai_s = (satellite.parameters.epoch_tai_ms + satellite.now_ms) // 1000
        if name == "schedule":
            nested = ground.encode("nodes_allow", nodes=0x00FF)
            arguments = {"release_seconds": tai_s + 8, "release_fraction": 0, "telecommand": nested}
            ground.up(ground.encode("schedule_insert", **arguments))
        else:
            telecommand, arguments = STATEFUL[name]
            ground.up(ground.encode(telecommand, **arguments))
        if not fly_with_a_reset(ground, cycles, moment):
            break
        before = ground.taken().count(("alive",))
        satellite.reset()
        satellite.run(12)
        assert before + ground.taken().count(("alive",)) <= (name == "ping")
        assert level(ground) == 0
        ends.append(satellite.memory.records["ground"])
    assert len(ends) > 7
    assert len(set(ends)) == 1


def test_a_damaged_record_begins_anew_and_says_so(ground):
    satellite = ground.satellite
    ground.send("parameter_set", parameter=7, value=200.0)
    ground.send("mode_set", mode=2)
    record = satellite.memory.records["ground"]
    at = record.index(struct.pack(">BBH", 20, 1, 6))
    satellite.memory.records["ground"] = record[:at] + struct.pack(">BBHHf", 20, 1, 6, 7, 1e30)
    satellite.reset()
    satellite.run(3)
    lost = [report.raw for report in ground.reports if report.name == "event" and report.raw[0] == 21]
    assert [raw[2] for raw in lost] == [20]
    assert satellite.flight._parameters.least_on_s == 300.0
    assert satellite.flight._telecommands.services.functions.mode_request == 2
    ground.reports.clear()
    satellite.reset()
    satellite.run(3)
    assert not [report for report in ground.reports if report.name == "event" and report.raw[0] == 21]


@pytest.mark.parametrize("octets", [None, b"", b"\1"], ids=["none", "empty", "cut"])
def test_a_lost_record_begins_anew_and_says_so(ground, octets):
    satellite = ground.satellite
    ground.send("mode_set", mode=2)
    if octets is None:
        del satellite.memory.records["ground"]
    else:
        satellite.memory.records["ground"] = octets
    ground.reports.clear()
    satellite.reset()
    satellite.run(5)
    assert [report for report in ground.reports if report.name == "event" and report.raw[0] == 21]
    assert satellite.flight._telecommands.services.functions.mode_request == 0
    assert ground.send("ping") == ALIVE


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_record_is_restored_or_left(data):
    """Whatever is found in memory, the software starts."""
    from flatsat.flightsw import executive
    from flatsat.flightsw.parameters import FlightParameters
    from flatsat.flightsw.ports import NoReply

    class Silent:
        def exchange(self, requests):
            return [NoReply() for _ in requests]

    class Store(dict):
        read, write = dict.get, dict.__setitem__

    key = data.draw(st.sampled_from([1, 3, 5, 8, 9, 11, 12, 20]))
    octets = data.draw(st.binary(max_size=200))
    store = Store(ground=struct.pack(">BBH", key, 1, len(octets)) + octets)
    software = executive.boot(store, 1, Silent(), 5_000, FlightParameters())
    for cycle in range(3):
        software.cycle(6_000 + 1_000 * cycle)
    again = executive.boot(store, 1, Silent(), 50_000, FlightParameters())
    assert isinstance(again, FlightSoftware)


def test_the_largest_record_fits_the_memory_and_comes_back(ground):
    """Sixteen entries of 64 octets, 32 monitors, every parameter, every event, 64 requests."""
    telecommands = ground.satellite.flight._telecommands
    services = telecommands.services
    entry = struct.pack(">IHB", 2_200_000_000, 0, 64) + bytes(64)
    octets = {
        services.verification: bytes(4) + bytes(6 * 64),
        services.schedule: b"\1" + 16 * entry,
        services.monitoring: b"\1"
        + b"".join(struct.pack(">HHB?ff", number, 0x105, 1, True, 0.0, 1.0) for number in range(32)),
        services.parameters: b"".join(
            struct.pack(">Hf", known.identifier, getattr(ground.satellite.parameters, known.name))
            for known in sorted(ground.dictionary.parameters.values(), key=lambda known: known.identifier)
        ),
        services.events: b"".join(
            struct.pack(">H", event.identifier)
            for event in ground.dictionary.events.values()
            if event.severity is not pus.Severity.HIGH
        ),
    }
    for service, packed in octets.items():
        service.restore(packed)
        assert service.pack() == packed
    telecommands._record.store(tuple(octets))
    memory = NonVolatileMemory()
    for name, record in ground.satellite.memory.records.items():
        memory.write(name, record)
    assert memory.read("ground") == ground.satellite.memory.records["ground"]


# octets of a block, what becomes of it: failure, or None for one that is discarded
BLOCKS = {
    "one-octet": (b"\x18", None),
    "three-octets": (b"\x18\x20\xc0", None),
    "telemetry": (
        pus.Telecommand(apid=1, sequence_count=1, header=pus.TelecommandHeader(service=17, subtype=1)),
        None,
    ),
    "four-octets": (b"\x18\x20\xc0\x00", "LENGTH"),
    "length-field": (b"\x18\x20\xc0\x00\xff\xff" + bytes(40), "LENGTH"),
    "error-control": (b"\x18\x20\xc0\x00\x00\x06\x2d\x11\x01\0\0\0\0", "ERROR_CONTROL"),
    "apid": (
        pus.Telecommand(apid=0x21, sequence_count=1, header=pus.TelecommandHeader(service=17, subtype=1)),
        "APID",
    ),
    "service": (
        pus.Telecommand(apid=0x20, sequence_count=1, header=pus.TelecommandHeader(service=2, subtype=1)),
        "SERVICE",
    ),
    "subtype": (
        pus.Telecommand(apid=0x20, sequence_count=1, header=pus.TelecommandHeader(service=17, subtype=3)),
        "SUBTYPE",
    ),
    "no-function": (
        pus.Telecommand(apid=0x20, sequence_count=1, header=pus.TelecommandHeader(service=8, subtype=1)),
        "ARGUMENTS",
    ),
    "unknown-function": (
        pus.Telecommand(
            apid=0x20, sequence_count=1, header=pus.TelecommandHeader(service=8, subtype=1), data=b"\xff"
        ),
        "OUT_OF_RANGE",
    ),
    "octets-left": (
        pus.Telecommand(
            apid=0x20, sequence_count=1, header=pus.TelecommandHeader(service=17, subtype=1), data=b"\0"
        ),
        "ARGUMENTS",
    ),
    "no-items": (
        pus.Telecommand(
            apid=0x20, sequence_count=1, header=pus.TelecommandHeader(service=3, subtype=5), data=b"\0"
        ),
        "ARGUMENTS",
    ),
    "seventeen-items": (
        pus.Telecommand(
            apid=0x20,
            sequence_count=1,
            header=pus.TelecommandHeader(service=3, subtype=5),
            data=b"\x11" + b"\1" * 17,
        ),
        "ARGUMENTS",
    ),
}


def sealed(octets: bytes) -> bytes:
    """With the error control that its other octets ask for."""
    return octets[:-2] + pus.error_control(octets[:-2]).to_bytes(2, "big")


@pytest.mark.parametrize("name", BLOCKS)
def test_what_is_no_telecommand_of_ours_changes_nothing(ground, name):
    packet, failure = BLOCKS[name]
    octets = packet if isinstance(packet, bytes) else packet.encode()
    if name == "telemetry":
        octets = sealed(bytes([octets[0] & 0xEF]) + octets[1:])
    assert ground.send(octets) == ([] if failure is None else [(10 if failure == "APID" else 2, failure)])
    services = ground.satellite.flight._telecommands.services
    discarded = ground.satellite.flight._telecommands.discarded
    assert (services.verification.rejected, discarded) == ((0, 1) if failure is None else (1, 0))
    assert level(ground) == 0


def test_the_version_of_the_standard_is_checked(ground):
    octets = bytearray(ground.encode("ping"))
    octets[6] ^= 0x30
    assert ground.send(sealed(bytes(octets))) == [(2, "PUS_VERSION")]


def test_the_last_sixty_four_are_known_and_no_more(ground):
    first = ground.encode("ping")
    assert ground.send(first) == ALIVE
    for _ in range(63):
        assert ground.send("ping") == ALIVE
    assert ground.send(first) == [(2, "DUPLICATE")]
    ground.satellite.reset()
    ground.satellite.run(3)
    assert ground.send(first) == [(2, "DUPLICATE")]
    assert ground.send("ping") == ALIVE
    assert ground.send(first) == ALIVE


def test_a_count_is_known_for_its_source_alone(ground):
    for source in (1, 2):
        assert ground.send("ping", count=9000, source=source) == ALIVE
    for source in (1, 2):
        assert ground.send("ping", count=9000, source=source) == [(2, "DUPLICATE")]


DESTINATIONS = {
    "completed": ("ping", {}, 4),
    "no-answer-follows": ("time_rate", {"exponent": 0}, 3),
    "not-started": ("event_disable", {"event": 11}, 2),
    "not-accepted": ("node_restart", {"node": 16}, 1),
}


@pytest.mark.parametrize("name", DESTINATIONS)
def test_answers_go_to_the_source_of_their_telecommand(ground, name):
    telecommand, arguments, reports = DESTINATIONS[name]
    ground.reports.clear()
    ground.up(ground.encode(telecommand, source=7, **arguments))
    ground.satellite.run(2)
    directed = [report for report in ground.reports if report.destination]
    assert {report.destination for report in directed} == {7}
    assert len(directed) == reports
    assert {report.name for report in ground.reports if not report.destination} <= {*UNASKED}


def test_answers_of_the_schedule_go_to_the_source_of_the_entry(ground):
    seconds = (ground.satellite.parameters.epoch_tai_ms + ground.satellite.now_ms) // 1000 + 5
    nested = ground.encode("ping", source=9)
    ground.send("schedule_insert", source=3, release_seconds=seconds, release_fraction=0, telecommand=nested)
    ground.reports.clear()
    ground.satellite.run(6)
    assert {report.destination for report in ground.reports if report.name not in UNASKED} == {9}


# service, octets that it must not take over
DAMAGED = {
    "a-time-that-cannot-be": (9, struct.pack(">B?q", 6, True, 1 << 62)),
    "no-such-rate": (9, struct.pack(">B?q", 9, False, 0)),
    "parameters-out-of-order": (20, struct.pack(">Hf", 17, 0.75)),
    "parameter-out-of-range": (20, struct.pack(">Hf", 7, 0.0)),
    "an-entry-cut-short": (11, b"\1" + struct.pack(">IHB", 2_200_000_000, 0, 20) + bytes(19)),
    "period-of-nothing": (3, struct.pack(">B?I", 1, True, 0)),
    "limits-crossed": (12, b"\1" + struct.pack(">HHB?ff", 1, 0x105, 1, True, 2.0, 1.0)),
    "no-such-mode": (8, struct.pack(">BH", 3, 0xFFFF)),
    "half-a-request": (1, bytes(4) + bytes(5)),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_octets_that_cannot_be_are_left_and_change_nothing(ground, name):
    key, octets = DAMAGED[name]
    services = ground.satellite.flight._telecommands.services
    part = next(service for service in services if getattr(service, "key", None) == key)
    before = part.pack()
    with pytest.raises((ValueError, struct.error)):
        part.restore(octets)
    assert part.pack() == before


def test_a_record_cut_anywhere_is_noticed(ground):
    ground.send("parameter_set", parameter=[1, 2, 10], value=[0.5, 0.01, 320.0])
    ground.send("event_disable", event=[1, 2])
    record = ground.satellite.memory.records["ground"]
    for cut in range(1, len(record)):
        ground.satellite.memory.records["ground"] = record[:-cut]
        ground.satellite.memory.records.pop("boot")
        ground.satellite.reset()
        ground.reports.clear()
        ground.satellite.run(1)
        assert 21 in [report.raw[0] for report in ground.reports if report.name == "event"], cut


def test_time_is_not_reported_without_room(ground):
    telecommands = ground.satellite.flight._telecommands
    while telecommands.answers.room:
        telecommands.answers.add("alive")
    telecommands.services.time.report(64_000)
    queued = [packet.name for _ in range(CAPACITY // 8) for packet, *_ in telecommands.answers.take()]
    assert queued == ["alive"] * CAPACITY


ORDERS = {
    "laser_search": {},
    "node_restart": {"node": 3},
    "hk_report": {"structure": 1},
    "retries_clear": {},
}


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_is_carried_out_at_most_once(ground, name):
    """A reset after the record and before the cycle's writes: it is known, and not done again."""
    satellite = ground.satellite
    octets = ground.encode(name, **ORDERS[name])
    ground.up(octets)

    def reset(now_ms):
        raise Reset

    satellite.flight._decide = reset
    with pytest.raises(Reset):
        satellite.run(1)
    satellite.reset()
    satellite.run(3)
    assert ground.taken() == []
    assert satellite.flight.status.link is LinkState.TRACK
    assert ground.send(octets) == [(2, "DUPLICATE")]


def test_what_was_rejected_may_come_again(ground):
    count = ground.count
    assert ground.send("node_restart", node=99) == [(2, "OUT_OF_RANGE")]
    assert ground.send("ping", count=count) == ALIVE


def test_answers_wait_for_room_and_none_is_lost(ground):
    """Sixteen items a telecommand, one telecommand a cycle, eight reports a cycle: the link sets the pace."""
    asked = 0
    for _ in range(60):
        if level(ground) < 4:
            ground.up(ground.encode("parameter_report", parameter=[7] * 16))
            asked += 1
        ground.satellite.run(1)
        assert ground.satellite.flight._telecommands.answers.room >= 0
    assert asked < 40
    ground.satellite.run(CAPACITY // 8 + 20)
    assert sum(report[0] == "parameter_value" for report in ground.taken()) == 16 * asked


SEEDS = ["ping", "hk_period", "schedule_insert", "monitor_add", "parameter_set", "time_set", "mode_set"]


def seed(ground, name: str) -> bytes:
    """A good telecommand."""
    arguments = {
        "hk_period": {"structure": [1, 2], "period_ms": [1000, 2000]},
        "schedule_insert": {
            "release_seconds": [2_145_916_900, 2_200_000_000],
            "release_fraction": [0, 0],
            "telecommand": [ground.encode("ping"), ground.encode("mode_set", mode=1)],
        },
        "monitor_add": {"monitor": 1, "parameter": 0x105, "repetition": 1, "low": 0, "high": 1},
        "parameter_set": {"parameter": [1, 2], "value": [0.5, 0.01]},
        "time_set": {"board_ms": 20_000, "seconds": 2_145_916_857, "fraction": 0},
        "mode_set": {"mode": 0},
    }
    return ground.encode(name, **arguments.get(name, {}))


@st.composite
def mutations(draw):
    """How to make a block of a telecommand: edits of its octets, and whether its error control is made to fit."""
    edits = draw(st.lists(st.tuples(st.integers(0, 251), st.integers(0, 255)), max_size=4))
    return draw(st.sampled_from(SEEDS)), edits, draw(st.integers(-3, 3)), draw(st.integers(0, 7)) > 0


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=st.lists(st.one_of(st.binary(min_size=1, max_size=252), mutations()), min_size=1, max_size=4))
def test_no_block_stops_the_cycle(make_satellite, make_ground, blocks):
    ground = make_ground(make_satellite())
    ground.satellite.run(18)
    for block in blocks:
        octets = block if isinstance(block, bytes) else mutated(ground, *block)
        ground.send(octets[:252])
    ground.satellite.run(2)
    assert level(ground) == 0
    assert ground.satellite.flight.status.missed_replies == 0
    assert len(ground.satellite.memory.records["ground"]) < 2600


def mutated(ground, name: str, edits, longer: int, fitting: bool) -> bytes:
    octets = bytearray(seed(ground, name))
    for at, value in edits:
        octets[at % len(octets)] = value
    octets = octets[:longer] if longer < 0 else octets + bytes(longer)
    if longer and fitting:
        octets[4:6] = (len(octets) - 7).to_bytes(2, "big")
    return sealed(bytes(octets)) if fitting else bytes(octets)
