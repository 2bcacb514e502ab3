"""A call in a child process that runs Keras on TensorFlow, for a process whose Keras runs on another backend.

Function, arguments and answer go through pipes, pickled; both ends are ours. It runs on the CPU.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import TypeVar

from inklens.errors import InklensError

T = TypeVar("T")


def on_tensorflow(work: Callable[..., T], *arguments: object, **options: object) -> T:
    """Calls `work`, a function of a module, in a child process, and returns what it returns.

    Raises:
        InklensError: as the child raised it, of the same class.
        RuntimeError: the child broke off; with the end of what it said.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", "inklens.networks.tensorflow_child"],
        input=pickle.dumps((work, arguments, options)),
        env={
            **os.environ,
            "KERAS_BACKEND": "tensorflow",
            "CUDA_VISIBLE_DEVICES": "-1",
            "TF_CPP_MIN_LOG_LEVEL": "2",
        },
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip()[-500:])
    returned, error = pickle.loads(done.stdout)
    if error is not None:
        raise error
    answer: T = returned
    return answer


def _answer() -> None:
    """The child's side."""
    # TensorFlow and its converters write to standard output too: the answer gets it to itself.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        try:
            work, arguments, options = pickle.load(sys.stdin.buffer)
            pickle.dump((work(*arguments, **options), None), answers)
        except InklensError as error:
            pickle.dump((None, error), answers)


if __name__ == "__main__":
    _answer()
