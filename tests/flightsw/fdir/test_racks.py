# SPDX-License-Identifier: Apache-2.0
"""Nodes and pump, given samples of both boards: which node goes off for what, and that a sound rack loses none."""

from dataclasses import replace
from random import Random

import pytest
from flatsat.flightsw.compute import BOOT, OFF, ON, NodeControl
from flatsat.flightsw.control.port import Plan
from flatsat.flightsw.events import EventSink
from flatsat.flightsw.fdir.limiters import LOAD_PUMP, LOAD_RACK_A, LOAD_RACKS, LimiterControl
from flatsat.flightsw.fdir.pump import ALL_NODES, PumpWatch
from flatsat.flightsw.fdir.racks import RackWatch
from flatsat.flightsw.fdir.readings import Readings
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.sample import ComputeWords
from flatsat.protocols import dictionary

P = FlightParameters()
STEP_W = [P.node.at_step(step) for step in range(16)]
BOOT_CYCLES = 20
DAY_A, NIGHT_A = (45.0,) * 8, (0.0,) * 8
PLAN = Plan(60_000.0, 80_000.0, 16)


class Racks:
    """Sixteen nodes with junctions on a coolant loop, whose currents are sampled a cycle late.

    Attributes:
        latched: node and watts; unlocked: node; unfed: nodes without power; resistance: of the junctions.
    """

    def __init__(self, memory):
        self.random = Random(7)
        self.events = EventSink(dictionary.load())
        self.limiters = LimiterControl(P)
        self.nodes = NodeControl(P, memory)
        self.racks, self.pump = RackWatch(P), PumpWatch(P)
        self.states, self.booted, self.steps = [OFF] * 16, [0] * 16, [0] * 16
        self.coolant_k = 300.0
        self.junction_k = [300.0] * 16
        self.latched: dict[int, float] = {}
        self.unlocked = -1
        self.tripping = -1
        self.unfed: set[int] = set()
        self.strings_a = DAY_A
        self.resistance = P.junction_k_w
        self.hottest_k = 0.0
        self.cycle = 0
        self.told: list[tuple[str, int]] = []
        self.loads_w = [0.0, 0.0]

    def run(self, cycles):
        for _ in range(cycles):
            self.cycle += 1
            measured_w, tripped = self.loads_w, self._live()
            now_ms = self.cycle * 1000
            loads_a = (
                0.0,
                0.0,
                *(w / 300 + self.random.gauss(0, 0.05) for w in measured_w),
                4.0,
                0.0,
                0.0,
                7.3,
            )
            now = Readings(300.0, 0.0, 320.0, 0.0, 0.9, 293.0, self.strings_a, loads_a, (), (), ())
            self.limiters.failed = LOAD_RACK_A if tripped else 0
            if tripped:
                self.limiters.fail(2, now_ms, self.events)
            on = self.limiters.decide(now_ms, 0x9F & ~self.pump.off)
            self.limiters.on, self.limiters.cut = on, ~on & 0xFF
            words = self._words()
            self.racks.observe(now_ms, words, now, self.limiters, self.nodes, self.events)
            self.pump.observe(
                now_ms, words, self.racks.warm_k, False, self.nodes.sound, self.limiters, self.events
            )
            fed = (0x00FF if on & LOAD_RACK_A else 0) | 0xFF00 if on & LOAD_PUMP else 0
            self.nodes.observe(now_ms, words, fed & self.racks.usable & self.pump.usable, self.events)
            self.nodes.decide(now_ms, PLAN, self.pump.node_w)
            self.nodes.challenge_lost()
            self.told += [(e.name, first) for e, _, first, _ in self.events.take(now_ms)]

    def _live(self) -> bool:
        enable = self.nodes.command.enable
        told = self.nodes.command.steps_high << 32 | self.nodes.command.steps_low
        tripped = False
        watts = []
        for n in range(16):
            if not enable >> n & 1 or n in self.unfed:
                self.states[n] = OFF
            elif self.states[n] == OFF:
                self.states[n], self.booted[n] = BOOT, self.cycle + BOOT_CYCLES
                tripped = tripped or n == self.tripping
            elif self.states[n] == BOOT and self.cycle >= self.booted[n]:
                self.states[n] = ON
            self.steps[n] = 15 if n == self.unlocked else told >> 4 * n & 15
            w = {OFF: 0.0, BOOT: P.node.boot_w, ON: STEP_W[self.steps[n]]}[self.states[n]]
            watts.append(w + self.latched.get(n, 0.0) if w else 0.0)
        if tripped:
            self.states[:8] = [OFF] * 8
            watts[:8] = [0.0] * 8
        self.loads_w = [sum(watts[:8]), sum(watts[8:])]
        for n, w in enumerate(watts):
            settled_k = self.coolant_k + self.resistance * w
            self.junction_k[n] += (settled_k - self.junction_k[n]) * min(
                1.0 / (self.resistance * 3300.0), 0.2
            )
        self.hottest_k = max(self.hottest_k, *self.junction_k)
        return tripped

    def _words(self) -> ComputeWords:
        states = sum(state << 2 * n for n, state in enumerate(self.states))
        steps = sum(step << 4 * n for n, step in enumerate(self.steps) if self.states[n] == ON)
        kelvins = tuple(round(k - 200 + self.random.gauss(0, 0.3)) for k in self.junction_k)
        beats = self.cycle % 4 * 0x55555555
        coolant = round(self.coolant_k * 100) + round(self.random.gauss(0, 10))
        return ComputeWords(
            self.cycle * 1000,
            0,
            states,
            steps & 0xFFFFFFFF,
            steps >> 32,
            beats,
            0,
            0,
            0,
            0,
            0,
            coolant,
            coolant,
            kelvins,
        )

    def names(self) -> list[tuple[str, int]]:
        return [told for told in self.told if told[0] != "NODE_RECOVERED"]


