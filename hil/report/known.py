# SPDX-License-Identifier: Apache-2.0
"""What is known of a run beside its recording: the summary, if it came to its end, and what was to be flown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flatsat.protocols import cuc

from .. import recorder
from .. import scenario as scenarios
from ..errors import RecordingError
from ..scenario import Scenario, ScenarioError
from ..summary import FAIL, INCONCLUSIVE, PASS, SCHEMA
from .shape import ANY, MAYBE_NUMBER, MAYBE_TEXT, NUMBER, TEXT, misfit

OPTIONS = {"duration": "duration_s", "cycle": "cycle_s", "seed": "seed"}
"""Options of `flatsat run` that change a field of the scenario."""

UNFINISHED, UNKNOWN = "unfinished", "unknown"


@dataclass(frozen=True, kw_only=True)
class Known:
    """Where something is not known it is empty or None.

    Attributes:
        summary: `summary.json`, empty for a run that did not come to its end, and where it is damaged.
        damage: what is wrong with `summary.json`.
        plan: what the recording says of the run: with what it was flown.
        scenario_text: the scenario as it was written, in TOML.
        scenario: the same, read; the command line may have changed its duration, cycle and seed.
        epoch_utc: UTC at board time 0.
    """

    folder: str
    summary: dict[str, Any]
    damage: str
    plan: dict[str, str]
    scenario_text: str
    scenario: Scenario | None
    epoch_utc: datetime | None

    @classmethod
    def read(cls, folder: Path) -> Known:
        """Read a run's folder.

        Raises:
            RecordingError: it holds no recording, or what it holds is none.
        """
        recording = folder / "recording.mcap"
        if not recording.is_file():
            raise RecordingError(
                f"{folder} holds no recording.mcap: give a run's folder, as `flatsat run` prints it"
            )
        plan = recorder.plan(recording)
        text = plan.get("scenario", "")
        epoch = plan.get("epoch_tai_ms", "")
        summary, damage = _summary(folder / "summary.json")
        return cls(
            folder=readable(folder.resolve().name),
            summary=summary,
            damage=damage,
            plan=plan,
            scenario_text=text,
            scenario=_scenario(text),
            epoch_utc=_utc(epoch),
        )

    @property
    def verdict(self) -> str:
        """The summary's, or UNFINISHED, or UNKNOWN."""
        return UNKNOWN if self.damage else str(self.summary.get("verdict", UNFINISHED))

    def changes(self) -> Iterator[tuple[str, float, float]]:
        """What the command line changed of the scenario: name of the option, value flown, value written."""
        if self.scenario is None:
            return
        for option, key in OPTIONS.items():
            flown, written = self.planned(key), getattr(self.scenario, key)
            if flown is not None and flown != written:
                yield option, flown, written

    @property
    def flown(self) -> Scenario | None:
        """The scenario with what the command line changed of it."""
        if self.scenario is None:
            return None
        changed: dict[str, Any] = {OPTIONS[option]: value for option, value, _ in self.changes()}
        return replace(self.scenario, **changed)

    @property
    def command(self) -> str:
        """What flies the same run again from a file with `scenario_text`."""
        words = ["flatsat", "run", self.file, "--backend", self.plan.get("backend", "twin")]
        if self.plan.get("bench"):
            words += ["--bench", self.plan["bench"]]
        if self.plan.get("simulator"):
            words += ["--sim", self.plan["simulator"]]
        for option, flown, _ in self.changes():
            words += [f"--{option}", f"{flown:.12g}" if isinstance(flown, float) else str(flown)]
        if self.plan.get("stimulus_on_uart") == "1":
            words.append("--stimulus-on-uart")
        return " ".join(words)

    @property
    def file(self) -> str:
        """A name for the file with the scenario."""
        return f"{self.scenario.name if self.scenario else 'scenario'}.toml"

    def planned(self, key: str) -> float | None:
        """With what the run was to be flown, by the scenario's name of it; None where nothing says."""
        try:
            return (int if key == "seed" else float)(self.plan[key])
        except (KeyError, ValueError):
            return getattr(self.scenario, key) if self.scenario else None

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

    def counts(self, key: str) -> tuple[int, int, int]:
        """How many rows of a list in the summary passed, failed, or could not be judged by what was flown."""
        verdicts = [row["verdict"] for row in self.summary.get(key, [])]
        return verdicts.count(PASS), verdicts.count(FAIL), verdicts.count(INCONCLUSIVE)


def readable(name: str) -> str:
    """A file name as text; octets that are not UTF-8 are told as \\xff."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _summary(path: Path) -> tuple[dict[str, Any], str]:
    """The summary, and what is wrong with it."""
    if not path.exists():
        return {}, ""
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return {}, f"it cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return {}, "it is not text in UTF-8"
    except (ValueError, RecursionError) as error:
        return {}, f"it is not JSON: {error}"
    damage = misfit(summary, _SHAPE)
    if not damage and summary["schema"] != SCHEMA:
        damage = f"schema is {summary['schema']!r}, not {SCHEMA!r}: another version of flatsat wrote it"
    return ({}, damage) if damage else (summary, "")


def _utc(tai_ms: str) -> datetime | None:
    try:
        return cuc.utc(int(tai_ms))
    except (ValueError, OverflowError):
        return None


def _scenario(text: str) -> Scenario | None:
    """None where the recording does not say, or says it in another version's words."""
    try:
        return scenarios.parse(text, "recording") if text else None
    except ScenarioError:
        return None


_BOOKED = (
    "array_wh", "loads_wh", "compute_wh", "charged_wh", "discharged_wh", "shunted_wh", "brown_out_wh",
    "converter_loss_wh", "battery_loss_wh", "stored_change_wh",
)  # fmt: skip

_SHAPE = {
    "schema": TEXT, "scenario": TEXT, "backend": TEXT, "seed": NUMBER, "verdict": TEXT, "wall_s": NUMBER,
    "real_time_factor": NUMBER, "cycles_missed": NUMBER, "trace_sha256": TEXT, "versions": {ANY: TEXT}, "images": {ANY: TEXT},
    "downlink": {
        "frames_lost": NUMBER, "frames_held": NUMBER, "packets_lost": NUMBER, "packets_altered": NUMBER,
    },
    "compute": {"delivered": NUMBER},
    "energy": dict.fromkeys(_BOOKED, NUMBER),
    "measurements": [
        {"name": TEXT, "unit": TEXT, "value": MAYBE_NUMBER, "low": MAYBE_NUMBER, "high": MAYBE_NUMBER, "verdict": TEXT}
    ],
    "faults": [
        {"name": TEXT, "verdict": MAYBE_TEXT, **dict.fromkeys(("at_s", "detected_s", "responded_s", "recovered_s"), MAYBE_NUMBER)}
    ],
    "telecommands": [
        {
            "name": TEXT, "verdict": MAYBE_TEXT, "failure": MAYBE_TEXT, "expect": TEXT,
            **dict.fromkeys(("at_s", "sent_s", "accepted_s", "completed_s"), MAYBE_NUMBER),
        }
    ],
}  # fmt: skip
"""What the report reads of `summary.json`."""
