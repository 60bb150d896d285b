# SPDX-License-Identifier: Apache-2.0
"""`flatsat decode` from the command line: counts, engineering values, exit codes, and errors in one line."""

import csv
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from flatsat.hil import cli
from flatsat.protocols import aos, coding, cuc, dictionary, profile, pus
from flatsat.protocols.space_packet import SpacePacket

LINK = profile.load("oisl-1-clear")
DICTIONARY = dictionary.load()
TAI_MS = 2_145_916_837_500  # 2026-01-01T00:00:00.500Z is 37 s behind TAI
RAW = {"bus_voltage": 2801, "state_of_charge": 41_000, "battery_current": 32_768 - 250}
KEYS = [
    *("octets", "octets_skipped", "frames_decoded", "frames_rejected", "codewords_uncorrectable"),
    *("symbols_corrected", "packets_decoded", "packets_partial", "idle_packets", "virtual_channels", "apids"),
]


class Result(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def counts(self) -> dict:
        return json.loads(self.out)


Command = Callable[..., Result]


@pytest.fixture
def decode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `flatsat decode` with these arguments, in this process."""

    def run(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["flatsat", "decode", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return Result(int(end.value.code or 0), *capsys.readouterr())

    return run


def housekeeping(name: str, count: int, **raw: int) -> bytes:
    definition = DICTIONARY.packets[name]
    header = pus.TelemetryHeader(
        service=definition.service, subtype=definition.subtype, message_counter=count, time=cuc.time(TAI_MS + 1000 * count)
    )  # fmt: skip
    values = [raw.get(parameter, 0) for parameter in definition.names]
    return SpacePacket(
        apid=definition.apid,
        sequence_count=count,
        octets=header.encode() + definition.pack(values),
        has_secondary_header=True,
    ).encode()


def telemetry(seconds: int) -> list[bytes]:
    """As the satellite sends it, and one packet that the dictionary does not know."""
    packets = [SpacePacket(apid=0x123, sequence_count=7, octets=b"\xbe\xef").encode()]
    for second in range(seconds):
        packets.append(housekeeping("power_hk", second, **RAW))
        if second % 2:
            packets.append(housekeeping("laser_hk", second // 2, state=2))
    return [*packets, housekeeping("event", 0, event_id=1, parameter0=-5)]


def cadus(packets: list[bytes]) -> list[bytes]:
    """Frames of channel 0, with an idle frame after the second."""
    multiplexer = aos.PacketMultiplexer(LINK.frame.zone_octets)
    zones = [zone for packet in packets for zone in multiplexer.push(packet)] + multiplexer.flush()
    frames = [
        aos.build_frame(
            LINK.frame, spacecraft_id=0x5A, vcid=0, count=count, first_header_pointer=pointer, zone=zone
        )
        for count, (pointer, zone) in enumerate(zones)
    ]
    frames.insert(2, aos.build_idle_frame(LINK.frame, spacecraft_id=0x5A, count=0))
    return [coding.encode_cadu(frame) for frame in frames]


PACKETS = telemetry(60)
CADUS = cadus(PACKETS)
CHANNELS = [
    {"scid": 0x5A, "vcid": 0, "frames": len(CADUS) - 1, "lost": 0, "packets": len(PACKETS)},
    {"scid": 0x5A, "vcid": 63, "frames": 1, "lost": 0, "packets": 0},
]


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "downlink.cadu"
    path.write_bytes(b"".join(CADUS))
    return path


def test_counts(decode: Command, capture: Path) -> None:
    result = decode(capture, "--json")
    assert (result.code, result.err) == (0, "")
    assert list(result.counts) == KEYS
    assert result.counts == dict.fromkeys(KEYS, 0) | {
        "octets": 1279 * len(CADUS),
        "frames_decoded": len(CADUS),
        "packets_decoded": len(PACKETS),
        "idle_packets": 1,
        "virtual_channels": CHANNELS,
        "apids": {"16": 60, "18": 30, "20": 1, "291": 1},
    }


def test_for_readers(decode: Command, capture: Path) -> None:
    result = decode(capture)
    assert (result.code, result.err) == (0, "")
    assert "frames decoded" in result.out
    assert cuc.LEAP_SECOND_TABLE in result.out


@pytest.mark.parametrize(
    "options", [(), ("--json",), ("--format", "csv"), ("--format", "jsonl")], ids=" ".join
)
def test_a_pipe_that_is_closed_ends_quietly(capture: Path, options: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "flatsat.hil.cli", "decode", str(capture), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, told = process.communicate()
    assert (process.returncode, told) == (0, b"")


def test_csv(decode: Command, capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "packets.csv"
    assert decode(capture, "--out", out, "--json").code == 0
    rows = list(csv.DictReader(out.open(newline="")))
    assert len(rows) == len(PACKETS)
    power = [row for row in rows if row["packet"] == "power_hk"]
    assert [row["sequence_count"] for row in power] == [str(n) for n in range(60)]
    assert power[1]["time_utc"] == "2026-01-01T00:00:01.500Z"
    assert (power[0]["bus_voltage"], power[0]["state_of_charge"], power[0]["battery_current"]) == (
        "28.01",
        "0.82",
        "-2.5",
    )
    assert power[0]["acquisitions"] == ""  # a parameter of another packet
    assert next(row["state"] for row in rows if row["packet"] == "laser_hk") == "TRACK"


def test_jsonl(decode: Command, capture: Path) -> None:
    result = decode(capture, "--format", "jsonl")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert (result.code, len(rows)) == (0, len(PACKETS))
    assert "frames decoded" in result.err
    assert rows[0]["octets"] == PACKETS[0].hex()
    assert rows[0]["undecoded"] == "no secondary header"
    assert (rows[1]["packet"], rows[1]["parameters"]["bus_voltage"]) == ("power_hk", 28.01)
    assert (rows[-1]["packet"], rows[-1]["service"], rows[-1]["parameters"]["parameter0"]) == ("event", 5, -5)


def test_packet_that_contradicts_its_definition_is_listed_with_the_reason(
    decode: Command, tmp_path: Path
) -> None:
    good = housekeeping("power_hk", 0)
    short = good[:4] + (len(good) - 8).to_bytes(2, "big") + good[6:-1]
    path = tmp_path / "odd.cadu"
    path.write_bytes(b"".join(cadus([short, good])))
    rows = [json.loads(line) for line in decode(path, "--format", "jsonl").out.splitlines()]
    assert rows[0]["octets"] == short.hex()
    assert rows[0]["undecoded"].startswith("power_hk: ")
    assert rows[1]["packet"] == "power_hk"


def test_not_a_number_is_null(decode: Command, tmp_path: Path) -> None:
    path = tmp_path / "nan.cadu"
    path.write_bytes(b"".join(cadus([housekeeping("fsw_hk", 0, power_budget_w=float("nan"))])))
    (line,) = decode(path, "--format", "jsonl").out.splitlines()
    assert json.loads(line, parse_constant=pytest.fail)["parameters"]["power_budget_w"] is None


def test_standard_input(decode: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    class Standard:
        buffer = io.BytesIO(b"".join(CADUS))

    monkeypatch.setattr(sys, "stdin", Standard)
    assert decode("-", "--json").counts["frames_decoded"] == len(CADUS)


NOISE = random.Random(1).randbytes(20_000)
BROKEN = bytes(octet ^ (0xFF if at // 40 % 2 else 0) for at, octet in enumerate(CADUS[1]))


@pytest.mark.parametrize(
    ("octets", "code", "counts"),
    [
        pytest.param(b"", 1, {"octets": 0}, id="empty"),
        pytest.param(b"\x1a", 1, {"octets_skipped": 1}, id="one octet"),
        pytest.param(NOISE, 1, {"octets_skipped": len(NOISE), "frames_rejected": 0}, id="noise"),
        pytest.param(bytes(50_000), 1, {"octets_skipped": 50_000}, id="zeros"),
        pytest.param(CADUS[0][:-1], 1, {"octets_skipped": 1278, "frames_decoded": 0}, id="truncated"),
        pytest.param(
            b"".join(CADUS)[:-1],
            0,
            {"frames_decoded": len(CADUS) - 1, "packets_partial": 1},
            id="last octet lost",
        ),
        pytest.param(
            NOISE + b"".join(CADUS) + NOISE,
            0,
            {"frames_decoded": len(CADUS), "octets_skipped": 2 * len(NOISE), "packets_decoded": len(PACKETS)},
            id="in noise",
        ),
        pytest.param(
            CADUS[0] + BROKEN + b"".join(CADUS[2:]),
            0,
            {
                "frames_decoded": len(CADUS) - 1,
                "frames_rejected": 1,
                "codewords_uncorrectable": 5,
                "octets_skipped": 0,
            },
            id="one frame destroyed",
        ),
        pytest.param(
            CADUS[0] + CADUS[1][:600] + CADUS[1][607:] + b"".join(CADUS[2:]),
            0,
            {"frames_decoded": len(CADUS) - 1, "octets_skipped": 1272},
            id="seven octets lost",
        ),
        pytest.param(
            b"".join(cadu[:500] + bytes([cadu[500] ^ 1]) + cadu[501:] for cadu in CADUS),
            0,
            {"symbols_corrected": len(CADUS), "packets_decoded": len(PACKETS)},
            id="a bit error a frame",
        ),
    ],
)
def test_damaged_captures(
    decode: Command, tmp_path: Path, octets: bytes, code: int, counts: dict[str, int]
) -> None:
    path = tmp_path / "damaged.cadu"
    path.write_bytes(octets)
    result = decode(path, "--json")
    assert result.code == code
    assert counts.items() <= result.counts.items()
    if code:
        assert "--profile" in result.err


def test_lost_frames_are_counted_by_channel(decode: Command, tmp_path: Path) -> None:
    path = tmp_path / "gap.cadu"
    path.write_bytes(b"".join(CADUS[:3] + CADUS[5:]))
    counts = decode(path, "--json").counts
    assert counts["virtual_channels"][0]["lost"] == 2
    assert counts["packets_partial"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["nowhere.cadu"], id="no file"),
        pytest.param(["."], id="a folder"),
        pytest.param(["CAPTURE", "--profile", "nope"], id="no profile"),
        pytest.param(["CAPTURE", "--profile", "CAPTURE"], id="a profile that is none"),
        pytest.param(["CAPTURE", "--format", "xml"], id="no such form"),
        pytest.param(["CAPTURE", "--format", "csv", "--json"], id="two outputs on one stream"),
        pytest.param(["CAPTURE", "--out", "packets.txt"], id="no form"),
        pytest.param(["CAPTURE", "--out", "no/folder/packets.csv"], id="no folder"),
        pytest.param(["CAPTURE", "--out", "CAPTURE", "--format", "csv"], id="onto the input"),
        pytest.param([], id="nothing"),
    ],
)
def test_errors_are_code_2_and_no_traceback(
    decode: Command, capture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = capture.read_bytes()
    result = decode(*[str(capture) if argument == "CAPTURE" else argument for argument in arguments])
    assert (result.code, result.out) == (2, "")
    assert result.err
    assert "Traceback" not in result.err
    assert capture.read_bytes() == before


@pytest.mark.parametrize(("name", "frames"), [("snpp_7cadus.dat", 7), ("snpp_65cadus.dat", 65)])
def test_suomi_npp(decode: Command, name: str, frames: int) -> None:
    folder = os.environ.get("FLATSAT_VECTORS")
    if not folder:
        pytest.skip("FLATSAT_VECTORS does not name a folder with Suomi NPP captures")
    counts = decode(Path(folder) / name, "--profile", "snpp", "--json").counts
    assert (counts["frames_decoded"], counts["symbols_corrected"], counts["octets_skipped"]) == (frames, 0, 0)
    assert {channel["scid"] for channel in counts["virtual_channels"]} == {157}
