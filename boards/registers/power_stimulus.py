# SPDX-License-Identifier: Apache-2.0
"""Register table of the power board's stimulus port. What the bench sees: actuators to read, sensor counts to write, time to hand out."""

# Generated from power.rdl by `python -m flatsat.boards.export`.
# ruff: noqa: E501
# fmt: off

from ..register import Field, Register, Window

LOGICAL_ADDRESS = 0x60
WRITABLE_FROM = 0x1C
END = 0x5C


BOARD_ID_LETTERS = Field(register="BOARD_ID", address=0x00, name="letters", low=0, width=32, description="The letters, first one in the highest octet.")
BOARD_ID = Register(name="BOARD_ID", address=0x00, reset=0x50575231, writable=False, fields=(BOARD_ID_LETTERS,), description="Four ASCII letters that name the board: read it first, to know who answers.")

MAP_VERSION_VERSION = Field(register="MAP_VERSION", address=0x04, name="version", low=0, width=32, description="Counts up whenever the meaning of a word changes.")
MAP_VERSION = Register(name="MAP_VERSION", address=0x04, reset=0x00000002, writable=False, fields=(MAP_VERSION_VERSION,), description="Version of this register map. Software that knows another one must not write.")

BUILD_ID_HASH = Field(register="BUILD_ID", address=0x08, name="hash", low=0, width=32, description="The hash.")
BUILD_ID = Register(name="BUILD_ID", address=0x08, reset=0x00000000, writable=False, fields=(BUILD_ID_HASH,), description="First 32 bits of the hash of the image that runs on the board; a twin has none and reads 0. For the bench only: it differs from one back end to the next, and so would everything that depended on it.")

TIME_MODE_MODE = Field(register="TIME_MODE", address=0x0C, name="mode", low=0, width=2, description="0: lock-step, time advances by writes to TIME_TARGET only.")
TIME_MODE = Register(name="TIME_MODE", address=0x0C, reset=0x00000000, writable=False, fields=(TIME_MODE_MODE,), description="Where the board's milliseconds come from.")

TIME_NOW_MILLISECONDS = Field(register="TIME_NOW", address=0x10, name="milliseconds", low=0, width=32, unit="ms", description="Modulo 2^32.")
TIME_NOW = Register(name="TIME_NOW", address=0x10, reset=0x00000000, writable=False, fields=(TIME_NOW_MILLISECONDS,), description="Milliseconds the board has lived. The bench hands them out through TIME_TARGET; the count wraps after 49.7 days.")

ACTUATORS_PACK_ON = Field(register="ACTUATORS", address=0x14, name="pack_on", low=20, width=2, description="Battery packs that are connected.")
ACTUATORS_COMPUTER_ON = Field(register="ACTUATORS", address=0x14, name="computer_on", low=19, width=1, description="The flight computer has power.")
ACTUATORS_COOLANT_HEATER = Field(register="ACTUATORS", address=0x14, name="coolant_heater", low=18, width=1, description="Coolant heater switch closed.")
ACTUATORS_BATTERY_HEATER = Field(register="ACTUATORS", address=0x14, name="battery_heater", low=17, width=1, description="Battery heater switch closed.")
ACTUATORS_CHARGE = Field(register="ACTUATORS", address=0x14, name="charge", low=16, width=1, description="The battery can be charged: the switch is closed and the over-charge trip has not acted.")
ACTUATORS_STRING_ON = Field(register="ACTUATORS", address=0x14, name="string_on", low=8, width=8, description="Solar strings that feed the bus: the switch is closed and the over-voltage trip has not acted.")
ACTUATORS_LCL_ON = Field(register="ACTUATORS", address=0x14, name="lcl_on", low=0, width=8, description="Limiters that feed their load.")
ACTUATORS = Register(name="ACTUATORS", address=0x14, reset=0x0039FF80, writable=False, fields=(ACTUATORS_PACK_ON, ACTUATORS_COMPUTER_ON, ACTUATORS_COOLANT_HEATER, ACTUATORS_BATTERY_HEATER, ACTUATORS_CHARGE, ACTUATORS_STRING_ON, ACTUATORS_LCL_ON), description="What the board does to the world at this moment.")

