import numpy as np
import pytest

from inklens.networks import NETWORKS, build
from inklens.networks.backends import select_backend

select_backend("tensorflow")

import keras  # noqa: E402

from branched_network import NAME, register  # noqa: E402
from inklens.networks.architectures import BODIES  # noqa: E402
from inklens.networks.graph import channels_last, logits_network, multiply_adds, run, steps  # noqa: E402

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 12, 10, 3), np.uint8)


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    register(monkeypatch)


@pytest.fixture(params=["conv5x5", NAME])
def network(request) -> keras.Model:
    return build(request.param, (12, 10, 3), 4)


def test_every_name_has_a_network():
    assert set(NETWORKS) == set(BODIES)


def test_every_layer_comes_after_those_that_it_reads(network):
    walked = steps(network)
    made = [id(step.output) for step in walked]
    for index, step in enumerate(walked):
        assert {id(tensor) for tensor in step.inputs} & set(made) <= set(made[:index])
    assert [step.layer.name for step in walked[-2:]] == ["logits", "probabilities"]
    assert len(walked) == len(network.layers) - 1


def test_a_sequential_model_is_walked_as_the_functional_one_of_the_same_layers():
    network = build("conv5x5", (12, 10, 3), 4)
    row = keras.Sequential([keras.Input((12, 10, 3), dtype="uint8"), *network.layers[1:]])
    assert [step.layer for step in steps(row)] == [step.layer for step in steps(network)]
    assert multiply_adds(row) == multiply_adds(network)


def test_running_the_steps_gives_what_the_network_gives(network):
    *_, (_, probabilities) = run(steps(network), keras.ops.convert_to_tensor(PIXELS))
    assert np.asarray(probabilities) == pytest.approx(np.asarray(network(PIXELS)), abs=1e-6)


def test_the_logits_network_shares_its_weights_and_lacks_only_the_softmax(network):
    shared = logits_network(network)
    assert [id(weight) for weight in shared.weights] == [id(weight) for weight in network.weights]
    logits = np.asarray(shared(PIXELS))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.asarray(network(PIXELS)) == pytest.approx(shares, abs=1e-6)


def test_a_layer_goes_in_front_of_the_logits_network(network):
    inverted = logits_network(network, [keras.layers.Rescaling(-1, offset=255)])
    plain = logits_network(network)
    assert np.asarray(inverted(PIXELS)) == pytest.approx(np.asarray(plain(255 - PIXELS)), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("conv5x5", 24 * 24 * 25 * 32 + 12 * 12 * 32 * 128 + 128 * 10),
        ("convnet-small", 24 * 24 * 25 * 32 + 10 * 10 * 9 * 32 * 48 + 3 * 3 * 9 * 48 * 64 + 576 * 10),
        (NAME, 28 * 28 * 9 * (8 + 2 * 8 * 8) + 14 * 14 * (9 * (8 * 12 + 12 * 12) + 8 * 12) + 12 * 10),
    ],
)
@pytest.mark.parametrize("order", ["channels_last", "channels_first"])
def test_multiply_adds_agree_with_a_hand_count(name, by_hand, order):
    assert multiply_adds(build(name, (28, 28, 1), 10, data_format=order)) == by_hand


def test_a_channels_first_network_becomes_one_of_channels_last_with_the_same_answers():
    last = build(NAME, (12, 10, 3), 4)
    first = build(NAME, (12, 10, 3), 4, data_format="channels_first", seed=1)
    first.set_weights(last.get_weights())
    assert channels_last(first).input_shape == (None, 12, 10, 3)
    assert np.array_equal(channels_last(first).predict_on_batch(PIXELS), last.predict_on_batch(PIXELS))
    assert channels_last(last) is last
