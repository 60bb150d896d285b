# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: refused before anything is built, of one run only, and gone where the run came to nothing."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from flatsat.hil import run_folder
from flatsat.hil.errors import RecordingError
from flatsat.hil.run_folder import RECORDING, claimed, examine, reserve


@pytest.fixture(autouse=True)
def there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_is_looked_at_without_being_made(there):
    examine(there / "a" / "b", 1000)
    assert list(there.iterdir()) == []


@pytest.mark.parametrize(
    ("arrange", "folder", "says"),
    [
        (lambda at: (at / RECORDING).write_bytes(b"x"), ".", "already holds a run"),
        (lambda at: (at / "file").write_text(""), "file/run", "is not a folder"),
        (lambda at: None, "/proc/nothing", "cannot write into /proc" if os.getuid() else "GB free|MB free"),
    ],
    ids=["holds a run", "below a file", "no room"],
)
def test_what_cannot_take_a_run_is_refused_with_the_mend(there, arrange, folder, says):
    arrange(there)
    with pytest.raises(RecordingError, match=says) as refused:
        examine(there / folder, 10**9)
    assert "--out" in str(refused.value)


def test_a_run_larger_than_the_disk_is_refused(there):
    with pytest.raises(RecordingError, match="shorten --duration"):
        examine(there, 10**18)


def test_a_folder_is_of_one_run_only(there):
    with claimed(there / "run", "title"):
        (there / "run" / RECORDING).write_bytes(b"x")
        with pytest.raises(RecordingError, match="already holds a run"), claimed(there / "run", "title"):
            pass


def test_folders_of_their_own_are_never_shared():
    """Many runs within one second, at once."""
    with ExitStack() as stack, ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: stack.enter_context(claimed(None, "title")), range(40)))
        assert len(set(folders)) == 40
        assert all((folder / RECORDING).exists() for folder in folders)


@pytest.mark.parametrize("existed", [False, True], ids=["made", "the user's own"])
def test_a_run_that_came_to_nothing_leaves_nothing(there, existed):
    folder = there / "run"
    if existed:
        folder.mkdir()
    with pytest.raises(KeyboardInterrupt), claimed(folder, "title"), reserve(folder):
        raise KeyboardInterrupt
    assert folder.exists() == existed
    assert not existed or list(folder.iterdir()) == []


def test_what_was_recorded_stays(there):
    with pytest.raises(KeyboardInterrupt), claimed(there / "run", "title") as folder:
        (folder / RECORDING).write_bytes(b"cycles")
        raise KeyboardInterrupt
    assert (there / "run" / RECORDING).read_bytes() == b"cycles"


def test_the_reserve_leaves_no_name_behind(there):
    with reserve(there) as room:
        assert os.fstat(room.fileno()).st_size == run_folder.RESERVE_OCTETS
        assert list(there.iterdir()) == []
