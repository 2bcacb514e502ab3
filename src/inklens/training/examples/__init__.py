"""Further training images, made of those there are: one table of them.

A recipe's field of the same name says how many are made; 0 makes none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from inklens.datasets import Dataset, Split
from inklens.pixels import PixelSpec
from inklens.recipes import Recipe
from inklens.training.examples.cut_digits import with_cut_digits
from inklens.training.examples.outliers import DIGITS, with_outliers
from inklens.training.examples.stroke_variants import with_stroke_variants

# Training images, class names, pixels, share of 1, seed -> the images, and behind them those that were made.
Add = Callable[[Split, Sequence[str], PixelSpec, float, int], Split]


class ExampleKind(NamedTuple):
    """One kind of further images: of which data they can be made, and how."""

    possible: Callable[[Dataset], bool]
    add: Add


def is_grey_writing(data: Dataset) -> bool:
    """Whether strokes can be distinguished from the ground."""
    return data.kind == "writing" and data.spec.channels == 1


def are_grey_digits(data: Dataset) -> bool:
    """Whether there are the ten digits and no letters, for half of an m is an n."""
    return is_grey_writing(data) and tuple(data.class_names) == DIGITS


# In the order in which they are made: outliers are made of cut digits too.
EXAMPLES = {
    "stroke_variants": ExampleKind(is_grey_writing, with_stroke_variants),
    "cut_digits": ExampleKind(is_grey_writing, with_cut_digits),
    "outliers": ExampleKind(are_grey_digits, with_outliers),
}


def with_examples(train: Split, data: Dataset, recipe: Recipe) -> Split:
    """The training images and, behind them, those that the recipe asks for.

    Args:
        train: of `data`, framed, light on dark.
        recipe: asks for no examples that are not possible; see `inklens.training.prepare.concrete_recipe`.
    """
    for name, example in EXAMPLES.items():
        if share := getattr(recipe, name):
            train = example.add(train, data.class_names, data.spec, share, recipe.seed)
    return train


def without_examples(recipe: Recipe) -> Recipe:
    """The recipe for the training images alone."""
    nothing: dict[str, Any] = dict.fromkeys(EXAMPLES, 0.0)
    return replace(recipe, ood_detector="none", **nothing)
