# SPDX-License-Identifier: Apache-2.0
"""Bench of one board's core, without its RMAP shell: random writes and grants against the twin (cocotb).

The environment gives CORE (power, compute or laser), PROGRAM (a key of PROGRAMS) and PROGRAM_SEED.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge
from flatsat.boards.registers import (
    compute_flight,
    compute_stimulus,
    laser_flight,
    laser_stimulus,
    power_flight,
    power_stimulus,
)
from flatsat.boards.twin.board import CORES

FRAME_OCTETS = 1115
BLOCK_OCTETS = 252
SHELL_WORDS = {"BOARD_ID", "MAP_VERSION", "BUILD_ID", "TIME_NOW", "TIME_MODE", "TIME_TARGET", "RMAP_ERRORS"}
TAKE, DROP, REFUSE = range(3)


@dataclass(frozen=True)
class Write:
    stimulus: bool
    address: int
    word: int


@dataclass(frozen=True)
class Grant:
    ms: int


@dataclass(frozen=True)
class Frame:
    octets: bytes  # of TX_FIFO: sequence, frame length, frame, padding


@dataclass(frozen=True)
class Block:
    octets: bytes  # of UPLINK: sequence, block length, block, padding


Action = Write | Grant | Frame | Block


class Driver:
    """Plays the shell: one register access, one batch of milliseconds or one frame at a time."""

    def __init__(self, dut) -> None:
        self.dut = dut
        self.time_ms = 0

    async def reset(self) -> None:
        dut = self.dut
        Clock(dut.clk, 10, "ns", impl="gpi").start()
        for pulse in (dut.reg_read, dut.reg_write, dut.ms_tick, dut.fifo_check, dut.fifo_write):
            pulse.value = 0
        dut.ms_start.value = 0
        dut.rst.value = 1
        await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)
        dut.rst.value = 0
        await self.idle()

    async def idle(self) -> None:
        while self.dut.core_busy.value:
            await FallingEdge(self.dut.core_busy)
            await FallingEdge(self.dut.clk)

    async def pulse(self, signal) -> None:
        signal.value = 1
        await FallingEdge(self.dut.clk)
        signal.value = 0

    async def write(self, stimulus: bool, address: int, word: int) -> None:
        dut = self.dut
        dut.reg_stimulus.value, dut.reg_address.value, dut.reg_wdata.value = stimulus, address, word
        await self.pulse(dut.reg_write)
        await self.idle()

    async def read(self, stimulus: bool, address: int) -> int:
        dut = self.dut
        dut.reg_stimulus.value, dut.reg_address.value = stimulus, address
        await self.pulse(dut.reg_read)
        while not dut.reg_valid.value:
            await FallingEdge(dut.clk)
        return int(dut.reg_rdata.value)

    async def grant(self, ms: int) -> None:
        dut = self.dut
        while ms and not dut.stop.value:
            batch = min(ms, int(dut.ms_batch.value))
            dut.ms_start.value, dut.ms_count.value = self.time_ms, batch
            await self.pulse(dut.ms_tick)
            self.time_ms += batch
            ms -= batch
            await self.idle()

    async def window(self, stimulus: bool, octets: bytes) -> int:
        dut = self.dut
        words = [int.from_bytes(octets[place : place + 4], "big") for place in range(0, len(octets), 4)]
        dut.reg_stimulus.value, dut.reg_wdata.value = stimulus, words[0]
        await self.pulse(dut.fifo_check)
        while not dut.fifo_answer_valid.value:
            await FallingEdge(dut.clk)
        answer = int(dut.fifo_answer.value)
        if answer == TAKE:
            for word in words:
                dut.reg_wdata.value = word
                await self.pulse(dut.fifo_write)
        await FallingEdge(dut.clk)
        return answer


class Monitor:
    """Collects the CADUs that leave the optical pin, each with its starting millisecond."""

    def __init__(self, dut) -> None:
        self.cadus: list[tuple[int, bytes]] = []
        cocotb.start_soon(self._watch(dut))

    async def _watch(self, dut) -> None:
        while True:
            await RisingEdge(dut.optical_frame)
            start_ms, bits = int(dut.ms_start.value), ""
            await FallingEdge(dut.clk)
            while dut.optical_frame.value:
                bits += str(dut.optical_pin.value)
                await FallingEdge(dut.clk)
            self.cadus.append((start_ms, int(bits, 2).to_bytes(len(bits) // 8, "big")))


class Model:
    """The twin's core, one word at a time."""

    def __init__(self, name: str) -> None:
        self._core = CORES[name]()

    def _port(self, stimulus: bool):
        return self._core.stimulus if stimulus else self._core.flight

    def write(self, stimulus: bool, address: int, word: int) -> None:
        self._core.write(self._port(stimulus), address, word.to_bytes(4, "big"))

    def read(self, stimulus: bool, address: int) -> int:
        return int.from_bytes(self._core.read(self._port(stimulus), address, 4), "big")

    def grant(self, ms: int) -> None:
        target_ms = (self._core.time_ms + ms) & 0xFFFFFFFF
        self.write(True, self._core.stimulus.end - 4, target_ms)

    def window(self, stimulus: bool, octets: bytes) -> bool:
        return self._core.write_window(self._port(stimulus), octets)

    def windows(self) -> Iterator[tuple[int, bytes]]:
        """Windows of the flight port that can be read: address and what they show."""
        for address in self._core.flight.read_windows:
            yield address, self._core.read_window(self._core.flight)

    @property
    def powered(self) -> bool:
        return self._core.powered

    @property
    def time_ms(self) -> int:
        return self._core.time_ms

    def take_optical(self) -> list[tuple[int, bytes]]:
        return self._core.take_optical()


