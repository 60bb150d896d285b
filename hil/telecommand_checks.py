# SPDX-License-Identifier: Apache-2.0
"""Refuses telecommands of a scenario that cannot do what they say, as far as can be known before it is flown."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.settable import ParameterTable
from flatsat.protocols.tables import TableError, join

from .ground_time import GroundTime, Moment
from .telecommand import COMPLETED, DICTIONARY, NESTED, RELEASE, SILENT, Request, Telecommand, listed


def check(telecommands: Sequence[Telecommand], loaded: FlightParameters, duration_s: float) -> None:
    """Hold the telecommands of a run against its length and each other.

    Args:
        telecommands: as they stand in the scenario.
        loaded: the parameters that are loaded before launch.

    Raises:
        TableError: with the path of the key at fault.
    """
    order = sorted(range(len(telecommands)), key=lambda index: telecommands[index].at_ms)
    time = GroundTime([telecommands[index] for index in order], loaded.epoch_tai_ms)
    free_ms, duration_ms = 0, round(1000 * duration_s)
    settings: list[tuple[int, str, Request]] = []
    for place, index in enumerate(order):
        telecommand, path = telecommands[index], f"telecommands[{index}]"
        sent_ms = max(-(-telecommand.at_ms // loaded.cycle_ms) * loaded.cycle_ms, free_ms)
        free_ms = sent_ms + loaded.cycle_ms
        settings += _settings(telecommand, path, sent_ms)
        for release_ms, key, nested in _releases(telecommand, path):
            _check_release(sent_ms + loaded.cycle_ms, release_ms, duration_ms, key, nested)
            correction = time.first_correction(Moment(telecommand.at_ms, place), release_ms)
            if correction:
                problem = f"the time_set at {correction.since.at_ms / 1000:g} s moves it"
                allowed = (
                    f"below {correction.since.at_ms / 1000:g} s, or release_seconds and release_fraction"
                )
                raise TableError(key, problem, allowed)
    _check_settings(settings, loaded)


def _releases(request: Request, path: str) -> Iterator[tuple[int, str, Request]]:
    """Nested telecommands that are to be executed at a time of the run, and the key that gives it."""
    if request.expect != COMPLETED or RELEASE not in request.arguments:
        return
    several = isinstance(request.arguments[RELEASE], list)
    for index, (nested, release_ms) in enumerate(zip(request.nested, request.released_ms(0), strict=True)):
        key = join(path, join("arguments", f"{RELEASE}[{index}]" if several else RELEASE))
        yield release_ms, key, nested


def _check_release(done_ms: int, release_ms: int, duration_ms: int, key: str, nested: Request) -> None:
    """It has to be inserted before it is due, and be due before the run ends."""
    release_s = f"{release_ms / 1000:g} s"
    if release_ms <= done_ms:
        problem = f"{release_s} is over when the telecommand that carries it is executed"
        raise TableError(key, problem, f'above {done_ms / 1000:g} s, or expect = "LATE"')
    if release_ms >= duration_ms and nested.expect == COMPLETED:
        allowed = f'below {duration_ms / 1000:g} s, or expect = "lost" of what it carries'
        raise TableError(key, f"{release_s} is not within the run", allowed)


def _settings(request: Request, path: str, at_ms: int) -> Iterator[tuple[int, str, Request]]:
    """Its settings of parameters and when they come into force."""
    if request.expect not in (COMPLETED, SILENT):
        return
    if request.name == "parameter_set":
        yield at_ms, path, request
    several = isinstance(request.arguments.get(NESTED), list)
    for index, (nested, release_ms) in enumerate(zip(request.nested, request.released_ms(0), strict=True)):
        within = f"{NESTED}[{index}]" if several else NESTED
        yield from _settings(nested, join(path, join("arguments", within)), release_ms)


def _check_settings(settings: Sequence[tuple[int, str, Request]], loaded: FlightParameters) -> None:
    """Each has to fit what was set before, or what was loaded: flight software may have gone back to that."""
    table = ParameterTable(loaded, DICTIONARY.parameters)
    for _, path, request in sorted(settings, key=lambda setting: setting[0]):
        values = dict(_values(request.arguments))
        if not table.consistent(values):
            table = ParameterTable(loaded, DICTIONARY.parameters)
        if not table.consistent(values):
            raise TableError(
                join(path, "arguments.value"), "does not fit the other parameters", 'expect = "INCONSISTENT"'
            )
        table.set(values)


def _values(arguments: Mapping[str, object]) -> Iterator[tuple[int, float]]:
    """Identifiers and values as they arrive, in 32 bits."""
    for parameter, value in zip(listed(arguments["parameter"]), listed(arguments["value"]), strict=True):
        identifier = (
            parameter if isinstance(parameter, int) else DICTIONARY.parameters[str(parameter)].identifier
        )
        yield identifier, struct.unpack(">f", struct.pack(">f", value))[0]
