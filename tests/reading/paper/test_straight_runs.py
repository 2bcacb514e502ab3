import cv2
import numpy as np
import pytest

from inklens.reading.paper.straight_runs import open_level


@pytest.mark.parametrize("length", [3, 4, 7, 30, 187])
@pytest.mark.parametrize("shape", [(40, 50), (5, 800), (300, 301)])
def test_the_quick_opening_gives_opencvs_pixels(length, shape):
    rough = np.random.default_rng(length).random(shape, np.float32)
    mask = np.where(cv2.blur(rough, (9, 3)) > 0.45, 255, 0).astype(np.uint8)
    mask[::7] = 255
    mask[:, ::31] = 0
    expected = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    assert np.array_equal(open_level(mask, length), expected)