@pytest.fixture
def racks(memory):
    racks = Racks(memory)
    racks.run(60)
    assert racks.states == [ON] * 16
    assert racks.told == []
    return racks


def test_a_sound_rack_loses_no_node(racks):
    racks.run(300)
    assert racks.told == []


def test_a_rack_without_power_is_missed_and_its_nodes_are_not_blamed(racks):
    racks.unfed = set(range(8, 16))
    racks.run(200)
    assert racks.racks.racks_w[1] == pytest.approx(8 * P.node.boot_w)
    assert racks.told == []


def test_a_node_without_power_is_missed_alone(racks):
    racks.unfed = {9}
    racks.run(200)
    assert racks.told[0] == ("NODE_HUNG", 9)
    assert {node for _, node in racks.told} == {9}


@pytest.mark.parametrize(
    ("node", "latched_w", "within"), [(3, 2_000.0, 5), (12, 2_000.0, 5), (0, 3_000.0, 4), (15, 1_000.0, 10)]
)
def test_a_node_that_latches_up_goes_off_and_comes_back(racks, node, latched_w, within):
    """The first sample that shows it is a cycle old; the more it draws the sooner its junction tells it from the others."""
    racks.latched[node] = latched_w
    racks.run(within)
    assert racks.names() == [("NODE_LATCHED_UP", node)]
    assert not racks.nodes.command.enable >> node & 1
    racks.latched.clear()
    racks.run(60)
    assert racks.told[-1] == ("NODE_RECOVERED", node)
    assert racks.states == [ON] * 16


def test_a_node_that_latches_up_again_and_again_is_given_up(racks):
    racks.latched[5] = 2_000.0
    racks.run(1_500)
    assert racks.names() == [("NODE_LATCHED_UP", 5)] * 4 + [("QUARANTINED", 1)]
    assert racks.nodes.command.enable == ALL_NODES & ~(1 << 5)


