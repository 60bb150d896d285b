# SPDX-License-Identifier: Apache-2.0
"""Flight software against the twins of the boards, with a crude plant: start, orbit, faults, resets."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from flatsat.boards.registers import compute_flight, laser_flight, laser_stimulus, power_flight
from flatsat.flightsw import executive
from flatsat.flightsw.control.sunlight import penumbra_light
from flatsat.flightsw.laser import LinkState
from flatsat.flightsw.modes import Level, Mode
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.ports import BoardId, Read, Write
from flatsat.flightsw.records import BootRecord
from flatsat.protocols import aos, dictionary, rmap

SHORT_ORBIT = FlightParameters(
    orbit_period_s=1500.0, eclipse_s=516.0, sunrise_ms=8_000, penumbra_s=8.0, battery_capacity_wh=6_000.0
)


def sunlight(now_s: float) -> float:
    """A short orbit's array power: eight seconds of penumbra at both ends of the day."""
    phase_s = now_s % 1500.0
    return 110_000.0 * penumbra_light(min(phase_s, 1000.0 - phase_s) / 4.0 - 1.0)


def frames(satellite) -> list[int]:
    """Frame counts of what left the optical pin."""
    numbers = []
    for _, cadu in satellite.optical:
        header = int.from_bytes(cadu[4:10], "big") ^ 0x1C71B91BA9BA  # the long randomizer's first octets
        numbers.append(aos.FrameHeader.parse(header.to_bytes(6, "big")).count)
    return numbers


@pytest.fixture
def satellite(make_satellite):
    return make_satellite()


def test_from_everything_off_to_work_and_telemetry(satellite):
    satellite.run(140)
    status = satellite.flight.status
    assert (status.mode, status.link, status.nodes_on) == (Mode.NOMINAL, LinkState.TRACK, 16)
    assert status.missed_replies == status.refused_writes == 0
    assert frames(satellite) == list(range(len(satellite.optical)))
    assert len(satellite.optical) > 15


def test_racks_and_pump_have_power_before_any_node(satellite):
    history = []
    satellite.run(
        15,
        lambda now: history.append(
            (
                now.peek(BoardId.POWER, power_flight.LCL_STATUS.address)[0] & 0x1C,
                now.flight.status.nodes_commanded,
            )
        ),
    )
    first_node = next(i for i, (_, nodes) in enumerate(history) if nodes)
    assert history[first_node - 1][0] == 0x1C


def test_protections_are_set_in_every_board(satellite):
    satellite.run(10)
    p = satellite.parameters
    watchdog, uvlo, overcharge, bus, *limiters = satellite.peek(
        BoardId.POWER, power_flight.WATCHDOG_MS.address, 12
    )
    assert (watchdog, uvlo, overcharge) == (10_000, 28_560 << 16 | 25_200, 35_280)
    assert bus == 33_000 << 16 | 15_000
    (switches,) = satellite.peek(BoardId.POWER, power_flight.SWITCHES.address)
    assert power_flight.SWITCHES_PACK0.raw(switches) == power_flight.SWITCHES_PACK1.raw(switches) == 1
    assert [word & 0xFFFF for word in limiters] == [round(limit / 3) for limit in p.limiter_limits_w]
    assert satellite.peek(BoardId.COMPUTE, compute_flight.RAMP.address, 2) == (10, round(p.trip_k) - 200)
    assert satellite.peek(BoardId.LASER, laser_flight.LIGHT_THRESHOLD.address, 3) == (4000, 12_000, 50)


@pytest.mark.parametrize(
    ("board", "register"),
    [
        (BoardId.POWER, power_flight.LCL2),
        (BoardId.COMPUTE, compute_flight.RAMP),
        (BoardId.LASER, laser_flight.LOSS_MS),
    ],
    ids=["power", "compute", "laser"],
)
def test_a_changed_protection_is_repaired_and_reported(satellite, events, board, register):
    satellite.run(10)
    before = satellite.peek(board, register.address)
    satellite.bus.exchange([Write(board, register.address, (7).to_bytes(4, "big"))])
    satellite.run(3 * satellite.parameters.verify_every_cycles)
    assert satellite.peek(board, register.address) == before
    repairs = [event for event in events if event[0] == "CONFIGURATION_REPAIRED"]
    assert repairs == [("CONFIGURATION_REPAIRED", board, register.address)]


@pytest.mark.timeout(110)
def test_two_orbits_full_at_dusk_above_the_floor_at_dawn(make_satellite):
    satellite = make_satellite(SHORT_ORBIT, state_of_charge=0.8)
    satellite.sun = sunlight
    levels, discharge_w, dusk, night_nodes = [], [], [], []

    def watch(now):
        levels.append(now.state_of_charge)
        discharge_w.append(-now.battery_w)
        if now.now_ms // 1000 % 1500 == 985:
            dusk.append(now.state_of_charge)
        if now.now_ms // 1000 % 1500 == 1250:
            night_nodes.append(now.flight.status.nodes_on)

    satellite.run(3000, watch)
    assert min(levels) > satellite.parameters.floor
    assert min(levels) < satellite.parameters.floor + 0.05  # and the night's energy is used
    assert max(discharge_w) < satellite.parameters.discharge_limit_w
    assert satellite.brown_outs == 0
    assert min(dusk) > 0.97
    assert all(1 <= nodes <= 6 for nodes in night_nodes)


