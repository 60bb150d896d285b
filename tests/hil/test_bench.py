# SPDX-License-Identifier: Apache-2.0
"""The bench's cycle under the worst: dead wires, a computer that loses its power, deadlines that eat the cycle."""

from dataclasses import replace

from flatsat.hil import scenario
from flatsat.hil.backends.port import open_back_end
from flatsat.hil.bench import Bench
from flatsat.hil.trace import packet_records

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
