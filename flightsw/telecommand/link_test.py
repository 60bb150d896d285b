# SPDX-License-Identifier: Apache-2.0
"""Service 17, test (ECSS-E-ST-70-41C 6.17): an answer that proves the way up and down."""

from __future__ import annotations

from .answers import Answers
from .request import Commands


class LinkTestService:
    """Answers."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    @property
    def commands(self) -> Commands:
        return {"ping": lambda arguments, now_ms: lambda: self._answers.add("alive")}
