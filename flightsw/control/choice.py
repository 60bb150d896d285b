# SPDX-License-Identifier: Apache-2.0
"""The controllers by name."""

from __future__ import annotations

from collections.abc import Callable

from ..parameters import FlightParameters
from .adaptive import Adaptive
from .port import Controller

CONTROLLERS: dict[str, Callable[[FlightParameters], Controller]] = {
    "adaptive": Adaptive,
}
