# SPDX-License-Identifier: Apache-2.0
"""The plant against Basilisk (AVS Laboratory, University of Colorado): orbit, shadow, array and battery energy, radiator.

Basilisk integrates the equations of motion and evaluates its own conical shadow, panel, battery and thermal models; ours are in
closed form. Needs the extra of its own: `make xcheck`.
"""

from __future__ import annotations

import os
from math import cos, radians, sin, sqrt
from typing import NamedTuple

import numpy as np
import pytest
from flatsat.hil.plant import heat as ours
from flatsat.hil.plant.heat import Heat
from flatsat.hil.plant.orbit import SIZES, SUN_DISTANCE_M, Body, CircularOrbit, Start

if "FLATSAT_XCHECK" not in os.environ:
    pytest.skip("make xcheck installs Basilisk and runs this", allow_module_level=True)

from Basilisk.architecture import messaging
from Basilisk.simulation import (
    eclipse,
    sensorThermal,
    simpleBattery,
    simplePowerSink,
    simpleSolarPanel,
    spacecraft,
)
from Basilisk.utilities import SimulationBaseClass, macros, simIncludeGravBody

STEP_S = 1.0
ARRAY_W, LOAD_W, CAPACITY_WH, START_WH = 110e3, 60e3, 200e3, 20e3
SOLAR_W_M2 = 1361.0  # Basilisk's


class Flown(NamedTuple):
    """One orbit of Basilisk: times in s, and sunlight, array power (W) and battery energy (J) at them."""

    time_s: np.ndarray
    sunlight: np.ndarray
    array_w: np.ndarray
    battery_j: np.ndarray


def fly(altitude_km: float, beta_deg: float, about: Body) -> Flown:
    """Fly a circular orbit from noon; the Sun stands on the x axis, the orbit's normal is tilted by 90 degrees less beta."""
    simulation = SimulationBaseClass.SimBaseClass()
    process = simulation.CreateNewProcess("process")
    process.addTask(simulation.CreateNewTask("task", macros.sec2nano(STEP_S)))

    craft = spacecraft.Spacecraft()
    body_radius_m, gm_m3_s2 = SIZES[about]
    centre = simIncludeGravBody.gravBodyFactory().createBody(about.value)
    centre.isCentralBody = True
    centre.mu = gm_m3_s2
    craft.gravField.gravBodies = spacecraft.GravBodyVector([centre])
    radius_m = body_radius_m + 1000 * altitude_km
    speed_m_s = sqrt(gm_m3_s2 / radius_m)
    tilt = radians(beta_deg)
    craft.hub.r_CN_NInit = [[radius_m * cos(tilt)], [0.0], [radius_m * sin(tilt)]]
    craft.hub.v_CN_NInit = [[0.0], [speed_m_s], [0.0]]

    def planet(name: str, x_m: float) -> messaging.SpicePlanetStateMsg:
        state = messaging.SpicePlanetStateMsgPayload()
        state.PlanetName = name
        state.PositionVector = [x_m, 0.0, 0.0]
        state.J20002Pfix = np.identity(3).tolist()
        return messaging.SpicePlanetStateMsg().write(state)

    sun, body = planet("sun", SUN_DISTANCE_M), planet(about.value, 0.0)
    shadow = eclipse.Eclipse()
    shadow.addSpacecraftToModel(craft.scStateOutMsg)
    shadow.addPlanetToModel(body)
    shadow.sunInMsg.subscribeTo(sun)
    panel = simpleSolarPanel.SimpleSolarPanel()
    panel.stateInMsg.subscribeTo(craft.scStateOutMsg)
    panel.sunEclipseInMsg.subscribeTo(shadow.eclipseOutMsgs[0])
    panel.sunInMsg.subscribeTo(sun)
    panel.setPanelParameters([1.0, 0.0, 0.0], 1.0, ARRAY_W / SOLAR_W_M2)
    sink = simplePowerSink.SimplePowerSink()
    sink.nodePowerOut = -LOAD_W
    battery = simpleBattery.SimpleBattery()
    battery.storageCapacity = CAPACITY_WH * 3600
    battery.storedCharge_Init = START_WH * 3600
    battery.addPowerNodeToModel(panel.nodePowerOutMsg)
    battery.addPowerNodeToModel(sink.nodePowerOutMsg)
    for model in (craft, shadow, panel, sink, battery):
        simulation.AddModelToTask("task", model)
    logs = (
        shadow.eclipseOutMsgs[0].recorder(),
        panel.nodePowerOutMsg.recorder(),
        battery.batPowerOutMsg.recorder(),
    )
    for log in logs:
        simulation.AddModelToTask("task", log)
    simulation.InitializeSimulation()
    period_s = CircularOrbit(altitude_km, beta_deg, Start.NOON, about).period_s
    simulation.ConfigureStopTime(macros.sec2nano(round(period_s)))
    simulation.ExecuteSimulation()
    lit, power, stored = logs
    return Flown(
        lit.times() * macros.NANO2SEC,
        np.asarray(lit.illuminationFactor),
        np.asarray(power.netPower),
        np.asarray(stored.storageLevel),
    )


