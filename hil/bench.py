# SPDX-License-Identifier: Apache-2.0
"""The bench: the plant, the boards' time and the flight computer in one loop.

Each cycle: hand over an uplink block if one is due; write sensors, grant time (power board first), read actuators, step
the plant to the time reached, in as many sub-steps as events ask for; then the flight software runs. Everything that
happens depends on the scenario and the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from flatsat.boards.registers import power_stimulus
from flatsat.flightsw import executive
from flatsat.flightsw.parameters import FlightParameters

from . import sensors
from .backends.port import BOARDS, BackEnd, OpticalRecord
from .bound.flown import Flown
from .channel import OpticalChannel
from .cycle_status import CycleStatus
from .flight_bus import FlightBus
from .nvm import NonVolatileMemory
from .plant import Actuators, CircularOrbit, Plant
from .plant.loads import RACK_A, RACK_B
from .scenario import Fault, Scenario, active_faults, next_edge_ms, node_mask
from .stimulus import Reached, Stimulus, Upsets
from .trace import Trace
from .uplink import Uplink
from .wire_faults import WireFault, WireFaults

OVERVOLTAGE, DEAD_BUS = 1.1, 0.5
"""Where the power board acts by itself, as shares of the nominal bus voltage."""


class ComputerOff(Exception):
    """The flight computer lost its power in the middle of a cycle."""


class Stop(NamedTuple):
    """The power board stopped a grant short because it acted by itself."""

    at_ms: int
    causes: tuple[str, ...]


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
        seed: seeds the plant, the sensors' noise, the channel and the wire faults.
        back_end: the boards; the caller closes it.
    """

    def __init__(self, scenario: Scenario, seed: int, back_end: BackEnd) -> None:
        self.scenario = scenario
        self.plant = Plant(scenario, seed)
        self.trace = Trace()
        self.stops: list[Stop] = []
        self.overruns = 0
        self._board_frames = 0
        self._actuators = Actuators()
        self._upsets, self._next_edge_ms = Upsets(), 0
        self._status = CycleStatus()
        self._seed = seed
        self._back_end = back_end
        self._stimulus = Stimulus(back_end, self.trace)
        self._channel = OpticalChannel(scenario.link, seed)
        self._bus = FlightBus(back_end, self.trace, _wire_faults(scenario, seed), self)
        self._nvm = NonVolatileMemory()
        self._flight: executive.FlightSoftware | None = None
        self._computer_on = False
        self._boot_cause = 0
        self._hangs_left_ms = sorted(fault.at_ms for fault in scenario.faults if fault.target == "flightsw")
        self._hung = False
        self._parameters = flight_parameters(scenario, self.plant.orbit)
        self.uplink = Uplink(scenario.telecommands, self._parameters.epoch_tai_ms)
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
                self._upsets = _upsets(active_faults(self.scenario, start_ms))
                self._next_edge_ms = next_edge_ms(self.scenario, start_ms)
            step_ms = min(self.scenario.max_step_ms, self.plant.longest_step_ms)
            step_target = min(target_ms, start_ms + step_ms, self._next_edge_ms)
            power_w = self.plant.truth.received_power_w
            words = sensors.words(self.plant, start_ms, self._seed)
            reached = self._stimulus.step(words, self._upsets, step_target)
            self._board_frames, self._actuators = reached.frames_held, reached.actuators
            for record in self._back_end.take_optical():
                self.trace.optical(*record)
                self._result.pin.append(record)
                self._result.received.append(self._channel.receive(record.start_ms, record.octets, power_w))
            self.plant.step(reached.actuators, start_ms, reached.now_ms)
            self._follow_computer(reached)

    def _follow_computer(self, reached: Reached) -> None:
        if reached.stop_cause:
            self.stops.append(Stop(reached.now_ms, _causes(reached.stop_cause)))
        self._computer_on, self._boot_cause = reached.actuators.computer_on, reached.boot_cause
        if not self._computer_on:
            self._flight = None
            self._hung = False

    def _run_flight_software(self) -> None:
        if not self._computer_on:
            return
        try:
            if self._flight is None:
                self._flight = executive.boot(
                    self._nvm, self._boot_cause, self._bus, self.now_ms, self._parameters
                )
            if self._hangs_left_ms and self._hangs_left_ms[0] <= self.now_ms:
                self._hangs_left_ms.pop(0)
                self._hung = True
            if not self._hung:
                self._flight.cycle(self.now_ms)
        except ComputerOff:
            self._flight = None


def flight_parameters(scenario: Scenario, orbit: CircularOrbit) -> FlightParameters:
    """The table that is loaded before launch: what the scenario says of the satellite and its orbit."""
    satellite = scenario.satellite
    return FlightParameters(
        cycle_ms=scenario.cycle_ms,
        orbit_period_s=orbit.period_s,
        eclipse_s=orbit.shadow_s,
        sunrise_ms=round(1000 * orbit.sunrise_s),
        bus_nominal_v=satellite.bus_v,
        overvoltage_v=OVERVOLTAGE * satellite.bus_v,
        dead_bus_v=DEAD_BUS * satellite.bus_v,
        array_w=satellite.array_w,
        battery_capacity_wh=satellite.battery_wh,
        floor=satellite.floor,
    )


def _causes(stop_cause: int) -> tuple[str, ...]:
    fields = [
        power_stimulus.STOP_CAUSE_LCL_TRIP,
        power_stimulus.STOP_CAUSE_LCL_RETRY,
        power_stimulus.STOP_CAUSE_UVLO_ENTER,
        power_stimulus.STOP_CAUSE_UVLO_EXIT,
        power_stimulus.STOP_CAUSE_OVERCHARGE,
        power_stimulus.STOP_CAUSE_WATCHDOG,
        power_stimulus.STOP_CAUSE_COMPUTER_ON,
        power_stimulus.STOP_CAUSE_OVERVOLTAGE,
        power_stimulus.STOP_CAUSE_BUS_DEAD,
    ]
    return tuple(stop.name for stop in fields if stop.raw(stop_cause))


def _upsets(faults: list[Fault]) -> Upsets:
    return Upsets(node_mask(faults, "hang"), node_mask(faults, "corrupt"), node_mask(faults, "unlocked"))


def _wire_faults(scenario: Scenario, seed: int) -> WireFaults:
    on_wire = [fault for fault in scenario.faults if fault.target in BOARDS]
    return WireFaults(
        (WireFault(BOARDS.index(f.target), f.kind, f.value or 0.0, f.at_ms, f.until_ms) for f in on_wire),
        seed,
    )
