import numpy as np
import pytest

from inklens.classifier.inner_outputs import InnerOutputs
from inklens.errors import DataError, ModelError
from inklens.explanation import feature_maps
from inklens.explanation.receptive_fields import map_layers
from inklens.run import Run


def test_the_maps_are_those_of_keras_and_the_last_numbers_its_logits(shared_runs, sample):
    run = Run.open(shared_runs / "runs/one")
    image = sample.test.batch([3])[0]
    inner = {output.name: output for output in InnerOutputs.open(run.folder.onnx).of(image)}
    # Batch normalisation is folded into convolutions in the file, so what follows it is compared.
    maps = feature_maps(run.network, image)
    kinds = [output.operator for output in inner.values()]
    activations = [output.values for output in inner.values() if output.operator == "Relu"]
    expected = [value for name, value in maps.items() if name.startswith("re_lu")]
    assert kinds[:3] == ["Conv", "Relu", "MaxPool"]
    assert len(activations) == len(expected) == 3
    for ours, theirs in zip(activations, expected, strict=True):
        pooled = ours if ours.shape == theirs.shape else _pooled(ours)
        np.testing.assert_allclose(pooled, theirs, atol=1e-4)


def _pooled(maps):
    height, width, channels = maps.shape
    return maps.reshape(height // 2, 2, width // 2, 2, channels).max(axis=(1, 3))


def test_an_image_of_another_shape_and_a_file_that_is_none_are_refused(shared_runs, tmp_path):
    inner = InnerOutputs.open(shared_runs / "runs/one/model.onnx")
    with pytest.raises(
        DataError, match=r"an image of float64 \(28, 28\); expected uint8 \(28, 28, 1\): frame it"
    ):
        inner.of(np.zeros((28, 28)))
    with pytest.raises(ModelError, match=r"is not there; expected a model\.onnx"):
        InnerOutputs.open(tmp_path / "model.onnx")


def test_receptive_fields_are_those_of_keras(shared_runs, sample):
    run = Run.open(shared_runs / "runs/one")
    inner = InnerOutputs.open(run.folder.onnx).of(sample.test.batch([3])[0])
    ours = [(each.kernel, each.rows, each.columns) for each in inner if each.kind == "convolution"]
    layers = [each for each in map_layers(run.network) if each.kind == "convolution"]
    assert ours == [(each.kernel, each.rows, each.columns) for each in layers]
    assert inner[-1].kind == "dense"
    assert inner[-1].rows is None
