# SPDX-License-Identifier: Apache-2.0
"""Every telecommand against the whole flight software: what is reported, and what it does."""

import pytest
from flatsat.boards.registers import laser_flight, power_flight
from flatsat.flightsw import onboard_time
from flatsat.flightsw.laser import LinkState
from flatsat.flightsw.modes import Mode
from flatsat.flightsw.ports import BoardId
from flatsat.flightsw.telecommand.answers import LARGEST
from flatsat.protocols import cuc, dictionary

D = dictionary.load()
DONE = [(1,), (3,), (7,)]
BUS_VOLTAGE = 1 << 8 | D.packets["power_hk"].names.index("bus_voltage")


def done(*reports):
    """Accepted, started, these reports, completed."""
    return [(1,), (3,), *reports, (7,)]


def refused(failure):
    """Accepted, and then not started."""
    return [(1,), (4, failure)]


def monitor(number=1, low=200.0, high=340.0, repetition=1):
    return (
        "monitor_add",
        {"monitor": number, "parameter": BUS_VOLTAGE, "repetition": repetition, "low": low, "high": high},
    )


# id: telecommands sent before, the telecommand, what it makes the satellite report
CASES = {
    "ping": ([], ("ping", {}), done(("alive",))),
    "hk-properties": (
        [],
        ("hk_properties", {"structure": [1, 4]}),
        done(("hk_properties", 1, 1, 1, 1000), ("hk_properties", 1, 4, 1, 2000)),
    ),
    "hk-period": (
        [("hk_period", {"structure": [2, 3], "period_ms": [5000, 3_600_000]})],
        ("hk_properties", {"structure": [2, 3]}),
        done(("hk_properties", 1, 2, 1, 5000), ("hk_properties", 1, 3, 1, 3_600_000)),
    ),
    "hk-period-twice": (
        [],
        ("hk_period", {"structure": [1, 2, 1], "period_ms": [1000, 1000, 5000]}),
        refused("INCONSISTENT"),
    ),
    "parameter-unknown": ([], ("parameter_report", {"parameter": 999}), [(2, "OUT_OF_RANGE")]),
    "hk-period-too-short": (
        [],
        ("hk_period", {"structure": [1, 2], "period_ms": [1000, 999]}),
        [(2, "OUT_OF_RANGE")],
    ),
    "hk-disable": (
        [("hk_disable", {"structure": [1, 2]})],
        ("hk_properties", {"structure": [2, 3]}),
        done(("hk_properties", 1, 2, 0, 2000), ("hk_properties", 1, 3, 1, 2000)),
    ),
    "hk-enable": (
        [("hk_disable", {"structure": [1, 2]}), ("hk_enable", {"structure": 2})],
        ("hk_properties", {"structure": [1, 2]}),
        done(("hk_properties", 1, 1, 0, 1000), ("hk_properties", 1, 2, 1, 2000)),
    ),
    "hk-unknown": ([], ("hk_disable", {"structure": [1, 5]}), [(2, "OUT_OF_RANGE")]),
    "no-event-disabled": ([], ("disabled_events", {}), DONE),
    "events-disabled": (
        [("event_disable", {"event": [6, 5, 6]})],
        ("disabled_events", {}),
        done(("disabled_event", 1, 5), ("disabled_event", 1, 6)),
    ),
    "event-enabled-again": (
        [("event_disable", {"event": [6, 5]}), ("event_enable", {"event": [6, 7]})],
        ("disabled_events", {}),
        done(("disabled_event", 1, 5)),
    ),
    "severe-event": ([], ("event_disable", {"event": [5, 11]}), refused("NOT_NOW")),
    "event-unknown": ([], ("event_disable", {"event": [5, 9999]}), [(2, "OUT_OF_RANGE")]),
    "mode-unknown": ([], ("mode_set", {"mode": 3}), [(2, "OUT_OF_RANGE")]),
    "node-off": ([("nodes_allow", {"nodes": 0xFFF7})], ("node_restart", {"node": 3}), refused("NOT_NOW")),
    "node-unknown": ([], ("node_restart", {"node": 16}), [(2, "OUT_OF_RANGE")]),
    "retries": ([], ("retries_clear", {}), DONE),
    "time-rate": ([], ("time_rate", {"exponent": 8}), DONE),
    "time-rate-too-slow": ([], ("time_rate", {"exponent": 9}), [(2, "OUT_OF_RANGE")]),
    "time-before-1958": (
        [],
        ("time_set", {"board_ms": 900_000, "seconds": 1, "fraction": 0}),
        refused("OUT_OF_RANGE"),
    ),
    "time-at-its-end": (
        [],
        ("time_set", {"board_ms": 0, "seconds": 0xFFFFFFFF, "fraction": 0}),
        refused("OUT_OF_RANGE"),
    ),
    "monitor-definition": (
        [monitor(7, repetition=3)],
        ("monitor_definitions", {"monitor": 7}),
        done(("monitor_definition", 1, 7, BUS_VOLTAGE, 0, 3, 200.0, 340.0)),
    ),
    "monitor-status": (
        [monitor(7), monitor(8), ("monitor_enable", {"monitor": 8})],
        ("monitor_status", {}),
        done(("monitor_status", 1, 7, 0), ("monitor_status", 1, 8, 1)),
    ),
    "monitor-twice": ([monitor(7)], monitor(7), refused("INCONSISTENT")),
    "monitor-limits-crossed": ([], monitor(7, low=2.0, high=1.0), refused("INCONSISTENT")),
    "monitor-limit-no-number": ([], monitor(7, low=float("nan")), [(2, "OUT_OF_RANGE")]),
    "monitor-unknown-parameter": (
        [],
        ("monitor_add", {"monitor": 1, "parameter": 0x1FF, "repetition": 1, "low": 0, "high": 1}),
        [(2, "OUT_OF_RANGE")],
    ),
    "monitor-unknown": ([monitor(7)], ("monitor_enable", {"monitor": [7, 8]}), refused("NOT_FOUND")),
    "monitor-delete": (
        [monitor(7), monitor(8), ("monitor_delete", {"monitor": 7})],
        ("monitor_status", {}),
        done(("monitor_status", 1, 8, 0)),
    ),
    "monitor-delete-enabled": (
        [monitor(7), monitor(8), ("monitor_enable", {"monitor": 8})],
        ("monitor_delete", {"monitor": [7, 8]}),
        refused("NOT_NOW"),
    ),
    "monitors-delete-all": (
        [monitor(7), monitor(8), ("monitor_delete_all", {})],
        ("monitor_status", {}),
        DONE,
    ),
    "monitors-delete-all-enabled": (
        [monitor(7), ("monitor_enable", {"monitor": 7})],
        ("monitor_delete_all", {}),
        refused("NOT_NOW"),
    ),
    "monitoring-disabled": (
        [monitor(7), ("monitor_enable", {"monitor": 7}), ("monitoring_disable", {})],
        ("monitor_status", {}),
        done(("monitor_status", 1, 7, 0)),
    ),
    "monitoring-enabled": (
        [
            monitor(7),
            ("monitor_enable", {"monitor": 7}),
            ("monitoring_disable", {}),
            ("monitoring_enable", {}),
        ],
        ("monitor_status", {}),
        done(("monitor_status", 1, 7, 1)),
    ),
    "parameter-report": (
        [],
        ("parameter_report", {"parameter": [7, 8]}),
        done(("parameter_value", 1, 7, 300.0), ("parameter_value", 1, 8, 16.0)),
    ),
    "parameter-set": (
        [("parameter_set", {"parameter": [7, 8], "value": [250, 2]})],
        ("parameter_report", {"parameter": [8, 7]}),
        done(("parameter_value", 1, 8, 2.0), ("parameter_value", 1, 7, 250.0)),
    ),
    "parameter-out-of-range": (
        [],
        ("parameter_set", {"parameter": [7, 1], "value": [250, 0.95]}),
        refused("OUT_OF_RANGE"),
    ),
    "parameter-not-whole": (
        [],
        ("parameter_set", {"parameter": [7, 8], "value": [250, 2.5]}),
        refused("OUT_OF_RANGE"),
    ),
    "parameter-no-number": (
        [],
        ("parameter_set", {"parameter": [7, 1], "value": [250, float("inf")]}),
        [(2, "OUT_OF_RANGE")],
    ),
    "parameters-out-of-order": (
        [],
        ("parameter_set", {"parameter": [7, 17], "value": [250, 0.7]}),
        refused("INCONSISTENT"),
    ),
    "parameter-set-twice": (
        [],
        ("parameter_set", {"parameter": [7, 7], "value": [250, 251]}),
        refused("INCONSISTENT"),
    ),
    "schedule-empty": ([], ("schedule_summary", {}), DONE),
}