ORBITS = {
    "550 km, beta 0": (550.0, 0.0, Body.EARTH),
    "550 km, beta 40": (550.0, 40.0, Body.EARTH),
    "650 km, dawn-dusk": (650.0, 58.6, Body.EARTH),
    "1200 km, beta 0": (1200.0, 0.0, Body.EARTH),
    "100 km above the Moon": (100.0, 0.0, Body.MOON),
}


@pytest.fixture(scope="module", params=ORBITS.values(), ids=list(ORBITS))
def flown(request: pytest.FixtureRequest) -> tuple[CircularOrbit, Flown]:
    """An orbit by both."""
    altitude_km, beta_deg, about = request.param
    return CircularOrbit(altitude_km, beta_deg, Start.NOON, about), fly(altitude_km, beta_deg, about)


def test_sunlight(flown: tuple[CircularOrbit, Flown]) -> None:
    """The same share of sunlight at every second of the orbit, penumbra included."""
    orbit, basilisk = flown
    own = np.array([orbit.sunlight(t) for t in basilisk.time_s])
    assert 0 < np.count_nonzero((own > 0) & (own < 1)) < 200
    assert np.abs(own - basilisk.sunlight).max() < 0.02
    assert abs(own.mean() - basilisk.sunlight.mean()) < 1e-4


def test_energy(flown: tuple[CircularOrbit, Flown]) -> None:
    """What the array gives in an orbit, and what a battery without losses holds after it."""
    orbit, basilisk = flown
    own = ARRAY_W * np.array([orbit.sunlight(t) for t in basilisk.time_s])
    assert own.sum() == pytest.approx(basilisk.array_w.sum(), rel=1e-3)
    stored_j = START_WH * 3600 + np.cumsum(own - LOAD_W) * STEP_S
    assert np.abs(stored_j - basilisk.battery_j).max() < 5e-3 * np.ptp(stored_j)


def test_radiator() -> None:
    """The radiator alone, cooling from 330 K: the fourth power law with the same area, emissivity and heat capacity."""
    simulation = SimulationBaseClass.SimBaseClass()
    process = simulation.CreateNewProcess("process")
    process.addTask(simulation.CreateNewTask("task", macros.sec2nano(STEP_S)))
    plate = sensorThermal.SensorThermal()
    plate.nHat_B = [-1.0, 0.0, 0.0]
    plate.sensorArea = ours.RADIATOR_AREA_M2
    plate.sensorAbsorptivity = 1e-9
    plate.sensorEmissivity = ours.RADIATOR_EMISSIVITY
    plate.sensorMass = 1000.0
    plate.sensorSpecificHeat = ours.RADIATOR_CAPACITY_J_K / plate.sensorMass
    plate.sensorPowerDraw = ours.ABSORBED_DARK_W
    plate.T_0 = 330.0 - 273.15
    sun, craft = messaging.SpicePlanetStateMsgPayload(), messaging.SCStatesMsgPayload()
    sun.PositionVector = [SUN_DISTANCE_M, 0.0, 0.0]
    messages = messaging.SpicePlanetStateMsg().write(sun), messaging.SCStatesMsg().write(craft)
    plate.sunInMsg.subscribeTo(messages[0])
    plate.stateInMsg.subscribeTo(messages[1])
    simulation.AddModelToTask("task", plate)
    log = plate.temperatureOutMsg.recorder()
    simulation.AddModelToTask("task", log)
    simulation.InitializeSimulation()
    simulation.ConfigureStopTime(macros.sec2nano(900.0))
    simulation.ExecuteSimulation()
    basilisk_k = np.asarray(log.temperature) + 273.15

    heat = Heat(330.0, 250.0, 330.0)  # coolant below the valve's point: next to nothing passes
    own_k = [330.0]
    for _ in range(900):
        heat.step(
            STEP_S,
            node_w=[0.0] * 16,
            coolant_w=0.0,
            pack_w=[0.0, 0.0],
            laser_w=0.0,
            radiator_w=0.0,
            pump=False,
            sunlight=0.0,
        )
        own_k.append(heat.radiator_k)
    assert own_k[-1] < 250
    warmer_k = np.array(own_k) - basilisk_k
    assert (
        warmer_k.min() > -1e-3
    )  # battery and laser terminal, which the plate does not have, give it some heat
    assert warmer_k.max() < 2.0
