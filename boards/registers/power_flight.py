# SPDX-License-Identifier: Apache-2.0
"""Register table of the power board's flight port. What flight software sees: sensors first, one contiguous block to poll, then the switches."""

# Generated from power.rdl by `python -m flatsat.boards.export`.
# ruff: noqa: E501
# fmt: off

from ..register import Field, Register, Window

LOGICAL_ADDRESS = 0x40
WRITABLE_FROM = 0x58
END = 0x98


BOARD_ID_LETTERS = Field(register="BOARD_ID", address=0x00, name="letters", low=0, width=32, description="The letters, first one in the highest octet.")
BOARD_ID = Register(name="BOARD_ID", address=0x00, reset=0x50575231, writable=False, fields=(BOARD_ID_LETTERS,), description="Four ASCII letters that name the board: read it first, to know who answers.")

MAP_VERSION_VERSION = Field(register="MAP_VERSION", address=0x04, name="version", low=0, width=32, description="Counts up whenever the meaning of a word changes.")
MAP_VERSION = Register(name="MAP_VERSION", address=0x04, reset=0x00000002, writable=False, fields=(MAP_VERSION_VERSION,), description="Version of this register map. Software that knows another one must not write.")

BUILD_ID_HASH = Field(register="BUILD_ID", address=0x08, name="hash", low=0, width=32, description="The hash.")
BUILD_ID = Register(name="BUILD_ID", address=0x08, reset=0x00000000, writable=False, fields=(BUILD_ID_HASH,), description="First 32 bits of the hash of the image that runs on the board; a twin has none and reads 0. For the bench only: it differs from one back end to the next, and so would everything that depended on it.")

TIME_NOW_MILLISECONDS = Field(register="TIME_NOW", address=0x0C, name="milliseconds", low=0, width=32, unit="ms", description="Modulo 2^32.")
TIME_NOW = Register(name="TIME_NOW", address=0x0C, reset=0x00000000, writable=False, fields=(TIME_NOW_MILLISECONDS,), description="Milliseconds the board has lived. The bench hands them out through TIME_TARGET; the count wraps after 49.7 days.")

RMAP_ERRORS_DROPPED = Field(register="RMAP_ERRORS", address=0x10, name="dropped", low=16, width=16, description="Unanswered: too short, damaged header, not a command, or no reply asked.")
RMAP_ERRORS_REJECTED = Field(register="RMAP_ERRORS", address=0x10, name="rejected", low=0, width=16, description="Answered with a status other than 0.")
RMAP_ERRORS = Register(name="RMAP_ERRORS", address=0x10, reset=0x00000000, writable=False, fields=(RMAP_ERRORS_DROPPED, RMAP_ERRORS_REJECTED), description="Packets that did not do what their sender hoped, on both ports together. Each half wraps at 65,536.")

STATUS_WATCHDOG_RESETS = Field(register="STATUS", address=0x14, name="watchdog_resets", low=16, width=8, description="Times the watchdog has power-cycled the computer, modulo 256.")
STATUS_BOOT_CAUSE = Field(register="STATUS", address=0x14, name="boot_cause", low=8, width=8, description="Why the computer was started last: 0 power-on, 1 watchdog, 2 dead bus.")
STATUS_BUS_DEAD = Field(register="STATUS", address=0x14, name="bus_dead", low=3, width=1, description="The bus is dead: the computer has no power until the bus has been back for 60 s.")
STATUS_OVERVOLTAGE = Field(register="STATUS", address=0x14, name="overvoltage", low=2, width=1, description="The over-voltage trip has opened all solar strings; SWITCHES bit 6 clears it.")
STATUS_OVERCHARGED = Field(register="STATUS", address=0x14, name="overcharged", low=1, width=1, description="The over-charge trip has opened the charge path; SWITCHES bit 3 clears it.")
STATUS_UVLO = Field(register="STATUS", address=0x14, name="uvlo", low=0, width=1, description="The under-voltage lock-out holds limiters 0 to 6 off.")
STATUS = Register(name="STATUS", address=0x14, reset=0x00000000, writable=False, fields=(STATUS_WATCHDOG_RESETS, STATUS_BOOT_CAUSE, STATUS_BUS_DEAD, STATUS_OVERVOLTAGE, STATUS_OVERCHARGED, STATUS_UVLO), description="Protections that have acted, and why the flight computer started.")