@pytest.mark.parametrize("name", CASES)
def test_reports(ground, name):
    before, (telecommand, arguments), expected = CASES[name]
    for earlier, its_arguments in before:
        assert ground.send(earlier, **its_arguments) == DONE
    kept = ground.satellite.memory.records["ground"]
    assert ground.send(telecommand, **arguments) == expected
    if expected[-1] != (7,):  # rejected: nothing is kept but that it came
        changed = parts(kept) ^ parts(ground.satellite.memory.records["ground"])
        assert {key for key, _ in changed} == {1}


def parts(record: bytes) -> set[tuple[int, bytes]]:
    """Key and octets of each part of the ground record."""
    found, at = set(), 0
    while at < len(record):
        end = at + 4 + int.from_bytes(record[at + 2 : at + 4], "big")
        found.add((record[at], record[at:end]))
        at = end
    return found


@pytest.mark.parametrize("flags", range(16))
@pytest.mark.parametrize("telecommand", ["ping", "event_disable"], ids=["completed", "not-started"])
def test_success_is_reported_as_asked_and_failure_always(ground, telecommand, flags):
    reports = ground.send(telecommand, acknowledge=flags, **({"event": 11} if telecommand != "ping" else {}))
    asked = [(subtype,) for subtype, flag in ((1, 8), (3, 4), (7, 1)) if flags & flag]
    if telecommand == "ping":
        assert [report for report in reports if report != ("alive",)] == asked
    else:
        assert reports == [(1,)] * bool(flags & 8) + [(4, "NOT_NOW")]


