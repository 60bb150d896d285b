# SPDX-License-Identifier: Apache-2.0
"""The bench's cycle under the worst: dead wires, a computer that loses its power, deadlines that eat the cycle."""

from dataclasses import replace

import pytest
from flatsat.boards.registers import compute_flight, power_flight
from flatsat.hil import scenario, sensors
from flatsat.hil.backends.port import COMPUTE, FLIGHT, POWER, open_back_end
from flatsat.hil.bench import Bench
from flatsat.hil.initiator import Initiator
from flatsat.hil.stimulus import Stimulus, Upsets
from flatsat.hil.trace import Trace, packet_records

HEAD = scenario.source("ci-120").split("[[measurements]]")[0]
WIRES = ("power", "compute", "laser")


def fly(text, duration_s, cycle_s=1.0):
    """Fly the twins; return the bench, the board time after each cycle and all packets of the power board."""
    wanted = replace(scenario.parse(HEAD + text), duration_s=duration_s, cycle_s=cycle_s)
    bench = Bench(wanted, 1, open_back_end("twin"))
    times, packets = [], []
    for _ in bench.cycles(wanted.duration_ms // wanted.cycle_ms):
        times.append(bench.now_ms)
        packets += packet_records(bench.trace.take()[0])
    return bench, times, packets


def dead_wires(at_s, until_s):
    return "".join(
        f'[[faults]]\nat_s = {at_s}\nuntil_s = {until_s}\ntarget = "{board}"\nkind = "lose"\nvalue = 1.0\n'
        for board in WIRES
    )


def test_the_computer_boots_behind_dead_wires_and_comes_back():
    """No kick reaches the watchdog: the computer is power-cycled again and again, and boots once each time."""
    bench, times, _ = fly(dead_wires(20, 60), 110)
    causes = [cause for stop in bench.stops for cause in stop.causes]
    assert causes.count("watchdog") == causes.count("computer_on") == 3
    assert bench.flight is not None
    assert bench.flight.status.missed_replies < 1000
    assert times[-1] == 110_000


def test_board_time_never_goes_back_and_records_bear_it():
    _, times, packets = fly(dead_wires(20, 60), 80)
    stamps = [packet.board_time_ms for packet in packets]
    assert stamps == sorted(stamps)
    assert times == sorted(times)


def test_flight_software_that_overruns_misses_a_cycle(monkeypatch):
    """Deadlines longer than half a cycle, twice: the next cycle is missed, and time is kept."""
    monkeypatch.setattr("flatsat.hil.flight_bus.DEADLINE_MS", 60)
    bench, times, _ = fly(dead_wires(20, 25), 40, cycle_s=0.1)
    late = [time_ms - 100 * (number + 1) for number, time_ms in enumerate(times)]
    assert bench.overruns > 0
    assert max(late) > 0
    assert min(late) == late[-1] == 0


def test_a_hang_waits_for_flight_software_to_hang():
    """A second hang while the computer is off strikes the flight software that boots next, and no boot is swallowed."""
    text = "".join(f'[[faults]]\nat_s = {at}\ntarget = "flightsw"\nkind = "hang"\n' for at in (40.5, 30))
    bench, _, _ = fly(text, 90)
    causes = [(stop.at_ms, stop.causes) for stop in bench.stops]
    assert [names for _, names in causes] == [("watchdog",), ("computer_on",)] * 2
    assert bench.flight is not None


def test_a_fault_begins_at_its_millisecond():
    text = '[[faults]]\nat_s = 30.25\ntarget = "load7"\nkind = "short"\nexpect = "LCL_TRIPPED"\n'
    bench, _, _ = fly(text, 40)
    assert 30_250 < bench.stops[0].at_ms <= 30_250 + 25
    assert bench.stops[0].causes == ("lcl_trip",)


@pytest.fixture
def bus_reads(monkeypatch):
    """Make the bus voltage read something else from 30 s until `until_ms`."""

    def read(volts, until_ms):
        def bent(plant, now_ms, seed, of=sensors.words):
            (bus, *power), compute, laser = of(plant, now_ms, seed)
            if 30_000 <= now_ms < until_ms:
                bus = round(100 * volts) << 16 | bus & 0xFFFF
            return (bus, *power), compute, laser

        monkeypatch.setattr(sensors, "words", bent)

    return read


def test_a_dead_bus_stops_the_computer_until_it_has_been_back_for_a_minute(bus_reads):
    bus_reads(149.0, until_ms=40_000)
    bench, _, _ = fly("", 105)
    assert [(stop.at_ms, stop.causes) for stop in bench.stops] == [
        (30_010, ("bus_dead",)),
        (100_000, ("computer_on",)),
    ]
    assert bench.flight is not None
    assert bench.flight.status.cycle <= 6


def test_over_voltage_opens_the_array(bus_reads):
    bus_reads(331.0, until_ms=31_000)
    bench, _, _ = fly("", 35)
    assert [(stop.at_ms, stop.causes) for stop in bench.stops] == [(30_001, ("overvoltage",))]
    assert (bench.plant.truth.array_w, bench.plant.truth.sunlight) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("upsets", "expected"),
    [
        pytest.param(Upsets(hang=2), (0b1011_10, 0x333), id="hang"),
        pytest.param(Upsets(corrupt=2), (0b1010_10, 0x333), id="corrupt"),
        pytest.param(Upsets(unlock=2), (0b1010_10, 0x3F3), id="unlock"),
    ],
)
def test_each_upset_strikes_its_nodes(upsets, expected):
    back_end = open_back_end("twin")
    stimulus, initiator = Stimulus(back_end, Trace(), boot_ms=1), Initiator(FLIGHT)
    words = (0,) * 14, (0,) * 6, (0,) * 2
    on = initiator.write(POWER, power_flight.LCL_ENABLE.address, bytes((0, 0, 0, 0xFF)))
    run = initiator.write(COMPUTE, compute_flight.NODE_ENABLE.address, bytes.fromhex("0000000700000333"))
    back_end.exchange([on.request])
    stimulus.step(words, Upsets(), 10)
    back_end.exchange([run.request])
    stimulus.step(words, Upsets(), 100)
    actuators = stimulus.step(words, upsets, 500).actuators
    assert (actuators.node_state, actuators.steps_low) == expected
