"""A task in a child process that runs Keras on TensorFlow, for a process whose Keras runs on another backend.

One JSON object goes in by standard input, one line of JSON comes back. The CPU is used there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from inklens import errors
from inklens.errors import InklensError


def on_tensorflow(module: str, task: Mapping[str, Any]) -> dict[str, Any]:
    """Runs a module whose main is `answer`, and gives what it answers.

    Args:
        module: by its full name, such as "inklens.export._child".
        task: JSON can hold it.

    Raises:
        InklensError: as the child raised it, of the same class.
        RuntimeError: the child broke off; with the end of what it said.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", module],
        input=json.dumps(task),
        env={
            **os.environ,
            "KERAS_BACKEND": "tensorflow",
            "CUDA_VISIBLE_DEVICES": "-1",
            "TF_CPP_MIN_LOG_LEVEL": "2",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
    if "error" in said:
        known = getattr(errors, said["error"], InklensError)
        raise known(said["message"])
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-500:])
    return said


def answer(work: Callable[[dict[str, Any]], Mapping[str, Any]]) -> int:
    """The child's side: does what standard input says, prints the answer, and returns the exit code."""
    task = json.load(sys.stdin)
    # TensorFlow and its converters write to standard output too: the answer gets it to itself.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        try:
            json.dump(work(task), answers)
        except InklensError as error:
            json.dump({"error": type(error).__name__, "message": str(error)}, answers)
            return error.exit_code
        return 0