class Checker:
    """Compares time, every word that both ports show and every CADU."""

    def __init__(self, name: str, driver: Driver, monitor: Monitor | None, model: Model) -> None:
        self._driver, self._monitor, self._model = driver, monitor, model
        self._registers = [
            (stimulus, register)
            for stimulus, table in enumerate(TABLES[name])
            for register in table.REGISTERS
            if register.name not in SHELL_WORDS
        ]

    async def check(self, context: str) -> None:
        assert self._driver.time_ms == self._model.time_ms, context
        for stimulus, register in self._registers:
            if not stimulus and not self._model.powered:
                continue
            seen = await self._driver.read(bool(stimulus), register.address)
            expected = self._model.read(bool(stimulus), register.address)
            port = "stimulus" if stimulus else "flight"
            assert seen == expected, f"{context}: {port} {register.name} is {seen:#x}, twin {expected:#x}"
        for address, octets in self._model.windows() if self._model.powered else ():
            places = range(0, len(octets), 4)
            words = [await self._driver.read(False, address + place) for place in places]
            assert b"".join(word.to_bytes(4, "big") for word in words) == octets, context
        if self._monitor is not None:
            seen_cadus, self._monitor.cadus = self._monitor.cadus, []
            assert seen_cadus == self._model.take_optical(), context


def power_program(dice: random.Random) -> Iterator[Action]:
    flight, stimulus = power_flight, power_stimulus
    limiters = [register.address for register in flight.REGISTERS if register.name.startswith("LCL")][-8:]
    loads = [register.address for register in stimulus.REGISTERS if register.name.startswith("LOAD")]
    volts = (0, 5000, 9000, 9500, 12000, 13000, 0xFFFF)
    causes = (0, 0, 0, 0, 0, 0x80, 0xFFFFFF7F)
    kinds = ("GAUGE", "STRING", "PACK")
    plain = [register.address for register in stimulus.REGISTERS if register.name.startswith(kinds)]
    for address in limiters:
        limit, trip_ms, retries = dice.choice((80, 100, 150)), dice.choice((0, 1, 5, 30)), dice.randrange(4)
        yield Write(False, address, limit | trip_ms << 16 | retries << 24)
    for number in count():
        may_die = number >= 80  # there is no way back in the little time of this program
        yield Write(True, stimulus.STOP_CAUSE.address, dice.choice(causes))
        for _ in range(dice.randrange(4)):
            yield dice.choice(
                (
                    lambda: Write(True, dice.choice(loads), dice.randrange(160) << 16 | dice.randrange(160)),
                    lambda: Write(True, dice.choice(loads), 0),
                    lambda: Write(
                        True, stimulus.BATTERY.address, dice.choice(volts) << 16 | dice.getrandbits(16)
                    ),
                    lambda: Write(
                        True, stimulus.BUS.address, dice.choice(volts) << 16 | dice.getrandbits(16)
                    ),
                    lambda: Write(True, dice.choice(plain), dice.getrandbits(32)),
                    lambda: Write(
                        False, dice.choice(limiters), dice.randrange(200) | dice.getrandbits(16) << 16
                    ),
                    lambda: Write(False, flight.LCL_ENABLE.address, dice.choice((0, dice.getrandbits(32)))),
                    lambda: Write(False, flight.LCL_ENABLE.address, 0xFF),
                    lambda: Write(False, flight.LCL_ENABLE.address, 0xFF),
                    lambda: Write(False, flight.LCL_ENABLE.address, 0xFF),
                    lambda: Write(False, flight.STRING_ENABLE.address, dice.getrandbits(32)),
                    lambda: Write(False, flight.SWITCHES.address, dice.getrandbits(32)),
                    lambda: Write(
                        False, flight.WATCHDOG_KICK.address, dice.choice((0x4B49434B, 0x4B49434B, 0))
                    ),
                    lambda: Write(
                        False, flight.WATCHDOG_MS.address, dice.choice((0, 1, 2, 700, 3000, 0x12710))
                    ),
                    lambda: Write(False, flight.UVLO.address, dice.choice(volts) << 16 | dice.choice(volts)),
                    lambda: Write(False, flight.OVERCHARGE.address, dice.choice(volts) | 0x70000),
                    lambda: Write(
                        False,
                        flight.BUS_LIMITS.address,
                        dice.choice(volts) << 16 | may_die * dice.choice((0, 5000, 9000)),  # noqa: B023
                    ),
                )
            )()
        yield Grant(dice.choice((1, 2, 10, 99, 100, 500, 1000, 1500)))


