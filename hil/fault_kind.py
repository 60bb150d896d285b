# SPDX-License-Identifier: Apache-2.0
"""A kind of fault: what it does, and which fields of a fault it takes."""

from __future__ import annotations

from dataclasses import dataclass

from flatsat.protocols.tables import Rule


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What one kind of fault does, and which of the fields `value` and `until_s` it takes.

    Attributes:
        whole: its value is a whole number.
        from_start: it is there from the start of the run.
    """

    description: str
    value: Rule | None = None
    ends: bool = True
    whole: bool = False
    from_start: bool = False
