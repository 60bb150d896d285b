# SPDX-License-Identifier: Apache-2.0
"""Register table of the laser board's flight port. What flight software sees of the link."""

# Generated from laser.rdl by `python -m flatsat.boards.export`.
# ruff: noqa: E501
# fmt: off

from enum import IntEnum

from ..register import Field, Register, Window

LOGICAL_ADDRESS = 0x42
WRITABLE_FROM = 0x34
END = 0x48


class LaserState(IntEnum):
    OFF = 0  # Not enabled.
    ACQUIRE = 1  # Searching: counts milliseconds of uninterrupted light.
    TRACK = 2  # Locked: frames leave.
    LOST = 3  # Light was gone for too long; flight software decides when to search again.


BOARD_ID_LETTERS = Field(register="BOARD_ID", address=0x00, name="letters", low=0, width=32, description="The letters, first one in the highest octet.")
BOARD_ID = Register(name="BOARD_ID", address=0x00, reset=0x4C535231, writable=False, fields=(BOARD_ID_LETTERS,), description="Four ASCII letters that name the board: read it first, to know who answers.")

MAP_VERSION_VERSION = Field(register="MAP_VERSION", address=0x04, name="version", low=0, width=32, description="Counts up whenever the meaning of a word changes.")
MAP_VERSION = Register(name="MAP_VERSION", address=0x04, reset=0x00000002, writable=False, fields=(MAP_VERSION_VERSION,), description="Version of this register map. Software that knows another one must not write.")

BUILD_ID_HASH = Field(register="BUILD_ID", address=0x08, name="hash", low=0, width=32, description="The hash.")
BUILD_ID = Register(name="BUILD_ID", address=0x08, reset=0x00000000, writable=False, fields=(BUILD_ID_HASH,), description="First 32 bits of the hash of the image that runs on the board; a twin has none and reads 0. For the bench only: it differs from one back end to the next, and so would everything that depended on it.")

TIME_NOW_MILLISECONDS = Field(register="TIME_NOW", address=0x0C, name="milliseconds", low=0, width=32, unit="ms", description="Modulo 2^32.")
TIME_NOW = Register(name="TIME_NOW", address=0x0C, reset=0x00000000, writable=False, fields=(TIME_NOW_MILLISECONDS,), description="Milliseconds the board has lived. The bench hands them out through TIME_TARGET; the count wraps after 49.7 days.")

RMAP_ERRORS_DROPPED = Field(register="RMAP_ERRORS", address=0x10, name="dropped", low=16, width=16, description="Unanswered: too short, damaged header, not a command, or no reply asked.")
RMAP_ERRORS_REJECTED = Field(register="RMAP_ERRORS", address=0x10, name="rejected", low=0, width=16, description="Answered with a status other than 0.")
RMAP_ERRORS = Register(name="RMAP_ERRORS", address=0x10, reset=0x00000000, writable=False, fields=(RMAP_ERRORS_DROPPED, RMAP_ERRORS_REJECTED), description="Packets that did not do what their sender hoped, on both ports together. Each half wraps at 65,536.")

STATUS_ACQUISITIONS = Field(register="STATUS", address=0x14, name="acquisitions", low=16, width=16, description="Times TRACK was reached, modulo 65,536: shows a loss between two polls.")
STATUS_RX_LEVEL = Field(register="STATUS", address=0x14, name="rx_level", low=12, width=3, description="Uplink blocks held, 0 to 4.")
STATUS_RX_OVERFLOWS = Field(register="STATUS", address=0x14, name="rx_overflows", low=8, width=4, description="Uplink blocks lost because four were held, modulo 16.")
STATUS_FIFO_LEVEL = Field(register="STATUS", address=0x14, name="fifo_level", low=4, width=3, description="Frames held, 0 to 4.")
STATUS_STATE = Field(register="STATUS", address=0x14, name="state", low=0, width=2, description="State of the link.")
STATUS = Register(name="STATUS", address=0x14, reset=0x00000000, writable=False, fields=(STATUS_ACQUISITIONS, STATUS_RX_LEVEL, STATUS_RX_OVERFLOWS, STATUS_FIFO_LEVEL, STATUS_STATE), description="Where the link is, how much waits to be sent, and what has come up.")

OPTICAL_RECEIVED_POWER = Field(register="OPTICAL", address=0x18, name="received_power", low=16, width=16, unit="W", lsb=1e-09, description="Received power.")
OPTICAL_POINTING_ERROR = Field(register="OPTICAL", address=0x18, name="pointing_error", low=0, width=16, unit="rad", lsb=1e-08, description="Pointing error.")
OPTICAL = Register(name="OPTICAL", address=0x18, reset=0x00000000, writable=False, fields=(OPTICAL_RECEIVED_POWER, OPTICAL_POINTING_ERROR), description="What comes in from the relay satellite.")

FRAMES_TAKEN_COUNT = Field(register="FRAMES_TAKEN", address=0x1C, name="count", low=0, width=32, description="Since the board got power.")
FRAMES_TAKEN = Register(name="FRAMES_TAKEN", address=0x1C, reset=0x00000000, writable=False, fields=(FRAMES_TAKEN_COUNT,), description="Frames accepted into TX_FIFO, modulo 2^32; repeats are not counted.")

FRAMES_SENT_COUNT = Field(register="FRAMES_SENT", address=0x20, name="count", low=0, width=32, description="Since the board got power.")
FRAMES_SENT = Register(name="FRAMES_SENT", address=0x20, reset=0x00000000, writable=False, fields=(FRAMES_SENT_COUNT,), description="Frames that have wholly left the optical pin, modulo 2^32.")

