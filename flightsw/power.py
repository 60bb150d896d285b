# SPDX-License-Identifier: Apache-2.0
"""Energy balance: what the compute nodes may draw so that the battery is full at sunset and above its floor at sunrise.

In sunlight   compute = array - bus - charge, the charge spread evenly over what is left of the day.
In eclipse    compute = (what the battery holds above floor and margin) / (what is left of the night) - bus.
At dusk       whichever of the two is more, so that the nodes that will run through the night never stop.

Day and night are told by the measured array power; the ephemeris only says how long each will last, and every terminator
that is seen corrects it. Power that falls is carried forward to the end of the cycle in which a command acts.
"""

from __future__ import annotations

from typing import NamedTuple

from flatsat.boards.registers import power_flight

from .parameters import FlightParameters
from .sample import PowerWords

DAWN, DUSK = 0.25, 0.10  # of the array's nominal power: what makes it day, and what makes it night
TRUSTED_TERMINATOR_S = 900.0  # a terminator further off than this may be none: a shadow, a failed array
LATE_SUNRISE_S = 300.0  # how long the night may still last when the sunrise is overdue
DAWN_GRACE_S = 10.0  # from the predicted sunrise until it is overdue
FULL_BEFORE_SUNSET_S = 90.0
LEAST_DAY_S = 120.0  # shorter horizons would make noise of the gauge swing the plan
LEAST_NIGHT_S = 15.0
MARGIN_FULL_S = 600.0
DAWN_BOOT_S = 25.0  # how much longer before the end of the night than their boot time nodes are started
DUSK_NEAR_S = 16.0
DUSK_CAUTION_W = 6_000.0  # the first second of dusk cannot be seen in time: leave the battery room for it
GAUGE_GAIN = 0.01  # how much of a cycle's gauge reading enters the estimate; the rest is counted charge
STEADY_FRACTION = 0.02  # of nominal array power: a change within this is noise
CYCLES_TO_ACT = 2.0  # from the instant of the sample to the end of the cycle that the command rules

_VOLT = power_flight.BUS_VOLTAGE.lsb
_AMPERE = power_flight.BUS_CURRENT.lsb
_CHARGE = power_flight.GAUGE_STATE_OF_CHARGE.lsb
_BATTERY_ZERO = power_flight.BATTERY_CURRENT.zero
_KELVIN = power_flight.GAUGE_TEMPERATURE.lsb


class Energy(NamedTuple):
    """The satellite's energy now, and for how long day or night will last."""

    state_of_charge: float
    array_w: float
    array_soon_w: float  # where it will be when a command given now has acted
    bus_w: float  # everything but the racks
    in_sun: bool
    remaining_s: float


class Budget(NamedTuple):
    """What the racks may draw: by the energy plan, and at the very most by the discharge limit."""

    compute_w: float
    ceiling_w: float


def budget(energy: Energy, parameters: FlightParameters) -> Budget:
    """Share out the power. Never negative; grows with state of charge and with array power."""
    day_w = energy.array_soon_w - energy.bus_w
    night_s = energy.remaining_s + (parameters.eclipse_s if energy.in_sun else 0.0)
    spare_w = night_w(energy, parameters, night_s)
    ceiling_w = max(day_w + _discharge_w(energy, parameters, spare_w, night_s), 0.0)
    if energy.in_sun:
        caution_w = DUSK_CAUTION_W if energy.remaining_s < DUSK_NEAR_S else 0.0
        plan_w = max(day_w - caution_w - charge_w(energy, parameters), spare_w)
    else:
        plan_w = spare_w + energy.array_soon_w
    return Budget(min(max(plan_w, 0.0), ceiling_w), ceiling_w)


def _discharge_w(energy: Energy, parameters: FlightParameters, spare_w: float, night_s: float) -> float:
    """Most that the battery gives: all that the night can spare may go within the least time that a node is on."""
    if energy.state_of_charge <= parameters.floor:
        return 0.0
    hurry = max(night_s / parameters.least_on_s, 1.0)
    limit_w = parameters.discharge_limit_w - parameters.discharge_margin_w
    return min(energy.bus_w + max(spare_w, 0.0) * hurry, limit_w)


