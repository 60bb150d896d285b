# SPDX-License-Identifier: Apache-2.0
"""What is told of a simulator that went away or went silent."""

import os
import signal
import subprocess
import time

import pytest
from flatsat.hil.backends import simulator_process
from flatsat.protocols import bridge

rtl = pytest.importorskip("flatsat.hil.backends.rtl")


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (-signal.SIGKILL, "", "the simulator was ended by SIGKILL: out of memory? dmesg tells"),
        (-signal.SIGTERM, "", "the simulator was ended by SIGTERM: somebody stopped it; run again"),
        (-signal.SIGSEGV, "oh", "the simulator was ended by SIGSEGV; it said: oh: run again, and report it"),
        (-40, "", "the simulator was ended by signal 40: run again"),
        (1, "no module", "the simulator ended with 1: no module; flatsat doctor"),
        (0, "", "the simulator ended with 0: nothing said; flatsat doctor"),
        (None, "", "the simulator has hung up; run again"),
    ],
)
def test_how_it_ended(status, said, told):
    line = simulator_process.how_it_ended(status, said)
    assert line.startswith(told)
    assert "\n" not in line


def test_processor_time_grows_with_work_only():
    before = simulator_process.processor_time_s(os.getpid())
    if before is None:
        pytest.skip("this system does not tell")
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert simulator_process.processor_time_s(os.getpid()) >= before + 0.05
    assert simulator_process.processor_time_s(2**31 - 1) is None


@pytest.fixture
def silent(monkeypatch, request):
    """A back end whose simulator, a shell command, never answers."""
    back_end = object.__new__(rtl.RtlBackEnd)
    back_end._socket, theirs = rtl.socket.socketpair()
    back_end._deframer = bridge.Deframer()
    back_end._patience_s, back_end._limit_s = 0.3, 0.9
    back_end._process = subprocess.Popen(["sh", "-c", request.param])
    yield back_end
    back_end._process.kill()
    back_end._process.wait()
    back_end._socket.close()
    theirs.close()


@pytest.mark.skipif(simulator_process.processor_time_s(1) is None, reason="the system does not tell of work")
@pytest.mark.parametrize(
    ("silent", "error", "told"),
    [
        ("kill -STOP $$", r"did nothing for 0\.3 s: somebody stopped it \(SIGSTOP\), or", ""),
        (
            "while :; do :; done",
            r"did not answer within 0\.9 s; run again",
            "works on one exchange since 0.3 s",
        ),
    ],
    ids=["stopped", "busy"],
    indirect=["silent"],
)
def test_silence(silent, error, told, capsys):
    time.sleep(0.1)  # the shell has come to its command
    with pytest.raises(rtl.BackEndError, match=error):
        silent.exchange([])
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == bool(told)
