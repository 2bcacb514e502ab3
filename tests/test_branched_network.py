"""A network with branches goes the whole way: trained, kept, loaded, folded, exported, proved, explained."""

import numpy as np
import onnx
import onnxruntime
import pytest

from branched_network import NAME, register
from inklens.datasets.dataset import Dataset
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.run import Run

select_backend("tensorflow")

import keras  # noqa: E402

from inklens.explanation import explain_run, map_layers  # noqa: E402
from inklens.export import export_run  # noqa: E402
from inklens.export.folding import folded  # noqa: E402
from inklens.networks.graph import logits_network  # noqa: E402
from inklens.training import train  # noqa: E402


@pytest.fixture(scope="module")
def run(digits, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        register(patch)
        few = digits.train.take(np.arange(1500))
        data = Dataset("few", digits.kind, digits.class_names, digits.spec, few, digits.test, None, "")
        recipe = Recipe(network=NAME, epochs=1, batch_size=50)
        yield train(data, recipe, output=tmp_path_factory.mktemp("runs"))


def test_it_learns_and_its_file_says_what_it_says(run, digits):
    assert run.metrics["test"]["accuracy"] > 0.15  # chance is 0.1; thirty steps are few
    again = Run(run.folder)
    images = digits.test.batch(slice(0, 20))
    assert any(isinstance(layer, keras.layers.Add) for layer in again.network.layers)
    session = onnxruntime.InferenceSession(run.folder.onnx, providers=["CPUExecutionProvider"])
    labels = session.run(["probabilities"], {"pixels": images})[0].argmax(axis=1)
    assert np.array_equal(labels, again.predict(images).indices)


def test_it_is_folded_to_convolutions_and_sums(run, digits):
    images = digits.test.batch(slice(0, 20))
    network = folded(run.network)
    given = np.asarray(network.predict_on_batch(images.astype(np.float32)))
    assert given == pytest.approx(np.asarray(logits_network(run.network).predict_on_batch(images)), abs=1e-4)
    kinds = {type(layer).__name__ for layer in network.layers}
    assert not {"BatchNormalization", "Dropout", "Rescaling"} & kinds
    operators = {node.op_type for node in onnx.load(run.folder.onnx).graph.node}
    assert {"Conv", "Add", "MaxPool"} <= operators


def test_it_is_exported_and_proved_in_another_format(run):
    path, proof = export_run(run.folder, "keras")
    assert path.exists()
    assert proof.images > 0


def test_it_is_explained(run, digits):
    image = digits.test.batch(slice(0, 1))[0]
    explained = explain_run(run.folder, image)
    assert explained.layers == map_layers(run.network)
    assert [layer.kind for layer in explained.layers].count("sum") == 2
    assert explained.activation_layer.name == explained.layers[-1].name
    assert explained.class_activation.max() == 1
    assert explained.occlusion.fall.shape == (28, 28)
    assert all(explained.maps[layer.name].shape == layer.shape for layer in explained.layers)
