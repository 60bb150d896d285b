# SPDX-License-Identifier: Apache-2.0
"""A small satellite for flight software: the twins of the boards on a bus that can lose packets, and a crude plant."""

import struct
from collections.abc import Callable, Sequence
from math import exp
from typing import NamedTuple

import pytest
from flatsat.boards.registers import compute_stimulus, laser_stimulus, power_stimulus
from flatsat.boards.twin import TwinBoard
from flatsat.flightsw import executive
from flatsat.flightsw.control.battery import rest_v
from flatsat.flightsw.parameters import FlightParameters, NodePower
from flatsat.flightsw.ports import BoardId, NoReply, PortFault, Read, Refused, Write
from flatsat.flightsw.telecommand.request import Failure
from flatsat.flightsw.telemetry.downlink import Downlink
from flatsat.protocols import dictionary, pus, rmap

BUS_V = 300.0
STEP_W = [NodePower().at_step(step) for step in range(16)]
LOADS_W = (400.0, 600.0, 0.0, 0.0, 1200.0, 500.0, 2000.0, 2200.0)
KEPT, LOST_COMMAND, LOST_REPLY = range(3)
UNASKED = ("power_hk", "compute_hk", "laser_hk", "fsw_hk", "event", "time")


class Memory:
    """Non-volatile memory of the flight computer."""

    def __init__(self):
        self.records: dict[str, bytes] = {}
        self.writes = 0

    def read(self, name: str) -> bytes | None:
        return self.records.get(name)

    def write(self, name: str, octets: bytes) -> None:
        self.records[name] = octets
        self.writes += 1


class Bus:
    """RMAP to the flight ports of the twins, without a deadline: `fate` says what is lost."""

    def __init__(self, boards: Sequence[TwinBoard]):
        self.boards = boards
        self.fate: Callable[[Read | Write], int] = lambda request: KEPT
        self.written: list[Write] = []
        self.exchanges = 0

    def exchange(self, requests: Sequence[Read | Write]) -> list[bytes | PortFault]:
        self.exchanges += 1
        return [self._one(request) for request in requests]

    def _one(self, request: Read | Write) -> bytes | PortFault:
        fate = self.fate(request)
        if fate == LOST_COMMAND:
            return NoReply()
        target = 0x40 + request.board
        if isinstance(request, Read):
            packet = rmap.read_command(
                target, 0x20, 1, request.address, request.length, incrementing=request.incrementing
            )
        else:
            self.written.append(request)
            packet = rmap.write_command(
                target, 0x20, 1, request.address, request.octets, incrementing=request.incrementing
            )
        reply = self.boards[request.board].execute(packet)
        if reply is None or fate == LOST_REPLY:
            return NoReply()
        parsed = rmap.parse_reply(reply)
        return bytes(parsed.octets) if parsed.status == 0 else Refused(parsed.status)


