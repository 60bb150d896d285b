# SPDX-License-Identifier: Apache-2.0
"""The recording of a run: an MCAP file with one message a cycle and stream, readable after a kill up to the last whole cycle.

The four streams of `trace.py` are channels of that name with the records as they are hashed; the channel `cycle` comes last in
each cycle and holds the plant's truth and what the boards do as JSON, with a schema that names units, so that Foxglove plots
them. A metadata record at the beginning says what was to be flown.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple

from mcap.exceptions import EndOfFile, McapError
from mcap.records import Channel, Message, Metadata
from mcap.stream_reader import StreamReader
from mcap.writer import MCAP0_MAGIC, Writer

from .cycle_status import SCHEMA
from .errors import RecordingError
from .trace import STREAMS, combined_sha256

CYCLE = "cycle"
PLAN = "plan"
_NS_PER_MS = 1_000_000
_MESSAGE = struct.Struct("<BQHIQQ")
_MESSAGE_OPCODE = 5
_RECORD_LIMIT_OCTETS = 64 * 2**20


class Cycle(NamedTuple):
    """What one cycle left in a recording."""

    number: int
    end_ms: int
    streams: tuple[bytes, ...]
    status: dict[str, Any]


class Recorder:
    """Writes a recording; what a cycle left reaches the file in one piece.

    Args:
        path: the file, which is written anew.
        plan: what is to be flown, in words: read back by `plan`, also when the run was killed.
    """

    def __init__(self, path: Path, plan: Mapping[str, str] = MappingProxyType({})) -> None:
        try:
            self._file = path.open("wb", buffering=1 << 20)
        except OSError as error:
            raise RecordingError(
                f"cannot write {path}: {error.strerror}; choose another folder with --out"
            ) from error
        self._path = path
        self._plan = plan
        self._broken = False
        self._whole_octets = 0
        self._writer = Writer(self._file, use_chunking=False, enable_crcs=True, use_statistics=False)
        self._guard(self._start)

    def _start(self) -> None:
        self._writer.start(profile="flatsat", library="flatsat")
        schema = self._writer.register_schema(CYCLE, "jsonschema", SCHEMA)
        self._channels = [self._writer.register_channel(name, "flatsat-trace", 0) for name in STREAMS]
        self._channels.append(self._writer.register_channel(CYCLE, "json", schema))
        self._writer.add_metadata(PLAN, dict(self._plan))  # hands all of this to the file

    def write(self, number: int, end_ms: int, streams: Sequence[bytes], status: bytes) -> None:
        """Append one cycle, `status` being a JSON object, and hand it to the operating system.

        Raises:
            RecordingError: the disk is full or gone; what was written before stays readable.
        """
        self._guard(self._append, number, end_ms, streams, status)

    def _append(self, number: int, end_ms: int, streams: Sequence[bytes], status: bytes) -> None:
        """Messages by hand (MCAP specification, Message): through the writer they would take a tenth of the run."""
        time_ns = end_ms * _NS_PER_MS
        pieces: list[bytes] = []
        for channel, octets in zip(self._channels, (*streams, status), strict=True):
            if octets:
                length = _MESSAGE.size - 9 + len(octets)
                pieces += (_MESSAGE.pack(_MESSAGE_OPCODE, length, channel, number, time_ns, time_ns), octets)
        self._file.write(b"".join(pieces))
        self._file.flush()
        self._whole_octets = self._file.tell()

    def close(self) -> None:
        """Write the file's index and close it; after an error only close it, with what the last whole cycle left as its end."""
        if self._broken:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                os.truncate(self._path, self._whole_octets)
        elif not self._file.closed:
            self._guard(self._finish)

    def _finish(self) -> None:
        self._writer.finish()  # type: ignore[no-untyped-call]
        self._file.close()

    def _guard(self, action: Any, *arguments: Any) -> None:
        try:
            action(*arguments)
        except OSError as error:
            self._broken = True
            raise RecordingError(
                f"cannot write {self._path}: {error.strerror}; free some space or use --out"
            ) from error

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read(path: Path) -> Iterator[Cycle]:
    """Yield the whole cycles of a recording, also of one that was cut short.

    Raises:
        RecordingError: not a recording of flatsat, or unreadable.
    """
    with _faults_told(path):
        yield from _cycles(_records(path))


def plan(path: Path) -> dict[str, str]:
    """What was to be flown, as `Recorder` was told; empty where the file ends before that.

    Raises:
        RecordingError: see `read`.
    """
    with _faults_told(path):
        for record in _records(path):
            if isinstance(record, Metadata) and record.name == PLAN:
                return dict(record.metadata)
            if isinstance(record, Message):
                break
    return {}


def _records(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        begin = file.read(len(MCAP0_MAGIC))
        if not MCAP0_MAGIC.startswith(begin):
            raise RecordingError(f"{path} is not a recording: give a run's recording.mcap")
        if begin == MCAP0_MAGIC:  # else its run was killed before the first cycle
            yield from _until_cut(
                StreamReader(file, skip_magic=True, record_size_limit=_RECORD_LIMIT_OCTETS).records
            )


@contextmanager
def _faults_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error.strerror}") from error
    except (McapError, ValueError) as error:
        raise RecordingError(f"{path} is damaged: {error}; what comes before can still be read") from error


def _cycles(records: Iterator[Any]) -> Iterator[Cycle]:
    topics: dict[int, str] = {}
    pending: dict[str, bytes] = {}
    for record in records:
        if isinstance(record, Channel):
            topics[record.id] = record.topic
        elif isinstance(record, Message):
            topic = topics.get(record.channel_id, "")
            if topic == CYCLE:
                streams = tuple(pending.get(name, b"") for name in STREAMS)
                yield Cycle(record.sequence, record.log_time // _NS_PER_MS, streams, json.loads(record.data))
                pending = {}
            else:
                pending[topic] = record.data


def _until_cut(records: Iterator[Any]) -> Iterator[Any]:
    """Stop where the file was cut: the reader tells a half record in several ways."""
    try:
        yield from records
    except (EndOfFile, EOFError, struct.error):
        return


def trace_sha256(path: Path) -> tuple[str, int]:
    """Recompute a recording's trace hash; return it with the number of whole cycles."""
    digests = [hashlib.sha256() for _ in STREAMS]
    cycles = 0
    for cycle in read(path):
        for digest, octets in zip(digests, cycle.streams, strict=True):
            digest.update(octets)
        cycles += 1
    return combined_sha256([digest.digest() for digest in digests]), cycles
