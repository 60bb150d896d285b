# SPDX-License-Identifier: Apache-2.0
"""The recording: read back whole, cut at any octet, and the hash recomputed from it alone."""

import hashlib
import struct

import pytest
from flatsat.hil import recorder
from flatsat.hil.errors import RecordingError
from flatsat.hil.trace import Trace, optical_records, packet_records

CYCLES = 5


@pytest.fixture
def recording(tmp_path):
    trace = Trace()
    path = tmp_path / "recording.mcap"
    with recorder.Recorder(path) as out:
        for number in range(CYCLES):
            for board in range(3):
                trace.packet(board, 1, 0, number * 1000, bytes([number, board]) * 3)
                trace.packet(board, 0, 1, number * 1000, b"reply")
            if number % 2:
                trace.optical(number * 1000 + 7, bytes(20))
            taken = trace.take()
            out.write(number, (number + 1) * 1000, taken, b'{"state_of_charge": 0.5}')
            trace.count(taken)
    return path, trace.sha256()


def test_hash_is_the_documented_one(recording):
    """Recomputed here from the text of the contract, not by the product's code."""
    streams = [b"", b"", b"", b""]
    for number in range(CYCLES):
        for board in range(3):
            for port, direction, octets in ((1, 0, bytes([number, board]) * 3), (0, 1, b"reply")):
                streams[board] += (
                    bytes((port, direction)) + struct.pack(">II", number * 1000, len(octets)) + octets
                )
        if number % 2:
            streams[3] += struct.pack(">II", number * 1000 + 7, 20) + bytes(20)
    digests = b"".join(hashlib.sha256(stream).digest() for stream in streams)
    assert recording[1] == hashlib.sha256(digests).hexdigest()


def test_recomputed_from_the_file(recording):
    path, expected = recording
    assert recorder.trace_sha256(path) == (expected, CYCLES)


def test_records_come_back(recording):
    cycles = list(recorder.read(recording[0]))
    assert [record.octets for record in packet_records(cycles[2].streams[1])] == [bytes([2, 1]) * 3, b"reply"]
    assert list(optical_records(cycles[1].streams[3])) == [(1007, bytes(20))]
    assert cycles[0].status == {"state_of_charge": 0.5}
    assert [cycle.end_ms for cycle in cycles] == [1000, 2000, 3000, 4000, 5000]


def test_a_cut_recording_reads_up_to_the_last_whole_cycle(recording, tmp_path):
    octets = recording[0].read_bytes()
    cut = tmp_path / "cut.mcap"
    seen = set()
    for length in range(8, len(octets), 7):
        cut.write_bytes(octets[:length])
        numbers = [cycle.number for cycle in recorder.read(cut)]
        assert numbers == list(range(len(numbers)))
        seen.add(len(numbers))
    assert seen == set(range(CYCLES + 1))


@pytest.mark.parametrize("octets", [b"hello", b"\x89MCAX", bytes(300)], ids=["text", "almost", "zeros"])
def test_other_files_are_named_as_such(tmp_path, octets):
    path = tmp_path / "other"
    path.write_bytes(octets)
    with pytest.raises(RecordingError, match="not a recording"):
        list(recorder.read(path))


@pytest.mark.parametrize(
    "damage",
    [
        lambda octets: octets[:8] + b"\xff" * 100,
        lambda octets: octets.replace(b'{"state_of_charge"', b'{"state_of\xffcharge"', 1),
        lambda octets: octets.replace(b'{"state_of_charge"', b"{{{{{{{{{{{{{{{{{{", 1),
    ],
    ids=["wild length", "not UTF-8", "not JSON"],
)
def test_damage_is_told_from_a_cut(recording, damage):
    path, _ = recording
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(RecordingError, match="damaged"):
        list(recorder.read(path))


def test_a_full_disk_keeps_what_was_written_and_closes_quietly(tmp_path):
    path = tmp_path / "recording.mcap"
    path.symlink_to("/dev/full")
    out = None
    with pytest.raises(RecordingError, match="No space left"):
        out = recorder.Recorder(path)
        out.write(0, 1000, [b"x" * (1 << 21)] * 4, b"{}")
    if out is not None:
        out.close()


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 60], ids="{} octets".format)
def test_a_run_killed_before_its_first_cycle_has_none(recording, tmp_path, length):
    path = tmp_path / "cut.mcap"
    path.write_bytes(recording[0].read_bytes()[:length])
    assert list(recorder.read(path)) == []
    assert recorder.plan(path) == {}


def test_the_plan_comes_back_also_from_a_cut_recording(tmp_path):
    path = tmp_path / "recording.mcap"
    with recorder.Recorder(path, {"seed": "7", "cycles": "120"}) as out:
        out.write(0, 1000, [b""] * 4, b"{}")
    assert recorder.plan(path) == {"seed": "7", "cycles": "120"}
    path.write_bytes(path.read_bytes()[:-200])
    assert recorder.plan(path)["cycles"] == "120"


def test_what_a_full_disk_cut_off_is_taken_away(tmp_path, monkeypatch):
    """The next cycle reached the file in part: it ends with the last whole one, so that the hash stated is the hash read."""
    path = tmp_path / "recording.mcap"
    out = recorder.Recorder(path)
    out.write(0, 1000, [b"first"] * 4, b"{}")
    whole = path.stat().st_size
    flush = out._file.flush

    def half():
        flush()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(
        recorder.Recorder, "_append", lambda self, *cycle: (self._file.write(b"half"), half())
    )
    with pytest.raises(RecordingError, match="free some space"):
        out.write(1, 2000, [b"second"] * 4, b"{}")
    assert path.stat().st_size > whole
    out.close()
    assert path.stat().st_size == whole
    assert [cycle.number for cycle in recorder.read(path)] == [0]


def test_missing_file_is_one_line(tmp_path):
    with pytest.raises(RecordingError, match="cannot read"):
        list(recorder.read(tmp_path / "nothing"))
