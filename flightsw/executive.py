# SPDX-License-Identifier: Apache-2.0
"""The cyclic executive: sample the boards, decide, actuate; and the boot that comes before.

A cycle takes two exchanges on the bus: one that reads the three boards' polled blocks, one that writes what has to change,
kicks the watchdog and hands over at most one frame. Time and memory are arguments; nothing here waits.
"""

from __future__ import annotations

from flatsat.protocols import dictionary

from . import commanding, fdir, housekeeping, power, sample
from .actuator import Actuator, Orders
from .compute import Allowance, NodeControl
from .events import EventSink
from .heat import NodeHeat
from .laser import LaserControl, Zone
from .modes import Condition, Mode, ModeState
from .modes import step as step_mode
from .parameters import FlightParameters
from .ports import BoardBus, BoardId, NonVolatileMemory, PortFault
from .records import BootRecord
from .status import FlightStatus
from .switching import Switching
from .telemetry.downlink import Downlink

ALL_STRINGS = 0xFF
LOW_HYSTERESIS = 0.005
NOTHING = power.Budget(0.0, 0.0)


def boot(
    nvm: NonVolatileMemory, boot_cause: int, bus: BoardBus, now_ms: int, parameters: FlightParameters
) -> FlightSoftware:
    """Start flight software after power-on (cause 0) or a reset, and set the power board's protections.

    Args:
        now_ms: board time; unlike the boards' own count it never wraps.
    """
    record = BootRecord.load(nvm)
    resets = (now_ms & 0xFFFFFFFF, *record.resets_ms) if boot_cause else record.resets_ms
    record = BootRecord(record.boots + 1 & 0xFFFF, resets[:8])
    record.store(nvm)
    software = FlightSoftware(nvm, boot_cause, bus, now_ms, parameters, record)
    software.configure_power()
    return software


