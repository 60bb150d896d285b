# SPDX-License-Identifier: Apache-2.0
"""Worker processes that do one task after the other, and end with the process that started them."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from ..errors import FlatsatError
from ..interrupt import unheard

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class WorkerLost(FlatsatError):
    """A worker process ended by itself."""


def answers(work: Callable[[Task], Answer], tasks: Sequence[Task], jobs: int) -> Iterator[tuple[int, Answer]]:
    """Do all tasks, `jobs` at a time; give each answer as it comes, with the place of its task. Workers end with the asking.

    Args:
        work: a function of a module, for the workers import it.

    Raises:
        FlatsatError: `work` raised it, or a worker is lost.
    """
    left = iter(enumerate(tasks))
    with _workers(work, min(jobs, len(tasks))) as idle:
        busy: dict[Connection, int] = {}
        while True:
            while idle and (task := next(left, None)):
                pipe = idle.pop()
                busy[pipe], _ = task
                _give(pipe, task[1])
            if not busy:
                return
            for pipe in [pipe for pipe in wait(list(busy)) if isinstance(pipe, Connection)]:
                yield busy.pop(pipe), _answer(pipe)
                idle.append(pipe)


def _give(pipe: Connection, task: object) -> None:
    with suppress(OSError):  # a worker that is gone: its answer tells
        pipe.send(task)


def _answer(pipe: Connection) -> Any:
    try:
        answer = pipe.recv()
    except (EOFError, OSError) as error:
        raise WorkerLost("a worker process is gone; if memory was short, try fewer --jobs") from error
    if isinstance(answer, FlatsatError):
        raise answer
    return answer


@contextmanager
def _workers(work: Callable[[Task], Answer], count: int) -> Iterator[list[Connection]]:
    """Start processes of their own, not copies of this one, which has threads; give the pipes to them."""
    context = get_context("spawn")
    pipes: list[Connection] = []
    processes: list[BaseProcess] = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process: BaseProcess = context.Process(target=_serve, args=(work, theirs), daemon=True)
            with unheard():  # nor does what it starts as hear Ctrl-C
                process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        yield pipes[:]
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.kill()
            process.join()


def _serve(work: Callable[[Task], Answer], pipe: Connection) -> None:
    """What a worker does, until the other end of the pipe is closed. Ctrl-C is for the process that started it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.set_threshold(100_000)
    with suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            try:
                answer: Answer | FlatsatError = work(task)
            except FlatsatError as error:
                answer = FlatsatError(str(error))
            pipe.send(answer)