def test_a_node_that_ignores_its_clock_is_cycled_once_and_then_given_up(racks):
    racks.unlocked = 6
    racks.run(200)
    assert racks.names() == [("NODE_UNLOCKED", 6)] * 2 + [("QUARANTINED", 1)]
    racks.nodes.clear_retries()
    racks.racks.clear_retries()
    racks.unlocked = -1
    racks.run(60)
    assert racks.states == [ON] * 16


def test_a_node_that_ignored_its_clock_is_tried_again_by_day(racks):
    racks.unlocked, racks.strings_a = 6, NIGHT_A
    racks.run(300)
    assert racks.names() == [("NODE_UNLOCKED", 6)]
    assert racks.states[6] == OFF
    racks.unlocked, racks.strings_a = -1, DAY_A
    racks.run(60)
    assert racks.states == [ON] * 16


def test_the_node_that_trips_its_rack_is_found_one_by_one(memory):
    racks = Racks(memory)
    racks.tripping = 4
    racks.run(500)
    assert racks.names() == [("NODE_INRUSH", 4)] * 2 + [("QUARANTINED", 1)]
    assert racks.nodes.command.enable == ALL_NODES & ~(1 << 4)
    assert racks.limiters.command & LOAD_RACKS == LOAD_RACKS


def test_no_node_tries_the_pump_with_junctions_that_are_hot_yet(racks):
    racks.coolant_k = 320.0
    racks.run(30)
    racks.resistance = 0.03
    racks.run(60)
    assert racks.names()[0][0] == "PUMP_FAILED"
    assert racks.hottest_k < P.limit_k


def test_at_the_first_sign_of_a_pump_that_stands_still_all_clocks_go_down(racks):
    racks.resistance = 0.03
    racks.run(2)
    assert racks.pump.node_w == racks.nodes._table.step_w[0]
    assert racks.nodes.command.steps_low == racks.nodes.command.steps_high == 0
    assert racks.names() == [], "nothing is certain yet"
    racks.resistance = P.junction_k_w
    racks.run(10)
    assert racks.nodes.command.steps_low > 0
    assert racks.names() == []


def test_the_node_that_tries_the_pump_is_one_that_has_not_failed(racks):
    racks.nodes.fail(0, racks.cycle * 1000, "NODE_UNLOCKED", 15, racks.events, last=True)
    racks.nodes.fail(1, racks.cycle * 1000, "NODE_HUNG", 0, racks.events)
    racks.resistance = 0.03
    while racks.nodes.command.enable:
        racks.run(1)
    racks.resistance = P.junction_k_w
    while not racks.nodes.command.enable:
        racks.run(1)
    assert racks.nodes.command.enable == 0b100


def test_without_coolant_flow_the_nodes_go_off_before_the_limit(racks):
    racks.resistance = 0.03
    racks.run(10)
    assert racks.names()[0][0] == "PUMP_FAILED"
    assert racks.states == [OFF] * 16
    assert racks.hottest_k < P.limit_k
    racks.resistance = P.junction_k_w
    racks.run(400)
    assert racks.told[-1][0] == "LOAD_RECOVERED"
    assert racks.states == [ON] * 16


@pytest.mark.parametrize(("cycle_ms", "samples"), [(1000, 5), (5000, 2), (10_000, 2)])
def test_coolant_that_stands_still_is_found_within_seconds(racks, cycle_ms, samples):
    """With long cycles the junctions' own limit would have the nodes off before several samples had shown it."""
    pump = PumpWatch(replace(P, cycle_ms=cycle_ms))
    for sample in range(samples):
        assert pump.usable == ALL_NODES
        words = racks._words()._replace(temperatures=(120 + 4 * sample,) * 16)
        pump.observe(sample * cycle_ms, words, [12.0] * 16, False, ALL_NODES, racks.limiters, racks.events)
    assert pump.usable != ALL_NODES
