# SPDX-License-Identifier: Apache-2.0
"""`flatsat decode`: a capture of a channel, octets as they left the optical pin, to frames, packets and values."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer
from flatsat.protocols import cuc
from flatsat.protocols import dictionary as dictionaries
from flatsat.protocols import profile as profiles
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from .errors import FlatsatError
from .packet_table import WRITERS, Format, Writer, row

if TYPE_CHECKING:
    from .tally import Tally

CHUNK_OCTETS = 1 << 20
STANDARD_INPUT = "-"


class DecodeError(FlatsatError):
    """An input that cannot be read, an output that cannot be written, or options that exclude each other."""


def decode_command(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="Capture of the channel; - reads standard input.")
    ],
    profile: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="Link profile: a name, or a TOML file.")
    ] = profiles.DEFAULT,
    packet_format: Annotated[
        Format | None,
        typer.Option(
            "--format", help=f"Write every packet, in this form. Leap seconds: {cuc.LEAP_SECOND_TABLE}."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write the packets here [default: standard output].")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the counts as one JSON object, nothing else.")
    ] = False,
) -> None:
    """Decode a capture: frames, packets, engineering values.

    Exit code: 0 when a frame was delivered, 1 when none was, 2 when the input cannot be read.
    """
    if out is not None and packet_format is None:
        packet_format = _named_by(out)
    if as_json and packet_format and out is None:
        raise DecodeError("--json and --format both write to standard output; add --out PATH for the packets")
    with _pipe_may_close():
        tally, octets = decode(file, profile, packet_format, out, quiet=as_json)
        counts = tally.summary(octets)
        if as_json:
            print(json.dumps(counts))
        else:
            packets_on_output = packet_format is not None and out is None
            _show(counts, profile, _Console(stderr=packets_on_output, highlight=False, soft_wrap=True))
        sys.stdout.flush()
    if not tally.frames_decoded:
        known = ", ".join(profiles.names())
        message = f"no frame in {octets:,} octets of {file}; check --profile {profile} (there are {known})"
        typer.echo(f"flatsat: {message}", err=True)
        raise typer.Exit(1)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `_pipe_may_close`; rich would exit with 1."""
        raise


@contextmanager
def _pipe_may_close() -> Iterator[None]:
    """End quietly, with 0, when the reader of a pipe has had enough; typer would exit with 1, which is `no frame`."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed on exit
        raise typer.Exit(0) from None


def _named_by(out: Path) -> Format:
    suffix = out.suffix.removeprefix(".")
    if suffix not in list(Format):
        raise DecodeError(f"--out {out} does not say in which form; add --format {' or '.join(Format)}")
    return Format(suffix)


def decode(
    file: str,
    profile_name: str,
    packet_format: Format | None = None,
    out: Path | None = None,
    *,
    quiet: bool = True,
) -> tuple[Tally, int]:
    """Decode a file, or standard input for `-`, and write its packets if a form is given.

    Returns the counts and the number of octets read. Raises DecodeError.
    """
    from flatsat.protocols.receiver import Receiver  # numba comes with it, and --help can do without

    from .tally import Tally

    try:
        profile = profiles.load(profile_name)
    except profiles.ProfileError as error:
        raise DecodeError(str(error)) from error
    dictionary = dictionaries.load() if profile.dictionary else None
    receiver, tally, octets = Receiver(profile), Tally(), 0
    with ExitStack() as stack:
        stream = stack.enter_context(_input(file))
        writer = stack.enter_context(_output(file, packet_format, out, dictionary))
        advance = stack.enter_context(_progress(stream, quiet))
        for chunk in _chunks(file, stream):
            octets += len(chunk)
            events = receiver.receive(chunk) if chunk else receiver.close()
            for packet in tally.count(events):
                if writer:
                    writer.write(row(packet, dictionary))
            advance(octets)
    return tally, octets


@contextmanager
def _input(file: str) -> Iterator[BinaryIO]:
    try:
        opened = nullcontext(sys.stdin.buffer) if file == STANDARD_INPUT else open(file, "rb")  # noqa: SIM115
    except OSError as error:
        raise DecodeError(
            f"cannot read {file}: {error.strerror}; give a file of channel octets, or -"
        ) from error
    with opened as stream:
        yield stream


def _chunks(file: str, stream: BinaryIO) -> Iterator[bytes]:
    """Pieces of the input; the last one is empty."""
    chunk = b"begin"
    while chunk:
        try:
            chunk = stream.read(CHUNK_OCTETS)
        except OSError as error:
            raise DecodeError(f"cannot read on in {file}: {error.strerror}; copy it and try again") from error
        yield chunk


@contextmanager
def _output(
    file: str, packet_format: Format | None, out: Path | None, dictionary: dictionaries.Dictionary | None
) -> Iterator[Writer | None]:
    if packet_format is None:
        yield None
        return
    if out is None:
        yield WRITERS[packet_format](sys.stdout, dictionary)
        return
    if file != STANDARD_INPUT and out.exists() and out.samefile(file):
        raise DecodeError(f"--out {out} is the input; give another path")
    try:
        with out.open("w", encoding="utf-8", newline="") as stream:
            yield WRITERS[packet_format](stream, dictionary)
    except BrokenPipeError:  # PATH may be a pipe
        raise
    except OSError as error:
        raise DecodeError(f"cannot write {out}: {error.strerror}; give --out another path") from error


@contextmanager
def _progress(stream: BinaryIO, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A function to tell how many octets are done; it draws a bar where somebody looks."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda octets: None
        return
    columns = (
        TextColumn("decode"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    total = stream.seek(0, 2) or None if stream.seekable() else None
    if total:
        stream.seek(0)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("decode", total=total)
        yield lambda octets: progress.update(task, completed=octets)


def _show(counts: dict[str, Any], profile: str, console: Console) -> None:
    """Print the counts for a reader."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in counts.items():
        if isinstance(value, int):
            table.add_row(name.replace("_", " "), f"{value:,}")
    for channel in counts["virtual_channels"]:
        numbers = f"{channel['frames']:,} frames, {channel['lost']:,} lost, {channel['packets']:,} packets"
        table.add_row(f"spacecraft {channel['scid']} channel {channel['vcid']}", numbers)
    for apid, packets in counts["apids"].items():
        table.add_row(f"APID {apid}", f"{packets:,} packets")
    if profiles.load(profile).dictionary:
        table.add_row("leap seconds", cuc.LEAP_SECOND_TABLE)
    console.print(table)