LCL_STATUS_TRIPPED = Field(register="LCL_STATUS", address=0x18, name="tripped", low=8, width=8, description="Latched off by an over-current.")
LCL_STATUS_ON = Field(register="LCL_STATUS", address=0x18, name="on", low=0, width=8, description="Feeding its load.")
LCL_STATUS = Register(name="LCL_STATUS", address=0x18, reset=0x00000080, writable=False, fields=(LCL_STATUS_TRIPPED, LCL_STATUS_ON), description="One bit a limiter. On is enabled, not tripped and not locked out.")

LCL_TRIPS_TRIPS7 = Field(register="LCL_TRIPS", address=0x1C, name="trips7", low=28, width=4, description="Trips of limiter 7.")
LCL_TRIPS_TRIPS6 = Field(register="LCL_TRIPS", address=0x1C, name="trips6", low=24, width=4, description="Trips of limiter 6.")
LCL_TRIPS_TRIPS5 = Field(register="LCL_TRIPS", address=0x1C, name="trips5", low=20, width=4, description="Trips of limiter 5.")
LCL_TRIPS_TRIPS4 = Field(register="LCL_TRIPS", address=0x1C, name="trips4", low=16, width=4, description="Trips of limiter 4.")
LCL_TRIPS_TRIPS3 = Field(register="LCL_TRIPS", address=0x1C, name="trips3", low=12, width=4, description="Trips of limiter 3.")
LCL_TRIPS_TRIPS2 = Field(register="LCL_TRIPS", address=0x1C, name="trips2", low=8, width=4, description="Trips of limiter 2.")
LCL_TRIPS_TRIPS1 = Field(register="LCL_TRIPS", address=0x1C, name="trips1", low=4, width=4, description="Trips of limiter 1.")
LCL_TRIPS_TRIPS0 = Field(register="LCL_TRIPS", address=0x1C, name="trips0", low=0, width=4, description="Trips of limiter 0.")
LCL_TRIPS = Register(name="LCL_TRIPS", address=0x1C, reset=0x00000000, writable=False, fields=(LCL_TRIPS_TRIPS7, LCL_TRIPS_TRIPS6, LCL_TRIPS_TRIPS5, LCL_TRIPS_TRIPS4, LCL_TRIPS_TRIPS3, LCL_TRIPS_TRIPS2, LCL_TRIPS_TRIPS1, LCL_TRIPS_TRIPS0), description="Trips of each limiter since power-on; a count stays at 15. Shows a load that trips and is retried between two polls.")

BUS_VOLTAGE = Field(register="BUS", address=0x20, name="voltage", low=16, width=16, unit="V", lsb=0.01, description="Bus voltage.")
BUS_CURRENT = Field(register="BUS", address=0x20, name="current", low=0, width=16, unit="A", lsb=0.01, description="Current into all loads.")
BUS = Register(name="BUS", address=0x20, reset=0x00000000, writable=False, fields=(BUS_VOLTAGE, BUS_CURRENT), description="The bus that every load hangs on.")

BATTERY_VOLTAGE = Field(register="BATTERY", address=0x24, name="voltage", low=16, width=16, unit="V", lsb=0.01, description="Terminal voltage.")
BATTERY_CURRENT = Field(register="BATTERY", address=0x24, name="current", low=0, width=16, unit="A", lsb=0.01, zero=-327.68, description="Battery current, positive while charging; a count of 32,768 is 0 A.")
BATTERY = Register(name="BATTERY", address=0x24, reset=0x00000000, writable=False, fields=(BATTERY_VOLTAGE, BATTERY_CURRENT), description="The voltage here is what the under-voltage lock-out and the over-charge trip look at.")

