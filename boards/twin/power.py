# SPDX-License-Identifier: Apache-2.0
"""Twin of the power board (boards/README.md section 3).

A grant looks for the first millisecond in which the board acts by itself, lets the quiet ones before it pass
in one stride, lives that one as the page has it, and stops short there.
"""

from struct import Struct

from ..registers import power_flight as flight
from ..registers import power_stimulus as stimulus
from .core import Core, Port

LIMITERS = range(8)
ALWAYS_FED = 7  # attitude control and beacon: only a dead bus takes it away
SHED = 0x7F
ALL = 0xFF

RETRY_MS = 1000
UVLO_ENTER_MS = 500
UVLO_EXIT_MS = 1000
OVERCHARGE_MS = 100
COMPUTER_OFF_MS = 1000
BUS_DEAD_MS = 10
BUS_BACK_MS = 60_000
KICK = 0x4B49434B
BOOT_WATCHDOG, BOOT_DEAD_BUS = 1, 2

LCL_TRIP, LCL_RETRY, UVLO_ENTER, UVLO_EXIT, OVERCHARGE = 1, 2, 4, 8, 16
WATCHDOG, COMPUTER_ON, OVERVOLTAGE, BUS_DEAD = 32, 64, 128, 256

_NEVER_MS = 1 << 32
_SENSORS = slice(flight.BUS.index, flight.PACK_TEMPERATURE.index + 1)
_STIMULUS_SENSORS = slice(stimulus.BUS.index, stimulus.PACK_TEMPERATURE.index + 1)
_LOADS = slice(stimulus.LOAD_0_1.index, stimulus.LOAD_6_7.index + 1)
_SETTINGS = slice(flight.LCL0.index, flight.LCL7.index + 1)
_SWITCHES_HELD = flight.SWITCHES.mask & ~(
    flight.SWITCHES_OVERCHARGE_CLEAR.mask | flight.SWITCHES_OVERVOLTAGE_CLEAR.mask
)
_FOUR_WORDS = Struct(">4I")
_EIGHT_HALVES = Struct(">8H")


