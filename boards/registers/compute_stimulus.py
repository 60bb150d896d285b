# SPDX-License-Identifier: Apache-2.0
"""Register table of the compute board's stimulus port. What the bench sees: what the nodes do, which power and temperatures they get, and faults to inject."""

# Generated from compute.rdl by `python -m flatsat.boards.export`.
# ruff: noqa: E501
# fmt: off

from ..register import Field, Register, Window

LOGICAL_ADDRESS = 0x61
WRITABLE_FROM = 0x28
END = 0x5C


BOARD_ID_LETTERS = Field(register="BOARD_ID", address=0x00, name="letters", low=0, width=32, description="The letters, first one in the highest octet.")
BOARD_ID = Register(name="BOARD_ID", address=0x00, reset=0x434D5031, writable=False, fields=(BOARD_ID_LETTERS,), description="Four ASCII letters that name the board: read it first, to know who answers.")

MAP_VERSION_VERSION = Field(register="MAP_VERSION", address=0x04, name="version", low=0, width=32, description="Counts up whenever the meaning of a word changes.")
MAP_VERSION = Register(name="MAP_VERSION", address=0x04, reset=0x00000002, writable=False, fields=(MAP_VERSION_VERSION,), description="Version of this register map. Software that knows another one must not write.")

BUILD_ID_HASH = Field(register="BUILD_ID", address=0x08, name="hash", low=0, width=32, description="The hash.")
BUILD_ID = Register(name="BUILD_ID", address=0x08, reset=0x00000000, writable=False, fields=(BUILD_ID_HASH,), description="First 32 bits of the hash of the image that runs on the board; a twin has none and reads 0. For the bench only: it differs from one back end to the next, and so would everything that depended on it.")

TIME_MODE_MODE = Field(register="TIME_MODE", address=0x0C, name="mode", low=0, width=2, description="0: lock-step, time advances by writes to TIME_TARGET only.")
TIME_MODE = Register(name="TIME_MODE", address=0x0C, reset=0x00000000, writable=False, fields=(TIME_MODE_MODE,), description="Where the board's milliseconds come from.")

TIME_NOW_MILLISECONDS = Field(register="TIME_NOW", address=0x10, name="milliseconds", low=0, width=32, unit="ms", description="Modulo 2^32.")
TIME_NOW = Register(name="TIME_NOW", address=0x10, reset=0x00000000, writable=False, fields=(TIME_NOW_MILLISECONDS,), description="Milliseconds the board has lived. The bench hands them out through TIME_TARGET; the count wraps after 49.7 days.")

