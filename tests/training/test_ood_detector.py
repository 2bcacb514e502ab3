from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from inklens.classifier import Classifier
from inklens.errors import OptionError, RunError
from inklens.evaluation import unknown_score
from inklens.export.run_export import export_run
from inklens.networks.backends import select_backend
from inklens.pixels import PixelSpec
from inklens.recipes import Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder
from inklens.training import combine, train
from inklens.training.examples.outliers import NO_CLASS, with_outliers
from inklens.training.finalize import DataParts
from inklens.training.ood_detector import of_network, trains_ood_detector
from inklens.training.train import _learnt

RECIPE = Recipe.from_preset(
    "accurate", network="convnet-small", epochs=4, ood_detector_epochs=2, cut_digits=0.0, tta="cross",
    augmentation="writing-light", backend="tensorflow", validation_seed=0,
)  # fmt: skip


select_backend("tensorflow")

from inklens.networks.ensemble import Ensemble  # noqa: E402


@pytest.fixture(scope="module")
def told():
    """Who was told of, in their order."""
    return []


@pytest.fixture(scope="module")
def has_ood_detector(digits, tmp_path_factory, told):
    def tell(now):
        told.extend([now.member] if told[-1:] != [now.member] else [])

    return train(
        digits, RECIPE, output=tmp_path_factory.mktemp("runs"), name="has_ood_detector", progress=tell
    )


def test_a_judge_is_for_grey_digits_and_for_who_names_one(digits):
    assert trains_ood_detector(RECIPE, digits)
    assert not trains_ood_detector(replace(RECIPE, ood_detector="none"), digits)
    assert not trains_ood_detector(RECIPE, replace(digits, kind="things"))
    assert not trains_ood_detector(RECIPE, replace(digits, spec=PixelSpec(28, 28, 3)))


def test_who_has_a_judge_is_shown_no_strangers_and_leaves_it_some_time(digits):
    alone = replace(RECIPE, ood_detector="none", outliers=0.0)
    assert of_network(RECIPE, digits) == alone
    assert of_network(alone, digits) == alone
    assert of_network(replace(RECIPE, time_budget=300.0), digits).time_budget == 240
    things = replace(digits, kind="things")
    assert of_network(replace(RECIPE, time_budget=300.0), things) == replace(alone, time_budget=300.0)


def test_in_less_than_a_minute_there_is_no_judge_and_still_no_stranger(digits):
    hurried = replace(RECIPE, time_budget=59.0)
    assert not trains_ood_detector(hurried, digits)
    assert of_network(hurried, digits) == replace(hurried, ood_detector="none", outliers=0.0)


def test_a_judge_without_strangers_is_refused():
    with pytest.raises(OptionError, match="a judge, 'convnet-small', and no strangers to tell from digits"):
        replace(RECIPE, outliers=0.0)


def test_it_knows_digits_from_what_is_none(has_ood_detector, digits, told):
    assert told == [None, "ood_detector"]
    outliers = with_outliers(digits.test, digits.class_names, digits.spec, 1.0, seed=99)
    shown = outliers.batch(slice(len(digits.test), len(outliers)))
    classifier = Classifier.open(has_ood_detector.path)
    own, others = classifier.predict_framed(digits.test.whole()), classifier.predict_framed(shown)
    labels = np.repeat([1, 0], [len(own), len(others)])
    assert roc_auc_score(labels, np.concatenate([own.score, others.score])) > 0.93
    assert (own.status == "ok").mean() > 0.97
    assert own.known.mean() > 0.95
    assert others.known.mean() < 0.7


def test_the_run_keeps_it_and_every_file_that_is_exported_holds_it(has_ood_detector, digits):
    folder = has_ood_detector.folder
    assert folder.ood_detector.is_file()
    assert [tuple(files) for files in folder.networks()] == [(folder.model, "cross", folder.ood_detector)]
    assert has_ood_detector.metrics["training"]["ood_detector_seconds"] > 0
    assert has_ood_detector.ensemble.ood_detectors[0].output_shape == (None, 2)
    assert Classifier.open(folder.path).metadata.has_ood_detector
    target, _ = export_run(folder, "onnx", output=folder.path / "again.onnx")
    pixels = digits.test.batch(slice(0, 9))
    expected = unknown_score(has_ood_detector.ensemble.logits(pixels))
    unjudged = unknown_score(Ensemble.of(has_ood_detector.network, "cross").logits(pixels))
    assert np.abs(expected - unjudged).min() > 0.01
    for path in (folder.onnx, target):
        assert Classifier.open(path).predict_framed(pixels).score == pytest.approx(expected, abs=1e-3)


def test_one_judge_will_do_for_a_committee(has_ood_detector, digits, tmp_path):
    other = train(
        digits,
        replace(RECIPE, ood_detector="none", outliers=0.0, epochs=1, seed=1),
        output=tmp_path,
        name="other",
    )
    assert not other.folder.ood_detector.exists()
    unjudged = Classifier.open(other.path)
    assert not unjudged.metadata.has_ood_detector
    assert unjudged.predict_framed(digits.test.batch(slice(0, 5))).known.tolist() == [1.0] * 5
    committee = combine([has_ood_detector.path, other.path], digits, output=tmp_path, name="both")
    assert len(committee.ensemble.ood_detectors) == 1
    assert Classifier.open(committee.path).metadata.has_ood_detector


def test_a_judge_that_is_gone_is_said(has_ood_detector, tmp_path):
    copy = RunFolder(tmp_path / "copy")
    copy.path.mkdir()
    for name in ("status.json", "recipe.json", "model.keras"):
        (copy.path / name).write_bytes((has_ood_detector.path / name).read_bytes())
    with pytest.raises(RunError, match=r"has no judge\.keras; train it again"):
        _ = Run.open(copy.path).ensemble


def test_whoever_has_no_judge_is_shown_strangers_of_digits_and_none_of_letters(digits):
    recipe = Recipe.from_preset("fast", outliers=0.1, stroke_variants=0.0)
    letters = replace(digits, class_names=tuple("abcdefghij"))
    for data, expected in ((digits, round(0.1 * 3667)), (letters, 0)):
        parts = DataParts.of(data, recipe, test=False)
        assert np.count_nonzero(_learnt(recipe, data, parts).labels == NO_CLASS) == expected
