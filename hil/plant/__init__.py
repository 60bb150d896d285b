# SPDX-License-Identifier: Apache-2.0
"""The plant: orbit, array, battery, loads, heat, light and results in SI units; every model small, pure and seeded.

It is this project's own choice of a satellite of 100 kW, not a published design. What each model is and where it is more than
the plain laws that controllers are usually studied with:

- `orbit`: circular, about Earth or Moon, conical shadow with penumbra. Beta stays over a run.
- `array`: 110 kW at the bus in full sunlight, 10 % more when cold (240 s), 1 % of first-order wander, eight unlike strings.
- `bus`: 4.0 kW of loads that are always on and 0.6 kW for the laser in TRACK; load steps, brown-out, collapse.
- `battery`, `pack`: 25 kWh at 97 % each way, 20 kW in and 25 kW out. Two Thevenin packs in the place of the loss 0.0016 / kW
  times p^2, with age, temperature and protection.
- `loads`, `nodes`: sixteen nodes of 1.6 + 5.6 f^2.6 kW, 2.2 kW in a boot (the board's 120 s), with inrush. Clock steps and work
  are the compute board's.
- `heat`: 900 kJ/K, 230 m2 of which half sees the Sun, emissivity 0.88, 100 and 45 W/m2 absorbed by day and night, 333 K at
  most. Radiator, loop, junctions, packs and laser are nodes of their own, and a thermostat valve and heaters keep the coolant
  liquid.
- `results`: 40 Gb/s at full rate into a buffer of 3 TB, 100 Gb/s out of it in the light of `light`, with handovers and outages.
- `strikes`: what faults of the physics do at a time. `satellite` puts everything together and keeps the accounts.
"""

from .loads import Actuators
from .orbit import Body, CircularOrbit, Start
from .satellite import Plant
from .truth import Ledger, PlantTruth, Violations

__all__ = ["Actuators", "Body", "CircularOrbit", "Ledger", "Plant", "PlantTruth", "Start", "Violations"]
