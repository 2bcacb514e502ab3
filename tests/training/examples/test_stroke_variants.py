import numpy as np
import pytest
from cv2 import connectedComponents

from inklens.datasets import Split
from inklens.training.examples.stroke_variants import make_stroke_variants


@pytest.fixture(scope="module")
def drawn(few):
    """Of a 1, a 7, a 9 and a 3 as Americans write them, twenty variants each: uint8 (20, 28, 28)."""
    one, seven, nine, three = images = np.zeros((4, 28, 28, 1), np.uint8)
    one[4:24, 13:16] = seven[4:24, 13:16] = nine[4:24, 13:16] = three[4:24, 13:16] = 255
    seven[4:7, 6:16] = nine[4:7, 6:16] = three[4:7, 6:16] = 255
    nine[4:14, 6:9] = nine[12:15, 6:16] = 255
    three[12:15, 6:16] = three[21:24, 6:16] = 255
    of = {}
    for digit, becomes, image in zip((1, 7, 9, 3), (1, 7, 9, 9), images, strict=True):
        split = Split(image[None], np.array([digit]))
        made = [[*make_stroke_variants(split, few, 1.0, seed)] for seed in range(20)]
        assert [[label for _, label in variants] for variants in made] == [[becomes]] * 20
        of[digit] = np.stack([variants[0][0][..., 0] for variants in made])
    return of


def test_a_one_gets_an_upstroke_on_the_left_and_not_on_the_right(drawn):
    for image in drawn[1].astype(int):
        stem = round(np.flatnonzero(image[14:20].min(axis=0) > 128).mean())
        assert image[:13, : stem - 2].sum() > image[:13, stem + 3 :].sum()


def test_a_seven_gets_a_bar_on_both_sides_of_its_stem(drawn):
    for image in drawn[7]:
        widest = max(np.ptp(np.flatnonzero(row > 64)) for row in image[10:20] if (row > 64).any())
        assert widest >= 6  # a stem alone is 3 wide


def test_a_nine_gets_a_tail_to_the_left(drawn):
    for image in drawn[9].astype(int):
        foot = image[np.flatnonzero(image.max(axis=1) > 128)[-6:]]
        assert np.ptp(np.flatnonzero(foot.max(axis=0) > 128)) >= 5  # a stem alone is 3 wide


def test_a_three_whose_upper_bow_is_closed_is_a_nine(drawn):
    for image in drawn[3]:
        holes = connectedComponents((image < 96).view(np.uint8), connectivity=4)[0] - 2
        assert holes >= 1


def test_what_was_drawn_is_framed_as_mnist_is(drawn):
    for images in drawn.values():
        rows, columns = np.nonzero(images[0] > 51)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(20, abs=1)
        middle = (np.mgrid[:28, :28] * (images[0] / images[0].sum())).sum(axis=(1, 2))
        assert middle == pytest.approx((13.5, 13.5), abs=1)
