import cv2
import numpy as np
import pytest

from inklens.pixels import PixelSpec, frame
from inklens.pixels.picture_frame import without_frame


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
