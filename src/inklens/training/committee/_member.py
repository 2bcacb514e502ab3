"""The child process that trains one member of a committee; see `inklens.training.committee.side_by_side`.

The task comes as a line of JSON by standard input, which stays open: its end is the parent's word, or the
parent's death, and ends the training like Ctrl-C. Progress, and an error of ours, go back as lines of JSON.
"""

import _thread
import json
import os
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from inklens.errors import InklensError
from inklens.recipes.recipe import Recipe
from inklens.run_folder import RunFolder
from inklens.training.committee.handover import take_over
from inklens.training.committee.train_committee import train_member
from inklens.training.parts import DataParts
from inklens.training.prepare import TrainingOptions
from inklens.training.progress import EpochProgress


def train(task: dict[str, Any], reports: TextIO) -> None:
    """Trains the task's member into its folder."""
    sys.argv[:] = task["command"]  # environment.json says what the user typed

    def tell(now: EpochProgress) -> None:
        with suppress(BrokenPipeError):  # the parent is gone, and the end of standard input says so
            reports.write(json.dumps(asdict(now)) + "\n")
            reports.flush()

    recipe, data = Recipe.from_dict(task["recipe"]), take_over(Path(task["data"]))
    options = TrainingOptions(**task["options"], progress=tell if task["progress"] else None)
    parts = DataParts.of(data, recipe, options.test)
    train_member(RunFolder(Path(task["member"])), recipe, parts, options)


def main() -> int:
    """Returns the exit code."""
    task = json.loads(sys.stdin.readline())
    # The libraries write to standard output too: the reports get it to themselves.
    reports = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=_interrupt_at_the_end_of_input, daemon=True).start()
    try:
        train(task, reports)
    except KeyboardInterrupt:
        return 130
    except InklensError as error:
        reports.write(json.dumps({"error": str(error)}) + "\n")
        reports.flush()
        return error.exit_code
    return 0


def _interrupt_at_the_end_of_input() -> None:
    while os.read(0, 1):  # sys.stdin has a lock, which a thread that waits would keep when Python ends
        pass
    _thread.interrupt_main()


if __name__ == "__main__":
    sys.exit(main())
