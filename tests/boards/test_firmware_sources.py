# SPDX-License-Identifier: Apache-2.0
"""The C sources: what cppcheck finds, what they include, and a build that fails in one line."""

import re
import shutil
import subprocess

import pytest
from flatsat.boards.firmware import build as builds
from flatsat.boards.firmware.header import c_header

from .driver import BOARDS

CORE = builds.HERE / "core"
FREESTANDING = {"stdbool.h", "stddef.h", "stdint.h"}


@pytest.mark.skipif(not shutil.which("cppcheck"), reason="needs cppcheck: apt-get install cppcheck")
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("target", builds.TARGETS)
def test_cppcheck_finds_nothing(board, target, tmp_path):
    (tmp_path / "registers.h").write_text(c_header(board))
    command = [
        "cppcheck", "--quiet", "--std=c11", "--error-exitcode=1", "--enable=warning,style,performance,portability",
        "--suppress=unusedStructMember:*start.c",  # the processor reads the vectors
        "-DBUILD_ID=1u", f"-I{tmp_path}", f"-I{CORE}", *map(str, builds.sources(board, target)),
    ]  # fmt: skip
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stderr == ""


@pytest.mark.parametrize("path", sorted(CORE.iterdir()), ids=lambda path: path.name)
def test_core_needs_nothing_but_a_compiler(path):
    assert set(re.findall(r"#include <(.*)>", path.read_text())) <= FREESTANDING


@pytest.mark.parametrize("path", sorted(builds.HERE.rglob("*.[ch]")), ids=lambda path: path.name)
def test_every_file_has_its_licence_and_says_what_it_is(path):
    first, second, *_ = path.read_text().splitlines()
    assert first == "// SPDX-License-Identifier: Apache-2.0"
    assert second.startswith("// ")


def test_no_compiler_is_told_with_the_package(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(builds.BuildError, match=r"^no arm-none-eabi-gcc: apt-get install gcc-arm-none-eabi$"):
        builds.build("power", "stm32f4")


needs_cc = pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler: apt-get install gcc")


@needs_cc
def test_complaint_of_the_compiler_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(builds, "c_header", lambda board: "#error no such register\n")
    with pytest.raises(builds.BuildError, match=r"no such register") as raised:
        builds.build("power", "host")
    assert "\n" not in str(raised.value)
    assert list(tmp_path.rglob("*.elf")) == []


@needs_cc
def test_an_image_is_built_once_and_named_by_what_it_is_made_of(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = builds.build("compute", "host")
    at = first.path.stat().st_mtime_ns
    assert builds.build("compute", "host") == first
    assert first.path.stat().st_mtime_ns == at
    monkeypatch.setattr(builds, "IMAGES_KEPT", 1)
    monkeypatch.setattr(builds, "WARNINGS", ("-Wall",))
    second = builds.build("compute", "host")
    assert second.build_id != first.build_id
    assert list(tmp_path.rglob("*.elf")) == [second.path]
