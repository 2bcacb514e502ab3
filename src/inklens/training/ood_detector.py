"""The out-of-distribution (OOD) detector: a small network that says whether ink is a digit at all.

One network can learn both, with the same target for every class of what is no digit (outlier exposure;
`inklens.training.examples.digit_outliers`), but then it is less sure of odd digits: the NLL of `accurate` on
MNIST's test set was 0.0117 with outliers and is 0.0104 without (docs/results.md). So `accurate` leaves them
to a detector, whose log-odds are a part of the in-distribution score (`inklens.networks.ensemble`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from inklens.datasets import Dataset, Split
from inklens.errors import OptionError
from inklens.networks import build
from inklens.recipes import Recipe
from inklens.training.examples import with_examples
from inklens.training.examples.digit_outliers import NO_CLASS
from inklens.training.progress import Progress, of_member

if TYPE_CHECKING:
    import keras

    from inklens.training.loop.checkpoints import Checkpoints

OOD_DETECTOR = "OOD detector"  # what its progress calls it
_SHARE = 0.2  # of a time budget
_SHORTEST = 60.0  # seconds of a budget from which there is time for a detector
_LEAST = 5.0  # seconds that a recipe can be given


def has_time_for_detector(recipe: Recipe) -> bool:
    """Whether a time budget, where there is one, leaves time for a detector."""
    return recipe.time_budget is None or recipe.time_budget >= _SHORTEST


def classifier_recipe(recipe: Recipe) -> Recipe:
    """The recipe of the network beside the detector: without outliers, and with what is left of the time."""
    if recipe.ood_detector == "none":
        return recipe
    alone = replace(recipe, ood_detector="none", outliers=0.0)
    if recipe.time_budget is None:
        return alone
    return replace(alone, time_budget=(1 - _SHARE) * recipe.time_budget)


def train_ood_detector(
    data: Dataset,
    recipe: Recipe,
    digits: Split,
    validation: Split,
    policy: str,
    progress: Progress | None,
    checkpoints: Checkpoints,
    tell: Callable[[str], None] | None = None,
) -> tuple[keras.Model, keras.Model]:
    """Trains the detector that a recipe names.

    Args:
        digits: what the network itself learns from.
        validation: looked at after every epoch, never learnt from: images that are digits all.
        policy: Keras's name of the precision to train in.
        progress: is told of a member "OOD detector".
        checkpoints: of the detector's own; see `inklens.training.loop.fit.fit`.
        tell: is called with what the user should know of this training.

    Returns:
        A plain one in float32 without the weights, and the one that was trained: both from uint8 pixels to
        the probabilities of "no digit" and "a digit", (N, 2).

    Raises:
        OptionError: its training diverged.
    """
    from inklens.networks.augmentation import augmentation_layer
    from inklens.networks.whitening import fit_whitening
    from inklens.training.loop.fit import fit

    began = time.perf_counter()
    learnt = _either(with_examples(digits, data, recipe, ["outliers"]))
    own = _recipe(recipe, time.perf_counter() - began)
    network = _build(data, own, dtype=policy, training=True)
    fit_whitening(network, digits)
    told = of_member(progress, OOD_DETECTOR)
    augment = augmentation_layer(own.augmentation, own.seed)
    try:
        fit(
            network,
            own,
            learnt,
            _either(validation),
            augment=augment,
            progress=told,
            tell=tell and (lambda text: tell(f"the OOD detector: {text}")),
            checkpoints=checkpoints,
        )
    except OptionError as error:
        raise type(error)(f"the OOD detector: {error}") from error
    return _build(data, own), network


def _build(data: Dataset, recipe: Recipe, **options: Any) -> keras.Model:
    return build(
        recipe.network, data.image_shape, 2, activation=recipe.activation, seed=recipe.seed, **options
    )


def _recipe(recipe: Recipe, gone: float) -> Recipe:
    """The detector's own, after so many seconds of its time have gone: changed images to the very end.

    It sees digits as they are, as in `inklens.networks.ensemble`: only those of the network are normalised.
    """
    epochs = min(recipe.ood_detector_epochs, recipe.epochs)
    budget = recipe.time_budget
    return replace(
        recipe,
        network=recipe.ood_detector,
        epochs=epochs,
        minimum_steps=round(epochs / recipe.epochs * recipe.minimum_steps),
        plain_epochs=0,
        time_budget=None if budget is None else max(_LEAST, _SHARE * budget - gone),
        label_smoothing=0.0,
        digit_normalisation="none",
        distillation=0.0,
    )


def _either(split: Split) -> Split:
    """The same images, of two classes: 0 is no digit, 1 a digit."""
    return replace(split, labels=(split.labels != NO_CLASS).astype(np.int64))
