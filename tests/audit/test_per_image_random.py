import numpy as np

from inklens.audit.per_image_random import PerImageRandom


def test_numbers_are_even_and_know_nothing_of_each_other(digits):
    random = PerImageRandom(digits.test.batch(slice(0, 200)), "test", 0)
    numbers = random.uniform(1000)
    assert 0 <= numbers.min() < numbers.max() < 1
    counts = np.histogram(numbers, 20, (0, 1))[0]
    # Chi-squared with 19 degrees of freedom: beyond 43.8 once in a thousand draws.
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 43.8
    assert abs(np.corrcoef(numbers[:, :-1].ravel(), numbers[:, 1:].ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(numbers[:-1].ravel(), numbers[1:].ravel())[0, 1]) < 0.01


def test_a_stream_goes_on_where_it_ended(digits):
    images = digits.test.batch(slice(0, 3))
    random = PerImageRandom(images, "test", 0)
    parts = [random.uniform(2, 2).reshape(3, 4), random.uniform(3)]
    assert np.array_equal(np.concatenate(parts, axis=1), PerImageRandom(images, "test", 0).uniform(7))


def test_image_purpose_and_seed_decide(digits):
    image = digits.test.batch(slice(0, 1))
    first = PerImageRandom(image, "fog", 0).uniform(4)
    assert np.array_equal(first, PerImageRandom(image.copy(), "fog", 0).uniform(4))
    assert not np.array_equal(first, PerImageRandom(image, "mist", 0).uniform(4))
    assert not np.array_equal(first, PerImageRandom(image, "fog", 1).uniform(4))
    assert not np.array_equal(first, PerImageRandom(255 - image, "fog", 0).uniform(4))


def test_sides_and_ranges(digits):
    random = PerImageRandom(digits.test.batch(slice(0, 400)), "test", 0)
    sides = random.side()
    assert set(sides.tolist()) == {-1, 1}
    assert abs(sides.mean()) < 0.2
    between = random.between(-5, 5)
    assert -5 <= between.min() < -4
    assert 4 < between.max() < 5