GAUGE_STATE_OF_CHARGE = Field(register="GAUGE", address=0x28, name="state_of_charge", low=16, width=16, unit="1", lsb=2e-05, description="State of charge as a fraction of the capacity; 50,000 is full.")
GAUGE_TEMPERATURE = Field(register="GAUGE", address=0x28, name="temperature", low=0, width=16, unit="K", lsb=0.01, description="Cell temperature.")
GAUGE = Register(name="GAUGE", address=0x28, reset=0x00000000, writable=False, fields=(GAUGE_STATE_OF_CHARGE, GAUGE_TEMPERATURE), description="What the battery's own electronics report.")

STRING_0_1_STRING0 = Field(register="STRING_0_1", address=0x2C, name="string0", low=16, width=16, unit="A", lsb=0.01, description="Current of string 0.")
STRING_0_1_STRING1 = Field(register="STRING_0_1", address=0x2C, name="string1", low=0, width=16, unit="A", lsb=0.01, description="Current of string 1.")
STRING_0_1 = Register(name="STRING_0_1", address=0x2C, reset=0x00000000, writable=False, fields=(STRING_0_1_STRING0, STRING_0_1_STRING1), description="Currents of two solar array strings, before their switches are combined on the bus.")

STRING_2_3_STRING2 = Field(register="STRING_2_3", address=0x30, name="string2", low=16, width=16, unit="A", lsb=0.01, description="Current of string 2.")
STRING_2_3_STRING3 = Field(register="STRING_2_3", address=0x30, name="string3", low=0, width=16, unit="A", lsb=0.01, description="Current of string 3.")
STRING_2_3 = Register(name="STRING_2_3", address=0x30, reset=0x00000000, writable=False, fields=(STRING_2_3_STRING2, STRING_2_3_STRING3), description="Currents of two solar array strings, before their switches are combined on the bus.")

STRING_4_5_STRING4 = Field(register="STRING_4_5", address=0x34, name="string4", low=16, width=16, unit="A", lsb=0.01, description="Current of string 4.")
STRING_4_5_STRING5 = Field(register="STRING_4_5", address=0x34, name="string5", low=0, width=16, unit="A", lsb=0.01, description="Current of string 5.")
STRING_4_5 = Register(name="STRING_4_5", address=0x34, reset=0x00000000, writable=False, fields=(STRING_4_5_STRING4, STRING_4_5_STRING5), description="Currents of two solar array strings, before their switches are combined on the bus.")

STRING_6_7_STRING6 = Field(register="STRING_6_7", address=0x38, name="string6", low=16, width=16, unit="A", lsb=0.01, description="Current of string 6.")
STRING_6_7_STRING7 = Field(register="STRING_6_7", address=0x38, name="string7", low=0, width=16, unit="A", lsb=0.01, description="Current of string 7.")
STRING_6_7 = Register(name="STRING_6_7", address=0x38, reset=0x00000000, writable=False, fields=(STRING_6_7_STRING6, STRING_6_7_STRING7), description="Currents of two solar array strings, before their switches are combined on the bus.")

LOAD_0_1_LOAD0 = Field(register="LOAD_0_1", address=0x3C, name="load0", low=16, width=16, unit="A", lsb=0.01, description="Current of limiter 0.")
LOAD_0_1_LOAD1 = Field(register="LOAD_0_1", address=0x3C, name="load1", low=0, width=16, unit="A", lsb=0.01, description="Current of limiter 1.")
LOAD_0_1 = Register(name="LOAD_0_1", address=0x3C, reset=0x00000000, writable=False, fields=(LOAD_0_1_LOAD0, LOAD_0_1_LOAD1), description="Currents through two limiters: what a limiter compares with its limit every millisecond.")

LOAD_2_3_LOAD2 = Field(register="LOAD_2_3", address=0x40, name="load2", low=16, width=16, unit="A", lsb=0.01, description="Current of limiter 2.")
LOAD_2_3_LOAD3 = Field(register="LOAD_2_3", address=0x40, name="load3", low=0, width=16, unit="A", lsb=0.01, description="Current of limiter 3.")
LOAD_2_3 = Register(name="LOAD_2_3", address=0x40, reset=0x00000000, writable=False, fields=(LOAD_2_3_LOAD2, LOAD_2_3_LOAD3), description="Currents through two limiters: what a limiter compares with its limit every millisecond.")

