# SPDX-License-Identifier: Apache-2.0
"""Service 8, functions (ECSS-E-ST-70-41C 6.8): what the ground may ask of the satellite as a whole."""

from __future__ import annotations

import struct

from flatsat.protocols.telecommand import Arguments

from ..compute import NodeControl
from ..events import EventSink
from ..fdir import LimiterControl
from ..laser import LaserControl
from ..modes import HELD_AT, Level, Mode
from ..parameters import NODES
from .request import Commands, Effect, Failure, Rejected, integer

ALL_NODES = (1 << NODES) - 1
_KEPT = struct.Struct(">BH")
AUTO = 0


class FunctionService:
    """Mode request, nodes allowed, and orders that are carried out once.

    Attributes:
        mode_request: 0 AUTO, 1 SAFE, 2 CHARGE.
        level: the level that the satellite is held at or below.
        nodes: mask of the nodes that may run.
        restarting: whether the watchdog is no longer to be kicked.
    """

    key, version = 8, 1

    def __init__(
        self, limiters: LimiterControl, nodes: NodeControl, laser: LaserControl, events: EventSink
    ) -> None:
        self._limiters = limiters
        self._control = nodes
        self._laser = laser
        self._events = events
        self.nodes = ALL_NODES
        self.restarting = False
        self._hold(AUTO)

    @property
    def commands(self) -> Commands:
        return {
            "mode_set": self._set_mode,
            "nodes_allow": self._allow_nodes,
            "node_restart": self._restart_node,
            "laser_search": lambda arguments, now_ms: self._laser.search,
            "retries_clear": lambda arguments, now_ms: self._clear_retries,
            "computer_restart": self._restart_computer,
        }

    def pack(self) -> bytes:
        return _KEPT.pack(self.mode_request, self.nodes)

    def restore(self, octets: bytes) -> None:
        mode_request, nodes = _KEPT.unpack(octets)
        if mode_request not in _HELD:
            raise ValueError("no such mode request")
        self.nodes = nodes
        self._hold(mode_request)

    def _hold(self, mode_request: int) -> None:
        self.mode_request, self.level = mode_request, _HELD[mode_request]

    def _set_mode(self, arguments: Arguments, now_ms: int) -> Effect:
        mode_request = integer(arguments, "mode")
        return lambda: self._hold(mode_request)

    def _allow_nodes(self, arguments: Arguments, now_ms: int) -> Effect:
        nodes = integer(arguments, "nodes")

        def effect() -> None:
            self.nodes = nodes

        return effect

    def _restart_node(self, arguments: Arguments, now_ms: int) -> Effect:
        node = integer(arguments, "node")
        if not self._control.command.enable >> node & 1:
            raise Rejected(Failure.NOT_NOW, node)
        return lambda: self._control.restart(node)

    def _clear_retries(self) -> None:
        self._limiters.clear_retries()
        self._control.clear_retries()

    def _restart_computer(self, arguments: Arguments, now_ms: int) -> Effect:
        """The reset comes when the watchdog has run out; it is not one of those that lead to SAFE."""

        def effect() -> None:
            self.restarting = True
            self._events.raise_event("COMPUTER_RESTARTING", now_ms)

        return effect


_HELD: dict[int, Level] = {AUTO: HELD_AT[Mode.NOMINAL], 1: HELD_AT[Mode.SAFE], 2: HELD_AT[Mode.CHARGE]}
