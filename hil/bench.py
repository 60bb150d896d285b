# SPDX-License-Identifier: Apache-2.0
"""The bench: the plant, the boards' time and the flight computer in one loop.

Each cycle: hand over an uplink block if one is due; write sensors, grant time (power board first), read actuators, step
the plant to the time reached, in as many sub-steps as events ask for; then the flight software runs. Everything that
happens depends on the scenario and the seed alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from flatsat.flightsw import executive
from flatsat.flightsw.events import Listener
from flatsat.flightsw.parameters import FlightParameters, with_floor

from . import sensors
from .backends.port import BOARDS, BackEnd, OpticalRecord
from .board_upsets import BoardUpsets
from .bound.flown import Flown
from .channel import OpticalChannel
from .cycle_status import CycleStatus
from .evidence import STOPS, Readings
from .fault_watch import FaultWatch, Stop
from .flight_bus import FlightBus
from .flight_faults import TRAPS, FlightFaults
from .link_faults import LinkFaults
from .nvm import NonVolatileMemory
from .plant import Actuators, CircularOrbit, Plant
from .plant.loads import RACK_A, RACK_B
from .scenario import Fault, Scenario, next_edge_ms, node_mask
from .sensor_faults import SensorFaults
from .steadiness import Steadiness
from .stimulus import Reached, Stimulus, Upsets
from .timeline import Timeline
from .trace import Trace
from .uplink import Uplink, UplinkFaults
from .wire_faults import WireFault, WireFaults

OVERVOLTAGE, DEAD_BUS = 1.1, 0.5
"""Where the power board acts by itself, as shares of the nominal bus voltage."""


class ComputerOff(Exception):
    """The flight computer lost its power in the middle of a cycle."""


LATEST_STOPS = 1000


@dataclass(kw_only=True)
class CycleResult:
    """What one cycle left behind for the recorder."""

    number: int
    pin: list[OpticalRecord] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)


class Bench:
    """Flies one scenario on one back end.

    Args:
        scenario: what is flown.
        seed: seeds the plant, the sensors' noise, the channel and the faults.
        back_end: the boards; the caller closes it.
        listener: hears of every event that flight software raises.

    Attributes:
        stops: the latest of the power board.
        watch: follows the scenario's faults.
        overruns: cycles that flight software missed because it came too late.
        steadiness: how far down the ladder flight software went, and how often nodes booted.
    """

    def __init__(
        self, scenario: Scenario, seed: int, back_end: BackEnd, listener: Listener | None = None
    ) -> None:
        self.scenario = scenario
        self.plant = Plant(scenario, seed)
        self.trace = Trace()
        self.stops: deque[Stop] = deque(maxlen=LATEST_STOPS)
        self.watch = FaultWatch(scenario.faults)
        self.overruns = 0
        self.steadiness = Steadiness()
        self._board_frames = 0
        self._actuators = Actuators()
        self._timeline = Timeline(fault for fault in scenario.faults if not fault.is_momentary)
        self._upsets, self._next_edge_ms = Upsets(), 0
        self._status = CycleStatus()
        self._seed = seed
        self._back_end = back_end
        self._listener = listener
        self._stimulus = Stimulus(back_end, self.trace)
        self._link = LinkFaults(scenario.faults, seed, OpticalChannel(scenario.link, seed))
        self._bus = FlightBus(back_end, self.trace, _wire_faults(scenario, seed), self)
        self._nvm = NonVolatileMemory()
        self._flight: executive.FlightSoftware | None = None
        self._computer_on = False
        self._boot_cause = 0
        self._faults = FlightFaults(scenario.faults, seed)
        self._board_upsets = BoardUpsets(scenario.faults, seed, back_end, self.trace)
        self._sensors = SensorFaults(scenario.faults, seed)
        self._parameters = flight_parameters(scenario, self.plant.orbit)
        befall = UplinkFaults(scenario.faults, seed)
        self.uplink = Uplink(scenario.telecommands, self._parameters.epoch_tai_ms, befall)
        self._result = CycleResult(number=-1)

    @property
    def now_ms(self) -> int:
        """Board time last reached."""
        return self._stimulus.now_ms

    @property
    def powered(self) -> list[bool]:
        """Which boards have power, in the order of BOARDS."""
        return self._stimulus.powered

    @property
    def flight(self) -> executive.FlightSoftware | None:
        """The flight software that runs now; None while the computer has no power."""
        return self._flight

    def cycles(self, count: int) -> Iterator[CycleResult]:
        """Fly `count` cycles, yielding after each.

        Flight software that overran its cycle, because deadlines on the flight bus passed, misses the next one.
        """
        cycle_ms = self.scenario.cycle_ms
        for number in range(count):
            self._result = CycleResult(number=number)
            end_ms = (number + 1) * cycle_ms
            block = self.uplink.next_block(self.now_ms)
            if block:
                self._stimulus.uplink(block)
            self._advance(end_ms)
            if self.now_ms == end_ms:
                self._run_flight_software()
            else:
                self.overruns += 1
            self.watch.cycle(self.now_ms, self.readings)
            self.steadiness.see(self._flight, self._actuators.node_state)
            yield self._result

    def wait(self, duration_ms: int) -> None:
        """Grant time in the middle of a cycle: a deadline on the flight bus passes.

        Raises:
            ComputerOff: the flight computer lost its power meanwhile.
        """
        self._advance(self.now_ms + duration_ms)
        if not self._computer_on:
            raise ComputerOff

    @property
    def frames_held(self) -> int:
        """Frames that the flight software has built and that have not left the pin."""
        return (self._flight.frames_queued if self._flight else 0) + self._board_frames

    def status(self) -> bytes:
        """What the recording keeps of a cycle beside the trace; see `cycle_status.SCHEMA`."""
        return self._status.json(self.plant.truth, self._actuators, self._board_frames, self._flight)

    def readings(self) -> Readings:
        """What is recorded of the cycle that has ended, as evidence looks at it."""
        held = self._status.held(self._actuators, self._board_frames, self._flight)
        return Readings(self.plant.truth, held, self._flight.status if self._flight else None)

    def tell(self, flown: Flown) -> None:
        """Hand on what the bound of the run is compared with."""
        truth, states = self.plant.truth, self._actuators.node_state
        racks_a = truth.load_current_a[RACK_A] + truth.load_current_a[RACK_B]
        flown.take(
            truth.time_ms,
            racks_w=racks_a * truth.bus_voltage_v,
            battery_w=truth.battery_w,
            state_of_charge=truth.state_of_charge,
            on=(states >> 1 & ~states & 0x55555555).bit_count(),
            booting=(states & ~(states >> 1) & 0x55555555).bit_count(),
            delivered=truth.delivered,
        )

    def _advance(self, target_ms: int) -> None:
        while (start_ms := self.now_ms) < target_ms:
            if start_ms >= self._next_edge_ms:  # nothing else changes what strikes
                self._upsets = _upsets(self._timeline.at(start_ms))
                self._next_edge_ms = next_edge_ms(self.scenario, start_ms)
            step_target = min(
                target_ms,
                start_ms + min(self.scenario.max_step_ms, self.plant.longest_step_ms),
                self._next_edge_ms,
                self._link.next_edge_ms(start_ms),
            )
            power_w = self.plant.truth.received_power_w
            words = self._sensors.strike(sensors.words(self.plant, start_ms, self._seed), start_ms)
            self._board_upsets.strike(start_ms, self._stimulus.powered)
            reached = self._stimulus.step(words, self._upsets, step_target, self.plant.fed)
            before, self._actuators = self._actuators, reached.actuators
            self._board_frames = reached.frames_held
            for record in self._back_end.take_optical():
                self.trace.optical(*record)
                self._result.pin.append(record)
                self._result.received += self._link.deliver(record.start_ms, record.octets, power_w)
            self.plant.step(reached.actuators, start_ms, reached.now_ms)
            if reached.stop_cause:
                self._note_stop(reached, before)
            self._follow_computer(reached)

    def _note_stop(self, reached: Reached, before: Actuators) -> None:
        causes = tuple(name for bit, name in enumerate(STOPS) if reached.stop_cause >> bit & 1)
        stop = Stop(reached.now_ms, causes, before.lcl_on ^ reached.actuators.lcl_on)
        self.stops.append(stop)
        self.watch.stopped(stop)

    def _follow_computer(self, reached: Reached) -> None:
        self._computer_on, self._boot_cause = reached.actuators.computer_on, reached.boot_cause
        if not self._computer_on:
            self._flight = None

    def _run_flight_software(self) -> None:
        if not self._computer_on:
            return
        faults = self._faults
        due = faults.due(self.now_ms)
        try:
            if self._flight is None:
                faults.started()
                told_ms = faults.told_ms(self.now_ms)
                self._flight = executive.boot(
                    self._nvm, self._boot_cause, self._bus, told_ms, self._parameters, self._listener
                )
            for fault in due:
                self._strike_computer(self._flight, fault)
            if self._flight and not faults.hung:
                self._cycle(self._flight)
        except ComputerOff:
            self._flight = None

    def _strike_computer(self, flight: executive.FlightSoftware, fault: Fault) -> None:
        if fault.kind == "hang":
            self._faults.hung = True
        elif fault.kind == "upset":
            self._faults.flip(flight, fault)
        elif fault.kind == "reset":
            self._flight = None

    def _cycle(self, flight: executive.FlightSoftware) -> None:
        faults, now_ms = self._faults, self.now_ms
        faults.storm(flight, now_ms)
        try:
            flight.cycle(faults.told_ms(now_ms))
        except TRAPS:
            if not faults.upset:
                raise
            faults.hung = True
        if delay_ms := faults.delay_ms(now_ms):
            self.wait(delay_ms)


def flight_parameters(scenario: Scenario, orbit: CircularOrbit) -> FlightParameters:
    """The table that is loaded before launch: what the scenario says of the satellite and its orbit."""
    satellite = scenario.satellite
    parameters = FlightParameters(
        cycle_ms=scenario.cycle_ms,
        controller=scenario.flight.controller,
        orbit_period_s=orbit.period_s,
        eclipse_s=orbit.shadow_s,
        penumbra_s=(orbit.shadow_s - orbit.umbra_s) / 2,
        sunrise_ms=round(1000 * (orbit.sunrise_s + _ephemeris_error_s(scenario))),
        bus_nominal_v=satellite.bus_v,
        overvoltage_v=OVERVOLTAGE * satellite.bus_v,
        dead_bus_v=DEAD_BUS * satellite.bus_v,
        array_w=satellite.array_w,
        battery_capacity_wh=satellite.battery_wh,
    )
    return with_floor(parameters, satellite.floor)


def _ephemeris_error_s(scenario: Scenario) -> float:
    return sum(fault.amount for fault in scenario.faults if fault.name == "flightsw ephemeris")


def _upsets(faults: Iterable[Fault]) -> Upsets:
    return Upsets(node_mask(faults, "hang"), node_mask(faults, "corrupt"), node_mask(faults, "unlocked"))


def _wire_faults(scenario: Scenario, seed: int) -> WireFaults:
    on_wire = [fault for fault in scenario.faults if fault.target in BOARDS and not fault.is_momentary]
    return WireFaults(
        (WireFault(BOARDS.index(f.target), f.kind, f.amount, f.at_ms, f.until_ms) for f in on_wire), seed
    )
