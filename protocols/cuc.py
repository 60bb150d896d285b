# SPDX-License-Identifier: Apache-2.0
"""CCSDS unsegmented time code (CUC), 301.0-B-4 section 3.2: TAI seconds from 1958-01-01, P-field implied.

Four octets of seconds and some of binary fraction: two in telemetry, four in the insert zone of frames.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from .errors import ProtocolError

COARSE_OCTETS = 4
LONGEST_FINE_OCTETS = 7
EPOCH = datetime(1958, 1, 1, tzinfo=UTC)

# First days (UTC) on which TAI - UTC is one second more than before; it was 10 s from 1972-01-01 (IERS
# Bulletin C; none after the last line has been announced).
LEAP_SECOND_DAYS = tuple(
    datetime(year, month, 1, tzinfo=UTC)
    for year, month in (
        *((1972, 7), (1973, 1), (1974, 1), (1975, 1), (1976, 1), (1977, 1), (1978, 1), (1979, 1), (1980, 1)),
        *((1981, 7), (1982, 7), (1983, 7), (1985, 7), (1988, 1), (1990, 1), (1991, 1), (1992, 7), (1993, 7)),
        *((1994, 7), (1996, 1), (1997, 7), (1999, 1), (2006, 1), (2009, 1), (2012, 7), (2015, 7), (2017, 1)),
    )
)
LEAP_SECOND_TABLE = "IERS Bulletin C, TAI - UTC = 37 s since 2017-01-01"
_TAI_LESS_UTC_1972_S = 10
# TAI seconds at which each leap second begins: 23:59:60 of the day before those above.
_LEAP_SECONDS_TAI = tuple(
    int((day - EPOCH).total_seconds()) + _TAI_LESS_UTC_1972_S + index
    for index, day in enumerate(LEAP_SECOND_DAYS)
)


class CucError(ProtocolError):
    """A time that the code cannot carry, or octets that are no time."""


class TimeOutOfRange(CucError):
    def __init__(self, tai_ms: int) -> None:
        super().__init__(f"{tai_ms} ms from 1958 TAI, four octets of seconds hold 0 to 2^32 - 1")
        self.tai_ms = tai_ms


class WrongLength(CucError):
    def __init__(self, octets: int) -> None:
        super().__init__(
            f"time of {octets} octets, expected {COARSE_OCTETS} and 0 to {LONGEST_FINE_OCTETS} of fraction"
        )
        self.octets = octets


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """TAI since 1958-01-01: seconds, and `fraction` in units of 2^-(8 * fine_octets) s."""

    seconds: int
    fraction: int
    fine_octets: int

    @property
    def tai_ms(self) -> int:
        """Milliseconds, to the nearest."""
        bits = 8 * self.fine_octets
        return self.seconds * 1000 + (self.fraction * 2000 + (1 << bits) >> bits + 1)

    @property
    def tai_s(self) -> float:
        return self.seconds + self.fraction / (1 << 8 * self.fine_octets)


def time(tai_ms: int, fine_octets: int = 2) -> Time:
    """The code's last tick not after `tai_ms`, which two or more fine octets bring back exactly."""
    seconds, ms = divmod(tai_ms, 1000)
    if seconds >> 8 * COARSE_OCTETS:
        raise TimeOutOfRange(tai_ms)
    return Time(seconds=seconds, fraction=(ms << 8 * fine_octets) // 1000, fine_octets=fine_octets)


def encode(tai_ms: int, fine_octets: int = 2) -> bytes:
    """Octets of a time in milliseconds from 1958-01-01 TAI: 4 of seconds and `fine_octets`."""
    code = time(tai_ms, fine_octets)
    return (code.seconds << 8 * fine_octets | code.fraction).to_bytes(COARSE_OCTETS + fine_octets, "big")


def decode(octets: bytes) -> Time:
    """The time in these octets, of which all after the fourth are fraction."""
    fine_octets = len(octets) - COARSE_OCTETS
    if not 0 <= fine_octets <= LONGEST_FINE_OCTETS:
        raise WrongLength(len(octets))
    return Time(
        seconds=int.from_bytes(octets[:COARSE_OCTETS], "big"),
        fraction=int.from_bytes(octets[COARSE_OCTETS:], "big"),
        fine_octets=fine_octets,
    )


def utc(tai_ms: int) -> datetime:
    """UTC of a TAI time from 1972 on. A leap second, which no datetime can hold, repeats the one before."""
    leaps = bisect_right(_LEAP_SECONDS_TAI, tai_ms // 1000)
    return EPOCH + timedelta(milliseconds=tai_ms, seconds=-_TAI_LESS_UTC_1972_S - leaps)


def utc_text(tai_ms: int) -> str:
    """UTC as ISO 8601 has it, to the millisecond; a leap second is second 60: 2016-12-31T23:59:60.500Z."""
    seconds, ms = divmod(tai_ms, 1000)
    return f"{_utc_second(seconds)}.{ms:03}Z"


@lru_cache(maxsize=1024)
def _utc_second(tai_s: int) -> str:
    text = utc(tai_s * 1000).isoformat(timespec="seconds").removesuffix("+00:00")
    return text[:-2] + "60" if tai_s in _LEAP_SECONDS_TAI else text