NODE_STATE_NODE15 = Field(register="NODE_STATE", address=0x14, name="node15", low=30, width=2, description="State of node 15.")
NODE_STATE_NODE14 = Field(register="NODE_STATE", address=0x14, name="node14", low=28, width=2, description="State of node 14.")
NODE_STATE_NODE13 = Field(register="NODE_STATE", address=0x14, name="node13", low=26, width=2, description="State of node 13.")
NODE_STATE_NODE12 = Field(register="NODE_STATE", address=0x14, name="node12", low=24, width=2, description="State of node 12.")
NODE_STATE_NODE11 = Field(register="NODE_STATE", address=0x14, name="node11", low=22, width=2, description="State of node 11.")
NODE_STATE_NODE10 = Field(register="NODE_STATE", address=0x14, name="node10", low=20, width=2, description="State of node 10.")
NODE_STATE_NODE9 = Field(register="NODE_STATE", address=0x14, name="node9", low=18, width=2, description="State of node 9.")
NODE_STATE_NODE8 = Field(register="NODE_STATE", address=0x14, name="node8", low=16, width=2, description="State of node 8.")
NODE_STATE_NODE7 = Field(register="NODE_STATE", address=0x14, name="node7", low=14, width=2, description="State of node 7.")
NODE_STATE_NODE6 = Field(register="NODE_STATE", address=0x14, name="node6", low=12, width=2, description="State of node 6.")
NODE_STATE_NODE5 = Field(register="NODE_STATE", address=0x14, name="node5", low=10, width=2, description="State of node 5.")
NODE_STATE_NODE4 = Field(register="NODE_STATE", address=0x14, name="node4", low=8, width=2, description="State of node 4.")
NODE_STATE_NODE3 = Field(register="NODE_STATE", address=0x14, name="node3", low=6, width=2, description="State of node 3.")
NODE_STATE_NODE2 = Field(register="NODE_STATE", address=0x14, name="node2", low=4, width=2, description="State of node 2.")
NODE_STATE_NODE1 = Field(register="NODE_STATE", address=0x14, name="node1", low=2, width=2, description="State of node 1.")
NODE_STATE_NODE0 = Field(register="NODE_STATE", address=0x14, name="node0", low=0, width=2, description="State of node 0.")
NODE_STATE = Register(name="NODE_STATE", address=0x14, reset=0x00000000, writable=False, fields=(NODE_STATE_NODE15, NODE_STATE_NODE14, NODE_STATE_NODE13, NODE_STATE_NODE12, NODE_STATE_NODE11, NODE_STATE_NODE10, NODE_STATE_NODE9, NODE_STATE_NODE8, NODE_STATE_NODE7, NODE_STATE_NODE6, NODE_STATE_NODE5, NODE_STATE_NODE4, NODE_STATE_NODE3, NODE_STATE_NODE2, NODE_STATE_NODE1, NODE_STATE_NODE0), description="Two bits a node.")

STEPS_LOW_NODE7 = Field(register="STEPS_LOW", address=0x18, name="node7", low=28, width=4, description="Step of node 7.")
STEPS_LOW_NODE6 = Field(register="STEPS_LOW", address=0x18, name="node6", low=24, width=4, description="Step of node 6.")
STEPS_LOW_NODE5 = Field(register="STEPS_LOW", address=0x18, name="node5", low=20, width=4, description="Step of node 5.")
STEPS_LOW_NODE4 = Field(register="STEPS_LOW", address=0x18, name="node4", low=16, width=4, description="Step of node 4.")
STEPS_LOW_NODE3 = Field(register="STEPS_LOW", address=0x18, name="node3", low=12, width=4, description="Step of node 3.")
STEPS_LOW_NODE2 = Field(register="STEPS_LOW", address=0x18, name="node2", low=8, width=4, description="Step of node 2.")
STEPS_LOW_NODE1 = Field(register="STEPS_LOW", address=0x18, name="node1", low=4, width=4, description="Step of node 1.")
STEPS_LOW_NODE0 = Field(register="STEPS_LOW", address=0x18, name="node0", low=0, width=4, description="Step of node 0.")
STEPS_LOW = Register(name="STEPS_LOW", address=0x18, reset=0x00000000, writable=False, fields=(STEPS_LOW_NODE7, STEPS_LOW_NODE6, STEPS_LOW_NODE5, STEPS_LOW_NODE4, STEPS_LOW_NODE3, STEPS_LOW_NODE2, STEPS_LOW_NODE1, STEPS_LOW_NODE0), description="The clock step a node runs at: 0 slowest, 15 fastest; 0 while the node is off. Power and work grow with it, work more slowly (work.py).")

