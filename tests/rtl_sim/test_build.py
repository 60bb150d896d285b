# SPDX-License-Identifier: Apache-2.0
"""Building the simulator: what triggers a build, what is said when it cannot be done, and Verilator's lint."""

import errno
import os
import shutil
from pathlib import Path

import pytest

build = pytest.importorskip("flatsat.rtl_sim.build")
verilator = pytest.importorskip("flatsat.rtl_sim.verilator")
icarus = pytest.importorskip("flatsat.rtl_sim.icarus")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the Verilog, and a cache folder of its own."""
    shutil.copytree(build.RTL, tmp_path / "rtl")
    monkeypatch.setattr(build, "RTL", tmp_path / "rtl")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "rtl"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the builds made, without making them."""
    names: list[str] = []

    def compile_nothing(folder: Path, lock: int, identity: int, flags: tuple[str, ...]) -> None:
        names.append(folder.name)
        (folder / verilator.PROGRAM).touch()

    monkeypatch.setattr(verilator, "_compile", compile_nothing)
    return names


def test_lint_is_clean() -> None:
    try:
        assert verilator.lint() == ""
    except build.BuildError as error:
        pytest.skip(str(error))


def test_builds_again_only_when_a_source_has_changed(copy: Path, compiled: list[str]) -> None:
    said: list[str] = []
    first = verilator.build(said.append)
    assert verilator.build(said.append) == first
    assert len(compiled) == len(said) == 1
    with (copy / "uart_rx.v").open("a") as source:
        source.write("// changed\n")
    second = verilator.build(said.append)
    assert len(compiled) == 2
    assert second.build_id != first.build_id


def test_touching_a_source_changes_nothing(copy: Path, compiled: list[str]) -> None:
    verilator.build()
    (copy / "uart_rx.v").touch()
    verilator.build()
    assert len(compiled) == 1


def test_old_builds_are_forgotten(copy: Path, compiled: list[str]) -> None:
    for number in range(build.BUILDS_KEPT + 2):
        (copy / "uart_rx.v").write_text(f"// {number}\n")
        newest = verilator.build()
    assert Path(newest.command[0]).exists()
    assert len(list(build.cache_folder().glob(f"*/{verilator.PROGRAM}"))) == build.BUILDS_KEPT


def test_what_a_killed_build_left_goes_with_the_next_but_not_what_another_builds(
    copy: Path, compiled: list[str]
) -> None:
    cache = build.cache_folder()
    for name in ("killed", "building"):
        (cache / f"{name}.partial").mkdir(parents=True)
        (cache / f"{name}.lock").touch()
    with build._lock(cache / "building.lock", print):
        verilator.build()
    assert [path.name for path in cache.glob("*.partial")] == ["building.partial"]


def test_a_build_in_use_is_not_an_old_one(copy: Path, compiled: list[str]) -> None:
    source = (copy / "uart_rx.v").read_text()
    used = verilator.build()
    for number in range(build.BUILDS_KEPT + 1):
        os.utime(used.command[0], (0, 0))
        (copy / "uart_rx.v").write_text(source)
        assert verilator.build() == used
        (copy / "uart_rx.v").write_text(f"// {number}\n")
        verilator.build()
    assert Path(used.command[0]).exists()


def test_another_compiler_in_the_same_place_builds_again(
    copy: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{copy}{os.pathsep}{os.environ['PATH']}")
    for version in ("13", "13", "13.1"):
        (copy / "g++").write_text(f"#!/bin/sh\necho {version}\n")
        (copy / "g++").chmod(0o755)
        os.utime(copy / "g++", (0, 0))
        verilator.build()
    assert len(compiled) == 2


def test_a_step_without_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "STEP_LIMIT_S", 0.1)
    with (
        build._lock(tmp_path / "lock", print) as lock,
        pytest.raises(build.BuildError, match="make was not done"),
    ):
        build.run_step("make", ["sleep", "10"], tmp_path, lock)


