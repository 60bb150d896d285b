# SPDX-License-Identifier: Apache-2.0
"""Bench files: what they allow, and that what is at fault in one is named by its key."""

import pytest
from flatsat.boards.firmware.process import MACHINES
from flatsat.hil import bench_file
from flatsat.hil.bench_file import BenchError, Reset, Start

from .bench_files import bench_toml

URLS = {"power": "/dev/power", "compute": "/dev/compute", "laser": "/dev/laser"}


def test_every_bench_that_comes_with_the_package_loads():
    assert set(bench_file.builtin()) == {"emulated", "example", "host"}
    for name in bench_file.builtin():
        assert bench_file.load(name).name == name


def test_every_machine_for_firmware_can_be_named():
    assert {start.value for start in Start} == set(MACHINES)


def test_a_bench_is_read():
    bench = bench_file.parse(
        bench_toml(URLS, {"unplugged_s": 0}, reset="power", power_on=["on"], power_off=["off"])
    )
    assert [place.url for place in bench.places()] == list(URLS.values())
    assert {place.reset for place in bench.places()} == {Reset.POWER}
    assert bench.policies.unplugged_s == 0
    assert bench.policies.off_on_exit


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "is not TOML: "),
        ('name = "x"', "boards: is missing"),
        ('name = "a b"\n', "boards: is missing"),
        (bench_toml({"power": "/a", "compute": "/b"}, {}), "boards.laser: is missing"),
        (bench_toml({**URLS, "sail": "/d"}, {}), "boards.sail: "),
        (bench_toml({**URLS, "laser": "/dev/power"}, {}), "boards.laser.url: /dev/power is the power board's"),
        (bench_toml(URLS, {}, start="qemu"), "boards.power.url: does not go with start"),
        (bench_toml(URLS, {}, start="renode"), "boards.power.start: 'renode' is not allowed; allowed: host, qemu"),
        (bench_toml(URLS, {}, baud=300), "boards.power.baud: 300 is not allowed; allowed: from 1200 to 1.2e+07 Bd"),
        (bench_toml(URLS, {}, bauds=9600), "boards.power.bauds: "),
        (bench_toml(URLS, {}, mode="free"), "boards.power.mode: 'free' is not allowed; allowed: lock-step"),
        (bench_toml(URLS, {}, reset="command"), "boards.power.reset_command: is missing"),
        (bench_toml(URLS, {}, reset="power"), "boards.power.power_on: is missing"),
        (bench_toml(URLS, {}, reset="power", power_on=["on"]), "boards.power.power_off: is missing"),
        (bench_toml(URLS, {}, power_on="on"), "boards.power.power_on: is a text; allowed: a list"),
        (bench_toml(URLS, {}, power_on=[1]), "boards.power.power_on[0]: is a whole number; allowed: a text"),
        (bench_toml(URLS, {"silent_s": 0.5}), "policies.silent_s: 0.5 s is below reply_s; allowed: from 1 s"),
        (bench_toml(URLS, {"write_s": 0}), "policies.write_s: 0.0 is not allowed; allowed: above 0 to 60 s"),
        (bench_toml({**URLS, "power": ""}, {}), "boards.power.url: is missing; allowed: either url or start"),
    ],
)  # fmt: skip
def test_what_is_at_fault_is_named(text, told):
    with pytest.raises(BenchError) as caught:
        bench_file.parse(text, "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [("emulatd", "did you mean emulated?"), ("none.toml", "cannot be read: No such file or directory")],
)
def test_a_bench_that_is_not_there(name, told):
    with pytest.raises(BenchError, match=told.replace("?", r"\?")):
        bench_file.load(name)


def test_the_schema_lists_every_field():
    listed = bench_file.schema()
    for name in ("url", "power_off", "unplugged_s", "emergency_off", "restarted", "host, qemu"):
        assert name in listed
