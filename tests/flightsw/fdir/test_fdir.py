# SPDX-License-Identifier: Apache-2.0
"""Detection and isolation, given samples as they would be: when each fault is told, what is switched, and that noise is none."""

from itertools import pairwise
from random import Random

import pytest
from flatsat.flightsw.control.battery import rest_v
from flatsat.flightsw.events import EventSink
from flatsat.flightsw.fdir.alarm import Alarm
from flatsat.flightsw.fdir.array import ArrayWatch
from flatsat.flightsw.fdir.battery import PackWatch, Trouble
from flatsat.flightsw.fdir.charge import charge_at_rest
from flatsat.flightsw.fdir.limiters import LOAD_PUMP, LOAD_RACK_A, LimiterControl
from flatsat.flightsw.fdir.loads import Expected, How, LoadWatch
from flatsat.flightsw.fdir.readings import measured
from flatsat.flightsw.fdir.sensors import Cause, Sensor
from flatsat.flightsw.fdir.voting import SensorWatch
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.retry import GIVEN_UP_S, RetryLadder
from flatsat.flightsw.sample import PowerWords
from flatsat.protocols import dictionary
from hypothesis import given, settings
from hypothesis import strategies as st

P = FlightParameters()
DICTIONARY = dictionary.load()
SIGMA = {
    "bus_voltage": 5.0,
    "bus_current": 20.0,
    "battery_voltage": 5.0,
    "battery_current": 5.0,
    "state_of_charge": 200.0,
    "battery_temperature": 10.0,
    "pack_current0": 5.0,
    "pack_current1": 5.0,
    "pack_temperature0": 10.0,
    "pack_temperature1": 10.0,
    **{f"string{i}": 10.0 for i in range(8)},
    **{f"load{i}": 5.0 for i in range(8)},
}


class Sky:
    """A satellite as its power board measures it, with noise; `wrong` changes counts of a sample before it is taken."""

    def __init__(self, seed=1, array_w=100_000.0, racks_w=80_000.0, state_of_charge=0.85):
        self.random = Random(seed)
        self.events = EventSink(DICTIONARY)
        self.told: list[tuple[int, str, int, int]] = []
        self.array_w, self.racks_w, self.charge = array_w, racks_w, state_of_charge
        self.wrong = lambda counts: None
        self.status = 0
        self.cycle = 0

    def words(self) -> PowerWords:
        loads_w = [400.0, 600.0, self.racks_w / 2, self.racks_w / 2, 1200.0, 0.0, 0.0, 2200.0]
        net_w = self.array_w - sum(loads_w) - P.computer_w
        share = P.converter_efficiency if net_w > 0 else 1 / P.converter_efficiency
        battery_a = net_w * share / 320.0
        battery_v = rest_v(P.cell, self.charge) + 0.15 * battery_a
        battery_a = net_w * share / battery_v
        truth = {
            "bus_voltage": 30_000,
            "bus_current": (sum(loads_w) + P.computer_w) / 3,
            "battery_voltage": battery_v * 100,
            "battery_current": 32_768 + battery_a * 100,
            "state_of_charge": self.charge * 50_000,
            "battery_temperature": 29_300,
            **{f"string{i}": self.array_w / 8 / 3 for i in range(8)},
            **{f"load{i}": watts / 3 for i, watts in enumerate(loads_w)},
            **{f"pack_current{i}": 32_768 + battery_a * 50 for i in range(2)},
            **{f"pack_spread{i}": 100 for i in range(2)},
            **{f"pack_temperature{i}": 29_300 for i in range(2)},
        }
        counts = {
            name: max(round(value + SIGMA.get(name, 0.0) * min(max(self.random.gauss(0, 1), -2.9), 2.9)), 0)
            for name, value in truth.items()
        }
        self.wrong(counts)
        return PowerWords(
            self.cycle * 1000, 0, self.status, 0x80, 0, *[counts[name] for name in PowerWords._fields[5:]]
        )

    def drain(self) -> None:
        while taken := self.events.take(self.cycle * 1000):
            self.told += [(self.cycle, event.name, first, second) for event, _, first, second in taken]

    def names(self) -> list[str]:
        return [name for _, name, _, _ in self.told]


