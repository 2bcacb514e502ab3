"""A training of which only the validation curve is wanted: nothing is kept, no test image looked at."""

from __future__ import annotations

from inklens.datasets import Dataset
from inklens.recipes import Recipe
from inklens.training.examples import with_examples
from inklens.training.examples.balance import balanced
from inklens.training.ood_detector import classifier_recipe
from inklens.training.parts import DataParts
from inklens.training.prepare import PreparedNetwork
from inklens.training.progress import Progress


def validation_curve(
    data: Dataset, recipe: Recipe, progress: Progress | None = None
) -> list[dict[str, float | None]]:
    """Trains a network by a recipe, without its OOD detector, and forgets it.

    Returns:
        One record per epoch, as `inklens.training.loop.fit.fit` gives them.

    Raises:
        DivergedError: the loss is no finite number any more, or ends far above that of guessing.
        OptionError: the recipe does not fit the data, or is validated on the test part.
    """
    prepared = PreparedNetwork.of(data, recipe)
    import keras

    from inklens.networks.augmentation import augmentation_layer
    from inklens.training.loop.fit import fit

    try:
        parts = DataParts.of(data, prepared.recipe, test=False)
        recipe = classifier_recipe(prepared.recipe)
        shown = balanced(parts.train, recipe.seed) if recipe.balance else parts.train
        return fit(
            prepared.network,
            recipe,
            with_examples(shown, data, recipe),
            parts.validation,
            augment=augmentation_layer(recipe.augmentation, recipe.seed),
            progress=progress,
        )
    finally:
        keras.backend.clear_session()  # a search makes many networks
