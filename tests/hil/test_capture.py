# SPDX-License-Identifier: Apache-2.0
"""Files that grow, come late, shrink and are replaced; and the command that follows one until Ctrl-C."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flatsat.hil import capture
from flatsat.hil.capture import Mark
from flatsat.protocols import profile as profiles

from .telemetry import LINK, TAI_MS, cadus, packet

Step = Callable[[Path], object]
OISL = (profiles.FOLDER / f"{profiles.DEFAULT}.toml").read_text()


def write(octets: bytes) -> Step:
    return lambda path: path.write_bytes(octets)


def append(octets: bytes) -> Step:
    def act(path: Path) -> None:
        with path.open("ab") as stream:
            stream.write(octets)

    return act


def replace(octets: bytes) -> Step:
    def act(path: Path) -> None:
        new = path.with_suffix(".new")
        new.write_bytes(octets)
        new.replace(path)

    return act


@pytest.mark.parametrize(
    ("steps", "pieces", "told"),
    [
        pytest.param([write(b"one")], [b"one"], [], id="a file"),
        pytest.param([write(b"one"), append(b"two")], [b"one", b"two"], [], id="grows"),
        pytest.param([write(b""), append(b"one")], [b"one"], [], id="empty at first"),
        pytest.param([os.path.exists, write(b"one")], [b"one"], ["not there yet"], id="comes late"),
        pytest.param(
            [write(b"one"), replace(b"new")], [b"one", Mark.RESTART, b"new"], ["was replaced"], id="replaced"
        ),
        pytest.param(
            [write(b"long"), write(b"new")], [b"long", Mark.RESTART, b"new"], ["shrunk to 3 octets"], id="shrinks"
        ),
        pytest.param(
            [write(b"one"), Path.unlink, write(b"two")],
            [b"one", Mark.RESTART, b"two"],
            ["was replaced"],
            id="removed and made again",
        ),
        pytest.param(
            [write(b"one"), lambda path: (append(b" end")(path), replace(b"new")(path))],
            [b"one", b" end", Mark.RESTART, b"new"],
            ["was replaced"],
            id="the end of the old file is read",
        ),
    ],
)  # fmt: skip
def test_follow(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[Step],
    pieces: list[bytes | Mark],
    told: list[str],
) -> None:
    """Each look at a file that has no more octets is when the next step happens; the clock does not matter."""
    path, said, todo = tmp_path / "live", [], list(steps)

    def step(seconds: float) -> None:
        assert seconds == capture.POLL_S
        if not todo:
            raise KeyboardInterrupt
        todo.pop(0)(path)

    monkeypatch.setattr(capture.time, "sleep", step)
    todo.pop(0)(path)
    found = []
    with pytest.raises(KeyboardInterrupt):
        for piece in capture.follow(str(path), said.append):
            found.append(piece)
    assert [piece for piece in found if piece is not Mark.PAUSE] == pieces
    assert len(said) == len(told)
    assert all(words in line for words, line in zip(told, said, strict=True))


def test_standard_input_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Standard:
        buffer = io.BytesIO(b"octets")

    monkeypatch.setattr(sys, "stdin", Standard)
    assert list(capture.follow("-", print)) == [b"octets", Mark.PAUSE]


def wait_for(found: Callable[[], bool]) -> None:
    for _ in range(600):
        if found():
            return
        time.sleep(0.1)
    pytest.fail("waited for a minute")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_following_ends_with_counts_and_writes_as_it_goes(tmp_path: Path, number: signal.Signals) -> None:
    packets = [packet("power_hk", TAI_MS + 1000 * n, sequence=n) for n in range(60)]
    sent, in_two_frames = cadus(packets), 2 * LINK.frame.zone_octets // len(packets[0])
    path, out = tmp_path / "live.cadu", tmp_path / "live.jsonl"
    command = [
        sys.executable,
        "-m",
        "flatsat.hil.cli",
        "decode",
        str(path),
        "--follow",
        "--json",
        "--out",
        str(out),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"waiting for it" in process.stderr.readline()
        path.write_bytes(b"".join(sent[:2]))
        wait_for(lambda: out.exists() and out.read_bytes().count(b"\n") == in_two_frames)
        append(b"".join(sent[2:]))(path)
        wait_for(lambda: out.read_bytes().count(b"\n") == 60)
        process.send_signal(number)
        counts, told = process.communicate()
    assert (process.returncode, told) == (0, b"")
    assert json.loads(counts)["packets_decoded"] == 60
    assert [json.loads(line)["sequence_count"] for line in out.open()] == list(range(60))


def test_following_that_delivered_nothing_is_code_1(tmp_path: Path) -> None:
    path = tmp_path / "live.cadu"
    path.write_bytes(cadus([packet("power_hk", TAI_MS)])[0])
    profile = tmp_path / "other.toml"
    profile.write_text(OISL.replace("vcid = 0", "vcid = 1"))
    options = ["--follow", "--why", "--json", "--profile", str(profile)]
    command = [sys.executable, "-m", "flatsat.hil.cli", "decode", str(path), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        append(path.read_bytes())(path)  # a rejected frame is told when the next one begins
        assert process.stderr.readline() == b"frame at 0: virtual channel 0 not in the profile (1, 63)\n"
        process.send_signal(signal.SIGINT)
        counts, told = process.communicate()
    assert process.returncode == 1
    assert json.loads(counts)["frames_decoded"] == 0
    assert b"flatsat: no frame in " in told.splitlines()[-1]
    assert b"Traceback" not in told


@pytest.mark.parametrize(
    ("options", "output_is_a_terminal", "shown"),
    [
        pytest.param(["--out", "packets.csv"], True, True, id="packets to a file"),
        pytest.param(["--format", "csv"], False, True, id="packets redirected"),
        pytest.param(["--format", "csv"], True, False, id="packets on the terminal"),
        pytest.param(["--json"], False, False, id="counts for scripts"),
    ],
)
def test_progress_bar(tmp_path: Path, options: list[str], output_is_a_terminal: bool, shown: bool) -> None:
    (tmp_path / "big.cadu").write_bytes(b"".join(cadus([packet("power_hk", TAI_MS)] * 60)) * 20)
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "flatsat.hil.cli", "decode", "big.cadu", *options]
    environment = os.environ | {"TERM": "xterm"}
    with (tmp_path / "redirected").open("wb") as redirected:
        output = theirs if output_is_a_terminal else redirected
        process = subprocess.Popen(command, cwd=tmp_path, stdout=output, stderr=theirs, env=environment)
    with process:
        os.close(theirs)
        seen = b""
        try:
            while octets := os.read(ours, 1 << 16):
                seen += octets
        except OSError:  # the other end is closed
            pass
        os.close(ours)
    assert process.returncode == 0
    assert (b"decode \x1b" in seen) == shown
    if options == ["--format", "csv"] and not output_is_a_terminal:
        assert (tmp_path / "redirected").read_bytes().count(b"\n") == 1201
