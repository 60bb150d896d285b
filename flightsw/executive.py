# SPDX-License-Identifier: Apache-2.0
"""The cyclic executive: sample the boards, decide, actuate; and the boot that comes before.

A cycle takes two exchanges on the bus: one that reads the three boards' polled blocks, one that writes what has to change,
kicks the watchdog and hands over at most one frame; between them a third, when the laser board holds a telecommand.
Time and memory are arguments; nothing here waits.
"""

from __future__ import annotations

from flatsat.protocols import dictionary

from . import commanding, fdir, housekeeping, sample
from .actuator import Actuator, Orders
from .compute import NodeControl
from .control.backlog import Backlog
from .control.choice import CONTROLLERS
from .control.energy import EnergyEstimate
from .control.limits import Clamp
from .control.port import NOTHING, Energy, Plan, Situation
from .events import EventSink, Listener
from .fdir.watch import FaultWatch
from .forecast import rest_cell_v, sunrise_charge
from .heat import NodeHeat
from .ladder import Condition
from .laser import LaserControl, LinkState
from .levels import LevelControl
from .modes import Level, Mode
from .onboard_time import OnboardTime
from .parameters import FlightParameters
from .ports import BoardBus, BoardId, NonVolatileMemory, PortFault
from .records import DEAD_BUS, BootFile, BootRecord, KeptRecords
from .safe import CollapseWatch, RestoreCause
from .sampling import Sampling
from .selfcheck import SelfCheck, board_time_ms
from .settable import ParameterTable
from .starting import StartWatch
from .status import FlightStatus
from .switching import HEATERS, Switching
from .telecommand.dispatcher import Aboard, Telecommands
from .telemetry.downlink import Downlink
from .telemetry.reporting import Reporting

LOW_HYSTERESIS = 0.005


def boot(
    nvm: NonVolatileMemory,
    boot_cause: int,
    bus: BoardBus,
    told_ms: int,
    parameters: FlightParameters,
    listener: Listener | None = None,
) -> FlightSoftware:
    """Start flight software after power-on (cause 0) or a reset, and set the power board's protections.

    Args:
        told_ms: board time; unlike the boards' own count it never wraps.
        listener: hears of every event as it is raised.
    """
    now_ms = board_time_ms(bus, told_ms)
    memory = KeptRecords(nvm)
    file = BootFile(memory, BootRecord.load(memory).booted(boot_cause, now_ms))
    software = FlightSoftware(memory, boot_cause, bus, told_ms, now_ms, parameters, file, listener)
    software.configure_power()
    return software