class PowerCore(Core):
    """Limiters, the guards of battery and bus, and the watchdog of the flight computer."""

    def __init__(self) -> None:
        super().__init__(flight, stimulus)
        self._enabled = flight.LCL_ENABLE.reset
        self._tripped = 0
        self._over = [0] * 8
        self._retry = [0] * 8
        self._used = [0] * 8
        self._uvlo = False
        self._uv = 0
        self._overcharged = False
        self._ov = 0
        self._overvoltage = False
        self._bus_dead = False
        self._dead = 0
        self._computer_on = True
        self._off_ms = 0
        self._watchdog = flight.WATCHDOG_MS.reset
        self._boot_cause = 0
        self._watchdog_resets = 0
        self._currents: tuple[int, ...] = (0,) * 8
        # What counts during the grant under way; the inputs stand still while it lasts.
        self._overloaded: list[int] = []
        self._waiting: list[int] = []
        self._uv_counts = self._ov_counts = self._dead_counts = False
        self._flight_actions = {
            flight.LCL_ENABLE.index: self._write_enable,
            flight.SWITCHES.index: self._write_switches,
            flight.WATCHDOG_KICK.index: self._write_kick,
            flight.WATCHDOG_MS.index: self._write_watchdog_ms,
        }

    @property
    def _on(self) -> int:
        on = self._enabled & ~self._tripped
        return on & 1 << ALWAYS_FED if self._uvlo else on

    # registers ---------------------------------------------------------------------------------------

    def _refresh(self, port: Port) -> None:
        words = port.words
        if port is self.stimulus:
            switches = self.flight.words[flight.SWITCHES.index]
            words[stimulus.TIME_NOW.index] = self.time_ms
            strings = 0 if self._overvoltage else self.flight.words[flight.STRING_ENABLE.index]
            closed = switches & (6 if self._overcharged else 7)
            packs = switches >> 4 & 3
            words[stimulus.ACTUATORS.index] = (
                self._on | strings << 8 | closed << 16 | self._computer_on << 19 | packs << 20
            )
            words[stimulus.BOOT.index] = self._watchdog_resets << 8 | self._boot_cause
            return
        words[flight.TIME_NOW.index] = self.time_ms
        words[flight.RMAP_ERRORS.index] = self.rmap_errors
        words[flight.STATUS.index] = (
            self._uvlo
            | self._overcharged << 1
            | self._overvoltage << 2
            | self._bus_dead << 3
            | self._boot_cause << 8
            | self._watchdog_resets << 16
        )
        words[flight.LCL_STATUS.index] = self._on | self._tripped << 8
        words[_SENSORS] = self.stimulus.words[_STIMULUS_SENSORS]
        words[flight.LCL_ENABLE.index] = self._enabled
        words[flight.WATCHDOG_KICK.index] = self._watchdog

    def _write_enable(self, word: int) -> None:
        self._disable(self._enabled & ~word)
        self._enabled = word

    def _disable(self, limiters: int) -> None:
        self._enabled &= ~limiters
        self._tripped &= ~limiters
        for limiter in LIMITERS:
            if limiters >> limiter & 1:
                self._over[limiter] = self._used[limiter] = self._retry[limiter] = 0

    def _write_switches(self, word: int) -> None:
        self.flight.words[flight.SWITCHES.index] = word & _SWITCHES_HELD
        if word & flight.SWITCHES_OVERCHARGE_CLEAR.mask:
            self._overcharged = False
            self._ov = 0
        if word & flight.SWITCHES_OVERVOLTAGE_CLEAR.mask:
            self._overvoltage = False

    def _write_kick(self, word: int) -> None:
        if word == KICK and self._computer_on:
            self._watchdog = self.flight.words[flight.WATCHDOG_MS.index]

    def _write_watchdog_ms(self, word: int) -> None:
        self.flight.words[flight.WATCHDOG_MS.index] = word
        self._watchdog = word

    # time --------------------------------------------------------------------------------------------

    def _live(self, ms: int) -> int:
        if self.stimulus.words[stimulus.STOP_CAUSE.index]:
            return 0
        self._currents = _EIGHT_HALVES.unpack(_FOUR_WORDS.pack(*self.stimulus.words[_LOADS]))
        quiet_ms = self._look_ahead()
        if ms <= quiet_ms:
            self._pass(ms)
            return ms
        if quiet_ms > 0:
            self._pass(quiet_ms)
        self.stimulus.words[stimulus.STOP_CAUSE.index] = self._millisecond()
        return max(quiet_ms, 0) + 1

    def _look_ahead(self) -> int:
        """Find what counts at present; return the milliseconds before the one in which the board acts."""
        on, tripped = self._on, self._tripped
        quiet_ms = _NEVER_MS
        self._overloaded.clear()
        self._waiting.clear()
        for limiter, setting in enumerate(self.flight.words[_SETTINGS]):
            if self._currents[limiter] > setting & 0xFFFF and on >> limiter & 1:
                self._overloaded.append(limiter)
                quiet_ms = min(quiet_ms, max(setting >> 16 & 0xFF, 1) - self._over[limiter] - 1)
            elif tripped >> limiter & 1 and self._used[limiter] < setting >> 24:
                self._waiting.append(limiter)
                quiet_ms = min(quiet_ms, RETRY_MS - self._retry[limiter] - 1)
        self._uv_counts, self._ov_counts = self._battery_beyond()
        if self._uv_counts:
            quiet_ms = min(quiet_ms, (UVLO_EXIT_MS if self._uvlo else UVLO_ENTER_MS) - self._uv - 1)
        if self._ov_counts:
            quiet_ms = min(quiet_ms, OVERCHARGE_MS - self._ov - 1)
        overvoltage_acts, self._dead_counts = self._bus_beyond()
        if overvoltage_acts:
            return min(quiet_ms, 0)
        if self._dead_counts:
            quiet_ms = min(quiet_ms, (BUS_BACK_MS if self._bus_dead else BUS_DEAD_MS) - self._dead - 1)
        return min(quiet_ms, self._computer_quiet_ms())

    def _computer_quiet_ms(self) -> int:
        if self._bus_dead:
            return _NEVER_MS
        if not self._computer_on:
            return self._off_ms - 1
        return self._watchdog - 1 if self.flight.words[flight.WATCHDOG_MS.index] else _NEVER_MS

    def _battery_beyond(self) -> tuple[bool, bool]:
        """Whether the battery voltage is where the lock-out, and the over-charge trip, count milliseconds."""
        words = self.flight.words
        voltage = self.stimulus.words[stimulus.BATTERY.index] >> 16
        uvlo = words[flight.UVLO.index]
        uv_counts = voltage > uvlo >> 16 if self._uvlo else voltage < uvlo & 0xFFFF
        return uv_counts, not self._overcharged and voltage > words[flight.OVERCHARGE.index]

    def _bus_beyond(self) -> tuple[bool, bool]:
        """Whether the bus voltage is where the over-voltage trip acts, and where a dead bus, or one that is back, counts."""
        voltage = self.stimulus.words[stimulus.BUS.index] >> 16
        limits = self.flight.words[flight.BUS_LIMITS.index]
        below = voltage < limits & 0xFFFF
        return not self._overvoltage and voltage > limits >> 16, below != self._bus_dead

    def _pass(self, ms: int) -> None:
        """Let milliseconds pass, at least one, in which the board does nothing but count."""
        over = [0] * 8
        for limiter in self._overloaded:
            over[limiter] = self._over[limiter] + ms
        self._over = over
        for limiter in self._waiting:
            self._retry[limiter] += ms
        self._uv = self._uv + ms if self._uv_counts else 0
        self._ov = self._ov + ms if self._ov_counts else 0
        self._dead = self._dead + ms if self._dead_counts else 0
        if self._bus_dead:
            return
        if not self._computer_on:
            self._off_ms -= ms
        elif self.flight.words[flight.WATCHDOG_MS.index]:
            self._watchdog -= ms

    # one millisecond, as boards/README.md section 3 has it -------------------------------------------

    def _millisecond(self) -> int:
        """Live one millisecond and return what the board did by itself, as bits of STOP_CAUSE."""
        stop = 0
        for limiter in LIMITERS:
            stop |= self._limit(limiter)
        return stop | self._watch_battery() | self._watch_bus()

    def _limit(self, limiter: int) -> int:
        setting = self.flight.words[flight.LCL0.index + limiter]
        bit = 1 << limiter
        if self._on & bit and self._currents[limiter] > setting & 0xFFFF:
            self._over[limiter] += 1
            if self._over[limiter] >= max(setting >> 16 & 0xFF, 1):
                self._tripped |= bit
                self._over[limiter] = self._retry[limiter] = 0
                self._count_trip(limiter)
                return LCL_TRIP
            return 0
        self._over[limiter] = 0
        if self._tripped & bit and self._used[limiter] < setting >> 24:
            self._retry[limiter] += 1
            if self._retry[limiter] == RETRY_MS:
                self._retry[limiter] = 0
                self._used[limiter] += 1
                self._tripped &= ~bit
                return LCL_RETRY
        return 0

    def _count_trip(self, limiter: int) -> None:
        trips = self.flight.words[flight.LCL_TRIPS.index]
        if trips >> 4 * limiter & 0xF < 0xF:
            self.flight.words[flight.LCL_TRIPS.index] = trips + (1 << 4 * limiter)

    def _watch_battery(self) -> int:
        stop = 0
        uv_counts, ov_counts = self._battery_beyond()
        self._uv = self._uv + 1 if uv_counts else 0
        if not self._uvlo and self._uv == UVLO_ENTER_MS:
            self._uvlo, self._uv = True, 0
            self._disable(SHED)
            stop |= UVLO_ENTER
        elif self._uvlo and self._uv == UVLO_EXIT_MS:
            self._uvlo, self._uv = False, 0
            stop |= UVLO_EXIT
        self._ov = self._ov + 1 if ov_counts else 0
        if self._ov == OVERCHARGE_MS:
            self._overcharged, self._ov = True, 0
            stop |= OVERCHARGE
        return stop

    def _watch_bus(self) -> int:
        overvoltage_acts, dead_counts = self._bus_beyond()
        self._overvoltage = self._overvoltage or overvoltage_acts
        self._dead = self._dead + 1 if dead_counts else 0
        stop = OVERVOLTAGE if overvoltage_acts else 0
        if self._bus_dead:
            return stop | self._await_bus()
        if self._dead == BUS_DEAD_MS:
            self._bus_dies()
            return stop | BUS_DEAD
        return stop | self._watch_computer()

    def _await_bus(self) -> int:
        if self._dead != BUS_BACK_MS:
            return 0
        self._bus_dead, self._dead = False, 0
        self._enabled |= 1 << ALWAYS_FED
        return self._start_computer()

    def _bus_dies(self) -> None:
        self._bus_dead, self._dead = True, 0
        self._stop_computer(BOOT_DEAD_BUS, ALL)
        self._overvoltage = False

    def _watch_computer(self) -> int:
        watchdog_ms = self.flight.words[flight.WATCHDOG_MS.index]
        if not self._computer_on:
            self._off_ms -= 1
            return 0 if self._off_ms else self._start_computer()
        if not watchdog_ms:
            return 0
        if self._watchdog > 1:
            self._watchdog -= 1
            return 0
        self._watchdog_resets = (self._watchdog_resets + 1) & 0xFF
        self._off_ms = COMPUTER_OFF_MS
        self._stop_computer(BOOT_WATCHDOG, SHED)
        return WATCHDOG

    def _start_computer(self) -> int:
        self._computer_on = True
        self._watchdog = self.flight.words[flight.WATCHDOG_MS.index]
        return COMPUTER_ON

    def _stop_computer(self, boot_cause: int, limiters: int) -> None:
        """Take the computer's power away; what it had switched goes back to its reset value."""
        self._computer_on = False
        self._watchdog = 0
        self._boot_cause = boot_cause
        self._disable(limiters)
        self.flight.words[flight.STRING_ENABLE.index] = flight.STRING_ENABLE.reset
        self.flight.words[flight.SWITCHES.index] = flight.SWITCHES.reset