def test_unexpected_darkness_stops_the_nodes_within_seconds(satellite):
    satellite.run(440)
    satellite.sun = lambda now_s: 110_000.0 * max(1.0 - (now_s - 440.0) / 8.0, 0.0)
    satellite.run(12)
    assert satellite.brown_outs == 0
    assert sum(satellite.load_a) * 300.0 < 15_000.0
    assert satellite.flight.status.nodes_on <= 3


def test_hung_software_is_reset_and_goes_on_with_its_counters(satellite):
    satellite.run(60)
    satellite.hung = True
    satellite.run(12)
    assert satellite.boots == [0, 1]
    satellite.run(60)
    numbers = frames(satellite)
    assert numbers == sorted(set(numbers))
    assert numbers[-1] - len(numbers) < 3  # only what was in memory is lost
    status = satellite.flight.status
    assert (status.mode, status.link) == (Mode.NOMINAL, LinkState.TRACK)


def frames_in_board(satellite):
    (status,) = satellite.peek(BoardId.LASER, laser_flight.STATUS.address)
    return laser_flight.STATUS_FIFO_LEVEL.raw(status)


def test_a_reset_takes_the_waiting_frames_with_it_and_repeats_none(satellite):
    satellite.run(60)
    while not frames_in_board(satellite):
        satellite.run(1)
    satellite.light = False
    satellite.run(60)
    queued, in_board = satellite.flight.status.frames_queued, frames_in_board(satellite)
    assert (queued > 5, in_board) == (True, 1)
    satellite.hung = True  # the watchdog cuts the laser board's power as well
    satellite.run(12)
    satellite.light = True
    satellite.run(60)
    numbers = frames(satellite)
    assert numbers == sorted(set(numbers))
    gaps = [after - before - 1 for before, after in pairwise(numbers)]
    assert [gap for gap in gaps if gap] == [queued + in_board]


def test_a_dead_wire_at_boot_leaves_software_that_configures_later(satellite, lost, events):
    satellite.bus.fate = lambda request: lost[1]
    satellite.run(1)
    assert satellite.bus.exchanges == 3  # two at boot, one of the first cycle: none is repeated
    satellite.run(5)
    status = satellite.flight.status
    assert (status.nodes_commanded, status.state_of_charge, status.frames_dropped) == (0, 0.0, 0)
    assert satellite.peek(BoardId.POWER, power_flight.LCL2.address) != (20 << 16 | 25_000,)
    satellite.bus.fate = lambda request: lost[0]
    satellite.run(140)
    assert satellite.peek(BoardId.POWER, power_flight.LCL2.address) == (20 << 16 | 25_000,)
    assert (satellite.boots, satellite.flight.status.nodes_on) == ([0], 16)
    names = Counter(name for name, *_ in events)
    assert names["CONFIGURATION_REPAIRED"] == 0
    assert names["BOARD_SILENT"] == names["BOARD_BACK"] == 1


def test_dropped_frames_are_in_status_event_and_housekeeping(make_satellite, events):
    satellite = make_satellite(FlightParameters(frame_queue=4))
    satellite.light = False
    satellite.run(80)
    dropped = satellite.flight.status.frames_dropped
    assert dropped > 4
    assert [event for event in events if event[0] == "FRAMES_DROPPED"] == [
        ("FRAMES_DROPPED", total, 4) for total in range(1, dropped + 1, 4)
    ]
    names = dictionary.load().packets["fsw_hk"].names
    report = dict(zip(names, satellite.flight._software_raw(), strict=True))
    assert (report["frames_queued"], report["frames_dropped"]) == (4, dropped)


def test_three_resets_make_safe_mode_which_ends_by_itself(make_satellite):
    orbit = {"orbit_period_s": 100.0, "eclipse_s": 20.0}
    satellite = make_satellite(FlightParameters(safe_quiet_s=60.0, **orbit), state_of_charge=0.8)
    for _ in range(3):
        satellite.run(3)
        satellite.hung = True
        satellite.run(13)
    satellite.run(2)
    assert satellite.flight.status.mode is Mode.SAFE
    assert satellite.peek(BoardId.POWER, power_flight.LCL_STATUS.address) == (0x80,)
    satellite.run(150)
    assert satellite.flight.status.mode is Mode.SAFE
    satellite.run(200)
    assert satellite.flight.status.mode is Mode.NOMINAL


