# SPDX-License-Identifier: Apache-2.0
"""Control of the nodes: number, clocks, and what happens to those that hang, trip, lie or come late."""

from typing import NamedTuple

import pytest
from flatsat.flightsw.compute import BOOT, HUNG, OFF, ON, NodeControl, golden_answer
from flatsat.flightsw.control import allocation
from flatsat.flightsw.control.port import NOTHING, Plan
from flatsat.flightsw.events import EventSink
from flatsat.flightsw.heat import NodeHeat
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.sample import ComputeWords
from flatsat.protocols import dictionary
from hypothesis import given, settings
from hypothesis import strategies as st

P = FlightParameters()
STEP_W = [P.node.at_step(step) for step in range(16)]
ALL_NODES = 0xFFFF
TABLE = allocation.step_table(P.node)


class Allowance(NamedTuple):
    """What a controller plans with: power, the most there is, the most of a node, nodes that may run."""

    plan_w: float
    ceiling_w: float
    node_w: float = 10_000.0
    racked: int = ALL_NODES

    def plan(self, control: NodeControl, now_ms: int) -> Plan:
        on, booting, _, mature = control.counts(now_ms)
        if self.node_w < STEP_W[0]:
            return NOTHING
        kept = allocation.keep(self.plan_w, self.ceiling_w, on, booting, mature, TABLE)
        return Plan(self.plan_w, self.ceiling_w, max(kept, allocation.nodes_fed(self.plan_w, TABLE)))


PLENTY = Allowance(120_000.0, 140_000.0)


