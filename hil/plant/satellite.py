# SPDX-License-Identifier: Apache-2.0
"""The plant: the models of this package on one power bus and one radiator.

A step holds the actuators and evaluates the power balance at its end, so that the currents the sensors read
next and the energy that flowed are the same numbers. What begins at the end of a step (a fault, the inrush of a boot) is in
these currents too, but not in the energy of the step. The bus is regulated while array and battery carry the loads; `bus.py`
says what becomes of it when they cannot, and what is missing counts as brown-out. A shorted load takes what the others leave;
the bus capacitors give it a current that saturates its sensor.

Results do not depend on how time is cut, but for the integration's error of first order and for what begins at the end of a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .array import STRINGS, SolarArray
from .battery import CONVERTER_EFFICIENCY, PACKS, Battery
from .bus import Bus
from .heat import Heat
from .light import TRACK, light_of
from .loads import (
    ALWAYS_W,
    ATTITUDE,
    BATTERY_HEATER,
    COMPUTE_BOARD,
    COMPUTER_W,
    COOLANT_HEATER,
    LASER,
    NODES,
    PUMP,
    RACK_A,
    RACK_B,
    SHORT_A,
    Actuators,
    load_powers_w,
)
from .nodes import Nodes
from .orbit import CircularOrbit
from .pack import CELLS
from .results import Results
from .strikes import QUIET, Strikes, Struck
from .truth import LOADS, Ledger, PlantTruth, Violations
from .workload import Workload

if TYPE_CHECKING:
    from ..scenario import Scenario

NEGLIGIBLE_W = 1e-3
"""Differences of powers below this are rounding."""
OVERDRAWN_W = 1.0
"""More than this has to be missing to loads for the discharge limit to count as violated."""
TRANSIENT_STEP_MS, QUIET_STEP_MS = 5, 2**31


class Plant:
    """The satellite's physics in one scenario.

    Attributes:
        truth: the state at the time last reached; one object, updated in place.
        violations: limits broken so far.
        ledger: electrical energies so far.
        longest_step_ms: the longest step that should come next: short while a transient lasts.
        orbit, array, battery, heat, light: the models, for their parameters and ledgers.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        satellite = scenario.satellite
        orbit = scenario.orbit
        self.orbit = CircularOrbit(orbit.altitude_km, orbit.beta_deg, orbit.start, orbit.body)
        self.array = SolarArray(satellite.array_w, self.orbit.start_dark_s, seed)
        self.battery = Battery(3600 * satellite.battery_wh, satellite.state_of_charge)
        self.heat = Heat(satellite.radiator_k, satellite.coolant_k, satellite.battery_k)
        self.light = light_of(scenario, seed)
        self.workload = Workload(seed)
        self.results = Results()
        self.bus = Bus(satellite.bus_v)
        self.nodes = Nodes()
        self.truth = PlantTruth()
        self.ledger = Ledger()
        self.violations = Violations(
            min_state_of_charge=satellite.state_of_charge,
            max_k=max(satellite.radiator_k, satellite.coolant_k),
            min_coolant_k=satellite.coolant_k,
            min_bus_v=satellite.bus_v,
            max_bus_v=satellite.bus_v,
        )
        self.longest_step_ms = QUIET_STEP_MS
        self._floor = satellite.floor
        self._limit_k = satellite.limit_k
        self._strikes = Strikes(scenario.faults, seed)
        self._packs_on = (1 << PACKS) - 1
        self._take_on(self._strikes.at(0))
        self._balance(Actuators(), 0, 0.0)
        self._publish_state(0)
        self._publish_light(0, 0)

    def step(self, actuators: Actuators, from_ms: int, to_ms: int) -> None:
        """Live from the time last reached to `to_ms` with the actuators held.

        Raises:
            ValueError: `from_ms` is not the time last reached, or `to_ms` is before it.
        """
        truth = self.truth
        if from_ms != truth.time_ms or to_ms < from_ms:
            raise ValueError(f"plant is at {truth.time_ms} ms: cannot step from {from_ms} ms to {to_ms} ms")
        dt_s = (to_ms - from_ms) / 1000
        self.array.step(truth.sunlight, dt_s)
        self.bus.regulate(dt_s)
        self._balance(actuators, to_ms, dt_s)
        overdrawn = self._overdrawn
        self._integrate(actuators, dt_s)
        lit_ms = self.light.lit_ms(from_ms, to_ms) if actuators.laser_state == TRACK else 0
        self.results.step(actuators.work_total, lit_ms / 1000)
        if self._end_step(to_ms, to_ms - from_ms):
            self._balance(actuators, to_ms, 0.0)
        self.longest_step_ms = (
            TRANSIENT_STEP_MS if self.nodes.in_transient or self.bus.in_transient else QUIET_STEP_MS
        )
        self._publish_state(to_ms)
        self._publish_light(to_ms, actuators.laser_state)
        self.violations.judge(truth, self._floor, self._limit_k, overdrawn, dt_s)

    def fed(self, lcl_on: int) -> int:
        """The loads that are fed now while these limiters are on."""
        return self._struck.fed(lcl_on)

    def _end_step(self, time_ms: int, dt_ms: int) -> bool:
        """Let begin and end what does so at this time; say whether the power balance is another now."""
        struck = self._strikes.at(time_ms)
        changed = struck is not self._struck
        if changed:
            self._take_on(struck)
        return self.nodes.end_step(time_ms, dt_ms, struck) or changed

    def _take_on(self, struck: Struck) -> None:
        """Be struck by other faults than before."""
        self._struck = struck
        self.battery.overcharge = struck.overcharge
        for i, pack in enumerate(self.battery.packs):
            pack.become(struck.capacity_share, CELLS - (struck.cells_shorted >> i & 1))
        self.battery.warm(self.heat.pack_k, struck.resistance)

    def _balance(self, actuators: Actuators, time_ms: int, dt_s: float) -> None:
        """Solve the power bus at `time_ms`; the battery will hold the result for `dt_s`."""
        truth, struck, bus = self.truth, self._struck, self.bus
        truth.sunlight, strings_w, fed = self._reach(actuators, time_ms)
        array_w = sum(strings_w)
        self.nodes.follow(actuators, fed)
        self.nodes.draw(time_ms, struck)
        loads_w = load_powers_w(actuators, fed, self.nodes.racks_w)
        computer_w = COMPUTER_W if actuators.computer_on else 0.0
        shorted = [i for i in range(LOADS) if struck.shorted & fed & 1 << i] if struck.shorted else []
        for i in shorted:
            loads_w[i] = 0.0
        asked_w = sum(loads_w) + computer_w
        if bus.dead:
            bus.dead = not bus.revives(array_w, self.battery.most_discharge_w(), asked_w)
            if bus.dead:
                self._lie_dead(asked_w, dt_s)
                return
        short_w = len(shorted) * SHORT_A * bus.nominal_v
        net_w = array_w - asked_w - short_w
        battery_w = self.battery.flow(net_w, dt_s, actuators.charge)
        spill_w = net_w - battery_w
        if -NEGLIGIBLE_W < spill_w < NEGLIGIBLE_W:
            battery_w, spill_w = net_w, 0.0
        brown_out_w = -spill_w if spill_w < 0.0 else 0.0
        served_w = asked_w + short_w - brown_out_w
        sources = asked_w > 0.0 or array_w > 0.0 or self.battery.most_discharge_w() > 0.0
        if bus.collapses(asked_w, served_w, sources):
            bus.die()
            self._lie_dead(asked_w, dt_s)
            return
        share = served_w / asked_w if served_w < asked_w else 1.0
        limit_w = self.battery.most_discharge_w() if served_w < asked_w else 0.0
        self._overdrawn = (
            limit_w > 0.0 and asked_w - served_w > OVERDRAWN_W and battery_w < NEGLIGIBLE_W - limit_w
        )
        inrush_w = self.nodes.inrush_w
        bus.load(min(served_w, asked_w) + inrush_w[0] + inrush_w[1])
        surplus_w = 0.0
        if spill_w > 0.0 and struck.overvoltage:  # nobody takes it, so the array does not give it
            surplus_w, spill_w = spill_w, 0.0
            kept = (array_w - surplus_w) / array_w
            strings_w = [kept * p for p in strings_w]
            array_w -= surplus_w
        voltage = bus.voltage_v(brown_out_w / (asked_w + short_w) if brown_out_w else 0.0, surplus_w)
        self._served_w = loads_w if share == 1.0 else [share * p for p in loads_w]
        self._served_computer_w = share * computer_w
        self._share = share
        truth.array_w, truth.battery_w, truth.load_w = array_w, battery_w, served_w
        truth.shunt_w, truth.brown_out_w = spill_w if spill_w > 0.0 else 0.0, brown_out_w
        truth.bus_voltage_v = voltage
        truth.string_current_a = [p / voltage for p in strings_w]
        truth.load_current_a = currents = [p / voltage for p in self._served_w]
        if self.nodes.in_transient:
            currents[RACK_A] += inrush_w[0] / voltage
            currents[RACK_B] += inrush_w[1] / voltage
        for i in shorted:
            currents[i] = SHORT_A
        truth.bus_current_a = sum(currents) + share * computer_w / voltage

    def _reach(self, actuators: Actuators, time_ms: int) -> tuple[float, list[float], int]:
        """Sunlight, the power of each string and the loads that are fed, by the switches and by what strikes."""
        struck = self._struck
        sunlight = self.orbit.sunlight(time_ms / 1000)
        strings_on, packs_on, fed = actuators.string_on, actuators.pack_on, actuators.lcl_on
        if struck is not QUIET:
            sunlight = struck.sunlight(sunlight, time_ms)
            strings_on &= ~struck.strings_open
            packs_on &= ~struck.packs_open
            fed = struck.fed(fed)
        if packs_on != self._packs_on:
            self._packs_on = packs_on
            self.battery.connect(packs_on)
        strings_w = self.array.strings_w(sunlight, time_ms, strings_on)
        if struck is not QUIET:
            strings_w = struck.strings_w(strings_w, time_ms, self.orbit.period_s)
        return sunlight, strings_w, fed

    def _lie_dead(self, asked_w: float, dt_s: float) -> None:
        """Have a bus without voltage: nothing flows but between the packs."""
        truth = self.truth
        self.battery.flow(0.0, dt_s, False)
        self._overdrawn = asked_w > OVERDRAWN_W and self.battery.most_discharge_w() > 0.0
        self._served_w, self._served_computer_w, self._share = [0.0] * LOADS, 0.0, 0.0
        truth.array_w = truth.battery_w = truth.load_w = truth.shunt_w = 0.0
        truth.brown_out_w = asked_w
        truth.bus_voltage_v = truth.bus_current_a = 0.0
        truth.string_current_a, truth.load_current_a = [0.0] * STRINGS, [0.0] * LOADS

    def _integrate(self, actuators: Actuators, dt_s: float) -> None:
        """Let the flows of the last balance act for `dt_s`."""
        truth, ledger, served_w, packs = self.truth, self.ledger, self._served_w, self.battery.packs
        battery_w, loss_w = truth.battery_w, self.battery.loss_w
        if battery_w >= 0.0:
            converter_w = battery_w * (1 - CONVERTER_EFFICIENCY)
            ledger.charged_j += battery_w * dt_s
        else:
            converter_w = -battery_w * (1 / CONVERTER_EFFICIENCY - 1)
            ledger.discharged_j -= battery_w * dt_s
        node_w, nodes_w = self._fed_nodes(), served_w[RACK_A] + served_w[RACK_B]
        ledger.array_j += truth.array_w * dt_s
        ledger.loads_j += truth.load_w * dt_s
        ledger.shunted_j += truth.shunt_w * dt_s
        ledger.brown_out_j += truth.brown_out_w * dt_s
        ledger.converter_j += converter_w * dt_s
        ledger.battery_loss_j += loss_w * dt_s
        ledger.compute_j += nodes_w * dt_s
        always_w = served_w[COMPUTE_BOARD] + served_w[PUMP] + served_w[ATTITUDE]
        always_w += served_w[LASER] + self._served_computer_w
        if always_w < ALWAYS_W - NEGLIGIBLE_W:
            ledger.spared_j += (ALWAYS_W - always_w) * dt_s
        heater_w = served_w[BATTERY_HEATER] / PACKS
        self.heat.step(
            dt_s,
            node_w=node_w,
            coolant_w=served_w[COOLANT_HEATER],
            pack_w=[pack.loss_w + heater_w for pack in packs],
            laser_w=served_w[LASER],
            radiator_w=converter_w
            + truth.load_w
            - nodes_w
            - served_w[COOLANT_HEATER]
            - served_w[BATTERY_HEATER]
            - served_w[LASER],
            pump=served_w[PUMP] > 0.0 and not self._struck.pump_stopped,
            sunlight=truth.sunlight,
            struck=self._struck,
        )
        self.battery.step(dt_s)
        self.battery.warm(self.heat.pack_k, self._struck.resistance)
        active = NODES - node_w.count(0.0)
        truth.corrected, truth.uncorrected = self.workload.step(active, dt_s)

    def _fed_nodes(self) -> list[float]:
        """Power that reaches each node: none behind a shorted feed, less in a brown-out."""
        node_w, racks_w = self.nodes.power_w, self.nodes.racks_w
        if self._share == 1.0 and (self._served_w[RACK_A], self._served_w[RACK_B]) == racks_w:
            return node_w
        shares = [self._share if self._served_w[rack] else 0.0 for rack in (RACK_A, RACK_B)]
        return [shares[i >> 3] * p for i, p in enumerate(node_w)]

    def _publish_state(self, time_ms: int) -> None:
        truth, battery, heat, results = self.truth, self.battery, self.heat, self.results
        truth.time_ms = time_ms
        truth.state_of_charge = battery.state_of_charge
        truth.battery_voltage_v, truth.battery_current_a = battery.voltage_v, battery.current_a
        truth.pack_current_a = [pack.current_a for pack in battery.packs]
        truth.pack_spread_v = [pack.spread_v() for pack in battery.packs]
        truth.pack_k = heat.pack_k
        truth.battery_k, truth.radiator_k, truth.coolant_k = heat.battery_k, heat.radiator_k, heat.coolant_k
        truth.junction_k, truth.laser_k = heat.junction_k, heat.laser_k
        truth.delivered, truth.backlog_s = results.delivered_s, results.backlog_s
        truth.lost_s = results.lost_s
        self.ledger.faded_j = battery.faded_j

    def _publish_light(self, time_ms: int, laser_state: int) -> None:
        self.truth.received_power_w, self.truth.pointing_error_rad = self.light.at(time_ms, laser_state)