FRAMES_REFUSED_COUNT = Field(register="FRAMES_REFUSED", address=0x24, name="count", low=0, width=32, description="Since the board got power.")
FRAMES_REFUSED = Register(name="FRAMES_REFUSED", address=0x24, reset=0x00000000, writable=False, fields=(FRAMES_REFUSED_COUNT,), description="Frames answered with status 1 because four were held or the length was wrong, modulo 2^32.")

TX_SEQUENCE_LAST = Field(register="TX_SEQUENCE", address=0x28, name="last", low=0, width=16, description="0xFFFF before the first frame.")
TX_SEQUENCE = Register(name="TX_SEQUENCE", address=0x28, reset=0x0000FFFF, writable=False, fields=(TX_SEQUENCE_LAST,), description="Sequence of the last frame taken. After a restart flight software goes on from here, and a repeated frame is dropped.")

TIMER_MILLISECONDS = Field(register="TIMER", address=0x2C, name="milliseconds", low=0, width=16, unit="ms", description="The state's timer.")
TIMER = Register(name="TIMER", address=0x2C, reset=0x00000000, writable=False, fields=(TIMER_MILLISECONDS,), description="Milliseconds of light while in ACQUIRE, of darkness while in TRACK.")

TEMPERATURE_TERMINAL = Field(register="TEMPERATURE", address=0x30, name="terminal", low=0, width=16, unit="K", lsb=0.01, description="Temperature.")
TEMPERATURE = Register(name="TEMPERATURE", address=0x30, reset=0x00000000, writable=False, fields=(TEMPERATURE_TERMINAL,), description="Temperature of the optical head.")

LASER_COMMAND_ACQUIRE = Field(register="LASER_COMMAND", address=0x34, name="acquire", low=1, width=1, description="Writing 1 in LOST starts a new acquisition if enable is set; reads 0.")
LASER_COMMAND_ENABLE = Field(register="LASER_COMMAND", address=0x34, name="enable", low=0, width=1, description="1: on, 0: off.")
LASER_COMMAND = Register(name="LASER_COMMAND", address=0x34, reset=0x00000000, writable=True, fields=(LASER_COMMAND_ACQUIRE, LASER_COMMAND_ENABLE), description="Switches the link on, and sends it searching again after a loss.")

LIGHT_THRESHOLD_RECEIVED_POWER = Field(register="LIGHT_THRESHOLD", address=0x38, name="received_power", low=0, width=16, unit="W", lsb=1e-09, description="Threshold.")
LIGHT_THRESHOLD = Register(name="LIGHT_THRESHOLD", address=0x38, reset=0x00000FA0, writable=True, fields=(LIGHT_THRESHOLD_RECEIVED_POWER,), description="Received power that counts as light.")

ACQUIRE_MS_MILLISECONDS = Field(register="ACQUIRE_MS", address=0x3C, name="milliseconds", low=0, width=16, unit="ms", description="0 counts as 1 ms.")
ACQUIRE_MS = Register(name="ACQUIRE_MS", address=0x3C, reset=0x00002EE0, writable=True, fields=(ACQUIRE_MS_MILLISECONDS,), description="Uninterrupted light that makes ACQUIRE a TRACK.")

LOSS_MS_MILLISECONDS = Field(register="LOSS_MS", address=0x40, name="milliseconds", low=0, width=16, unit="ms", description="0 counts as 1 ms.")
LOSS_MS = Register(name="LOSS_MS", address=0x40, reset=0x00000032, writable=True, fields=(LOSS_MS_MILLISECONDS,), description="Uninterrupted darkness that makes TRACK a LOST: shorter fades are ridden out.")

RX_RELEASE_SEQUENCE = Field(register="RX_RELEASE", address=0x44, name="sequence", low=0, width=16, description="Reads what was last written.")
RX_RELEASE = Register(name="RX_RELEASE", address=0x44, reset=0x00000000, writable=True, fields=(RX_RELEASE_SEQUENCE,), description="Writing the sequence of the oldest uplink block held lets it go; any other number does nothing, so that a repeat is harmless.")

TX_FIFO = Window(name="TX_FIFO", address=0x1000, octets=1120, writable=True, description="One non-incrementing write of 1,120 octets hands over a frame: sequence (16 bits), frame length (16 bits, must be 1,115), the transfer frame, zero padding. A repeated sequence is answered 0 and dropped; a full FIFO (four frames) refuses with status 1.")

RX_FIFO = Window(name="RX_FIFO", address=0x1800, octets=256, writable=False, description="One non-incrementing read of 256 octets shows the oldest uplink block held: sequence (16 bits), length (16 bits), the block, then whatever the bench sent as padding. Reading takes nothing away. All zero while no block is held.")

REGISTERS: tuple[Register, ...] = (
    BOARD_ID,
    MAP_VERSION,
    BUILD_ID,
    TIME_NOW,
    RMAP_ERRORS,
    STATUS,
    OPTICAL,
    FRAMES_TAKEN,
    FRAMES_SENT,
    FRAMES_REFUSED,
    TX_SEQUENCE,
    TIMER,
    TEMPERATURE,
    LASER_COMMAND,
    LIGHT_THRESHOLD,
    ACQUIRE_MS,
    LOSS_MS,
    RX_RELEASE,
)
WINDOWS: tuple[Window, ...] = (TX_FIFO,RX_FIFO,)
