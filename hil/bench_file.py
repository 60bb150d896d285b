# SPDX-License-Identifier: Apache-2.0
"""Bench files: where the three boards are, how they are powered, reset and flashed, and how patient the bench is; in TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated

import flatsat.boards
from flatsat.protocols import tables
from flatsat.protocols.tables import Rule, TableError, check

from .errors import FlatsatError
from .suggestion import nearest

FOLDER = Path(flatsat.boards.__path__[0]) / "benches"


class BenchError(TableError, FlatsatError):
    """A bench file cannot be used as it stands."""


class Mode(Enum):
    """Who hands out board time."""

    LOCK_STEP = "lock-step"


class Reset(Enum):
    """How a board is put into its power-on state."""

    REGISTER = "register"
    DTR = "dtr"
    COMMAND = "command"
    POWER = "power"


class Restarted(Enum):
    """What becomes of a run whose compute or laser board has forgotten it: killed, reset, or without power for a while."""

    ERROR = "error"
    FLY_ON = "fly-on"


class Start(Enum):
    """What is started for a board that is not a thing on a table."""

    HOST = "host"
    QEMU = "qemu"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one board is.

    Commands are lists of words, run without a shell; `{board}`, `{url}` and, in `flash`, `{image}` stand for what they say.
    """

    url: Annotated[
        str, Rule("device or pyserial URL: /dev/serial/by-id/..., socket://HOST:PORT, rfc2217://HOST:PORT")
    ] = ""
    start: Annotated[Start | None, Rule("instead of a url: an emulated board that the bench starts")] = None
    baud: Annotated[int, Rule("line rate, 8N1", unit="Bd", low=1200, high=12_000_000)] = 115_200
    mode: Annotated[Mode, Rule("who hands out board time")] = Mode.LOCK_STEP
    reset: Annotated[Reset, Rule("how it is put into its power-on state")] = Reset.REGISTER
    dtr_s: Annotated[float, Rule("reset = dtr: how long DTR is held low", unit="s", above=0, high=10)] = 0.1
    burst_octets: Annotated[
        int, Rule("octets that the board takes at once; 0: as many as a packet has", low=0, high=8191)
    ] = 0
    burst_gap_s: Annotated[float, Rule("pause between bursts", unit="s", low=0, high=1)] = 0.001
    power_on: Annotated[tuple[str, ...], Rule("command that gives it power")] = ()
    power_off: Annotated[tuple[str, ...], Rule("command that takes its power")] = ()
    reset_command: Annotated[tuple[str, ...], Rule("reset = command: the command that resets it")] = ()
    flash: Annotated[tuple[str, ...], Rule("command that puts an image into it")] = ()

    def __post_init__(self) -> None:
        check(self)
        if bool(self.url) == bool(self.start):
            raise TableError(
                "url", "is missing" if not self.url else "does not go with start", "either url or start"
            )
        if self.reset is Reset.COMMAND and not self.reset_command:
            raise TableError("reset_command", "is missing", 'a list of words, as reset is "command"')
        if self.reset is Reset.POWER and not (self.power_on and self.power_off):
            name = "power_off" if self.power_on else "power_on"
            raise TableError(name, "is missing", 'a list of words, as reset is "power"')
        if self.start and self.reset is not Reset.REGISTER:
            raise TableError("reset", "an emulated board has a register for it", Reset.REGISTER.value)


@dataclass(frozen=True, kw_only=True)
class Boards:
    """The three places."""

    power: Annotated[Place, Rule("the power board")]
    compute: Annotated[Place, Rule("the compute board")]
    laser: Annotated[Place, Rule("the laser board")]

    def __post_init__(self) -> None:
        taken: dict[str, str] = {}
        for name in ("power", "compute", "laser"):
            url = getattr(self, name).url
            if url and url in taken:
                raise TableError(f"{name}.url", f"{url} is the {taken[url]} board's", "a line for each board")
            taken[url] = name


@dataclass(frozen=True, kw_only=True)
class Policies:
    """How patient the bench is, in wall seconds: none of it decides anything in simulated time."""

    absent_s: Annotated[float, Rule("wait for a port that is not there", unit="s", low=0, high=3600)] = 10.0
    unplugged_s: Annotated[
        float, Rule("wait for a board unplugged in mid-run; 0: it ends the run", unit="s", low=0, high=3600)
    ] = 30.0
    restarted: Annotated[
        Restarted,
        Rule("a compute or laser board that forgot the run: end it, or fly on as after a loss of its power"),
    ] = Restarted.ERROR
    reply_s: Annotated[
        float, Rule("without a reply, until the bench asks again", unit="s", above=0, high=60)
    ] = 1.0
    silent_s: Annotated[
        float, Rule("without any reply, until the run ends", unit="s", above=0, high=3600)
    ] = 15.0
    write_s: Annotated[float, Rule("for the port to take a packet", unit="s", above=0, high=60)] = 2.0
    command_s: Annotated[float, Rule("for a power, reset or flash command", unit="s", above=0, high=3600)] = (
        60.0
    )
    off_on_exit: Annotated[bool, Rule("run every power_off when flatsat lets the boards go")] = True
    quarantine_after: Annotated[
        int, Rule("failures in a row until a board is left alone; 0: never", low=0, high=1000)
    ] = 3

    def __post_init__(self) -> None:
        check(self)
        if self.silent_s < self.reply_s:
            raise TableError("silent_s", f"{self.silent_s:g} s is below reply_s", f"from {self.reply_s:g} s")


@dataclass(frozen=True, kw_only=True)
class BenchFile:
    """A bench: three boards, and what may be done with them."""

    name: Annotated[str, Rule("what it is called", pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*")]
    description: Annotated[str, Rule("a line about it")] = ""
    boards: Annotated[Boards, Rule("where each board is")]
    policies: Annotated[Policies, Rule("how patient the bench is")] = field(default_factory=Policies)
    emergency_off: Annotated[tuple[str, ...], Rule("command that takes power from all of it at once")] = ()

    def __post_init__(self) -> None:
        check(self)

    def places(self) -> tuple[Place, Place, Place]:
        """The places in the order of the boards."""
        return self.boards.power, self.boards.compute, self.boards.laser


def load(name_or_path: str | Path) -> BenchFile:
    """Load a bench that comes with the package by its name, or one from a file.

    Raises:
        BenchError: it does not exist, cannot be read, or cannot be used as it stands.
    """
    path = Path(name_or_path)
    if str(name_or_path) in builtin():
        path = FOLDER / f"{name_or_path}.toml"
    elif not path.suffix and not path.exists():
        near = nearest(str(name_or_path), builtin())
        raise BenchError(
            "", f"there is no bench {str(name_or_path)!r}{near}", ", ".join((*builtin(), "a path"))
        )
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise BenchError("", f"cannot be read: {error.strerror}; check the path", source=str(path)) from error
    except UnicodeDecodeError as error:
        raise BenchError("", "is not text in UTF-8; save it as such", source=str(path)) from error


def parse(text: str, source: str = "") -> BenchFile:
    """Make a bench from TOML text; `source` stands in error texts.

    Raises:
        BenchError: see `load`.
    """
    try:
        return tables.read(BenchFile, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BenchError("", f"is not TOML: {error}; mend that line", source=source) from error
    except TableError as error:
        raise BenchError(error.path, error.problem, error.allowed, source) from error


def schema() -> str:
    """Every field of a bench file with its type, default and meaning; for people."""
    return "\n".join(tables.listing(tables.schema(BenchFile)))


def builtin() -> tuple[str, ...]:
    """Names of the benches that come with the package."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
