# SPDX-License-Identifier: Apache-2.0
"""What has failed too often stays off for hours, or until the ground clears the retries."""

from __future__ import annotations

from enum import IntEnum

from ..events import EventSink


class Thing(IntEnum):
    """Kinds of things that can be given up; the values are those of telemetry."""

    LIMITER = 0
    NODE = 1
    STRING = 2
    PACK = 3


def tell_given_up(given_up: bool, now_ms: int, thing: Thing, index: int, events: EventSink) -> None:
    """Report it, if it was."""
    if given_up:
        events.raise_event("QUARANTINED", now_ms, thing, index)