class Senses(Sky):
    """Sensors voted; charge is held."""

    def __init__(self, **given):
        super().__init__(**given)
        self.watch = SensorWatch(P)

    def run(self, cycles):
        for _ in range(cycles):
            self.cycle += 1
            self.now = self.watch.observe(self.cycle * 1000, self.words(), 2, 8, True, self.events)
            self.drain()


def add(name, counts):
    return lambda sample: sample.__setitem__(name, sample[name] + counts)


def hold(name, counts):
    return lambda sample: sample.__setitem__(name, counts)


# an alarm


def test_an_alarm_needs_persistence_to_begin_and_to_end():
    alarm = Alarm(3, 2)
    seen = [alarm.follow(bool(present)) for present in (1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 0)]
    assert [i for i, changed in enumerate(seen) if changed] == [6, 10]
    assert not alarm.active


# sensors


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("array_w", "racks_w", "charge"),
    [(100_000.0, 80_000.0, 0.85), (0.0, 15_000.0, 0.8), (110_000.0, 105_000.0, 0.99), (0.0, 0.0, 0.3)],
    ids=["day", "night", "full", "low"],
)
def test_noise_makes_no_sensor_suspect(seed, array_w, racks_w, charge):
    sky = Senses(seed=seed, array_w=array_w, racks_w=racks_w, state_of_charge=charge)
    sky.run(150)
    assert sky.told == []


@pytest.mark.parametrize(
    ("wrong", "sensor", "cause", "within"),
    [
        (add("battery_current", 1_500), Sensor.BATTERY_CURRENT, Cause.DISAGREES, 5),
        (hold("battery_current", 0), Sensor.BATTERY_CURRENT, Cause.RANGE, 4),
        (hold("pack_temperature0", 29_301), Sensor.PACK0_TEMPERATURE, Cause.STUCK, 9),
        (add("bus_current", 2_500), Sensor.BUS_CURRENT, Cause.DISAGREES, 5),
        (hold("bus_current", 0), Sensor.BUS_CURRENT, Cause.DISAGREES, 5),
        (hold("bus_voltage", 0), Sensor.BUS_VOLTAGE, Cause.RANGE, 4),
        (hold("bus_voltage", 30_000), Sensor.BUS_VOLTAGE, Cause.STUCK, 9),
        (hold("battery_voltage", 0), Sensor.BATTERY_VOLTAGE, Cause.RANGE, 4),
        (add("battery_temperature", 1_200), Sensor.BATTERY_TEMPERATURE, Cause.DISAGREES, 5),
        (add("pack_temperature1", -1_200), Sensor.PACK1_TEMPERATURE, Cause.DISAGREES, 5),
        (add("state_of_charge", 2_500), Sensor.GAUGE, Cause.DISAGREES, 30),
        (add("state_of_charge", -2_500), Sensor.GAUGE, Cause.DISAGREES, 30),
        (hold("state_of_charge", 0), Sensor.GAUGE, Cause.DISAGREES, 15),
        (hold("state_of_charge", 42_000), Sensor.GAUGE, Cause.STUCK, 9),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Sensor | Cause) else None,
)
def test_a_wrong_sensor_is_told_outvoted_and_trusted_again(wrong, sensor, cause, within):
    sky = Senses()
    sky.run(30)
    right = sky.now
    sky.wrong = wrong
    sky.run(within)
    assert [(name, first, second) for _, name, first, second in sky.told] == [
        ("SENSOR_SUSPECT", sensor, cause)
    ]
    sky.run(10)
    now = sky.now
    assert now.battery_a == pytest.approx(right.battery_a, abs=2.0)
    assert now.bus_a == pytest.approx(right.bus_a, abs=2.0)
    assert now.bus_v == pytest.approx(300.0, abs=0.5)
    assert now.battery_v == pytest.approx(right.battery_v, abs=3.0)
    assert now.battery_k == pytest.approx(293.0, abs=0.5)
    assert now.state_of_charge == pytest.approx(0.85, abs=0.02)
    sky.wrong = lambda counts: None
    sky.run(15)
    assert sky.names() == ["SENSOR_SUSPECT", "SENSOR_TRUSTED"]


