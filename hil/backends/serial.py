# SPDX-License-Identifier: Apache-2.0
"""Back end `serial`: dev boards, or emulated ones, each at the end of a serial line of its own, as a bench file says."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from importlib import metadata

from .. import bench_file
from ..bench_file import BenchFile
from ..errors import BackEndError
from .board_site import BoardSite
from .line_errors import LineError, PortLost
from .port import BOARDS, LASER, OpticalRecord, Options, Request
from .serial_line import BoardLine, LaserLine


class SerialBackEnd:
    """Three lines; requests to different boards are under way at the same time."""

    name = "serial"

    def __init__(self, options: Options) -> None:
        if options.bench is None:
            raise BackEndError("back end serial must know where the boards are: add --bench FILE")
        if options.simulator or options.stimulus_on_uart:
            raise BackEndError("--sim and --stimulus-on-uart are for the Verilog: add --backend rtl")
        self._closing = ExitStack()
        self._sites: list[BoardSite] = []
        self._lines: list[BoardLine] = []
        self._works = False
        try:
            self._open(bench_file.load(options.bench), options.bench)
        except LineError as error:
            self._note(error)
            self.close()
            raise
        except BaseException:
            self.close()
            raise

    def _open(self, bench: BenchFile, named: str) -> None:
        for board, place in enumerate(bench.places()):
            site = BoardSite(BOARDS[board], place, bench, f"flatsat run --bench {named}")
            self._sites.append(site)
            url = self._closing.enter_context(site)
            kind = LaserLine if board == LASER else BoardLine
            line = kind(board, url, place, site.policies, _tell, site.run)
            self._closing.callback(line.close)
            self._lines.append(line)
        for line in self._lines:
            line.open()
        self.reset()
        self._works = True

    def exchange(self, requests: Sequence[Request]) -> list[bytes | None]:
        replies: list[bytes | None] = [None] * len(requests)
        waiting: list[deque[int]] = [deque() for _ in BOARDS]
        for index, request in enumerate(requests):
            waiting[request.board].append(index)
        try:
            while any(waiting):
                under_way = [queue.popleft() for queue in waiting if queue]
                for index in under_way:
                    self._lines[requests[index].board].send(requests[index])
                for index in under_way:
                    replies[index] = self._lines[requests[index].board].receive(requests[index])
        except LineError as error:
            self._note(error)
            raise self._explained(error) from error
        return replies

    def take_optical(self) -> list[OpticalRecord]:
        laser = self._lines[LASER]
        assert isinstance(laser, LaserLine)
        return laser.take_optical()

    def reset(self) -> None:
        for line in self._lines:
            line.reset()

    def images(self) -> Mapping[str, str]:
        return {
            line.name: f"{site.title} {line.build_id or 0:08x}"
            for line, site in zip(self._lines, self._sites, strict=True)
        }

    def versions(self) -> Mapping[str, str]:
        return {"pyserial": metadata.version("pyserial")}

    def cannot(self) -> Collection[str]:
        return ()

    def close(self) -> None:
        if self._works:
            for site in self._sites:
                site.worked()
        self._works = False
        self._closing.close()

    def _explained(self, error: LineError) -> BackEndError:
        """A port of an emulator is not plugged in by hand."""
        started = any(site.board == error.board and site.is_started for site in self._sites)
        if started and isinstance(error, PortLost):
            told = "hung up: its program was ended, or has crashed; run again, and report it if it stays so"
            return BackEndError(f"the emulated {error.board} board {told}")
        return error

    def _note(self, error: LineError) -> None:
        """A board that fails often is left alone."""
        self._works = False
        for site in self._sites:
            if site.board == error.board:
                site.failed(error)


def _tell(line: str) -> None:
    print(f"flatsat: {line}", file=sys.stderr, flush=True)
