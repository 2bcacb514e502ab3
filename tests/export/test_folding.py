import keras
import numpy as np
import onnx
import pytest

from branched_network import NAME, register
from inklens.classifier import ModelMetadata
from inklens.export import FORMATS
from inklens.export.folding import folded
from inklens.export.run_export import write_proved
from inklens.networks import ACTIVATIONS, NETWORKS, build
from inklens.networks.ensemble import Ensemble
from inklens.networks.graph import logits_network
from inklens.pixels import PixelSpec


def shaken(network: keras.Model, seed: int = 0, smallest_gamma: float = -2.0) -> keras.Model:
    """The network with biases, statistics and gammas of both signs, as no training leaves them."""
    random = np.random.default_rng(seed)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            channels = layer.gamma.shape[0]
            gamma = random.uniform(smallest_gamma, 2, channels)
            layer.set_weights(
                [
                    gamma,
                    random.normal(size=channels),
                    random.normal(size=channels),
                    random.uniform(0.1, 4, channels),
                ]
            )
        elif layer.weights:
            kernel, *bias = layer.get_weights()
            layer.set_weights([kernel, *(random.normal(size=values.shape) for values in bias)])
    return network


def pixels(shape: tuple[int, int, int], count: int = 20) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, *shape), np.uint8)


def same(network: keras.Model, images: np.ndarray) -> None:
    """Called, not predicted with: Keras would compile each of the networks."""
    expected = np.asarray(logits_network(network)(images))
    given = np.asarray(folded(network)(images.astype(np.float32)))
    assert given == pytest.approx(expected, abs=2e-5 * max(1, float(np.abs(expected).max())))


def kinds(network: keras.Model) -> list[str]:
    """Of the layers after the input."""
    return [type(layer).__name__ for layer in network.layers[1:]]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (20, 13, 3)])
def test_every_network_says_the_same_when_folded(name, activation, shape):
    same(shaken(build(name, shape, 7, activation=activation, dropout=0.3)), pixels(shape))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("smallest_gamma", [0.1, 0.0])
def test_normalisation_and_rescaling_are_gone_where_no_gamma_is_negative(name, smallest_gamma):
    network = shaken(build(name, (28, 28, 1), 10), smallest_gamma=smallest_gamma)
    normalisation = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in normalisation:
        layer.gamma.assign(np.where(np.arange(layer.gamma.shape[0]) == 0, smallest_gamma, layer.gamma))
    assert not {"Rescaling", "BatchNormalization", "Dropout"} & set(kinds(folded(network)))
    same(network, pixels((28, 28, 1)))


def test_one_negative_gamma_keeps_the_normalisation_after_that_pool_only():
    network = shaken(build("convnet-small", (28, 28, 1), 10), smallest_gamma=0.1)
    first, _, last = (layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization))
    for layer in (first, last):
        layer.gamma.assign(-np.asarray(layer.gamma))
    assert kinds(folded(network)).count("BatchNormalization") == 1
    same(network, pixels((28, 28, 1)))


