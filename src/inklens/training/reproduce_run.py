"""Trains a run again from its own folder: are the weights the same, or is the accuracy?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inklens.atomic_file import reason
from inklens.errors import OptionError, RunError
from inklens.networks.backends import accelerator
from inklens.recipes import Committee, Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder, complete
from inklens.training.other_runs.teacher import TeacherRun
from inklens.training.progress import Progress
from inklens.training.provenance import environment
from inklens.training.train_run import train

_COMPARED = ("versions", "processor", "accelerator", "cores", "threads")  # of environment.json


@dataclass(frozen=True)
class Reproduction:
    """What came of training a run again.

    Args:
        identical: every weight of every network is the same, bit for bit.
        differences: why it need not be, one line each: other versions, another machine, a GPU, a time budget.
        part: which images the accuracies are of, "test" or "validation".
        accuracy: of the run, share of 1.
        interval: its 95% interval.
        again: the accuracy of the training now.
    """

    identical: bool
    differences: tuple[str, ...]
    part: str
    accuracy: float
    interval: tuple[float, float]
    again: float

    @property
    def within(self) -> bool:
        """The accuracy now lies within the interval of the run's."""
        return self.interval[0] <= self.again <= self.interval[1]

    @property
    def reproduced(self) -> bool:
        """The weights are the same; where they need not be, the accuracy lies within the interval."""
        return self.identical or (bool(self.differences) and self.within)


def reproduce(
    path: str | Path,
    *,
    data: str | Path | None = None,
    output: str | Path | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Reproduction:
    """Trains a finished run again, with its own recipe and data, and compares the two.

    Args:
        path: the run folder.
        data: where its data are now; None is where they were.
        output: the folder that the new run is kept in; None keeps none.
        name: the new run's folder in it.
        progress: called with an `EpochProgress` while training.

    Raises:
        RunError: no run folder, one that was not finished, or one that lacks a file; its teacher is gone, or
            has other networks now.
        OptionError: a committee made of trained runs.
        DataError: the data are not where they were, or have changed since.
        InklensError: as `inklens.train` does.

    Example:
        >>> inklens.reproduce("runs/mnist-fast-1").identical
        True
    """
    run = Run.open(path)
    described = run.folder.read_recipe()
    if "combined" in described:
        raise OptionError(f"{run.path} was combined of trained runs, which are reproduced one at a time")
    with complete(run.folder.environment):
        began = run.folder.read_json(run.folder.environment)
        as_then = {"backend": began["backend"], "precision": began["precision"]}
    with complete(run.folder.recipe):
        options = described["options"]
        asked = {name: options[name] for name in ("test", "max_error")}
        asked["start"] = described.get("started_from")
        if described.get("teacher") is not None:
            asked["teacher"] = TeacherRun.again(described["teacher"], run.folder).path
    with complete(run.folder.metrics):
        part = "test" if run.metrics["test"] else "validation"
        accuracy = float(run.metrics[part]["accuracy"])
        low, high = map(float, run.metrics[part]["accuracy_interval_95"])
    run.folder.networks()  # one that is not there is said before the training
    with _kept_in(output, run.path) as place:
        recipe, now = run.recipe.with_options(**as_then), run.load_data(data)
        again = train(now, recipe, output=place, name=name, report=False, progress=progress, **asked)
        return Reproduction(
            _alike(run.folder, again.folder),
            (
                *_differences(began),
                *_on_accelerator(run.folder, began),
                *_why_not_exact(run.recipe, described),
            ),
            part,
            accuracy,
            (low, high),
            again.metrics[part]["accuracy"],
        )


@contextmanager
def _kept_in(output: str | Path | None, path: Path) -> Iterator[str | Path]:
    """The folder for the new run, which is removed where none is given; then no error names it."""
    if output is not None:
        yield output
        return
    try:
        with tempfile.TemporaryDirectory(prefix="inklens-") as scratch:
            yield scratch
    except KeyboardInterrupt as interrupt:
        getattr(interrupt, "__notes__", []).clear()
        raise
    except RunError as error:
        kept = "nothing of it is kept, which --output would do"
        raise RunError(
            f"{path} cannot be trained again: {_reason_without(scratch, error)}; {kept}"
        ) from error


def _reason_without(scratch: str, error: BaseException) -> str:
    """Why a training in a folder that is gone has stopped, without its name."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, OSError):
        return f"{Path(scratch).parent} cannot be written: {reason(error)}; make room there"
    return str(error).replace(f"{scratch}/", "")


def _differences(began: Mapping[str, Any]) -> list[str]:
    """What of machine and versions is another now, or was in one of the times that the run went on."""
    now = environment(began["backend"], began["precision"])
    times = [now, *began.get("resumed", [])]
    return [
        f"{field} then: {began[field]}; now: {other.get(field)}"
        for field in _COMPARED
        for other in times
        if field in began and began[field] != other.get(field)
    ]


def _on_accelerator(folder: RunFolder, began: Mapping[str, Any]) -> list[str]:
    """Whether a GPU trained the run, one of its members or one of the times that it went on, or would now."""
    times = [began, *began.get("resumed", []), {"accelerator": accelerator(began["backend"])}]
    times += [
        member.read_json(member.environment) for member in folder.members() if member.environment.is_file()
    ]
    used = sorted({str(one["accelerator"]) for one in times if one.get("accelerator")})
    return [f"trained on {name}, where sums are added in another order each time" for name in used]


def _why_not_exact(recipe: Recipe | Committee, described: Mapping[str, Any]) -> list[str]:
    members = recipe.members.values() if isinstance(recipe, Committee) else [recipe]
    reasons = []
    if any(member.time_budget is not None for member in members):
        reasons.append("with a time budget, the number of steps depends on the machine's speed")
    if "changes" in described:
        reasons.append("the run went on with other settings than it began with")
    return reasons


def _alike(one: RunFolder, other: RunFolder) -> bool:
    """Whether all weights of all networks are the same, in every bit."""
    from inklens.networks.keras_file import load_network

    def weights(folder: RunFolder) -> list[Any]:
        files = [file for files in folder.networks() for file in (files.network, files.ood_detector) if file]
        return [array for file in files for array in load_network(file).get_weights()]

    first, second = weights(one), weights(other)
    return len(first) == len(second) and all(map(np.array_equal, first, second))
