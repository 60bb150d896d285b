# SPDX-License-Identifier: Apache-2.0
"""Frames on their way to the laser board: no loss and no duplicate, whatever becomes of writes and replies."""

import pytest
from flatsat.boards.registers import laser_flight, laser_stimulus
from flatsat.boards.twin import TwinBoard
from flatsat.flightsw import commanding
from flatsat.flightsw.events import EventSink
from flatsat.flightsw.laser import LaserControl, LinkState, Zone
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.ports import BoardId, NoReply, PortFault, Refused, Write
from flatsat.flightsw.sample import READ_LASER, laser_words
from flatsat.protocols import dictionary, rmap
from hypothesis import given, settings
from hypothesis import strategies as st

P = FlightParameters(acquire_ms=2000, frame_queue=8)


class Terminal:
    """The laser board's twin and the control of it, with zones that are frames and carry their number."""

    def __init__(self, parameters: FlightParameters = P):
        self.board = TwinBoard("laser")
        self.control = LaserControl(parameters, lambda zone, now_ms: zone.octets)
        self.block = commanding.laser_block()
        self.events = EventSink(dictionary.load())
        self.now_ms = 0
        self.seen: list[int] = []
        self.number = 0
        self.power(True)
        acquire_ms = parameters.acquire_ms
        for word, address in ((4000, laser_flight.LIGHT_THRESHOLD), (acquire_ms, laser_flight.ACQUIRE_MS)):
            self.flight_write(Write(BoardId.LASER, address.address, word.to_bytes(4, "big")))

    def stimulus(self, register, word: int) -> None:
        packet = rmap.write_command(0x62, 0x21, 1, register.address, word.to_bytes(4, "big"))
        assert self.board.execute(packet)[3] == 0

    def power(self, on: bool) -> None:
        self.stimulus(laser_stimulus.POWERED, on)

    def flight_write(self, write: Write) -> bytes | PortFault:
        packet = rmap.write_command(
            0x42, 0x20, 1, write.address, write.octets, incrementing=write.incrementing
        )
        reply = self.board.execute(packet)
        return NoReply() if reply is None else b"" if reply[3] == 0 else Refused(reply[3])

    def push(self) -> None:
        zone = Zone(self.number, 0, self.number.to_bytes(4, "big").ljust(1115, b"\0"))
        self.control.push(zone, self.now_ms, self.events)
        self.number += 1

    def cycle(
        self, *, light: bool = True, sample: bool = True, command: bool = True, reply: bool = True
    ) -> None:
        self.stimulus(laser_stimulus.OPTICAL, 20_000 << 16 if light else 0)
        self.now_ms += 1000
        self.stimulus(laser_stimulus.TIME_TARGET, self.now_ms)
        for _, cadu in self.board.take_optical():
            self.seen.append(frame_number(cadu))
        octets = self.board.execute(rmap.read_command(0x42, 0x20, 1, READ_LASER.address, READ_LASER.length))
        if octets is not None and sample:
            self.control.observe(self.now_ms, laser_words(rmap.parse_reply(octets).octets), self.events)
        else:
            self.control.no_sample()
            return
        write = self.block.write((self.control.command(),))
        if write:
            self.block.answered(self.flight_write(write))
        frame = self.control.hand_over(self.now_ms)
        if frame:
            answer = self.flight_write(frame) if command else NoReply()
            self.control.handed(answer if reply else NoReply())


def frame_number(cadu: bytes) -> int:
    """Undo the long randomizer on the frame's first octets (its first 40 bits are printed in 131.0-B-5 10.4.3)."""
    return int.from_bytes(cadu[4:8], "big") ^ 0x1C71B91B


def test_acquires_and_sends_in_order():
    terminal = Terminal()
    for _ in range(6):
        terminal.push()
    for _ in range(15):
        terminal.cycle()
    assert terminal.control.state is LinkState.TRACK
    assert terminal.seen == list(range(6))


def test_holds_frames_while_there_is_no_light_and_catches_up_one_a_cycle():
    terminal = Terminal()
    for _ in range(8):
        terminal.push()
        terminal.cycle(light=False)
    assert terminal.control.queued == 8
    for _ in range(3):
        terminal.cycle()
    before = len(terminal.seen)
    for _ in range(5):
        terminal.cycle()
    assert len(terminal.seen) - before == 5
    for _ in range(5):
        terminal.cycle()
    assert terminal.seen == list(range(8))


