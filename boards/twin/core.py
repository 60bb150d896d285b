# SPDX-License-Identifier: Apache-2.0
"""What the three boards share: two ports of words, board time, and the reset by POWERED."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from operator import and_
from struct import Struct

from ..register import RegisterTable

MODULO = 0xFFFFFFFF
HALF = 0x80000000
LONGEST_ACCESS_WORDS = 280

_WORDS = tuple(Struct(f">{count}I") for count in range(LONGEST_ACCESS_WORDS + 1))


class Port:
    """The words of one logical address; those that the board works out are brought up to date on reading."""

    def __init__(self, table: RegisterTable) -> None:
        self.logical_address = table.LOGICAL_ADDRESS
        self.writable_from = table.WRITABLE_FROM
        self.end = table.END
        self.resets = [register.reset for register in table.REGISTERS]
        self.masks = [register.mask for register in table.REGISTERS]
        self.words = list(self.resets)
        self.write_windows = {window.address: window.octets for window in table.WINDOWS if window.writable}
        self.read_windows = {window.address: window.octets for window in table.WINDOWS if not window.writable}


class Core(ABC):
    """A board behind its RMAP target.

    Plain words live in the ports. A board names the flight words whose writing does more than store
    (`_flight_actions`: place in the map to what takes the masked word), brings the words it works out up to
    date (`_refresh`), and lives milliseconds (`_live`).
    """

    def __init__(self, flight: RegisterTable, stimulus: RegisterTable) -> None:
        self.flight = Port(flight)
        self.stimulus = Port(stimulus)
        self.time_ms = 0
        self.powered = True
        self._dropped = 0
        self._rejected = 0
        self._time_target = self.stimulus.end - 4
        self._flight_actions: Mapping[int, Callable[[int], None]] = {}

    # counters ----------------------------------------------------------------------------------------

    @property
    def rmap_errors(self) -> int:
        """The word RMAP_ERRORS."""
        return self._dropped << 16 | self._rejected

    def count_dropped(self) -> None:
        """A packet got no reply; an unpowered board does not count."""
        if self.powered:
            self._dropped = (self._dropped + 1) & 0xFFFF

    def count_rejected(self) -> None:
        """A packet was answered with a status other than 0; an unpowered board does not count."""
        if self.powered:
            self._rejected = (self._rejected + 1) & 0xFFFF

    # words -------------------------------------------------------------------------------------------

    def read(self, port: Port, address: int, octets: int) -> bytes:
        """The words from `address` on, which the caller has found to be inside the map."""
        self._refresh(port)
        first, count = address >> 2, octets >> 2
        return _WORDS[count].pack(*port.words[first : first + count])

    def write(self, port: Port, address: int, octets: bytes) -> None:
        """Write words that the caller has found to be writable, in ascending order; the last may grant."""
        first, count = address >> 2, len(octets) >> 2
        masks = port.masks[first : first + count]
        words = list(map(and_, _WORDS[count].unpack(octets), masks))
        if port is self.stimulus:
            self._store_stimulus(first, words)
            if address + len(octets) > self._time_target:
                self._grant(words[-1])
        else:
            actions = self._flight_actions
            for index, word in enumerate(words, first):
                if index in actions:
                    actions[index](word)
                else:
                    port.words[index] = word

    def _store_stimulus(self, first: int, words: list[int]) -> None:
        self.stimulus.words[first : first + len(words)] = words

    def write_window(self, port: Port, octets: bytes) -> bool:
        """Write the port's FIFO window; False: the board refuses, as one without a window does."""
        return False

    def read_window(self, port: Port) -> bytes:
        """What the port's FIFO window shows; a port without one shows nothing."""
        return b""

    def take_optical(self) -> list[tuple[int, bytes]]:
        """CADUs since the last call; a board without an optical pin has none."""
        return []

    # time --------------------------------------------------------------------------------------------

    def _grant(self, target_ms: int) -> None:
        ms = (target_ms - self.time_ms) & MODULO
        if 0 < ms < HALF:
            self.time_ms = (self.time_ms + self._live(ms)) & MODULO

    # what a board adds -------------------------------------------------------------------------------

    @abstractmethod
    def _refresh(self, port: Port) -> None:
        """Bring the words of `port` up to date."""

    @abstractmethod
    def _live(self, ms: int) -> int:
        """Live up to `ms` milliseconds, at least 1, from `time_ms` on; return how many it were."""


class SwitchedCore(Core):
    """A board that the power board feeds through a limiter: POWERED holds it in reset."""

    def __init__(self, flight: RegisterTable, stimulus: RegisterTable, powered_index: int) -> None:
        super().__init__(flight, stimulus)
        self.powered = False
        self._powered_index = powered_index

    def _store_stimulus(self, first: int, words: list[int]) -> None:
        super()._store_stimulus(first, words)
        powered = self.stimulus.words[self._powered_index] == 1
        if not powered and self.powered:
            self._dropped = self._rejected = 0
            self.flight.words[:] = self.flight.resets
            self._reset()
        self.powered = powered

    @abstractmethod
    def _reset(self) -> None:
        """Set the board's own state to its reset values; flight words and time are the caller's."""
