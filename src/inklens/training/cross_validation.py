"""Cross-validation: every image is tested once, by a network that was trained without it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inklens.datasets import Dataset, stratified_folds
from inklens.datasets.splits import joined
from inklens.errors import OptionError
from inklens.evaluation.interval import wilson_interval
from inklens.recipes import Committee, Recipe
from inklens.recipes.recipe import check_without_teacher
from inklens.training.train_run import train


@dataclass(frozen=True)
class CrossValidation:
    """What networks trained on all folds but one say of that one, over all folds.

    Args:
        folds: how many there were.
        images: how many images were tested, each once.
        correct: how many of them rightly.
        accuracies: of each fold, 0-1.
    """

    folds: int
    images: int
    correct: int
    accuracies: tuple[float, ...]

    @property
    def accuracy(self) -> float:
        """Over all images, 0-1."""
        return self.correct / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the accuracy (Wilson 1927)."""
        return wilson_interval(self.correct, self.images)

    def to_dict(self) -> dict[str, object]:
        """Plain numbers, for metrics.json."""
        return {
            "folds": self.folds,
            "n": self.images,
            "accuracy": self.accuracy,
            "accuracy_interval_95": list(self.interval),
            "accuracies": list(self.accuracies),
        }


def check_for_folds(recipe: Recipe | Committee) -> None:
    """Raises OptionError where a recipe needs a teacher: it may have learnt from what a fold is tested on."""
    for one in recipe.members.values() if isinstance(recipe, Committee) else [recipe]:
        check_without_teacher(one, "the networks of folds")


def cross_validate(
    data: Dataset,
    recipe: Recipe | Committee,
    folds: int,
    *,
    start: str | Path | None = None,
    test: bool = True,
    on_fold: Callable[[int], object] | None = None,
) -> CrossValidation:
    """Trains a network for each fold on the others, and tests it on that fold; keeps none of them.

    Args:
        data: all parts of it are divided anew.
        recipe: of each training.
        folds: 2 or more, and no more than the smallest class has images.
        start: the run that each training starts from, as in `inklens.train`.
        test: whether the images of a test part are among those that are divided; otherwise they stay unseen.
        on_fold: called with 1, 2, ... as each begins.

    Raises:
        OptionError: the folds cannot be made, the data hold images that were added, or the recipe is of a
            network with a teacher, who may have learnt from what a fold is tested on.
        InklensError: as `inklens.train` does.
    """
    if data.added is not None:
        raise OptionError(
            "folds do not go with added images, which are in the data several times: a fold would be tested "
            "on copies of what was learnt; leave one of --folds and --add out"
        )
    check_for_folds(recipe)
    parts = {name: split for name, split in data.parts.items() if len(split) and (test or name != "test")}
    whole = joined(list(parts.values()))
    seed = recipe.seed if isinstance(recipe, Recipe) else 0
    fold_of = stratified_folds(whole.labels, folds, seed, data.class_names)
    correct, accuracies = 0, []
    for fold in range(folds):
        if on_fold is not None:
            on_fold(fold + 1)
        rows = fold_of == fold
        train_part, test_part = whole.take(np.flatnonzero(~rows)), whole.take(np.flatnonzero(rows))
        one = replace(data, train=train_part, test=test_part, validation=None)
        with tempfile.TemporaryDirectory() as folder:
            run = train(one, recipe, output=folder, report=False, start=start)
            accuracy = run.metrics["test"]["accuracy"]
        accuracies.append(float(accuracy))
        correct += round(accuracy * len(test_part))
    return CrossValidation(folds, len(whole), correct, tuple(accuracies))
