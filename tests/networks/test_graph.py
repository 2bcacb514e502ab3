import keras
import numpy as np
import pytest

from branched_network import NAME, register
from inklens.networks import NETWORKS, build
from inklens.networks.architectures import BODIES
from inklens.networks.graph import logits_network, multiply_adds, run, steps

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
def test_multiply_adds_agree_with_a_hand_count(name, by_hand):
    assert multiply_adds(build(name, (28, 28, 1), 10)) == by_hand
