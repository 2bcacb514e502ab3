import numpy as np
import pytest

from inklens.audit import CORRUPTIONS, corrupt
from inklens.audit.corruptions import ROTATION, SCALE, SHEAR, TRANSLATION
from inklens.errors import DataError, OptionError

EVERY = pytest.mark.parametrize("name", CORRUPTIONS)
SHAPES = [(28, 28, 1), (8, 8, 1), (32, 32, 3), (20, 33, 4), (8, 60, 2)]


@pytest.fixture(scope="module")
def images(digits):
    return digits.test.batch(np.arange(0, 1000, 25))


@EVERY
def test_the_same_image_and_seed_give_the_same_bytes_whatever_the_batch(images, name):
    whole = corrupt(images, name, seed=3)
    assert np.array_equal(corrupt(images[7:9], name, seed=3), whole[7:9])
    assert np.array_equal(corrupt(images[::-1], name, seed=3), whole[::-1])
    many = np.tile(images, (30, 1, 1, 1))  # more than go through at once
    assert np.array_equal(corrupt(many, name, seed=3)[-len(images) :], whole)


@pytest.mark.parametrize("name", sorted(set(CORRUPTIONS) - {"scale", "brightness", "stripe", "canny_edges"}))
def test_another_seed_or_another_image_gives_other_noise(images, name):
    assert not np.array_equal(corrupt(images, name, seed=3), corrupt(images, name, seed=4))


@EVERY
def test_every_image_changes_and_what_was_given_stays(images, name):
    before = images.copy()
    corrupted = corrupt(images, name)
    assert np.array_equal(images, before)
    assert (corrupted != images).any(axis=(1, 2, 3)).all()


@EVERY
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_and_type_stay_for_any_size_and_channel_count(name, shape):
    images = np.random.default_rng(0).integers(0, 256, (5, *shape)).astype(np.uint8)
    corrupted = corrupt(images, name)
    assert (corrupted.shape, corrupted.dtype) == (images.shape, np.uint8)
    assert not np.array_equal(corrupted, images)
    assert corrupt(images[:0], name).shape == (0, *shape)


@EVERY
@pytest.mark.parametrize("level", [0, 255])
def test_a_blank_and_a_full_image_survive(name, level):
    images = np.full((2, 28, 28, 3), level, np.uint8)
    corrupted = corrupt(images, name)
    assert (corrupted.shape, corrupted.dtype) == (images.shape, np.uint8)
    assert np.array_equal(corrupted[0], corrupted[1])
    if name in ("glass_blur", "motion_blur", "shear", "scale", "rotation", "translation"):
        assert np.array_equal(corrupted, images), "nothing comes in from outside but the background"


def test_brightness_never_wraps(images):
    expected = np.minimum(images + 127.5, 255)
    assert (np.abs(corrupt(images, "brightness") - expected) <= 0.5).all()
    colours = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3)).astype(np.uint8)
    assert (corrupt(colours, "brightness") >= colours).all()


def test_a_colour_stays_that_colour_when_it_is_brightened():
    red = np.zeros((1, 8, 8, 3), np.uint8)
    red[...] = (100, 50, 0)
    assert corrupt(red, "brightness")[0, 0, 0].tolist() == [228, 114, 0]


# A bright rectangle on black, of which geometry says where it goes.
TOP, BOTTOM, LEFT, RIGHT, SIZE = 16, 28, 26, 34, 56


@pytest.fixture
def rectangle():
    image = np.zeros((1, SIZE, SIZE, 1), np.uint8)
    image[0, TOP:BOTTOM, LEFT:RIGHT] = 200
    return image


def _moments(images):
    """Mass, centre (row, column) from the image's middle, and covariance of the first image."""
    weights = images[0, :, :, 0].astype(float)
    rows, columns = np.indices(weights.shape) - (SIZE - 1) / 2
    points = np.stack([rows.ravel(), columns.ravel()])
    centre = np.average(points, axis=1, weights=weights.ravel())
    spread = np.cov(points, aweights=weights.ravel(), ddof=0)
    return weights.sum(), centre, spread


