# SPDX-License-Identifier: Apache-2.0
"""Errors of the bench, each with the exit code that the command line gives it.

FlatsatError (2, error)
├── BackEndError      a board cannot be reached, or broke its contract
│   └── BuildFailed   the simulator could not be built
├── RecordingError    a recording cannot be read or written
└── Blocked (3)       this back end cannot do what the scenario asks
"""


class FlatsatError(Exception):
    """Base of the bench's errors: its text is one line that ends with the mend."""

    exit_code = 2


class BackEndError(FlatsatError):
    """A board cannot be reached, did not answer in time, or answered outside its contract."""


class BuildFailed(BackEndError):
    """The simulator could not be built."""


class RecordingError(FlatsatError):
    """A recording cannot be read or written."""


class Blocked(FlatsatError):
    """This back end cannot do what the scenario asks."""

    exit_code = 3