def charge_w(energy: Energy, parameters: FlightParameters) -> float:
    """Constant power that fills the battery shortly before sunset; all the charger takes while the floor is near."""
    if energy.state_of_charge < parameters.floor + parameters.floor_margin:
        return parameters.charge_limit_w
    need_wh = (
        (parameters.full - energy.state_of_charge)
        * parameters.battery_capacity_wh
        / parameters.charge_efficiency
    )
    horizon_s = max(energy.remaining_s - FULL_BEFORE_SUNSET_S, LEAST_DAY_S)
    return min(max(need_wh * 3600.0 / horizon_s, 0.0), parameters.charge_limit_w)


def night_w(energy: Energy, parameters: FlightParameters, night_s: float) -> float:
    """Power for the racks that takes the battery down to floor and margin in `night_s`; negative if the bus alone takes more.

    What booting nodes for the dawn will take is kept back until they boot.
    """
    certain = max(1.0 - night_s / MARGIN_FULL_S, 0.0)
    margin = parameters.floor_margin * (
        1.0 - certain / 2
    )  # what is left of the night is known better and better
    spare = energy.state_of_charge - parameters.floor - margin
    spare_wh = spare * parameters.battery_capacity_wh * parameters.discharge_efficiency
    if not dawn_is_near(energy, parameters):
        spare_wh -= (
            parameters.dawn_nodes * parameters.node.boot_w * (parameters.boot_s + DAWN_BOOT_S) / 3600.0
        )
    return spare_wh * 3600.0 / max(night_s, LEAST_NIGHT_S) - energy.bus_w


def dawn_is_near(energy: Energy, parameters: FlightParameters) -> bool:
    """Whether a node that boots now will be on at sunrise, and not much before."""
    return not energy.in_sun and energy.remaining_s < parameters.boot_s + DAWN_BOOT_S


class Sunlight:
    """Day or night by measured power; how long it lasts by an ephemeris that each terminator seen corrects.

    Args:
        array_w: measured power at `now_ms`.
    """

    __slots__ = ("_dark_since_ms", "_parameters", "_sunrise_ms", "in_sun")

    def __init__(self, parameters: FlightParameters, array_w: float, now_ms: int) -> None:
        self._parameters = parameters
        self._sunrise_ms = float(parameters.sunrise_ms)
        self._dark_since_ms = now_ms
        self.in_sun = array_w > DAWN * parameters.array_w

    def update(self, now_ms: int, array_w: float) -> float:
        """Notice a terminator and return the seconds until the next one."""
        parameters = self._parameters
        day_s = parameters.orbit_period_s - parameters.eclipse_s
        if self.in_sun:
            if array_w < DUSK * parameters.array_w:
                self.in_sun = False
                self._dark_since_ms = now_ms
                self._correct(now_ms - day_s * 1000.0, trusted=False)
        elif array_w > DAWN * parameters.array_w:
            self.in_sun = True
            long_night = now_ms - self._dark_since_ms > parameters.eclipse_s * 500.0
            self._correct(float(now_ms), trusted=long_night)
        phase_s = (now_ms - self._sunrise_ms) / 1000.0 % parameters.orbit_period_s
        if self.in_sun:
            return _day_left_s(phase_s, parameters)
        return _night_left_s(phase_s, (now_ms - self._dark_since_ms) / 1000.0, parameters)

    def _correct(self, sunrise_ms: float, *, trusted: bool) -> None:
        period_s = self._parameters.orbit_period_s
        late_s = ((sunrise_ms - self._sunrise_ms) / 1000.0 + period_s / 2) % period_s - period_s / 2
        if trusted or abs(late_s) < TRUSTED_TERMINATOR_S:
            self._sunrise_ms = sunrise_ms