class FlightSoftware:
    """Flight software between two resets; made by `boot`."""

    def __init__(
        self,
        nvm: NonVolatileMemory,
        boot_cause: int,
        bus: BoardBus,
        now_ms: int,
        parameters: FlightParameters,
        record: BootRecord,
    ) -> None:
        self._bus = bus
        self._parameters = parameters
        self._boot_cause = boot_cause
        self._booted_ms = self._last_ms = now_ms
        self._record = record
        window_ms = parameters.reset_window_s * 1000
        self._resets = sum(1 for reset_ms in record.resets_ms if (now_ms - reset_ms) % (1 << 32) <= window_ms)
        self._cycle = 0
        self._mode = ModeState(Mode.CHARGE)
        self._energy: power.EnergyEstimate | None = None
        self._budget = NOTHING
        self._node_w = 0.0
        self._was_low = False

        self._dictionary = dictionary.load()
        self._events = EventSink(self._dictionary)
        self._schedule = housekeeping.Schedule(self._dictionary)
        self._downlink = Downlink(parameters, nvm)
        self._limiters = fdir.LimiterControl(parameters)
        self._watch = fdir.BoardWatch(parameters)
        self._nodes = NodeControl(parameters, nvm)
        self._heat = NodeHeat(parameters)
        self._laser = LaserControl(parameters, self._downlink.build_frame)
        self._switching = Switching(parameters)
        self._actuator = Actuator(bus, parameters, self._watch, self._events)
        self._power: sample.PowerWords | None = None
        self._compute: sample.ComputeWords | None = None
        self._optical: sample.LaserWords | None = None
        self._compute_known = False  # the compute board has answered since it got power
        self._events.raise_event("BOOTED", now_ms, boot_cause, record.boots)

    @property
    def status(self) -> FlightStatus:
        """A snapshot for the bench's display."""
        energy = self._energy.energy if self._energy else None
        return FlightStatus(
            cycle=self._cycle,
            mode=self._mode.mode,
            link=self._laser.state,
            in_sun=energy.in_sun if energy else False,
            state_of_charge=energy.state_of_charge if energy else 0.0,
            array_w=energy.array_w if energy else 0.0,
            budget_w=self._budget.compute_w,
            nodes_commanded=self._nodes.command.enable.bit_count(),
            nodes_on=self._nodes.on.bit_count(),
            frames_queued=self._laser.queued,
            frames_dropped=self._laser.dropped,
            frames_built=self._downlink.frames,
            packets_built=self._downlink.packets,
            events_raised=self._events.raised,
            missed_replies=self._watch.missing,
            refused_writes=self._watch.refused,
        )

    def configure_power(self) -> None:
        """Set the power board's protections and read them back; what fails is done again in the first cycle."""
        self._actuator.carry_out(self._booted_ms, Orders(), [BoardId.POWER], BoardId.POWER)

    def cycle(self, now_ms: int) -> None:
        """Sample, decide, actuate: once a cycle."""
        self._cycle += 1
        self._sample(now_ms)
        self._decide(now_ms)
        self._report(now_ms)
        self._actuate(now_ms)
        self._last_ms = now_ms

    # sample

    def _sample(self, now_ms: int) -> None:
        """Read the boards that should have power; a board that does not answer leaves None."""
        fed = self._limiters.on & self._limiters.command
        requests = [sample.READ_POWER]
        if fed & fdir.LOAD_COMPUTE:
            requests.append(sample.READ_COMPUTE)
        if fed & fdir.LOAD_LASER:
            requests.append(sample.READ_LASER)
        answers = dict(
            zip((request.board for request in requests), self._bus.exchange(requests), strict=True)
        )
        octets = self._judge(BoardId.POWER, answers, now_ms)
        self._power = sample.power_words(octets) if octets else None
        if self._power:
            self._limiters.observe(now_ms, self._power, self._events)
            self._notice_cuts()
        octets = self._judge(BoardId.COMPUTE, answers, now_ms)
        self._compute = sample.compute_words(octets) if octets else None
        self._compute_known = self._compute_known or octets is not None
        octets = self._judge(BoardId.LASER, answers, now_ms)
        self._optical = sample.laser_words(octets) if octets else None

    def _judge(self, board: BoardId, answers: dict[BoardId, bytes | PortFault], now_ms: int) -> bytes | None:
        """The octets of a board's answer; silence counts only while the board has power."""
        answer = answers.get(board)
        if isinstance(answer, bytes):
            if self._watch.answered(board, now_ms, self._events):
                self._actuator.forget(board)
            return answer
        load = fdir.FEED.get(board, 0)
        if answer is not None and not (self._power and self._limiters.cut & load):
            self._watch.unanswered(board, now_ms, self._events)
            if load and self._watch.silent_cycles[board] % 60 == self._parameters.silent_power_cycle:
                self._limiters.power_cycle(load, now_ms)
        return None

    def _notice_cuts(self) -> None:
        """Boards that have lost power hold nothing of what they were told."""
        cut = self._limiters.cut
        if cut & fdir.LOAD_COMPUTE and self._compute_known:
            self._compute_known = False
            self._nodes.forget()
            self._actuator.forget(BoardId.COMPUTE)
        if cut & fdir.LOAD_LASER:
            self._laser.forget()
            self._actuator.forget(BoardId.LASER)
        lost = self._limiters.command & cut & ~self._limiters.tripped
        if lost:
            self._actuator.forget(BoardId.POWER)

    # decide

    def _decide(self, now_ms: int) -> None:
        words = self._power
        if words:
            if self._energy is None:
                self._energy = power.EnergyEstimate(self._parameters, words, now_ms)
            energy = self._energy.update(words, now_ms)
            self._decide_mode(now_ms, energy.state_of_charge)
            self._budget = power.budget(energy, self._parameters)
        elif self._watch.silent(BoardId.POWER):
            self._budget = NOTHING
        if self._optical:
            self._laser.observe(now_ms, self._optical, self._events)
        else:
            self._laser.no_sample()
        if self._compute_known and self._energy:
            self._decide_nodes(now_ms, self._energy)

    def _decide_mode(self, now_ms: int, state_of_charge: float) -> None:
        parameters = self._parameters
        quiet_s = (now_ms - self._booted_ms) / 1000
        condition = Condition(state_of_charge, self._resets, quiet_s)
        before = self._mode.mode
        elapsed_s = (now_ms - self._last_ms) / 1000 or parameters.cycle_ms / 1000
        self._mode = step_mode(self._mode, condition, parameters, elapsed_s)
        if self._mode.mode is not before:
            self._events.raise_event("MODE_CHANGED", now_ms, before, self._mode.mode)
        low = state_of_charge < parameters.floor + (LOW_HYSTERESIS if self._was_low else 0.0)
        if low and not self._was_low:
            facts = round(state_of_charge * 10_000), round(parameters.floor * 10_000)
            self._events.raise_event("STATE_OF_CHARGE_LOW", now_ms, *facts)
        self._was_low = low

    def _decide_nodes(self, now_ms: int, estimate: power.EnergyEstimate) -> None:
        limiters = self._limiters
        racks = limiters.on & limiters.command if self._mode.mode is Mode.NOMINAL else 0
        racked = 0
        if racks & fdir.LOAD_PUMP:
            racked = (0x00FF if racks & fdir.LOAD_RACK_A else 0) | (0xFF00 if racks & fdir.LOAD_RACK_B else 0)
        if self._compute:
            self._node_w = self._heat.limit_w(self._compute, estimate.rack_w)
        energy, parameters = estimate.energy, self._parameters
        long_enough = energy.remaining_s > parameters.boot_s + parameters.least_on_s
        may_start = long_enough or power.dawn_is_near(energy, parameters)
        allowance = Allowance(*self._budget, self._node_w, racked, may_start)
        self._nodes.decide(now_ms, self._compute, allowance, self._events)

    # report

    def _report(self, now_ms: int) -> None:
        """Fill packets and zones; zones wait in the laser's queue."""
        downlink, due = self._downlink, self._schedule.due
        zones: list[Zone] = []
        packet = self._dictionary.packets["event"]
        for event, *raw in self._events.take():
            zones += downlink.event(packet, event, (raw[0], raw[1], raw[2]), now_ms)
        if self._power and (definition := due(housekeeping.POWER, now_ms)):
            zones += downlink.housekeeping(definition, housekeeping.power_raw(self._power), now_ms)
        if self._compute and (definition := due(housekeeping.COMPUTE, now_ms)):
            zones += downlink.housekeeping(definition, housekeeping.compute_raw(self._compute), now_ms)
        if self._optical and (definition := due(housekeeping.LASER, now_ms)):
            zones += downlink.housekeeping(definition, housekeeping.laser_raw(self._optical), now_ms)
        if definition := due(housekeeping.SOFTWARE, now_ms):
            zones += downlink.housekeeping(definition, self._software_raw(), now_ms)
        zones += downlink.close_late(now_ms)
        for zone in zones:
            self._laser.push(zone, now_ms, self._events)

    def _software_raw(self) -> tuple[float, ...]:
        now = self.status
        return (
            self._dictionary.version,
            now.mode,
            now.link,
            min(self._boot_cause, 0xFF),
            self._record.boots,
            now.cycle,
            now.nodes_commanded,
            now.nodes_on,
            now.budget_w,
            now.state_of_charge,
            now.frames_queued,
            now.frames_dropped,
            now.frames_built,
            now.packets_built,
            now.events_raised,
            now.missed_replies,
            now.refused_writes,
        )

    # actuate

    def _actuate(self, now_ms: int) -> None:
        """Write what has to change, kick the watchdog, hand over a frame."""
        orders = Orders(
            power=self._power_order(now_ms, self._power) if self._power else None,
            nodes=self._nodes.command if self._compute_known else None,
            link=self._laser.command() if self._optical else None,
            frame=self._laser.hand_over(now_ms) if self._optical else None,
        )
        turn, place = divmod(self._cycle, self._parameters.verify_every_cycles)
        verify = BoardId(turn % len(BoardId)) if place == 0 else None
        samples = (self._power, self._compute, self._optical)
        alive = [board for board, words in zip(BoardId, samples, strict=True) if words]
        outcome = self._actuator.carry_out(now_ms, orders, alive, verify)
        if outcome.frame is not None:
            self._laser.handed(outcome.frame)
        if outcome.nodes is not None and isinstance(outcome.nodes, PortFault):
            self._nodes.challenge_lost()

    def _power_order(self, now_ms: int, words: sample.PowerWords) -> tuple[int, ...]:
        """LCL_ENABLE, STRING_ENABLE, SWITCHES and the kick, which proves that this cycle had a sample to go by."""
        limiters = self._limiters
        battery_k = self._energy.battery_k if self._energy else 0.0
        coolant_k = self._heat.coolant_k if self._compute else None
        racks = self._compute_known and bool(limiters.on & fdir.LOAD_PUMP)
        wanted, switches = self._switching.decide(
            now_ms, self._mode.mode, words, battery_k, coolant_k, racks, self._events
        )
        return limiters.decide(now_ms, wanted), ALL_STRINGS, switches, commanding.KICK