LOAD_4_5_LOAD4 = Field(register="LOAD_4_5", address=0x44, name="load4", low=16, width=16, unit="A", lsb=0.01, description="Current of limiter 4.")
LOAD_4_5_LOAD5 = Field(register="LOAD_4_5", address=0x44, name="load5", low=0, width=16, unit="A", lsb=0.01, description="Current of limiter 5.")
LOAD_4_5 = Register(name="LOAD_4_5", address=0x44, reset=0x00000000, writable=False, fields=(LOAD_4_5_LOAD4, LOAD_4_5_LOAD5), description="Currents through two limiters: what a limiter compares with its limit every millisecond.")

LOAD_6_7_LOAD6 = Field(register="LOAD_6_7", address=0x48, name="load6", low=16, width=16, unit="A", lsb=0.01, description="Current of limiter 6.")
LOAD_6_7_LOAD7 = Field(register="LOAD_6_7", address=0x48, name="load7", low=0, width=16, unit="A", lsb=0.01, description="Current of limiter 7.")
LOAD_6_7 = Register(name="LOAD_6_7", address=0x48, reset=0x00000000, writable=False, fields=(LOAD_6_7_LOAD6, LOAD_6_7_LOAD7), description="Currents through two limiters: what a limiter compares with its limit every millisecond.")

PACK_CURRENT_PACK0 = Field(register="PACK_CURRENT", address=0x4C, name="pack0", low=16, width=16, unit="A", lsb=0.01, zero=-327.68, description="Current of pack 0.")
PACK_CURRENT_PACK1 = Field(register="PACK_CURRENT", address=0x4C, name="pack1", low=0, width=16, unit="A", lsb=0.01, zero=-327.68, description="Current of pack 1.")
PACK_CURRENT = Register(name="PACK_CURRENT", address=0x4C, reset=0x00000000, writable=False, fields=(PACK_CURRENT_PACK0, PACK_CURRENT_PACK1), description="The battery's two packs in parallel, each behind its switch. Positive while charging; a count of 32,768 is 0 A.")

PACK_SPREAD_PACK0 = Field(register="PACK_SPREAD", address=0x50, name="pack0", low=16, width=16, unit="V", lsb=0.0001, description="Spread of pack 0.")
PACK_SPREAD_PACK1 = Field(register="PACK_SPREAD", address=0x50, name="pack1", low=0, width=16, unit="V", lsb=0.0001, description="Spread of pack 1.")
PACK_SPREAD = Register(name="PACK_SPREAD", address=0x50, reset=0x00000000, writable=False, fields=(PACK_SPREAD_PACK0, PACK_SPREAD_PACK1), description="Highest less lowest cell voltage of each pack: a cell that fails shows here first.")

PACK_TEMPERATURE_PACK0 = Field(register="PACK_TEMPERATURE", address=0x54, name="pack0", low=16, width=16, unit="K", lsb=0.01, description="Temperature of pack 0.")
PACK_TEMPERATURE_PACK1 = Field(register="PACK_TEMPERATURE", address=0x54, name="pack1", low=0, width=16, unit="K", lsb=0.01, description="Temperature of pack 1.")
PACK_TEMPERATURE = Register(name="PACK_TEMPERATURE", address=0x54, reset=0x00000000, writable=False, fields=(PACK_TEMPERATURE_PACK0, PACK_TEMPERATURE_PACK1), description="Cell temperature of each pack.")

LCL_ENABLE_ENABLE = Field(register="LCL_ENABLE", address=0x58, name="enable", low=0, width=8, description="One bit a limiter.")
LCL_ENABLE = Register(name="LCL_ENABLE", address=0x58, reset=0x00000080, writable=True, fields=(LCL_ENABLE_ENABLE,), description="0 compute board, 1 laser, 2 rack A, 3 rack B, 4 coolant pump, 5 battery heater, 6 coolant heater, 7 attitude control and beacon. Writing 0 switches a limiter off and forgets its trip; writing 1 only enables, so a tripped limiter is re-armed by 0, then 1.")

STRING_ENABLE_ENABLE = Field(register="STRING_ENABLE", address=0x5C, name="enable", low=0, width=8, description="One bit a string.")
STRING_ENABLE = Register(name="STRING_ENABLE", address=0x5C, reset=0x000000FF, writable=True, fields=(STRING_ENABLE_ENABLE,), description="A string that is switched off gives nothing: the way to shed surplus power in sunlight. The over-voltage trip opens all of them.")