def compute_program(dice: random.Random) -> Iterator[Action]:
    flight, stimulus = compute_flight, compute_stimulus
    yield Write(True, stimulus.BOOT_MS.address, 0x900000 | 2500)
    while True:
        for _ in range(dice.randrange(6)):
            nodes = dice.choice((0xFFFF, 0xFFFF, 0, dice.getrandbits(16)))
            yield dice.choice(
                (
                    lambda: Write(True, stimulus.POWERED.address, dice.choice((1, 1, 1, 1, 1, 1, 3, 0))),
                    lambda: Write(True, stimulus.POWERED.address, 1),
                    lambda: Write(True, stimulus.RACK_POWER.address, dice.choice((7, 3, 3, 3, 2, 1))),
                    lambda: Write(True, stimulus.HANG.address, 1 << dice.randrange(20)),
                    lambda: Write(True, stimulus.CORRUPT.address, dice.getrandbits(32)),
                    lambda: Write(True, stimulus.UNLOCK.address, dice.choice((0, dice.getrandbits(32)))),
                    lambda: Write(
                        True, stimulus.BOOT_MS.address, dice.choice((0, 1, 2, 50, 1023, 1024, 3000))
                    ),
                    lambda: Write(True, stimulus.MEMORY_ERRORS.address, dice.getrandbits(32)),
                    lambda: Write(True, stimulus.COOLANT.address, dice.getrandbits(32)),
                    lambda: Write(
                        True,
                        stimulus.TEMPERATURE_0_3.address + 4 * dice.randrange(4),
                        dice.choice((0, dice.getrandbits(32), 0x60606060)),
                    ),
                    lambda: Write(False, flight.NODE_ENABLE.address, nodes),  # noqa: B023
                    lambda: Write(False, flight.NODE_ENABLE.address, 0xFFFF),
                    lambda: Write(False, flight.COMMAND_STEPS_LOW.address, dice.getrandbits(32)),
                    lambda: Write(False, flight.COMMAND_STEPS_HIGH.address, dice.getrandbits(32)),
                    lambda: Write(False, flight.CHALLENGE.address, dice.getrandbits(32)),
                    lambda: Write(False, flight.RAMP.address, dice.choice((0, 1, 2, 10, 0x3FF))),
                    lambda: Write(
                        False, flight.TRIP_TEMPERATURE.address, dice.choice((255, 0x60, 0x50, 0x1F0))
                    ),
                )
            )()
        yield Grant(dice.choice((1, 1, 2, 10, 100, 1000, 1023, 1024, 5000)))


