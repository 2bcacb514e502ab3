"""The judge: a small network that says whether ink is a digit at all, and nothing of which.

One network can learn both, with the same target for every class of what is none
(`inklens.training.strangers`), but then it is less sure of odd digits, and errs more often: on 20,000
held-out images of MNIST 68 to 72 times, without strangers 58 times. So `accurate` leaves them to a judge,
whose verdict is a part of the score (`inklens.networks.ensemble`). It is trained like the network beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from inklens.datasets import Dataset, Split
from inklens.networks import build
from inklens.training.augmenting import make_augment
from inklens.training.progress import EpochProgress, Progress
from inklens.training.recipe import Recipe
from inklens.training.strangers import NO_CLASS, are_digits, with_strangers

if TYPE_CHECKING:
    import keras

JUDGE = "judge"  # what its progress calls it
_SHARE = 0.1  # of a time budget
_SHORTEST = 5.0  # seconds, as `Recipe` allows it


def is_judged(recipe: Recipe, data: Dataset) -> bool:
    """Whether a judge is trained: the recipe names one, and of these data strangers can be made."""
    return recipe.judge != "none" and recipe.strangers > 0 and are_digits(data)


def of_network(recipe: Recipe, data: Dataset) -> Recipe:
    """The recipe of the network that is judged: what is left of its time, and no strangers."""
    if not is_judged(recipe, data):
        return recipe
    left = None if recipe.time_budget is None else max(_SHORTEST, recipe.time_budget - _seconds(recipe))
    return replace(recipe, strangers=0.0, time_budget=left)


def train_judge(
    data: Dataset, recipe: Recipe, digits: Split, validation: Split, policy: str, progress: Progress | None
) -> keras.Sequential:
    """Trains the judge that a recipe names.

    Args:
        digits: what the network itself learns from.
        validation: looked at after every epoch, never learnt from: images that are digits all.
        policy: Keras's name of the precision to train in.
        progress: is told of a member "judge".

    Returns:
        In float32: uint8 pixels to the probabilities of "none of them" and "one of them", (N, 2).
    """
    from inklens.training.fitting import fit

    share = recipe.judge_epochs / recipe.epochs
    own = replace(
        recipe,
        network=recipe.judge,
        epochs=recipe.judge_epochs,
        minimum_steps=round(share * recipe.minimum_steps),
        plain_epochs=round(share * recipe.plain_epochs),
        time_budget=None if recipe.time_budget is None else _seconds(recipe),
        label_smoothing=0.0,
    )
    learnt = _either(with_strangers(digits, data.class_names, data.spec, recipe.strangers, recipe.seed))
    network = _build(data, own, dtype=policy, training=True)
    told = None if progress is None else _telling(progress)
    fit(network, own, learnt, _either(validation), augment=make_augment(own, data.kind), progress=told)
    judge = _build(data, own)
    judge.set_weights(network.get_weights())
    return judge


def _seconds(recipe: Recipe) -> float:
    """The judge's part of the time budget."""
    return max(_SHORTEST, _SHARE * (recipe.time_budget or 0.0))


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
