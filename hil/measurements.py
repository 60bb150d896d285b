# SPDX-License-Identifier: Apache-2.0
"""Judges a run by the scenario's measurements: figures of the summary, by key path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .scenario import Scenario
from .summary import Measurement


def measure(scenario: Scenario, summary: Mapping[str, Any], *, cut_short: bool) -> list[Measurement]:
    """Look up each measurement that the scenario asks for in the summary."""
    return [
        Measurement(
            name=wanted.name,
            unit=wanted.unit,
            value=_at(summary, wanted.name),
            low=wanted.low,
            high=wanted.high,
            may_grow=cut_short,
        )
        for wanted in scenario.measurements
    ]


def _at(summary: Mapping[str, Any], path: str) -> float | None:
    value: Any = summary
    for key in path.split("."):
        value = value[key]
    return value  # type: ignore[no-any-return]
