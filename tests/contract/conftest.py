# SPDX-License-Identifier: Apache-2.0
"""The back ends that the contract is for, each opened once a module and put into its power-on state for each test."""

from contextlib import ExitStack

import pytest
from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.errors import BuildFailed

from ..hil.bench_files import QUICK, benches, started_toml

VERILATOR = Options(simulator="verilator", verbose=False)
UUTS = {
    "rtl": ("rtl", VERILATOR),
    "rtl, stimulus on the UART": ("rtl", VERILATOR._replace(stimulus_on_uart=True)),
}
ICARUS = {"rtl on Icarus": ("rtl", VERILATOR._replace(simulator="icarus"))}
GATES = {"gates": ("gates", Options(verbose=False))}  # some ten times slower than the Verilog
# the same Verilog flies them on Verilator; on Icarus a minute, and a third of what all others take
LEFT_OUT_ON_SLOW = {
    "test_time_wraps",
    "test_a_dead_bus_takes_all_power_until_it_has_been_back_for_60_s",
    "test_blocks_beyond_four_are_lost_and_counted_modulo_16",
    "test_blocks_come_in_order_through_all_slots",
    "test_frames_are_200_ms_apart",
}
LEFT_OUT_ON_GATES = {"test_time_wraps"}  # half a minute
LINES = {  # what is at the end of each
    "serial, twins on ptys": "twins",
    "serial, firmware on this machine": "host",
    "serial, firmware on QEMU": "qemu",
}
EVERY = {
    "twin": ("twin", Options()),
    **UUTS,
    **GATES,
    **ICARUS,
    **{name: ("serial", Options()) for name in LINES},
}
SLOW = {*ICARUS, *(name for name, end in LINES.items() if end == "qemu")}
IMPATIENT = {
    **QUICK,
    "reply_s": 0.005,
    "silent_s": 20,
}  # boards without power are asked often here, and keep silent
RANDOM = {"host"}  # whose firmware QEMU runs too, in ten times the time


@pytest.fixture(scope="module")
def back_ends(tmp_path_factory):
    """Each opened once, when first asked for, and put into its power-on state each time."""
    kept = {}
    with ExitStack() as stack:

        def opened(name):
            back_end, options = EVERY[name]
            if name in LINES:
                folder = tmp_path_factory.mktemp("bench")
                if LINES[name] == "twins":
                    path, _ = stack.enter_context(benches(folder, policies=IMPATIENT))
                else:
                    path = folder / "bench.toml"
                    path.write_text(started_toml(LINES[name], IMPATIENT))
                options = options._replace(bench=str(path))
            opened = open_back_end(back_end, options)
            stack.callback(opened.close)
            return opened

        def get(name):
            if name not in kept:
                try:
                    kept[name] = opened(name)
                except BuildFailed as error:
                    pytest.skip(str(error))
            kept[name].reset()
            return kept[name]

        yield get


def pytest_generate_tests(metafunc):
    if "back_end" in metafunc.fixturenames:
        name = metafunc.function.__name__
        left_out = {
            *(SLOW if name in LEFT_OUT_ON_SLOW else ()),
            *(GATES if name in LEFT_OUT_ON_GATES else ()),
        }
        metafunc.parametrize("back_end", [each for each in EVERY if each not in left_out], indirect=True)


@pytest.fixture
def back_end(request, back_ends):
    return back_ends(request.param)


@pytest.fixture(params=[*GATES, *ICARUS])
def slow_uut(request, back_ends):
    return back_ends(request.param)


@pytest.fixture(params=[*UUTS, *(name for name, end in LINES.items() if end in RANDOM)])
def uut(request, back_ends):
    """A back end to be compared with the twin."""
    return back_ends(request.param)
