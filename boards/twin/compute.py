# SPDX-License-Identifier: Apache-2.0
"""Twin of the compute board (boards/README.md section 4): sixteen nodes that live from event to event.

Once every node only counts, the usual case, they are left at it until an input changes or one gets too hot.
"""

from collections.abc import Sequence
from struct import Struct

from ..registers import compute_flight as flight
from ..registers import compute_stimulus as stimulus
from .core import MODULO, Port, SwitchedCore
from .node import NEVER_MS, ON, Drive, Node

NODES = 16
NODES_A_RACK = 8
TOP_STEP = 15

_TEMPERATURES = slice(stimulus.TEMPERATURE_0_3.index, stimulus.TEMPERATURE_12_15.index + 1)
_SENSORS = slice(flight.MEMORY_ERRORS.index, flight.TEMPERATURE_12_15.index + 1)
_STIMULUS_SENSORS = slice(stimulus.MEMORY_ERRORS.index, stimulus.TEMPERATURE_12_15.index + 1)
_NODE_WORDS = slice(flight.NODE_STATE.index, flight.STEPS_HIGH.index + 1)
_STIMULUS_NODE_WORDS = slice(stimulus.NODE_STATE.index, stimulus.STEPS_HIGH.index + 1)
_NODE_WORK = slice(flight.WORK0.index, flight.WORK15.index + 1)
_FOUR_WORDS = Struct(">4I")


class ComputeCore(SwitchedCore):
    """Sixteen accelerator nodes, their work and their answers."""

    def __init__(self) -> None:
        super().__init__(flight, stimulus, stimulus.POWERED.index)
        self._reset()

    def _reset(self) -> None:
        self._nodes = [Node() for _ in range(NODES)]
        self._working: list[Node] = []
        self._tripped = 0
        self._settled_with: tuple[int, ...] | None = None

    # registers ---------------------------------------------------------------------------------------

    def _refresh(self, port: Port) -> None:
        words = port.words
        work = [node.work for node in self._nodes]
        total = sum(work)
        if port is self.stimulus:
            words[stimulus.TIME_NOW.index] = self.time_ms
            words[_STIMULUS_NODE_WORDS] = self.flight.words[_NODE_WORDS]
            words[stimulus.WORK_HIGH.index] = total >> 32 & MODULO
            words[stimulus.WORK_LOW.index] = total & MODULO
            return
        words[flight.TIME_NOW.index] = self.time_ms
        words[flight.RMAP_ERRORS.index] = self.rmap_errors
        words[flight.HEARTBEATS.index] = _packed([node.beat >> 9 for node in self._nodes], 2)
        words[flight.TRIPPED.index] = self._tripped
        words[flight.WORK_HIGH.index] = total >> 32 & MODULO
        words[flight.WORK_LOW.index] = total & MODULO
        words[_SENSORS] = self.stimulus.words[_STIMULUS_SENSORS]
        words[_NODE_WORK] = [node_work & MODULO for node_work in work]

    # time --------------------------------------------------------------------------------------------

    def _live(self, ms: int) -> int:
        if not self.powered:
            return ms
        temperatures = _FOUR_WORDS.pack(*self.stimulus.words[_TEMPERATURES])
        settings = self._settings()
        hottest_allowed = self.flight.words[flight.TRIP_TEMPERATURE.index]
        if settings == self._settled_with and max(temperatures) <= hottest_allowed:
            for node in self._working:
                node.count(ms)
        else:
            self._live_apart(ms, settings, temperatures)
        self.flight.words[flight.RESPONSE.index] = self._response()
        return ms

    def _settings(self) -> tuple[int, ...]:
        """What drives the nodes, apart from temperatures."""
        words, inputs = self.flight.words, self.stimulus.words
        return (
            words[flight.NODE_ENABLE.index],
            inputs[stimulus.RACK_POWER.index],
            inputs[stimulus.HANG.index],
            inputs[stimulus.UNLOCK.index],
            words[flight.COMMAND_STEPS_HIGH.index] << 32 | words[flight.COMMAND_STEPS_LOW.index],
            words[flight.RAMP.index],
            inputs[stimulus.BOOT_MS.index],
        )

    def _live_apart(self, ms: int, settings: tuple[int, ...], temperatures: bytes) -> None:
        enable, racks, hang, unlock, commands, ramp_ms, boot_ms = settings
        hottest_allowed = self.flight.words[flight.TRIP_TEMPERATURE.index]
        settled = True
        for place, node in enumerate(self._nodes):
            drive = Drive(
                enable >> place & 1 == 1,
                racks >> place // NODES_A_RACK & 1 == 1,
                temperatures[place] > hottest_allowed,
                hang >> place & 1 == 1,
                TOP_STEP if unlock >> place & 1 else commands >> 4 * place & 0xF,
                ramp_ms,
                boot_ms,
            )
            node.live(ms, drive)
            settled = settled and node.quiet_ms(drive) == NEVER_MS
        self._settled_with = settings if settled else None
        self._show_nodes()

    def _show_nodes(self) -> None:
        nodes, words = self._nodes, self.flight.words
        self._working = [node for node in nodes if node.state is ON]
        self._tripped = _packed([node.tripped for node in nodes], 1)
        words[flight.NODE_STATE.index] = _packed([node.state for node in nodes], 2)
        words[flight.STEPS_LOW.index] = _packed([node.step for node in nodes[:8]], 4)
        words[flight.STEPS_HIGH.index] = _packed([node.step for node in nodes[8:]], 4)

    def _response(self) -> int:
        challenge = self.flight.words[flight.CHALLENGE.index]
        place, nonce = challenge >> 28, challenge & 0xFFFFFFF
        if self._nodes[place].state is not ON:
            return 0
        corrupt = self.stimulus.words[stimulus.CORRUPT.index] >> place & 1
        return place << 28 | ((5 * nonce + 0x3C6EF35) & 0xFFFFFFF) ^ corrupt


def _packed(values: Sequence[int], bits: int) -> int:
    """The values side by side in a word, the first in the lowest bits."""
    word = 0
    for value in reversed(values):
        word = word << bits | value
    return word