def laser_program(dice: random.Random) -> Iterator[Action]:
    flight, stimulus = laser_flight, laser_stimulus
    sequence = 0
    yield Write(True, stimulus.POWERED.address, 1)
    yield Write(False, flight.ACQUIRE_MS.address, 300)
    yield Write(False, flight.LASER_COMMAND.address, 1)
    while True:
        for _ in range(dice.randrange(5)):
            power = dice.choice((0, 3999, 4000, 9000, 9000, 9000))
            yield dice.choice(
                (
                    lambda: Write(True, stimulus.POWERED.address, dice.choice((1,) * 9 + (0,))),
                    lambda: Write(True, stimulus.OPTICAL.address, power << 16 | dice.getrandbits(16)),  # noqa: B023
                    lambda: Write(True, stimulus.OPTICAL.address, 9000 << 16 | dice.getrandbits(16)),
                    lambda: Write(True, stimulus.TEMPERATURE.address, dice.getrandbits(32)),
                    lambda: Write(
                        False, flight.LASER_COMMAND.address, dice.choice((1, 3, 3, 3, 2, 0xFFFFFFFD))
                    ),
                    lambda: Write(False, flight.LASER_COMMAND.address, 3),
                    lambda: Write(
                        False, flight.LIGHT_THRESHOLD.address, dice.choice((0, 4000, 4000, 0x19000))
                    ),
                    lambda: Write(False, flight.ACQUIRE_MS.address, dice.choice((0, 1, 20, 300))),
                    lambda: Write(False, flight.LOSS_MS.address, dice.choice((0, 1, 50, 150))),
                )
            )()
        for _ in range(dice.choice((0, 0, 1, 1, 2))):
            length = dice.choice((FRAME_OCTETS,) * 7 + (FRAME_OCTETS - 1,))
            frame = dice.randbytes(FRAME_OCTETS + 1)
            yield Frame(sequence.to_bytes(2, "big") + length.to_bytes(2, "big") + frame)
            sequence += dice.choice((0, 1, 1, 1))
        yield Grant(dice.choice((1, 5, 49, 50, 100, 199, 200, 201, 350)))


def uplink_program(dice: random.Random) -> Iterator[Action]:
    flight, stimulus = laser_flight, laser_stimulus
    yield Write(True, stimulus.POWERED.address, 1)
    yield Write(True, stimulus.OPTICAL.address, 9000 << 16)
    yield Write(False, flight.ACQUIRE_MS.address, 1)
    yield Write(False, flight.LASER_COMMAND.address, 1)
    while True:
        for _ in range(dice.randrange(12)):
            length = dice.choice((*(BLOCK_OCTETS,) * 6, BLOCK_OCTETS + 1, 7, 1, 0)).to_bytes(2, "big")
            yield Block(dice.randrange(5).to_bytes(2, "big") + length + dice.randbytes(BLOCK_OCTETS))
            if dice.random() < 0.7:
                yield Write(False, flight.RX_RELEASE.address, dice.getrandbits(16) << 16 | dice.randrange(5))
        yield dice.choice(
            (
                lambda: Write(True, stimulus.POWERED.address, 0),
                lambda: Write(True, stimulus.OPTICAL.address, dice.choice((0, 3999, 4000)) << 16),
                lambda: Write(False, flight.LOSS_MS.address, dice.choice((1, 50))),
                lambda: Write(False, flight.LASER_COMMAND.address, 0),
                lambda: Grant(dice.choice((1, 60))),
            )
        )()
        if dice.random() < 0.5:
            yield Block(dice.randrange(5).to_bytes(2, "big") + b"\0\xfc" + dice.randbytes(BLOCK_OCTETS))
        yield Write(True, stimulus.POWERED.address, 1)
        yield Write(True, stimulus.OPTICAL.address, 9000 << 16)
        yield Write(False, flight.ACQUIRE_MS.address, 1)
        yield Write(False, flight.LASER_COMMAND.address, 3)
        yield Grant(3)


async def play(driver: Driver, model: Model, action: Action) -> None:
    match action:
        case Write(stimulus, address, word):
            if stimulus or model.powered:
                model.write(stimulus, address, word)
                await driver.write(stimulus, address, word)
        case Grant(ms):
            model.grant(ms)
            await driver.grant(ms)
        case Frame(octets):
            if model.powered:
                assert model.window(False, octets) == (await driver.window(False, octets) != REFUSE)
        case Block(octets):
            assert model.window(True, octets) == (await driver.window(True, octets) != REFUSE)


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def equals_the_twin(dut) -> None:
    name, program_name, seed = (os.environ[key] for key in ("CORE", "PROGRAM", "PROGRAM_SEED"))
    driver, model = Driver(dut), Model(name)
    await driver.reset()
    checker = Checker(name, driver, Monitor(dut) if name == "laser" else None, model)
    await checker.check("after reset")
    program = PROGRAMS[program_name](random.Random(int(seed)))
    for number in range(ACTIONS[program_name]):
        action = next(program)
        await play(driver, model, action)
        if isinstance(action, Grant) or number % 4 == 0:
            await checker.check(f"seed {seed} action {number} {str(action)[:60]}")


TABLES = {
    "power": (power_flight, power_stimulus),
    "compute": (compute_flight, compute_stimulus),
    "laser": (laser_flight, laser_stimulus),
}
PROGRAMS = {
    "power": power_program,
    "compute": compute_program,
    "laser": laser_program,
    "uplink": uplink_program,
}
ACTIONS = {"power": 400, "compute": 300, "laser": 120, "uplink": 400}
