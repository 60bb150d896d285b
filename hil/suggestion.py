# SPDX-License-Identifier: Apache-2.0
"""The nearest name to one that does not exist, for the error that says so."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """`, did you mean NAME?` where one is near, else nothing."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f", did you mean {found[0]}?" if found else ""
