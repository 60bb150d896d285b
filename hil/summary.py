# SPDX-License-Identifier: Apache-2.0
"""What a run amounted to: measurements against their limits, the verdict, and `summary.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import RecordingError
from .plant import Ledger

SCHEMA = "flatsat-summary-1"
PASS, FAIL, ERROR, BLOCKED, INCONCLUSIVE = "pass", "fail", "error", "blocked", "inconclusive"
EXIT_CODES = {PASS: 0, FAIL: 1, ERROR: 2, BLOCKED: 3, INCONCLUSIVE: 4}


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One measured value against its limits, both inclusive; a limit of None does not bind.

    Attributes:
        may_grow: the run was cut short, so that a value below its lower limit says nothing yet.
    """

    name: str
    unit: str
    value: float | None
    low: float | None = None
    high: float | None = None
    may_grow: bool = False

    @property
    def verdict(self) -> str:
        """`inconclusive` when there is no value, else `pass` or `fail`."""
        if self.value is None:
            return INCONCLUSIVE
        if self.high is not None and self.value > self.high:
            return FAIL
        if self.low is not None and self.value < self.low:
            return INCONCLUSIVE if self.may_grow else FAIL
        return PASS

    def as_dict(self) -> dict[str, Any]:
        """As it stands in `summary.json`."""
        return {
            "name": self.name,
            "unit": self.unit,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "verdict": self.verdict,
        }


def overall(verdicts: Iterable[str]) -> str:
    """Combine verdicts: any failure fails, else any open one leaves the whole inconclusive."""
    found = set(verdicts)
    return FAIL if FAIL in found else INCONCLUSIVE if INCONCLUSIVE in found else PASS


def energy(ledger: Ledger, stored_change_j: float) -> dict[str, float]:
    """Where the electrical energy came from and went, in watt hours, and by how much each account fails to close."""
    booked = {
        "array_wh": ledger.array_j,
        "loads_wh": ledger.loads_j,
        "compute_wh": ledger.compute_j,
        "charged_wh": ledger.charged_j,
        "discharged_wh": ledger.discharged_j,
        "shunted_wh": ledger.shunted_j,
        "brown_out_wh": ledger.brown_out_j,
        "spared_wh": ledger.spared_j,
        "converter_loss_wh": ledger.converter_j,
        "battery_loss_wh": ledger.battery_loss_j,
        "faded_wh": ledger.faded_j,
        "stored_change_wh": stored_change_j,
        "bus_closure_wh": ledger.bus_closure_j,
        "battery_closure_wh": ledger.stored_j - stored_change_j,
    }
    return {name: joules / 3600 for name, joules in booked.items()}


def write(path: Path, summary: Mapping[str, Any]) -> None:
    """Write `summary.json` in one piece: readers find the old file or the new one, never a part.

    Raises:
        RecordingError: it cannot be written.
    """
    partial = path.with_suffix(".part")
    try:
        partial.write_text(json.dumps(summary, indent=2) + "\n")
        os.replace(partial, path)
    except OSError as error:
        raise RecordingError(
            f"cannot write {path}: {error.strerror}; free some space or use --out"
        ) from error
