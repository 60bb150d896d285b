# SPDX-License-Identifier: Apache-2.0
"""The controllers by name."""

from __future__ import annotations

from collections.abc import Callable

from ..parameters import FlightParameters
from .adaptive import Adaptive
from .baselines import EnergyBalance, Hysteresis, SunFollow
from .planner import Planner
from .port import Controller

CONTROLLERS: dict[str, Callable[[FlightParameters], Controller]] = {
    "adaptive": Adaptive,
    "planner": Planner,
    "energy-balance": EnergyBalance,
    "sun-follow": SunFollow,
    "hysteresis": Hysteresis,
}