def test_an_activation_comes_before_the_pool_and_channels_are_filled_up_to_16():
    layers = [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(24, 5),
        keras.layers.MaxPooling2D(),
        keras.layers.ReLU(),
        keras.layers.Conv2D(48, 3),
        keras.layers.Flatten(),
        keras.layers.Dense(4, name="logits"),
        keras.layers.Softmax(),
    ]
    network = folded(keras.Sequential([keras.Input((28, 28, 1), dtype="uint8"), *layers]))
    assert kinds(network)[:3] == ["Conv2D", "ReLU", "MaxPooling2D"]
    filters = [layer.filters for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert filters == [32, 48]
    first = network.layers[1].get_weights()
    assert first[0][..., :24].any()
    assert not first[0][..., 24:].any() and not first[1][24:].any()


def test_channels_that_are_flattened_are_filled_up_too():
    layers = [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(5, 3),
        keras.layers.Flatten(),
        keras.layers.Dense(4, name="logits"),
        keras.layers.Softmax(),
    ]
    same(keras.Sequential([keras.Input((9, 7, 3), dtype="uint8"), *layers]), pixels((9, 7, 3)))


@pytest.mark.parametrize(
    "middle",
    [
        [keras.layers.Rescaling(2, offset=1), keras.layers.Conv2D(5, 3, padding="same")],
        [keras.layers.Conv2D(6, 3, activation="sigmoid"), keras.layers.BatchNormalization()],
        [keras.layers.Conv2D(6, 3), keras.layers.MaxPooling2D(), keras.layers.ReLU(threshold=0.5)],
        [keras.layers.Conv2D(6, 3), keras.layers.Conv2D(6, 3, groups=2)],
        [keras.layers.Conv2D(6, 3), keras.layers.BatchNormalization(scale=False)],
        [keras.layers.MaxPooling2D(), keras.layers.BatchNormalization(), keras.layers.ReLU()],
    ],
)
def test_what_cannot_be_folded_stays(middle):
    ends = [keras.layers.Flatten(), keras.layers.Dense(4, name="logits"), keras.layers.Softmax()]
    first = keras.layers.Rescaling(1 / 255)
    same(keras.Sequential([keras.Input((9, 9, 2), dtype="uint8"), first, *middle, *ends]), pixels((9, 9, 2)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_network_with_branches_says_the_same_with_its_channels_filled_up(monkeypatch, activation):
    register(monkeypatch)
    network = shaken(build(NAME, (12, 10, 3), 4, activation=activation, dropout=0.3))
    same(network, pixels((12, 10, 3)))
    assert not {"Rescaling", "BatchNormalization", "Dropout"} & set(kinds(folded(network)))
    filters = {layer.filters for layer in folded(network).layers if isinstance(layer, keras.layers.Conv2D)}
    assert filters == {16}


def _read_before_its_normalisation(x):
    x = keras.layers.Conv2D(6, 3)(x)
    return keras.layers.Add()([x, keras.layers.BatchNormalization()(x)])


def _pool_read_before_its_activation(x):
    x = keras.layers.MaxPooling2D()(keras.layers.Conv2D(6, 3)(x))
    return keras.layers.Add()([x, keras.layers.ReLU()(keras.layers.BatchNormalization()(x))])


def _sum_with_what_is_not_filled_up(x):
    return keras.layers.Add()([x, keras.layers.Conv2D(2, 3, padding="same")(x)])


def _rescaled_read_twice(x):
    x = keras.layers.Rescaling(2.0)(x)
    return keras.layers.Add()([keras.layers.Conv2D(5, 3)(x), keras.layers.Conv2D(5, 3)(x)])


def _twice_the_same(x):
    x = keras.layers.Conv2D(6, 3)(x)
    return keras.layers.Add()([x, x])


@pytest.mark.parametrize(
    "body",
    [
        _read_before_its_normalisation,
        _pool_read_before_its_activation,
        _sum_with_what_is_not_filled_up,
        _rescaled_read_twice,
        _twice_the_same,
    ],
)
def test_nothing_is_folded_across_the_beginning_or_the_end_of_a_branch(body):
    image = keras.Input((9, 9, 2), dtype="uint8")
    features = keras.layers.Flatten()(body(keras.layers.Rescaling(1 / 255)(image)))
    logits = keras.layers.Dense(4, name="logits")(features)
    same(shaken(keras.Model(image, keras.layers.Softmax()(logits))), pixels((9, 9, 2)))


def test_the_network_itself_stays_as_it_is():
    network = shaken(build("convnet-deep", (16, 16, 1), 10))
    before = network.to_json(), [weight.copy() for weight in network.get_weights()]
    folded(network)
    assert network.to_json() == before[0]
    assert all(np.array_equal(*pair) for pair in zip(before[1], network.get_weights(), strict=True))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_a_network_with_negative_gammas_is_proved(tmp_path, name, activation):
    network = shaken(build("convnet-deep", (16, 16, 3), 5, activation=activation))
    metadata = ModelMetadata(tuple("abcde"), "things", PixelSpec(16, 16, 3), "0.1.0", temperature=1.7)
    proof = write_proved(
        Ensemble.of(network), metadata, pixels((16, 16, 3), 80), name, tmp_path / FORMATS[name].file
    )
    assert proof.images == 80


def test_the_exported_graph_has_convolutions_and_nothing_between_them_but_activation_and_pool(trained):
    operators = [node.op_type for node in onnx.load(trained.folder.onnx).graph.node]
    start, end = operators.index("Conv"), len(operators) - operators[::-1].index("Conv")
    assert operators[start:end] == ["Conv", "Relu", "MaxPool", "Conv", "Relu", "MaxPool", "Conv"]
