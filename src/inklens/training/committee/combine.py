"""A committee of networks that are trained already."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from inklens.datasets import Dataset
from inklens.errors import OptionError
from inklens.export.validation_outputs import ValidationOutputs
from inklens.networks.backends import select_backend
from inklens.recipes import Committee, Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder, complete, folder_name
from inklens.training.committee.train_committee import (
    committee_concluded,
    describe_committee,
    train_members,
)
from inklens.training.finalize import resumable
from inklens.training.prepare import TrainingOptions, checked_parts
from inklens.training.run_lock import LOCK, locked


def combine(
    runs: Sequence[str | Path],
    data: Dataset | None = None,
    *,
    output: str | Path | None = None,
    name: str | None = None,
    test: bool = True,
    max_error: float | None = None,
) -> Run:
    """Makes a committee of networks that are trained already; their run folders are copied into it.

    Args:
        runs: the folders of two finished runs or more, of one network each, trained on the same data with the
            same images held out.
        data: what they were trained on; None loads it again.
        output: the folder that holds the runs; None is "runs".
        name: the run's folder in it.
        test: evaluate on the test part at the end; False leaves it closed.
        max_error: the model file answers "unknown" rather than err more often than this share of 1.

    Raises:
        OptionError: the runs do not go together, or one is given twice.
        RunError: no run folder, one that was not finished, or one that lacks a file.
        ModelError: a run's network is damaged.
        DataError: the data are not where they were, or have changed since.

    Example:
        >>> combine(["runs/mnist-accurate-1", "runs/mnist-accurate-2"]).metrics["test"]["accuracy"]
    """
    opened = [Run.open(path) for path in runs]
    _check_different(opened)
    members = dict(zip(_names(opened), opened, strict=True))
    recipes = {name: _recipe_of(run) for name, run in members.items()}
    _check_together(opened)
    first = next(iter(recipes.values()))
    shared: dict[str, Any] = {  # the images are the same, whatever each calls them
        "backend": "auto",
        "validation_data": first.validation_data,
        "validation_split": first.validation_split,
        "validation_seed": first.split_seed,
    }
    committee = Committee("committee", {name: replace(recipes[name], **shared) for name in recipes})
    data = data or opened[0].load_data()
    if data.fingerprint != opened[0].data["fingerprint"]:
        raise OptionError(f"{opened[0].path} was trained on other data than {data.name}; leave --data out")
    options = TrainingOptions(test, max_error)
    parts = checked_parts(data, committee.first, options)
    _check_whole(opened)
    folder = RunFolder.create(output, name, f"{folder_name(data.name)}-{committee.preset}")
    with locked(folder), resumable(folder), committee_concluded(folder, parts, options):
        for member, run in members.items():
            left_out = shutil.ignore_patterns(run.folder.checkpoint.name, LOCK)
            shutil.copytree(run.path, folder.path / "members" / member, ignore=left_out)
        describe_committee(folder, committee, parts, options, combined=[str(run.path) for run in opened])
        train_members(folder, committee, parts, options)
    return Run(folder)


def _names(runs: Sequence[Run]) -> list[str]:
    """The members' names: those of their folders, numbered where they are alike."""
    names: list[str] = []
    for run in runs:
        own = run.path.resolve().name
        numbered = (own if number == 1 else f"{own}-{number}" for number in count(1))
        names.append(next(name for name in numbered if name not in names))
    return names


def _check_different(runs: Sequence[Run]) -> None:
    """Raises OptionError where one run is given twice: its network would have two votes."""
    given: dict[Path, Path] = {}
    for run in runs:
        earlier = given.setdefault(run.path.resolve(), run.path)
        if earlier is not run.path:
            raise OptionError(
                f"the same run is given twice, {earlier} and {run.path}; expected different ones: leave out "
                "one of the two"
            )


def _check_whole(runs: Sequence[Run]) -> None:
    """What a committee needs of its members is read before anything is copied.

    Raises:
        RunError: a run lacks a file, or what is expected in it.
        ModelError: a network is damaged.
    """
    select_backend("auto")
    from inklens.networks.ensemble import Ensemble

    Ensemble.load([files for run in runs for files in run.folder.networks()])
    for run in runs:
        with complete(run.folder.metrics):
            metrics = run.metrics
            _ = [metrics["training"][name] for name in ("seconds", "epochs")]
            _ = [(metrics["test"] or metrics["validation"])[name] for name in ("accuracy", "n", "correct")]


def _recipe_of(run: Run) -> Recipe:
    if isinstance(run.recipe, Committee):
        raise OptionError(f"{run.path} is a committee itself; give the runs of its members")
    return run.recipe


def _check_together(runs: Sequence[Run]) -> None:
    """The same classes, pixels, data, and validation images: nothing is calibrated on what a member learnt.

    Raises:
        OptionError: they do not go together.
    """
    first, held_out = runs[0], ValidationOutputs.read(runs[0].folder)
    for run in runs[1:]:
        for what, one, other in (
            ("classes", first.class_names, run.class_names),
            ("sizes of images", first.spec, run.spec),
            ("data", first.data["fingerprint"], run.data["fingerprint"]),
        ):
            if one != other:
                raise OptionError(
                    f"{first.path} and {run.path} were trained for unlike {what}; expected the same: combine "
                    "runs of one data set"
                )
        outputs = ValidationOutputs.read(run.folder)
        if not (
            np.array_equal(outputs.labels, held_out.labels)
            and np.array_equal(outputs.images, held_out.images)
        ):
            raise OptionError(
                f"{first.path} and {run.path} held out unlike validation images, so that one learnt what the "
                "other is calibrated on; train them with the same --validation-split and --validation-seed"
            )