BOOT_WATCHDOG_RESETS = Field(register="BOOT", address=0x18, name="watchdog_resets", low=8, width=8, description="Watchdog resets, modulo 256.")
BOOT_BOOT_CAUSE = Field(register="BOOT", address=0x18, name="boot_cause", low=0, width=8, description="0 power-on, 1 watchdog, 2 dead bus.")
BOOT = Register(name="BOOT", address=0x18, reset=0x00000000, writable=False, fields=(BOOT_WATCHDOG_RESETS, BOOT_BOOT_CAUSE), description="For the bench, which restarts the flight software when the computer comes back.")

STOP_CAUSE_BUS_DEAD = Field(register="STOP_CAUSE", address=0x1C, name="bus_dead", low=8, width=1, description="The bus is dead: computer off.")
STOP_CAUSE_OVERVOLTAGE = Field(register="STOP_CAUSE", address=0x1C, name="overvoltage", low=7, width=1, description="Over-voltage trip.")
STOP_CAUSE_COMPUTER_ON = Field(register="STOP_CAUSE", address=0x1C, name="computer_on", low=6, width=1, description="The flight computer was switched on again.")
STOP_CAUSE_WATCHDOG = Field(register="STOP_CAUSE", address=0x1C, name="watchdog", low=5, width=1, description="The watchdog expired: computer off.")
STOP_CAUSE_OVERCHARGE = Field(register="STOP_CAUSE", address=0x1C, name="overcharge", low=4, width=1, description="Over-charge trip.")
STOP_CAUSE_UVLO_EXIT = Field(register="STOP_CAUSE", address=0x1C, name="uvlo_exit", low=3, width=1, description="Under-voltage lock-out released.")
STOP_CAUSE_UVLO_ENTER = Field(register="STOP_CAUSE", address=0x1C, name="uvlo_enter", low=2, width=1, description="Under-voltage lock-out acted.")
STOP_CAUSE_LCL_RETRY = Field(register="STOP_CAUSE", address=0x1C, name="lcl_retry", low=1, width=1, description="A limiter closed again by itself.")
STOP_CAUSE_LCL_TRIP = Field(register="STOP_CAUSE", address=0x1C, name="lcl_trip", low=0, width=1, description="A limiter tripped.")
STOP_CAUSE = Register(name="STOP_CAUSE", address=0x1C, reset=0x00000000, writable=True, fields=(STOP_CAUSE_BUS_DEAD, STOP_CAUSE_OVERVOLTAGE, STOP_CAUSE_COMPUTER_ON, STOP_CAUSE_WATCHDOG, STOP_CAUSE_OVERCHARGE, STOP_CAUSE_UVLO_EXIT, STOP_CAUSE_UVLO_ENTER, STOP_CAUSE_LCL_RETRY, STOP_CAUSE_LCL_TRIP), description="What the board changed by itself in the millisecond that ended a grant early. While it is not 0, time stands still: write 0, then the target again.")

BUS_VOLTAGE = Field(register="BUS", address=0x20, name="voltage", low=16, width=16, unit="V", lsb=0.01, description="Bus voltage.")
BUS_CURRENT = Field(register="BUS", address=0x20, name="current", low=0, width=16, unit="A", lsb=0.01, description="Current into all loads.")
BUS = Register(name="BUS", address=0x20, reset=0x00000000, writable=True, fields=(BUS_VOLTAGE, BUS_CURRENT), description="The bus that every load hangs on.")

BATTERY_VOLTAGE = Field(register="BATTERY", address=0x24, name="voltage", low=16, width=16, unit="V", lsb=0.01, description="Terminal voltage.")
BATTERY_CURRENT = Field(register="BATTERY", address=0x24, name="current", low=0, width=16, unit="A", lsb=0.01, zero=-327.68, description="Battery current, positive while charging; a count of 32,768 is 0 A.")
BATTERY = Register(name="BATTERY", address=0x24, reset=0x00000000, writable=True, fields=(BATTERY_VOLTAGE, BATTERY_CURRENT), description="The voltage here is what the under-voltage lock-out and the over-charge trip look at.")

