# SPDX-License-Identifier: Apache-2.0
"""Register table of the laser board's stimulus port. What the bench sees: the link's state, the light it gets, and time to hand out."""

# Generated from laser.rdl by `python -m flatsat.boards.export`.
# ruff: noqa: E501
# fmt: off

from ..register import Field, Register, Window

LOGICAL_ADDRESS = 0x62
WRITABLE_FROM = 0x1C
END = 0x2C


BOARD_ID_LETTERS = Field(register="BOARD_ID", address=0x00, name="letters", low=0, width=32, description="The letters, first one in the highest octet.")
BOARD_ID = Register(name="BOARD_ID", address=0x00, reset=0x4C535231, writable=False, fields=(BOARD_ID_LETTERS,), description="Four ASCII letters that name the board: read it first, to know who answers.")

MAP_VERSION_VERSION = Field(register="MAP_VERSION", address=0x04, name="version", low=0, width=32, description="Counts up whenever the meaning of a word changes.")
MAP_VERSION = Register(name="MAP_VERSION", address=0x04, reset=0x00000002, writable=False, fields=(MAP_VERSION_VERSION,), description="Version of this register map. Software that knows another one must not write.")

BUILD_ID_HASH = Field(register="BUILD_ID", address=0x08, name="hash", low=0, width=32, description="The hash.")
BUILD_ID = Register(name="BUILD_ID", address=0x08, reset=0x00000000, writable=False, fields=(BUILD_ID_HASH,), description="First 32 bits of the hash of the image that runs on the board; a twin has none and reads 0. For the bench only: it differs from one back end to the next, and so would everything that depended on it.")

TIME_MODE_MODE = Field(register="TIME_MODE", address=0x0C, name="mode", low=0, width=2, description="0: lock-step, time advances by writes to TIME_TARGET only.")
TIME_MODE = Register(name="TIME_MODE", address=0x0C, reset=0x00000000, writable=False, fields=(TIME_MODE_MODE,), description="Where the board's milliseconds come from.")

TIME_NOW_MILLISECONDS = Field(register="TIME_NOW", address=0x10, name="milliseconds", low=0, width=32, unit="ms", description="Modulo 2^32.")
TIME_NOW = Register(name="TIME_NOW", address=0x10, reset=0x00000000, writable=False, fields=(TIME_NOW_MILLISECONDS,), description="Milliseconds the board has lived. The bench hands them out through TIME_TARGET; the count wraps after 49.7 days.")

LASER_STATE_FIFO_LEVEL = Field(register="LASER_STATE", address=0x14, name="fifo_level", low=4, width=3, description="Frames held, 0 to 4.")
LASER_STATE_STATE = Field(register="LASER_STATE", address=0x14, name="state", low=0, width=2, description="State of the link.")
LASER_STATE = Register(name="LASER_STATE", address=0x14, reset=0x00000000, writable=False, fields=(LASER_STATE_FIFO_LEVEL, LASER_STATE_STATE), description="State and frames held, as in the flight port's STATUS.")

FRAMES_SENT_COUNT = Field(register="FRAMES_SENT", address=0x18, name="count", low=0, width=32, description="Since the board got power.")
FRAMES_SENT = Register(name="FRAMES_SENT", address=0x18, reset=0x00000000, writable=False, fields=(FRAMES_SENT_COUNT,), description="Frames that have wholly left the optical pin, modulo 2^32.")

POWERED_POWERED = Field(register="POWERED", address=0x1C, name="powered", low=0, width=1, description="The board has power.")
POWERED = Register(name="POWERED", address=0x1C, reset=0x00000000, writable=True, fields=(POWERED_POWERED,), description="The power board's limiter 1. While it is 0 the board is held in reset and its flight port is silent.")

OPTICAL_RECEIVED_POWER = Field(register="OPTICAL", address=0x20, name="received_power", low=16, width=16, unit="W", lsb=1e-09, description="Received power.")
OPTICAL_POINTING_ERROR = Field(register="OPTICAL", address=0x20, name="pointing_error", low=0, width=16, unit="rad", lsb=1e-08, description="Pointing error.")
OPTICAL = Register(name="OPTICAL", address=0x20, reset=0x00000000, writable=True, fields=(OPTICAL_RECEIVED_POWER, OPTICAL_POINTING_ERROR), description="What comes in from the relay satellite.")

TEMPERATURE_TERMINAL = Field(register="TEMPERATURE", address=0x24, name="terminal", low=0, width=16, unit="K", lsb=0.01, description="Temperature.")
TEMPERATURE = Register(name="TEMPERATURE", address=0x24, reset=0x00000000, writable=True, fields=(TEMPERATURE_TERMINAL,), description="Temperature of the optical head.")

TIME_TARGET_MILLISECONDS = Field(register="TIME_TARGET", address=0x28, name="milliseconds", low=0, width=32, unit="ms", description="Absolute, modulo 2^32.")
TIME_TARGET = Register(name="TIME_TARGET", address=0x28, reset=0x00000000, writable=True, fields=(TIME_TARGET_MILLISECONDS,), description="Writing a time after TIME_NOW makes the board live until then, millisecond by millisecond; the reply comes on arrival. A time that is not after TIME_NOW changes nothing, so a grant whose reply was lost can be sent again. The last word of the map: one write sets the stimulus and then lets the time pass.")

UPLINK = Window(name="UPLINK", address=0x1000, octets=256, writable=True, description="One non-incrementing write of 256 octets is an uplink block that reaches the terminal: sequence (16 bits), length (16 bits, 1 to 252), the block, padding. A repeat of the sequence last seen is answered 0 and dropped; a wrong length is refused with status 1; a block that comes while the link is not in TRACK with light, or without power, is lost; so is one that comes while four are held, which is counted.")

REGISTERS: tuple[Register, ...] = (
    BOARD_ID,
    MAP_VERSION,
    BUILD_ID,
    TIME_MODE,
    TIME_NOW,
    LASER_STATE,
    FRAMES_SENT,
    POWERED,
    OPTICAL,
    TEMPERATURE,
    TIME_TARGET,
)
WINDOWS: tuple[Window, ...] = (UPLINK,)
