import base64
import io

import numpy as np
import pytest
from PIL import Image

from inklens.reporting.report.pictures import filters_sheet, map_sheets, thumbnail

TIMES = " \N{MULTIPLICATION SIGN} "


def _pixels(picture):
    header, content = picture.source.split(",")
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        assert header == f"data:image/{image.format.lower()};base64"
        assert image.size == (picture.width, picture.height)
        return np.asarray(image)


def test_a_small_grey_image_keeps_every_pixel():
    image = np.random.default_rng(0).integers(0, 256, (28, 20, 1)).astype(np.uint8)
    assert np.array_equal(_pixels(thumbnail(image)), image[..., 0])


@pytest.mark.parametrize(
    ("shape", "size"), [((500, 250, 3), (32, 64)), ((100, 400, 1), (64, 16)), ((9, 9, 2), (9, 9))]
)
def test_a_large_one_shrinks_and_keeps_its_aspect(shape, size):
    image = np.full(shape, 200, np.uint8)
    picture = thumbnail(image, 64)
    assert (picture.width, picture.height) == size
    assert np.abs(_pixels(picture).astype(int) - 200).max() <= 2


def test_a_filters_sign_is_its_colour_and_its_strength_the_opacity():
    filters = np.zeros((1, 1, 1, 3))
    filters[0, 0, 0] = 0.4, -0.4, 0.1
    sheet = _pixels(filters_sheet(filters))
    strong, negative, weak = sheet[0, ::2]
    assert strong.tolist() == [0x00, 0x72, 0xB2, 255]
    assert negative.tolist() == [0xD5, 0x5E, 0x00, 255]
    assert weak[:3].tolist() == strong[:3].tolist()
    assert 0 < weak[3] < 100
    assert sheet[0, 1].tolist() == [0, 0, 0, 0]


def test_three_inputs_are_colours_and_many_filters_are_counted():
    picture = filters_sheet(np.random.default_rng(0).normal(size=(3, 3, 3, 200)))
    assert picture.says == f"The first 128 of 200 filters of the first convolution, 3{TIMES}3 weights each"
    assert (_pixels(picture)[:3, :3, 3] == 255).all()


def test_maps_run_from_the_layers_least_value_to_its_largest():
    values = np.zeros((4, 4, 2), np.float32)
    values[0, 0, 0], values[3, 3, 1] = -2, 6
    ((_, note, picture),) = map_sheets({"conv": values, "dense": np.ones((1, 1, 128), np.float32)})
    pixels = _pixels(picture)
    assert pixels[0, 0].tolist() == [0, 0, 0, 255]
    assert pixels[3, 8].tolist() == [255, 255, 255, 255]
    assert pixels[1, 1, 0] == 64  # zero is a quarter of the way
    assert note == f"2 maps of 4{TIMES}4"
    assert picture.says == f"Layer conv: 2 maps of 4{TIMES}4"


def test_many_and_large_maps_are_bounded():
    ((_, note, picture),) = map_sheets(
        {"conv": np.random.default_rng(0).normal(size=(200, 100, 300)).astype(np.float32)}
    )
    assert note == f"300 maps of 200{TIMES}100, the first 24 shown"
    assert (picture.width, picture.height) == (8 * 17 - 1, 3 * 33 - 1)


def test_dead_and_broken_maps_are_drawn():
    for value in (0.0, np.nan):
        ((_, _, picture),) = map_sheets({"conv": np.full((3, 3, 1), value, np.float32)})
        assert (_pixels(picture)[..., :3] == 0).all()
