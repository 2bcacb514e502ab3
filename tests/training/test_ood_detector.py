from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from inklens.classifier import Classifier
from inklens.errors import OptionError, RunError
from inklens.export.run_export import export_run
from inklens.networks.backends import select_backend
from inklens.pixels import PixelSpec
from inklens.recipes import Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder
from inklens.training import combine, train
from inklens.training.examples import with_examples
from inklens.training.examples.digit_outliers import NO_CLASS
from inklens.training.ood_detector import classifier_recipe
from inklens.training.prepare import concrete_recipe

RECIPE = Recipe.from_preset(
    "accurate", network="convnet-small", epochs=4, ood_detector_epochs=2, cut_digits=0.0, tta="cross",
    augmentation="writing-light", backend="tensorflow", validation_seed=0, precision="float32",
)  # fmt: skip


select_backend("tensorflow")

from inklens.networks.ensemble import Ensemble  # noqa: E402


@pytest.fixture(scope="module")
def told():
    """Who was told of, in their order."""
    return {}


@pytest.fixture(scope="module")
def detecting(sample, tmp_path_factory, told):
    """A run with a detector, on the images that `shared_runs` were trained on too."""
    folder = tmp_path_factory.mktemp("runs")
    return train(
        sample, RECIPE, output=folder, report=False, progress=lambda now: told.setdefault(now.member)
    )


def test_a_detector_is_for_grey_digits(digits):
    assert concrete_recipe(RECIPE, digits) == replace(RECIPE.for_kind("writing"), flip="off")
    letters = replace(digits, class_names=tuple("abcdefghij"))
    for other in (letters, replace(digits, spec=PixelSpec(28, 28, 3))):
        concrete = concrete_recipe(RECIPE, other)
        assert (concrete.ood_detector, concrete.outliers) == ("none", 0.0)
    things = concrete_recipe(RECIPE, replace(digits, kind="things"))
    assert (things.ood_detector, things.outliers) == ("none", 0.08), "the network itself learns from them"


def test_the_network_beside_a_detector_is_shown_no_outliers_and_leaves_it_some_time():
    alone = replace(RECIPE, ood_detector="none", outliers=0.0)
    assert classifier_recipe(RECIPE) == alone
    assert classifier_recipe(alone) == alone
    assert classifier_recipe(replace(RECIPE, time_budget=300.0)).time_budget == 240


def test_it_learns_from_digits_as_they_are_for_so_it_is_asked(sample, monkeypatch):
    from inklens.training import ood_detector
    from inklens.training.loop import fit as fitting

    learnt = []
    monkeypatch.setattr(fitting, "fit", lambda network, recipe, *images, **options: learnt.append(recipe))
    recipe = replace(RECIPE, digit_normalisation="stretch", distillation=0.5)
    few = sample.train.take(np.arange(20))
    ood_detector.train_ood_detector(sample, recipe, few, few, "float32", None, None)
    assert [(one.network, one.digit_normalisation, one.distillation) for one in learnt] == [
        (RECIPE.ood_detector, "none", 0.0)
    ]


def test_in_less_than_a_minute_there_is_no_detector_and_still_no_outlier(digits):
    hurried = concrete_recipe(replace(RECIPE, time_budget=59.0), digits)
    assert (hurried.ood_detector, hurried.outliers) == ("none", 0.0)


def test_a_detector_without_outliers_is_refused():
    with pytest.raises(OptionError, match="the OOD detector 'convnet-small' has no outliers to learn from"):
        replace(RECIPE, outliers=0.0)


def test_it_distinguishes_digits_from_what_is_none(detecting, sample, told):
    assert list(told) == [None, "OOD detector"]
    both = with_examples(sample.test, sample, Recipe(outliers=1.0, seed=99), ["outliers"])
    classifier = Classifier.open(detecting.path)
    own, others = map(classifier.predict_framed, np.split(both.whole(), 2))
    labels = np.repeat([1, 0], [len(own), len(others)])
    assert roc_auc_score(labels, np.concatenate([own.id_score, others.id_score])) > 0.93
    assert (own.status == "ok").mean() > 0.97
    assert own.id_probability.mean() > 0.95
    assert others.id_probability.mean() < 0.8


def test_the_run_keeps_it_and_every_file_that_is_exported_holds_it(detecting, sample):
    folder = detecting.folder
    assert folder.ood_detector.is_file()
    assert folder.networks() == [(folder.model, "cross", folder.ood_detector, "none")]
    assert detecting.metrics["training"]["ood_detector_seconds"] > 0
    assert detecting.ensemble.ood_detectors[0].output_shape == (None, 2)
    assert Classifier.open(folder.path).metadata.ood_detector
    target, _ = export_run(folder, "onnx", output=folder.path / "again.onnx")
    pixels = sample.test.batch(slice(0, 9))
    expected = detecting.ensemble.predict(pixels).id_score
    undetected = Ensemble.of(detecting.network, "cross").predict(pixels).id_score
    assert np.abs(expected - undetected).min() > 0.01
    for path in (folder.onnx, target):
        assert Classifier.open(path).predict_framed(pixels).id_score == pytest.approx(expected, abs=1e-3)


def test_one_detector_serves_a_committee(detecting, shared_runs, sample, tmp_path):
    other = Run.open(shared_runs / "runs/one")
    assert not other.folder.ood_detector.exists()
    undetected = Classifier.open(other.path)
    assert not undetected.metadata.ood_detector
    assert undetected.predict_framed(sample.test.batch(slice(0, 5))).id_probability.tolist() == [1.0] * 5
    committee = combine([detecting.path, other.path], sample, output=tmp_path, name="both")
    assert len(committee.ensemble.ood_detectors) == 1
    assert Classifier.open(committee.path).metadata.ood_detector


def test_a_detector_that_is_gone_is_said(detecting, tmp_path):
    copy = RunFolder(tmp_path / "copy")
    copy.path.mkdir()
    for name in ("status.json", "recipe.json", "model.keras"):
        (copy.path / name).write_bytes((detecting.path / name).read_bytes())
    with pytest.raises(RunError, match=r"has no ood_detector\.keras; train it again"):
        _ = Run.open(copy.path).ensemble


def test_a_network_without_a_detector_is_shown_outliers_of_digits_and_none_of_letters(digits):
    recipe = Recipe.from_preset("fast", outliers=0.1, stroke_variants=0.0)
    letters = replace(digits, class_names=tuple("abcdefghij"))
    for data, expected in ((digits, round(0.1 * len(digits.train))), (letters, 0)):
        images = with_examples(data.train, data, concrete_recipe(recipe, data))
        assert np.count_nonzero(images.labels == NO_CLASS) == expected