class Rack:
    """Sixteen nodes that obey at once, but boot for 120 s."""

    def __init__(self, memory):
        self.control = NodeControl(P, memory)
        self.events = EventSink(dictionary.load())
        self.now_ms = 0
        self.states = [OFF] * 16
        self.booted = [0] * 16
        self.beats = [0] * 16
        self.silent: set[int] = set()
        self.liars: set[int] = set()
        self.tripped = 0

    def words(self) -> ComputeWords:
        states = sum(state << 2 * n for n, state in enumerate(self.states))
        beats = sum(beat // 512 % 4 << 2 * n for n, beat in enumerate(self.beats))
        challenge = self.control.command.challenge
        node = challenge >> 28
        answer = golden_answer(challenge) ^ (node in self.liars) if self.states[node] == ON else 0
        return ComputeWords(
            self.now_ms, 0, states, 0, 0, beats, self.tripped, answer, 0, 0, 0, 29_000, 29_000, (95,) * 16
        )

    def run(self, cycles: int, allowance: Allowance = PLENTY) -> None:
        for _ in range(cycles):
            self.now_ms += 1000
            enable = self.control.command.enable
            for n in range(16):
                if not enable >> n & 1:
                    self.states[n], self.beats[n] = OFF, 0
                    self.tripped &= ~(1 << n)
                elif self.states[n] == OFF and not self.tripped >> n & 1:
                    self.states[n], self.booted[n] = BOOT, self.now_ms + 120_000
                elif self.states[n] == BOOT and self.now_ms >= self.booted[n]:
                    self.states[n] = ON
                elif self.states[n] == ON:
                    self.states[n] = HUNG if n in self.silent else ON
                    self.beats[n] += 1000
            self.decide(self.words(), allowance)

    def decide(self, words: ComputeWords | None, allowance: Allowance) -> None:
        control = self.control
        control.observe(self.now_ms, words, allowance.racked, self.events)
        control.decide(self.now_ms, allowance.plan(control, self.now_ms), allowance.node_w)

    def steps(self) -> list[int]:
        command = self.control.command
        steps = command.steps_high << 32 | command.steps_low
        return [steps >> 4 * n & 15 for n in range(16)]

    def power_w(self) -> float:
        watts = (0.0, 2200.0, 0.0, 1600.0)
        return sum(
            (STEP_W[step] if state == ON else watts[state]) if self.control.command.enable >> n & 1 else 0.0
            for n, (state, step) in enumerate(zip(self.states, self.steps(), strict=True))
        )

    def named(self) -> list[tuple[str, int]]:
        taken = []
        while events := self.events.take(0):
            taken += [(event.name, first) for event, _, first, _ in events]
        return taken


@pytest.fixture
def rack(memory):
    return Rack(memory)


@pytest.fixture
def running(rack):
    rack.run(130)
    assert rack.states == [ON] * 16
    return rack


def test_starts_after_persistence_and_boots_at_the_lowest_step(rack):
    rack.run(2)
    assert rack.control.command.enable == 0
    rack.run(1)
    assert rack.control.command.enable == ALL_NODES
    rack.run(100)
    assert rack.steps() == [0] * 16
    rack.run(30)
    assert rack.steps() == [15] * 16


def test_wear_is_counted_and_survives_a_reset(running, memory):
    assert running.control.cycles == [1] * 16
    assert NodeControl(P, memory).cycles == [1] * 16


@pytest.mark.parametrize(
    ("plan_w", "nodes"), [(7_000.0, 3), (1_900.0, 0), (20_000.0, 10), (40_000.0, 16)], ids=str
)
def test_shortage_keeps_as_many_as_their_lowest_step_allows(running, plan_w, nodes):
    running.run(300)
    running.run(1, Allowance(plan_w, plan_w + 20_000.0))
    assert running.control.command.enable.bit_count() == nodes
    assert running.power_w() <= plan_w


def test_young_nodes_stay_unless_the_ceiling_demands(running):
    running.run(1, Allowance(7_000.0, 40_000.0))
    assert running.control.command.enable == ALL_NODES
    assert running.steps() == [0] * 16
    running.run(1, Allowance(7_000.0, 20_000.0))
    assert running.control.command.enable.bit_count() == 10


def test_stops_and_starts_even_the_wear(running):
    eclipse = Allowance(7_000.0, 27_000.0)
    for _ in range(16):
        running.run(310)
        running.run(10, eclipse)
        running.run(130)
    cycles = running.control.cycles
    assert max(cycles) - min(cycles) <= 1


def test_heat_limits_each_node(running):
    running.run(1, PLENTY._replace(node_w=4_000.0))
    assert all(STEP_W[step] <= 4_000.0 for step in running.steps())
    running.run(1, PLENTY._replace(node_w=1_900.0))
    assert running.control.command.enable == 0


def test_a_rack_without_power_is_not_a_fault(running):
    running.run(5, PLENTY._replace(racked=0x00FF))
    assert running.control.command.enable == 0x00FF
    assert running.named() == []


def test_hung_node_is_power_cycled_and_comes_back(running):
    running.silent = {5}
    running.run(3)
    assert running.named() == []
    running.run(3)
    assert not running.control.command.enable >> 5 & 1
    assert ("NODE_HUNG", 5) in running.named()
    running.silent = set()
    running.run(160)
    assert running.states[5] == ON
    assert running.control.cycles[5] == 2


def test_node_that_hangs_again_stays_off_for_longer(running):
    running.silent = {5}
    running.run(8 + 10 + 130)
    off = 0
    for _ in range(60):
        running.run(1)
        off += not running.control.command.enable >> 5 & 1
    assert off > 30


def test_liar_is_caught_within_a_round_of_challenges(running):
    running.liars = {9}
    running.run(16 * P.challenge_every_cycles + 4)
    assert ("WRONG_ANSWER", 9) in running.named()
    running.run(20)
    assert running.control.cycles[9] == 2


def test_one_wrong_answer_is_forgiven(running):
    running.liars = set(range(16))
    running.run(1)
    running.liars = set()
    running.run(40)
    assert running.named() == []


def test_trip_is_cleared_and_reported(running):
    running.tripped = 1 << 3
    running.states[3] = OFF
    running.run(1)
    assert ("NODE_TRIPPED", 3) in running.named()
    assert not running.control.command.enable >> 3 & 1


def test_late_boot_is_given_up(rack):
    rack.run(4)
    rack.booted[7] = 10_000_000
    rack.run(190)
    assert ("NODE_HUNG", 7) in rack.named()


def test_without_a_sample_the_budget_still_rules(running):
    running.run(300)
    running.now_ms += 1000
    running.decide(None, Allowance(7_000.0, 20_000.0))
    assert running.control.command.enable.bit_count() == 3


plans = st.lists(st.tuples(st.floats(0.0, 130_000.0), st.floats(0.0, 25_000.0)), min_size=1, max_size=30)


@given(plans)
@settings(max_examples=40, deadline=None)
def test_command_never_draws_more_than_it_may(plans):
    rack = Rack(type("Memory", (), {"read": lambda *_: None, "write": lambda *_: None})())
    rack.run(430)
    for plan_w, more_w in plans:
        rack.run(1, Allowance(plan_w, plan_w + more_w))
        assert rack.power_w() <= plan_w + more_w + 1e-6


class Nodes(Allowance):
    """So many nodes on the power there is."""

    def plan(self, control: NodeControl, now_ms: int) -> Plan:
        return Plan(20_000.0, 20_000.0, round(self.plan_w))


def test_clocks_come_down_before_boots_begin(rack):
    rack.run(135, Nodes(3, 0.0))
    assert rack.power_w() > 15_000.0
    for _ in range(10):
        was_w, enable = rack.power_w(), rack.control.command.enable
        rack.run(1, Nodes(9, 0.0))
        begun = (rack.control.command.enable & ~enable).bit_count()
        assert was_w + begun * P.node.boot_w <= 20_000.0
    assert rack.control.command.enable.bit_count() == 9


def heat_words(coolant_k: float, junction_k: int) -> ComputeWords:
    states = 0xAAAAAAAA
    coolant = round(coolant_k * 100)
    return ComputeWords(0, 0, states, 0, 0, 0, 0, 0, 0, 0, 0, coolant, coolant, (junction_k - 200,) * 16)


@pytest.mark.parametrize(
    ("coolant_k", "junction_k", "low_w", "high_w"),
    [(300.0, 309, 20_000, 23_000), (322.0, 331, 6_400, 7_200), (332.5, 333, 0, 100), (320.0, 334, 0, 0)],
    ids=["cool", "warm", "at-margin", "too-hot"],
)
def test_node_limit_by_heat(coolant_k, junction_k, low_w, high_w):
    assert low_w <= NodeHeat(P).limit_w(heat_words(coolant_k, junction_k), 16 * 6_000.0) <= high_w


def test_weak_pump_is_noticed_within_seconds():
    heat = NodeHeat(P)
    before_w = heat.limit_w(heat_words(300.0, 309), 96_000.0)
    for junction_k in range(310, 325):
        after_w = heat.limit_w(heat_words(300.0, junction_k), 96_000.0)
    assert after_w < 0.7 * before_w
