# SPDX-License-Identifier: Apache-2.0
"""Register table of the compute board's flight port. What flight software sees of the nodes."""

# Generated from compute.rdl by `python -m flatsat.boards.export`.
# ruff: noqa: E501
# fmt: off

from enum import IntEnum

from ..register import Field, Register, Window

LOGICAL_ADDRESS = 0x41
WRITABLE_FROM = 0x8C
END = 0xA4


class NodeState(IntEnum):
    OFF = 0  # No power or not enabled.
    BOOT = 1  # Starting; takes minutes and does no work.
    ON = 2  # Working at its clock step.
    HUNG = 3  # Powered, heartbeat stopped; only switching it off helps.


BOARD_ID_LETTERS = Field(register="BOARD_ID", address=0x00, name="letters", low=0, width=32, description="The letters, first one in the highest octet.")
BOARD_ID = Register(name="BOARD_ID", address=0x00, reset=0x434D5031, writable=False, fields=(BOARD_ID_LETTERS,), description="Four ASCII letters that name the board: read it first, to know who answers.")

MAP_VERSION_VERSION = Field(register="MAP_VERSION", address=0x04, name="version", low=0, width=32, description="Counts up whenever the meaning of a word changes.")
MAP_VERSION = Register(name="MAP_VERSION", address=0x04, reset=0x00000002, writable=False, fields=(MAP_VERSION_VERSION,), description="Version of this register map. Software that knows another one must not write.")

BUILD_ID_HASH = Field(register="BUILD_ID", address=0x08, name="hash", low=0, width=32, description="The hash.")
BUILD_ID = Register(name="BUILD_ID", address=0x08, reset=0x00000000, writable=False, fields=(BUILD_ID_HASH,), description="First 32 bits of the hash of the image that runs on the board; a twin has none and reads 0. For the bench only: it differs from one back end to the next, and so would everything that depended on it.")

TIME_NOW_MILLISECONDS = Field(register="TIME_NOW", address=0x0C, name="milliseconds", low=0, width=32, unit="ms", description="Modulo 2^32.")
TIME_NOW = Register(name="TIME_NOW", address=0x0C, reset=0x00000000, writable=False, fields=(TIME_NOW_MILLISECONDS,), description="Milliseconds the board has lived. The bench hands them out through TIME_TARGET; the count wraps after 49.7 days.")

RMAP_ERRORS_DROPPED = Field(register="RMAP_ERRORS", address=0x10, name="dropped", low=16, width=16, description="Unanswered: too short, damaged header, not a command, or no reply asked.")
RMAP_ERRORS_REJECTED = Field(register="RMAP_ERRORS", address=0x10, name="rejected", low=0, width=16, description="Answered with a status other than 0.")
RMAP_ERRORS = Register(name="RMAP_ERRORS", address=0x10, reset=0x00000000, writable=False, fields=(RMAP_ERRORS_DROPPED, RMAP_ERRORS_REJECTED), description="Packets that did not do what their sender hoped, on both ports together. Each half wraps at 65,536.")

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

