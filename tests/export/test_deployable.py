"""Views and votes inside the model file, proved against the Keras networks, and let through by the guard."""

from dataclasses import replace

import numpy as np
import pytest

from inklens.classifier import Classifier, ModelMetadata
from inklens.errors import ExportError, OptionError
from inklens.evaluation import softmax, unknown_score
from inklens.export import FORMATS
from inklens.export.proof import prove
from inklens.export.run_export import write_proved
from inklens.export.writers import WRITERS
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
def test_every_set_of_views_is_in_the_model_file(tmp_path, tta):
    ensemble = Ensemble.of(network("convnet-small"), tta)
    assert write_proved(ensemble, METADATA, IMAGES, "onnx", tmp_path / "model.onnx").images == len(IMAGES)
    said = Classifier.open(tmp_path / "model.onnx").predict_framed(IMAGES)
    logits = ensemble.logits(IMAGES)
    assert said.probabilities == pytest.approx(softmax(logits, TEMPERATURE), abs=1e-5)
    assert said.score == pytest.approx(unknown_score(logits), abs=1e-3)
    alone = Ensemble.of(ensemble.network).logits(IMAGES)
    assert np.abs(softmax(alone, TEMPERATURE) - said.probabilities).max() > 1e-3


@pytest.fixture(scope="module")
def committee():
    """Members that differ in network, seed and views."""
    networks = network("convnet-small"), network("conv5x5", 1), network("conv5x5", 2)
    return Ensemble(tuple(map(Member, networks, ("cross", "none", "mirror"))))


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "keras"])
def test_a_committee_is_one_file_in_each_format_but_keras(tmp_path, committee, name):
    proof = write_proved(committee, METADATA, IMAGES, name, tmp_path / FORMATS[name].file)
    assert proof.largest_difference <= 1e-5


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "keras"])
def test_the_judges_verdict_is_in_the_score_of_each_format_but_keras(tmp_path, committee, name):
    ood_detectors = [build("convnet-small", (12, 10, 3), 2, seed=seed) for seed in (7, 8)]
    members = tuple(
        replace(member, ood_detector=ood_detector)
        for member, ood_detector in zip(
            committee.members, (ood_detectors[0], None, ood_detectors[1]), strict=True
        )
    )
    has_ood_detector = replace(committee, members=members)
    assert (
        np.ptp(unknown_score(has_ood_detector.logits(IMAGES)) - unknown_score(committee.logits(IMAGES)))
        > 0.01
    )
    write_proved(
        has_ood_detector, METADATA, IMAGES, name, tmp_path / FORMATS[name].file
    )  # compares the scores too
    with pytest.raises(ExportError, match="scores that differ"):
        prove(tmp_path / FORMATS[name].file, name, IMAGES, committee.logits(IMAGES), METADATA.temperature)


def test_a_keras_file_holds_one_network_without_views_and_others_are_refused(tmp_path, committee):
    for ensemble in (committee, Ensemble.of(network("conv5x5"), "cross")):
        with pytest.raises(OptionError, match="holds one network that looks at the image alone"):
            write_proved(ensemble, METADATA, IMAGES, "keras", tmp_path / "calibrated.keras")
    assert not list(tmp_path.iterdir())


def test_a_file_whose_members_vote_otherwise_is_not_kept(tmp_path, committee, monkeypatch):
    write = WRITERS["onnx"]

    def without_the_last(ensemble, metadata, path):
        write(replace(ensemble, members=ensemble.members[:-1]), metadata, path)

    monkeypatch.setitem(WRITERS, "onnx", without_the_last)
    with pytest.raises(ExportError, match="the onnx file"):
        write_proved(committee, METADATA, IMAGES, "onnx", tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_file_that_leaves_a_view_out_is_not_kept(tmp_path, monkeypatch):
    ensemble = Ensemble.of(network("conv5x5"), "cross")
    write = WRITERS["onnx"]

    def plain(ensemble, metadata, path):
        write(Ensemble.of(ensemble.network), metadata, path)

    monkeypatch.setitem(WRITERS, "onnx", plain)
    with pytest.raises(ExportError):
        write_proved(ensemble, METADATA, IMAGES, "onnx", tmp_path / "model.onnx")
