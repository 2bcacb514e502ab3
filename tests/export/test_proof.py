import numpy as np
import onnxruntime
import pytest

from inklens.errors import ExportError
from inklens.evaluation import softmax, unknown_score
from inklens.export import ValidationOutputs, prove


@pytest.fixture(scope="module")
def outputs(trained) -> ValidationOutputs:
    return ValidationOutputs.read(trained.folder)


@pytest.fixture(scope="module")
def temperature(trained) -> float:
    return trained.metrics["confidence"]["temperature"]


def test_the_file_gives_the_networks_probabilities_and_scores(trained, outputs, temperature):
    session = onnxruntime.InferenceSession(trained.folder.onnx, providers=["CPUExecutionProvider"])
    probabilities, score = session.run(["probabilities", "score"], {"pixels": outputs.images})
    logits = outputs.logits[: len(outputs.images)]
    assert probabilities.dtype == score.dtype == np.float32
    assert probabilities == pytest.approx(softmax(logits, temperature), abs=1e-5)
    assert score == pytest.approx(unknown_score(logits), abs=1e-3)


def test_a_proof_says_how_far_apart_they_were(trained, outputs, temperature):
    logits = outputs.logits[: len(outputs.images)]
    proof = prove(trained.folder.onnx, "onnx", outputs.images, logits, temperature)
    assert 0 < proof.largest_difference < 1e-5


def test_a_few_images_are_asked_in_every_batch_size(trained, outputs, temperature):
    proof = prove(trained.folder.onnx, "onnx", outputs.images[:3], outputs.logits[:3], temperature)
    assert proof.images == 3


def test_another_temperature_is_noticed(trained, outputs, temperature):
    logits = outputs.logits[: len(outputs.images)]
    with pytest.raises(ExportError, match="0 labels differ on 144 images"):
        prove(trained.folder.onnx, "onnx", outputs.images, logits, temperature * 1.01)


def test_a_single_other_label_is_noticed(trained, outputs, temperature):
    logits = outputs.logits[: len(outputs.images)].copy()
    logits[-1] = np.roll(logits[-1], 1)
    with pytest.raises(ExportError, match="and 1 labels differ"):
        prove(trained.folder.onnx, "onnx", outputs.images, logits, temperature)


def test_logits_that_are_not_numbers_prove_nothing(trained, outputs, temperature):
    logits = outputs.logits[: len(outputs.images)].copy()
    logits[5] = np.nan
    with pytest.raises(ExportError):
        prove(trained.folder.onnx, "onnx", outputs.images, logits, temperature)


def test_logits_of_another_class_count_prove_nothing(trained, outputs, temperature):
    logits = outputs.logits[: len(outputs.images), :9]
    with pytest.raises(ExportError, match=r"an array of shape \(1, 10\) for 1 images; expected \(1, 9\)"):
        prove(trained.folder.onnx, "onnx", outputs.images, logits, temperature)


def test_scores_that_differ_are_noticed(trained, outputs, temperature):
    logits = outputs.logits[: len(outputs.images)] + 0.01  # no probability sees it
    with pytest.raises(ExportError, match="gives scores that differ by up to"):
        prove(trained.folder.onnx, "onnx", outputs.images, logits, temperature)
