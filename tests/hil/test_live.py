# SPDX-License-Identifier: Apache-2.0
"""A downlink while it comes: endpoints, what is published, what a decoder makes of it, and runs that do not notice."""

import ipaddress
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import zmq
from flatsat.hil import endpoint, live
from flatsat.hil.capture import Mark
from flatsat.hil.decoding import Decoding
from flatsat.hil.endpoint import EndpointError
from hypothesis import given
from hypothesis import strategies as st

from .telemetry import LINK, TAI_MS, cadus, packet

IPC = "ipc://live"  # in the test's own folder: short enough for a socket's path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


NOT_LOOPBACK = "ssh -L"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("tcp://0.0.0.0:5556", NOT_LOOPBACK, id="every interface"),
        pytest.param("tcp://*:5556", NOT_LOOPBACK, id="every interface, as ZeroMQ writes it"),
        pytest.param("tcp://[::]:5556", NOT_LOOPBACK, id="every interface, IPv6"),
        pytest.param("tcp://10.1.2.3:5556", NOT_LOOPBACK, id="another network"),
        pytest.param("tcp://eth0:5556", NOT_LOOPBACK, id="an interface"),
        pytest.param("tcp://relay.example:5556", NOT_LOOPBACK, id="a name"),
        pytest.param("tcp://127.0.0.1.example:5556", NOT_LOOPBACK, id="a name that begins like loopback"),
        pytest.param("tcp://:5556", NOT_LOOPBACK, id="no host"),
        pytest.param("tcp://[127.0.0.1]:5556", NOT_LOOPBACK, id="brackets around IPv4"),
        pytest.param("tcp://127.0.0.1", "tcp://127.0.0.1:PORT", id="no port"),
        pytest.param("tcp://127.0.0.1:*", "tcp://127.0.0.1:PORT", id="a port of ZeroMQ's choice"),
        pytest.param("tcp://127.0.0.1:65536", "tcp://127.0.0.1:PORT", id="port too large"),
        pytest.param("tcp://127.0.0.1:5556;tcp://10.1.2.3:1", "tcp://127.0.0.1:PORT", id="two"),
        pytest.param("udp://127.0.0.1:5556", "tcp://127.0.0.1:PORT", id="UDP"),
        pytest.param("epgm://239.1.1.1:5556", "tcp://127.0.0.1:PORT", id="multicast"),
        pytest.param("inproc://live", "tcp://127.0.0.1:PORT", id="inproc"),
        pytest.param("live", "tcp://127.0.0.1:PORT", id="a word"),
        pytest.param("", "tcp://127.0.0.1:PORT", id="nothing"),
        pytest.param("ipc://", "ipc://PATH", id="no path"),
        pytest.param("ipc://*", "ipc://PATH", id="a path of ZeroMQ's choice"),
        pytest.param("ipc://\udc80", "ipc://PATH", id="a path that is no text"),
        pytest.param("ipc://" + "x" * 108, "nearer to the root", id="path too long"),
    ],
)
def test_refused_endpoints(text: str, told: str) -> None:
    for check in (endpoint.to_publish_on, endpoint.to_listen_to):
        with pytest.raises(EndpointError) as error:
            check(text)
        assert told in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("tcp://127.0.0.1:5556", "tcp://127.0.0.1:5556", id="loopback"),
        pytest.param("tcp://127.0.0.7:05556", "tcp://127.0.0.7:5556", id="another loopback address"),
        pytest.param("tcp://localhost:5556", "tcp://127.0.0.1:5556", id="by name"),
        pytest.param("tcp://[::1]:5556", "tcp://[::1]:5556", id="IPv6"),
        pytest.param("ipc://live", "ipc://live", id="a path"),
        pytest.param("ipc://@live", "ipc://@live", id="an abstract socket"),
    ],
)
def test_endpoints(text: str, wanted: str) -> None:
    assert endpoint.to_publish_on(text) == endpoint.to_listen_to(text) == wanted


@given(st.one_of(st.text(), st.from_regex(r"tcp://[][0-9a-f.:*]{1,20}:[0-9]{1,6}", fullmatch=True)))
def test_nothing_but_this_machine_passes(text: str) -> None:
    try:
        found = endpoint.to_listen_to(text)
    except EndpointError:
        return
    parts = re.fullmatch(r"tcp://\[?([^]]+)\]?:([0-9]+)", found)
    assert found.startswith("ipc://") or (parts and ipaddress.ip_address(parts[1]).is_loopback)


def test_a_port_is_chosen_and_told_but_not_listened_to() -> None:
    said: list[str] = []
    with live.Publisher("tcp://127.0.0.1:0", said.append) as publisher:
        assert said == [f"publishing on {publisher.endpoint}"]
        assert re.fullmatch(r"tcp://127\.0\.0\.1:[1-9][0-9]+", publisher.endpoint)
    with pytest.raises(EndpointError, match="of no port"):
        endpoint.to_listen_to("tcp://127.0.0.1:0")