class Satellite:
    """Boards, plant and flight software in one loop of one-second cycles.

    Attributes:
        light: whether the relay's laser is seen; sun: array power as a function of time in seconds.
        charge: whether the battery can be charged.
        bus_v: what the bus voltage sensor reads.
        clock_ms: how far the time that flight software is told is off.
        events: name and parameters of each event, as it is raised.
    """

    def __init__(self, parameters: FlightParameters, state_of_charge: float = 0.75, start_ms: int = 0):
        self.parameters = parameters
        self.boards = [TwinBoard(name) for name in ("power", "compute", "laser")]
        self.bus = Bus(self.boards)
        self.memory = Memory()
        self.now_ms = start_ms
        self.state_of_charge = state_of_charge
        self.coolant_k = 290.0
        self.battery_k = 293.0
        self.charge = True
        self.light = True
        self.hang = self.corrupt = 0
        self.boot_ms = 120_000
        self.sun: Callable[[float], float] = lambda now_s: 110_000.0
        self.shorted = 0
        self.bus_v = BUS_V
        self.clock_ms = 0
        self.optical: list[tuple[int, bytes]] = []
        self.rack_w = [0.0, 0.0]
        self.load_a = [0.0] * 8
        self.battery_w = self.battery_a = self.polarised_a = 0.0
        self.battery_v = rest_v(parameters.cell, state_of_charge)
        self.brown_outs = 0
        self.flight: executive.FlightSoftware | None = None
        self.hung = False
        self.boots: list[int] = []
        self.events: list[tuple] = []

    def run(self, cycles: int, each: Callable[["Satellite"], None] = lambda satellite: None) -> None:
        for _ in range(cycles):
            self._advance(self.now_ms + self.parameters.cycle_ms)
            if self.flight is not None and not self.hung:
                self.flight.cycle(self.now_ms + self.clock_ms)
            each(self)

    def peek(self, board: BoardId, address: int, words: int = 1) -> tuple[int, ...]:
        """Words of a flight port, around the bus."""
        reply = self.boards[board].execute(rmap.read_command(0x40 + board, 0x21, 2, address, 4 * words))
        assert reply is not None
        return struct.unpack(f">{words}I", rmap.parse_reply(reply).octets)

    def hear(self, window: bytes) -> None:
        """An uplink block reaches the laser board."""
        packet = rmap.write_command(0x62, 0x21, 5, laser_stimulus.UPLINK.address, window, incrementing=False)
        reply = self.boards[BoardId.LASER].execute(packet)
        assert reply is not None and reply[3] == 0

    def reset(self) -> None:
        """The computer starts anew by itself; the boards do not notice."""
        self._boot(1, self.now_ms + self.clock_ms)

    def _boot(self, cause: int, told_ms: int) -> None:
        self.boots.append(cause)
        self.flight = executive.boot(self.memory, cause, self.bus, told_ms, self.parameters, self._hear)

    def _hear(self, name: str, now_ms: int, *parameters: int) -> None:
        self.events.append((name, *parameters))

    def _advance(self, target_ms: int) -> None:
        while self.now_ms < target_ms:
            start_ms = self.now_ms
            self._stimulate(target_ms)
            self._live((self.now_ms - start_ms) / 1000.0)

    def _stimulate(self, target_ms: int) -> None:
        string_a = self.sun(self.now_ms / 1000.0) / 8 / BUS_V
        loads = [65535 if self.shorted >> i & 1 else round(a * 100) for i, a in enumerate(self.load_a)]
        noise = self.now_ms // 1000 * 7 % 5 - 2  # no sensor that works repeats itself
        current = 32768 + noise + round(self.battery_a * 100)
        pack = 32768 + noise + round(self.battery_a * 50)
        kelvins = round(self.battery_k * 100) + noise
        sensors = [
            (round(self.bus_v * 100) + noise, round((sum(self.load_a) + 0.7) * 100) + noise),
            (round(self.battery_v * 100) + noise, current),
            (round(self.state_of_charge * 50_000) + noise, kelvins),
            *[(max(round(string_a * 100) + noise, 0),) * 2] * 4,
            *[(loads[i], loads[i + 1]) for i in range(0, 8, 2)],
            (pack, pack),
            (100, 100),
            (kelvins, kelvins),
        ]
        words = [high << 16 | low for high, low in sensors]
        self._poke(0, power_stimulus.STOP_CAUSE.address, 0, *words, target_ms)
        stop, self.now_ms = (
            self._inspect(0, power_stimulus.STOP_CAUSE),
            self._inspect(0, power_stimulus.TIME_NOW),
        )
        actuators = self._inspect(0, power_stimulus.ACTUATORS)
        if not actuators >> 19 & 1:
            self.flight, self.hung = None, False
        elif self.flight is None and not self.hung:
            cause = self._inspect(0, power_stimulus.BOOT) & 0xFF
            self._boot(cause, self.now_ms)
        lcl_on = actuators & 0xFF
        self.charge = bool(actuators & power_stimulus.ACTUATORS_CHARGE.mask)
        hottest = [round(self.coolant_k + 0.0015 * w / 8 - 200) for w in self.rack_w]
        heat = [h << 24 | h << 16 | h << 8 | h for h in (hottest[0], hottest[0], hottest[1], hottest[1])]
        heat[0] -= self.now_ms // 1000 % 2  # nor do sixteen
        self._poke(
            1,
            compute_stimulus.POWERED.address,
            lcl_on & 1,
            lcl_on >> 2 & 3,
            self.hang,
            self.corrupt,
            0,
            self.boot_ms,
        )
        coolant = round(self.coolant_k * 100) + noise
        self._poke(1, compute_stimulus.COOLANT.address, coolant << 16 | coolant, *heat, self.now_ms)
        light = 40_000 << 16 if self.light else 0
        self._poke(2, laser_stimulus.POWERED.address, lcl_on >> 1 & 1, light, 29_300, self.now_ms)
        self.optical += self.boards[2].take_optical()
        self._load(lcl_on)
        assert stop == 0 or self.now_ms <= target_ms

    def _load(self, lcl_on: int) -> None:
        states = self._inspect(1, compute_stimulus.NODE_STATE)
        steps = self._inspect(1, compute_stimulus.STEPS_HIGH) << 32 | self._inspect(
            1, compute_stimulus.STEPS_LOW
        )
        nodes = [(0.0, 2200.0, STEP_W[steps >> 4 * n & 15], 1600.0)[states >> 2 * n & 3] for n in range(16)]
        self.rack_w = [sum(nodes[:8]), sum(nodes[8:])]
        watts = [LOADS_W[0], LOADS_W[1], *self.rack_w, LOADS_W[4], 0.0, 0.0, LOADS_W[7]]
        self.load_a = [w / BUS_V if lcl_on >> i & 1 else 0.0 for i, w in enumerate(watts)]

    def _live(self, elapsed_s: float) -> None:
        net_w = self.sun(self.now_ms / 1000.0) - sum(self.load_a) * BUS_V - 200.0
        self.brown_outs += net_w < -25_000.0
        self.battery_w = min(net_w, 20_000.0 if self.charge and self.state_of_charge < 1.0 else 0.0)
        cell = self.parameters.cell
        at_rest_v = rest_v(cell, self.state_of_charge)
        self.battery_a = self.battery_w * (0.97 if self.battery_w > 0 else 1 / 0.97) / self.battery_v
        drop_v = cell.series_ohm * self.battery_a + cell.polarisation_ohm * self.polarised_a
        self.battery_v = at_rest_v + drop_v
        self.polarised_a += (self.battery_a - self.polarised_a) * (
            1.0 - exp(-elapsed_s / cell.polarisation_s)
        )
        stored_w = at_rest_v * self.battery_a
        self.state_of_charge += stored_w * elapsed_s / 3600.0 / self.parameters.battery_capacity_wh
        out_w = 1.1476e-5 * self.coolant_k**4 - 11_500.0
        self.coolant_k = max(self.coolant_k + (sum(self.rack_w) + 4000.0 - out_w) * elapsed_s / 900e3, 240.0)

    def _poke(self, board: int, address: int, *words: int) -> None:
        packet = rmap.write_command(0x60 + board, 0x21, 3, address, struct.pack(f">{len(words)}I", *words))
        reply = self.boards[board].execute(packet)
        assert reply is not None and reply[3] == 0

    def _inspect(self, board: int, register) -> int:
        reply = self.boards[board].execute(rmap.read_command(0x60 + board, 0x21, 4, register.address, 4))
        assert reply is not None
        return int.from_bytes(rmap.parse_reply(reply).octets, "big")


