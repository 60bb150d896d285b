# SPDX-License-Identifier: Apache-2.0
"""Link profiles: what is built in, and what a wrong file is told."""

from pathlib import Path

import pytest
from flatsat.protocols import profile
from flatsat.protocols.profile import Basis, ProfileError, Randomizer, Service

GOOD = (profile.FOLDER / "oisl-1-clear.toml").read_text()


@pytest.mark.parametrize(
    ("name", "lengths", "randomizer"),
    [
        ("oisl-1-clear", (1115, 1275, 1279), Randomizer.LONG),
        ("snpp", (892, 1020, 1024), Randomizer.SHORT),
    ],
)
def test_built_in(name: str, lengths: tuple[int, int, int], randomizer: Randomizer) -> None:
    link = profile.load(name)
    assert (link.frame.length_octets, link.codeblock_octets, link.cadu_octets) == lengths
    assert (link.coding.basis, link.coding.randomizer) == (Basis.DUAL, randomizer)
    assert name in profile.names()


def test_services() -> None:
    link = profile.load("oisl-1-clear")
    assert [link.service(vcid) for vcid in (0, 63, 7)] == [Service.PACKETS, Service.IDLE, Service.REJECT]
    assert profile.load("snpp").service(7) is Service.PACKETS


def test_a_file_is_a_profile_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("interleave = 5", "interleave = 0"))
    assert profile.load(str(path)).cadu_octets == 1119


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("interleave = 5", "interleave = 6", "coding.interleave"),
        ("interleave = 5", "interleave = 4", "frame.length_octets"),
        ("interleave = 5", "interleave = true", "coding.interleave"),
        ("interleave = 5", "", "coding.interleave: is missing"),
        ('basis = "dual"', 'basis = "duel"', "dual, conventional"),
        ('randomizer = "long"', 'randomiser = "long"', "coding.randomiser: unknown field"),
        ("length_octets = 1115", "length_octets = 30", "packet zone octets"),
        ("count_cycle = true", "count_cycle = 1", "frame.count_cycle"),
        ("vcid = 63", "vcid = 64", "virtual_channels[1].vcid"),
        ("vcid = 63", "vcid = 0", "virtual_channels[1].vcid: 0 is listed twice"),
        ('service = "idle"', 'service = "voice"', "packets, idle, reject"),
        ("[frame]", "[frame", "line"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    path = tmp_path / "wrong.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ProfileError) as error:
        profile.load(str(path))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_frame_that_nothing_checks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.toml"
    path.write_text(
        GOOD.replace("interleave = 5", "interleave = 0").replace(
            "frame_error_control = true", "frame_error_control = false"
        )
    )
    with pytest.raises(ProfileError, match=r"frame\.frame_error_control"):
        profile.load(str(path))


@pytest.mark.parametrize("name", ["no-such-profile", "/", "a\0b"])
def test_no_such_profile(name: str) -> None:
    with pytest.raises(ProfileError) as error:
        profile.load(name)
    assert "\n" not in str(error.value)
