# SPDX-License-Identifier: Apache-2.0
"""Every kind of fault that the bench brings about acts, from its beginning on and not before, and the same way each time."""

import hashlib
from dataclasses import replace
from statistics import fmean, pstdev

import pytest
from flatsat.hil import scenario
from flatsat.hil.backends.port import FLIGHT, open_back_end
from flatsat.hil.bench import Bench
from flatsat.hil.bench_faults import BENCH
from flatsat.hil.board_upsets import CONFIGURATION
from flatsat.hil.channel import OpticalChannel
from flatsat.hil.faults import FAULTS
from flatsat.hil.initiator import Initiator
from flatsat.hil.link_faults import LinkFaults
from flatsat.hil.sensor_faults import SensorFaults
from flatsat.hil.sensor_fields import SENSORS

HEAD = scenario.source("ci-120").split("[[measurements]]")[0].replace("duration_s = 120", "duration_s = 60")
HEAD = HEAD.replace("altitude_km = 550", 'altitude_km = 550\nstart = "noon"')
PINGS = "".join(f'[[telecommands]]\nat_s = {at}\nname = "ping"\n' for at in (25, 42, 46))
AT_S, UNTIL_S = 40, 50
VALUES = {
    "late": 3, "replay": None, "flap": 2, "bit_errors": 0.02, "upset": 1, "clock_jump": 100, "overrun": 1500,
    "ephemeris": 300, "storm": 20,
}  # fmt: skip
SHARES = ("lose", "corrupt", "duplicate", "delay", "truncate", "reorder")
RANDOM = (*SHARES, "noise", "bit_errors", "upset")
LATER = {
    "node0 corrupt": "nobody asks a node before it has booted",
    "node0 unlocked": "no node has a clock before it has booted",
    "node0 hang": "only a node that is on can hang",
}
CASES = {
    f"{target} {kind}": (target, kind)
    for target, kinds in BENCH.items()
    for kind in kinds
    if not (target.startswith("node") and target != "node0") and f"{target} {kind}" not in LATER
}


def fault(target, kind):
    known = FAULTS[target][kind]
    at_s = 0 if known.from_start else AT_S
    end = f"until_s = {UNTIL_S}\n" if known.ends else ""
    if known.value is None:
        amount = None
    elif target in SENSORS:
        amount = known.value.high / 8
    else:
        amount = VALUES.get(kind, 0.5 if kind in SHARES else None)
    value = "" if amount is None else f"value = {amount}\n"
    return f'[[faults]]\nat_s = {at_s}\n{end}target = "{target}"\nkind = "{kind}"\n{value}'


def fly(text, seconds=60):
    """What the bench did in each cycle: packets of the boards and what reached the ground, as hashes."""
    bench = Bench(scenario.parse(HEAD + PINGS + text), 1, open_back_end("twin"))
    cycles = []
    for result in bench.cycles(seconds):
        parts = [*bench.trace.take(), *result.received, str(bench.now_ms).encode()]
        cycles.append(hashlib.sha256(b"|".join(parts)).digest())
    return cycles


@pytest.fixture(scope="module")
def undisturbed():
    return fly("")


@pytest.mark.parametrize(("target", "kind"), [pytest.param(*case, id=name) for name, case in CASES.items()])
def test_acts(target, kind, undisturbed):
    struck = fly(fault(target, kind))
    before = 0 if FAULTS[target][kind].from_start else AT_S - 1
    assert struck[:before] == undisturbed[:before]
    assert struck != undisturbed
    if kind in RANDOM:
        assert struck == fly(fault(target, kind))


def test_a_restart_of_the_processor_leaves_the_boards_alone():
    text = '[[faults]]\nat_s = 40\ntarget = "flightsw"\nkind = "reset"\n'
    bench = Bench(scenario.parse(HEAD + text), 1, open_back_end("twin"))
    for _ in bench.cycles(60):
        pass
    assert not bench.stops
    assert bench.flight.status.cycle < 30


def test_flight_software_that_traps_on_a_flipped_bit_hangs_until_the_watchdog(monkeypatch):
    def trap(flight, index, bit):
        monkeypatch.setattr(type(flight), "cycle", lambda *_: 1 / 0)

    monkeypatch.setattr("flatsat.flightsw.executive.FlightSoftware.upset", trap)
    text = '[[faults]]\nat_s = 20\ntarget = "flightsw"\nkind = "upset"\nvalue = 1\n'
    bench = Bench(scenario.parse(HEAD + text), 1, open_back_end("twin"))
    with pytest.raises(ZeroDivisionError):  # after the reset it is no longer the upset's fault
        for _ in bench.cycles(60):
            pass
    assert [stop.causes for stop in bench.stops] == [("watchdog",), ("computer_on",)]


@pytest.mark.parametrize("board", range(3), ids=["power", "compute", "laser"])
def test_an_upset_register_is_found_and_repaired(board):
    target = ("power", "compute", "laser")[board]
    text = f'[[faults]]\nat_s = 30\ntarget = "{target}"\nkind = "upset"\nvalue = 1\n'
    wanted = scenario.parse(HEAD.replace("duration_s = 60", "duration_s = 260") + text)
    back_end = open_back_end("twin")
    bench = Bench(wanted, 1, back_end)
    register = CONFIGURATION[board][1]
    seen = []
    for _ in bench.cycles(260):
        command = Initiator(FLIGHT).read(board, register.address, 4)
        seen.append(command.judge(back_end.exchange([command.request])[0]))
    assert seen[29] != seen[31]
    assert seen[-1] == seen[29]


