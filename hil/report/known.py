# SPDX-License-Identifier: Apache-2.0
"""What is known of a run beside its recording: the summary, if it came to its end, and what was to be flown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flatsat.protocols import cuc

from .. import recorder
from .. import scenario as scenarios
from ..errors import RecordingError
from ..scenario import Scenario, ScenarioError
from ..summary import FAIL, INCONCLUSIVE, PASS

UNFINISHED = "unfinished"


@dataclass(frozen=True, kw_only=True)
class Known:
    """Where something is not known it is empty or None.

    Attributes:
        summary: `summary.json`, empty for a run that did not come to its end.
        scenario_text: the scenario as it was flown, in TOML.
        epoch_utc: UTC at board time 0.
    """

    folder: str
    summary: dict[str, Any]
    plan: dict[str, str]
    scenario_text: str
    scenario: Scenario | None
    epoch_utc: datetime | None

    @classmethod
    def read(cls, folder: Path) -> Known:
        """Read a run's folder.

        Raises:
            RecordingError: it holds no recording, or what it holds is damaged.
        """
        recording = folder / "recording.mcap"
        if not recording.is_file():
            raise RecordingError(
                f"{folder} holds no recording.mcap: give a run's folder, as `flatsat run` prints it"
            )
        plan = recorder.plan(recording)
        text = plan.get("scenario", "")
        epoch = plan.get("epoch_tai_ms", "")
        return cls(
            folder=folder.resolve().name,
            summary=_summary(folder / "summary.json"),
            plan=plan,
            scenario_text=text,
            scenario=_scenario(text),
            epoch_utc=cuc.utc(int(epoch)) if epoch.isdecimal() else None,
        )

    @property
    def verdict(self) -> str:
        """The summary's, or UNFINISHED."""
        return str(self.summary.get("verdict", UNFINISHED))

    @property
    def name(self) -> str:
        """Of the scenario."""
        if "scenario" in self.summary:
            return str(self.summary["scenario"])
        return self.scenario.name if self.scenario else self.folder

    def told(self, key: str) -> str:
        """What the summary says, or else the recording."""
        return str(self.summary.get(key, self.plan.get(key, "unknown")))

    def table(self, key: str) -> dict[str, Any]:
        """A table that the summary holds, or else the recording as JSON."""
        if key in self.summary:
            return dict(self.summary[key])
        try:
            return dict(json.loads(self.plan.get(key, "{}")))
        except (ValueError, TypeError):
            return {}

    def counts(self, key: str) -> tuple[int, int]:
        """How many rows of a list in the summary passed, and how many were judged."""
        verdicts = [row.get("verdict") for row in self.summary.get(key, [])]
        return verdicts.count(PASS), sum(verdict in (PASS, FAIL, INCONCLUSIVE) for verdict in verdicts)


def _summary(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        return dict(summary)
    except (OSError, ValueError, TypeError) as error:
        raise RecordingError(
            f"{path} is damaged ({type(error).__name__}): move it away to report from the recording alone"
        ) from error


def _scenario(text: str) -> Scenario | None:
    """None where the recording does not say, or says it in another version's words."""
    try:
        return scenarios.parse(text, "recording") if text else None
    except ScenarioError:
        return None
