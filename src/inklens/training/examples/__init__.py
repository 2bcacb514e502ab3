"""Further training images, made of those there are: one table of them.

A recipe's field of the same name says how many are made; 0 makes none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Dataset, Split
from inklens.datasets.splits import ExtendedSplit
from inklens.recipes import Recipe
from inklens.training.examples.cut_digits import make_cut_digits
from inklens.training.examples.digit_outliers import DIGITS, make_digit_outliers
from inklens.training.examples.stroke_variants import make_stroke_variants
from inklens.training.examples.thing_outliers import make_thing_outliers

# Training images, the data that they are of, share of 1 of them, seed -> images, uint8 (H, W, C), and labels.
Make = Callable[[Split, Dataset, float, int], Iterator[tuple[NDArray[np.uint8], int]]]


class ExampleKind(NamedTuple):
    """One kind of further images: of which data they can be made, and how."""

    possible: Callable[[Dataset], bool]
    make: Make


def is_grey_writing(data: Dataset) -> bool:
    """Whether strokes can be distinguished from the ground."""
    return data.kind == "writing" and data.spec.channels == 1


def are_grey_digits(data: Dataset) -> bool:
    """Whether there are the ten digits and no letters, for half of an m is an n."""
    return is_grey_writing(data) and tuple(data.class_names) == DIGITS


def has_outliers(data: Dataset) -> bool:
    """Whether it is known what shows none of the classes: for things, and for grey digits."""
    return data.kind == "things" or are_grey_digits(data)


def make_outliers(
    train: Split, data: Dataset, share: float, seed: int
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Images that show none of the classes, as many as this share of the training images."""
    make = make_thing_outliers if data.kind == "things" else make_digit_outliers
    return make(train, data, share, seed)


# In the order in which they are made: outliers of digits are made of cut digits too.
EXAMPLES = {
    "stroke_variants": ExampleKind(is_grey_writing, make_stroke_variants),
    "cut_digits": ExampleKind(is_grey_writing, make_cut_digits),
    "outliers": ExampleKind(has_outliers, make_outliers),
}


def with_examples(
    train: Split, data: Dataset, recipe: Recipe, kinds: Iterable[str] = tuple(EXAMPLES)
) -> Split:
    """The training images and, behind them, those that the recipe asks for.

    Args:
        train: of `data`, framed, light on dark.
        recipe: asks for no examples that are not possible; see `inklens.training.prepare.concrete_recipe`.
        kinds: those that are made.
    """
    for name in kinds:
        share = getattr(recipe, name)
        if share and (made := list(EXAMPLES[name].make(train, data, share, recipe.seed))):
            images, labels = zip(*made, strict=True)
            train = ExtendedSplit.of(train, np.stack(images), np.array(labels, np.int64))
    return train


def without_examples(recipe: Recipe) -> Recipe:
    """The recipe for the training images alone."""
    nothing: dict[str, Any] = dict.fromkeys(EXAMPLES, 0.0)
    return replace(recipe, ood_detector="none", **nothing)
