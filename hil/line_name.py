# SPDX-License-Identifier: Apache-2.0
"""A file name for what flatsat keeps about a line: readable, and its own for every URL."""

from __future__ import annotations

import hashlib
import re

_LONGEST = 60


def line_name(url: str) -> str:
    """The name, without suffix."""
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", url).strip("-.")[-_LONGEST:]
    return f"{readable}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