def test_an_emptying_battery_goes_down_the_ladder_and_comes_back_up(make_satellite, events):
    orbit = {"orbit_period_s": 500.0, "eclipse_s": 100.0}
    satellite = make_satellite(FlightParameters(battery_capacity_wh=4_500.0, **orbit), state_of_charge=0.72)
    satellite.sun = lambda now_s: 0.0
    satellite.run(1000)
    assert satellite.flight.status.level is Level.SAFE
    satellite.sun = lambda now_s: 110_000.0
    satellite.run(1900)
    assert satellite.flight.status.nodes_on == 16
    assert [level for name, level, *_ in events if name == "LEVEL_CHANGED"] == [1, 2, 3, 4, 3, 2, 1, 0]


def test_frames_wait_for_light_and_none_is_lost(satellite):
    satellite.run(60)
    satellite.light = False
    satellite.run(120)
    assert satellite.flight.status.frames_queued > 15
    satellite.light = True
    satellite.run(60)
    assert satellite.flight.status.frames_queued <= 1
    assert frames(satellite) == list(range(len(satellite.optical)))


LOSSES = {
    "some-of-all": lambda request: 0.08,
    "many-writes": lambda request: 0.3 if isinstance(request, Write) else 0.0,
    "many-frames": lambda request: 0.0 if isinstance(request, Read) or request.incrementing else 0.6,
    "laser-board": lambda request: 0.2 if request.board == BoardId.LASER else 0.0,
}


@pytest.mark.parametrize("where", [1, 2], ids=["command-lost", "reply-lost"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_on_the_bus_lose_no_frame(satellite, lost, name, where):
    dice = Random(f"{name} {where}")

    def fate(request):
        return lost[where] if dice.random() < LOSSES[name](request) else lost[0]

    satellite.bus.fate = fate
    satellite.run(300)
    satellite.bus.fate = lambda request: lost[0]
    satellite.run(10)
    assert satellite.boots == [0]
    assert satellite.flight.status.nodes_on == 16
    assert frames(satellite) == list(range(len(satellite.optical)))


def test_silent_board_is_power_cycled(satellite, lost):
    satellite.run(20)
    satellite.bus.fate = lambda request: lost[1 if request.board == BoardId.LASER else 0]
    off = []
    satellite.run(
        15, lambda now: off.append(not now.peek(BoardId.POWER, power_flight.LCL_STATUS.address)[0] & 2)
    )
    assert any(off)
    satellite.bus.fate = lambda request: lost[0]
    satellite.run(60)
    assert satellite.flight.status.link is LinkState.TRACK


def test_without_samples_of_the_power_board_the_watchdog_is_not_kicked(satellite, lost):
    satellite.run(20)
    satellite.bus.fate = lambda request: lost[1 if request.board == BoardId.POWER else 0]
    satellite.run(6)
    assert satellite.flight.status.nodes_commanded == 0
    satellite.bus.fate = lambda request: lost[1 if request[:3] == (0, 12, 76) else 0]
    satellite.run(8)
    assert satellite.boots == [0, 1]


def test_shorted_rack_trips_and_comes_back(satellite):
    satellite.run(200)
    satellite.shorted = 1 << 2
    satellite.run(3)
    assert satellite.flight.status.nodes_commanded == 8
    satellite.shorted = 0
    satellite.run(150)
    assert satellite.flight.status.nodes_on == 16


def test_cycle_takes_two_exchanges_and_writes_little(satellite):
    satellite.run(300)
    satellite.bus.written.clear()
    before = satellite.bus.exchanges
    satellite.run(60)
    assert satellite.bus.exchanges - before == 120
    octets = Counter()
    for write in satellite.bus.written:
        octets[write.board, write.incrementing] += len(write.octets) + 25
    assert octets[BoardId.POWER, True] / 60 < 60
    assert octets[BoardId.COMPUTE, True] / 60 < 60
    assert octets[BoardId.LASER, False] / 60 < 600


def test_boot_record_survives_the_wrap_of_board_time(make_satellite, memory, lost):
    for now_ms in (1_000, 2_000, 2**32 + 1_000):
        satellite = make_satellite()
        satellite.bus.fate = lambda request: lost[1]  # the time is as told
        executive.boot(memory, 1, satellite.bus, now_ms, satellite.parameters)
    record = BootRecord.load(memory)
    assert (record.boots, record.resets_ms) == (3, (1_000, 2_000, 1_000))


@pytest.mark.parametrize("at_s", [5, 40], ids=["while-acquiring", "in-track"])
def test_a_laser_board_that_starts_anew_by_itself_is_told_everything_again(satellite, at_s):
    satellite.run(at_s)
    light = len(satellite.optical)
    for powered in (0, 1):
        word = powered.to_bytes(4, "big")
        packet = rmap.write_command(0x62, 0x21, 5, laser_stimulus.POWERED.address, word)
        assert satellite.boards[BoardId.LASER].execute(packet)
    satellite.run(60)
    assert satellite.flight.status.link == LinkState.TRACK
    assert len(satellite.optical) > light + 4
    sent = frames(satellite)
    assert sent == sorted(set(sent))
