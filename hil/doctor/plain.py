# SPDX-License-Identifier: Apache-2.0
"""The doctor's findings as a table of 80 columns or as JSON, and what they amount to."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from . import benches, machine, packages, simulators
from .finding import Finding, State

WIDTH = 80
_NAME, _STATE = 14, 9
_COLOURS = {State.OK: "32", State.WARNING: "33", State.MISSING: "31"}


def main(*, as_json: bool = False) -> int:
    """Look, print, and give the exit code: 0 when a run on the twins can fly, else 2."""
    findings = [*packages.examine(), *simulators.examine(), *machine.examine(), *benches.examine()]
    ready = readiness(findings)
    if as_json:
        told = {"ready": ready, "findings": [finding.as_dict() for finding in findings]}
        print(json.dumps(told))
    else:
        print("\n".join([*lines(findings, colour=sys.stdout.isatty()), "", *verdicts(findings, ready)]))
    return 0 if ready["twin"] else 2


def readiness(findings: Sequence[Finding]) -> dict[str, Any]:
    """Which back ends can fly; `rtl` by its simulator, None where there is none."""
    stopped = {back_end for finding in findings for back_end in finding.stops}
    simulator = next((name for name in ("verilator", "icarus") if name not in stopped), None)
    twin = "twin" not in stopped
    return {"twin": twin, "rtl": simulator if twin else None}


def lines(findings: Sequence[Finding], *, colour: bool = False) -> Iterator[str]:
    """The table: name, state, what was found, and the mend below it."""
    for finding in findings:
        state = f"{finding.state:{_STATE}}"
        if colour:
            state = f"\x1b[{_COLOURS[finding.state]}m{state}\x1b[0m"
        first, *others = _wrapped(finding.found)
        yield f"{finding.name:{_NAME}.{_NAME - 1}}{state}{first}"
        for line in [*others, *_wrapped(f"mend: {finding.mend}" if finding.mend else "")]:
            yield " " * (_NAME + _STATE) + line


def verdicts(findings: Sequence[Finding], ready: dict[str, Any]) -> Iterator[str]:
    """What can fly, and what keeps the rest from it."""
    lacking = ", ".join(finding.name for finding in findings if "twin" in finding.stops)
    yield "twin  ready" if ready["twin"] else f"twin  not ready: {lacking}"
    lacking = ", ".join(finding.name for finding in findings if finding.stops)
    yield f"rtl   ready, with {ready['rtl']}" if ready["rtl"] else f"rtl   not ready: {lacking}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH - _NAME - _STATE, break_on_hyphens=False)
