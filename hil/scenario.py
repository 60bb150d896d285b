# SPDX-License-Identifier: Apache-2.0
"""Scenarios: what is flown, in TOML; what is unknown, mistyped or impossible is an error, never ignored."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from flatsat.flightsw.control.choice import CONTROLLERS
from flatsat.flightsw.parameters import FlightParameters, with_floor
from flatsat.protocols import tables
from flatsat.protocols.tables import Rule, TableError, check

from . import fault_checks, measurement_checks, telecommand_checks, telecommand_schema
from .errors import FlatsatError
from .evidence import EVENTS, QUANTITIES, STOPS
from .expectation import YEAR_S
from .faults import FAULTS, Fault, check_whole_milliseconds
from .plant.orbit import Body, CircularOrbit, Start
from .suggestion import nearest
from .telecommand import DICTIONARY, Telecommand
from .timeline import NEVER_MS

__all__ = [
    "Fault",
    "Flight",
    "Link",
    "Measurement",
    "Orbit",
    "Satellite",
    "Scenario",
    "ScenarioError",
    "Start",
    "Telecommand",
    "builtin",
    "description",
    "load",
    "next_edge_ms",
    "node_mask",
    "parse",
    "schema",
    "source",
]

LOWEST_EARTH_KM = 160.0
FOLDER = Path(__file__).parent / "scenarios"

MEASURABLE = {
    "downlink.frames_sent": "1",
    "downlink.frames_decoded": "1",
    "downlink.frames_lost": "1",
    "downlink.frames_held": "1",
    "downlink.symbols_corrected": "1",
    "downlink.packets_sent": "1",
    "downlink.packets_decoded": "1",
    "downlink.packets_lost": "1",
    "downlink.packets_altered": "1",
    **{f"downlink.reports.{name}": "1" for name in DICTIONARY.packets},
    "downlink.reports_unmatched": "1",
    "bus.min_v": "V",
    "bus.max_v": "V",
    "battery.min_state_of_charge": "1",
    "battery.floor_violations": "1",
    "battery.discharge_violations": "1",
    "thermal.max_k": "K",
    "thermal.min_coolant_k": "K",
    "thermal.violations": "1",
    "compute.delivered": "s",
    "compute.boots": "1",
    "energy.brown_out_wh": "W h",
    "ladder.deepest": "1",
    "ladder.changes": "1",
}
"""What a scenario can measure: key paths of `summary.json`, with their units."""


class ScenarioError(TableError, FlatsatError):
    """A scenario that cannot be flown; see `TableError` for its attributes."""


@dataclass(frozen=True, kw_only=True)
class Orbit:
    """A circular orbit."""

    body: Annotated[Body, Rule("what it is about")] = Body.EARTH
    altitude_km: Annotated[
        float,
        Rule("height above the Earth's equatorial or the Moon's mean radius", unit="km", low=15, high=36_000),
    ]
    beta_deg: Annotated[
        float, Rule("angle between the Sun and the orbit's plane", unit="deg", low=-90, high=90)
    ] = 0.0
    start: Annotated[Start, Rule("where on the orbit the run begins")] = Start.SUNRISE

    def __post_init__(self) -> None:
        check(self)
        if self.body is Body.EARTH and self.altitude_km < LOWEST_EARTH_KM:
            problem = f"{self.altitude_km:g} km is in the Earth's atmosphere"
            raise TableError("altitude_km", problem, f"from {LOWEST_EARTH_KM:g} km")
        try:
            CircularOrbit(self.altitude_km, self.beta_deg, self.start, self.body)
        except ValueError as error:
            raise TableError("start", str(error), "noon, midnight") from None


@dataclass(frozen=True, kw_only=True)
class Satellite:
    """The satellite's size, the state it starts in, and the limits it is judged by."""

    state_of_charge: Annotated[float, Rule("battery at the start", unit="1", low=0, high=1)]
    radiator_k: Annotated[float, Rule("radiator at the start", unit="K", low=150, high=400)]
    coolant_k: Annotated[float, Rule("coolant and junctions at the start", unit="K", low=150, high=400)] = (
        265.0
    )
    battery_k: Annotated[float, Rule("battery cells at the start", unit="K", low=200, high=350)] = 293.0
    array_w: Annotated[
        float, Rule("array in full sunlight, warm, at the bus", unit="W", above=0, high=200e3)
    ] = 110e3
    battery_wh: Annotated[float, Rule("battery capacity", unit="W h", low=1000, high=1e6)] = 25e3
    bus_v: Annotated[float, Rule("regulated bus", unit="V", low=120, high=600)] = 300.0
    floor: Annotated[float, Rule("lowest state of charge allowed", unit="1", above=0, high=0.99)] = 0.70
    limit_k: Annotated[
        float, Rule("highest junction and radiator temperature allowed", unit="K", low=273, high=400)
    ] = 333.0

    def __post_init__(self) -> None:
        check(self)