def test_dead_string_sensors_do_not_make_night():
    sky = Senses()
    sky.run(20)
    sky.wrong = lambda counts: counts.update({f"string{i}": 0 for i in range(8)})
    sky.run(1)
    assert sky.now.array_w == pytest.approx(100_000.0, rel=0.03)
    sky.run(20)
    assert [(name, first) for _, name, first, _ in sky.told] == [("SENSOR_SUSPECT", Sensor.STRING_CURRENT)]


@given(st.floats(0.0, 1.0))
def test_a_battery_at_rest_tells_its_charge(charge):
    assert charge_at_rest(P.cell, rest_v(P.cell, charge)) == pytest.approx(charge, abs=1e-3)


# array


class Roof(Sky):
    """The array watched; strings that are switched off give nothing."""

    def __init__(self, **given):
        super().__init__(**given)
        self.watch = ArrayWatch(P)

    def run(self, cycles):
        for _ in range(cycles):
            self.cycle += 1
            words = self.words()
            dark = {f"string{i}": 0 for i in range(8) if not self.watch.enable >> i & 1}
            words = words._replace(**dark)
            self.watch.observe(self.cycle * 1000, words, measured(words), True, self.events)
            self.drain()


def swing(string, depth):
    return lambda sky: (
        lambda counts: counts.update({string: round(counts[string] * (1 - depth * (sky.cycle & 1)))})
    )


def test_a_lost_string_is_told_and_told_back():
    roof = Roof()
    roof.run(10)
    roof.wrong = hold("string5", 3)
    roof.run(6)
    assert (roof.names(), roof.watch.lost) == (["STRING_LOST"], 1 << 5)
    roof.wrong = lambda counts: None
    roof.run(6)
    assert (roof.names(), roof.watch.lost) == (["STRING_LOST", "STRING_BACK"], 0)


@pytest.mark.parametrize("left", [7, 4, 2])
def test_strings_that_are_lost_do_not_make_it_dark(left):
    """One wing of four gives what two strings give: it is day all the same."""
    roof = Roof(array_w=110_000.0)
    roof.wrong = lambda counts: counts.update({f"string{i}": 0 for i in range(left, 8)})
    roof.run(10)
    words = roof.words()
    now = measured(words)._replace(strings_on=roof.watch.strings_on(words))
    assert now.strings_on == left
    assert now.light_w == pytest.approx(110_000.0, rel=0.02)


def test_a_string_that_swings_is_tried_three_times_and_then_given_up():
    roof = Roof()
    roof.wrong = swing("string2", 0.5)(roof)
    roof.run(1400)
    assert roof.names() == ["STRING_ISOLATED"] * 4 + ["QUARANTINED"]
    assert roof.watch.enable == 0xFF & ~(1 << 2)
    roof.wrong = lambda counts: None
    roof.watch.clear_retries()
    roof.run(30)
    assert (roof.names()[-1], roof.watch.enable) == ("STRING_BACK", 0xFF)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            lambda counts: counts.update({f"string{i}": counts[f"string{i}"] // 2 for i in range(8)}),
            ["ARRAY_LOW"],
        ),
        (lambda counts: counts.update({f"string{i}": 0 for i in range(8)}), []),
        (lambda counts: None, []),
    ],
    ids=["half", "night", "sound"],
)
def test_an_array_that_gives_too_little_by_day_is_told(wrong, expected):
    roof = Roof(array_w=110_000.0)
    roof.wrong = wrong
    roof.run(150)
    assert roof.names() == expected


