import subprocess
import sys

import numpy as np
import pytest

from inklens.errors import DataError, OptionError
from inklens.explanation import occlusion_map

PATCH = np.s_[8:12, 15:19]


def sees_the_patch(pixels: np.ndarray) -> np.ndarray:
    """Class 1 as likely as the patch is bright, else class 0."""
    bright = pixels[(slice(None), *PATCH)].mean(axis=(1, 2, 3)) / 255
    return np.stack([1 - bright, bright], axis=1)


@pytest.fixture
def image() -> np.ndarray:
    image = np.random.default_rng(0).integers(0, 256, (28, 30, 3), np.uint8)
    image[[0, -1]] = image[:, [0, -1]] = (10, 20, 30)
    image[PATCH] = 255
    return image


def test_it_is_highest_where_the_answer_hangs_on(image):
    occlusion = occlusion_map(sees_the_patch, image, 1, patch=4, stride=1)
    fall = occlusion.fall
    assert (fall.shape, fall.dtype) == ((28, 30), np.float32)
    row, column = np.unravel_index(fall.argmax(), fall.shape)
    assert PATCH[0].start <= row < PATCH[0].stop
    assert PATCH[1].start <= column < PATCH[1].stop
    far = np.ones(fall.shape, bool)
    far[8 - 3 : 12 + 3, 15 - 3 : 19 + 3] = False  # no cover of 4x4 over these reaches the patch
    assert not fall[far].any()
    assert occlusion.falls[8, 15] == pytest.approx(1 - np.mean([10, 20, 30]) / 255)
    assert occlusion.answers[8, 15] == 0
    assert occlusion.answers[0, 0] == 1


def test_a_pixel_has_the_mean_fall_of_the_places_that_cover_it(image):
    occlusion = occlusion_map(sees_the_patch, image, 1, patch=6, stride=4)
    falls = [
        occlusion.falls[r, c]
        for r, top in enumerate(occlusion.tops)
        for c, left in enumerate(occlusion.lefts)
        if top <= 10 < top + 6 and left <= 17 < left + 6
    ]
    assert occlusion.fall[10, 17] == pytest.approx(np.mean(falls))


def test_what_speaks_against_the_label_is_below_0(image):
    fall = occlusion_map(sees_the_patch, image, 0, patch=4, stride=1).fall
    assert fall.min() < -0.3
    assert fall.max() == 0


def test_the_cover_is_the_images_own_background_and_only_there(image):
    occlusion = occlusion_map(sees_the_patch, image, 1)
    assert occlusion.cover.tolist() == [10, 20, 30]
    assert occlusion.patch == 7
    covered = occlusion.covered_image(image, 1, 2)
    top, left = occlusion.tops[1], occlusion.lefts[2]
    assert np.all(covered[top : top + 7, left : left + 7] == (10, 20, 30))
    outside = np.ones((28, 30), bool)
    outside[top : top + 7, left : left + 7] = False
    assert np.array_equal(covered[outside], image[outside])


def test_every_pixel_is_covered_up_to_the_far_edges(image):
    occlusion = occlusion_map(sees_the_patch, image, 1, patch=5, stride=4)
    assert occlusion.tops.tolist() == [0, 4, 8, 12, 16, 20, 23]
    assert occlusion.lefts.tolist() == [0, 4, 8, 12, 16, 20, 24, 25]
    assert np.isfinite(occlusion.fall).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patch": 0}, "patch 0 is out of range: expected 1 to 27"),
        ({"patch": 28}, "patch 28 is out of range: expected 1 to 27"),
        ({"patch": 4, "stride": 5}, "stride 5 is out of range: expected 1 to 4, the patch"),
        ({"stride": 0}, "stride 0 is out of range"),
        ({"label": 2}, "label 2 is out of range: expected 0 to 1"),
        ({"label": -1}, "label -1 is out of range"),
    ],
)
def test_what_is_out_of_range_is_refused(image, options, message):
    with pytest.raises(OptionError, match=message):
        occlusion_map(sees_the_patch, image, **{"label": 1, **options})


@pytest.mark.parametrize("image", [np.zeros((28, 28), np.uint8), np.zeros((28, 28, 1))])
def test_an_image_of_another_type_or_shape_is_refused(image):
    with pytest.raises(DataError, match=r"expected uint8 \(H, W, C\)"):
        occlusion_map(sees_the_patch, image, 1)


def test_it_needs_no_framework():
    code = """
import sys
for name in ("keras", "tensorflow", "jax", "torch", "matplotlib"):
    sys.modules[name] = None  # importing it now raises ImportError
import numpy as np
from inklens.explanation import occlusion_map
half = lambda pixels: np.full((len(pixels), 2), 0.5)
print(occlusion_map(half, np.zeros((8, 8, 1), np.uint8), 0).fall.max())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0.0\n", "")
