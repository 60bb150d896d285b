# SPDX-License-Identifier: Apache-2.0
"""What a scenario expects to come of a fault: that it is noticed, answered and overcome, each within a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from flatsat.protocols.tables import Rule, TableError, check

from .evidence import NoEvidence, parse

YEAR_S = 31_622_400
STAGES = ("detect", "respond", "recover")


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Evidence of each stage and how long it may take; a stage without evidence is not judged."""

    detect: Annotated[
        str | None,
        Rule("what shows that it was noticed: event report, stop of the power board, or condition"),
    ] = None
    detect_s: Annotated[float | None, Rule("how long after at_s at most", unit="s", above=0, high=YEAR_S)] = (
        None
    )
    respond: Annotated[str | None, Rule("what shows that something was done")] = None
    respond_s: Annotated[
        float | None, Rule("how long after at_s at most", unit="s", above=0, high=YEAR_S)
    ] = None
    recover: Annotated[str | None, Rule("what shows that it is overcome, after the other two")] = None
    recover_s: Annotated[
        float | None,
        Rule("how long after until_s at most, or after at_s without it", unit="s", above=0, high=YEAR_S),
    ] = None

    def __post_init__(self) -> None:
        check(self)
        for stage in STAGES:
            text = getattr(self, stage)
            if text is not None:
                check_evidence(text, stage)
            elif getattr(self, f"{stage}_s") is not None:
                raise TableError(stage, "is missing", "what shows it, or leave the time out")
        if not any(getattr(self, stage) for stage in STAGES):
            raise TableError("detect", "nothing is expected", "detect, respond or recover")


def check_evidence(text: str, key: str) -> None:
    """Refuse what can never come.

    Raises:
        TableError: at `key`.
    """
    try:
        parse(text)
    except NoEvidence as error:
        raise TableError(key, str(error), error.allowed) from None