STEPS_HIGH_NODE15 = Field(register="STEPS_HIGH", address=0x1C, name="node15", low=28, width=4, description="Step of node 15.")
STEPS_HIGH_NODE14 = Field(register="STEPS_HIGH", address=0x1C, name="node14", low=24, width=4, description="Step of node 14.")
STEPS_HIGH_NODE13 = Field(register="STEPS_HIGH", address=0x1C, name="node13", low=20, width=4, description="Step of node 13.")
STEPS_HIGH_NODE12 = Field(register="STEPS_HIGH", address=0x1C, name="node12", low=16, width=4, description="Step of node 12.")
STEPS_HIGH_NODE11 = Field(register="STEPS_HIGH", address=0x1C, name="node11", low=12, width=4, description="Step of node 11.")
STEPS_HIGH_NODE10 = Field(register="STEPS_HIGH", address=0x1C, name="node10", low=8, width=4, description="Step of node 10.")
STEPS_HIGH_NODE9 = Field(register="STEPS_HIGH", address=0x1C, name="node9", low=4, width=4, description="Step of node 9.")
STEPS_HIGH_NODE8 = Field(register="STEPS_HIGH", address=0x1C, name="node8", low=0, width=4, description="Step of node 8.")
STEPS_HIGH = Register(name="STEPS_HIGH", address=0x1C, reset=0x00000000, writable=False, fields=(STEPS_HIGH_NODE15, STEPS_HIGH_NODE14, STEPS_HIGH_NODE13, STEPS_HIGH_NODE12, STEPS_HIGH_NODE11, STEPS_HIGH_NODE10, STEPS_HIGH_NODE9, STEPS_HIGH_NODE8), description="The clock step a node runs at: 0 slowest, 15 fastest; 0 while the node is off. Power and work grow with it, work more slowly (work.py).")

WORK_HIGH_COUNT = Field(register="WORK_HIGH", address=0x20, name="count", low=0, width=32, description="Bits 63 to 32.")
WORK_HIGH = Register(name="WORK_HIGH", address=0x20, reset=0x00000000, writable=False, fields=(WORK_HIGH_COUNT,), description="Work of all nodes since power-on, 64 bits; a step-15 millisecond of one node counts 1,000. Read both words in one command.")

WORK_LOW_COUNT = Field(register="WORK_LOW", address=0x24, name="count", low=0, width=32, description="Bits 31 to 0.")
WORK_LOW = Register(name="WORK_LOW", address=0x24, reset=0x00000000, writable=False, fields=(WORK_LOW_COUNT,), description="Work of all nodes since power-on, 64 bits.")

POWERED_POWERED = Field(register="POWERED", address=0x28, name="powered", low=0, width=1, description="The board has power.")
POWERED = Register(name="POWERED", address=0x28, reset=0x00000000, writable=True, fields=(POWERED_POWERED,), description="The power board's limiter 0. While it is 0 the board is held in reset and its flight port is silent.")

RACK_POWER_RACK_B = Field(register="RACK_POWER", address=0x2C, name="rack_b", low=1, width=1, description="Rack B has power.")
RACK_POWER_RACK_A = Field(register="RACK_POWER", address=0x2C, name="rack_a", low=0, width=1, description="Rack A has power.")
RACK_POWER = Register(name="RACK_POWER", address=0x2C, reset=0x00000000, writable=True, fields=(RACK_POWER_RACK_B, RACK_POWER_RACK_A), description="The power board's limiters 2 and 3: rack A feeds nodes 0 to 7, rack B nodes 8 to 15.")

HANG_NODES = Field(register="HANG", address=0x30, name="nodes", low=0, width=16, description="One bit a node.")
HANG = Register(name="HANG", address=0x30, reset=0x00000000, writable=True, fields=(HANG_NODES,), description="A node that is ON hangs in its next millisecond.")

CORRUPT_NODES = Field(register="CORRUPT", address=0x34, name="nodes", low=0, width=16, description="One bit a node.")
CORRUPT = Register(name="CORRUPT", address=0x34, reset=0x00000000, writable=True, fields=(CORRUPT_NODES,), description="The node's RESPONSE has its lowest bit inverted.")

UNLOCK_NODES = Field(register="UNLOCK", address=0x38, name="nodes", low=0, width=16, description="One bit a node.")
UNLOCK = Register(name="UNLOCK", address=0x38, reset=0x00000000, writable=True, fields=(UNLOCK_NODES,), description="The node runs up to clock step 15, whatever step it is commanded.")

