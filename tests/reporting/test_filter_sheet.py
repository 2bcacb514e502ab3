"""The first layer's filters as pictures."""

import numpy as np
import pytest

from inklens.reporting import filters_picture

SHAPES = [
    (5, 5, 1, 32),
    (3, 3, 1, 128),
    (3, 3, 3, 64),
    (5, 5, 3, 24),
    (3, 3, 32, 64),
    (1, 1, 1, 1),
    (7, 3, 1, 5),
    (11, 11, 3, 96),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_filter_is_drawn_tidily_with_its_number(tmp_path, assert_tidy, said_in, shape):
    weights = np.random.default_rng(1).normal(0, 0.1, shape).astype(np.float32)
    figure = filters_picture(weights, tmp_path / "filters.png")
    assert_tidy(figure, clear_of_images=True)
    said = said_in(figure)
    assert said[-shape[3] :] == [str(i) for i in range(shape[3])]
    tiles = figure.axes[0].images[: shape[3]]
    assert {tile.get_array().shape for tile in tiles} == {(shape[0], shape[1], 3)}


def tiles_of(weights, inputs, path):
    """The colours of 1x1 filters: (filters, 3)."""
    filters = np.array(weights).reshape(1, 1, inputs, -1)
    images = filters_picture(filters, path).axes[0].images[: filters.shape[3]]
    return np.array([np.asarray(image.get_array())[0, 0] for image in images])


def test_positive_is_blue_negative_is_orange_and_zero_is_white(tmp_path):
    strong, weak, zero, negative = tiles_of([0.4, 0.1, 0.0, -0.4], 1, tmp_path / "x.png")
    assert zero.tolist() == [1, 1, 1]
    assert strong[2] > strong[0]
    assert negative[0] > negative[2]
    assert weak.sum() > strong.sum()


def test_three_inputs_are_colours_around_grey(tmp_path):
    # Keras keeps (in, out) last: a row is an input, a column one of the two filters.
    weights = [*(0.2, 0.0), *(0.1, 0.0), *(0.0, -0.1)]
    orange, dark_blue = tiles_of(weights, 3, tmp_path / "x.png")
    assert orange.tolist() == [1, 0.75, 0.5]
    assert dark_blue.tolist() == [0.5, 0.5, 0.25]


def test_a_weight_stands_where_it_is_in_the_kernel(tmp_path):
    filters = np.zeros((2, 3, 1, 2))
    filters[0, 2, 0, 1] = 1
    first, second = filters_picture(filters, tmp_path / "x.png").axes[0].images[:2]
    assert np.all(np.asarray(first.get_array()) == 1)
    coloured = np.any(np.asarray(second.get_array()) < 1, axis=-1)
    assert np.argwhere(coloured).tolist() == [[0, 2]]


@pytest.mark.parametrize("value", [0.0, float("nan")])
@pytest.mark.parametrize("inputs", [1, 3])
def test_dead_and_broken_filters_are_drawn(tmp_path, assert_tidy, value, inputs):
    assert_tidy(filters_picture(np.full((3, 3, inputs, 4), value), tmp_path / "x.png"))
