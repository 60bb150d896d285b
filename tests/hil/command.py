# SPDX-License-Identifier: Apache-2.0
"""The command `flatsat` in this process: a process of its own imports for longer than most flights of a test last."""

import os
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from typing import NamedTuple
from unittest import mock

from flatsat.hil import cli


class Done(NamedTuple):
    """What came of it."""

    returncode: int
    stdout: str
    stderr: str


def flatsat(*arguments: object, cwd: object = ".") -> Done:
    """Run the command."""
    command = ["flatsat", *map(str, arguments)]
    with (
        chdir(cwd),
        mock.patch.object(sys, "argv", command),
        mock.patch.dict(os.environ, COLUMNS="80"),
        redirect_stdout(StringIO()) as out,
        redirect_stderr(StringIO()) as errors,
    ):
        code = cli._outcome()
    return Done(code, out.getvalue(), errors.getvalue())
