"""The judge: a small network that says whether ink is a digit at all, and nothing of which.

One network can learn both, with the same target for every class of what is none
(`inklens.training.strangers`), but then it is less sure of odd digits: the NLL of `accurate` on MNIST's test
set was 0.0117 with strangers and is 0.0104 without (docs/accuracy.md). So it leaves them to a judge, whose
verdict is a part of the score (`inklens.networks.ensemble`). It is trained like the network beside it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from inklens.datasets import Dataset, Split
from inklens.errors import OptionError
from inklens.networks import build
from inklens.training.augmenting import make_augment
from inklens.training.progress import EpochProgress, Progress
from inklens.training.recipe import Recipe
from inklens.training.strangers import NO_CLASS, are_digits, with_strangers

if TYPE_CHECKING:
    import keras

JUDGE = "judge"  # what its progress calls it
_SHARE = 0.2  # of a time budget
_SHORTEST = 60.0  # seconds of a budget from which there is time for a judge
_LEAST = 5.0  # seconds that a recipe can be given


def is_judged(recipe: Recipe, data: Dataset) -> bool:
    """Whether a judge is trained: the recipe names one and has the time, and strangers can be made."""
    in_time = recipe.time_budget is None or recipe.time_budget >= _SHORTEST
    return recipe.judge != "none" and in_time and are_digits(data)


def of_network(recipe: Recipe, data: Dataset) -> Recipe:
    """The recipe of the network beside the judge: no strangers, and what is left of the time."""
    if recipe.judge == "none":
        return recipe
    alone = replace(recipe, judge="none", strangers=0.0)
    if recipe.time_budget is None or not is_judged(recipe, data):
        return alone
    return replace(alone, time_budget=(1 - _SHARE) * recipe.time_budget)


def train_judge(
    data: Dataset, recipe: Recipe, digits: Split, validation: Split, policy: str, progress: Progress | None
) -> tuple[keras.Sequential, keras.Sequential]:
    """Trains the judge that a recipe names.

    Args:
        digits: what the network itself learns from.
        validation: looked at after every epoch, never learnt from: images that are digits all.
        policy: Keras's name of the precision to train in.
        progress: is told of a member "judge".

    Returns:
        A plain one in float32 without the weights, and the one that was trained: both from uint8 pixels to
        the probabilities of "none of them" and "one of them", (N, 2).

    Raises:
        OptionError: its training diverged.
    """
    from inklens.training.fitting import fit

    began = time.perf_counter()
    learnt = _either(with_strangers(digits, data.class_names, data.spec, recipe.strangers, recipe.seed))
    own = _recipe(recipe, time.perf_counter() - began)
    network = _build(data, own, dtype=policy, training=True)
    told = None if progress is None else _telling(progress)
    augment = make_augment(own, data.kind)
    try:
        fit(network, own, learnt, _either(validation), augment=augment, progress=told)
    except OptionError as error:
        raise OptionError(f"the judge: {error}") from error
    return _build(data, own), network


def _recipe(recipe: Recipe, gone: float) -> Recipe:
    """The judge's own, after so many seconds of its time have gone: changed images to the very end."""
    epochs = min(recipe.judge_epochs, recipe.epochs)
    budget = recipe.time_budget
    return replace(
        recipe,
        network=recipe.judge,
        epochs=epochs,
        minimum_steps=round(epochs / recipe.epochs * recipe.minimum_steps),
        plain_epochs=0,
        time_budget=None if budget is None else max(_LEAST, _SHARE * budget - gone),
        label_smoothing=0.0,
    )


def _build(data: Dataset, recipe: Recipe, **options: Any) -> keras.Sequential:
    return build(
        recipe.network, data.image_shape, 2, activation=recipe.activation, seed=recipe.seed, **options
    )


def _either(split: Split) -> Split:
    """The same images, of two classes: 0 is none of them, 1 one of them."""
    return replace(split, labels=(split.labels != NO_CLASS).astype(np.int64))


def _telling(progress: Progress) -> Progress:
    def tell(now: EpochProgress) -> None:
        progress(replace(now, member=JUDGE))

    return tell