def test_every_telecommand_of_the_dictionary_has_a_service(ground):
    assert set(ground.satellite.flight._telecommands._commands) == set(D.telecommands)
    assert len(D.events) + 3 <= LARGEST


def made(ground, cycles: int) -> list[set[str]]:
    """Names of the housekeeping reports of each cycle."""
    seen = []
    for _ in range(cycles):
        ground.reports.clear()
        ground.satellite.run(1)
        seen.append({report.name for report in ground.reports if report.name.endswith("_hk")})
    return seen


def test_housekeeping_comes_as_often_as_asked(ground):
    ground.send("hk_period", structure=[1, 2], period_ms=[4000, 1000])
    ground.send("hk_disable", structure=[3, 4])
    history = made(ground, 8)
    assert [("power_hk" in names) for names in history].count(True) == 2
    assert all("compute_hk" in names for names in history)
    assert not any({"laser_hk", "fsw_hk"} & names for names in history)


def test_a_report_that_is_due_is_not_put_off_by_its_setting(ground):
    for telecommand, arguments in (("hk_enable", {}), ("hk_period", {"period_ms": 60_000})):
        ground.up(ground.encode(telecommand, structure=1, **arguments))
        assert "power_hk" in made(ground, 1)[0]


def test_housekeeping_once_though_disabled(ground):
    ground.send("hk_disable", structure=[1, 2, 3, 4])
    ground.up(ground.encode("hk_report", structure=[4, 2]))
    assert made(ground, 4) == [{"compute_hk", "fsw_hk"}, set(), set(), set()]


def test_housekeeping_of_a_silent_board_is_refused_whole(ground, lost):
    ground.satellite.bus.fate = lambda request: lost[1 if request.board == BoardId.COMPUTE else 0]
    assert ground.send("hk_report", structure=[1, 2]) == refused("NOT_NOW")


@pytest.mark.parametrize("disabled", [False, True], ids=["enabled", "disabled"])
def test_a_disabled_event_is_counted_and_not_sent(ground, disabled):
    if disabled:
        ground.send("event_disable", event=4)
    before = ground.satellite.flight.status.events_raised
    ground.satellite.light = False
    ground.satellite.run(2)
    assert ground.satellite.flight.status.events_raised == before + 1
    sent = [report.raw[0] for report in ground.reports if report.name == "event"]
    assert sent == ([] if disabled else [4])


MODES = {
    "safe": (1, Mode.SAFE, 0x83),  # the laser stays on, to hear the ground
    "charge": (2, Mode.CHARGE, 0x83),
    "auto": (0, Mode.NOMINAL, 0x9F),
}


@pytest.mark.parametrize("name", MODES)
def test_mode_request_is_a_ceiling_that_can_be_lifted(ground, name):
    request, mode, loads = MODES[name]
    assert ground.send("mode_set", mode=request) == DONE
    ground.satellite.run(20)
    assert ground.satellite.flight.status.mode is mode
    assert ground.satellite.peek(BoardId.POWER, power_flight.LCL_STATUS.address) == (loads,)
    assert ground.send("mode_set", mode=0) == DONE
    ground.satellite.run(10)
    assert ground.satellite.flight.status.mode is Mode.NOMINAL


def test_a_request_never_lifts_the_mode(make_satellite, make_ground):
    ground = make_ground(make_satellite(state_of_charge=0.62))
    ground.satellite.sun = lambda now_s: 0.0
    ground.satellite.run(20)
    ground.send("mode_set", mode=2)
    ground.satellite.run(600)
    assert ground.satellite.flight.status.mode is Mode.SAFE


def test_nodes_that_are_not_allowed_do_not_run(ground):
    ground.satellite.run(130)
    ground.send("nodes_allow", nodes=0x0F0F)
    ground.satellite.run(5)
    assert ground.satellite.flight._nodes.command.enable == 0x0F0F
    ground.send("nodes_allow", nodes=0xFFFF)
    ground.satellite.run(5)
    assert ground.satellite.flight._nodes.command.enable == 0xFFFF


