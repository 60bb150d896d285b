# SPDX-License-Identifier: Apache-2.0
"""The port that every back end implements, and the table of back ends.

A back end carries RMAP packets (SLIP is its own affair) to three boards and brings back their replies and the CADUs that
left the laser's optical pin. It knows nothing of faults, scenarios or flight software.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from flatsat.protocols.bridge import FLIGHT_PORT, STIMULUS_PORT, OpticalRecord, Request

__all__ = [
    "BACK_ENDS",
    "BOARDS",
    "SIMULATORS",
    "BackEnd",
    "OpticalRecord",
    "Options",
    "Request",
    "open_back_end",
]

FLIGHT, STIMULUS = FLIGHT_PORT, STIMULUS_PORT
POWER, COMPUTE, LASER = 0, 1, 2
BOARDS = ("power", "compute", "laser")


class BackEnd(Protocol):
    """A way to reach the three boards."""

    name: str

    def exchange(self, requests: Sequence[Request]) -> list[bytes | None]:
        """Deliver the packets and return their replies, None where no reply was due.

        Requests to one board run in order; different boards may run at the same time.

        Raises:
            BackEndError: a reply that is due did not come within the back end's wall-clock limit.
        """

    def take_optical(self) -> list[OpticalRecord]:
        """Hand over the CADUs that have left the optical pin since the last call, in order."""

    def reset(self) -> None:
        """Put the three boards into their power-on state, board time 0 included."""

    def images(self) -> Mapping[str, str]:
        """Name what the boards run: board name to build identity."""

    def versions(self) -> Mapping[str, str]:
        """Name the software beside this program that runs the boards, with its version."""

    def cannot(self) -> Collection[str]:
        """Name the faults that these boards cannot bring about, as a scenario's target and kind: `node3 hang`."""

    def close(self) -> None:
        """Let the boards go; safe to call twice."""


class Options(NamedTuple):
    """What a back end may be told when it is opened; `bench` is a bench file, or the name of one that comes with the package."""

    stimulus_on_uart: bool = False
    verbose: bool = True
    simulator: str | None = None
    bench: str | None = None


def open_back_end(name: str, options: Options = Options()) -> BackEnd:  # noqa: B008 (immutable)
    """Open a back end by its name in BACK_ENDS.

    Raises:
        KeyError: no such back end.
        BackEndError: it cannot be opened.
    """
    module, factory = BACK_ENDS[name].split(":")
    back_end: BackEnd = getattr(importlib.import_module(module, __package__), factory)(options)
    return back_end


SIMULATORS = ("verilator", "icarus")

BACK_ENDS: Mapping[str, str] = {
    "twin": ".twin:TwinBackEnd",
    "rtl": ".rtl:RtlBackEnd",
    "gates": ".rtl:GatesBackEnd",
    "serial": ".serial:SerialBackEnd",
}
