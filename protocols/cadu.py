# SPDX-License-Identifier: Apache-2.0
"""CADU synchronization (CCSDS 131.0-B section 9): channel access data units in a stream with losses and noise.

A marker alone proves little: noise may imitate one, a burst may hit one. So every place where a CADU may stand is
judged by its content. In lock that place is right behind the last CADU, whatever stands there; out of lock it is
where a marker is found. A place that fails is given up and the search resumes inside it, unless markers at both of
its ends show that a damaged CADU filled it. What is found does not depend on how the stream was cut into pieces.

Out of lock a marker must be exact, so a wrong bit in the first marker behind a gap costs one more frame: at a bit error
rate of 3e-4 that is 1 gap in 100. To allow wrong bits there, every octet would have to be tried.

Markers may also be there to keep a receiver busy. One that nothing follows is judged in full only if a first look at
its content allows it, or if no other was reported close before it: work and reports stay in proportion to the octets.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

MARKER_TOLERANCE_BITS = 3  # wrong bits allowed in a marker where one is expected
BATCH = 256  # CADUs judged, or markers looked at, at once; bounds memory
LOOK = 16  # markers looked at first, then twice as many: looks behind a good one are in vain
_ONES = np.array([value.bit_count() for value in range(256)], np.uint8)


class Judgement(Protocol):
    """What the content of a CADU proved to be."""

    @property
    def accepted(self) -> bool: ...


J = TypeVar("J", bound=Judgement)


@dataclass(frozen=True, slots=True, kw_only=True)
class OctetsSkipped:
    """`count` octets of the stream from `offset` on belong to no CADU, though `markers` markers stand in them.

    Octets that the stream ends with, where a CADU was due, are a marker too if they are the first of one.
    """

    offset: int
    count: int
    markers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Located(Generic[J]):
    """A CADU at `offset` of the stream; one that was not accepted had its marker at least.

    Where rejected ones overlap, the later counts as skipped octets if it begins in the first half of one reported.
    """

    offset: int
    judgement: J


class Synchronizer(Generic[J]):
    """Octets in, located CADUs and skipped octets out; between calls it keeps no more than two CADUs.

    `judge` takes CADUs [n, cadu_octets] and returns n judgements; `glance` takes the same, costs little, and returns
    n truth values, false only for what `judge` would not accept. `overlap`: how many octets before the end of an
    accepted CADU the next may start, because the code mends that many when the stream lost octets there.
    """

    def __init__(
        self,
        marker: bytes,
        cadu_octets: int,
        overlap: int,
        judge: Callable[[NDArray[np.uint8]], Sequence[J]],
        glance: Callable[[NDArray[np.uint8]], NDArray[np.bool_]],
    ) -> None:
        self._marker = marker
        self._size = cadu_octets
        self._overlap = overlap
        self._judge = judge
        self._glance = glance
        self._buffer = b""
        self._origin = 0  # where in the stream the buffer begins
        self._at = 0  # place under examination, in the buffer
        self._locked = False  # a CADU is expected at that place
        self._reach = 0  # how far before that place a marker may still be of use
        self._end = 0  # where in the stream the last located CADU ended
        self._passed = 0  # markers since then that begin no CADU
        self._reportable = 0  # from where in the stream on a rejected place is reported

    def receive(self, octets: bytes) -> list[Located[J] | OctetsSkipped]:
        """What can be decided with these octets."""
        drop = max(0, self._at - self._overlap)
        self._buffer = self._buffer[drop:] + octets
        self._origin += drop
        self._at -= drop
        return self._advance(final=False)

    def close(self) -> list[Located[J] | OctetsSkipped]:
        """What remains when no more octets come."""
        found = self._advance(final=True)
        self._passed += self._cut_marker()
        self._account(self._origin + len(self._buffer), found)
        return found

    def _advance(self, final: bool) -> list[Located[J] | OctetsSkipped]:
        found: list[Located[J] | OctetsSkipped] = []
        while self._locked or self._search():
            places = self._places()
            if len(places):
                if not self._examine(places, final, found):
                    break
            elif final:
                self._give_up()
            else:
                break
        return found

    def _search(self) -> bool:
        """Go to the next marker worth a place, or to where one may have begun."""
        look = LOOK
        while len(markers := self._markers(look)):
            worthy = self._worthy(markers)
            if worthy is not None:
                self._pass(markers[markers < worthy])
                self._locked, self._at = True, worthy
                return True
            self._pass(markers)
            self._at = int(markers[-1]) + 1
            look = min(2 * look, BATCH)
        at = self._buffer.find(self._marker, self._at)
        self._locked = at >= 0
        self._at = at if self._locked else max(self._at, len(self._buffer) - len(self._marker) + 1)
        return self._locked

    def _markers(self, limit: int) -> NDArray[np.intp]:
        """The next markers, as far as a whole place and the marker due at its end are there."""
        found: list[int] = []
        last = max(0, len(self._buffer) - self._size)  # where a marker at the end of such a place must end
        at = self._buffer.find(self._marker, self._at, last)
        while at >= 0 and len(found) < limit:
            found.append(at)
            at = self._buffer.find(self._marker, at + 1, last)
        return np.array(found, np.intp)

    def _worthy(self, markers: NDArray[np.intp]) -> int | None:
        """The first that another one follows, or that would be reported, or that begins a CADU."""
        octets = np.frombuffer(self._buffer, np.uint8)
        ends = sliding_window_view(octets, len(self._marker))[markers + self._size]
        sure = np.flatnonzero(self._alike(ends) | (markers + self._origin >= self._reportable))
        doubtful = markers[: sure[0]] if len(sure) else markers
        if len(doubtful):
            places = sliding_window_view(octets, self._size)[doubtful]
            possible = np.flatnonzero(self._glance(places))
            if len(possible):
                for marker, judgement in zip(doubtful[possible], self._judge(places[possible]), strict=True):
                    if judgement.accepted:
                        return int(marker)
        return int(markers[sure[0]]) if len(sure) else None

    def _alike(self, octets: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which rows [n, marker octets] are markers, but for a few bits."""
        wrong = _ONES[octets ^ np.frombuffer(self._marker, np.uint8)].sum(axis=1)
        alike: NDArray[np.bool_] = wrong <= MARKER_TOLERANCE_BITS
        return alike

    def _places(self) -> NDArray[np.uint8]:
        """The whole place here, and those behind it as long as markers follow each other; [n, cadu_octets]."""
        whole = min((len(self._buffer) - self._at) // self._size, BATCH)
        octets = np.frombuffer(self._buffer, np.uint8, max(0, whole) * self._size, self._at)
        places = octets.reshape(-1, self._size)
        unmarked = np.flatnonzero(~self._alike(places[:, : len(self._marker)]))
        return places[: max(1, unmarked[0])] if len(unmarked) else places

    def _examine(
        self, places: NDArray[np.uint8], final: bool, found: list[Located[J] | OctetsSkipped]
    ) -> bool:
        """Judge places; False when only more octets can tell whether a damaged CADU filled the last of them."""
        for judgement in self._judge(places):
            located = Located(offset=self._origin + self._at, judgement=judgement)
            if not judgement.accepted:
                if self._at + self._size + len(self._marker) > len(self._buffer) and not final:
                    return False
                marked = self._marked(self._at)
                if not (marked and self._marked(self._at + self._size)):
                    if marked and located.offset >= self._reportable:
                        found.append(located)
                        self._reportable = located.offset + self._size // 2
                    self._give_up()
                    return True
            self._account(located.offset, found)
            found.append(located)
            self._at += self._size
            self._end = self._origin + self._at
            self._reach = self._overlap
        return True

    def _marked(self, at: int) -> bool:
        """Whether a marker stands there; where the stream ends, as much of one as there is room for."""
        pairs = zip(self._buffer[at : at + len(self._marker)], self._marker, strict=False)
        return sum((octet ^ expected).bit_count() for octet, expected in pairs) <= MARKER_TOLERANCE_BITS

    def _give_up(self) -> None:
        """No CADU here: search from the next octet on, but first once where the last CADU may hide a marker."""
        if self._at + len(self._marker) <= len(self._buffer) and self._marked(self._at):
            self._pass(np.array([self._at]))
        before = max(0, self._at - self._reach)
        early = self._buffer.find(self._marker, before, self._at + len(self._marker) - 1)
        self._reach = 0
        self._locked = early >= 0
        self._at = early if self._locked else self._at + 1

    def _cut_marker(self) -> bool:
        """Whether all that is left behind the last located CADU is the beginning of a marker."""
        left = self._origin + len(self._buffer) - self._end
        return 0 < left < len(self._marker) and self._buffer.endswith(self._marker[:left])

    def _pass(self, markers: NDArray[np.intp]) -> None:
        """Count those that the last located CADU does not cover."""
        self._passed += int((markers + self._origin >= self._end).sum())

    def _account(self, offset: int, found: list[Located[J] | OctetsSkipped]) -> None:
        if offset > self._end:
            found.append(OctetsSkipped(offset=self._end, count=offset - self._end, markers=self._passed))
            self._end = offset
        self._passed = 0
