# SPDX-License-Identifier: Apache-2.0
"""Telecommands as a scenario asks for them, checked against the dictionary on load and encoded for the uplink."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Annotated, Any

from flatsat.protocols import cuc, dictionary, pus, space_packet, tables
from flatsat.protocols.tables import Rule, TableError, check, join
from flatsat.protocols.telecommand import ArgumentError, Given, TelecommandDefinition

from .expectation import YEAR_S
from .faults import check_whole_milliseconds

DICTIONARY = dictionary.load()
COMPLETED, LOST, SILENT, DISCARDED = "completed", "lost", "silent", "discarded"
FAILURES = DICTIONARY.enumerations["failure"]
LONGEST_BLOCK = 252
RELEASE, NESTED = "release_s", "telecommand"
RELEASE_CODE = ("release_seconds", "release_fraction")
DUPLICATE = "DUPLICATE"
_ACKNOWLEDGE = space_packet.PRIMARY_HEADER_OCTETS  # low bits of this octet
_ALL = pus.Acknowledge.ACCEPTANCE | pus.Acknowledge.START | pus.Acknowledge.COMPLETION


class Stage(IntEnum):
    """What a report of success is about; values are subtypes of service 1."""

    ACCEPTANCE = 1
    START = 3
    COMPLETION = 7


ASKED_BY = {
    Stage.ACCEPTANCE: pus.Acknowledge.ACCEPTANCE,
    Stage.START: pus.Acknowledge.START,
    Stage.COMPLETION: pus.Acknowledge.COMPLETION,
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One telecommand by its name in the dictionary, or as octets; and what shall become of it."""

    name: Annotated[str | None, Rule("which telecommand", choices=tuple(DICTIONARY.telecommands))] = None
    arguments: Annotated[dict[str, object], Rule("its arguments, see below")] = field(default_factory=dict)
    source: Annotated[int, Rule("source identifier", low=0, high=0xFFFF)] = 0
    acknowledge: Annotated[
        int, Rule("successes to be reported: acceptance 8, start 4, completion 1, added up", low=0, high=15)
    ] = int(_ALL)
    sequence: Annotated[
        int | None, Rule("sequence count, in place of the ground's next one", low=0, high=0x3FFF)
    ] = None
    raw: Annotated[
        str | None,
        Rule("octets in hexadecimal, sent as they are in place of a name", pattern=r"([0-9a-fA-F]{2} *)+"),
    ] = None
    expect: Annotated[
        str,
        Rule(
            "completed; lost: it does not arrive; silent: nothing is reported, done or not; "
            "discarded: the event TELECOMMAND_DISCARDED comes; or why it fails",
            choices=(COMPLETED, LOST, SILENT, DISCARDED, *FAILURES.values()),
        ),
    ] = COMPLETED

    def __post_init__(self) -> None:
        check(self)
        if self.raw is not None:
            self._refuse_fields_beside_raw()
        elif self.definition is None:
            raise TableError("name", "neither name nor raw is given", "one of them")
        else:
            self._check_arguments(self.definition)
        octets = len(self.encode(0, 0, self.nested_blocks))
        if octets > LONGEST_BLOCK:
            key = "arguments" if self.raw is None else "raw"
            raise TableError(key, f"makes a telecommand of {octets} octets", f"at most {LONGEST_BLOCK}")
        if self.expect in (COMPLETED, LOST, SILENT):
            self._refuse_untold()
        elif self.name is not None:
            self._refuse_impossible_failure()

    @property
    def label(self) -> str:
        """What it is called in reports about it."""
        return self.name or f"raw {''.join((self.raw or '').split())[:8]}"

    @property
    def definition(self) -> TelecommandDefinition | None:
        """Its definition, None for octets as they are."""
        return DICTIONARY.telecommands[self.name] if self.name else None

    @cached_property
    def told(self) -> frozenset[Stage]:
        """The successes that it asks to be told."""
        acknowledge = self.acknowledge
        if self.raw is not None:
            block = bytes.fromhex(self.raw)
            acknowledge = block[_ACKNOWLEDGE] & 0xF if len(block) > _ACKNOWLEDGE else 0
        return frozenset(stage for stage, flag in ASKED_BY.items() if acknowledge & flag)

    @property
    def given_counts(self) -> Iterator[int]:
        """The sequence counts that the scenario itself gives, here and within, but for repeating one on purpose."""
        request = pus.request(bytes.fromhex(self.raw or ""))
        given = request[1] % (1 << 14) if request else self.sequence
        if given is not None and self.expect != DUPLICATE:
            yield given
        for nested in self.nested:
            yield from nested.given_counts

    @cached_property
    def nested(self) -> tuple[Request, ...]:
        """The telecommands among its arguments, in order. Raises TableError."""
        given = self.arguments.get(NESTED, [])
        if isinstance(given, list):
            return tuple(tables.read(Request, table, f"[{index}]") for index, table in enumerate(given))
        return (tables.read(Request, given),)

    @property
    def releases_s(self) -> Sequence[object]:
        """When its nested telecommands are to be executed, in seconds of the run, where the scenario says so."""
        return listed(self.arguments[RELEASE]) if RELEASE in self.arguments else [None] * len(self.nested)

    def released_ms(self, epoch_tai_ms: int) -> list[int]:
        """Board times at which its nested telecommands are to be executed, with TAI at board time 0."""
        if RELEASE in self.arguments or not self.nested:
            return [round(1000 * _number(at_s)) for at_s in self.releases_s]
        seconds, fractions = (listed(self.arguments[name]) for name in RELEASE_CODE)
        return [
            cuc.Time(seconds=int(_number(second)), fraction=int(_number(part)), fine_octets=2).tai_ms
            - epoch_tai_ms
            for second, part in zip(seconds, fractions, strict=True)
        ]

    def encode(self, sequence: int, epoch_tai_ms: int, nested: Sequence[bytes]) -> bytes:
        """The octets to send.

        Args:
            sequence: its sequence count, unless the scenario gives one.
            epoch_tai_ms: TAI at board time 0.
            nested: packets of the nested telecommands.

        Raises:
            ArgumentError: the arguments do not fit the definition.
        """
        if self.definition is None:
            return bytes.fromhex(self.raw or "")
        data = self.definition.pack(
            self._on_the_wire(epoch_tai_ms, nested), checked=self.expect != "OUT_OF_RANGE"
        )
        return pus.Telecommand(
            apid=DICTIONARY.telecommand_apid,
            sequence_count=sequence if self.sequence is None else self.sequence,
            header=pus.TelecommandHeader(
                service=self.definition.service,
                subtype=self.definition.subtype,
                acknowledge=self.acknowledge,
                source=self.source,
            ),
            data=data,
        ).encode()

    def _on_the_wire(self, epoch_tai_ms: int, nested: Sequence[bytes]) -> dict[str, Given | Sequence[Given]]:
        """The arguments under the names of the dictionary, times of the run as TAI."""
        arguments: dict[str, Any] = {
            name: value for name, value in self.arguments.items() if name not in (RELEASE, NESTED)
        }
        if NESTED in self.arguments:
            arguments[NESTED] = list(nested)
        if RELEASE in self.arguments:
            times = [cuc.time(epoch_tai_ms + round(1000 * _number(at_s))) for at_s in self.releases_s]
            arguments |= {
                "release_seconds": [time.seconds for time in times],
                "release_fraction": [time.fraction for time in times],
            }
        return arguments

    @property
    def nested_blocks(self) -> list[bytes]:
        """Packets of the nested telecommands as they are before the ground has counted them."""
        return [request.encode(0, 0, request.nested_blocks) for request in self.nested]

    def _refuse_fields_beside_raw(self) -> None:
        if self.name is not None:
            raise TableError("raw", "is given beside name", "one of them")
        given = {
            "arguments": bool(self.arguments),
            "source": self.source != 0,
            "acknowledge": self.acknowledge != _ALL,
            "sequence": self.sequence is not None,
        }
        for name, is_given in given.items():
            if is_given:
                raise TableError(name, "is given beside raw, which says it all", "leave it out")

    def _refuse_untold(self) -> None:
        """Without reports of success, what arrives and what is lost look alike."""
        key = "acknowledge" if self.raw is None else "expect"
        if self.expect == SILENT:
            if self.told and self.raw is None:
                raise TableError(
                    "expect", "is silent, and successes are asked to be reported", "acknowledge = 0, or lost"
                )
        elif not self.told and (self.expect == COMPLETED or _is_telecommand(self.raw)):
            problem = (
                f"no success is asked to be reported, so that nobody would know that it is {self.expect}"
            )
            raise TableError(key, problem, 'acceptance 8, start 4, completion 1; or expect = "silent"')

    def _refuse_impossible_failure(self) -> None:
        """What the ground encodes is a telecommand; octets within another are as the scenario gives them."""
        impossible = {DISCARDED}
        if all(nested.raw is None for nested in self.nested):
            impossible |= ENCODED_RIGHT
        if self.definition and not self.definition.names:
            impossible |= {"OUT_OF_RANGE"}
        if self.expect in impossible:
            choices = (COMPLETED, LOST, SILENT, *FAILURES.values())
            allowed = ", ".join(choice for choice in choices if choice not in impossible)
            raise TableError(
                "expect", f"{self.name} cannot end as {self.expect}; give it in octets with raw", allowed
            )

    def _check_arguments(self, definition: TelecommandDefinition) -> None:
        allowed = scenario_names(definition)
        for name, value in self.arguments.items():
            path = join("arguments", name)
            if name not in (*allowed, *definition.names):
                problem = f"{definition.name} has no such argument"
                raise TableError(path, problem, ", ".join(allowed) or "none")
            if name in RELEASE_CODE and RELEASE in self.arguments:
                raise TableError(path, f"is given beside {RELEASE}", "one of them")
            if name != NESTED:
                _check_plain(value, path)
        try:
            nested = self.nested_blocks
        except TableError as error:
            raise error.within(join("arguments", NESTED)) from None
        for at_s in self.releases_s if RELEASE in self.arguments else ():
            if isinstance(at_s, str) or not 0 <= _number(at_s) <= YEAR_S:
                raise TableError(
                    join("arguments", RELEASE), f"{at_s!r} is no time of a run", f"from 0 to {YEAR_S} s"
                )
            check_whole_milliseconds(_number(at_s), join("arguments", RELEASE))
        try:
            self.encode(0, 0, nested)
        except ArgumentError as error:
            raise self._at_its_key(error) from None
        if definition.name == "parameter_set" and self.expect != "OUT_OF_RANGE":
            self._check_settings()
        self._refuse_inconsistent(definition)

    def _refuse_inconsistent(self, definition: TelecommandDefinition) -> None:
        """What flight software rejects whatever it holds, unless some failure is expected."""
        if self.expect in FAILURES.values():
            return
        single = {"parameter_set": "parameter", "monitor_add": "monitor"}.get(definition.name)
        items = listed(self.arguments[single]) if single else ()
        if single == "parameter":
            items = [DICTIONARY.enumerations["settable"].get(item, item) for item in items]  # type: ignore[call-overload]
        if len(set(items)) < len(items):
            raise TableError(join("arguments", single or ""), "has one twice", 'expect = "INCONSISTENT"')
        if single == "monitor":
            for low, high in zip(*(listed(self.arguments[name]) for name in ("low", "high")), strict=True):
                if _number(low) > _number(high):
                    problem = f"{low} is above high, {high}"
                    raise TableError(
                        join("arguments", "low"), problem, f'to {high}, or expect = "INCONSISTENT"'
                    )

    def _at_its_key(self, error: ArgumentError) -> TableError:
        name = getattr(error, "argument", "")
        if name in RELEASE_CODE and not set(RELEASE_CODE) & set(self.arguments):
            name = RELEASE
        words, _, allowed = str(error).partition("; allowed: ")
        return TableError(join("arguments", name), words, allowed)

    def _check_settings(self) -> None:
        names = DICTIONARY.enumerations["settable"]
        for parameter, value in zip(
            listed(self.arguments["parameter"]), listed(self.arguments["value"]), strict=True
        ):
            setting = DICTIONARY.parameters[
                names[parameter] if isinstance(parameter, int) else str(parameter)
            ]
            if not setting.permits(_number(value)):
                raise TableError(
                    join("arguments", "value"), f"{value} is not allowed for {setting.name}", setting.allowed
                )


