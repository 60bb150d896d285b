# SPDX-License-Identifier: Apache-2.0
"""Everything about the satellite and its orbit that flight software takes as given; the defaults are the 550 km satellite."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

NODES = 16
STEPS = 16


@dataclass(frozen=True, kw_only=True)
class NodePower:
    """Electrical power of one accelerator node, `static_w + dynamic_w * f**exponent` at a clock fraction f."""

    static_w: float = 1600.0
    dynamic_w: float = 5600.0
    exponent: float = 2.6
    boot_w: float = 2200.0
    lowest_fraction: float = 0.35

    def at_step(self, step: int) -> float:
        """Power in watts at one of the sixteen clock steps."""
        fraction = self.lowest_fraction + (1.0 - self.lowest_fraction) * step / (STEPS - 1)
        return self.static_w + self.dynamic_w * float(fraction**self.exponent)


@dataclass(frozen=True, kw_only=True)
class CellCurve:
    """The battery's cells in series, as measured on the ground: voltage at rest over state of charge, and resistance.

    At rest a cell has `empty_v + slope_v z - knee_v exp(-z / knee)`; the resistances are the whole battery's at `reference_k`,
    and change with temperature as Arrhenius has it.
    """

    cells: int = 84
    empty_v: float = 3.25
    slope_v: float = 0.80
    knee_v: float = 0.25
    knee: float = 0.03
    end_of_charge_v: float = 4.15
    series_ohm: float = 0.09
    polarisation_ohm: float = 0.06
    polarisation_s: float = 40.0
    arrhenius_k: float = 2000.0
    reference_k: float = 293.0


@dataclass(kw_only=True, slots=True)
class FlightParameters:
    """What the ground loads before launch. Times in board milliseconds count from 0 at the start of the mission.

    Whoever goes by one of them that the ground may set reads it where it acts and keeps no copy; only
    `settable.ParameterTable` changes one, in a copy of its own.
    """

    cycle_ms: int = 1000
    epoch_tai_ms: int = (
        2_145_916_837_000  # TAI milliseconds since 1958 at board time 0: 2026-01-01T00:00:00 UTC
    )
    spacecraft_id: int = 0x5A
    controller: str = "adaptive"  # a name of control/choice.py

    # orbit: only a first guess of when the terminator comes; measured array power corrects it
    orbit_period_s: float = 5739.0
    eclipse_s: float = 2136.0
    sunrise_ms: int = 0
    penumbra_s: float = 8.5

    # energy
    bus_nominal_v: float = 300.0
    array_w: float = 110_000.0
    bus_power_w: float = 4600.0
    cold_boost: float = 0.10  # what cold cells give more, until they have warmed up
    warm_up_s: float = 240.0
    battery_capacity_wh: float = 25_000.0
    cell: CellCurve = CellCurve()
    charge_efficiency: float = 0.96
    discharge_efficiency: float = 0.95
    floor: float = 0.70
    floor_margin: float = 0.0015  # beside what the estimate is unsure of
    full: float = 0.9995
    converter_efficiency: float = 0.97  # between bus and battery
    computer_w: float = 200.0
    array_low: float = 0.90  # of nominal array power, in full light
    array_low_hysteresis: float = 0.03
    charge_limit_w: float = 20_000.0
    discharge_limit_w: float = 25_000.0
    discharge_margin_w: float = 700.0

    # compute
    node: NodePower = NodePower()
    boot_s: float = 120.0
    ramp_ms: int = 10
    least_on_s: float = 300.0
    dawn_nodes: int = 16  # booted before sunrise, as far as the discharge limit allows
    challenge_every_cycles: int = 2
    # nodes and strings; after one more fault they are given up
    retry_s: tuple[float, ...] = (10.0, 100.0, 1000.0)
    latchup_w: float = 400.0  # that a rack draws beyond what its nodes were told to

    # persistence of faults, in samples
    latchup_samples: int = 2
    unlocked_samples: int = 4
    hung_samples: int = 3
    sensor_samples: int = 3
    string_lost_samples: int = 5
    array_low_samples: int = 30
    pack_open_samples: int = 15
    pack_runaway_samples: int = 15
    limiter_stuck_samples: int = 5

    # heat
    limit_k: float = 333.0
    limit_margin_k: float = 0.2
    junction_k_w: float = 0.0015
    trip_k: float = 335.0  # the compute board's own protection, should this software fail
    coolant_heater_on_k: float = 235.0
    battery_heater_on_k: float = 278.0
    heater_hysteresis_k: float = 5.0
    charge_least_k: float = 273.5
    charge_most_k: float = 318.0
    charge_hysteresis_k: float = 1.0
    pack_warn_k: float = 323.0
    pack_isolate_k: float = 333.0
    pack_hysteresis_k: float = 3.0
    pack_rate_k_min: float = 1.0
    spread_warn_v: float = 0.060
    spread_hysteresis_v: float = 0.010
    spread_isolate_v: float = 0.150

    # the ladder: states of charge, and what the lowest cell would rest at; THROTTLE is entered at the floor
    throttle_exit: float = 0.74
    shed_entry: float = 0.66
    shed_exit: float = 0.75
    payload_entry: float = 0.60
    payload_exit: float = 0.70
    safe_entry: float = 0.55
    safe_exit: float = 0.60
    shed_cell_v: float = 3.55
    payload_cell_v: float = 3.45
    safe_cell_v: float = 3.35
    safe_orbits: int = 2
    faults_to_safe: int = 60
    resets_to_safe: int = 3
    reset_window_s: float = 3600.0
    safe_quiet_s: float = 600.0
    safe_restore_s: float = 17_217.0  # three orbits: longer than it takes to come out of SAFE by itself
    safe_listen_s: float = 600.0
    safe_listen_every_s: float = 3600.0

    # link
    buffer_s: float = 600.0  # of results, in seconds of all nodes at full rate
    relay_share: float = 2.5  # of the results at full rate that the relay takes
    frame_queue: int = 1024
    frame_latest_ms: int = 10_000
    acquire_ms: int = 12_000
    loss_ms: int = 50
    light_threshold_w: float = 4e-6

    # protections set in the power board
    limiter_limits_w: tuple[float, ...] = (900.0, 1200.0, 75_000.0, 75_000.0, 2400.0, 1200.0, 3600.0, 3600.0)
    limiter_trip_ms: tuple[int, ...] = (20, 20, 20, 20, 20, 20, 20, 20)
    limiter_retries: tuple[int, ...] = (0, 0, 0, 0, 0, 0, 0, 3)
    watchdog_ms: int = 10_000  # or three cycles, if that is longer
    limiter_retry_s: tuple[float, ...] = (1.0, 10.0, 100.0)
    overvoltage_retry_s: tuple[float, ...] = (10.0, 30.0, 100.0)
    overvoltage_margin_v: float = 15.0
    undervoltage_v: float = 252.0  # 84 cells at 3.0 V
    undervoltage_release_v: float = 285.6  # 84 cells at 3.4 V
    overcharge_v: float = 352.8  # 84 cells at 4.2 V
    overvoltage_v: float = 330.0  # of the bus: the power board opens the array's strings
    dead_bus_v: float = 150.0
    verify_every_cycles: int = 60
    silent_cycles: int = 3
    silent_power_cycle: int = 10

    @property
    def watchdog_in_force_ms(self) -> int:
        """How long the power board waits for a kick."""
        return max(self.watchdog_ms, 3 * self.cycle_ms)

    def __post_init__(self) -> None:
        for names in IN_ORDER:
            values = [getattr(self, name) for name in names]
            if not all(low < high for low, high in pairwise(values)):
                raise ValueError(f"{', '.join(names)} are not in order: {values}")
        if (
            len(self.limiter_limits_w) != 8
            or len(self.limiter_trip_ms) != 8
            or len(self.limiter_retries) != 8
        ):
            raise ValueError("there are eight limiters")


# Each of a row is below the next.
IN_ORDER = (
    ("safe_entry", "payload_entry", "shed_entry", "floor", "throttle_exit", "shed_exit"),
    ("safe_entry", "safe_exit", "payload_exit", "shed_exit"),
    ("payload_entry", "payload_exit"),
    ("safe_cell_v", "payload_cell_v", "shed_cell_v"),
    ("discharge_margin_w", "discharge_limit_w"),
    ("limit_margin_k", "limit_k", "trip_k"),
    ("charge_most_k", "pack_warn_k", "pack_isolate_k"),
    ("spread_hysteresis_v", "spread_warn_v", "spread_isolate_v"),
    (
        "charge_least_k",
        "battery_heater_on_k",
        "charge_most_k",
    ),  # the heater warms cells until they may be charged
)


def with_floor(parameters: FlightParameters, floor: float) -> FlightParameters:
    """The same for another floor: the ladder's states of charge below it move in proportion, those above it as well."""
    names = {name for row in IN_ORDER[:3] for name in row}
    moved: dict[str, Any] = {
        name: _moved(getattr(parameters, name), parameters.floor, floor) for name in sorted(names)
    }
    return replace(parameters, **{**moved, "floor": floor})


def _moved(value: float, floor: float, new_floor: float) -> float:
    if value <= floor:
        return value * (new_floor / floor)
    return 1.0 - (1.0 - value) * ((1.0 - new_floor) / (1.0 - floor))
