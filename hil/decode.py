# SPDX-License-Identifier: Apache-2.0
"""`flatsat decode`: a capture of a channel, octets as they left the optical pin, to frames, packets and values."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
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

from . import capture, endpoint, interrupt, usage
from .errors import FlatsatError
from .event_log import WINDOW, EventLog
from .packet_writers import WRITERS, Format, Writer
from .streams import Output

if TYPE_CHECKING:
    from .decoding import Decoding


class DecodeError(FlatsatError):
    """An output that cannot be written, a profile that is none, or options that exclude each other."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What `flatsat decode` was asked for; `out` None is standard output."""

    file: str
    profile: str
    packet_format: Format | None
    out: Path | None
    follow: bool
    why: bool
    events: bool
    as_json: bool

    def __post_init__(self) -> None:
        if self.packet_format is Format.PARQUET and self.out is None:
            raise DecodeError("Parquet is not for a terminal or a pipe; add --out PATH")
        if len(self._on_output) > 1:
            mend = (
                "add --out PATH for the packets" if "--format" in self._on_output else "ask for one of them"
            )
            raise DecodeError(f"{' and '.join(self._on_output)} cannot share standard output; {mend}")

    @property
    def _on_output(self) -> list[str]:
        packets = self.packet_format is not None and self.out is None
        return ["--json"] * self.as_json + ["--format"] * packets + ["--events"] * self.events

    @property
    def is_live(self) -> bool:
        """Whether the input is taken as it comes, and Ctrl-C is its end."""
        return self.follow or self.is_of_a_run

    @property
    def awaits_file(self) -> bool:
        """Whether the input is a file that may come later."""
        return self.follow and self.file != capture.STANDARD_INPUT and not self.is_of_a_run

    @property
    def is_of_a_run(self) -> bool:
        """Whether the input is what a run publishes."""
        return endpoint.is_endpoint(self.file)

    @property
    def output_is_free(self) -> bool:
        """Whether standard output is left for counts and reasons."""
        return not self._on_output

    @property
    def lines_on_terminal(self) -> bool:
        """Whether a progress bar would be torn by lines."""
        streaming = self.why or self.events or (self.packet_format is not None and self.out is None)
        return streaming and (sys.stdout.isatty() or (self.why and not self.output_is_free))


def decode_command(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-|ENDPOINT",
            parser=usage.given,
            help="Capture of the channel; - reads standard input; what `flatsat run --publish ENDPOINT` sends.",
        ),
    ],
    profile: Annotated[
        str,
        typer.Option(metavar="NAME|FILE", parser=usage.given, help="Link profile: a name, or a TOML file."),
    ] = profiles.DEFAULT,
    packet_format: Annotated[
        Format | None,
        typer.Option(
            "--format", help=f"Write every packet, in this form. Leap seconds: {cuc.LEAP_SECOND_TABLE}."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", parser=usage.path, help="Write the packets here [default: standard output]."
        ),
    ] = None,
    events: Annotated[
        bool,
        typer.Option("--events", help="List what happened on board, in time order and in words."),
    ] = False,
    why: Annotated[
        bool,
        typer.Option("--why", help="Explain each rejected frame, skip, gap and packet not decoded."),
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on as the input grows, until Ctrl-C; FILE may come later.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the counts as one JSON object, nothing else.")
    ] = False,
) -> None:
    """Decode a capture, or a run while it flies: frames, packets, engineering values."""
    if out is not None and packet_format is None:
        packet_format = _named_by(out)
    order = Order(
        file=file, profile=profile, packet_format=packet_format, out=out, follow=follow, why=why, events=events,
        as_json=as_json,
    )  # fmt: skip
    decoding = decode(order)
    counts = decoding.tally.summary(decoding.octets)
    if as_json:
        print(json.dumps(counts))
    else:
        _show(counts, order, decoding)
    if not decoding.tally.frames_decoded:
        sys.stdout.flush()
        if order.awaits_file and not decoding.octets and not Path(file).exists():
            message = f"{file} never came; give the path of a file that will"
        else:
            message = f"no frame in {decoding.octets:,} octets of {file}: {decoding.misfit(profile)}"
        typer.echo(f"flatsat: {message}", err=True)
        raise typer.Exit(1)


def _named_by(out: Path) -> Format:
    suffix = out.suffix.removeprefix(".")
    if suffix not in list(Format):
        raise DecodeError(f"--out {out} does not say in which form; add --format {' or '.join(Format)}")
    return Format(suffix)


