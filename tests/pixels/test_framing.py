import numpy as np
import pytest
from hypothesis import given, strategies as st

from inklens.errors import DataError, ImageError
from inklens.pixels import PixelSpec, frame


@pytest.mark.parametrize("framing", ["pad", "stretch", "none"])
def test_an_image_that_fits_keeps_every_byte(framing):
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    assert np.array_equal(frame(image, PixelSpec(28, 28, 1, framing)), image)
    assert np.array_equal(frame(image[..., 0], PixelSpec(28, 28, 1, framing)), image)


def test_pad_centres_the_image_and_fills_up_with_the_border_colour():
    image = np.full((10, 20, 3), (10, 20, 30), np.uint8)
    image[3:7, 5:15] = 200
    framed = frame(image, PixelSpec(20, 20, 3))
    assert np.array_equal(framed[5:15], image)
    assert (framed[:5] == (10, 20, 30)).all()
    assert (framed[15:] == (10, 20, 30)).all()


def test_pad_never_crops():
    image = np.zeros((3, 200), np.uint8)
    image[:, :4] = image[:, -4:] = 255
    framed = frame(image, PixelSpec(50, 50, 1))
    assert framed[24:26, 0].max() == framed[24:26, -1].max() == 255


def test_shrinking_averages_over_areas():
    stripes = np.tile(np.array([0, 200], np.uint8), (56, 28))
    assert (frame(stripes, PixelSpec(28, 28, 1)) == 100).all()


def test_stretch_shrinks_one_side_by_area_while_the_other_grows():
    stripes = np.tile(np.array([0, 200], np.uint8), (10, 28))
    assert (frame(stripes, PixelSpec(28, 28, 1, "stretch")) == 100).all()


def test_none_refuses_another_size():
    with pytest.raises(ImageError, match="10x20; expected 28x28, because framing is 'none'"):
        frame(np.zeros((10, 20), np.uint8), PixelSpec(28, 28, 1, "none"))


def test_grey_is_repeated_and_colour_weighted():
    grey = np.array([[[7], [9]]], np.uint8)
    assert frame(grey, PixelSpec(1, 2, 3)).tolist() == [[[7] * 3, [9] * 3]]
    colour = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    assert frame(colour, PixelSpec(1, 4, 1)).ravel().tolist() == [76, 150, 29, 9]


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3])),
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3])),
    st.sampled_from(["pad", "stretch"]),
)
def test_any_image_gets_the_shape_of_the_spec_and_a_flat_one_stays_flat(shape, wanted, framing):
    framed = frame(np.full(shape, 90, np.uint8), PixelSpec(*wanted, framing))
    assert framed.shape == wanted
    assert (framed == 90).all()


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4)), np.zeros(4, np.uint8), np.zeros((0, 4), np.uint8), np.zeros((4, 4, 2), np.uint8)],
)
def test_what_is_no_grey_or_rgb_image_is_refused(image):
    with pytest.raises(DataError, match="expected"):
        frame(image, PixelSpec(8, 8, 1))
