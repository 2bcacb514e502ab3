import cv2
import numpy as np
import pytest

from drawn_ink import on_paper, ramp, shadow, strokes
from inklens.errors import DataError
from inklens.pixels import find_ink

INK = strokes()

PICTURES = {
    "dark on light": on_paper(INK),
    "light on dark": 255 - on_paper(INK),
    "falling light": on_paper(INK, light=ramp(280, 0.4)),
    "shadow": on_paper(INK, light=shadow(280, 0.5)),
    "pencil in a deep shadow": on_paper(INK, paper=205, pen=110, light=shadow(280, 0.5), noise=1),
    "pencil": on_paper(INK, paper=210, pen=175, noise=2),
    "grain": on_paper(INK, noise=6),
    "binary": on_paper((INK > 0.5).astype(np.float32), paper=255, pen=0),
    "colour": np.stack([on_paper(INK, pen=pen) for pen in (30, 40, 160)], axis=2),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_ink_is_found_whatever_light_paper_and_pen(name):
    found = find_ink(PICTURES[name])
    assert (found.dtype, found.shape) == (np.float32, INK.shape)
    assert found.min() >= 0
    assert found.max() <= 1
    assert found[INK == 1].mean() > 0.9, "strokes reach about 1"
    assert found[INK == 0].mean() < 0.01, "paper is 0"
    assert np.corrcoef(found.ravel(), INK.ravel())[0, 1] > 0.97


def test_antialiasing_stays():
    found = find_ink(on_paper(INK))
    edge = (INK > 0.3) & (INK < 0.7)
    assert np.abs(found[edge] - INK[edge]).max() < 0.1


@pytest.mark.parametrize("pen", [0.05, 0.12, 0.2])
@pytest.mark.parametrize("inverted", [False, True])
def test_polarity_is_right_in_tight_crops_of_thin_and_thick_pens(pen, inverted):
    ink = strokes(pen=pen)
    rows, columns = np.nonzero(ink > 0.5)
    tight = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    image = on_paper(tight)
    found = find_ink(255 - image if inverted else image)
    assert np.corrcoef(found.ravel(), tight.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("size", [8, 16, 28])
def test_small_pictures_hold_ink_too(size):
    small = cv2.resize(on_paper(strokes(pen=0.1)), (size, size), interpolation=cv2.INTER_AREA)
    truth = cv2.resize(strokes(pen=0.1), (size, size), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(find_ink(small).ravel(), truth.ravel())[0, 1] > 0.95


def test_mnists_digits_are_their_own_ink(digits):
    images = digits.test.batch(slice(0, 300))[..., 0]
    off = [np.abs(find_ink(image) * 255 - image).mean() for image in images]
    assert np.quantile(off, 0.9) < 1.5, "of 255"


BLANKS = {
    "black": np.zeros((28, 28), np.uint8),
    "white": np.full((28, 28), 255, np.uint8),
    "grey": np.full((500, 300, 3), 120, np.uint8),
    "one pixel": np.full((1, 1), 7, np.uint8),
    "one row": np.full((1, 40), 200, np.uint8),
    "falling light": on_paper(np.zeros((200, 200), np.float32), light=ramp(200, 0.4), noise=2),
    "shadow": on_paper(np.zeros((200, 200), np.float32), light=shadow(200, 0.5), noise=2),
    "noise": np.random.default_rng(1).integers(0, 256, (120, 120), np.uint8),
    "grain": on_paper(np.zeros((300, 300), np.float32), noise=9),
    "texture": cv2.GaussianBlur(np.random.default_rng(2).integers(0, 256, (200, 200), np.uint8), (0, 0), 2),
}


@pytest.mark.parametrize("name", BLANKS)
def test_a_picture_without_ink_gives_none(name):
    found = find_ink(BLANKS[name])
    assert found.shape == BLANKS[name].shape[:2]
    assert not found.any()


def test_a_page_of_twelve_megapixels_is_found_like_a_small_picture():
    ink = strokes(500, scale=0.6, offset=(20, 20))
    page = np.full((3000, 4000), 225, np.uint8)
    page[1000:1500, 1500:2000] = on_paper(ink)
    found = find_ink(page, widest=200)
    assert found[1000:1500, 1500:2000][ink == 1].mean() > 0.9
    found[1000:1500, 1500:2000] = 0
    assert found.max() == 0


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((0, 4), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
def test_what_is_no_image_is_refused(image):
    with pytest.raises(DataError, match="expected"):
        find_ink(image)