@dataclass(frozen=True, kw_only=True)
class Telecommand(Request):
    """A telecommand of a scenario. It is sent at the start of the first cycle from `at_s` on that has no other to send."""

    at_s: Annotated[
        float,
        Rule(
            "when it is sent at the earliest; its reports take up to 12 s to come down",
            unit="s",
            low=0,
            high=YEAR_S,
        ),
    ]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole_milliseconds(self.at_s, "at_s")

    @property
    def at_ms(self) -> int:
        """First board millisecond at which it may be sent."""
        return round(self.at_s * 1000)


def scenario_names(definition: TelecommandDefinition) -> tuple[str, ...]:
    """The arguments of a telecommand as a scenario gives them: a time of the run in place of TAI."""
    plain = tuple(name for name in definition.names if name not in RELEASE_CODE)
    return plain if len(plain) == len(definition.names) else (RELEASE, *plain)


def _check_plain(value: object, path: str) -> None:
    for item in listed(value):
        if isinstance(item, bool) or not isinstance(item, (int, float, str)):
            raise TableError(path, f"{item!r} is not allowed", "a number, a text, or a list of them")
        if isinstance(item, int) and not -(2**63) <= item < 2**63:
            raise TableError(path, "does not fit 64 bits", "whole numbers of 64 bits")


def _is_telecommand(raw: str | None) -> bool:
    try:
        pus.parse_telecommand(bytes.fromhex(raw or ""))
    except pus.PusError:
        return raw is None
    return True


def listed(value: object) -> Sequence[object]:
    """The items of an argument; one value is one item."""
    return value if isinstance(value, list) else [value]


def _number(value: object) -> float:
    """What `_check_plain` has passed as a number; a text is out of every range."""
    return float(value) if isinstance(value, (int, float)) else float("nan")


ENCODED_RIGHT = frozenset(
    ("LENGTH", "ERROR_CONTROL", "PUS_VERSION", "APID", "SERVICE", "SUBTYPE", "ARGUMENTS")
)
"""Failures of octets that are no telecommand of the dictionary."""
