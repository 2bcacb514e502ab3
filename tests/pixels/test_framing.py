import cv2
import numpy as np
import pytest
from hypothesis import given, strategies as st

from inklens.errors import DataError, ImageError
from inklens.pixels import PixelSpec, frame
from inklens.pixels.framing import without_frame


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


def _written(size=200):
    picture = np.full((size, size), 255, np.uint8)
    cv2.polylines(picture, [np.array([(60, 50), (140, 60), (90, 100), (140, 140), (60, 150)])], False, 0, 12)
    return picture


@pytest.mark.parametrize("thick", [1, 3, 8])
@pytest.mark.parametrize("light_on_dark", [False, True])
def test_a_frame_along_the_border_is_no_ink(thick, light_on_dark):
    plain = _written()
    framed = plain.copy()
    cv2.rectangle(framed, (0, 0), (199, 199), 0, 2 * thick - 1)
    if light_on_dark:
        plain, framed = 255 - plain, 255 - framed
    spec = PixelSpec(28, 28, 1, "ink")
    assert np.abs(frame(framed, spec).astype(int) - frame(plain, spec)).mean() < 1


def test_without_a_frame_a_picture_stays_itself():
    plain = _written()
    touching = plain.copy()
    cv2.line(touching, (0, 100), (199, 100), 0, 10)
    for picture in (plain, touching, plain[:20, :20]):
        assert without_frame(picture) is picture


def test_noise_is_not_empty_and_rough_paper_is():
    rng = np.random.default_rng(0)
    spec = PixelSpec(28, 28, 1, "ink")
    noise = rng.integers(0, 256, (120, 90), np.uint8)
    assert frame(noise, spec).any()
    rough = np.clip(200 + 6 * rng.standard_normal((120, 90)), 0, 255).astype(np.uint8)
    assert not frame(rough, spec).any()