SWITCHES_OVERVOLTAGE_CLEAR = Field(register="SWITCHES", address=0x60, name="overvoltage_clear", low=6, width=1, description="Writing 1 clears the over-voltage trip; reads 0.")
SWITCHES_PACK1 = Field(register="SWITCHES", address=0x60, name="pack1", low=5, width=1, description="Battery pack 1 is connected.")
SWITCHES_PACK0 = Field(register="SWITCHES", address=0x60, name="pack0", low=4, width=1, description="Battery pack 0 is connected.")
SWITCHES_OVERCHARGE_CLEAR = Field(register="SWITCHES", address=0x60, name="overcharge_clear", low=3, width=1, description="Writing 1 clears the over-charge trip; reads 0.")
SWITCHES_COOLANT_HEATER = Field(register="SWITCHES", address=0x60, name="coolant_heater", low=2, width=1, description="Coolant heater on.")
SWITCHES_BATTERY_HEATER = Field(register="SWITCHES", address=0x60, name="battery_heater", low=1, width=1, description="Battery heater on.")
SWITCHES_CHARGE = Field(register="SWITCHES", address=0x60, name="charge", low=0, width=1, description="Let the battery charge; the over-charge trip overrules it.")
SWITCHES = Register(name="SWITCHES", address=0x60, reset=0x00000031, writable=True, fields=(SWITCHES_OVERVOLTAGE_CLEAR, SWITCHES_PACK1, SWITCHES_PACK0, SWITCHES_OVERCHARGE_CLEAR, SWITCHES_COOLANT_HEATER, SWITCHES_BATTERY_HEATER, SWITCHES_CHARGE), description="Charge path, heaters and battery packs. A heater needs its limiter on as well.")

WATCHDOG_KICK_KEY = Field(register="WATCHDOG_KICK", address=0x64, name="key", low=0, width=32, description="Write 0x4B49434B (KICK) to reload; other values do nothing. Reads the milliseconds left.")
WATCHDOG_KICK = Register(name="WATCHDOG_KICK", address=0x64, reset=0x00002710, writable=True, fields=(WATCHDOG_KICK_KEY,), description="Flight software proves that it lives by writing the key; on expiry the computer and limiters 0 to 6 lose power for 1 s.")

WATCHDOG_MS_MILLISECONDS = Field(register="WATCHDOG_MS", address=0x68, name="milliseconds", low=0, width=16, unit="ms", description="0 switches the watchdog off.")
WATCHDOG_MS = Register(name="WATCHDOG_MS", address=0x68, reset=0x00002710, writable=True, fields=(WATCHDOG_MS_MILLISECONDS,), description="Writing it reloads the watchdog as well.")

UVLO_RELEASE = Field(register="UVLO", address=0x6C, name="release", low=16, width=16, unit="V", lsb=0.01, description="Release threshold.")
UVLO_LIMIT = Field(register="UVLO", address=0x6C, name="limit", low=0, width=16, unit="V", lsb=0.01, description="Lock-out threshold; 0 never acts.")
UVLO = Register(name="UVLO", address=0x6C, reset=0x00000000, writable=True, fields=(UVLO_RELEASE, UVLO_LIMIT), description="Battery voltage below the limit for 500 ms disables limiters 0 to 6; above the release for 1 s they may be enabled again.")

OVERCHARGE_LIMIT = Field(register="OVERCHARGE", address=0x70, name="limit", low=0, width=16, unit="V", lsb=0.01, description="Trip threshold; 65,535 never acts.")
OVERCHARGE = Register(name="OVERCHARGE", address=0x70, reset=0x0000FFFF, writable=True, fields=(OVERCHARGE_LIMIT,), description="Battery voltage above the limit for 100 ms opens the charge path until SWITCHES bit 3 is written.")