def _check_pair(link: Link, every: str, lasting: str, *, least_s: float) -> None:
    """Refuse half a process, and one so dense that a year of it would not fit into memory."""
    every_s, lasting_s = getattr(link, every), getattr(link, lasting)
    if bool(every_s) != bool(lasting_s):
        missing, given = (lasting, every) if every_s else (every, lasting)
        raise TableError(missing, f"is 0 while {given} is not", "both or neither")
    if 0 < every_s < least_s:
        raise TableError(every, f"{every_s:g} s is not allowed", f"0, or from {least_s:g} s")


@dataclass(frozen=True, kw_only=True)
class Link:
    """The laser link to the relay."""

    received_power_w: Annotated[
        float, Rule("light when pointing is perfect", unit="W", above=0, high=65e-6)
    ] = 12e-6
    bit_error_rate: Annotated[float, Rule("at that light, before decoding", unit="1", low=0, high=0.1)]
    pointing_jitter_rad: Annotated[
        float, Rule("deviation per axis while tracking", unit="rad", low=0, high=1e-4)
    ] = 1e-6
    beam_rad: Annotated[
        float, Rule("half-angle at which the light falls to 1/e^2", unit="rad", above=0, high=1e-3)
    ] = 15e-6
    outage_every_s: Annotated[
        float,
        Rule("mean time from one outage to the next, exponential; 0: none", unit="s", low=0, high=YEAR_S),
    ] = 0.0
    outage_mean_s: Annotated[
        float, Rule("mean length of an outage, exponential", unit="s", low=0, high=YEAR_S)
    ] = 0.0
    handover_every_s: Annotated[
        float, Rule("from one handover between relays to the next; 0: none", unit="s", low=0, high=YEAR_S)
    ] = 0.0
    handover_gap_s: Annotated[
        float, Rule("how long each handover leaves the terminal dark", unit="s", low=0, high=YEAR_S)
    ] = 0.0

    def __post_init__(self) -> None:
        check(self)
        _check_pair(self, "outage_every_s", "outage_mean_s", least_s=1.0)
        _check_pair(self, "handover_every_s", "handover_gap_s", least_s=1.0)
        if self.handover_gap_s and self.handover_gap_s >= self.handover_every_s:
            problem = f"{self.handover_gap_s:g} s leaves no light between handovers"
            raise TableError("handover_gap_s", problem, f"below {self.handover_every_s:g} s")


