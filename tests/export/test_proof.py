from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from inklens.errors import ExportError
from inklens.export import ValidationOutputs, prove
from inklens.export.validation_outputs import proof_rows
from inklens.networks.outputs import EnsembleOutputs


@pytest.fixture(scope="module")
def outputs(trained) -> ValidationOutputs:
    return ValidationOutputs.read(trained.folder)


@pytest.fixture(scope="module")
def temperature(trained) -> float:
    return trained.metrics["confidence"]["temperature"]


@pytest.fixture
def expected(outputs) -> EnsembleOutputs:
    """Of the images that the file is proved on; each test has its own to spoil."""
    rows = proof_rows(len(outputs.labels))
    return EnsembleOutputs(outputs.logits[rows], outputs.id_score[rows])


def test_the_file_gives_the_networks_probabilities_and_id_scores(trained, outputs, expected, temperature):
    session = onnxruntime.InferenceSession(trained.folder.onnx, providers=["CPUExecutionProvider"])
    probabilities, id_score = session.run(["probabilities", "id_score"], {"pixels": outputs.images})
    assert probabilities.dtype == id_score.dtype == np.float32
    assert probabilities == pytest.approx(expected.probabilities(temperature), abs=1e-5)
    assert id_score == pytest.approx(expected.id_score, abs=1e-3)


def test_a_proof_says_how_far_apart_they_were(trained, outputs, expected, temperature):
    proof = prove(trained.folder.onnx, "onnx", outputs.images, expected, temperature)
    assert 0 < proof.largest_difference < 1e-5


def test_a_few_images_are_asked_in_every_batch_size(trained, outputs, expected, temperature):
    few = EnsembleOutputs(expected.logits[:3], expected.id_score[:3])
    assert prove(trained.folder.onnx, "onnx", outputs.images[:3], few, temperature).images == 3


def test_another_temperature_is_noticed(trained, outputs, expected, temperature):
    with pytest.raises(ExportError, match="0 labels differ on 144 images"):
        prove(trained.folder.onnx, "onnx", outputs.images, expected, temperature * 1.01)


def test_a_single_other_label_is_noticed(trained, outputs, expected, temperature):
    expected.logits[-1] = np.roll(expected.logits[-1], 1)
    with pytest.raises(ExportError, match="and 1 labels differ"):
        prove(trained.folder.onnx, "onnx", outputs.images, expected, temperature)


@pytest.mark.parametrize("name", ["logits", "id_score"])
def test_outputs_that_are_not_numbers_prove_nothing(trained, outputs, expected, temperature, name):
    getattr(expected, name)[5] = np.nan
    with pytest.raises(ExportError):
        prove(trained.folder.onnx, "onnx", outputs.images, expected, temperature)


def test_logits_of_another_class_count_prove_nothing(trained, outputs, expected, temperature):
    nine = replace(expected, logits=expected.logits[:, :9])
    with pytest.raises(ExportError, match=r"an array of shape \(1, 10\) for 1 images; expected \(1, 9\)"):
        prove(trained.folder.onnx, "onnx", outputs.images, nine, temperature)


def test_id_scores_that_differ_are_noticed(trained, outputs, expected, temperature):
    other = replace(expected, id_score=expected.id_score + np.float32(0.01))
    with pytest.raises(ExportError, match="gives in-distribution scores that differ by up to"):
        prove(trained.folder.onnx, "onnx", outputs.images, other, temperature)


def test_the_proof_looks_at_all_classes_of_data_that_are_sorted(outputs):
    rows = proof_rows(len(outputs.logits))
    assert len(rows) == len(outputs.images) == len(np.unique(rows)) == 144
    assert (rows[0], rows[-1]) == (0, len(outputs.logits) - 1)
    assert proof_rows(7).tolist() == list(range(7))
    assert set(np.sort(outputs.labels)[rows]) == set(outputs.labels)


def test_a_file_that_would_be_refused_is_no_proof(trained, outputs, expected, temperature, tmp_path):
    model = onnx.load(trained.folder.onnx)
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "bare.onnx")
    with pytest.raises(ExportError, match=r"the onnx file would be of no use: .* it was not kept"):
        prove(tmp_path / "bare.onnx", "onnx", outputs.images, expected, temperature)
