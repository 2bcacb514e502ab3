import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from inklens import networks
from inklens.networks.augmentation import AUGMENTATIONS, Augment, Augmentation, augmented, bilinear

EVERYTHING = Augmentation(15, 15, 0.15, 0.1, 0.09, 0.03, 0.5, 0.3, True, 0.5, 1.0, 0.7, 0.2, 0.3)


def test_the_names_that_are_known_without_keras_are_those_that_there_are():
    assert tuple(AUGMENTATIONS) == networks.AUGMENTATIONS


def changed(images, augmentation, seed=0):
    return np.asarray(Augment(augmentation, seed)(images, training=True))


def rectangle(size=28):
    image = np.zeros((1, size, size, 1), np.uint8)
    image[:, 8:20, 11:17] = 200
    return image


def centre_of_mass(image):
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    ink = image[..., 0].astype(float)
    return (rows * ink).sum() / ink.sum(), (columns * ink).sum() / ink.sum()


@pytest.mark.parametrize("shape", [(5, 28, 28, 1), (3, 8, 8, 1), (2, 20, 33, 3)])
def test_shape_and_range_stay_whatever_is_asked_for(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    out = changed(images, EVERYTHING)
    assert out.shape == shape
    assert out.dtype == np.float32
    assert out.min() >= 0
    assert out.max() <= 255
    assert not np.allclose(out, images)


def test_nothing_changes_when_nothing_is_asked_for_or_not_in_training(digits):
    images = digits.train.batch(slice(0, 8))
    assert np.array_equal(changed(images, Augmentation()), images)
    assert np.array_equal(np.asarray(Augment(EVERYTHING)(images, training=False)), images)


def test_each_image_and_each_call_is_changed_differently_and_the_seed_decides_how():
    images = np.repeat(rectangle(), 2, axis=0)
    first, again, other = Augment(EVERYTHING, 1), Augment(EVERYTHING, 1), Augment(EVERYTHING, 2)
    out = np.asarray(first(images, training=True))
    assert not np.array_equal(out[0], out[1])
    assert np.array_equal(out, np.asarray(again(images, training=True)))
    assert not np.array_equal(out, np.asarray(first(images, training=True)))
    assert not np.array_equal(out, np.asarray(other(images, training=True)))


def test_at_strength_0_an_image_stays_as_it_is():
    augment = Augment(replace(EVERYTHING, reflect=False))
    augment.strength.assign(0.0)
    assert np.allclose(np.asarray(augment(rectangle(), training=True)), rectangle(), atol=1e-3)


def test_a_shift_moves_the_ink_by_no_more_than_was_asked_and_to_every_side():
    images = np.repeat(rectangle(), 200, axis=0)
    moved = changed(images, Augmentation(shift=0.1))  # 2.8 pixels
    centres = np.array([centre_of_mass(image) for image in moved]) - (13.5, 13.5)
    assert np.abs(centres).max() < 2.81
    assert centres.min(axis=0) == pytest.approx((-2.8, -2.8), abs=0.2)
    assert centres.max(axis=0) == pytest.approx((2.8, 2.8), abs=0.2)


def test_a_rotation_is_around_the_middle_and_by_no_more_than_was_asked():
    turned = changed(np.repeat(rectangle(), 100, axis=0), Augmentation(rotation=20))
    angles = []
    for image in turned:
        assert centre_of_mass(image) == pytest.approx((13.5, 13.5), abs=0.1)
        moments = cv2.moments(image[..., 0])
        angles.append(np.degrees(np.arctan2(2 * moments["mu11"], moments["mu20"] - moments["mu02"]) / 2) - 90)
    angles = (np.array(angles) + 90) % 180 - 90
    assert np.abs(angles).max() < 20.5
    assert np.abs(angles).max() > 15


def test_scale_and_aspect_change_the_area_as_far_as_asked():
    area = rectangle().sum()
    larger = changed(np.repeat(rectangle(), 200, axis=0), Augmentation(scale=0.2)).sum(axis=(1, 2, 3)) / area
    assert (larger.min(), larger.max()) == pytest.approx((0.64, 1.44), abs=0.05)
    wider = changed(np.repeat(rectangle(), 200, axis=0), Augmentation(aspect=0.2)).sum(axis=(1, 2, 3)) / area
    assert (wider.min(), wider.max()) == pytest.approx((0.8, 1.2), abs=0.03)


def test_strokes_lie_between_the_erosion_and_the_dilation_of_opencv():
    image = rectangle()
    square = np.ones((3, 3), np.uint8)
    out = changed(np.repeat(image, 100, axis=0), Augmentation(stroke=1.0))[..., 0]
    thinnest, thickest = cv2.erode(image[0], square), cv2.dilate(image[0], square)
    assert (out >= thinnest - 0.01).all()
    assert (out <= thickest + 0.01).all()
    assert out.sum(axis=(1, 2)).min() < image.sum() < out.sum(axis=(1, 2)).max()


def test_an_elastic_warp_without_waves_is_the_affine_one(digits):
    images = digits.train.batch(slice(0, 16))
    asked = Augmentation(rotation=15, shear=15, scale=0.15, aspect=0.1, shift=0.1)
    affine, looked_up = (changed(images, replace(asked, elastic=elastic)) for elastic in (0, 1e-9))
    assert np.abs(affine - looked_up).max() < 0.5


def test_elastic_waves_move_no_part_farther_than_asked_but_for_their_smoothness():
    rows = np.arange(28, dtype=np.uint8).reshape(1, 28, 1, 1) * np.ones((200, 1, 28, 1), np.uint8)
    moved = (changed(rows, Augmentation(elastic=0.05)) - rows)[:, 4:-4, 4:-4]  # a pixel's value is its row
    assert 1.2 < np.abs(moved).max() < 2  # 1.4 pixels, and a little more between the points of a cubic
    assert np.abs(moved.mean()) < 0.02


@pytest.mark.parametrize(
    "one", [{"blur": 1.0}, {"fade": 0.7}, {"noise": 0.2}, {"line": 0.3}], ids=lambda one: next(iter(one))
)
def test_focus_light_noise_and_lines_come_to_the_share_that_was_asked_for(one):
    images = np.repeat(rectangle(), 1000, axis=0)
    touched = (changed(images, Augmentation(share=0.2, **one)) != images).any(axis=(1, 2, 3))
    assert touched.mean() == pytest.approx(0.2, abs=0.05)  # 4 standard deviations


def test_a_fade_leaves_less_contrast_and_keeps_the_digit():
    images = np.repeat(rectangle(), 500, axis=0)
    out = changed(images, Augmentation(share=1.0, fade=0.7))
    contrast = out[:, 10:18, 12:16].mean(axis=(1, 2, 3)) - out[:, :4].mean(axis=(1, 2, 3))
    assert contrast.min() < 120
    assert contrast.max() > 190


def test_a_line_is_long_straight_and_stays_off_the_middle():
    out = changed(np.zeros((300, 28, 28, 1), np.uint8), Augmentation(share=1.0, line=0.3))[..., 0]
    lines = out[out.max(axis=(1, 2)) > 128] > 64
    spans = lines.any(axis=1).sum(axis=1), lines.any(axis=2).sum(axis=1)
    assert (np.maximum(*spans) >= 10).all()
    assert (np.minimum(*spans) <= 6).all()
    assert not lines[:, 10:18, 10:18].any()
    upright = spans[0] < spans[1]
    assert 0.3 < upright.mean() < 0.7


def test_a_shift_by_whole_pixels_leaves_the_image_sharp_and_mirrors_its_edge():
    image = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), np.uint8)
    seen = changed(np.repeat(image, 50, axis=0), Augmentation(shift=1 / 8, whole=True, reflect=True))
    padded = np.pad(image[0], ((2, 2), (2, 2), (0, 0)), "symmetric").astype(np.float32)
    places = [(row, column) for row in range(5) for column in range(5)]
    crops = np.stack([padded[row : row + 16, column : column + 16] for row, column in places])
    near = np.abs(seen[:, None] - crops[None]).max(axis=(2, 3, 4))
    assert near.min(axis=1).max() < 0.01
    assert len(set(near.argmin(axis=1))) > 10