HEARTBEATS_NODE15 = Field(register="HEARTBEATS", address=0x20, name="node15", low=30, width=2, description="Heartbeat of node 15.")
HEARTBEATS_NODE14 = Field(register="HEARTBEATS", address=0x20, name="node14", low=28, width=2, description="Heartbeat of node 14.")
HEARTBEATS_NODE13 = Field(register="HEARTBEATS", address=0x20, name="node13", low=26, width=2, description="Heartbeat of node 13.")
HEARTBEATS_NODE12 = Field(register="HEARTBEATS", address=0x20, name="node12", low=24, width=2, description="Heartbeat of node 12.")
HEARTBEATS_NODE11 = Field(register="HEARTBEATS", address=0x20, name="node11", low=22, width=2, description="Heartbeat of node 11.")
HEARTBEATS_NODE10 = Field(register="HEARTBEATS", address=0x20, name="node10", low=20, width=2, description="Heartbeat of node 10.")
HEARTBEATS_NODE9 = Field(register="HEARTBEATS", address=0x20, name="node9", low=18, width=2, description="Heartbeat of node 9.")
HEARTBEATS_NODE8 = Field(register="HEARTBEATS", address=0x20, name="node8", low=16, width=2, description="Heartbeat of node 8.")
HEARTBEATS_NODE7 = Field(register="HEARTBEATS", address=0x20, name="node7", low=14, width=2, description="Heartbeat of node 7.")
HEARTBEATS_NODE6 = Field(register="HEARTBEATS", address=0x20, name="node6", low=12, width=2, description="Heartbeat of node 6.")
HEARTBEATS_NODE5 = Field(register="HEARTBEATS", address=0x20, name="node5", low=10, width=2, description="Heartbeat of node 5.")
HEARTBEATS_NODE4 = Field(register="HEARTBEATS", address=0x20, name="node4", low=8, width=2, description="Heartbeat of node 4.")
HEARTBEATS_NODE3 = Field(register="HEARTBEATS", address=0x20, name="node3", low=6, width=2, description="Heartbeat of node 3.")
HEARTBEATS_NODE2 = Field(register="HEARTBEATS", address=0x20, name="node2", low=4, width=2, description="Heartbeat of node 2.")
HEARTBEATS_NODE1 = Field(register="HEARTBEATS", address=0x20, name="node1", low=2, width=2, description="Heartbeat of node 1.")
HEARTBEATS_NODE0 = Field(register="HEARTBEATS", address=0x20, name="node0", low=0, width=2, description="Heartbeat of node 0.")
HEARTBEATS = Register(name="HEARTBEATS", address=0x20, reset=0x00000000, writable=False, fields=(HEARTBEATS_NODE15, HEARTBEATS_NODE14, HEARTBEATS_NODE13, HEARTBEATS_NODE12, HEARTBEATS_NODE11, HEARTBEATS_NODE10, HEARTBEATS_NODE9, HEARTBEATS_NODE8, HEARTBEATS_NODE7, HEARTBEATS_NODE6, HEARTBEATS_NODE5, HEARTBEATS_NODE4, HEARTBEATS_NODE3, HEARTBEATS_NODE2, HEARTBEATS_NODE1, HEARTBEATS_NODE0), description="Two bits a node that count every 512 ms of work; a node whose bits stand still is hung, off or booting.")

TRIPPED_NODES = Field(register="TRIPPED", address=0x24, name="nodes", low=0, width=16, description="One bit a node.")
TRIPPED = Register(name="TRIPPED", address=0x24, reset=0x00000000, writable=False, fields=(TRIPPED_NODES,), description="Nodes that the board switched off because they were too hot. Disabling a node clears its trip.")

RESPONSE_NODE = Field(register="RESPONSE", address=0x28, name="node", low=28, width=4, description="The node that answers.")
RESPONSE_ANSWER = Field(register="RESPONSE", address=0x28, name="answer", low=0, width=28, description="Its answer.")
RESPONSE = Register(name="RESPONSE", address=0x28, reset=0x00000000, writable=False, fields=(RESPONSE_NODE, RESPONSE_ANSWER), description="The answer of the node asked by CHALLENGE, worked out every millisecond; 0 while that node is not ON. A node can be alive and wrong: compare with (5 nonce + 0x3C6EF35) mod 2^28.")

WORK_HIGH_COUNT = Field(register="WORK_HIGH", address=0x2C, name="count", low=0, width=32, description="Bits 63 to 32.")
WORK_HIGH = Register(name="WORK_HIGH", address=0x2C, reset=0x00000000, writable=False, fields=(WORK_HIGH_COUNT,), description="Work of all nodes since power-on, 64 bits; a step-15 millisecond of one node counts 1,000. Read both words in one command.")

WORK_LOW_COUNT = Field(register="WORK_LOW", address=0x30, name="count", low=0, width=32, description="Bits 31 to 0.")
WORK_LOW = Register(name="WORK_LOW", address=0x30, reset=0x00000000, writable=False, fields=(WORK_LOW_COUNT,), description="Work of all nodes since power-on, 64 bits.")

MEMORY_ERRORS_UNCORRECTED = Field(register="MEMORY_ERRORS", address=0x34, name="uncorrected", low=16, width=16, description="Words found wrong beyond repair.")
MEMORY_ERRORS_CORRECTED = Field(register="MEMORY_ERRORS", address=0x34, name="corrected", low=0, width=16, description="Words repaired.")
MEMORY_ERRORS = Register(name="MEMORY_ERRORS", address=0x34, reset=0x00000000, writable=False, fields=(MEMORY_ERRORS_UNCORRECTED, MEMORY_ERRORS_CORRECTED), description="Counts of the memory scrubber: radiation at work.")

