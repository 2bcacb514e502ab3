"""Which images of a data set a training learns from, and which it is validated on: decided by its recipe."""

from __future__ import annotations

from inklens.datasets import Dataset, Split
from inklens.recipes.committee_recipe import Committee
from inklens.recipes.recipe import Recipe


def training_split(data: Dataset, recipe: Recipe | Committee) -> tuple[Split, Split]:
    """(what is learnt from, what is validated on); the same data and recipe give the same parts.

    Raises:
        OptionError: a split that leaves no data.

    Example:
        >>> _, held_out = training_split(run.load_data(), run.recipe)
    """
    if recipe.validation_data == "test":
        return data.train, data.test
    if data.validation is not None:
        return data.train, data.validation
    return data.split_validation(recipe.validation_split, recipe.split_seed)
