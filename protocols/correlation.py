# SPDX-License-Identifier: Apache-2.0
"""Board time to TAI, from the `time` reports of the satellite (ECSS-E-ST-70-41C service 9).

Board time counts milliseconds in 32 bits: it comes round after 49.7 days and starts again with the board. A report pairs
it with TAI. Reports that continue each other are one epoch; one that does not begins the next, as after a reset of the
board or a time that the ground has set. Board milliseconds alone do not say which epoch they are of: a TAI near them does,
such as the time of the packet that carries them.

Every epoch gives one TAI: of all that its 32 bits allow, the one nearest to that reference. The answer is the nearest of
these, of two as near the later epoch's, and none where all are more than `REACH_MS` away. So right before a reset the old
epoch answers and right behind it the new one, whichever reports came last; and around a time that was set, forwards or
backwards, the answer is in the time that the packet itself was given. A time set by less than `TOLERANCE_MS` begins no
epoch. Within an epoch the last report counts, for what was before it too: the clock's drift is followed, not undone.
"""

from collections import deque
from dataclasses import dataclass

BOARD_MODULUS_MS = 1 << 32
TOLERANCE_MS = 1_000  # between what two reports of one epoch say of the same moment
REACH_MS = (
    60_000  # between a board time and the TAI near it; a packet that waits longer was timed when it was built
)
EPOCHS = 64  # as many are remembered


def unwrapped_ms(board_ms: int, near_ms: int) -> int:
    """A board time of 32 bits as the one nearest to `near_ms` of all that it may be."""
    turns = (2 * (near_ms - board_ms) + BOARD_MODULUS_MS) // (2 * BOARD_MODULUS_MS)
    return board_ms + turns * BOARD_MODULUS_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """At board time `board_ms`, 0 to 2^32 - 1, it was `tai_ms`, milliseconds from 1958-01-01."""

    board_ms: int
    tai_ms: int

    def tai_of(self, board_ms: int, near_tai_ms: int) -> int:
        """TAI of a board time of this pair's epoch, of all that its 32 bits allow the nearest to `near_tai_ms`."""
        start_tai_ms = self.tai_ms - self.board_ms
        return start_tai_ms + unwrapped_ms(board_ms, near_tai_ms - start_tai_ms)


class Correlation:
    """Time reports in, in the order in which they were made; TAI of board times out."""

    def __init__(self) -> None:
        self._epochs: deque[Pair] = deque(maxlen=EPOCHS)  # the last report of each

    def add(self, board_ms: int, tai_ms: int) -> None:
        """Take a time report."""
        pair = Pair(board_ms=board_ms % BOARD_MODULUS_MS, tai_ms=tai_ms)
        if self._epochs and self._continues(self._epochs[-1], pair):
            self._epochs.pop()
        self._epochs.append(pair)

    def tai_ms(self, board_ms: int, near_tai_ms: int) -> int | None:
        """TAI of a board time, the nearest to `near_tai_ms` of what the epochs say; None beyond `REACH_MS` from it."""
        said = (pair.tai_of(board_ms, near_tai_ms) for pair in reversed(self._epochs))
        nearest = min(said, key=lambda tai_ms: abs(tai_ms - near_tai_ms), default=None)
        return None if nearest is None or abs(nearest - near_tai_ms) > REACH_MS else nearest

    @staticmethod
    def _continues(last: Pair, pair: Pair) -> bool:
        return abs(last.tai_of(pair.board_ms, pair.tai_ms) - pair.tai_ms) <= TOLERANCE_MS