BOOT_MS_MILLISECONDS = Field(register="BOOT_MS", address=0x3C, name="milliseconds", low=0, width=20, unit="ms", description="0 counts as 1 ms.")
BOOT_MS = Register(name="BOOT_MS", address=0x3C, reset=0x0001D4C0, writable=True, fields=(BOOT_MS_MILLISECONDS,), description="How long a node boots before it is ON.")

MEMORY_ERRORS_UNCORRECTED = Field(register="MEMORY_ERRORS", address=0x40, name="uncorrected", low=16, width=16, description="Words found wrong beyond repair.")
MEMORY_ERRORS_CORRECTED = Field(register="MEMORY_ERRORS", address=0x40, name="corrected", low=0, width=16, description="Words repaired.")
MEMORY_ERRORS = Register(name="MEMORY_ERRORS", address=0x40, reset=0x00000000, writable=True, fields=(MEMORY_ERRORS_UNCORRECTED, MEMORY_ERRORS_CORRECTED), description="Counts of the memory scrubber: radiation at work.")

COOLANT_COOLANT_TEMPERATURE = Field(register="COOLANT", address=0x44, name="coolant_temperature", low=16, width=16, unit="K", lsb=0.01, description="Coolant temperature at the racks.")
COOLANT_RADIATOR_TEMPERATURE = Field(register="COOLANT", address=0x44, name="radiator_temperature", low=0, width=16, unit="K", lsb=0.01, description="Radiator temperature.")
COOLANT = Register(name="COOLANT", address=0x44, reset=0x00000000, writable=True, fields=(COOLANT_COOLANT_TEMPERATURE, COOLANT_RADIATOR_TEMPERATURE), description="The loop takes the heat of the nodes to the radiator.")

TEMPERATURE_0_3_NODE0 = Field(register="TEMPERATURE_0_3", address=0x48, name="node0", low=24, width=8, unit="K", zero=200.0, description="Junction temperature of node 0.")
TEMPERATURE_0_3_NODE1 = Field(register="TEMPERATURE_0_3", address=0x48, name="node1", low=16, width=8, unit="K", zero=200.0, description="Junction temperature of node 1.")
TEMPERATURE_0_3_NODE2 = Field(register="TEMPERATURE_0_3", address=0x48, name="node2", low=8, width=8, unit="K", zero=200.0, description="Junction temperature of node 2.")
TEMPERATURE_0_3_NODE3 = Field(register="TEMPERATURE_0_3", address=0x48, name="node3", low=0, width=8, unit="K", zero=200.0, description="Junction temperature of node 3.")
TEMPERATURE_0_3 = Register(name="TEMPERATURE_0_3", address=0x48, reset=0x00000000, writable=True, fields=(TEMPERATURE_0_3_NODE0, TEMPERATURE_0_3_NODE1, TEMPERATURE_0_3_NODE2, TEMPERATURE_0_3_NODE3), description="What the trip looks at every millisecond. One octet a node: 200 K and up.")

TEMPERATURE_4_7_NODE4 = Field(register="TEMPERATURE_4_7", address=0x4C, name="node4", low=24, width=8, unit="K", zero=200.0, description="Junction temperature of node 4.")
TEMPERATURE_4_7_NODE5 = Field(register="TEMPERATURE_4_7", address=0x4C, name="node5", low=16, width=8, unit="K", zero=200.0, description="Junction temperature of node 5.")
TEMPERATURE_4_7_NODE6 = Field(register="TEMPERATURE_4_7", address=0x4C, name="node6", low=8, width=8, unit="K", zero=200.0, description="Junction temperature of node 6.")
TEMPERATURE_4_7_NODE7 = Field(register="TEMPERATURE_4_7", address=0x4C, name="node7", low=0, width=8, unit="K", zero=200.0, description="Junction temperature of node 7.")
TEMPERATURE_4_7 = Register(name="TEMPERATURE_4_7", address=0x4C, reset=0x00000000, writable=True, fields=(TEMPERATURE_4_7_NODE4, TEMPERATURE_4_7_NODE5, TEMPERATURE_4_7_NODE6, TEMPERATURE_4_7_NODE7), description="What the trip looks at every millisecond. One octet a node: 200 K and up.")