def test_an_overrun_costs_the_cycles_that_it_takes():
    text = '[[faults]]\nat_s = 40\nuntil_s = 50\ntarget = "flightsw"\nkind = "overrun"\nvalue = 1500\n'
    bench = Bench(scenario.parse(HEAD + text), 1, open_back_end("twin"))
    for _ in bench.cycles(60):
        pass
    assert bench.overruns == 5  # each second cycle
    assert bench.now_ms == 60_000


WORDS = (tuple(range(0x01000200, 0x01000200 + 14)), (7, 0x04000500, 1, 2, 3, 4), (0x06000700, 8))


def strike(text, times_ms):
    faults = SensorFaults(scenario.parse(HEAD + text).faults, 1)
    return [faults.strike(words, time_ms) for time_ms, words in times_ms]


def counted(words, sensor):
    return sensor.field.raw(words[sensor.board][sensor.word])


@pytest.mark.parametrize("target", SENSORS)
def test_each_sensor_is_struck_alone(target):
    text = f'[[faults]]\nat_s = 1\nuntil_s = 2\ntarget = "{target}"\nkind = "dead"\n'
    before, struck, after = strike(text, [(0, WORDS), (1000, WORDS), (2000, WORDS)])
    assert before == after == WORDS
    assert all(counted(struck, sensor) == 0 for sensor in SENSORS[target])
    for other, sensors in SENSORS.items():
        if other != target:
            assert [counted(struck, sensor) for sensor in sensors] == [counted(WORDS, s) for s in sensors]


def test_a_stuck_sensor_repeats_what_it_read_last():
    later = ((*WORDS[0][:2], 0xFFFF0000, *WORDS[0][3:]), *WORDS[1:])
    text = '[[faults]]\nat_s = 1\nuntil_s = 3\ntarget = "gauge"\nkind = "stuck"\n'
    (gauge,) = SENSORS["gauge"]
    found = strike(text, [(0, WORDS), (1000, later), (2000, later), (3000, later)])
    assert [counted(words, gauge) for words in found] == [
        counted(w, gauge) for w in (WORDS, WORDS, WORDS, later)
    ]


@pytest.mark.parametrize("bias", [0.05, -0.9, 1.0])
def test_a_bias_is_added_and_saturates(bias):
    text = f'[[faults]]\nat_s = 0\ntarget = "gauge"\nkind = "bias"\nvalue = {bias}\n'
    (gauge,) = SENSORS["gauge"]
    before, (words,) = counted(WORDS, gauge), strike(text, [(0, WORDS)])
    most = (1 << gauge.field.width) - 1
    assert counted(words, gauge) == min(max(before + round(bias / gauge.field.lsb), 0), most)


def test_noise_has_its_deviation():
    text = '[[faults]]\nat_s = 0\ntarget = "string_current"\nkind = "noise"\nvalue = 5\n'
    sensor = SENSORS["string_current"][3]
    middle = ((0x80008000,) * 14, *WORDS[1:])
    found = strike(text, [(time_ms, middle) for time_ms in range(0, 2_000_000, 1000)])
    values = [sensor.field.lsb * (counted(words, sensor) - 0x8000) for words in found]
    assert abs(fmean(values)) < 0.5
    assert pstdev(values) == pytest.approx(5, rel=0.1)


def test_nothing_struck_nothing_copied():
    assert SensorFaults((), 1).strike(WORDS, 5) is WORDS


@pytest.mark.parametrize(
    ("kind", "count"), [("lose", 0), ("duplicate", 2), ("reorder", 1)], ids=["lose", "duplicate", "reorder"]
)
def test_each_cadu_is_struck_to_its_share(kind, count):
    text = f'[[faults]]\nat_s = 0\ntarget = "link"\nkind = "{kind}"\nvalue = 1.0\n'
    wanted = scenario.parse(HEAD + text)
    link = LinkFaults(wanted.faults, 1, OpticalChannel(replace(wanted.link, bit_error_rate=0), 1))
    sent = [number.to_bytes(2, "big") for number in range(200)]
    got = [octets for number, cadu in enumerate(sent) for octets in link.deliver(1000 * number, cadu, 12e-6)]
    assert len(got) == count * len(sent)
    if kind == "reorder":
        assert got[:4] == [sent[1], sent[0], sent[3], sent[2]]
        assert sorted(got) == sent


def test_thousands_of_faults_in_a_year_leave_a_cycle_as_it_is():
    """What each cycle looks at is what strikes then, not what the scenario holds."""
    kinds = [
        ("gauge", "dead", ""), ("link", "outage", 'expect = "LINK_LOST"\n'), ("power", "lose", "value = 0.5\n"),
        ("node3", "hang", '[faults.expect]\ndetect = "NODE_HUNG"\nrecover = "nodes_on >= 1"\n'),
    ]  # fmt: skip
    rows = "".join(
        f'[[faults]]\nat_s = {3000 * i + 100}\nuntil_s = {3000 * i + 120}\ntarget = "{target}"\nkind = "{kind}"\n{more}'
        for i in range(1000)
        for target, kind, more in kinds
    )
    wanted = scenario.parse(HEAD.replace("duration_s = 60", "duration_s = 31536000") + rows)
    bench = Bench(wanted, 1, open_back_end("twin"))
    for number, _ in enumerate(bench.cycles(160), 1):
        struck = len(kinds) if 100 < number < 120 else 0
        assert len(bench._timeline.at(bench.now_ms)) in (struck, len(kinds) if number == 100 else 0)
        assert len(bench.watch._open) <= 1
