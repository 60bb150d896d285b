# SPDX-License-Identifier: Apache-2.0
"""The plant: orbit, array, battery, loads, heat and light in SI units; every model small, pure and seeded."""

from .loads import Actuators
from .orbit import Body, CircularOrbit, Start
from .satellite import Plant
from .truth import Ledger, PlantTruth, Violations

__all__ = ["Actuators", "Body", "CircularOrbit", "Ledger", "Plant", "PlantTruth", "Start", "Violations"]