TEMPERATURE_8_11_NODE8 = Field(register="TEMPERATURE_8_11", address=0x50, name="node8", low=24, width=8, unit="K", zero=200.0, description="Junction temperature of node 8.")
TEMPERATURE_8_11_NODE9 = Field(register="TEMPERATURE_8_11", address=0x50, name="node9", low=16, width=8, unit="K", zero=200.0, description="Junction temperature of node 9.")
TEMPERATURE_8_11_NODE10 = Field(register="TEMPERATURE_8_11", address=0x50, name="node10", low=8, width=8, unit="K", zero=200.0, description="Junction temperature of node 10.")
TEMPERATURE_8_11_NODE11 = Field(register="TEMPERATURE_8_11", address=0x50, name="node11", low=0, width=8, unit="K", zero=200.0, description="Junction temperature of node 11.")
TEMPERATURE_8_11 = Register(name="TEMPERATURE_8_11", address=0x50, reset=0x00000000, writable=True, fields=(TEMPERATURE_8_11_NODE8, TEMPERATURE_8_11_NODE9, TEMPERATURE_8_11_NODE10, TEMPERATURE_8_11_NODE11), description="What the trip looks at every millisecond. One octet a node: 200 K and up.")

TEMPERATURE_12_15_NODE12 = Field(register="TEMPERATURE_12_15", address=0x54, name="node12", low=24, width=8, unit="K", zero=200.0, description="Junction temperature of node 12.")
TEMPERATURE_12_15_NODE13 = Field(register="TEMPERATURE_12_15", address=0x54, name="node13", low=16, width=8, unit="K", zero=200.0, description="Junction temperature of node 13.")
TEMPERATURE_12_15_NODE14 = Field(register="TEMPERATURE_12_15", address=0x54, name="node14", low=8, width=8, unit="K", zero=200.0, description="Junction temperature of node 14.")
TEMPERATURE_12_15_NODE15 = Field(register="TEMPERATURE_12_15", address=0x54, name="node15", low=0, width=8, unit="K", zero=200.0, description="Junction temperature of node 15.")
TEMPERATURE_12_15 = Register(name="TEMPERATURE_12_15", address=0x54, reset=0x00000000, writable=True, fields=(TEMPERATURE_12_15_NODE12, TEMPERATURE_12_15_NODE13, TEMPERATURE_12_15_NODE14, TEMPERATURE_12_15_NODE15), description="What the trip looks at every millisecond. One octet a node: 200 K and up.")

TIME_TARGET_MILLISECONDS = Field(register="TIME_TARGET", address=0x58, name="milliseconds", low=0, width=32, unit="ms", description="Absolute, modulo 2^32.")
TIME_TARGET = Register(name="TIME_TARGET", address=0x58, reset=0x00000000, writable=True, fields=(TIME_TARGET_MILLISECONDS,), description="Writing a time after TIME_NOW makes the board live until then, millisecond by millisecond; the reply comes on arrival. A time that is not after TIME_NOW changes nothing, so a grant whose reply was lost can be sent again. The last word of the map: one write sets the stimulus and then lets the time pass.")

REGISTERS: tuple[Register, ...] = (
    BOARD_ID,
    MAP_VERSION,
    BUILD_ID,
    TIME_MODE,
    TIME_NOW,
    NODE_STATE,
    STEPS_LOW,
    STEPS_HIGH,
    WORK_HIGH,
    WORK_LOW,
    POWERED,
    RACK_POWER,
    HANG,
    CORRUPT,
    UNLOCK,
    BOOT_MS,
    MEMORY_ERRORS,
    COOLANT,
    TEMPERATURE_0_3,
    TEMPERATURE_4_7,
    TEMPERATURE_8_11,
    TEMPERATURE_12_15,
    TIME_TARGET,
)
WINDOWS: tuple[Window, ...] = ()