class FlightSoftware:
    """Flight software between two resets; made by `boot`."""

    def __init__(
        self,
        memory: KeptRecords,
        boot_cause: int,
        bus: BoardBus,
        told_ms: int,
        now_ms: int,
        parameters: FlightParameters,
        file: BootFile,
        listener: Listener | None = None,
    ) -> None:
        record = file.record
        self._dictionary = dictionary.load()
        self.table = table = ParameterTable(parameters, self._dictionary.parameters)
        parameters = table.live
        self._parameters = parameters
        self._boot_cause = boot_cause
        self._booted_ms = self._last_ms = self._counted_ms = now_ms
        self._file = file
        window_ms = parameters.reset_window_s * 1000
        self._resets = sum(1 for reset_ms in record.resets_ms if (now_ms - reset_ms) % (1 << 32) <= window_ms)
        self._cycle = 0
        self._collapse = CollapseWatch(parameters, record.collapses if boot_cause == DEAD_BUS else 0, now_ms)
        self._readings: fdir.Readings  # of the latest sample of the power board
        self._energy: EnergyEstimate | None = None
        self._plan = NOTHING
        self._node_w = 0.0
        self._was_low = False

        self._events = EventSink(self._dictionary, listener)
        self._levels = LevelControl(parameters, file, self._events, now_ms)
        self._selfcheck = SelfCheck(parameters, table, memory, self._events, told_ms, now_ms)
        schedule = housekeeping.Schedule(self._dictionary)
        time = OnboardTime(parameters.epoch_tai_ms)
        self._downlink = Downlink(parameters, memory, time, self._dictionary)
        self._limiters = fdir.LimiterControl(parameters)
        self._watch = fdir.BoardWatch(parameters)
        self._nodes = NodeControl(parameters, memory)
        self._starts = StartWatch(parameters)
        self._faults = FaultWatch(parameters, self._limiters, self._nodes, self._events)
        self._heat = NodeHeat(parameters)
        self._controller = CONTROLLERS[parameters.controller](parameters)
        self._clamp = Clamp(parameters)
        self._backlog = Backlog(parameters)
        self._laser = LaserControl(parameters, self._downlink.build_frame)
        self._switching = Switching(parameters)
        self._actuator = Actuator(bus, parameters, self._watch, self._events)
        self._samples = Sampling(
            bus,
            parameters,
            self._limiters,
            self._watch,
            self._actuator,
            self._nodes,
            self._laser,
            self._events,
        )
        aboard = Aboard(
            dictionary=self._dictionary,
            events=self._events,
            housekeeping=schedule,
            time=time,
            parameters=table,
            limiters=self._limiters,
            nodes=self._nodes,
            faults=self._faults,
            laser=self._laser,
            sampled=self._sampled,
        )
        self._telecommands = Telecommands(aboard, memory, now_ms)
        self._release: int | None = None
        self._reporting = Reporting(
            self._dictionary,
            self._downlink,
            self._events,
            self._telecommands.answers,
            schedule,
            self._sampled,
        )
        self._events.raise_event("BOOTED", now_ms, boot_cause, record.boots)
        if boot_cause == DEAD_BUS:
            self._events.raise_event("DEAD_BUS_START", now_ms, record.collapses, round(self._collapse.wait_s))
        self._telecommands.recall(now_ms, first_boot=record.boots == 1)
        if self._resets >= parameters.resets_to_safe:
            self._restore_loaded(now_ms, RestoreCause.RESETS)

    @property
    def status(self) -> FlightStatus:
        """A snapshot for the bench's display."""
        energy = self._energy.energy if self._energy else None
        return FlightStatus(
            cycle=self._cycle,
            mode=self.mode,
            level=self._levels.level,
            link=self._laser.state,
            in_sun=energy.in_sun if energy else False,
            state_of_charge=energy.state_of_charge if energy else 0.0,
            array_w=energy.array_w if energy else 0.0,
            budget_w=self._plan.compute_w,
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

    @property
    def mode(self) -> Mode:
        """Mission mode."""
        return self._levels.level.mode

    @property
    def level(self) -> Level:
        """How much has been given up."""
        return self._levels.level

    @property
    def frames_queued(self) -> int:
        """Frames built that the laser board has not taken yet."""
        return self._laser.queued

    def upset(self, index: int, bit: int) -> None:
        """What radiation does to memory: one bit of a parameter flips; see `ParameterTable.upset`."""
        self.table.upset(index, bit)

    def raise_event(self, name: str, now_ms: int, count: int) -> None:
        """What a failing module does: the same event over and over."""
        for _ in range(count):
            self._events.raise_event(name, now_ms)

    def configure_power(self) -> None:
        """Set the power board's protections and read them back; what fails is done again in the first cycle."""
        self._actuator.carry_out(self._booted_ms, Orders(), [BoardId.POWER], BoardId.POWER)

    def cycle(self, told_ms: int) -> None:
        """Sample, decide, actuate: once a cycle.

        Args:
            told_ms: board time, as far as it can be believed.
        """
        now_ms = self._selfcheck.begin(told_ms)
        self._cycle += 1
        self._samples.read(now_ms)
        block = self._samples.uplink_block() if self._telecommands.ready else None
        self._release = self._telecommands.cycle(now_ms, block)
        if self._telecommands.services.functions.restarting and not self._file.record.commanded:
            self._file.keep(commanded=True)
        self._decide(now_ms)
        self._reporting.report(now_ms, self._laser)
        self._actuate(now_ms)
        self._last_ms = now_ms

    # decide

    def _decide(self, now_ms: int) -> None:
        words = self._samples.power
        if words:
            readings = self._readings = self._faults.power(now_ms, words)
            if self._energy is None:
                self._energy = EnergyEstimate(self._parameters, readings, now_ms)
            energy = self._energy.update(readings, now_ms)
            self._decide_level(now_ms, energy, readings)
            self._watch_floor(now_ms, energy.state_of_charge)
        if self._samples.laser:
            self._laser.observe(now_ms, self._samples.laser, self._events)
        else:
            self._laser.no_sample()
        if self._energy:
            self._decide_nodes(now_ms, self._energy)

    def _decide_level(self, now_ms: int, energy: Energy, readings: fdir.Readings) -> None:
        parameters = self._parameters
        now = Condition(
            energy.state_of_charge,
            rest_cell_v(readings, energy, parameters),
            sunrise_charge(energy, parameters),
            energy.in_sun,
            self._faults.packs.runaway,
            self._selfcheck.faults(now_ms),
            self._resets,
            (now_ms - self._booted_ms) / 1000,
        )
        elapsed_s = (now_ms - self._last_ms) / 1000 or parameters.cycle_ms / 1000
        if self._levels.decide(now_ms, now, self._telecommands.services.functions.level, elapsed_s):
            self._restore_loaded(now_ms, RestoreCause.SAFE_LASTS)

    def _watch_floor(self, now_ms: int, state_of_charge: float) -> None:
        parameters = self._parameters
        low = state_of_charge < parameters.floor + (LOW_HYSTERESIS if self._was_low else 0.0)
        if low and not self._was_low:
            facts = round(state_of_charge * 10_000), round(parameters.floor * 10_000)
            self._events.raise_event("STATE_OF_CHARGE_LOW", now_ms, *facts)
        self._was_low = low

    def _restore_loaded(self, now_ms: int, cause: RestoreCause) -> None:
        if self._telecommands.restore_loaded():
            self._events.raise_event("PARAMETERS_RESTORED", now_ms, cause)

    def _decide_nodes(self, now_ms: int, estimate: EnergyEstimate) -> None:
        self._watch_loads(now_ms, estimate)
        if self._samples.compute_known:
            racked = self._racked() & self._started(now_ms) & self._faults.usable
            self._nodes.observe(now_ms, self._samples.compute, racked, self._events)
        if self._samples.power:
            self._plan = self._planned(now_ms, estimate)
        elif self._watch.silent(BoardId.POWER):
            self._plan = NOTHING
        if self._samples.compute_known:
            self._nodes.decide(now_ms, self._plan, self._node_w)

    def _watch_loads(self, now_ms: int, estimate: EnergyEstimate) -> None:
        faults, words = self._faults, self._samples.compute
        if self._samples.power:
            faults.loads(now_ms, self._readings, compared=words is not None)
        if words:
            if self._samples.power:
                allowed = self._telecommands.services.functions.nodes
                words = faults.compute(now_ms, words, self._readings, allowed)
            self._node_w = min(self._heat.limit_w(words, estimate.rack_w), faults.node_w)
        elif not self._samples.compute_known:
            self._heat.forget()

    def _racked(self) -> int:
        """Mask of the nodes whose rack has power and coolant, and which the ground allows."""
        limiters = self._limiters
        racks = limiters.on & limiters.command
        if not racks & fdir.LOAD_PUMP:
            return 0
        racked = (0x00FF if racks & fdir.LOAD_RACK_A else 0) | (0xFF00 if racks & fdir.LOAD_RACK_B else 0)
        return racked & self._telecommands.services.functions.nodes

    def _started(self, now_ms: int) -> int:
        """Mask of the nodes that the bus carries, as far as that is known."""
        enabled = self._nodes.command.enable
        if not self._samples.power:
            return enabled
        return self._starts.allowed(now_ms, self._readings.bus_v, enabled, self._events)

    def _planned(self, now_ms: int, estimate: EnergyEstimate) -> Plan:
        link_up = self._samples.laser is not None and self._laser.state is LinkState.TRACK
        if self._samples.compute:
            elapsed_s = (now_ms - self._counted_ms) / 1000.0
            self._counted_ms = now_ms
            self._backlog.update(self._samples.compute.work, link_up, elapsed_s)
        situation = Situation(
            now_ms,
            estimate.energy,
            self._node_w,
            self._nodes.counts(now_ms),
            backlog_s=self._backlog.waiting_s,
            link_up=link_up,
            level=self._levels.level,
        )
        return self._clamp.hold(self._controller.plan(situation), situation)

    # report

    def _sampled(self, name: str) -> tuple[float, ...] | None:
        """Raw values of a housekeeping report, None when its board did not answer in this cycle."""
        if name == housekeeping.SOFTWARE:
            return self._software_raw()
        return self._samples.raw(name)

    def _software_raw(self) -> tuple[float, ...]:
        now, services = self.status, self._telecommands.services
        return (
            self._dictionary.version,
            now.mode,
            now.link,
            min(self._boot_cause, 0xFF),
            self._file.record.boots,
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
            services.verification.accepted,
            services.verification.rejected,
            self._telecommands.discarded,
            len(services.schedule),
            services.functions.mode_request,
            now.level,
        )

    # actuate

    def _actuate(self, now_ms: int) -> None:
        """Write what has to change, kick the watchdog, hand over a frame."""
        orders = Orders(
            power=self._power_order(now_ms, self._samples.power) if self._samples.power else None,
            nodes=self._nodes.command if self._samples.compute_known else None,
            link=self._laser.command() if self._samples.laser else None,
            release=self._release,
            frame=self._laser.hand_over(now_ms) if self._samples.laser else None,
        )
        outcome = self._actuator.carry_out(now_ms, orders, self._samples.alive(), self._to_verify())
        if outcome.frame is not None:
            self._laser.handed(outcome.frame)
        if outcome.nodes is not None and isinstance(outcome.nodes, PortFault):
            self._nodes.challenge_lost()

    def _to_verify(self) -> BoardId | None:
        """The board whose protections have acted, for they may be what is wrong; else each in its turn."""
        if self._limiters.failed and self._samples.power:
            return BoardId.POWER
        if self._nodes.tripped and self._samples.compute:
            return BoardId.COMPUTE
        turn, place = divmod(self._cycle, self._parameters.verify_every_cycles)
        return BoardId(turn % len(BoardId)) if place == 0 else None

    def _power_order(self, now_ms: int, words: sample.PowerWords) -> tuple[int, ...]:
        """LCL_ENABLE, STRING_ENABLE, SWITCHES and the kick, which proves that this cycle had a sample to go by."""
        limiters = self._limiters
        battery_k = self._energy.battery_k if self._energy else 0.0
        coolant_k = self._heat.coolant_k if self._samples.compute else None
        racks = self._samples.compute_known and bool(limiters.on & fdir.LOAD_PUMP)
        listening = self._levels.listening(now_ms)
        wanted, switches = self._switching.decide(
            now_ms,
            self._levels.level,
            words,
            battery_k,
            coolant_k,
            racks,
            self._nodes.command.enable | self._nodes.on,
            listening,
            self._events,
        )
        if self._collapse.waits(now_ms):
            wanted, switches = fdir.LOAD_ESSENTIAL, switches & ~HEATERS
        kick = 0 if self._telecommands.services.functions.restarting else commanding.KICK
        faults = self._faults
        return (
            limiters.decide(now_ms, wanted & ~faults.off),
            faults.array.enable,
            faults.switches(switches),
            kick,
        )
