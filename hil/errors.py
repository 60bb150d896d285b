# SPDX-License-Identifier: Apache-2.0
"""Errors of the bench: one line each, exit code 2.

FlatsatError
├── BackEndError      a board cannot be reached, or broke its contract
│   └── BuildFailed   the simulator could not be built
├── Blocked           the back end cannot bring about a fault of the scenario
├── RecordingError    a recording cannot be read or written
├── Interrupted       interrupt.py: somebody stopped the command
├── MemoryFull        nvm.py: a record does not fit the non-volatile memory
├── CaptureError      capture.py: a capture cannot be read
├── EndpointError     endpoint.py: an endpoint that is none, is not on this machine, or cannot be had
├── DecodeError       decode.py: options that exclude each other, or an output that cannot be written
├── ParquetError      parquet_writer.py: Parquet cannot be written here
└── ScenarioError     scenario.py: a scenario cannot be flown as it stands
"""


class FlatsatError(Exception):
    """Base of the bench's errors: its text is one line that ends with the mend."""


class BackEndError(FlatsatError):
    """A board cannot be reached, did not answer in time, or answered outside its contract."""


class BuildFailed(BackEndError):
    """The simulator could not be built."""


class Blocked(FlatsatError):
    """The back end cannot bring about a fault of the scenario: nothing was flown."""


class RecordingError(FlatsatError):
    """A recording cannot be read or written."""
