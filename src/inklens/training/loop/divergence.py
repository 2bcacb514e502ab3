"""Whether a training came to something, by its losses: said with the epoch and the learning rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from inklens.datasets import Split
from inklens.errors import DivergedError
from inklens.recipes.recipe import Recipe
from inklens.training.progress import EpochProgress

_DIVERGED = 2  # times the loss of guessing, where it rises; a loss that falls may have come from far above
_FAR = 100  # the same where it falls, or where there is one epoch only
_LEARNT = 0.995  # of the loss of one answer for all images, below which something was learnt

Losses = Mapping[str, float | None]  # an epoch's record in `inklens.training.loop.checkpoints.History`


def loss_of_one_answer(train: Split, classes: int, label_smoothing: float) -> float:
    """The least training loss of a network that gives the same answer for every image.

    Args:
        train: a label below 0 has no class: its target is the same share of every class.
        classes: columns of the targets.
        label_smoothing: 0 to below 1.
    """
    has_class = train.labels[train.labels >= 0]
    without = 1 - len(has_class) / len(train)
    shares = np.bincount(has_class, minlength=classes) / len(train) + without / classes
    smoothed = (1 - label_smoothing) * shares + label_smoothing / classes
    smoothed = smoothed[smoothed > 0]
    entropy = -(smoothed * np.log(smoothed)).sum()
    return float(entropy - without * math.log(classes))


def check_finite(now: EpochProgress, recipe: Recipe, learning_rate: float) -> None:
    """After an execution or an epoch: raises DivergedError where a loss is no finite number.

    Args:
        learning_rate: of the last step, to which the recipe's schedule has come.
    """
    if not all(math.isfinite(loss or 0) for loss in (now.loss, now.val_loss)):
        raise diverged(now.epoch, now.step, recipe, learning_rate)


def is_plausible(loss: float, classes: int) -> bool:
    """Whether a mean loss over an epoch so far is no sign of weights that have grown beyond use."""
    return math.isfinite(loss) and loss <= _FAR * math.log(classes)


def diverged(epoch: int, step: int, recipe: Recipe, learning_rate: float) -> DivergedError:
    """What is said of it: where it was, how fast the network learnt there, and what to try."""
    schedule = "" if recipe.schedule == "constant" else f", {learning_rate:.3g} at that step,"
    return DivergedError(
        f"training diverged in epoch {epoch}, at step {step} of it or shortly before: the loss is no finite "
        f"number; the learning rate {recipe.learning_rate:g}{schedule} is too high: {_lower(recipe)}"
    )


def has_diverged(history: Sequence[Losses], classes: int) -> bool:
    """Whether both losses of the last epoch are far above that of guessing."""
    last = history[-1]
    rises = len(history) > 1 and (last["loss"] or 0) > (history[-2]["loss"] or 0)
    return min(last["loss"] or 0, last["val_loss"] or 0) > (_DIVERGED if rises else _FAR) * math.log(classes)


def check_converged(history: Sequence[Losses], recipe: Recipe, classes: int) -> None:
    """After the last epoch: raises DivergedError where the loss is far above that of guessing."""
    last, guessing = history[-1], math.log(classes)
    if has_diverged(history, classes):
        raise DivergedError(
            f"training diverged: in epoch {last['epoch']:.0f} the loss is {last['loss']:.3g}, where guessing "
            f"has {guessing:.3g}; the learning rate {recipe.learning_rate:g} is too high: {_lower(recipe)}"
        )


def note_on(history: Sequence[Losses], recipe: Recipe, one_answer: float) -> str | None:
    """What is to be said of a training whose loss stayed at chance; None if it did not."""
    learning = [record["epoch"] for record in history if (record["loss"] or 0) < _LEARNT * one_answer]
    since = 1 + (learning[-1] or 0) if learning else 1
    if since > len(history):
        return None
    return (
        f"the network has learnt nothing: from epoch {since:.0f} on its loss is at least {one_answer:.3g}, "
        f"that of one answer for every image; the learning rate {recipe.learning_rate:g} may be too high "
        f"({_lower(recipe)}), or the steps too few"
    )


def _lower(recipe: Recipe) -> str:
    return f"give a lower one, such as --learning-rate {recipe.learning_rate / 10:g}"