def in_use_by_tcp() -> tuple[socket.socket, str]:
    taken = socket.create_server(("127.0.0.1", 0))
    return taken, f"tcp://127.0.0.1:{taken.getsockname()[1]}"


def in_use_by_path() -> tuple[socket.socket, str]:
    taken = socket.socket(socket.AF_UNIX)
    taken.bind("live")
    taken.listen()
    return taken, IPC


@pytest.mark.parametrize("take", [in_use_by_tcp, in_use_by_path], ids=["tcp", "ipc"])
def test_an_endpoint_in_use_is_left_to_its_owner(take) -> None:
    taken, name = take()
    with taken, pytest.raises(EndpointError, match="in use; give another"):
        live.Publisher(name, print)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("ipc://packets.csv", "is no socket|no socket", id="a file"),
        pytest.param("ipc://.", "no socket", id="a folder"),
        pytest.param("ipc://nowhere/live", "no folder", id="no folder"),
    ],
)
def test_what_lies_at_the_path_stays(name: str, told: str) -> None:
    Path("packets.csv").write_text("kept")
    with pytest.raises(EndpointError, match=told):
        live.Publisher(name, print)
    assert Path("packets.csv").read_text() == "kept"


def test_a_socket_that_a_killed_run_left_is_taken_and_ours_is_removed() -> None:
    in_use_by_path()[0].close()
    assert Path("live").is_socket()
    live.Publisher(IPC, print).close()
    assert not Path("live").exists()


def test_a_run_waits_for_its_first_subscriber_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "QUIET_MS", 20)
    said: list[str] = []
    with live.Publisher(IPC, said.append) as publisher:
        monkeypatch.setattr(live, "JOIN_MS", 60)
        publisher.wait()
        assert ["waiting" in said[0], "nobody came" in said[1]] == [True, True]
        with zmq.Context() as context, context.socket(zmq.SUB) as subscriber:
            subscriber.subscribe(b"")
            subscriber.connect(IPC)
            monkeypatch.setattr(live, "QUIET_MS", 60_000)
            publisher.wait()
    assert len(said) == 2


