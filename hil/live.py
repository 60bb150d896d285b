# SPDX-License-Identifier: Apache-2.0
"""A downlink while it comes, over ZeroMQ: a run publishes each CADU as one message, an empty message is the run's end.

The publisher never waits for its subscribers while a run flies. What does not fit the queue of one that is slow is not sent
to it, and its decoder finds a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from types import TracebackType

import zmq
from zmq.utils.monitor import recv_monitor_message

from . import endpoint as endpoints
from .capture import PIECE_OCTETS, Mark, Pieces
from .endpoint import EndpointError

QUEUE_MESSAGES = 10_000  # of each subscriber; of CADUs, 12.8 MB, ten orbits of telemetry
MESSAGE_OCTETS = PIECE_OCTETS  # the longest that a subscriber takes
SUBSCRIPTIONS = 100  # and their ends, forgotten at once; more may wait, or clients could hold up a run
END = b""
QUIET_MS, JOIN_MS = 1000, 5000  # a run waits for its first subscriber: silently, and in all
CLOSE_MS = 2000  # for subscribers that are behind when the run has ended

Tell = Callable[[str], object]


class Publisher:
    """The publishing end. An XPUB socket, for that tells of subscriptions."""

    def __init__(self, endpoint: str, tell: Tell) -> None:
        """Bind the endpoint; `tell` what is waited for. Raises EndpointError."""
        wanted = endpoints.to_publish_on(endpoint)
        self._tell = tell
        self._closed = False
        self._context = zmq.Context()
        try:
            self._socket = self._context.socket(zmq.XPUB)
            self._socket.sndhwm = QUEUE_MESSAGES
            self._socket.ipv6 = "[" in wanted
            self._socket.bind(wanted)
            self.endpoint = wanted
            if wanted.startswith("tcp://") and wanted.endswith(":0"):
                self.endpoint = self._socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
                tell(f"publishing on {self.endpoint}")
        except zmq.ZMQError as error:
            self._context.destroy(linger=0)
            told = "it is in use" if error.errno == zmq.EADDRINUSE else error.strerror
            raise EndpointError(f"cannot publish on {endpoint}: {told}; give another endpoint") from error

    def wait(self) -> None:
        """Wait for a first subscriber, for JOIN_MS at most."""
        if self._socket.poll(QUIET_MS):
            return
        self._tell(f"nobody listens on {self.endpoint} yet: waiting {JOIN_MS // 1000} s for the first")
        if not self._socket.poll(JOIN_MS - QUIET_MS):
            self._tell("nobody came: flying; who comes later misses the beginning")

    def publish(self, cadus: Iterable[bytes]) -> None:
        """Send each; of a CADU that came in the dark there is nothing to send."""
        for octets in filter(None, cadus):
            self._socket.send(octets, zmq.NOBLOCK)
            self._forget_subscriptions()

    def _forget_subscriptions(self) -> None:
        """Take some from the socket, that they do not pile up."""
        with suppress(zmq.Again):
            for _ in range(SUBSCRIPTIONS):
                self._socket.recv(zmq.NOBLOCK)

    def close(self) -> None:
        """Send the end and leave subscribers CLOSE_MS to fetch what they are behind."""
        if self._closed:
            return
        self._closed = True
        endpoints.remove(self.endpoint)  # while it still answers: nobody else has it
        self._socket.send(END, zmq.NOBLOCK)
        self._context.destroy(linger=CLOSE_MS)

    def __enter__(self) -> Publisher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def received(endpoint: str, tell: Tell) -> Pieces:
    """What is published there, from now or from when somebody does, to the end of the run.

    Where the publisher goes without an end, that is told and is the end. Raises EndpointError.
    """
    wanted = endpoints.to_listen_to(endpoint)
    with ExitStack() as stack:
        context = zmq.Context()
        stack.callback(context.destroy, linger=0)
        socket = context.socket(zmq.SUB)
        socket.rcvhwm = QUEUE_MESSAGES
        socket.maxmsgsize = MESSAGE_OCTETS
        socket.ipv6 = "[" in wanted
        socket.subscribe(b"")
        monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        stack.callback(socket.disable_monitor)
        socket.connect(wanted)
        if not socket.poll(QUIET_MS):
            tell(f"nothing comes from {endpoint} yet: waiting for it")
        yield from _pieces(socket, monitor, lambda: tell(f"{endpoint} has gone without an end: {_WHY}"))


def _pieces(socket: zmq.Socket[bytes], monitor: zmq.Socket[bytes], cut: Callable[[], object]) -> Pieces:
    """Messages, as many at once as there are, to the end of the run."""
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(monitor, zmq.POLLIN)
    connected = False
    while True:
        lost = False
        if monitor in dict(poller.poll()):
            event = recv_monitor_message(monitor)["event"]
            lost = connected and event == zmq.EVENT_DISCONNECTED
            connected = event == zmq.EVENT_HANDSHAKE_SUCCEEDED
        while messages := _queued(socket):  # also those from before a loss
            if END in messages:
                yield b"".join(messages[: messages.index(END)])
                return
            yield b"".join(messages)
        if lost:
            cut()
            return
        yield Mark.PAUSE


def _queued(socket: zmq.Socket[bytes]) -> list[bytes]:
    """The messages that are there, but not more at once than make a piece."""
    messages: list[bytes] = []
    octets = 0
    with suppress(zmq.Again):
        while octets < PIECE_OCTETS:
            messages.append(socket.recv(zmq.NOBLOCK))
            octets += len(messages[-1])
    return messages


_WHY = "the run was killed, or this decoder was too slow to be told"
