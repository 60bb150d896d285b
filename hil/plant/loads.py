# SPDX-License-Identifier: Apache-2.0
"""What the loads draw from the bus: the eight limiters' loads and the flight computer."""

from __future__ import annotations

from dataclasses import dataclass
from math import pow

NODES = 16
OFF, BOOT, ON, HUNG = range(4)
COMPUTE_BOARD, LASER, RACK_A, RACK_B, PUMP, BATTERY_HEATER, COOLANT_HEATER, ATTITUDE = range(8)

COMPUTER_W = 200.0
COMPUTE_BOARD_W = 400.0
PUMP_W = 1_200.0
ATTITUDE_W = 2_200.0
LASER_W = 600.0
LASER_STANDBY_W = 60.0
BATTERY_HEATER_W = 500.0
COOLANT_HEATER_W = 2_000.0
SHORT_A = 1_000.0
"""Current of a shorted load until its limiter trips; above every current sensor's range."""

ALWAYS_W = COMPUTER_W + COMPUTE_BOARD_W + PUMP_W + ATTITUDE_W + LASER_W
"""What loads take at the least that are on as long as the satellite does what it is for."""

IDLE_NODE_W = 1_600.0
BOOT_NODE_W = 2_200.0


def _running_node_w(step: int) -> float:
    """Power of a node at one of its 16 clock steps; the clock fraction is 0.35 to 1."""
    fraction = 0.35 + 0.65 * step / 15
    return IDLE_NODE_W + 5_600.0 * pow(fraction, 2.6)


NODE_W = (
    (0.0,) * 16,
    (BOOT_NODE_W,) * 16,
    tuple(_running_node_w(step) for step in range(16)),
    (IDLE_NODE_W,) * 16,
)
"""Power of a node by its state and clock step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Actuators:
    """What the boards hold the satellite's switches at. The defaults are the boards' reset values."""

    lcl_on: int = 0x80
    """Limiters that feed their load, one bit each."""
    string_on: int = 0xFF
    charge: bool = True
    battery_heater: bool = False
    coolant_heater: bool = False
    computer_on: bool = True
    pack_on: int = 3
    """Battery packs that are connected, one bit each."""
    node_state: int = 0
    """Two bits a node, node 0 lowest: off, boot, on, hung."""
    steps_low: int = 0
    """Clock steps of nodes 0 to 7, four bits each, node 0 lowest."""
    steps_high: int = 0
    work_total: int = 0
    laser_state: int = 0


def node_powers_w(node_state: int, steps_low: int, steps_high: int) -> list[float]:
    """Power of each of the 16 nodes when its rack is fed."""
    steps = steps_high << 32 | steps_low
    return [NODE_W[node_state >> 2 * i & 3][steps >> 4 * i & 15] for i in range(NODES)]


def load_powers_w(actuators: Actuators, fed: int, racks_w: tuple[float, float]) -> list[float]:
    """Power that each load asks for; `fed` has a bit for each that has power, `racks_w` is for the nodes of the two racks."""
    return [
        COMPUTE_BOARD_W if fed & 1 else 0.0,
        (LASER_W if actuators.laser_state else LASER_STANDBY_W) if fed & 2 else 0.0,
        racks_w[0] if fed & 4 else 0.0,
        racks_w[1] if fed & 8 else 0.0,
        PUMP_W if fed & 16 else 0.0,
        BATTERY_HEATER_W if fed & 32 and actuators.battery_heater else 0.0,
        COOLANT_HEATER_W if fed & 64 and actuators.coolant_heater else 0.0,
        ATTITUDE_W if fed & 128 else 0.0,
    ]
