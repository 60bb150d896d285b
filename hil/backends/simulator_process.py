# SPDX-License-Identifier: Apache-2.0
"""The simulator as a process: how it is started, whether it works while it is silent, and how it ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

# -P: what lies in the user's working directory is not the simulator's
SERVER = ("-P", "-m", "flatsat.rtl_sim.server")

_MENDS: Mapping[int, str] = {
    signal.SIGKILL: "out of memory? dmesg tells; free some, then run again",
    signal.SIGTERM: "somebody stopped it; run again",
}
_CRASHED = "run again, and report it if it stays so"


def processor_time_s(process: int) -> float | None:
    """Processor time that a process has used, None where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[-1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # proc(5): utime, stime


def how_it_ended(status: int | None, said: str) -> str:
    """One line with the mend for a simulator that went away; `status` as `subprocess` has it, None while it runs."""
    tail = f"; it said: {said}" if said else ""
    if status is None:
        return f"the simulator has hung up{tail}; {_CRASHED}"
    if status < 0:
        return f"the simulator was ended by {_name(-status)}{tail}: {_MENDS.get(-status, _CRASHED)}"
    return (
        f"the simulator ended with {status}: {said or 'nothing said'}; flatsat doctor looks for what it needs"
    )


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