def _day_left_s(phase_s: float, parameters: FlightParameters) -> float:
    day_s = parameters.orbit_period_s - parameters.eclipse_s
    if phase_s < day_s:
        return day_s - phase_s
    early_sunrise_s = parameters.orbit_period_s - phase_s
    return early_sunrise_s + day_s if early_sunrise_s < parameters.eclipse_s / 2 else 0.0


def _night_left_s(phase_s: float, dark_s: float, parameters: FlightParameters) -> float:
    """An ephemeris that says day is believed only after a whole night of darkness."""
    day_s = parameters.orbit_period_s - parameters.eclipse_s
    if phase_s >= day_s:
        return parameters.orbit_period_s - phase_s + DAWN_GRACE_S
    if phase_s > day_s / 2:  # an early sunset
        return day_s - phase_s + parameters.eclipse_s + DAWN_GRACE_S
    overdue_s = LATE_SUNRISE_S if phase_s > DAWN_GRACE_S else DAWN_GRACE_S - phase_s
    return max(overdue_s, parameters.eclipse_s + DAWN_GRACE_S - dark_s)


class EnergyEstimate:
    """Filters the power board's readings into an Energy.

    Attributes:
        energy: the latest estimate.
        rack_w: what the racks draw, measured.
        battery_w: what goes into the battery, measured; negative while it is discharged.
        battery_k: cell temperature.
    """

    __slots__ = (
        "_array_w",
        "_bus_w",
        "_last_array_w",
        "_last_ms",
        "_parameters",
        "_state_of_charge",
        "_sunlight",
        "battery_k",
        "battery_w",
        "energy",
        "rack_w",
    )

    def __init__(self, parameters: FlightParameters, words: PowerWords, now_ms: int) -> None:
        self._parameters = parameters
        self._last_ms = now_ms
        self._state_of_charge = words.state_of_charge * _CHARGE
        self._array_w = self._last_array_w = _array_w(words)
        self._bus_w = parameters.bus_power_w
        self._sunlight = Sunlight(parameters, self._array_w, now_ms)
        self.update(words, now_ms)

    def update(self, words: PowerWords, now_ms: int) -> Energy:
        """Take a cycle's sample in."""
        volts = words.bus_voltage * _VOLT
        self.rack_w = (words.load2 + words.load3) * _AMPERE * volts
        self.battery_w = words.battery_voltage * _VOLT * (words.battery_current * _AMPERE + _BATTERY_ZERO)
        self.battery_k = words.battery_temperature * _KELVIN
        bus_w = words.bus_current * _AMPERE * volts - self.rack_w
        self._bus_w = max(self._bus_w + 0.1 * (bus_w - self._bus_w), 0.0)
        self._count_charge(words.state_of_charge * _CHARGE, now_ms)
        soon_w = self._follow_array(_array_w(words))
        remaining_s = self._sunlight.update(now_ms, self._last_array_w)
        self.energy = Energy(
            self._state_of_charge,
            self._array_w,
            soon_w,
            self._bus_w,
            self._sunlight.in_sun,
            remaining_s,
        )
        return self.energy

    def _count_charge(self, gauge: float, now_ms: int) -> None:
        elapsed_s = (now_ms - self._last_ms) / 1000.0
        self._last_ms = now_ms
        counted = self._state_of_charge + self.battery_w * elapsed_s / (
            3600.0 * self._parameters.battery_capacity_wh
        )
        self._state_of_charge = counted + GAUGE_GAIN * (gauge - counted)

    def _follow_array(self, array_w: float) -> float:
        steady_w = STEADY_FRACTION * self._parameters.array_w
        fallen_w = self._last_array_w - array_w
        self._last_array_w = array_w
        if abs(array_w - self._array_w) > steady_w:
            self._array_w = array_w
        else:
            self._array_w += 0.2 * (array_w - self._array_w)
        ahead_w = CYCLES_TO_ACT * fallen_w if fallen_w > steady_w else 0.0
        return max(self._array_w - ahead_w, 0.0)


def _array_w(words: PowerWords) -> float:
    amperes = sum(words[11:19]) * _AMPERE
    return amperes * words.bus_voltage * _VOLT
