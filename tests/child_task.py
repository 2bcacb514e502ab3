"""The task of the child processes in tests/networks/test_child.py."""

import sys

from inklens.errors import ModelError
from inklens.networks.tensorflow_child import answer


def work(task):
    if "model" in task:
        raise ModelError(f"{task['model']}, in the child")
    if "divide" in task:
        return {"said": 1 / task["divide"]}
    import keras

    sys.stdout.write("a library that prints\n")
    return {"said": task["say"], "backend": keras.config.backend()}


if __name__ == "__main__":
    sys.exit(answer(work))
