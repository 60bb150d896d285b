# SPDX-License-Identifier: Apache-2.0
"""The flight bus over the twins: reads and writes of FIFO windows as flight software asks for them."""

import pytest
from flatsat.boards.registers import laser_flight, laser_stimulus
from flatsat.flightsw.ports import BoardId, Read, Refused, Write
from flatsat.hil.backends.port import STIMULUS, open_back_end
from flatsat.hil.flight_bus import FlightBus
from flatsat.hil.initiator import Initiator
from flatsat.hil.trace import Trace
from flatsat.hil.wire_faults import WireFaults

RX_FIFO = laser_flight.RX_FIFO
BLOCK = b"\0\7\0\x09" + bytes(range(252))


class StandingClock:
    now_ms = 0
    powered = (True, True, True)

    def wait(self, duration_ms):
        self.now_ms += duration_ms


@pytest.fixture
def bus():
    """The bus to boards whose laser tracks a light and holds one uplink block."""
    back_end, bench = open_back_end("twin"), Initiator(STIMULUS)
    bus = FlightBus(back_end, Trace(), WireFaults([], 1), StandingClock())

    def stimulate(address, octets, **how):
        transaction = bench.write(BoardId.LASER, address, octets, **how)
        assert transaction.judge(back_end.exchange([transaction.request])[0]) == b""

    stimulate(laser_stimulus.POWERED.address, b"\0\0\0\1\xff\xff\0\0")
    bus.exchange([Write(BoardId.LASER, laser_flight.LASER_COMMAND.address, b"\0\0\0\1\0\0\x0f\xa0\0\0\0\1")])
    stimulate(laser_stimulus.TIME_TARGET.address, b"\0\0\0\2")
    stimulate(laser_stimulus.UPLINK.address, BLOCK, incrementing=False)
    return bus


def test_a_window_is_read_and_its_block_released(bus):
    read = Read(BoardId.LASER, RX_FIFO.address, RX_FIFO.octets, incrementing=False)
    release = Write(BoardId.LASER, laser_flight.RX_RELEASE.address, b"\0\0\0\7")
    assert bus.exchange([read, read, release, read]) == [BLOCK, BLOCK, b"", bytes(256)]


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(Read(BoardId.LASER, RX_FIFO.address, RX_FIFO.octets), id="a window by increments"),
        pytest.param(Read(BoardId.LASER, RX_FIFO.address, 252, incrementing=False), id="a part of a window"),
        pytest.param(Read(BoardId.LASER, 0, 4, incrementing=False), id="a register without increments"),
    ],
)
def test_reads_that_the_map_does_not_have_are_refused(bus, read):
    assert bus.exchange([read]) == [Refused(10)]
