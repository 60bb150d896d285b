# SPDX-License-Identifier: Apache-2.0
"""Commands of a bench file: power, reset and flash, run without a shell."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from .errors import BackEndError

_TOLD = 200


def run(words: Sequence[str], limit_s: float, **stand_ins: str) -> str:
    """Run a command of a bench file and return what it said.

    Args:
        limit_s: wall seconds until it is ended.
        stand_ins: what stands for `{name}` in its words.

    Raises:
        BackEndError: it is not there, failed, or took too long.
    """
    command = [_filled(word, stand_ins) for word in words]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
        )
    except subprocess.TimeoutExpired:
        raise BackEndError(
            f"{command[0]} did not end within {limit_s:g} s; mend the bench file, or raise policies.command_s"
        ) from None
    except (OSError, ValueError) as error:
        raise BackEndError(
            f"{command[0]} cannot be run ({error}); install it, or mend the bench file"
        ) from error
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    if done.returncode:
        raise BackEndError(
            f"{command[0]} ended with {done.returncode}: {said[-1][:_TOLD] if said else 'nothing said'}; "
            "mend the bench file, or what it asks for"
        )
    return done.stdout


def _filled(word: str, stand_ins: Mapping[str, str]) -> str:
    for name, value in stand_ins.items():
        word = word.replace("{" + name + "}", value)
    return word