COOLANT_COOLANT_TEMPERATURE = Field(register="COOLANT", address=0x38, name="coolant_temperature", low=16, width=16, unit="K", lsb=0.01, description="Coolant temperature at the racks.")
COOLANT_RADIATOR_TEMPERATURE = Field(register="COOLANT", address=0x38, name="radiator_temperature", low=0, width=16, unit="K", lsb=0.01, description="Radiator temperature.")
COOLANT = Register(name="COOLANT", address=0x38, reset=0x00000000, writable=False, fields=(COOLANT_COOLANT_TEMPERATURE, COOLANT_RADIATOR_TEMPERATURE), description="The loop takes the heat of the nodes to the radiator.")

TEMPERATURE_0_3_NODE0 = Field(register="TEMPERATURE_0_3", address=0x3C, name="node0", low=24, width=8, unit="K", zero=200.0, description="Junction temperature of node 0.")
TEMPERATURE_0_3_NODE1 = Field(register="TEMPERATURE_0_3", address=0x3C, name="node1", low=16, width=8, unit="K", zero=200.0, description="Junction temperature of node 1.")
TEMPERATURE_0_3_NODE2 = Field(register="TEMPERATURE_0_3", address=0x3C, name="node2", low=8, width=8, unit="K", zero=200.0, description="Junction temperature of node 2.")
TEMPERATURE_0_3_NODE3 = Field(register="TEMPERATURE_0_3", address=0x3C, name="node3", low=0, width=8, unit="K", zero=200.0, description="Junction temperature of node 3.")
TEMPERATURE_0_3 = Register(name="TEMPERATURE_0_3", address=0x3C, reset=0x00000000, writable=False, fields=(TEMPERATURE_0_3_NODE0, TEMPERATURE_0_3_NODE1, TEMPERATURE_0_3_NODE2, TEMPERATURE_0_3_NODE3), description="What the trip looks at every millisecond. One octet a node: 200 K and up.")

TEMPERATURE_4_7_NODE4 = Field(register="TEMPERATURE_4_7", address=0x40, name="node4", low=24, width=8, unit="K", zero=200.0, description="Junction temperature of node 4.")
TEMPERATURE_4_7_NODE5 = Field(register="TEMPERATURE_4_7", address=0x40, name="node5", low=16, width=8, unit="K", zero=200.0, description="Junction temperature of node 5.")
TEMPERATURE_4_7_NODE6 = Field(register="TEMPERATURE_4_7", address=0x40, name="node6", low=8, width=8, unit="K", zero=200.0, description="Junction temperature of node 6.")
TEMPERATURE_4_7_NODE7 = Field(register="TEMPERATURE_4_7", address=0x40, name="node7", low=0, width=8, unit="K", zero=200.0, description="Junction temperature of node 7.")
TEMPERATURE_4_7 = Register(name="TEMPERATURE_4_7", address=0x40, reset=0x00000000, writable=False, fields=(TEMPERATURE_4_7_NODE4, TEMPERATURE_4_7_NODE5, TEMPERATURE_4_7_NODE6, TEMPERATURE_4_7_NODE7), description="What the trip looks at every millisecond. One octet a node: 200 K and up.")

TEMPERATURE_8_11_NODE8 = Field(register="TEMPERATURE_8_11", address=0x44, name="node8", low=24, width=8, unit="K", zero=200.0, description="Junction temperature of node 8.")
TEMPERATURE_8_11_NODE9 = Field(register="TEMPERATURE_8_11", address=0x44, name="node9", low=16, width=8, unit="K", zero=200.0, description="Junction temperature of node 9.")
TEMPERATURE_8_11_NODE10 = Field(register="TEMPERATURE_8_11", address=0x44, name="node10", low=8, width=8, unit="K", zero=200.0, description="Junction temperature of node 10.")
TEMPERATURE_8_11_NODE11 = Field(register="TEMPERATURE_8_11", address=0x44, name="node11", low=0, width=8, unit="K", zero=200.0, description="Junction temperature of node 11.")
TEMPERATURE_8_11 = Register(name="TEMPERATURE_8_11", address=0x44, reset=0x00000000, writable=False, fields=(TEMPERATURE_8_11_NODE8, TEMPERATURE_8_11_NODE9, TEMPERATURE_8_11_NODE10, TEMPERATURE_8_11_NODE11), description="What the trip looks at every millisecond. One octet a node: 200 K and up.")