def test_after_an_over_voltage_trip_strings_come_back_one_by_one():
    roof = Roof(array_w=4_600.0, racks_w=0.0)
    roof.run(5)
    roof.status = 1 << 2
    roof.run(1)
    assert (roof.watch.enable, roof.watch.strings_on(roof.words()), roof.watch.clear) == (0, 0, False)
    roof.run(10)
    assert roof.watch.clear
    roof.status = 0
    seen = []
    for _ in range(60):
        roof.run(1)
        seen.append(roof.watch.enable.bit_count())
    assert seen[-1] == 8
    assert all(0 <= later - before <= 1 for before, later in pairwise(seen))
    assert roof.names() == ["OVER_VOLTAGE", "OVER_VOLTAGE"]


# battery


class Cells(Sky):
    """The packs watched."""

    def __init__(self, **given):
        super().__init__(**given)
        self.watch = PackWatch(P)

    def run(self, cycles):
        for _ in range(cycles):
            self.cycle += 1
            self.watch.observe(self.cycle * 1000, measured(self.words()), (True, True), self.events)
            self.drain()


def warming(pack, k_min):
    return lambda cells: (
        lambda counts: counts.update(
            {
                f"pack_temperature{pack}": counts[f"pack_temperature{pack}"]
                + round(cells.cycle * k_min / 60 * 100)
            }
        )
    )


@pytest.mark.parametrize(
    ("wrong", "cycles", "troubles", "enable", "usable", "charge"),
    [
        (lambda cells: add("pack_spread0", 600), 10, [Trouble.SPREAD], 3, 2, True),
        (lambda cells: add("pack_spread1", 1_900), 10, [Trouble.SPREAD, Trouble.SPREAD_LARGE], 1, 1, True),
        (lambda cells: hold("pack_current0", 32_768), 20, [Trouble.OPEN], 3, 1, True),
        (lambda cells: hold("pack_temperature0", 32_500), 10, [Trouble.WARM], 3, 2, False),
        (lambda cells: hold("pack_temperature0", 33_500), 10, [Trouble.WARM, Trouble.HOT], 2, 1, True),
        (lambda cells: hold("pack_temperature1", 27_000), 10, [], 3, 2, False),
        (lambda cells: warming(0, 3.0)(cells), 120, [Trouble.RUNAWAY], 2, 1, False),
        (
            lambda cells: lambda counts: (warming(0, 3.0)(cells)(counts), warming(1, 3.0)(cells)(counts)),
            120,
            [],
            3,
            2,
            True,
        ),
    ],
    ids=["spread", "large-spread", "open", "warm", "hot", "cold", "runaway", "warm-by-current"],
)
def test_packs(wrong, cycles, troubles, enable, usable, charge):
    cells = Cells()
    cells.wrong = wrong(cells)
    cells.run(cycles)
    assert [Trouble(second) for _, name, _, second in cells.told if name == "PACK_SUSPECT"] == troubles
    assert (cells.watch.enable, cells.watch.usable) == (enable, usable)
    cells.run(20)
    assert cells.watch.charge is charge


def test_both_packs_are_never_off():
    cells = Cells()
    cells.wrong = lambda counts: counts.update(pack_spread0=2_000, pack_spread1=2_000)
    cells.run(50)
    assert cells.watch.enable.bit_count() == 1
    assert cells.names().count("PACK_ISOLATED") == 1


# loads


class Limiters:
    """What a watch of the loads sees of them."""

    def __init__(self):
        self.control = LimiterControl(P)
        self.watch = LoadWatch(P)
        self.events = EventSink(DICTIONARY)
        self.now_ms = 0

    def run(self, cycles, on, amperes):
        told = []
        for _ in range(cycles):
            self.now_ms += 1000
            self.control.on, self.control.cut = on, ~on & 0xFF
            now = measured(Sky().words())._replace(bus_v=300.0, loads_a=amperes)
            self.watch.observe(self.now_ms, now, self.control, Expected(0, (10_000.0, 0.0)), self.events)
            told += [(event.name, first, second) for event, _, first, second in self.events.take(self.now_ms)]
        return told


