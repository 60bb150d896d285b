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
from flatsat.hil import capture as captures
from flatsat.hil import cli, interrupt
from flatsat.hil.why import misfit
from flatsat.protocols import aos, coding, cuc
from flatsat.protocols import profile as profiles
from flatsat.protocols.profile import MARKER
from flatsat.protocols.space_packet import SpacePacket

from .telemetry import DICTIONARY, LINK, TAI_MS, cadus, packet

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


def housekeeping(name: str, count: int, **raw: float) -> bytes:
    return packet(name, TAI_MS + 1000 * count, sequence=count, **raw)


def telemetry(seconds: int) -> list[bytes]:
    """As the satellite sends it, and one packet that the dictionary does not know."""
    packets = [SpacePacket(apid=0x123, sequence_count=7, octets=b"\xbe\xef").encode()]
    for second in range(seconds):
        packets.append(housekeeping("power_hk", second, **RAW))
        if second % 2:
            packets.append(housekeeping("laser_hk", second // 2, state=2))
    return [*packets, housekeeping("event", 0, event_id=1, parameter0=-5)]


PACKETS = telemetry(60)
CADUS = cadus(PACKETS)
CADUS.insert(2, coding.encode_cadu(aos.build_idle_frame(LINK.frame, spacecraft_id=0x5A, count=0)))
CHANNELS = [
    {
        "scid": 0x5A,
        "vcid": 0,
        "frames": len(CADUS) - 1,
        "lost": 0,
        "stepped_back": 0,
        "packets": len(PACKETS),
    },
    {"scid": 0x5A, "vcid": 63, "frames": 1, "lost": 0, "stepped_back": 0, "packets": 0},
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
        assert ("--profile" if octets else "is empty") in result.err


def test_lost_frames_are_counted_by_channel(decode: Command, tmp_path: Path) -> None:
    path = tmp_path / "gap.cadu"
    path.write_bytes(b"".join(CADUS[:3] + CADUS[5:]))
    counts = decode(path, "--json").counts
    assert counts["virtual_channels"][0]["lost"] == 2
    assert counts["packets_partial"] == 1


def test_counts_that_went_back_are_counted_by_channel(decode: Command, tmp_path: Path) -> None:
    path = tmp_path / "back.cadu"
    path.write_bytes(b"".join(3 * KNOWN))
    (channel,) = decode(path, "--json").counts["virtual_channels"]
    assert (channel["lost"], channel["stepped_back"]) == (0, 2)
    assert "0 lost, 120 packets, frame count went back 2 times" in decode(path).out
    path.write_bytes(b"".join(2 * KNOWN))
    assert "0 lost, 80 packets, frame count went back once" in decode(path).out
    path.write_bytes(b"".join(KNOWN))
    assert "went back" not in decode(path).out


@pytest.mark.parametrize("source", ["-", "/dev/stdin", "v.csv"])
def test_the_input_is_never_written(tmp_path: Path, source: str) -> None:
    """By whichever name it is read: here the output's own, another name of the same file, or standard input."""
    path = tmp_path / "v.csv"
    path.write_bytes(b"".join(CADUS))
    os.link(path, tmp_path / "w.csv")
    for out in ("v.csv", "w.csv"):
        with path.open("rb") as stream:
            command = [sys.executable, "-m", "flatsat.hil.cli", "decode", source, "--out", out]
            done = subprocess.run(command, stdin=stream, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 2
        assert done.stderr == f"flatsat: --out {out} is the input; give another path\n"
        assert path.read_bytes() == b"".join(CADUS)


def test_a_file_that_never_came(decode: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ctrl_c(seconds: float) -> None:
        raise interrupt.Interrupted

    monkeypatch.setattr(captures.time, "sleep", ctrl_c)
    result = decode(tmp_path / "late.cadu", "--follow", "--json")
    assert (result.code, result.counts["octets"]) == (1, 0)
    assert "late.cadu never came" in result.err.splitlines()[-1]
    assert "empty" not in result.err
    (tmp_path / "late.cadu").touch()
    assert "the input is empty" in decode(tmp_path / "late.cadu", "--follow").err


def test_the_profile_is_read_once(decode: Command, capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be a pipe."""
    load, asked = profiles.load, []
    monkeypatch.setattr(profiles, "load", lambda name: asked.append(name) or load(name))
    assert "events on board" in decode(capture).out
    assert asked == [profiles.DEFAULT]
    assert "events on board" not in decode(capture, "--profile", "snpp").out


@pytest.mark.parametrize("columns", [20, 40])
def test_nothing_is_cut_on_a_narrow_terminal(
    decode: Command, capture: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    wide = decode(capture).out
    monkeypatch.setenv("COLUMNS", str(columns))
    assert decode(capture).out == wide
    assert "…" not in wide


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param(".", "cannot be read: Is a directory", id="a folder"),
        pytest.param("CAPTURE/mine.toml", "cannot be read: Not a directory", id="below a file"),
        pytest.param("nope", "no such file, and no name of", id="nothing"),
    ],
)
def test_why_a_profile_cannot_be_read(decode: Command, capture: Path, name: str, told: str) -> None:
    result = decode(capture, "--profile", name.replace("CAPTURE", str(capture)))
    assert result.code == 2
    assert told in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["nowhere.cadu"], id="no file"),
        pytest.param(["."], id="a folder"),
        pytest.param(["CAPTURE", "--profile", "nope"], id="no profile"),
        pytest.param(["CAPTURE", "--profile", "CAPTURE"], id="a profile that is none"),
        pytest.param(["CAPTURE", "--format", "xml"], id="no such form"),
        pytest.param(["CAPTURE", "--format", "csv", "--json"], id="two outputs on one stream"),
        pytest.param(["CAPTURE", "--events", "--json"], id="events and counts on one stream"),
        pytest.param(["CAPTURE", "--events", "--format", "csv"], id="events and packets on one stream"),
        pytest.param(["CAPTURE", "--events", "--profile", "snpp"], id="events without a dictionary"),
        pytest.param(["CAPTURE", "--format", "parquet"], id="Parquet on a terminal"),
        pytest.param([".", "--follow"], id="a folder to follow"),
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
    assert result.err.count("\n") <= 4
    assert result.err.startswith(("flatsat: ", "Usage: "))
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


def flipped(cadu: bytes, places: range) -> bytes:
    wounded = bytearray(cadu)
    for place in places:
        wounded[place] ^= 0x55
    return bytes(wounded)


def frame(**changed: int) -> bytes:
    fields = {"vcid": 0, "count": 1, "first_header_pointer": 0} | changed
    return aos.build_frame(LINK.frame, spacecraft_id=0x5A, zone=bytes(LINK.frame.zone_octets), **fields)


def with_wrong_control(octets: bytes) -> bytes:
    return octets[:-1] + bytes([octets[-1] ^ 1])


GOOD = frame()
POWER = [housekeeping("power_hk", count, **RAW) for count in range(40)]
KNOWN = cadus(POWER)
CUT = (
    f"packet begun in the frame at 0: APID 16, {LINK.frame.zone_octets % len(POWER[0])} of {len(POWER[0])} octets: "
    "its end is missing"
)
IDLE = CADUS[2]
IDLE_NEXT = coding.encode_cadu(aos.build_idle_frame(LINK.frame, spacecraft_id=0x5A, count=1))
SHORT = housekeeping("power_hk", 3)
SHORT = SHORT[:4] + (len(SHORT) - 8).to_bytes(2, "big") + SHORT[6:-1]
OLD_PUS = housekeeping("power_hk", 3)
OLD_PUS = OLD_PUS[:6] + b"\x10" + OLD_PUS[7:]
STRANGER = housekeeping("power_hk", 3)
STRANGER = bytes([STRANGER[0], 0x44]) + STRANGER[2:]


@pytest.mark.parametrize(
    ("octets", "lines"),
    [
        pytest.param(KNOWN, [], id="nothing amiss"),
        pytest.param(
            [KNOWN[0], flipped(KNOWN[1], range(6, 206, 5)), *KNOWN[2:]],
            [
                "frame at 1,279: codeword 3 of 5: more than 16 wrong symbols",
                "before the frame at 2,558: spacecraft 90 channel 0, frames lost by their count: 1",
                CUT,
            ],
            id="too many wrong symbols",
        ),
        pytest.param(
            [KNOWN[0], coding.encode_cadu(with_wrong_control(GOOD))],
            [
                f"frame at 1,279: frame error control: expected {GOOD[-2:].hex().upper()}, "
                f"found {with_wrong_control(GOOD)[-2:].hex().upper()}",
                CUT,
            ],
            id="frame error control",
        ),
        pytest.param(
            [coding.encode_cadu(frame(vcid=12)), IDLE],
            ["frame at 0: virtual channel 12 not in the profile (0, 63)"],
            id="virtual channel",
        ),
        pytest.param(
            [coding.encode_cadu(frame(first_header_pointer=1500)), IDLE],
            ["frame at 0: first header pointer 1,500 beyond the packet zone of 1,085"],
            id="pointer",
        ),
        pytest.param(
            [b"\0" * 9, *KNOWN, KNOWN[0][:700]],
            [
                "9 octets skipped at 0: no marker",
                f"700 octets skipped at {9 + 1279 * len(KNOWN):,}: the input ends within a frame of 1,279 octets",
            ],
            id="skips",
        ),
        pytest.param(
            [IDLE, MARKER[:3]],
            ["3 octets skipped at 1,279: the input ends within a frame of 1,279 octets"],
            id="cut within a marker",
        ),
        pytest.param([IDLE, b"\0\1\2"], ["3 octets skipped at 1,279: no marker"], id="a few octets"),
        pytest.param(
            [IDLE, b"\0\0", MARKER, bytes(100), IDLE_NEXT],
            [
                "frame at 1,281: codewords 1, 2, 3, 4, 5 of 5: more than 16 wrong symbols",
                "106 octets skipped at 1,279: 1 marker, but no frame behind",
            ],
            id="a false marker between frames",
        ),
        pytest.param(
            [IDLE, IDLE[:600], IDLE[607:], IDLE],
            [
                "frame at 1,279: codewords 1, 2, 3, 4, 5 of 5: more than 16 wrong symbols",
                "1,272 octets skipped at 1,279: the frame rejected there is 7 octets short",
                "frame at 2,551: spacecraft 90 channel 63, frame count went back: expected 1, found 0",
            ],
            id="octets lost in a frame",
        ),
        pytest.param(
            cadus([SHORT, OLD_PUS, STRANGER, PACKETS[0]]),
            [
                f"packet begun in the frame at 0: APID 16, sequence count 3: power_hk: {len(SHORT) - 19} octets, "
                f"expected {len(SHORT) - 18}",
                "packet begun in the frame at 0: APID 16, sequence count 3: PUS version number 1, PUS-C has 2",
                "packet begun in the frame at 0: APID 68, sequence count 3: not in the dictionary: APID 68, service 3, "
                "subtype 25, structure 1",
                "packet begun in the frame at 0: APID 291, sequence count 7: no secondary header",
            ],
            id="packets",
        ),
    ],
)
def test_why(decode: Command, tmp_path: Path, octets: list[bytes], lines: list[str]) -> None:
    path = tmp_path / "why.cadu"
    path.write_bytes(b"".join(octets))
    told = decode(path, "--why").out.splitlines()
    assert [line for line in told if " at " in line] == lines
    result = decode(path, "--why", "--json")
    assert result.counts["octets"] == path.stat().st_size
    assert result.err.splitlines() == lines


SHIFTED = (int.from_bytes(b"".join(CADUS), "big") << 3).to_bytes(len(CADUS) * 1279 + 1, "big")


@pytest.mark.parametrize(
    ("octets", "profile", "told"),
    [
        pytest.param(b"", "oisl-1-clear", ["empty"], id="empty"),
        pytest.param(
            b"".join(CADUS), "snpp", ["1,279 octets apart", "--profile oisl-1-clear"], id="another profile"
        ),
        pytest.param(CADUS[0][:900], "oisl-1-clear", ["1 marker", "ends within a frame"], id="too short"),
        pytest.param(NOISE, "oisl-1-clear", ["no marker 1ACFFC1D"], id="noise"),
        pytest.param(bytes(o ^ 0xFF for o in b"".join(CADUS)), "snpp", ["inverted"], id="inverted"),
        pytest.param(SHIFTED, "snpp", ["shifted by 5 bits"], id="shifted"),
        pytest.param(
            b"".join(MARKER + random.Random(n).randbytes(600) for n in range(20)),
            "oisl-1-clear",
            ["20 markers, mostly 604 octets apart", "no built-in profile fits"],
            id="unknown",
        ),
        pytest.param(
            coding.encode_cadu(frame(vcid=9)) * 3,
            "oisl-1-clear",
            ["3 frames rejected", "virtual channel", "--why"],
            id="all rejected",
        ),
    ],
)
def test_a_profile_that_does_not_fit(
    decode: Command, tmp_path: Path, octets: bytes, profile: str, told: list[str]
) -> None:
    path = tmp_path / "misfit"
    path.write_bytes(octets)
    result = decode(path, "--profile", profile, "--json")
    assert result.code == 1
    (line,) = result.err.splitlines()
    assert all(words in line for words in told), line


@pytest.mark.parametrize(
    ("more", "told"),
    [
        pytest.param(0, "2 markers, mostly 604 octets apart", id="all of it"),
        pytest.param(1, "2 markers in the first 1,208 octets, mostly 604", id="its beginning"),
    ],
)
def test_how_much_was_looked_at(more: int, told: str) -> None:
    head = 2 * (MARKER + bytes(600))
    assert told in misfit(head, len(head) + more, "oisl-1-clear", LINK, {})


def test_quality_of_packets(decode: Command, tmp_path: Path) -> None:
    path = tmp_path / "quality.cadu"
    path.write_bytes(b"".join([CADUS[0], flipped(CADUS[1], range(500, 501)), *CADUS[2:4], CADUS[5]]))
    rows = [json.loads(line) for line in decode(path, "--format", "jsonl").out.splitlines()]
    (lost,) = [place for place, row in enumerate(rows) if row["quality"].startswith("gap before")]
    assert rows[lost]["sequence_count"] > rows[lost - 3]["sequence_count"] + 1
    corrected = [place for place, row in enumerate(rows) if row["quality"] == "corrected"]
    assert corrected == list(range(corrected[0], corrected[-1] + 1))
    assert [rows[0]["quality"], rows[-1]["quality"]] == ["clean", "clean"]
    table = list(csv.DictReader(io.StringIO(decode(path, "--format", "csv").out)))
    assert [row["quality"] for row in table] == [row["quality"] for row in rows]


def test_events_in_words(decode: Command, tmp_path: Path) -> None:
    event = DICTIONARY.events["LCL_TRIPPED"]
    path = tmp_path / "events.cadu"
    packets = [
        housekeeping("event", 0, event_id=event.identifier, parameter0=3, parameter1=2),
        housekeeping("power_hk", 1),
        packet("verification_failure", TAI_MS + 9, subtype=4, request_packet=0x1820, request_sequence=0xC007, failure=11),
    ]  # fmt: skip
    path.write_bytes(b"".join(cadus(packets)))
    result = decode(path, "--events")
    lines = result.out.splitlines()
    assert (result.code, len(lines)) == (0, 2)
    assert lines[0].split(maxsplit=3)[:3] == ["2026-01-01T00:00:00.500Z", "INFORMATION", "LCL_TRIPPED"]
    assert lines[0].endswith(event.tell(3, 2))
    assert lines[1].endswith("Telecommand 7 to APID 32 failed at its start: NO_ROOM, detail 0")
    assert "frames decoded" in result.err
    assert "--events lists them" in decode(path).out
    rows = [json.loads(line) for line in decode(path, "--format", "jsonl").out.splitlines()]
    assert [row.get("text", "") for row in rows] == [event.tell(3, 2), "", lines[1].split(maxsplit=3)[3]]


def test_a_leap_second_is_second_60(decode: Command, tmp_path: Path) -> None:
    path = tmp_path / "leap.cadu"
    path.write_bytes(b"".join(cadus([packet("power_hk", 1_861_920_036_500)])))
    assert '"2016-12-31T23:59:60.500Z"' in decode(path, "--format", "jsonl").out