def _linear(name):
    c, s = np.cos(ROTATION), np.sin(ROTATION)
    return {
        "shear": [np.array([[1, 0], [side * SHEAR, 1]]) for side in (-1, 1)],
        "scale": [np.eye(2) * SCALE],
        "rotation": [np.array([[c, side * s], [-side * s, c]]) for side in (-1, 1)],
    }[name]


@pytest.mark.parametrize("name", ["shear", "scale", "rotation"])
def test_a_rectangle_goes_where_geometry_says(rectangle, name):
    """Centre, spread and area of what a linear map makes of a rectangle, by their formulas."""
    mass, centre, spread = _moments(rectangle)
    seen = set()
    for seed in range(12):
        new_mass, new_centre, new_spread = _moments(corrupt(rectangle, name, seed))
        fits = [
            number
            for number, matrix in enumerate(_linear(name))
            if np.allclose(new_centre, matrix @ centre, atol=0.1)
            and np.allclose(new_spread, matrix @ spread @ matrix.T, atol=0.6)
            and new_mass == pytest.approx(mass * np.linalg.det(matrix), rel=0.05)
        ]
        assert len(fits) == 1
        seen |= set(fits)
    assert len(seen) == len(_linear(name)), "both sides come up"


def test_a_translated_rectangle_is_the_same_one_elsewhere(rectangle):
    step = TRANSLATION * SIZE // 28
    moves = [(down, right) for down in (-step, step) for right in (-step, step)]
    seen = set()
    for seed in range(24):
        moved = corrupt(rectangle, "translation", seed)
        fits = [move for move in moves if np.array_equal(moved, np.roll(rectangle, move, (1, 2)))]
        assert len(fits) == 1
        seen |= set(fits)
    assert seen == set(moves)


def test_what_moves_leaves_the_background_behind():
    paper = np.full((1, 28, 28, 3), (250, 240, 200), np.uint8)
    paper[0, 10:18, 12:16] = 20
    for name in ("shear", "scale", "rotation", "translation", "motion_blur"):
        assert (corrupt(paper, name)[0, 0, 0] == (250, 240, 200)).all(), name
    assert corrupt(paper, "dotted_line").min() < 10, "dark ink on light paper"


def test_the_stripe_is_the_middle_half(images):
    striped = corrupt(images, "stripe")
    assert np.array_equal(striped[:, :, 7:21], images[:, :, 7:21])
    assert np.array_equal(striped[:, :, :7], 255 - images[:, :, :7])
    assert np.array_equal(striped[:, :, 21:], 255 - images[:, :, 21:])


def test_shot_noise_counts_light_particles():
    """Mean and variance of a Poisson count with mean 3 * level, in steps of a third of white."""
    level = 85
    caught = corrupt(np.full((1, 400, 400, 1), level, np.uint8), "shot_noise").ravel() / 85
    assert set(np.unique(caught)) == {0, 1, 2, 3}  # what is more than white is white
    assert (caught == 0).mean() == pytest.approx(np.exp(-1), abs=0.01)
    assert (caught == 1).mean() == pytest.approx(np.exp(-1), abs=0.01)


def test_impulse_noise_makes_as_much_black_as_white():
    noisy = corrupt(np.full((1, 400, 400, 1), 100, np.uint8), "impulse_noise")
    assert (noisy == 0).mean() == pytest.approx(0.085, abs=0.005)
    assert (noisy == 255).mean() == pytest.approx(0.085, abs=0.005)


def test_an_unknown_name_and_other_arrays_are_refused(images):
    with pytest.raises(OptionError, match="unknown corruption 'snow': expected one of shot_noise"):
        corrupt(images, "snow")
    with pytest.raises(OptionError, match="seed is -1; expected a whole number, 0 or more"):
        corrupt(images, "fog", seed=-1)
    for wrong in (images[..., 0], images.astype(float), images[:, :7]):
        with pytest.raises(DataError, match=r"expected uint8 \(N, H, W, C\) of 8x8 or more"):
            corrupt(wrong, "fog")
