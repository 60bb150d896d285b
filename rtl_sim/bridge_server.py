# SPDX-License-Identifier: Apache-2.0
"""The cocotb test module that serves the simulated boards to a bench in another process, over the socket that it has inherited.

Messages: protocols/bridge.py. It ends when the bench asks for it or lets go of its end.
"""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import Any

import cocotb
from flatsat.protocols import bridge

from .hosts import Hosts
from .icarus_hosts import IcarusHosts
from .lines import BoardFault, BoardHung, SimulatedBoards
from .verilator_hosts import VerilatorHosts

RECEIVE_OCTETS = 1 << 18

# What server.py hands over in the environment.
BRIDGE, BUILD_ID, SIMULATOR = "FLATSAT_BRIDGE", "FLATSAT_BUILD_ID", "FLATSAT_SIMULATOR"
STIMULUS_ON_UART, SCRIPTS = "FLATSAT_STIMULUS_ON_UART", "FLATSAT_SCRIPTS"


class Peer:
    """The bench at the other end of the socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._deframer = bridge.Deframer()
        self._received: list[bridge.Message] = []

    def receive(self) -> bridge.Message:
        """Wait for a message; Close when there will be none.

        Raises:
            bridge.BridgeError: octets that are no message.
        """
        while not self._received:
            try:
                octets = self._socket.recv(RECEIVE_OCTETS)
            except ConnectionError:
                return bridge.Close()
            if not octets:
                return bridge.Close()
            self._received = self._deframer.receive(octets)
        return self._received.pop(0)

    def send(self, message: bridge.Message) -> None:
        """Send a message, if anybody is there to take it."""
        with suppress(ConnectionError):
            self._socket.sendall(bridge.framed(message))


@cocotb.test()
async def serve(dut: Any) -> None:
    """Carry out exchanges until the bench is done."""
    environment = os.environ
    hello = bridge.Hello(build_id=int(environment[BUILD_ID]), simulator=environment[SIMULATOR])
    with ExitStack() as stack:
        scripts = stack.enter_context(open(environment[SCRIPTS], "wb")) if SCRIPTS in environment else None
        boards = SimulatedBoards(
            dut,
            HOSTS[hello.simulator.split()[0]](dut),
            stimulus_on_uart=STIMULUS_ON_UART in environment,
            scripts=scripts,
        )
        connection = stack.enter_context(socket.socket(fileno=int(environment[BRIDGE])))
        await boards.reset()
        gc.freeze()
        await serve_peer(Peer(connection), boards, hello)


async def serve_peer(peer: Peer, boards: SimulatedBoards, hello: bridge.Hello) -> None:
    """Answer every message until Close, or until a board hangs."""
    while True:
        try:
            match peer.receive():
                case bridge.Exchange(requests):
                    replies, optical = await boards.exchange(requests)
                    peer.send(bridge.Answer(tuple(replies), tuple(optical)))
                case bridge.Reset():
                    await boards.reset()
                    peer.send(bridge.Answer(()))
                case bridge.Hello():
                    peer.send(hello)
                case bridge.Close():
                    return
                case unexpected:
                    peer.send(bridge.Error(f"a simulator takes no {type(unexpected).__name__}"))
        except (BoardFault, bridge.BridgeError) as error:
            peer.send(bridge.Error(str(error)))
            if isinstance(error, BoardHung):
                return


HOSTS: Mapping[str, Callable[[Any], Hosts]] = {
    "verilator": VerilatorHosts,
    "gates": VerilatorHosts,
    "icarus": IcarusHosts,
}