def test_what_a_shift_brings_in_is_dark_for_writing():
    white = np.full((50, 16, 16, 1), 255, np.uint8)
    assert changed(white, Augmentation(shift=1 / 8, whole=True)).min() == 0
    assert changed(white, Augmentation(shift=1 / 8, whole=True, reflect=True)).min() == 255
    for name in AUGMENTATIONS:
        assert AUGMENTATIONS[name].reflect == name.startswith("things")


def test_every_second_picture_of_what_training_sees_is_mirrored_where_it_mirrors():
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
    seen = augmented(images, "none", 0, 3, flip=True)
    assert np.array_equal(seen, np.stack([images, images[:, :, ::-1], images]))
    assert np.array_equal(augmented(images, "none", 0, 2), np.stack([images, images]))


def test_bilinear_lookup_agrees_with_opencv(digits):
    images = digits.train.batch(slice(0, 4)).astype(np.float32)
    random = np.random.default_rng(0)
    down, right = random.uniform(-3, 31, (2, 4, 28, 28)).astype(np.float32)
    ours = np.asarray(bilinear(images, down, right))[..., 0]
    for index in range(4):
        theirs = cv2.remap(images[index], right[index], down[index], cv2.INTER_LINEAR, borderValue=0)
        assert np.abs(ours[index] - theirs).max() < 255 / 32 + 0.5  # OpenCV rounds to 1/32 of a pixel


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_backend_makes_the_same_of_the_same_numbers(backend, on_backend):
    """The random numbers differ; a fixed shift by the layer's own arithmetic does not."""
    code = """
import json
import numpy as np
import keras
from inklens.networks.augmentation import Augment, Augmentation, bilinear
images = np.arange(2 * 9 * 8, dtype=np.float32).reshape(2, 9, 8, 1)
grid = np.mgrid[:9, :8].astype(np.float32)[:, None].repeat(2, axis=1)
looked_up = keras.ops.convert_to_numpy(bilinear(images, grid[0] + 0.25, grid[1] - 0.5))
everything = Augmentation(15, 15, 0.15, 0.1, 0.09, 0.03, 0.5, 0.3, True, 0.5, 1.0, 0.7, 0.2, 0.3)
out = keras.ops.convert_to_numpy(Augment(everything)(images.astype("uint8"), training=True))
light = Augment(Augmentation(shift=1 / 8, whole=True, reflect=True))
moved = keras.ops.convert_to_numpy(light(images.repeat(50, 0), training=True))
whole = float(np.abs(moved - moved.round()).max())
finite = bool(np.isfinite(out).all())
print(json.dumps([keras.config.backend(), looked_up.tolist(), list(out.shape), finite, whole]))
"""
    ran_on, looked_up, shape, finite, whole = json.loads(on_backend(backend, code).splitlines()[-1])
    images = np.arange(2 * 9 * 8, dtype=np.float32).reshape(2, 9, 8, 1)
    grid = np.mgrid[:9, :8].astype(np.float32)[:, None].repeat(2, axis=1)
    assert ran_on == backend
    assert np.allclose(looked_up, np.asarray(bilinear(images, grid[0] + 0.25, grid[1] - 0.5)), atol=1e-3)
    assert shape == [2, 9, 8, 1]
    assert finite
    assert whole < 0.01
