"""TTA and votes inside the model file, proved against the Keras networks, and accepted by the classifier."""

from dataclasses import replace

import numpy as np
import pytest

from inklens.classifier import Classifier, ModelMetadata
from inklens.errors import ExportError, OptionError
from inklens.export import FORMATS, onnx_format
from inklens.export.proof import prove
from inklens.export.run_export import write_proved
from inklens.networks import build
from inklens.networks.ensemble import Ensemble, Member
from inklens.networks.tta import TTA
from inklens.pixels import PixelSpec

TEMPERATURE = 1.7
METADATA = ModelMetadata(tuple("abcd"), "things", PixelSpec(12, 10, 3), "0.1.0", temperature=TEMPERATURE)
IMAGES = np.random.default_rng(0).integers(0, 256, (150, 12, 10, 3)).astype(np.uint8)


def network(name: str, seed: int = 0):
    return build(name, (12, 10, 3), 4, seed=seed)


@pytest.mark.parametrize("tta", [name for name in TTA if name != "none"])
def test_every_tta_is_in_the_model_file(tmp_path, tta):
    ensemble = Ensemble.of(network("convnet-small"), tta)
    assert write_proved(ensemble, METADATA, IMAGES, "onnx", tmp_path / "model.onnx").images == len(IMAGES)
    said = Classifier.open(tmp_path / "model.onnx").predict_framed(IMAGES)
    outputs = ensemble.predict(IMAGES)
    assert said.probabilities == pytest.approx(outputs.probabilities(TEMPERATURE), abs=1e-5)
    assert said.id_score == pytest.approx(outputs.id_score, abs=1e-3)
    alone = Ensemble.of(ensemble.network).predict(IMAGES)
    assert np.abs(alone.probabilities(TEMPERATURE) - said.probabilities).max() > 1e-3


@pytest.fixture(scope="module")
def committee():
    """Members that differ in network, seed and TTA."""
    networks = network("convnet-small"), network("conv5x5", 1), network("conv5x5", 2)
    return Ensemble(tuple(map(Member, networks, ("cross", "none", "mirror"))))


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "keras"])
def test_a_committee_is_one_file_in_each_format_but_keras(tmp_path, committee, name):
    proof = write_proved(committee, METADATA, IMAGES, name, tmp_path / FORMATS[name].file)
    assert proof.largest_difference <= 1e-5


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "keras"])
def test_the_ood_detectors_are_in_the_id_score_of_each_format_but_keras(tmp_path, committee, name):
    detectors = [build("convnet-small", (12, 10, 3), 2, seed=seed) for seed in (7, 8)]
    beside = (detectors[0], None, detectors[1])
    members = [
        replace(member, ood_detector=own) for member, own in zip(committee.members, beside, strict=True)
    ]
    detecting, alone = replace(committee, members=tuple(members)), committee.predict(IMAGES)
    assert np.ptp(detecting.predict(IMAGES).id_score - alone.id_score) > 0.01
    file = tmp_path / FORMATS[name].file
    write_proved(detecting, METADATA, IMAGES, name, file)  # compares the id_scores too
    with pytest.raises(ExportError, match="in-distribution scores that differ"):
        prove(file, name, IMAGES, alone, METADATA.temperature)


def test_a_keras_file_holds_one_network_without_tta_and_others_are_refused(tmp_path, committee):
    for ensemble in (committee, Ensemble.of(network("conv5x5"), "cross")):
        with pytest.raises(OptionError, match="holds one network without test-time augmentation"):
            write_proved(ensemble, METADATA, IMAGES, "keras", tmp_path / "calibrated.keras")
    assert not list(tmp_path.iterdir())


def test_a_file_whose_members_vote_otherwise_is_not_kept(tmp_path, committee, spoil):
    spoil(onnx_format, lambda ensemble, metadata: (Ensemble(ensemble.members[:-1]), metadata))
    with pytest.raises(ExportError, match="the onnx file"):
        write_proved(committee, METADATA, IMAGES, "onnx", tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_file_that_leaves_tta_out_is_not_kept(tmp_path, spoil):
    spoil(onnx_format, lambda ensemble, metadata: (Ensemble.of(ensemble.network), metadata))
    with pytest.raises(ExportError):
        write_proved(Ensemble.of(network("conv5x5"), "cross"), METADATA, IMAGES, "onnx", tmp_path / "x.onnx")
