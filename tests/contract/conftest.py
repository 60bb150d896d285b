# SPDX-License-Identifier: Apache-2.0
"""The back ends that the contract is for, each opened once a module and put into its power-on state for each test."""

import pytest
from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.errors import BuildFailed

UUTS = {
    "rtl": ("rtl", Options(verbose=False)),
    "rtl, stimulus on the UART": ("rtl", Options(stimulus_on_uart=True, verbose=False)),
}
ICARUS = {"rtl on Icarus": ("rtl", Options(verbose=False, simulator="icarus"))}
EVERY = {"twin": ("twin", Options()), **UUTS, **ICARUS}


@pytest.fixture(scope="module")
def back_ends():
    """Each opened once, when first asked for, and put into its power-on state each time."""
    kept = {}

    def get(name):
        if name not in kept:
            try:
                kept[name] = open_back_end(*EVERY[name])
            except BuildFailed as error:
                pytest.skip(str(error))
        kept[name].reset()
        return kept[name]

    yield get
    for back_end in kept.values():
        back_end.close()


@pytest.fixture(params=EVERY)
def back_end(request, back_ends):
    return back_ends(request.param)


@pytest.fixture(params=UUTS)
def uut(request, back_ends):
    """A back end to be compared with the twin."""
    return back_ends(request.param)
