# SPDX-License-Identifier: Apache-2.0
"""A board on the bench, in Python: octets in, octets out, and light on the side."""

from collections.abc import Callable, Mapping

from flatsat.protocols import slip

from .compute import ComputeCore
from .core import Core
from .laser import LaserCore
from .power import PowerCore
from .target import Target


class TwinBoard:
    """The twin of one board of boards/README.md, just switched on.

    Args:
        name: a key of CORES.
    """

    def __init__(self, name: str) -> None:
        self._core = CORES[name]()
        self._target = Target(self._core)
        self._decoder = slip.Decoder()
        self.execute = self._target.execute

    def receive(self, octets: bytes) -> bytes:
        """Take octets from the serial line, in any pieces, and return those the board sends."""
        answer = b""
        for packet in self._decoder.receive(octets):
            if isinstance(packet, slip.Malformed):
                self._core.count_dropped()
            elif (reply := self.execute(packet)) is not None:
                answer += slip.encode(reply)
        return answer

    def take_optical(self) -> list[tuple[int, bytes]]:
        """CADUs that have left the optical pin since the last call, each with its starting millisecond."""
        return self._core.take_optical()


CORES: Mapping[str, Callable[[], Core]] = {
    "power": PowerCore,
    "compute": ComputeCore,
    "laser": LaserCore,
}