class Source:
    """Any publisher, as it may come, send and go."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.XPUB)
        self.socket.bind(IPC)

    def send(self, *messages: bytes) -> None:
        assert self.socket.poll(20_000)  # there is a subscriber
        for message in messages:
            self.socket.send(message)

    def go(self) -> None:
        self.context.destroy(linger=5000)


@pytest.mark.parametrize(
    ("messages", "piece", "told"),
    [
        pytest.param([b"one", b"two", b""], b"onetwo", "", id="a run"),
        pytest.param([b""], b"", "", id="a run that sent nothing"),
        pytest.param([b"one", b"", b"other"], b"one", "", id="nothing is read behind the end"),
        pytest.param([b"one", b"two"], b"onetwo", "gone without an end", id="a run that was killed"),
        pytest.param([], b"", "gone without an end", id="a run that was killed before it sent"),
        pytest.param(
            [b"one", bytes(live.MESSAGE_OCTETS + 1)], b"one", "gone without an end", id="no CADU, but a flood"
        ),
    ],
)
def test_received(messages: list[bytes], piece: bytes, told: str) -> None:
    def publish() -> None:
        source = Source()
        source.send(*messages)
        source.go()

    said: list[str] = []
    publishing = threading.Thread(target=publish)
    publishing.start()
    pieces = list(live.received(IPC, said.append))
    publishing.join()
    assert b"".join(found for found in pieces if found is not Mark.PAUSE) == piece
    said = [line for line in said if "waiting for it" not in line]
    assert len(said) == bool(told)
    assert all(told in line for line in said)


def test_a_publisher_that_comes_late_is_waited_for_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "QUIET_MS", 1)
    late = threading.Event()

    def publish() -> None:
        assert late.wait(20)
        source = Source()
        source.send(b"one", b"")
        source.go()

    def tell(line: str) -> None:
        assert "waiting for it" in line
        late.set()

    publishing = threading.Thread(target=publish)
    publishing.start()
    assert b"one" in list(live.received(IPC, tell))
    publishing.join()


def test_a_slow_subscriber_stops_nobody_and_finds_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "QUEUE_MESSAGES", 100)
    sent = cadus([packet("power_hk", TAI_MS + 1000 * n, sequence=n) for n in range(300)]) * 300
    begun, awake = threading.Event(), threading.Event()
    decoding = Decoding(LINK, None, None)

    def listen() -> None:
        for piece in live.received(IPC, print):
            decoding.take(piece)
            begun.set()
            awake.wait(30)
        decoding.close()

    with live.Publisher(IPC, print) as publisher:
        listening = threading.Thread(target=listen)
        listening.start()
        publisher.wait()
        publisher.publish(sent[:1])
        assert begun.wait(20)
        started = time.thread_time()
        publisher.publish(sent[1:])  # would never return if it waited
        assert time.thread_time() - started < 5
        awake.set()
        time.sleep(0.5)  # it catches up
        publisher.publish(sent[-1:])
    listening.join()
    assert 100 < decoding.tally.frames_decoded < len(sent)
    (channel,) = decoding.tally.summary(decoding.octets)["virtual_channels"]
    assert channel["lost"] > 0


def test_a_subscriber_that_sleeps_does_not_hold_the_end_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "QUEUE_MESSAGES", 10)
    monkeypatch.setattr(live, "CLOSE_MS", 100)
    with zmq.Context() as context, context.socket(zmq.SUB) as sleeper:
        sleeper.rcvhwm = 10
        sleeper.subscribe(b"")
        with live.Publisher(IPC, print) as publisher:
            sleeper.connect(IPC)
            publisher.wait()
            publisher.publish([bytes(1279)] * 5000)
            publisher.publish([b"", b"dark"])
        found = []
        while sleeper.poll(200):
            found.append(sleeper.recv())
    assert 10 <= len(found) < 5000
    assert set(found) == {bytes(1279)}


COMMAND = [sys.executable, "-m", "flatsat.hil.cli"]


def started(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def told(process: subprocess.Popen[str], words: str) -> str:
    """The first line on standard error, which has these words in it."""
    assert process.stderr is not None
    line = process.stderr.readline()
    assert words in line
    return line


def test_decoded_live_is_decoded_from_the_file_and_the_run_did_not_notice() -> None:
    """Over TCP with the run first, over a path with the decoder first."""
    hashes = set()
    for name in ("tcp", "ipc"):
        out = Path(f"{name}.csv")
        out.write_text("old")
        if name == "tcp":
            run = started("run", "ci-120", "--out", name, "--json", "--publish", "tcp://127.0.0.1:0")
            decode = started("decode", told(run, "publishing on").split()[-1], "--json", "--out", out)
        else:
            decode = started("decode", IPC, "--json", "--out", out)
            told(decode, "waiting for it")
            run = started("run", "ci-120", "--out", name, "--json", "--publish", IPC)
        counts, error = decode.communicate(timeout=60)
        summary, run_error = run.communicate(timeout=60)
        assert (decode.returncode, run.returncode) == (0, 0), error + run_error
        hashes.add(json.loads(summary)["trace_sha256"])
        again = started("decode", f"{name}/downlink.cadu", "--json", "--out", "again.csv")
        assert counts == again.communicate(timeout=60)[0]
        assert out.read_bytes() == Path("again.csv").read_bytes()
        assert json.loads(counts)["frames_decoded"] > 10
    unpublished = started("run", "ci-120", "--json").communicate(timeout=60)[0]
    assert hashes == {json.loads(unpublished)["trace_sha256"]}


def test_rows_come_while_the_run_flies() -> None:
    sent = cadus([packet("event", TAI_MS + 1000 * n, sequence=n, event_id=1) for n in range(60)])
    decode = started("decode", IPC, "--events")
    with live.Publisher(IPC, print) as publisher:
        publisher.wait()
        publisher.publish(sent[:1])
        assert decode.stdout is not None
        assert "BOOTED" in decode.stdout.readline()  # and the run goes on
        publisher.publish(sent[1:])
    with decode:
        assert decode.stdout.read().count("BOOTED") == 59
    assert decode.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_decoder_that_waits_can_be_stopped_and_costs_nothing(number: signal.Signals) -> None:
    decode = started("decode", IPC, "--json")
    told(decode, "waiting for it")
    before = cpu_ticks(decode.pid)
    time.sleep(1)
    assert cpu_ticks(decode.pid) - before <= 0.1 * os.sysconf("SC_CLK_TCK")
    decode.send_signal(number)
    counts, error = decode.communicate(timeout=60)
    assert decode.returncode == 1
    assert json.loads(counts)["octets"] == 0
    assert error.startswith(f"flatsat: no frame in 0 octets of {IPC}")


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["run", "ci-120", "--publish", "tcp://0.0.0.0:5556", "--out", "run"], id="run"),
        pytest.param(["decode", "tcp://10.1.2.3:5556"], id="decode"),
        pytest.param(["decode", "https://example.org/pass.cadu"], id="decode of a page"),
    ],
)
def test_errors_are_one_line_and_code_2(arguments: list[str]) -> None:
    process = started(*arguments)
    out, error = process.communicate(timeout=60)
    assert (process.returncode, out, error.count("\n")) == (2, "", 1)
    assert error.startswith("flatsat: ")
    assert not Path("run").exists()


def test_a_run_that_is_stopped_ends_its_downlink() -> None:
    run = started("run", "leo-orbit", "--out", "run", "--json", "--publish", IPC)
    pieces = live.received(IPC, print)
    octets = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            octets += piece
            if len(octets) == len(piece):
                run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert run.returncode == 2
    assert octets == Path("run/downlink.cadu").read_bytes()
