# SPDX-License-Identifier: Apache-2.0
"""The cocotb test module that serves the simulated boards to a bench in another process, over a ZeroMQ PAIR socket.

The bench binds the endpoint and this side connects to it. Messages: protocols/bridge.py. It ends when the bench asks
for it or goes away, and when its parent process has died.
"""

from __future__ import annotations

import gc
import os
from contextlib import ExitStack
from typing import Any

import cocotb
import zmq
from flatsat.protocols import bridge
from zmq.utils.monitor import recv_monitor_message

from .lines import BoardFault, BoardHung, SimulatedBoards

LOOK_AROUND_MS = 500
SEND_TIMEOUT_MS = 5_000

# What server.py hands over in the environment.
ENDPOINT, BUILD_ID, SIMULATOR = "FLATSAT_ENDPOINT", "FLATSAT_BUILD_ID", "FLATSAT_SIMULATOR"
PARENT, STIMULUS_ON_UART, SCRIPTS = "FLATSAT_PARENT", "FLATSAT_STIMULUS_ON_UART", "FLATSAT_SCRIPTS"


class Peer:
    """The bench at the other end of the socket."""

    def __init__(self, endpoint: str, parent: int) -> None:
        self._parent = parent
        self._socket: Any = zmq.Context.instance().socket(zmq.PAIR)
        self._socket.setsockopt(zmq.LINGER, SEND_TIMEOUT_MS)
        self._socket.setsockopt(zmq.SNDTIMEO, SEND_TIMEOUT_MS)
        self._socket.setsockopt(zmq.RCVTIMEO, LOOK_AROUND_MS)
        self._monitor: Any = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._socket.connect(endpoint)

    def receive(self) -> bridge.Message:
        """Wait for a message; Close when there will be none.

        Raises:
            bridge.BridgeError: octets that are no message.
        """
        while True:
            try:
                return bridge.decode(self._socket.recv())
            except zmq.Again:
                if self._gone():
                    return bridge.Close()

    def send(self, message: bridge.Message) -> None:
        """Send a message, if anybody is there to take it."""
        try:
            self._socket.send(bridge.encode(message))
        except zmq.Again:
            return

    def close(self) -> None:
        """Let go of the socket once what was sent has left."""
        self._socket.disable_monitor()
        self._monitor.close()
        self._socket.close()
        zmq.Context.instance().term()

    def _gone(self) -> bool:
        if os.getppid() != self._parent:
            return True
        while self._monitor.poll(0):
            if recv_monitor_message(self._monitor)["event"] == zmq.EVENT_DISCONNECTED:
                return True
        return False


@cocotb.test()
async def serve(dut: Any) -> None:
    """Carry out exchanges until the bench is done."""
    environment = os.environ
    hello = bridge.Hello(build_id=int(environment[BUILD_ID]), simulator=environment[SIMULATOR])
    with ExitStack() as stack:
        scripts = stack.enter_context(open(environment[SCRIPTS], "wb")) if SCRIPTS in environment else None
        boards = SimulatedBoards(dut, stimulus_on_uart=STIMULUS_ON_UART in environment, scripts=scripts)
        peer = Peer(environment[ENDPOINT], int(environment[PARENT]))
        stack.callback(peer.close)
        gc.freeze()
        await serve_peer(peer, boards, hello)


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