TEMPERATURE_12_15_NODE12 = Field(register="TEMPERATURE_12_15", address=0x48, name="node12", low=24, width=8, unit="K", zero=200.0, description="Junction temperature of node 12.")
TEMPERATURE_12_15_NODE13 = Field(register="TEMPERATURE_12_15", address=0x48, name="node13", low=16, width=8, unit="K", zero=200.0, description="Junction temperature of node 13.")
TEMPERATURE_12_15_NODE14 = Field(register="TEMPERATURE_12_15", address=0x48, name="node14", low=8, width=8, unit="K", zero=200.0, description="Junction temperature of node 14.")
TEMPERATURE_12_15_NODE15 = Field(register="TEMPERATURE_12_15", address=0x48, name="node15", low=0, width=8, unit="K", zero=200.0, description="Junction temperature of node 15.")
TEMPERATURE_12_15 = Register(name="TEMPERATURE_12_15", address=0x48, reset=0x00000000, writable=False, fields=(TEMPERATURE_12_15_NODE12, TEMPERATURE_12_15_NODE13, TEMPERATURE_12_15_NODE14, TEMPERATURE_12_15_NODE15), description="What the trip looks at every millisecond. One octet a node: 200 K and up.")

WORK0_COUNT = Field(register="WORK0", address=0x4C, name="count", low=0, width=32, description="In units of work.py.")
WORK0 = Register(name="WORK0", address=0x4C, reset=0x00000000, writable=False, fields=(WORK0_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK1_COUNT = Field(register="WORK1", address=0x50, name="count", low=0, width=32, description="In units of work.py.")
WORK1 = Register(name="WORK1", address=0x50, reset=0x00000000, writable=False, fields=(WORK1_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK2_COUNT = Field(register="WORK2", address=0x54, name="count", low=0, width=32, description="In units of work.py.")
WORK2 = Register(name="WORK2", address=0x54, reset=0x00000000, writable=False, fields=(WORK2_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK3_COUNT = Field(register="WORK3", address=0x58, name="count", low=0, width=32, description="In units of work.py.")
WORK3 = Register(name="WORK3", address=0x58, reset=0x00000000, writable=False, fields=(WORK3_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK4_COUNT = Field(register="WORK4", address=0x5C, name="count", low=0, width=32, description="In units of work.py.")
WORK4 = Register(name="WORK4", address=0x5C, reset=0x00000000, writable=False, fields=(WORK4_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK5_COUNT = Field(register="WORK5", address=0x60, name="count", low=0, width=32, description="In units of work.py.")
WORK5 = Register(name="WORK5", address=0x60, reset=0x00000000, writable=False, fields=(WORK5_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK6_COUNT = Field(register="WORK6", address=0x64, name="count", low=0, width=32, description="In units of work.py.")
WORK6 = Register(name="WORK6", address=0x64, reset=0x00000000, writable=False, fields=(WORK6_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK7_COUNT = Field(register="WORK7", address=0x68, name="count", low=0, width=32, description="In units of work.py.")
WORK7 = Register(name="WORK7", address=0x68, reset=0x00000000, writable=False, fields=(WORK7_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK8_COUNT = Field(register="WORK8", address=0x6C, name="count", low=0, width=32, description="In units of work.py.")
WORK8 = Register(name="WORK8", address=0x6C, reset=0x00000000, writable=False, fields=(WORK8_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK9_COUNT = Field(register="WORK9", address=0x70, name="count", low=0, width=32, description="In units of work.py.")
WORK9 = Register(name="WORK9", address=0x70, reset=0x00000000, writable=False, fields=(WORK9_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK10_COUNT = Field(register="WORK10", address=0x74, name="count", low=0, width=32, description="In units of work.py.")
WORK10 = Register(name="WORK10", address=0x74, reset=0x00000000, writable=False, fields=(WORK10_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK11_COUNT = Field(register="WORK11", address=0x78, name="count", low=0, width=32, description="In units of work.py.")
WORK11 = Register(name="WORK11", address=0x78, reset=0x00000000, writable=False, fields=(WORK11_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK12_COUNT = Field(register="WORK12", address=0x7C, name="count", low=0, width=32, description="In units of work.py.")
WORK12 = Register(name="WORK12", address=0x7C, reset=0x00000000, writable=False, fields=(WORK12_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK13_COUNT = Field(register="WORK13", address=0x80, name="count", low=0, width=32, description="In units of work.py.")
WORK13 = Register(name="WORK13", address=0x80, reset=0x00000000, writable=False, fields=(WORK13_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK14_COUNT = Field(register="WORK14", address=0x84, name="count", low=0, width=32, description="In units of work.py.")
WORK14 = Register(name="WORK14", address=0x84, reset=0x00000000, writable=False, fields=(WORK14_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

WORK15_COUNT = Field(register="WORK15", address=0x88, name="count", low=0, width=32, description="In units of work.py.")
WORK15 = Register(name="WORK15", address=0x88, reset=0x00000000, writable=False, fields=(WORK15_COUNT,), description="Work done since the board got power, modulo 2^32; kept while the node is off.")

NODE_ENABLE_NODES = Field(register="NODE_ENABLE", address=0x8C, name="nodes", low=0, width=16, description="One bit a node.")
NODE_ENABLE = Register(name="NODE_ENABLE", address=0x8C, reset=0x00000000, writable=True, fields=(NODE_ENABLE_NODES,), description="A node boots when it is enabled, its rack has power and it has not tripped.")

COMMAND_STEPS_LOW_NODE7 = Field(register="COMMAND_STEPS_LOW", address=0x90, name="node7", low=28, width=4, description="Commanded step of node 7.")
COMMAND_STEPS_LOW_NODE6 = Field(register="COMMAND_STEPS_LOW", address=0x90, name="node6", low=24, width=4, description="Commanded step of node 6.")
COMMAND_STEPS_LOW_NODE5 = Field(register="COMMAND_STEPS_LOW", address=0x90, name="node5", low=20, width=4, description="Commanded step of node 5.")
COMMAND_STEPS_LOW_NODE4 = Field(register="COMMAND_STEPS_LOW", address=0x90, name="node4", low=16, width=4, description="Commanded step of node 4.")
COMMAND_STEPS_LOW_NODE3 = Field(register="COMMAND_STEPS_LOW", address=0x90, name="node3", low=12, width=4, description="Commanded step of node 3.")
COMMAND_STEPS_LOW_NODE2 = Field(register="COMMAND_STEPS_LOW", address=0x90, name="node2", low=8, width=4, description="Commanded step of node 2.")
COMMAND_STEPS_LOW_NODE1 = Field(register="COMMAND_STEPS_LOW", address=0x90, name="node1", low=4, width=4, description="Commanded step of node 1.")
COMMAND_STEPS_LOW_NODE0 = Field(register="COMMAND_STEPS_LOW", address=0x90, name="node0", low=0, width=4, description="Commanded step of node 0.")
COMMAND_STEPS_LOW = Register(name="COMMAND_STEPS_LOW", address=0x90, reset=0x00000000, writable=True, fields=(COMMAND_STEPS_LOW_NODE7, COMMAND_STEPS_LOW_NODE6, COMMAND_STEPS_LOW_NODE5, COMMAND_STEPS_LOW_NODE4, COMMAND_STEPS_LOW_NODE3, COMMAND_STEPS_LOW_NODE2, COMMAND_STEPS_LOW_NODE1, COMMAND_STEPS_LOW_NODE0), description="The clock step a node is to run at. A node moves one step every RAMP milliseconds, so that the bus sees no jumps.")

COMMAND_STEPS_HIGH_NODE15 = Field(register="COMMAND_STEPS_HIGH", address=0x94, name="node15", low=28, width=4, description="Commanded step of node 15.")
COMMAND_STEPS_HIGH_NODE14 = Field(register="COMMAND_STEPS_HIGH", address=0x94, name="node14", low=24, width=4, description="Commanded step of node 14.")
COMMAND_STEPS_HIGH_NODE13 = Field(register="COMMAND_STEPS_HIGH", address=0x94, name="node13", low=20, width=4, description="Commanded step of node 13.")
COMMAND_STEPS_HIGH_NODE12 = Field(register="COMMAND_STEPS_HIGH", address=0x94, name="node12", low=16, width=4, description="Commanded step of node 12.")
COMMAND_STEPS_HIGH_NODE11 = Field(register="COMMAND_STEPS_HIGH", address=0x94, name="node11", low=12, width=4, description="Commanded step of node 11.")
COMMAND_STEPS_HIGH_NODE10 = Field(register="COMMAND_STEPS_HIGH", address=0x94, name="node10", low=8, width=4, description="Commanded step of node 10.")
COMMAND_STEPS_HIGH_NODE9 = Field(register="COMMAND_STEPS_HIGH", address=0x94, name="node9", low=4, width=4, description="Commanded step of node 9.")
COMMAND_STEPS_HIGH_NODE8 = Field(register="COMMAND_STEPS_HIGH", address=0x94, name="node8", low=0, width=4, description="Commanded step of node 8.")
COMMAND_STEPS_HIGH = Register(name="COMMAND_STEPS_HIGH", address=0x94, reset=0x00000000, writable=True, fields=(COMMAND_STEPS_HIGH_NODE15, COMMAND_STEPS_HIGH_NODE14, COMMAND_STEPS_HIGH_NODE13, COMMAND_STEPS_HIGH_NODE12, COMMAND_STEPS_HIGH_NODE11, COMMAND_STEPS_HIGH_NODE10, COMMAND_STEPS_HIGH_NODE9, COMMAND_STEPS_HIGH_NODE8), description="The clock step a node is to run at. A node moves one step every RAMP milliseconds, so that the bus sees no jumps.")

CHALLENGE_NODE = Field(register="CHALLENGE", address=0x98, name="node", low=28, width=4, description="The node asked.")
CHALLENGE_NONCE = Field(register="CHALLENGE", address=0x98, name="nonce", low=0, width=28, description="Choose a new one each time.")
CHALLENGE = Register(name="CHALLENGE", address=0x98, reset=0x00000000, writable=True, fields=(CHALLENGE_NODE, CHALLENGE_NONCE), description="Asks one node for the answer to a nonce; see RESPONSE.")

RAMP_MILLISECONDS = Field(register="RAMP", address=0x9C, name="milliseconds", low=0, width=8, unit="ms", description="Time a step takes; 0 counts as 1 ms.")
RAMP = Register(name="RAMP", address=0x9C, reset=0x0000000A, writable=True, fields=(RAMP_MILLISECONDS,), description="How fast clock steps follow their command.")

TRIP_TEMPERATURE_THRESHOLD = Field(register="TRIP_TEMPERATURE", address=0xA0, name="threshold", low=0, width=8, unit="K", zero=200.0, description="Threshold; 255 never trips.")
TRIP_TEMPERATURE = Register(name="TRIP_TEMPERATURE", address=0xA0, reset=0x000000FF, writable=True, fields=(TRIP_TEMPERATURE_THRESHOLD,), description="A powered node hotter than this is switched off at once.")

REGISTERS: tuple[Register, ...] = (
    BOARD_ID,
    MAP_VERSION,
    BUILD_ID,
    TIME_NOW,
    RMAP_ERRORS,
    NODE_STATE,
    STEPS_LOW,
    STEPS_HIGH,
    HEARTBEATS,
    TRIPPED,
    RESPONSE,
    WORK_HIGH,
    WORK_LOW,
    MEMORY_ERRORS,
    COOLANT,
    TEMPERATURE_0_3,
    TEMPERATURE_4_7,
    TEMPERATURE_8_11,
    TEMPERATURE_12_15,
    WORK0,
    WORK1,
    WORK2,
    WORK3,
    WORK4,
    WORK5,
    WORK6,
    WORK7,
    WORK8,
    WORK9,
    WORK10,
    WORK11,
    WORK12,
    WORK13,
    WORK14,
    WORK15,
    NODE_ENABLE,
    COMMAND_STEPS_LOW,
    COMMAND_STEPS_HIGH,
    CHALLENGE,
    RAMP,
    TRIP_TEMPERATURE,
)
WINDOWS: tuple[Window, ...] = ()