def test_a_node_restarts(ground):
    ground.satellite.run(130)
    assert ground.send("node_restart", node=5) == DONE
    enabled = [ground.satellite.flight._nodes.command.enable]
    ground.satellite.run(5, lambda now: enabled.append(now.flight._nodes.command.enable))
    assert enabled[0] == 0xFFDF
    assert enabled[-1] == 0xFFFF
    ground.satellite.run(130)
    assert ground.satellite.flight.status.nodes_on == 16


def test_search_gives_the_light_up_and_finds_it_again(ground):
    assert ground.send("laser_search") == DONE
    states = []
    ground.satellite.run(16, lambda now: states.append(now.flight.status.link))
    assert states[0] is LinkState.OFF
    assert states[-1] is LinkState.TRACK
    assert ground.satellite.peek(BoardId.LASER, laser_flight.LASER_COMMAND.address) == (1,)


def test_retries_start_afresh(ground):
    satellite = ground.satellite
    satellite.shorted = 1 << 2
    satellite.run(3)
    satellite.shorted = 0
    ladder = satellite.flight._limiters._ladder
    assert (ladder.held, ladder.faults[2]) == (4, 2)
    ground.send("retries_clear")
    satellite.run(2)
    assert (ladder.held, ladder.faults[2]) == (0, 0)
    assert satellite.flight._limiters.on & 4


def test_the_computer_restarts_once(ground):
    assert ground.send("computer_restart") == DONE
    ground.satellite.run(40)
    assert ground.satellite.boots == [0, 1]
    assert ground.satellite.flight._telecommands.services.verification.accepted == 0


def test_time_set_shifts_every_stamp_from_then_on(ground):
    satellite = ground.satellite
    epoch_s = satellite.parameters.epoch_tai_ms // 1000
    board_ms = satellite.now_ms + 123_456
    ground.send("time_set", board_ms=board_ms, seconds=epoch_s + 1000, fraction=0x8000)
    expected_ms = (epoch_s + 1000) * 1000 + 500
    events = [report.raw[0] for report in ground.reports if report.name == "event"]
    assert stamps(satellite, board_ms) == (expected_ms, expected_ms)
    satellite.reset()
    assert stamps(satellite, board_ms) == (expected_ms, expected_ms)
    assert events in ([], [19])


SHIFTS = {"ahead": 90_061.5, "back": -0.25, "far-ahead": 1_800_000_000.0, "far-back": -2_100_000_000.0}


@pytest.mark.parametrize("name", SHIFTS)
def test_the_event_tells_by_how_much_time_was_moved(ground, name):
    satellite = ground.satellite
    board_ms = satellite.now_ms
    tai = cuc.time(satellite.parameters.epoch_tai_ms + board_ms + round(SHIFTS[name] * 1000))
    ground.up(ground.encode("time_set", board_ms=board_ms, seconds=tai.seconds, fraction=tai.fraction))
    satellite.run(2)
    days, rest_ms = next(
        report.raw[2:] for report in ground.reports if report.name == "event" and report.raw[0] == 19
    )
    assert days * 86_400 + rest_ms / 1000 == pytest.approx(SHIFTS[name], abs=0.001)


def stamps(satellite, now_ms: int) -> tuple[int, int]:
    """TAI that a packet and a frame bear."""
    downlink = satellite.flight._downlink
    zones = downlink.send(D.packets["alive"], 2, (), now_ms)
    zones += downlink.close_late(now_ms + 60_000)
    frame = downlink.build_frame(zones[-1], now_ms)
    octets = b"".join(zone.octets for zone in zones)  # the packet may go over into another zone
    header = octets.rindex(bytes([17, 2])) - 1
    return cuc.decode(octets[header + 7 : header + 13]).tai_ms, cuc.decode(frame[6:14]).tai_ms


@pytest.mark.parametrize(
    ("board_ms", "offset_s"),
    [(0, 0), (2**32 - 1000, -1), (2**31, 2**31 / 1000)],
    ids=["now-past", "before-zero", "half-a-wrap"],
)
def test_a_correlation_is_taken_at_the_board_time_nearest_to_now(board_ms, offset_s):
    epoch_ms = onboard_time.epoch_tai_ms(board_ms, 2_000_000_000, 0, 20_000)
    assert epoch_ms == 2_000_000_000_000 - round(offset_s * 1000)


def test_time_is_reported_at_boot_then_regularly_and_when_asked(make_satellite, make_ground):
    ground = make_ground(make_satellite())

    def times(cycles: int) -> list[int]:
        ground.reports.clear()
        ground.satellite.run(cycles)
        return [int(report.raw[1]) // 1000 for report in ground.reports if report.name == "time"]

    assert times(140) == [1, 64, 128]
    ground.up(ground.encode("time_rate", exponent=2))
    assert times(10) == [141, 144, 148]
    ground.satellite.reset()
    assert times(6) == [151, 152, 156]
