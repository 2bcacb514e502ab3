import numpy as np
import pytest

from inklens.datasets import Split
from inklens.training.examples.stroke_variants import make_stroke_variants


@pytest.fixture(scope="module")
def drawn(few):
    """A 1 as Americans write it, and a 7 without a bar, redrawn twenty times each: uint8 (20, 28, 28)."""
    one, seven = np.zeros((2, 28, 28, 1), np.uint8)
    one[4:24, 13:16] = seven[4:24, 13:16] = 255
    seven[4:7, 6:16] = 255
    splits = [Split(image[None], np.array([label])) for label, image in ((1, one), (7, seven))]
    made = [[next(make_stroke_variants(split, few, 1.0, seed)) for seed in range(20)] for split in splits]
    assert [[label for _, label in of_one] for of_one in made] == [[1] * 20, [7] * 20]
    return [np.stack([image[..., 0] for image, _ in of_one]) for of_one in made]


def test_a_one_gets_an_upstroke_on_the_left_and_not_on_the_right(drawn):
    for image in drawn[0].astype(int):
        stem = round(np.flatnonzero(image[14:20].min(axis=0) > 128).mean())
        assert image[:13, : stem - 2].sum() > image[:13, stem + 3 :].sum()


def test_a_seven_gets_a_bar_on_both_sides_of_its_stem(drawn):
    for image in drawn[1]:
        widest = max(np.ptp(np.flatnonzero(row > 64)) for row in image[10:20] if (row > 64).any())
        assert widest >= 6  # a stem alone is 3 wide


def test_what_was_drawn_is_framed_as_mnist_is(drawn):
    for images in drawn:
        rows, columns = np.nonzero(images[0] > 51)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(20, abs=1)
        middle = (np.mgrid[:28, :28] * (images[0] / images[0].sum())).sum(axis=(1, 2))
        assert middle == pytest.approx((13.5, 13.5), abs=1)