SOUND_A = (1.33, 2.0, 40.0, 40.0, 4.0, 0.0, 0.0, 7.3)
OFF_A = (0.0,) * 8


def without(load):
    return tuple(0.0 if index == load else amperes for index, amperes in enumerate(SOUND_A))


@pytest.mark.parametrize(
    ("on", "amperes", "expected"),
    [
        (0b10011111, SOUND_A, []),
        (0, OFF_A, []),
        (0b10011111, without(0), [("LCL_STUCK", 0, How.OFF)]),
        (0b10011111, without(2), [("LCL_STUCK", 2, How.OFF)]),
        (0b10011111, without(3), []),
        (0b10011111, without(4), [("PUMP_FAILED", 0, 0)]),
        (0b10011110, SOUND_A, [("LCL_STUCK", 0, How.ON)]),
        (0b10011101, (1.33, 0.2, *SOUND_A[2:]), [("LCL_STUCK", 1, How.ON)]),
    ],
    ids=["sound", "off", "board-dead", "rack-dead", "rack-idle", "pump-dead", "board-stuck", "laser-stuck"],
)
def test_a_limiter_that_does_not_obey_is_told(on, amperes, expected):
    limiters = Limiters()
    assert limiters.run(8, on, amperes) == expected
    right = [amperes if on >> load & 1 else 0.0 for load, amperes in enumerate(SOUND_A)]
    told = limiters.run(8, on, tuple(right))
    assert [name for name, *_ in told] == ["LOAD_RECOVERED"] * len(expected)


def test_a_dead_rack_is_given_up_after_its_retries():
    limiters = Limiters()
    told = []
    for _ in range(300):
        held = limiters.control.decide(limiters.now_ms, 0xFF)
        told += limiters.run(1, held & 0b10011111, without(2))
    assert [name for name, *_ in told] == ["LCL_STUCK", "QUARANTINED"]
    assert not limiters.control.decide(limiters.now_ms, 0xFF) & LOAD_RACK_A
    assert limiters.control.decide(limiters.now_ms, 0xFF) & LOAD_PUMP
    limiters.control.clear_retries()
    assert limiters.control.decide(limiters.now_ms, 0xFF) & LOAD_RACK_A


# retries


@pytest.mark.parametrize(("never", "given_up"), [(0, 1), (1, 0)], ids=["gives-up", "never"])
def test_a_ladder_gives_up_after_its_last_wait(never, given_up):
    ladder = RetryLadder(1, (1.0, 10.0, 100.0), never=never)
    released, now_ms = [], 0
    for _ in range(4):
        ladder.fail(0, now_ms)
        start_ms = now_ms
        while ladder.release(now_ms) and now_ms < start_ms + 200_000:
            now_ms += 1000
        released.append((now_ms - start_ms) // 1000)
    assert released[:3] == [1, 10, 100]
    assert (ladder.given_up, released[3]) == (given_up, 200 if given_up else 100)
    ladder.clear()
    assert ladder.release(now_ms) == 0


def test_what_is_given_up_is_tried_again_after_hours_once():
    ladder = RetryLadder(1, (1.0,))
    for now_ms in (0, 10_000):
        ladder.fail(0, now_ms)
    again_ms = 10_000 + round(GIVEN_UP_S * 1000)
    assert ladder.release(again_ms - 1)
    assert not ladder.release(again_ms)
    assert not ladder.given_up
    assert ladder.fail(0, again_ms + 1)


def test_a_ladder_forgets_what_was_sound_for_long():
    ladder = RetryLadder(1, (1.0, 10.0), forget_s=100.0)
    for now_ms in range(0, 2_000_000, 200_000):
        assert not ladder.fail(0, now_ms)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 15), max_size=12), st.integers(0, 0xFFFF))
def test_what_may_never_be_given_up_never_is(failures, never):
    ladder = RetryLadder(16, (1.0, 10.0, 100.0), never=never)
    for step, index in enumerate(failures):
        ladder.fail(index, step, last=True)
    assert not ladder.given_up & never
    assert not ladder.release(1_000_000) & never
