"""The maps of every layer as one sheet."""

import numpy as np
import pytest

from inklens.explanation import MapLayer, ReceptiveField
from inklens.reporting import feature_maps_picture
from inklens.reporting.style import TIMES


def layer(name, kind, shape, kernel, field, jump):
    sight = ReceptiveField(field, (field - 1) / 2, jump)
    return MapLayer(name, kind, shape, (kernel, kernel), sight, sight)


SMALL = (
    layer("conv2d", "convolution", (24, 24, 24), 5, 5, 1),
    layer("max_pooling2d", "pooling", (12, 12, 24), 2, 6, 2),
    layer("re_lu", "activation", (12, 12, 24), 1, 6, 2),
    layer("conv2d_1", "convolution", (3, 3, 128), 3, 20, 4),
    layer("re_lu_1", "activation", (3, 3, 128), 1, 20, 4),
)
ODD = (
    layer("a" * 200, "convolution", (60, 7, 3), 3, 3, 1),
    layer("one", "convolution", (1, 1, 64), 3, 40, 1),
)


def maps_of(layers):
    random = np.random.default_rng(4)
    return {each.name: random.normal(size=each.shape).astype(np.float32) for each in layers}


@pytest.mark.parametrize(
    ("layers", "shape"),
    [(SMALL, (28, 28, 1)), (ODD, (62, 9, 3)), (ODD, (9, 62, 1)), (SMALL[:1], (28, 28, 3))],
)
def test_every_layer_is_drawn_tidily(tmp_path, assert_tidy, layers, shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    figure = feature_maps_picture(image, layers, maps_of(layers), tmp_path / "x.png")
    assert_tidy(figure)
    assert (tmp_path / "x.png").stat().st_size > 5_000


def test_the_headings_go_from_edges_to_larger_shapes(tmp_path, texts_of, said_in, forty_digits):
    figure = feature_maps_picture(forty_digits[0][0], SMALL, maps_of(SMALL), tmp_path / "x.png")
    said = said_in(figure)
    headings = [each.replace(TIMES, "x") for each in said if "convolution" in each.lower()]
    assert headings == [
        "Convolution 1: 24 filters of 5 x 5. A point sees 5 x 5 pixels: room for edges and curves",
        "Pooling after convolution 1: the largest of 2 x 2",
        "Activation after convolution 1",
        "Convolution 2: 128 filters of 3 x 3. A point sees 20 x 20 pixels: room for larger shapes",
        "Activation after convolution 2",
    ]
    heights = [text.get_position()[1] for text in texts_of(figure) if text.get_weight() == "bold"]
    assert heights == sorted(heights)


def test_the_strongest_maps_are_drawn_and_the_same_ones_through_a_block(tmp_path, texts_of, forty_digits):
    layers, strong = SMALL[3:], list(range(40, 72))
    maps = maps_of(layers)
    maps["re_lu_1"][..., strong] += 50
    figure = feature_maps_picture(forty_digits[0][0], layers, maps, tmp_path / "x.png")
    numbers = [text.get_text() for text in texts_of(figure) if text.get_text().isdecimal()]
    assert numbers == [str(one) for one in strong] * 2
    assert any("the 32 strongest drawn" in text.get_text() for text in texts_of(figure))


@pytest.mark.parametrize("value", [0.0, float("nan")])
def test_dead_and_broken_maps_are_drawn(tmp_path, assert_tidy, forty_digits, value):
    maps = {each.name: np.full(each.shape, value, np.float32) for each in SMALL}
    assert_tidy(feature_maps_picture(forty_digits[0][0], SMALL, maps, tmp_path / "x.png"))
