import cv2
import numpy as np
import pytest

from drawn_ink import strokes
from inklens.pixels import PixelSpec, find_ink, frame, place_ink
from inklens.pixels.ink_placing import is_placed, stroke_width

SPEC = PixelSpec(28, 28, 1, "ink")


@pytest.mark.parametrize("spec", [SPEC, PixelSpec(56, 56, 1, "ink"), PixelSpec(20, 40, 3, "ink")])
def test_the_ink_fills_the_box_and_its_mass_is_in_the_middle(spec):
    placed = place_ink(strokes(), spec)
    assert placed.shape == spec.shape
    assert placed.max() == 255
    rows = np.nonzero(placed[..., 0] > 51)[0]
    assert np.ptp(rows) + 1 == round(spec.height * 20 / 28)
    mass = cv2.moments(placed[..., 0])
    middle = (mass["m01"] / mass["m00"], mass["m10"] / mass["m00"])
    assert np.abs(np.subtract(middle, (spec.height / 2, spec.width / 2))).max() <= 0.5
    assert (placed == placed[..., :1]).all()


def test_mnists_own_digits_stay_where_and_as_they_are(digits):
    images = digits.test.batch(slice(0, 300))
    same = [np.array_equal(place_ink(image[..., 0] / np.float32(255), SPEC), image) for image in images]
    assert np.mean(same) > 0.9, "but for those with the thinnest and the thickest strokes"


def test_the_strokes_width_is_that_of_the_pen():
    for pen in (0.03, 0.06, 0.12):
        assert stroke_width(strokes(400, pen=pen)) == pytest.approx(400 * pen, rel=0.15)
    assert stroke_width(np.zeros((9, 9), np.float32)) == 0


def test_the_strokes_width_does_not_depend_on_where_arrays_lie_in_memory():
    random, between = np.random.default_rng(0), []
    for side in range(20, 60):
        ink, widths = random.random((side, side), dtype=np.float32), set()
        for number in range(8):
            between.append(np.empty(2000 + 16 * number, np.uint8))  # what is asked for next lies elsewhere
            widths.add(stroke_width(ink))
        assert len(widths) == 1


@pytest.mark.parametrize("pen", [0.005, 0.01, 0.02, 0.2])
def test_thin_and_thick_strokes_are_brought_to_mnists(pen, digits):
    mnist = [stroke_width(image[..., 0] / np.float32(255)) for image in digits.train.batch(slice(0, 400))]
    width = stroke_width(place_ink(strokes(600, pen=pen), SPEC)[..., 0] / np.float32(255))
    assert min(mnist) < width < max(mnist)


def test_position_and_size_in_the_picture_do_not_matter():
    placed = place_ink(strokes(300), SPEC).astype(int)
    moved = place_ink(strokes(600, pen=0.03, scale=0.5, offset=(45, 5)), SPEC)
    assert np.abs(placed - moved).mean() < 2


def test_no_ink_is_black():
    assert not place_ink(np.zeros((40, 30), np.float32), SPEC).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 30_000), (30_000, 1), (3, 3)])
def test_ink_of_any_shape_can_be_placed(shape):
    placed = place_ink(np.ones(shape, np.float32), SPEC)
    assert placed.shape == SPEC.shape


def test_a_page_holds_its_digit_up_to_the_border_of_the_frame():
    far = np.zeros((28, 28), np.float32)
    far[0, :] = far[:, 0] = 1
    placed = place_ink(far, PixelSpec(8, 8, 1, "ink"))
    assert placed.any()
    assert placed.shape == (8, 8, 1)
    assert find_ink(placed[..., 0]).any()


def test_images_placed_as_mnists_are_stay_as_they_are_and_others_do_not(digits):
    images = digits.train.batch(np.arange(300))
    placed = [image for image in images if is_placed(image[..., 0], SPEC)]
    assert len(placed) > 200
    assert all(np.array_equal(frame(image, SPEC), image) for image in placed)
    for image in placed[:20]:
        grey = image[..., 0]
        others = {
            "moved": np.roll(grey, 2, axis=1),
            "small": np.pad(cv2.resize(grey, (22, 22)), 3),
            "dark on light": 255 - grey,
            "faint": grey // 2,
            "on grey": np.maximum(grey, 3),
        }
        assert not [name for name, other in others.items() if is_placed(other, SPEC)]
        assert not is_placed(grey[:-1], SPEC)