BUS_LIMITS_OVERVOLTAGE = Field(register="BUS_LIMITS", address=0x74, name="overvoltage", low=16, width=16, unit="V", lsb=0.01, description="Over-voltage threshold; 65,535 never acts.")
BUS_LIMITS_DEAD = Field(register="BUS_LIMITS", address=0x74, name="dead", low=0, width=16, unit="V", lsb=0.01, description="Dead-bus threshold; 0 never acts.")
BUS_LIMITS = Register(name="BUS_LIMITS", address=0x74, reset=0xFFFF0000, writable=True, fields=(BUS_LIMITS_OVERVOLTAGE, BUS_LIMITS_DEAD), description="Bus voltage above the over-voltage limit opens all solar strings in the same millisecond, until SWITCHES bit 6 is written. Below the dead-bus limit for 10 ms the computer and all limiters go off; after 60 s without a break at or above it the computer and limiter 7 come back.")

LCL0_RETRIES = Field(register="LCL0", address=0x78, name="retries", low=24, width=2, description="Retries after a trip, each 1 s later; then it stays off until it is disabled and enabled.")
LCL0_TRIP_MS = Field(register="LCL0", address=0x78, name="trip_ms", low=16, width=8, unit="ms", description="Trip time; 0 counts as 1 ms.")
LCL0_LIMIT = Field(register="LCL0", address=0x78, name="limit", low=0, width=16, unit="A", lsb=0.01, description="Current limit; 65,535 never trips.")
LCL0 = Register(name="LCL0", address=0x78, reset=0x000AFFFF, writable=True, fields=(LCL0_RETRIES, LCL0_TRIP_MS, LCL0_LIMIT), description="A current above the limit for the trip time, without a break, latches the limiter off.")

LCL1_RETRIES = Field(register="LCL1", address=0x7C, name="retries", low=24, width=2, description="Retries after a trip, each 1 s later; then it stays off until it is disabled and enabled.")
LCL1_TRIP_MS = Field(register="LCL1", address=0x7C, name="trip_ms", low=16, width=8, unit="ms", description="Trip time; 0 counts as 1 ms.")
LCL1_LIMIT = Field(register="LCL1", address=0x7C, name="limit", low=0, width=16, unit="A", lsb=0.01, description="Current limit; 65,535 never trips.")
LCL1 = Register(name="LCL1", address=0x7C, reset=0x000AFFFF, writable=True, fields=(LCL1_RETRIES, LCL1_TRIP_MS, LCL1_LIMIT), description="A current above the limit for the trip time, without a break, latches the limiter off.")

LCL2_RETRIES = Field(register="LCL2", address=0x80, name="retries", low=24, width=2, description="Retries after a trip, each 1 s later; then it stays off until it is disabled and enabled.")
LCL2_TRIP_MS = Field(register="LCL2", address=0x80, name="trip_ms", low=16, width=8, unit="ms", description="Trip time; 0 counts as 1 ms.")
LCL2_LIMIT = Field(register="LCL2", address=0x80, name="limit", low=0, width=16, unit="A", lsb=0.01, description="Current limit; 65,535 never trips.")
LCL2 = Register(name="LCL2", address=0x80, reset=0x000AFFFF, writable=True, fields=(LCL2_RETRIES, LCL2_TRIP_MS, LCL2_LIMIT), description="A current above the limit for the trip time, without a break, latches the limiter off.")

LCL3_RETRIES = Field(register="LCL3", address=0x84, name="retries", low=24, width=2, description="Retries after a trip, each 1 s later; then it stays off until it is disabled and enabled.")
LCL3_TRIP_MS = Field(register="LCL3", address=0x84, name="trip_ms", low=16, width=8, unit="ms", description="Trip time; 0 counts as 1 ms.")
LCL3_LIMIT = Field(register="LCL3", address=0x84, name="limit", low=0, width=16, unit="A", lsb=0.01, description="Current limit; 65,535 never trips.")
LCL3 = Register(name="LCL3", address=0x84, reset=0x000AFFFF, writable=True, fields=(LCL3_RETRIES, LCL3_TRIP_MS, LCL3_LIMIT), description="A current above the limit for the trip time, without a break, latches the limiter off.")