def decode(order: Order) -> Decoding:
    """Read the input to its end, or to Ctrl-C where it is live, and write what the order asks for.

    Raises DecodeError, CaptureError or EndpointError.
    """
    from .decoding import Decoding  # numba comes with it, and --help can do without

    try:
        profile = profiles.load(order.profile)
    except profiles.ProfileError as error:
        raise DecodeError(str(error)) from error
    dictionary = dictionaries.load() if profile.dictionary else None
    if order.events and dictionary is None:
        raise DecodeError(
            f"--events needs telemetry of the dictionary, which profile {order.profile} has not; leave it out"
        )
    advance: Callable[[int], None] = _ignore
    with ExitStack() as stack:
        if order.is_live:
            pieces = stack.enter_context(closing(capture.follow(order.file, _remark)))
        else:
            stream = stack.enter_context(capture.opened(order.file))
            pieces = capture.pieces(order.file, stream)
            advance = stack.enter_context(_progress(stream, order.as_json or order.lines_on_terminal))
        decoding = Decoding(profile, dictionary, _explain(order) if order.why else None)
        if order.packet_format is not None:
            decoding.add(stack.enter_context(_writer(order, order.packet_format, dictionary)))
        if order.events and dictionary is not None:
            decoding.add(EventLog(dictionary, sys.stdout, window=0 if order.is_live else WINDOW))
        try:
            for piece in pieces:
                with interrupt.held() if order.is_live else ExitStack():
                    decoding.take(piece)
                advance(decoding.octets)
        except interrupt.Interrupted:
            if not order.is_live:
                raise
        decoding.close()
    return decoding


def _ignore(octets: int) -> None:
    pass


def _remark(line: str) -> None:
    typer.echo(f"flatsat: {line}", err=True)


def _explain(order: Order) -> Callable[[str], object]:
    """Where reasons go."""
    return lambda line: typer.echo(line, err=not order.output_is_free)


@contextmanager
def _writer(
    order: Order, packet_format: Format, dictionary: dictionaries.Dictionary | None
) -> Iterator[Writer]:
    out = order.out
    if out is None:
        yield WRITERS[packet_format](sys.stdout, dictionary)
        return
    if _is_input(out, order.file):
        raise DecodeError(f"--out {out} is the input; give another path")
    try:
        if packet_format is Format.PARQUET:
            from .parquet_writer import ParquetWriter  # numpy comes with it

            writer: Writer = ParquetWriter(out, dictionary)
            try:
                yield writer
            finally:
                writer.close()
        else:
            with out.open("w", encoding="utf-8", newline="") as stream:
                yield WRITERS[packet_format](stream, dictionary)
    except BrokenPipeError:  # PATH may be a pipe
        raise
    except OSError as error:
        raise DecodeError(f"cannot write {out}: {error.strerror}; give --out another path") from error


def _is_input(out: Path, file: str) -> bool:
    """Whether a file that is there already is what is read, by any of its names, or from standard input."""
    try:
        written = out.stat()
        read = os.fstat(0) if file == capture.STANDARD_INPUT else os.stat(file)
    except OSError:
        return False  # one of them is not there
    return stat.S_ISREG(written.st_mode) and os.path.samestat(written, read)


@contextmanager
def _progress(stream: BinaryIO, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A function to tell how many octets are done; it draws a bar where somebody looks."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield _ignore
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
    progress = Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    )
    with progress:
        task = progress.add_task("decode", total=total)
        yield lambda octets: progress.update(task, completed=octets)


def _show(counts: dict[str, Any], order: Order, decoding: Decoding) -> None:
    """Print the counts for a reader."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in counts.items():
        if isinstance(value, int):
            table.add_row(name.replace("_", " "), f"{value:,}")
    for channel in counts["virtual_channels"]:
        numbers = f"{channel['frames']:,} frames, {channel['lost']:,} lost, {channel['packets']:,} packets"
        if channel["stepped_back"]:
            numbers += f", frame count went back {_times(channel['stepped_back'])}"
        table.add_row(f"spacecraft {channel['scid']} channel {channel['vcid']}", numbers)
    for apid, packets in counts["apids"].items():
        table.add_row(f"APID {apid}", f"{packets:,} packets")
    if decoding.has_dictionary:
        hint = "" if order.events or not decoding.happened else " (--events lists them in words)"
        table.add_row("events on board", f"{decoding.happened:,}{hint}")
        table.add_row("leap seconds", cuc.LEAP_SECOND_TABLE)
    Output(stderr=not order.output_is_free).table(table)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
