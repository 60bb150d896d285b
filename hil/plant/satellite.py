# SPDX-License-Identifier: Apache-2.0
"""The plant: the models of this package on one power bus and one radiator.

A step holds the actuators and evaluates the power balance at its end, so that the currents the sensors read
next and the energy that flowed are the same numbers. The bus is regulated while array and battery carry the
loads. When they cannot, every load gets the same share and the bus sags by up to a fifth; what is missing
counts as brown-out. A shorted load takes what the others leave; the bus capacitors give it a current that
saturates its sensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .array import SolarArray
from .battery import CONVERTER_EFFICIENCY, DISCHARGE_LIMIT_W, Battery
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
    LASER_STANDBY_W,
    PUMP,
    RACK_A,
    RACK_B,
    SHORT_A,
    Actuators,
    load_powers_w,
    node_powers_w,
)
from .orbit import CircularOrbit
from .results import Results
from .truth import PACKS, Ledger, PlantTruth, Violations
from .workload import Workload

if TYPE_CHECKING:
    from ..scenario import Fault, Scenario

SAG = 0.2
PACK_SPREAD_V = 0.01
NEGLIGIBLE_W = 1e-3
"""Differences of powers below this are rounding."""
OVERDRAWN_W = 1.0
"""More than this has to be missing to loads for the discharge limit to count as violated."""


class Plant:
    """The satellite's physics in one scenario.

    Attributes:
        truth: the state at the time last reached; one object, updated in place.
        violations: limits broken so far.
        ledger: electrical energies so far.
        orbit, battery, heat: the models, for their parameters and ledgers.
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        satellite = scenario.satellite
        self.orbit = CircularOrbit(scenario.orbit.altitude_km, scenario.orbit.beta_deg, scenario.orbit.start)
        self.array = SolarArray(satellite.array_w, self.orbit.start_dark_s, seed)
        self.battery = Battery(3600 * satellite.battery_wh, satellite.state_of_charge)
        self.heat = Heat(satellite.radiator_k, satellite.coolant_k, satellite.battery_k)
        self.light = light_of(scenario, seed)
        self.workload = Workload(seed)
        self.results = Results()
        self.truth = PlantTruth()
        self.ledger = Ledger()
        self.violations = Violations(
            min_state_of_charge=satellite.state_of_charge,
            max_k=max(satellite.radiator_k, satellite.coolant_k),
        )
        self._bus_v = satellite.bus_v
        self._floor = satellite.floor
        self._limit_k = satellite.limit_k
        self._shorts = [(int(f.target[-1]), f) for f in scenario.faults if f.kind == "short"]
        self._nodes: tuple[int, int, int, int] | None = None
        self._node_w = [0.0] * 16
        self._racks_w = (0.0, 0.0)
        self._balance(Actuators(), 0, 0.0, _shorted(self._shorts, 0))
        self._publish_state(0)
        self._publish_light(0, 0)

    def step(self, actuators: Actuators, from_ms: int, to_ms: int) -> None:
        """Live from the time last reached to `to_ms` with the actuators held.

        Raises:
            ValueError: `from_ms` is not the time last reached, or `to_ms` is before it.
        """
        if from_ms != self.truth.time_ms or to_ms < from_ms:
            raise ValueError(
                f"plant is at {self.truth.time_ms} ms: cannot step from {from_ms} ms to {to_ms} ms"
            )
        dt_s = (to_ms - from_ms) / 1000
        shorted = _shorted(self._shorts, from_ms)
        self.array.step(self.truth.sunlight, dt_s)
        self._balance(actuators, to_ms, dt_s, shorted)
        overdrawn = self._overdrawn
        self._integrate(actuators, dt_s)
        lit_ms = self.light.lit_ms(from_ms, to_ms) if actuators.laser_state == TRACK else 0
        self.results.step(actuators.work_total, lit_ms / 1000)
        now_shorted = _shorted(self._shorts, to_ms)
        if now_shorted != shorted:
            self._balance(actuators, to_ms, 0.0, now_shorted)
        self._publish_state(to_ms)
        self._publish_light(to_ms, actuators.laser_state)
        truth = self.truth
        self.violations.judge(truth.state_of_charge, self._floor, truth.max_k, self._limit_k, overdrawn, dt_s)

    def _balance(self, actuators: Actuators, time_ms: int, dt_s: float, shorted: tuple[int, ...]) -> None:
        """Solve the power bus at `time_ms`; the battery will hold the result for `dt_s`."""
        truth = self.truth
        sunlight = self.orbit.sunlight(time_ms / 1000)
        strings_w = self.array.strings_w(sunlight, time_ms, actuators.string_on)
        array_w = sum(strings_w)
        self._follow_nodes(actuators)
        loads_w = load_powers_w(actuators, self._racks_w)
        computer_w = COMPUTER_W if actuators.computer_on else 0.0
        shorted = tuple(i for i in shorted if actuators.lcl_on >> i & 1)
        for i in shorted:
            loads_w[i] = 0.0
        asked_w = sum(loads_w) + computer_w
        short_w = len(shorted) * SHORT_A * self._bus_v
        net_w = array_w - asked_w - short_w
        battery_w = self.battery.flow(net_w, dt_s, actuators.charge)
        spill_w = net_w - battery_w
        if -NEGLIGIBLE_W < spill_w < NEGLIGIBLE_W:
            battery_w, spill_w = net_w, 0.0
        truth.shunt_w = spill_w if spill_w > 0.0 else 0.0
        truth.brown_out_w = brown_out_w = -spill_w if spill_w < 0.0 else 0.0
        served_w = asked_w + short_w - brown_out_w
        share = min(1.0, served_w / asked_w) if asked_w > 0.0 else 1.0
        self._overdrawn = asked_w - served_w > OVERDRAWN_W and battery_w < -DISCHARGE_LIMIT_W + NEGLIGIBLE_W
        voltage = self._bus_v * (1 - SAG * brown_out_w / (asked_w + short_w)) if brown_out_w else self._bus_v
        self._served_w = loads_w if share == 1.0 else [share * p for p in loads_w]
        self._share = share
        truth.sunlight, truth.array_w, truth.battery_w, truth.load_w = sunlight, array_w, battery_w, served_w
        truth.bus_voltage_v = voltage
        truth.string_current_a = [p / voltage for p in strings_w]
        truth.load_current_a = currents = [p / voltage for p in self._served_w]
        for i in shorted:
            currents[i] = SHORT_A
        truth.bus_current_a = sum(currents) + share * computer_w / voltage

    def _follow_nodes(self, actuators: Actuators) -> None:
        key = (actuators.node_state, actuators.steps_low, actuators.steps_high, actuators.lcl_on)
        if key == self._nodes:
            return
        self._nodes = key
        self._node_w = node_powers_w(*key[:3])
        for rack in (RACK_A, RACK_B):
            if not actuators.lcl_on >> rack & 1:
                first = 8 * (rack - RACK_A)
                self._node_w[first : first + 8] = [0.0] * 8
        self._racks_w = (sum(self._node_w[:8]), sum(self._node_w[8:]))

    def _integrate(self, actuators: Actuators, dt_s: float) -> None:
        """Let the flows of the last balance act for `dt_s`."""
        truth, ledger, served_w = self.truth, self.ledger, self._served_w
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
        always_w += min(served_w[LASER], LASER_STANDBY_W) + (COMPUTER_W if actuators.computer_on else 0.0)
        if always_w < ALWAYS_W - NEGLIGIBLE_W:
            ledger.spared_j += (ALWAYS_W - always_w) * dt_s
        self.heat.step(
            dt_s,
            node_w=node_w,
            coolant_w=served_w[COOLANT_HEATER],
            battery_w=loss_w + served_w[BATTERY_HEATER],
            laser_w=served_w[LASER],
            radiator_w=converter_w
            + truth.load_w
            - nodes_w
            - served_w[COOLANT_HEATER]
            - served_w[BATTERY_HEATER]
            - served_w[LASER],
            pump=served_w[PUMP] > 0.0,
            sunlight=truth.sunlight,
        )
        self.battery.step(dt_s)
        active = sum(1 for p in node_w if p)
        truth.corrected, truth.uncorrected = self.workload.step(active, dt_s)

    def _fed_nodes(self) -> list[float]:
        """Power that reaches each node: none behind a shorted feed, less in a brown-out."""
        if self._share == 1.0 and (self._served_w[RACK_A], self._served_w[RACK_B]) == self._racks_w:
            return self._node_w
        shares = [self._share if self._served_w[rack] else 0.0 for rack in (RACK_A, RACK_B)]
        return [shares[i >> 3] * p for i, p in enumerate(self._node_w)]

    def _publish_state(self, time_ms: int) -> None:
        truth, battery, heat = self.truth, self.battery, self.heat
        truth.time_ms = time_ms
        truth.state_of_charge = battery.energy_j / battery.capacity_j
        truth.battery_voltage_v, truth.battery_current_a = battery.voltage_v, battery.current_a
        truth.battery_k, truth.radiator_k, truth.coolant_k = heat.battery_k, heat.radiator_k, heat.coolant_k
        truth.pack_current_a = [battery.current_a / PACKS] * PACKS
        truth.pack_spread_v = [PACK_SPREAD_V] * PACKS
        truth.pack_k = [heat.battery_k] * PACKS
        truth.junction_k, truth.laser_k = heat.junction_k, heat.laser_k
        results = self.results
        truth.delivered, truth.backlog_s, truth.lost_s = (
            results.delivered_s, results.backlog_s, results.lost_s,
        )  # fmt: skip

    def _publish_light(self, time_ms: int, laser_state: int) -> None:
        self.truth.received_power_w, self.truth.pointing_error_rad = self.light.at(time_ms, laser_state)


def _shorted(shorts: list[tuple[int, Fault]], time_ms: int) -> tuple[int, ...]:
    """Loads with a short at `time_ms`."""
    if not shorts:
        return ()
    return tuple(load for load, fault in shorts if fault.at_ms <= time_ms < fault.until_ms)