LCL4_RETRIES = Field(register="LCL4", address=0x88, name="retries", low=24, width=2, description="Retries after a trip, each 1 s later; then it stays off until it is disabled and enabled.")
LCL4_TRIP_MS = Field(register="LCL4", address=0x88, name="trip_ms", low=16, width=8, unit="ms", description="Trip time; 0 counts as 1 ms.")
LCL4_LIMIT = Field(register="LCL4", address=0x88, name="limit", low=0, width=16, unit="A", lsb=0.01, description="Current limit; 65,535 never trips.")
LCL4 = Register(name="LCL4", address=0x88, reset=0x000AFFFF, writable=True, fields=(LCL4_RETRIES, LCL4_TRIP_MS, LCL4_LIMIT), description="A current above the limit for the trip time, without a break, latches the limiter off.")

LCL5_RETRIES = Field(register="LCL5", address=0x8C, name="retries", low=24, width=2, description="Retries after a trip, each 1 s later; then it stays off until it is disabled and enabled.")
LCL5_TRIP_MS = Field(register="LCL5", address=0x8C, name="trip_ms", low=16, width=8, unit="ms", description="Trip time; 0 counts as 1 ms.")
LCL5_LIMIT = Field(register="LCL5", address=0x8C, name="limit", low=0, width=16, unit="A", lsb=0.01, description="Current limit; 65,535 never trips.")
LCL5 = Register(name="LCL5", address=0x8C, reset=0x000AFFFF, writable=True, fields=(LCL5_RETRIES, LCL5_TRIP_MS, LCL5_LIMIT), description="A current above the limit for the trip time, without a break, latches the limiter off.")

LCL6_RETRIES = Field(register="LCL6", address=0x90, name="retries", low=24, width=2, description="Retries after a trip, each 1 s later; then it stays off until it is disabled and enabled.")
LCL6_TRIP_MS = Field(register="LCL6", address=0x90, name="trip_ms", low=16, width=8, unit="ms", description="Trip time; 0 counts as 1 ms.")
LCL6_LIMIT = Field(register="LCL6", address=0x90, name="limit", low=0, width=16, unit="A", lsb=0.01, description="Current limit; 65,535 never trips.")
LCL6 = Register(name="LCL6", address=0x90, reset=0x000AFFFF, writable=True, fields=(LCL6_RETRIES, LCL6_TRIP_MS, LCL6_LIMIT), description="A current above the limit for the trip time, without a break, latches the limiter off.")

LCL7_RETRIES = Field(register="LCL7", address=0x94, name="retries", low=24, width=2, description="Retries after a trip, each 1 s later; then it stays off until it is disabled and enabled.")
LCL7_TRIP_MS = Field(register="LCL7", address=0x94, name="trip_ms", low=16, width=8, unit="ms", description="Trip time; 0 counts as 1 ms.")
LCL7_LIMIT = Field(register="LCL7", address=0x94, name="limit", low=0, width=16, unit="A", lsb=0.01, description="Current limit; 65,535 never trips.")
LCL7 = Register(name="LCL7", address=0x94, reset=0x000AFFFF, writable=True, fields=(LCL7_RETRIES, LCL7_TRIP_MS, LCL7_LIMIT), description="A current above the limit for the trip time, without a break, latches the limiter off.")

REGISTERS: tuple[Register, ...] = (
    BOARD_ID,
    MAP_VERSION,
    BUILD_ID,
    TIME_NOW,
    RMAP_ERRORS,
    STATUS,
    LCL_STATUS,
    LCL_TRIPS,
    BUS,
    BATTERY,
    GAUGE,
    STRING_0_1,
    STRING_2_3,
    STRING_4_5,
    STRING_6_7,
    LOAD_0_1,
    LOAD_2_3,
    LOAD_4_5,
    LOAD_6_7,
    PACK_CURRENT,
    PACK_SPREAD,
    PACK_TEMPERATURE,
    LCL_ENABLE,
    STRING_ENABLE,
    SWITCHES,
    WATCHDOG_KICK,
    WATCHDOG_MS,
    UVLO,
    OVERCHARGE,
    BUS_LIMITS,
    LCL0,
    LCL1,
    LCL2,
    LCL3,
    LCL4,
    LCL5,
    LCL6,
    LCL7,
)
WINDOWS: tuple[Window, ...] = ()
