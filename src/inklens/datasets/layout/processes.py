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
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, TypeVar, cast

from inklens.errors import DataError

_Block = TypeVar("_Block")
_Result = TypeVar("_Result")
_PIPE = 2**20  # bytes: a block goes through in one piece, and Python's lock changes hands once


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
        asked: SimpleQueue[_Question] = SimpleQueue()
        for _ in range(processes):
            stack.enter_context(_Process(pickle.dumps(work), asked))
        for _ in range(processes):  # whichever of them takes it
            stack.callback(asked.put, None)
        waiting: deque[Future[_Result]] = deque()
        for block in blocks:
            waiting.append(Future())
            asked.put((pickle.dumps(block), waiting[-1]))
            if len(waiting) > 3 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_Question = tuple[bytes, Future[Any]] | None  # a block, pickled; None ends the work


class _Process:
    """A Python that does one kind of work, until its standard input ends.

    One thread tells it blocks, another reads its answers: so the next block is there when one is done.
    """

    def __init__(self, work: bytes, asked: "SimpleQueue[_Question]") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            bufsize=_PIPE,
            pipesize=_PIPE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is this process's to handle
        )
        self._told: SimpleQueue[Future[Any] | None] = SimpleQueue()
        tells = Thread(target=self._tell, args=(work, asked), daemon=True)
        self._threads = (tells, Thread(target=self._listen, daemon=True))

    def __enter__(self) -> "_Process":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()
        self._process.wait()

    def _tell(self, work: bytes, asked: "SimpleQueue[_Question]") -> None:
        with suppress(BrokenPipeError), cast(IO[bytes], self._process.stdin) as pipe:
            pipe.write(work)
            while question := asked.get():
                block, answer = question
                self._told.put(answer)
                with suppress(BrokenPipeError):  # whoever listens says that it ended
                    pipe.write(block)
                    pipe.flush()
        self._told.put(None)

    def _listen(self) -> None:
        with cast(IO[bytes], self._process.stdout) as pipe:
            while answer := self._told.get():
                try:
                    answer.set_result(pickle.load(pipe))
                except (EOFError, OSError, MemoryError, pickle.UnpicklingError):
                    code = self._process.wait()
                    answer.set_exception(
                        DataError(
                            f"a process that reads images ended with code {code}; expected it to go on: is "
                            "there enough memory for it?"
                        )
                    )


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