def test_searches_again_after_a_loss():
    terminal = Terminal()
    for _ in range(4):
        terminal.cycle()
    assert terminal.control.state is LinkState.TRACK
    terminal.cycle(light=False)
    assert terminal.control.state is LinkState.LOST
    terminal.cycle(light=False)
    assert terminal.control.state is LinkState.ACQUIRE
    for _ in range(3):
        terminal.cycle()
    assert terminal.control.state is LinkState.TRACK
    names = [event.name for event, *_ in terminal.events.take(0)]
    assert names == ["LINK_ACQUIRED", "LINK_LOST", "LINK_ACQUIRED"]


def test_full_queue_drops_the_oldest_and_says_so():
    terminal = Terminal()
    for _ in range(10):
        terminal.push()
    assert (terminal.control.queued, terminal.control.dropped) == (8, 2)
    for _ in range(15):
        terminal.cycle()
    assert terminal.seen == list(range(2, 10))


def drops(terminal: Terminal) -> list[list[int]]:
    """Parameters of the events that report dropped frames."""
    taken = [event for events in iter(lambda: terminal.events.take(0), []) for event in events]
    return [parameters for event, _, *parameters in taken if event.name == "FRAMES_DROPPED"]


@pytest.mark.parametrize(
    ("pushed", "reports"),
    [
        (8, []),
        (9, [[1, 8]]),
        (16, [[1, 8]]),
        (17, [[1, 8], [9, 8]]),
        (40, [[1, 8], [9, 8], [17, 8], [25, 8]]),
    ],
    ids=["just-full", "first", "one-less-than-a-queue", "a-queue-later", "four-queues"],
)
def test_drops_are_reported_when_they_begin_and_once_in_every_queue_length(pushed, reports):
    terminal = Terminal()
    for _ in range(pushed):
        terminal.push()
    assert drops(terminal) == reports


def test_drops_are_reported_at_once_when_they_begin_again():
    terminal = Terminal()
    for _ in range(12):
        terminal.push()
    for _ in range(15):
        terminal.cycle()
    assert terminal.control.queued == 0
    for _ in range(10):
        terminal.push()
    assert drops(terminal) == [[1, 8], [5, 8]]


@pytest.mark.parametrize("tracking", [False, True], ids=["held-by-the-board", "already-sent"])
def test_power_loss_neither_loses_what_was_held_nor_repeats_what_was_sent(tracking):
    terminal = Terminal()
    terminal.push()
    terminal.cycle()
    terminal.cycle()
    if tracking:
        terminal.cycle()
        terminal.cycle()
        assert terminal.seen == [0]
    else:
        assert terminal.control.queued == 0  # handed over a little ahead of TRACK
    terminal.power(False)
    terminal.control.forget()
    terminal.block.forget()
    terminal.power(True)
    for word, address in ((4000, laser_flight.LIGHT_THRESHOLD), (2000, laser_flight.ACQUIRE_MS)):
        terminal.flight_write(Write(BoardId.LASER, address.address, word.to_bytes(4, "big")))
    terminal.push()
    for _ in range(8):
        terminal.cycle()
    assert terminal.seen == [0, 1]


def test_power_loss_keeps_the_order_of_a_frame_held_and_one_unanswered():
    terminal = Terminal(FlightParameters(acquire_ms=2400))
    terminal.push()
    terminal.push()
    terminal.cycle()
    terminal.cycle()
    terminal.cycle(command=False)
    assert (terminal.control.state, terminal.control.queued, terminal.seen) == (LinkState.ACQUIRE, 1, [])
    terminal.power(False)
    terminal.control.forget()
    terminal.block.forget()
    terminal.power(True)
    for _ in range(20):
        terminal.cycle()
    assert terminal.seen == [0, 1]


def test_pending_frame_gets_a_new_number_after_a_power_loss():
    terminal = Terminal()
    terminal.push()
    for _ in range(4):
        terminal.cycle(command=False)
    assert terminal.control.queued == 1
    terminal.power(False)
    terminal.control.forget()
    terminal.block.forget()
    terminal.power(True)
    for _ in range(20):
        terminal.cycle()
    assert terminal.seen == [0]


fates = st.lists(
    st.fixed_dictionaries(
        {"light": st.booleans(), "sample": st.booleans(), "command": st.booleans(), "reply": st.booleans()}
    ),
    max_size=40,
)


@given(fates)
@settings(max_examples=60, deadline=None)
def test_nothing_lost_nothing_twice(fates):
    terminal = Terminal(FlightParameters(acquire_ms=2000))
    for fate in fates:
        terminal.push()
        terminal.cycle(**fate)
    for _ in range(len(fates) + 12):
        terminal.cycle()
    assert terminal.seen == list(range(len(fates)))