@dataclass(frozen=True, kw_only=True)
class Flight:
    """What flight software is loaded with that does not follow from the satellite and its orbit."""

    controller: Annotated[str, Rule("what plans the power of the racks", choices=tuple(CONTROLLERS))] = (
        FlightParameters().controller
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A figure of the summary and the limits, both inclusive, within which the run passes."""

    name: Annotated[str, Rule("key path in summary.json", choices=tuple(MEASURABLE))]
    unit: Annotated[str, Rule("its unit")]
    low: Annotated[float | None, Rule("lowest value that passes")] = None
    high: Annotated[float | None, Rule("highest value that passes")] = None

    def __post_init__(self) -> None:
        check(self)
        if self.unit != MEASURABLE[self.name]:
            raise TableError("unit", f"{self.unit!r} is not the unit of {self.name}", MEASURABLE[self.name])
        if self.low is None and self.high is None:
            raise TableError("low", "neither low nor high is given", "at least one of them")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise TableError("high", f"{self.high:g} is below low", f"from {self.low:g}")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One run: how long, in what steps, with what satellite and what goes wrong."""

    name: Annotated[str, Rule("name of the run", pattern="[a-z0-9][a-z0-9-]*")]
    description: Annotated[str, Rule("one sentence on what it shows", pattern=".+")]
    duration_s: Annotated[float, Rule("simulated time", unit="s", above=0, high=YEAR_S)]
    cycle_s: Annotated[
        float,
        Rule("period of the flight software", unit="s", low=0.1, high=10),
    ] = 1.0
    max_step_ms: Annotated[int, Rule("longest step of the plant", unit="ms", low=1, high=60_000)] = 1000
    seed: Annotated[int, Rule("seeds whatever is random", low=0, high=2**63 - 1)] = 1
    orbit: Annotated[Orbit, Rule("the orbit")]
    satellite: Annotated[Satellite, Rule("the satellite")]
    link: Annotated[Link, Rule("the laser link")]
    flight: Annotated[Flight, Rule("the flight software")] = Flight()
    faults: Annotated[tuple[Fault, ...], Rule("what goes wrong, in any order")] = ()
    telecommands: Annotated[tuple[Telecommand, ...], Rule("what the ground sends, in any order")] = ()
    measurements: Annotated[tuple[Measurement, ...], Rule("what decides the verdict")] = ()

    def __post_init__(self) -> None:
        try:
            self._check()
        except TableError as error:  # a run may change a scenario that was loaded
            raise ScenarioError(error.path, error.problem, error.allowed) from None

    def _check(self) -> None:
        check(self)
        check_whole_milliseconds(self.cycle_s, "cycle_s")
        check_whole_milliseconds(self.duration_s, "duration_s")
        if round(self.duration_s * 1000) % round(self.cycle_s * 1000):
            problem = f"{self.duration_s:g} s is not a whole number of cycles"
            raise TableError("duration_s", problem, f"multiples of {self.cycle_s:g} s")

    @property
    def duration_ms(self) -> int:
        """Simulated time."""
        return round(self.duration_s * 1000)

    @property
    def cycle_ms(self) -> int:
        """Period of the flight software."""
        return round(self.cycle_s * 1000)

    @cached_property
    def edges_ms(self) -> list[int]:
        """When faults begin and end, in order."""
        return sorted({edge for fault in self.faults for edge in (fault.at_ms, fault.until_ms)} - {NEVER_MS})


def load(name_or_path: str | Path) -> Scenario:
    """Load a built-in scenario by its name, or one from a file.

    Raises:
        ScenarioError: it does not exist, cannot be read, or cannot be flown as it stands.
    """
    path = Path(name_or_path)
    if str(name_or_path) in builtin():
        path = FOLDER / f"{name_or_path}.toml"
    elif not path.suffix and not path.exists():
        raise ScenarioError("", _no_scenario(str(name_or_path)), ", ".join((*builtin(), "a path")))
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ScenarioError(
            "", f"cannot be read: {error.strerror}; check the path", source=str(path)
        ) from error
    except UnicodeDecodeError as error:
        raise ScenarioError("", "is not text in UTF-8; save it as such", source=str(path)) from error


def parse(text: str, source: str = "") -> Scenario:
    """Make a scenario from TOML text, its faults and telecommands in order of time; `source` stands in error texts.

    Raises:
        ScenarioError: see `load`.
    """
    try:
        scenario = tables.read(Scenario, tomllib.loads(text))
        fault_checks.check(scenario.faults, scenario.duration_s)
        measurement_checks.check(scenario.measurements, scenario.satellite)
        _refuse_late(scenario.telecommands, scenario.duration_s)
        telecommand_checks.check(
            scenario.telecommands,
            with_floor(FlightParameters(cycle_ms=scenario.cycle_ms), scenario.satellite.floor),
            scenario.duration_s,
        )
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError("", f"is not TOML: {error}; mend that line", source=source) from error
    except TableError as error:
        raise ScenarioError(error.path, error.problem, error.allowed, source) from error
    except RecursionError:
        raise ScenarioError("", "is nested too deep", "a few levels", source) from None
    return replace(
        scenario,
        faults=tuple(sorted(scenario.faults, key=lambda fault: fault.at_s)),
        telecommands=tuple(sorted(scenario.telecommands, key=lambda telecommand: telecommand.at_s)),
    )


def builtin() -> tuple[str, ...]:
    """Names of the scenarios that come with the package; those of a folder as `folder/name`, after the others."""
    names = (path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.toml"))
    return tuple(sorted(names, key=lambda name: ("/" in name, name)))


def source(name: str) -> str:
    """The TOML text of a built-in scenario.

    Raises:
        ScenarioError: there is none of that name.
    """
    if name not in builtin():
        raise ScenarioError("", _no_scenario(name), ", ".join(builtin()))
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def _no_scenario(name: str) -> str:
    return f"there is no scenario {name!r}{nearest(name, builtin())}"


def schema() -> str:
    """Every field of a scenario file with its type, default and meaning, and the faults, evidence, measurements and
    telecommands there are; for people."""
    described = description()
    lines = list(tables.listing(described["scenario"]))
    lines += ["", "Faults: target, kind"]
    told: dict[tuple[str, str], list[str]] = {}
    for target, kinds in described["faults"].items():
        for kind, fault in kinds.items():
            value = f", value: {fault['value']}" if fault["value"] else ""
            end = "" if fault["until_s"] else ", no until_s"
            told.setdefault((kind, f"{fault['description']}{value}{end}"), []).append(target)
    lines += [f"  {_span(targets):21} {kind:10} {words}" for (kind, words), targets in told.items()]
    lines += ["", "Evidence in expect: an event report, a stop of the power board, or a condition"]
    for kind, names in described["evidence"].items():
        lines.append(f"  {kind:21} {', '.join(names)}")
    lines += ["", "Measurements: name, unit"]
    lines += [f"  {name:32} {unit}" for name, unit in described["measurements"].items()]
    lines += [
        "",
        "Telecommands: name, arguments; of those that may be lists, one item stands for a list of one",
    ]
    lines += telecommand_schema.listing(described["telecommands"])
    lines += ["", "Settable parameters: name, meaning"]
    for name, parameter in described["parameters"].items():
        lines.append(f"  {name:22} {parameter['description']} ({parameter['allowed']})")
    return "\n".join(lines)


def _span(targets: list[str]) -> str:
    """Targets in words: those that only a number tells apart as the first and the last."""
    stems = {target.rstrip("0123456789") for target in targets}
    if len(stems) == 1 and len(targets) > 1:
        return f"{targets[0]} to {targets[-1]}"
    return ", ".join(targets)


def description() -> dict[str, Any]:
    """What `schema` says, as values fit for JSON."""
    return {
        "scenario": tables.schema(Scenario),
        "faults": {
            target: {
                name: {
                    "description": kind.description,
                    "value": kind.value.allowed() if kind.value else None,
                    "until_s": kind.ends,
                }
                for name, kind in kinds.items()
            }
            for target, kinds in FAULTS.items()
        },
        "evidence": {
            "event reports": EVENTS,
            "stops": STOPS,
            "conditions compare": [
                f"{name}[0-{size - 1}]" if size else name for name, size in QUANTITIES.items()
            ],
        },
        "measurements": MEASURABLE,
        "telecommands": telecommand_schema.schema(),
        "parameters": {
            name: {"description": parameter.description, "allowed": parameter.allowed}
            for name, parameter in DICTIONARY.parameters.items()
        },
    }


def next_edge_ms(scenario: Scenario, time_ms: int) -> int:
    """The first board millisecond after `time_ms` at which a fault begins or ends: no step should cross it."""
    place = bisect_right(scenario.edges_ms, time_ms)
    return scenario.edges_ms[place] if place < len(scenario.edges_ms) else NEVER_MS


def node_mask(faults: Iterable[Fault], kind: str) -> int:
    """The accelerator nodes that faults of `kind` strike, one bit each: what HANG and CORRUPT take."""
    mask = 0
    for fault in faults:
        if fault.kind == kind and fault.target.startswith("node"):
            mask |= 1 << int(fault.target.removeprefix("node"))
    return mask


def _refuse_late(telecommands: Sequence[Telecommand], duration_s: float) -> None:
    """A file must not hold what its run never reaches; a run shortened later may."""
    for index, telecommand in enumerate(telecommands):
        if telecommand.at_s >= duration_s:
            problem = f"{telecommand.at_s:g} s is not within the run"
            raise TableError(f"telecommands[{index}].at_s", problem, f"below {duration_s:g} s")