def test_a_child_of_the_build_that_is_left_over_holds_the_lock(tmp_path: Path) -> None:
    said: list[str] = []
    with build._lock(tmp_path / "lock", said.append) as lock:
        build.run_step("make", ["sh", "-c", "sleep 1 &"], tmp_path, lock)
    with build._lock(tmp_path / "lock", said.append):
        assert said == ["waiting for another process that builds the simulator"]


def test_a_python_without_shared_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("find_libpython.find_libpython", lambda: None)
    with pytest.raises(
        build.BuildError, match=r"^libpython3\.\d+ missing: apt-get install libpython3\.\d+, or"
    ):
        build.libpython()


def test_a_missing_tool_is_named_with_its_package(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(copy))
    with pytest.raises(build.BuildError, match=r"^g\+\+ and make missing: apt-get install g\+\+ make$"):
        verilator.build()


def test_a_broken_source_is_named_with_its_line(copy: Path) -> None:
    (copy / "uart_rx.v").write_text("module uart_rx;\nnonsense\nendmodule\n")
    with pytest.raises(build.BuildError, match=r"verilator failed: .*uart_rx\.v:3"):
        verilator.build()


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
def test_icarus_compiles_once_and_names_a_broken_source(copy: Path) -> None:
    first = icarus.build()
    program = Path(first.command[-1])
    assert first.title.startswith("icarus 1")
    assert (program.parent, icarus.build()) == (first.folder, first)
    assert sorted(path.name for path in first.folder.parent.iterdir() if path.is_dir()) == [first.folder.name]
    (copy / "uart_rx.v").write_text("module uart_rx;\nnonsense\nendmodule\n")
    with pytest.raises(build.BuildError, match=r"iverilog failed: .*uart_rx\.v:3: syntax error"):
        icarus.build()


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
@pytest.mark.parametrize(
    ("name", "program", "told"),
    [
        ("iverilog", "exit 0", r"made no bench_top\.vvp: its tools are broken"),
        (
            "vvp",
            "exec sleep 10",
            r"^vvp does not run \(.* timed out .*\): apt-get install --reinstall iverilog$",
        ),
        ("vvp", "exit 3", r"^vvp does not run \(.* exit status 3.*\): apt-get install --reinstall iverilog$"),
    ],
    ids=["iverilog writes nothing", "vvp hangs", "vvp fails"],
)
def test_an_odd_icarus_is_one_line_with_the_mend(
    copy: Path, monkeypatch: pytest.MonkeyPatch, name: str, program: str, told: str
) -> None:
    (copy / name).write_text(f"#!/bin/sh\n{program}\n")
    (copy / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{copy}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(icarus, "VERSION_LIMIT_S", 0.3)
    with pytest.raises(build.BuildError, match=told):
        icarus.build()
    folders = {path for path in build.cache_folder().iterdir() if path.is_dir() and not path.suffix}
    assert folders == {found.parent for found in build.cache_folder().glob(f"*/{icarus.PROGRAM}")}


def test_an_empty_folder_of_a_build_is_no_build(copy: Path, compiled: list[str]) -> None:
    folder = verilator.build().folder
    shutil.rmtree(folder)
    folder.mkdir()
    assert Path(verilator.build().command[0]).exists()
    assert len(compiled) == 2


def test_a_disk_that_takes_no_build_is_told(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_nothing(folder: Path, lock: int, identity: int, flags: tuple[str, ...]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    monkeypatch.setattr(verilator, "_compile", compile_nothing)
    with pytest.raises(
        build.BuildError, match=r": No space left on device; free some space, or set XDG_CACHE_HOME"
    ):
        verilator.build()


def test_no_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    with pytest.raises(build.BuildError, match=r"^no home folder .*: set XDG_CACHE_HOME"):
        build.cache_folder()


def test_a_cache_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(build.BuildError, match="set XDG_CACHE_HOME"):
        verilator.build()
