"""Temperature and thresholds of a run: fitted on its validation images, never on the test set."""

from __future__ import annotations

from inklens.datasets import Split
from inklens.errors import OptionError
from inklens.evaluation import Confidence, check_max_error
from inklens.export.validation_outputs import ValidationOutputs
from inklens.recipes.recipe import Recipe

VALIDATED_ON_TEST = (
    "validated on the test set, from which nothing may be chosen: confidence is not calibrated, and no image "
    'is called "unknown"'
)


def check_confidence(recipe: Recipe, validation: Split, max_error: float | None) -> None:
    """Before training: can so small an error be shown on these images?

    Raises:
        OptionError: there are too few, or they are the test set.
    """
    if max_error is None:
        return
    if recipe.validation_data == "test":
        raise OptionError(
            "a max error and validation on the test set exclude each other, as the threshold is chosen on "
            "validation images: give --validation-data split, or leave --max-error out"
        )
    check_max_error(max_error, len(validation))


def fit_confidence(
    validated_on_test: bool, validation: ValidationOutputs, max_error: float | None
) -> tuple[Confidence, str | None]:
    """The confidence, and a note where it is not what was asked for."""
    if validated_on_test:
        return Confidence(), VALIDATED_ON_TEST
    held_out = (validation.logits, validation.id_score, validation.labels)
    try:
        return Confidence.fit(*held_out, max_error), None
    except OptionError as error:  # the training itself is done, and is not thrown away for this
        return Confidence.fit(*held_out), str(error)
