"""Work on blocks of small things in processes of their own: threads of one Python would take it in turn.

A process of `multiprocessing` would run the script of a user again who calls `load` in it; these run nothing
but this module. What goes through the pipes is pickled; both ends are ours.
"""

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from queue import SimpleQueue
from typing import IO, TypeVar, cast

from inklens.errors import DataError

_Block = TypeVar("_Block")
_Result = TypeVar("_Result")


def in_processes(
    work: Callable[[_Block], _Result], blocks: Iterable[_Block], processes: int
) -> Iterator[_Result]:
    """work(block) for each block, in order; so many are worked on at a time, and few more in memory.

    Args:
        work: a function of a module, or a `functools.partial` of one.

    Raises:
        DataError: a process ended before its work.
    """
    with ExitStack() as stack:
        free: SimpleQueue[_Process] = SimpleQueue()
        for _ in range(processes):
            free.put(stack.enter_context(_Process(work)))

        def answered(block: _Block) -> _Result:
            process = free.get()
            try:
                return cast(_Result, process.answer(block))
            finally:
                free.put(process)

        pool = stack.enter_context(ThreadPoolExecutor(processes))
        waiting: deque[Future[_Result]] = deque()
        for block in blocks:
            waiting.append(pool.submit(answered, block))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Process:
    """A Python that does one kind of work, until its standard input ends."""

    def __init__(self, work: Callable[..., object]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is this process's to handle
        )
        self._asked = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)
        self._work: Callable[..., object] | None = work

    def __enter__(self) -> "_Process":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BrokenPipeError):  # it ended before it had read everything
            self._asked.close()
        self._answers.close()
        self._process.wait()

    def answer(self, block: object) -> object:
        """What the work makes of a block."""
        try:
            if self._work is not None:
                pickle.dump(self._work, self._asked)
                self._work = None
            pickle.dump(block, self._asked)
            self._asked.flush()
            return pickle.load(self._answers)
        except (BrokenPipeError, EOFError, pickle.UnpicklingError) as error:
            raise DataError(
                f"a process that reads images ended with code {self._process.wait()}; expected it to go on: "
                "is there enough memory for it?"
            ) from error


def _answer() -> None:
    """The process's side."""
    # What a decoder prints must not be taken for an answer.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        with suppress(EOFError, BrokenPipeError):  # whoever asked is done
            work = pickle.load(sys.stdin.buffer)
            while True:
                pickle.dump(work(pickle.load(sys.stdin.buffer)), answers)
                answers.flush()


if __name__ == "__main__":
    _answer()
