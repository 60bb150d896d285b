# SPDX-License-Identifier: Apache-2.0
"""Faults on the flight port's wire: packets lost, corrupted, duplicated, delayed or cut, from the scenario and the seed alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

from .backends.port import BOARDS
from .timeline import Timeline


class WireFault(NamedTuple):
    """One fault: `kind` acts on a share `probability` of a board's packets between two times."""

    board: int
    kind: str
    probability: float
    at_ms: int
    until_ms: int


class Fate(NamedTuple):
    """What becomes of one command and of its reply."""

    deliveries: tuple[bytes, ...]
    returned: Callable[[bytes | None], bytes | None]


class WireFaults:
    """Decides the fate of every packet by its number, so that it is the same on every back end."""

    def __init__(self, faults: Iterable[WireFault], seed: int) -> None:
        on_board: list[list[WireFault]] = [[] for _ in BOARDS]
        for fault in faults:
            on_board[fault.board].append(fault)
        self._boards = [Timeline(struck) for struck in on_board]
        self._key = seed.to_bytes(8, "big", signed=False)
        self._count = [0, 0, 0]
        self._late: dict[int, list[bytes]] = {}

    def active(self, now_ms: int) -> bool:
        """Say whether any packet may be harmed now, or a late reply is still on its way."""
        return bool(self._late) or any(board.at(now_ms) for board in self._boards)

    def fate(self, board: int, now_ms: int, packet: bytes) -> Fate:
        """Decide what becomes of the next command to a board."""
        number = self._count[board]
        self._count[board] += 1
        for fault in self._boards[board].at(now_ms):
            names = number.to_bytes(8, "big") + bytes((board,)) + fault.at_ms.to_bytes(8, "big")
            dice = hashlib.blake2b(names + fault.kind.encode(), key=self._key, digest_size=16).digest()
            if int.from_bytes(dice[:4], "big") < fault.probability * 2**32:
                return self._struck(fault, packet, dice)
        return Fate((packet,), _unharmed)

    def take_late(self, board: int) -> list[bytes]:
        """Hand over the replies that were held back."""
        return self._late.pop(board, [])

    def _struck(self, fault: WireFault, packet: bytes, dice: bytes) -> Fate:
        on_command, position = dice[4] & 1, int.from_bytes(dice[5:9], "big")
        if fault.kind == "duplicate":
            return Fate((packet, packet), _unharmed)
        if fault.kind == "delay":
            return Fate((packet,), lambda reply: self._hold(fault.board, reply))
        harm = _HARM[fault.kind]
        if on_command:
            harmed = harm(packet, position)
            return Fate(() if harmed is None else (harmed,), _unharmed)
        return Fate((packet,), lambda reply: None if reply is None else harm(reply, position))

    def _hold(self, board: int, reply: bytes | None) -> None:
        if reply is not None:
            self._late.setdefault(board, []).append(reply)


def _unharmed(reply: bytes | None) -> bytes | None:
    return reply


def _lose(packet: bytes, position: int) -> bytes | None:
    return None


def _corrupt(packet: bytes, position: int) -> bytes | None:
    octets = bytearray(packet)
    octets[(position >> 3) % len(octets)] ^= 1 << (position & 7)
    return bytes(octets)


def _truncate(packet: bytes, position: int) -> bytes | None:
    return packet[: 1 + position % (len(packet) - 1)]


_HARM: dict[str, Callable[[bytes, int], bytes | None]] = {
    "lose": _lose,
    "corrupt": _corrupt,
    "truncate": _truncate,
}
KINDS = (*_HARM, "duplicate", "delay")
