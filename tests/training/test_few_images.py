"""Few or uneven images: shown more often, from another network on, and tested by cross-validation."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from inklens.datasets import Dataset, Split
from inklens.datasets.few_images import few_images
from inklens.errors import OptionError, RunError
from inklens.recipes import Recipe
from inklens.training import cross_validation, prepare, train
from inklens.training.cross_validation import cross_validate
from inklens.training.examples.balance import balanced


def of_sizes(*sizes: int) -> Split:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return Split(np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1), labels)


def test_every_class_is_shown_as_often_as_the_largest():
    whole = of_sizes(10, 3, 0, 7)
    shown = balanced(whole, 0)
    assert np.bincount(shown.labels, minlength=4).tolist() == [10, 10, 0, 10]
    assert set(shown.whole().ravel().tolist()) == set(range(20)), "no image is left out"
    times = np.bincount(shown.whole().ravel()[shown.labels == 1])[10:13]
    assert sorted(times.tolist()) == [3, 3, 4]
    assert balanced(whole, 0).digest == shown.digest


def test_no_image_is_shown_more_than_twenty_times():
    assert np.bincount(balanced(of_sizes(100, 1), 0).labels).tolist() == [100, 20]


@pytest.fixture(scope="module")
def few(sample: Dataset) -> Dataset:
    """Twelve training images of each digit, but six of the nine; a hundred test images."""
    rows = [np.flatnonzero(sample.train.labels == label)[: 6 if label == 9 else 12] for label in range(10)]
    return replace(
        sample,
        name="few",
        train=sample.train.take(np.concatenate(rows)),
        test=sample.test.take(np.arange(0, 1000, 10)),
    )


def test_classes_of_few_images_are_named_with_what_helps(few, sample):
    first, second = few_images(few)
    assert first.startswith("fewer than 20 training images of 0 (12), 1 (12), 2 (12), 3 (12), 4 (12) and")
    assert "--from RUN" in first
    assert second == "a class has fewer than 50 images: --folds 5 gives figures over all of them"
    assert few_images(sample) == []


def test_as_many_folds_are_proposed_as_the_smallest_class_allows():
    for sizes, said in (
        ((2, 15, 80), "a class has fewer than 50 images: --folds 2 gives figures over all of them"),
        ((1, 15, 80), "one image only of a, which no test can say anything of: two a class are needed"),
    ):
        split = of_sizes(*sizes)
        data = SimpleNamespace(train=split, parts={"train": split}, classes=3, class_names=("a", "b", "c"))
        first, second = few_images(data)
        assert first.startswith(f"fewer than 20 training images of a ({sizes[0]}), b (15): ")
        assert second == said


def test_a_network_that_starts_from_another_is_better_after_few_steps_and_says_where_from(
    few, shared_runs, tmp_path
):
    recipe = Recipe.from_preset(
        "fast", epochs=2, batch_size=32, outliers=0.0, balance=True, backend="tensorflow"
    )
    run = train(few, recipe, output=tmp_path, report=False, start=shared_runs / "runs/one")
    alone = train(few, recipe, output=tmp_path, report=False)
    assert run.metrics["test"]["accuracy"] > alone.metrics["test"]["accuracy"] + 0.05
    assert run.folder.read_recipe()["started_from"] == str(shared_runs / "runs/one")
    assert run.metrics["evaluation"]["balanced_accuracy"] == pytest.approx(
        np.mean([one["recall"] for one in run.metrics["evaluation"]["per_class"]])
    )


def test_few_things_start_from_a_network_of_many_which_is_wider(few, tmp_path, monkeypatch):
    things = replace(few, kind="things", spec=replace(few.spec, framing="pad"))
    recipe = Recipe.from_preset("fast", epochs=1, batch_size=64, outliers=0.0, backend="tensorflow")
    monkeypatch.setattr("inklens.recipes.network_size.MANY", 100)
    many = train(things, recipe, output=tmp_path, report=False)
    monkeypatch.setattr("inklens.recipes.network_size.MANY", 10_000)
    run = train(things, recipe, output=tmp_path, report=False, start=many.path)
    alone = prepare.concrete_recipe(recipe, things)
    assert many.recipe.width == run.recipe.width == 2 * alone.width
    with pytest.raises(OptionError, match=r"expected convnet-residual for .*give the same --netw.*--width"):
        train(things, recipe.with_options(width=8), output=tmp_path, start=many.path)


def test_a_network_of_another_kind_is_no_start(few, shared_runs, tmp_path):
    recipe = Recipe.from_preset("fast", network="conv5x5", backend="tensorflow")
    with pytest.raises(OptionError, match=r"has a convnet-small for images .*give the same --netw"):
        train(few, recipe, output=tmp_path, start=shared_runs / "runs/one")


def test_in_cross_validation_each_image_is_tested_once(few):
    recipe = Recipe.from_preset("fast", epochs=1, batch_size=32, outliers=0.0, backend="tensorflow")
    begun: list[int] = []
    crossed = cross_validate(few, recipe, 2, on_fold=begun.append)
    assert (begun, crossed.images, len(crossed.accuracies)) == ([1, 2], 214, 2)
    low, high = crossed.interval
    assert 0 <= low <= crossed.accuracy <= high <= 1


def test_each_fold_starts_from_the_run_that_is_given(few, tmp_path):
    with pytest.raises(RunError, match="expected the folder of a run"):
        cross_validate(few, Recipe.from_preset("fast", backend="tensorflow"), 2, start=tmp_path / "none")


def test_a_share_of_few_images_holds_one_out_rather_than_none():
    from inklens.datasets import stratified_split

    rest, held = stratified_split(of_sizes(3, 2), 0.1, 0)
    assert (len(rest), len(held)) == (4, 1)


@pytest.fixture
def asked(monkeypatch):
    """What each training of a cross-validation is asked for, in place of a training."""
    given = []

    def trained(data, recipe, **options):
        given.append((len(data.train), len(data.test), options["start"]))
        return SimpleNamespace(metrics={"test": {"accuracy": 1.0}})

    monkeypatch.setattr(cross_validation, "train", trained)
    return given


def test_a_test_part_that_is_to_stay_unseen_is_in_no_fold(few, asked):
    assert cross_validate(few, Recipe.from_preset("fast"), 2, test=False).images == 114
    assert asked == [(57, 57, None)] * 2


def test_images_are_counted_without_being_copied(few, monkeypatch):
    monkeypatch.setattr(Dataset, "part", None)
    monkeypatch.setattr(Split, "whole", None)
    assert len(few_images(few)) == 2
