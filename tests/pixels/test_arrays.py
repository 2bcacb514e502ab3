import numpy as np
import pytest

from inklens.errors import DataError
from inklens.pixels import PixelSpec, as_batch

GREY, COLOUR = PixelSpec(28, 28, 1), PixelSpec(28, 28, 3)


@pytest.mark.parametrize(
    ("shape", "spec", "expected"),
    [
        ((28, 28), GREY, (1, 28, 28, 1)),
        ((28, 28, 1), GREY, (1, 28, 28, 1)),
        ((5, 28, 28), GREY, (5, 28, 28, 1)),
        ((28, 28, 28), GREY, (28, 28, 28, 1)),
        ((5, 28, 28, 1), GREY, (5, 28, 28, 1)),
        ((0, 28, 28, 1), GREY, (0, 28, 28, 1)),
        ((28, 28, 3), COLOUR, (1, 28, 28, 3)),
        ((5, 28, 28, 3), COLOUR, (5, 28, 28, 3)),
    ],
)
def test_every_accepted_shape_becomes_a_batch(shape, spec, expected):
    assert as_batch(np.zeros(shape, np.uint8), spec).shape == expected


def test_uint8_is_not_copied():
    images = np.zeros((5, 28, 28), np.uint8)
    assert np.shares_memory(as_batch(images, GREY), images)


def test_a_list_of_images_is_a_batch():
    assert as_batch([np.zeros((28, 28), np.uint8)] * 3, GREY).shape == (3, 28, 28, 1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_divided_by_255_come_back_exactly(dtype):
    images = np.arange(784, dtype=np.uint8).reshape(28, 28)
    assert np.array_equal(as_batch((images / 255).astype(dtype), GREY)[0, ..., 0], images)


@pytest.mark.parametrize(
    "scale",
    [
        lambda images: images / 255,
        lambda images: images / 127.5 - 1,
        lambda images: images.astype(np.float32),
        lambda images: images.astype(np.uint16) * 257,
        lambda images: images.astype(np.uint16),
        lambda images: images.astype(np.int64),
        lambda images: np.clip(images / 255 * 1.0005, 0, None),
    ],
    ids=["0 to 1", "-1 to 1", "0 to 255 as floats", "16 bits", "8 bits in 16", "wide", "rounded"],
)
def test_every_usual_range_gives_the_same_pixels(scale):
    images = np.arange(784, dtype=np.int64).reshape(28, 28) % 256
    assert np.array_equal(as_batch(scale(images), GREY)[0, ..., 0], images)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, np.float32])
def test_zeros_and_ones_are_black_and_white(dtype):
    images = np.eye(28).astype(dtype)
    assert np.array_equal(as_batch(images, GREY)[0, ..., 0], np.eye(28) * 255)


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (
            np.full((28, 28), 1.5),
            r"float64 images from 1\.5 to 1\.5; expected 0 to 1, -1 to 1 or 0 to 255: div",
        ),
        (np.full((28, 28), 300.0), r"from 300\.0 to 300\.0; expected 0 to 1, -1 to 1 or 0 to 255: divide"),
        (np.linspace(-0.42, 2.8, 784).reshape(28, 28), r"from -0\.42 to 2\.8; .*undo their standardisation"),
        (np.full((28, 28), np.nan), r"784 pixels that are NaN or infinite; .*numpy\.nan_to_num"),
        (np.full((28, 28), -np.inf), "784 pixels that are NaN or infinite"),
        (np.full((28, 28), 256), "int64 images from 256 to 256; expected 0 to 255: scale"),
        (np.full((28, 28), -1), "int64 images from -1 to -1; expected 0 to 255"),
        (np.full((28, 28), "a"), "images of type <U1"),
        ([np.zeros((28, 28)), np.zeros((27, 28))], "images of different shapes; expected 28x28"),
    ],
)
def test_other_values_are_refused_with_what_was_given(images, said):
    with pytest.raises(DataError, match=said):
        as_batch(images, GREY)


@pytest.mark.parametrize("shape", [(28,), (27, 28), (5, 28, 28, 3), (28, 28, 3), (1, 1, 28, 28, 1)])
def test_another_shape_or_channel_count_is_refused_with_the_remedy(shape):
    with pytest.raises(DataError, match=r"expected 28x28 with 1 channel, as \(H, W\).*frame them first"):
        as_batch(np.zeros(shape, np.uint8), GREY)


def test_grey_images_are_refused_where_colour_is_expected():
    with pytest.raises(DataError, match="expected 28x28 with 3 channels"):
        as_batch(np.zeros((5, 28, 28), np.uint8), COLOUR)


@pytest.mark.parametrize(
    ("shape", "spec", "said"),
    [
        ((5, 1, 28, 28), GREY, r"images\.transpose\(0, 2, 3, 1\)"),
        ((5, 3, 28, 28), COLOUR, r"images\.transpose\(0, 2, 3, 1\)"),
        ((3, 28, 28), COLOUR, r"images\.transpose\(1, 2, 0\)"),
    ],
)
def test_channels_first_are_refused_with_the_transpose_that_mends_them(shape, spec, said):
    with pytest.raises(DataError, match=said):
        as_batch(np.zeros(shape, np.uint8), spec)
