"""What holds for every kind of further training images."""

from dataclasses import replace

import numpy as np
import pytest

from inklens.datasets import Split
from inklens.pixels import PixelSpec
from inklens.recipes import Recipe
from inklens.training.examples import EXAMPLES, with_examples
from inklens.training.examples.digit_outliers import NO_CLASS

NOTHING = dict.fromkeys(EXAMPLES, 0.0)


def added(train, data, kind, share, seed=0):
    """The images and labels that come behind those of `train`, which stay as they are."""
    more = with_examples(train, data, Recipe(**{**NOTHING, kind: share}, seed=seed))
    assert np.array_equal(more.batch(slice(0, len(train))), train.whole())
    assert np.array_equal(more.labels[: len(train)], train.labels)
    return more.batch(slice(len(train), len(more))), more.labels[len(train) :]


@pytest.mark.parametrize(
    ("kind", "of", "labels"),
    [
        ("stroke_variants", (1, 7, 9, 3), {1, 7, 9}),
        ("cut_digits", range(10), {*range(10)}),
        ("outliers", range(10), {NO_CLASS}),
    ],
)
def test_a_share_of_the_images_is_made_anew_and_the_seed_decides_how(few, kind, of, labels):
    images, made = added(few.train, few, kind, 0.25)
    of_each = [round(0.25 * np.count_nonzero(few.train.labels == label)) for label in of]
    assert len(made) == (round(0.25 * len(few.train)) if len(of) == 10 else sum(of_each))
    assert {*made.tolist()} <= labels
    assert (images.dtype, images.shape[1:]) == (np.uint8, few.image_shape)
    assert images.max(axis=(1, 2, 3)).min() > 70
    assert len(np.unique(images, axis=0)) > 0.95 * len(images)
    assert np.array_equal(images, added(few.train, few, kind, 0.25)[0])
    other, _ = added(few.train, few, kind, 0.25, seed=1)
    assert not np.array_equal(images, other)


def test_outliers_can_be_made_of_grey_digits_and_of_things(few):
    possible = EXAMPLES["outliers"].possible
    assert possible(few)
    assert possible(replace(few, kind="things"))
    for other in ({"class_names": tuple("abcdefgmno")}, {"spec": PixelSpec(28, 28, 3)}):
        assert not possible(replace(few, **other))


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (64, 48, 3), (128, 128, 3)])
def test_outliers_of_things_have_the_size_and_the_colours_of_the_images(few, shape):
    random = np.random.default_rng(0)
    train = Split(random.integers(0, 256, (60, *shape), np.uint8), np.arange(60) % 10)
    data = replace(few, kind="things", train=train, spec=PixelSpec(*shape))
    images, labels = added(train, data, "outliers", 1.0)
    assert (images.shape, images.dtype) == ((60, *shape), np.uint8)
    assert {*labels.tolist()} == {NO_CLASS}
    assert len(np.unique(images, axis=0)) > 55
    assert np.array_equal(images, added(train, data, "outliers", 1.0)[0])
    assert not np.array_equal(images, added(train, data, "outliers", 1.0, seed=1)[0])


def test_a_split_that_is_added_to_is_read_where_it_lies(few):
    few_rows = few.train.take(np.arange(5, 30))
    more = with_examples(few_rows, few, Recipe(**{**NOTHING, "outliers": 0.2, "cut_digits": 0.2}))
    assert more.images is few.train.images
    chosen = np.array([len(more) - 1, 3, 25, 0])
    assert np.array_equal(more.batch(chosen), more.whole()[chosen])
    assert np.array_equal(more.take(chosen).whole(), more.batch(chosen))
    assert np.array_equal(more.take(chosen).labels, more.labels[chosen])


def test_of_images_without_ink_nothing_is_drawn_or_cut_and_outliers_are_scribbled(few):
    blank = Split(np.zeros((20, 28, 28, 1), np.uint8), np.arange(20) % 10)
    assert not added(blank, few, "stroke_variants", 1.0)[0].any()
    assert not len(added(blank, few, "cut_digits", 0.5)[0])
    assert added(blank, few, "outliers", 1.0)[0].max(axis=(1, 2, 3)).min() > 0


def test_letters_have_no_stroke_variants(few):
    letters = replace(few, class_names=tuple("abcdefghij"))
    assert with_examples(few.train, letters, Recipe(**{**NOTHING, "stroke_variants": 1.0})) is few.train