GAUGE_STATE_OF_CHARGE = Field(register="GAUGE", address=0x28, name="state_of_charge", low=16, width=16, unit="1", lsb=2e-05, description="State of charge as a fraction of the capacity; 50,000 is full.")
GAUGE_TEMPERATURE = Field(register="GAUGE", address=0x28, name="temperature", low=0, width=16, unit="K", lsb=0.01, description="Cell temperature.")
GAUGE = Register(name="GAUGE", address=0x28, reset=0x00000000, writable=True, fields=(GAUGE_STATE_OF_CHARGE, GAUGE_TEMPERATURE), description="What the battery's own electronics report.")

STRING_0_1_STRING0 = Field(register="STRING_0_1", address=0x2C, name="string0", low=16, width=16, unit="A", lsb=0.01, description="Current of string 0.")
STRING_0_1_STRING1 = Field(register="STRING_0_1", address=0x2C, name="string1", low=0, width=16, unit="A", lsb=0.01, description="Current of string 1.")
STRING_0_1 = Register(name="STRING_0_1", address=0x2C, reset=0x00000000, writable=True, fields=(STRING_0_1_STRING0, STRING_0_1_STRING1), description="Currents of two solar array strings, before their switches are combined on the bus.")

STRING_2_3_STRING2 = Field(register="STRING_2_3", address=0x30, name="string2", low=16, width=16, unit="A", lsb=0.01, description="Current of string 2.")
STRING_2_3_STRING3 = Field(register="STRING_2_3", address=0x30, name="string3", low=0, width=16, unit="A", lsb=0.01, description="Current of string 3.")
STRING_2_3 = Register(name="STRING_2_3", address=0x30, reset=0x00000000, writable=True, fields=(STRING_2_3_STRING2, STRING_2_3_STRING3), description="Currents of two solar array strings, before their switches are combined on the bus.")

STRING_4_5_STRING4 = Field(register="STRING_4_5", address=0x34, name="string4", low=16, width=16, unit="A", lsb=0.01, description="Current of string 4.")
STRING_4_5_STRING5 = Field(register="STRING_4_5", address=0x34, name="string5", low=0, width=16, unit="A", lsb=0.01, description="Current of string 5.")
STRING_4_5 = Register(name="STRING_4_5", address=0x34, reset=0x00000000, writable=True, fields=(STRING_4_5_STRING4, STRING_4_5_STRING5), description="Currents of two solar array strings, before their switches are combined on the bus.")

STRING_6_7_STRING6 = Field(register="STRING_6_7", address=0x38, name="string6", low=16, width=16, unit="A", lsb=0.01, description="Current of string 6.")
STRING_6_7_STRING7 = Field(register="STRING_6_7", address=0x38, name="string7", low=0, width=16, unit="A", lsb=0.01, description="Current of string 7.")
STRING_6_7 = Register(name="STRING_6_7", address=0x38, reset=0x00000000, writable=True, fields=(STRING_6_7_STRING6, STRING_6_7_STRING7), description="Currents of two solar array strings, before their switches are combined on the bus.")

LOAD_0_1_LOAD0 = Field(register="LOAD_0_1", address=0x3C, name="load0", low=16, width=16, unit="A", lsb=0.01, description="Current of limiter 0.")
LOAD_0_1_LOAD1 = Field(register="LOAD_0_1", address=0x3C, name="load1", low=0, width=16, unit="A", lsb=0.01, description="Current of limiter 1.")
LOAD_0_1 = Register(name="LOAD_0_1", address=0x3C, reset=0x00000000, writable=True, fields=(LOAD_0_1_LOAD0, LOAD_0_1_LOAD1), description="Currents through two limiters: what a limiter compares with its limit every millisecond.")

LOAD_2_3_LOAD2 = Field(register="LOAD_2_3", address=0x40, name="load2", low=16, width=16, unit="A", lsb=0.01, description="Current of limiter 2.")
LOAD_2_3_LOAD3 = Field(register="LOAD_2_3", address=0x40, name="load3", low=0, width=16, unit="A", lsb=0.01, description="Current of limiter 3.")
LOAD_2_3 = Register(name="LOAD_2_3", address=0x40, reset=0x00000000, writable=True, fields=(LOAD_2_3_LOAD2, LOAD_2_3_LOAD3), description="Currents through two limiters: what a limiter compares with its limit every millisecond.")

