import numpy as np
import pytest

from branched_network import NAME, register
from inklens.explanation import activation_layer, feature_maps, map_layers
from inklens.explanation.receptive_fields import MapLayer, ReceptiveField
from inklens.networks import NETWORKS, build


def test_the_layers_of_convnet_small_see_what_a_hand_count_gives():
    layers = map_layers(build("convnet-small", (28, 28, 1), 10))
    assert [layer.kind for layer in layers] == [
        *("convolution", "pooling", "activation") * 2,
        "convolution",
        "activation",
    ]
    assert [layer.rows.field for layer in layers] == [5, 6, 6, 10, 12, 12, 20, 20]
    assert [layer.rows.first for layer in layers] == [2, 2.5, 2.5, 4.5, 5.5, 5.5, 9.5, 9.5]
    assert [layer.columns.jump for layer in layers] == [1, 2, 2, 2, 4, 4, 4, 4]
    assert [layer.shape for layer in layers][-1] == (3, 3, 64)


@pytest.mark.parametrize("name", [*NETWORKS, NAME])
def test_a_point_changes_with_the_pixels_that_it_sees_and_with_no_others(name, monkeypatch):
    register(monkeypatch)
    network = build(name, (28, 28, 1), 10)
    image = np.random.default_rng(1).integers(100, 156, (28, 28, 1), np.uint8)
    before = feature_maps(network, image)
    for layer in map_layers(network):
        if layer.kind not in ("convolution", "sum"):
            continue  # a pooling or an activation may let no change through
        row, column = layer.shape[0] // 2, layer.shape[1] // 2
        half = (layer.rows.field - 1) / 2
        middle = layer.rows.first + row * layer.rows.jump, layer.columns.first + column * layer.columns.jump
        rows, columns = (np.s_[max(0, int(place - half)) : int(place + half) + 1] for place in middle)
        inside, outside = image.copy(), 255 - image
        inside[rows, columns] = 255 - image[rows, columns]
        outside[rows, columns] = image[rows, columns]
        point = before[layer.name][row, column]
        assert not np.array_equal(feature_maps(network, inside)[layer.name][row, column], point)
        assert feature_maps(network, outside)[layer.name][row, column] == pytest.approx(point, abs=1e-5)


def test_the_class_activation_comes_from_the_last_layer_with_more_than_a_point():
    assert activation_layer(map_layers(build("convnet-small", (28, 28, 1), 10))).shape == (3, 3, 64)
    tiny = map_layers(build("convnet-small", (8, 8, 1), 10))
    assert tiny[-1].shape == (1, 1, 64)
    assert activation_layer(tiny).shape == (2, 2, 48)
    with pytest.raises(ValueError, match="none of 1 layers has a map"):
        activation_layer(tiny[-1:])


def test_a_map_lies_over_the_middles_of_what_its_points_see():
    sight = ReceptiveField(field=6, first=2.5, jump=4)
    layer = MapLayer("pool", "pooling", (2, 2, 1), (2, 2), sight, sight)
    over = layer.over_image(np.array([[0.0, 1.0], [0.0, 1.0]]), 10, 10)
    assert over.dtype == np.float32
    # points are at 2.5 and 6.5: linear between them, and fading within 3 pixels beyond
    assert over[4] == pytest.approx([0, 0, 0, 0.125, 0.375, 0.625, 0.875, 1 - 1 / 6, 0.5, 1 - 5 / 6])


def test_a_sum_sees_what_the_branch_of_the_larger_field_sees(monkeypatch):
    register(monkeypatch)
    layers = map_layers(build(NAME, (28, 28, 1), 10))
    sums = [layer for layer in layers if layer.kind == "sum"]
    assert [(layer.rows.field, layer.rows.first, layer.rows.jump) for layer in sums] == [
        (7, 0, 1),
        (16, 0.5, 2),
    ]