@pytest.fixture
def events() -> list[tuple]:
    """Name and parameters of each event of the satellite, as it is raised."""
    return []


@pytest.fixture
def make_satellite(events) -> Callable[..., Satellite]:
    def make(parameters: FlightParameters | None = None, **given: float) -> Satellite:
        satellite = Satellite(parameters or FlightParameters(), **given)
        satellite.events = events
        return satellite

    return make


class Report(NamedTuple):
    """A telemetry packet as it is sent: its name in the dictionary, subtype, raw values and destination."""

    name: str
    subtype: int
    raw: tuple[float, ...]
    destination: int


class Ground:
    """The ground: blocks up through the laser board, and what the satellite reports.

    Attributes:
        reports: all since they were last taken.
        sequence: of the latest block.
    """

    def __init__(self, satellite: Satellite) -> None:
        self.satellite = satellite
        self.dictionary = dictionary.load()
        self.reports: list[Report] = []
        self.sequence = 0
        self.count = 0

    def encode(
        self,
        name: str,
        /,
        *,
        acknowledge: int = 0b1101,
        count: int | None = None,
        source: int = 0,
        **arguments,
    ) -> bytes:
        """A telecommand packet; values outside their range pass."""
        definition = self.dictionary.telecommands[name]
        if count is None:
            count, self.count = self.count, self.count + 1 & 0x3FFF
        header = pus.TelecommandHeader(
            service=definition.service, subtype=definition.subtype, acknowledge=acknowledge, source=source
        )
        data = definition.pack(arguments, checked=False)
        return pus.Telecommand(apid=0x20, sequence_count=count, header=header, data=data).encode()

    def up(self, octets: bytes) -> None:
        """Have a block reach the laser board."""
        self.sequence = self.sequence % 0xFFFF + 1
        block = struct.pack(">HH", self.sequence, len(octets)) + octets
        self.satellite.hear(block.ljust(256, b"\xa5"))

    def send(self, telecommand: str | bytes, /, cycles: int = 1, **arguments) -> list[tuple]:
        """Send a telecommand and fly some cycles; returns its answers, see `taken`."""
        self.taken()
        octets = telecommand if isinstance(telecommand, bytes) else self.encode(telecommand, **arguments)
        self.up(octets)
        self.satellite.run(cycles)
        return self.taken()

    def taken(self) -> list[tuple]:
        """Take the answers to telecommands: (subtype,) or (subtype, failure) of verification, others (name, *raw values)."""
        reports, self.reports = self.reports, []
        return [_brief(report) for report in reports if report.name not in UNASKED]


def _brief(report: Report) -> tuple:
    if report.name == "verification":
        return (report.subtype,)
    if report.name == "verification_failure":
        return report.subtype, Failure(int(report.raw[2])).name
    return report.name, *report.raw


@pytest.fixture
def make_ground(monkeypatch) -> Callable[[Satellite], Ground]:
    """Ground for a satellite; the one made last listens."""
    listening: list[Ground] = []
    send = Downlink.send

    def note(downlink, packet, subtype, raw, now_ms, destination=0):
        if listening:
            values = packet.unpack(packet.pack(raw))
            listening[-1].reports.append(Report(packet.name, subtype, values, destination))
        return send(downlink, packet, subtype, raw, now_ms, destination)

    def make(satellite: Satellite) -> Ground:
        listening[:] = [Ground(satellite)]
        return listening[-1]

    monkeypatch.setattr(Downlink, "send", note)
    return make


@pytest.fixture
def ground(make_satellite, make_ground) -> Ground:
    """Ground of a satellite whose link has been acquired."""
    ground = make_ground(make_satellite())
    ground.satellite.run(20)
    ground.taken()
    return ground


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def lost() -> tuple[int, int, int]:
    """What can become of a request: kept, command lost, reply lost."""
    return KEPT, LOST_COMMAND, LOST_REPLY