LOAD_4_5_LOAD4 = Field(register="LOAD_4_5", address=0x44, name="load4", low=16, width=16, unit="A", lsb=0.01, description="Current of limiter 4.")
LOAD_4_5_LOAD5 = Field(register="LOAD_4_5", address=0x44, name="load5", low=0, width=16, unit="A", lsb=0.01, description="Current of limiter 5.")
LOAD_4_5 = Register(name="LOAD_4_5", address=0x44, reset=0x00000000, writable=True, fields=(LOAD_4_5_LOAD4, LOAD_4_5_LOAD5), description="Currents through two limiters: what a limiter compares with its limit every millisecond.")

LOAD_6_7_LOAD6 = Field(register="LOAD_6_7", address=0x48, name="load6", low=16, width=16, unit="A", lsb=0.01, description="Current of limiter 6.")
LOAD_6_7_LOAD7 = Field(register="LOAD_6_7", address=0x48, name="load7", low=0, width=16, unit="A", lsb=0.01, description="Current of limiter 7.")
LOAD_6_7 = Register(name="LOAD_6_7", address=0x48, reset=0x00000000, writable=True, fields=(LOAD_6_7_LOAD6, LOAD_6_7_LOAD7), description="Currents through two limiters: what a limiter compares with its limit every millisecond.")

PACK_CURRENT_PACK0 = Field(register="PACK_CURRENT", address=0x4C, name="pack0", low=16, width=16, unit="A", lsb=0.01, zero=-327.68, description="Current of pack 0.")
PACK_CURRENT_PACK1 = Field(register="PACK_CURRENT", address=0x4C, name="pack1", low=0, width=16, unit="A", lsb=0.01, zero=-327.68, description="Current of pack 1.")
PACK_CURRENT = Register(name="PACK_CURRENT", address=0x4C, reset=0x00000000, writable=True, fields=(PACK_CURRENT_PACK0, PACK_CURRENT_PACK1), description="The battery's two packs in parallel, each behind its switch. Positive while charging; a count of 32,768 is 0 A.")

PACK_SPREAD_PACK0 = Field(register="PACK_SPREAD", address=0x50, name="pack0", low=16, width=16, unit="V", lsb=0.0001, description="Spread of pack 0.")
PACK_SPREAD_PACK1 = Field(register="PACK_SPREAD", address=0x50, name="pack1", low=0, width=16, unit="V", lsb=0.0001, description="Spread of pack 1.")
PACK_SPREAD = Register(name="PACK_SPREAD", address=0x50, reset=0x00000000, writable=True, fields=(PACK_SPREAD_PACK0, PACK_SPREAD_PACK1), description="Highest less lowest cell voltage of each pack: a cell that fails shows here first.")

PACK_TEMPERATURE_PACK0 = Field(register="PACK_TEMPERATURE", address=0x54, name="pack0", low=16, width=16, unit="K", lsb=0.01, description="Temperature of pack 0.")
PACK_TEMPERATURE_PACK1 = Field(register="PACK_TEMPERATURE", address=0x54, name="pack1", low=0, width=16, unit="K", lsb=0.01, description="Temperature of pack 1.")
PACK_TEMPERATURE = Register(name="PACK_TEMPERATURE", address=0x54, reset=0x00000000, writable=True, fields=(PACK_TEMPERATURE_PACK0, PACK_TEMPERATURE_PACK1), description="Cell temperature of each pack.")

TIME_TARGET_MILLISECONDS = Field(register="TIME_TARGET", address=0x58, name="milliseconds", low=0, width=32, unit="ms", description="Absolute, modulo 2^32.")
TIME_TARGET = Register(name="TIME_TARGET", address=0x58, reset=0x00000000, writable=True, fields=(TIME_TARGET_MILLISECONDS,), description="Writing a time after TIME_NOW makes the board live until then, millisecond by millisecond; the reply comes on arrival. A time that is not after TIME_NOW changes nothing, so a grant whose reply was lost can be sent again. The last word of the map: one write sets the stimulus and then lets the time pass.")

REGISTERS: tuple[Register, ...] = (
    BOARD_ID,
    MAP_VERSION,
    BUILD_ID,
    TIME_MODE,
    TIME_NOW,
    ACTUATORS,
    BOOT,
    STOP_CAUSE,
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
    TIME_TARGET,
)
WINDOWS: tuple[Window, ...] = ()
