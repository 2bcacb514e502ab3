"""Pictures of things go the whole way with the presets' own network: trained, kept, exported, explained."""

from dataclasses import replace

import numpy as np
import pytest

from inklens.classifier import Classifier
from inklens.classifier.inner_outputs import InnerOutputs
from inklens.datasets import Split, load
from inklens.networks.backends import select_backend
from inklens.networks.layer_kinds import WHITENING
from inklens.recipes import Committee, Recipe
from inklens.run import Run

select_backend("tensorflow")

from inklens.explanation import explain_run, feature_maps, map_layers  # noqa: E402
from inklens.networks.whitening import fit_whitening  # noqa: E402
from inklens.training import resume, train  # noqa: E402
from inklens.training.parts import DataParts  # noqa: E402
from inklens.training.prepare import concrete_recipe  # noqa: E402

SMALL = {"width": 8, "batch_size": 32, "epochs": 3, "backend": "tensorflow"}


@pytest.fixture(scope="module")
def things(small_digits, tmp_path_factory):
    """Ones and eights in two colours on grounds of others: three channels, 18x14, to be loaded again."""
    random = np.random.default_rng(0)
    chosen = np.isin(small_digits.train.labels, (1, 8))
    grey = small_digits.train.whole()[chosen][:500].astype(np.float32) / 255
    ground, ink = random.uniform(0, 255, (2, len(grey), 1, 1, 3))
    images = np.pad(ground * (1 - grey) + ink * grey, ((0, 0), (2, 2), (0, 0), (0, 0)), "edge")
    labels = np.where(small_digits.train.labels[chosen][:500] == 1, "stick", "rings")
    path = tmp_path_factory.mktemp("things") / "things.npz"
    np.savez(path, images=images.astype(np.uint8), labels=labels)
    return load(path, kind="things", size=(18, 14))


@pytest.fixture(scope="module")
def run(things, tmp_path_factory):
    return train(things, Recipe.from_preset("fast", **SMALL), output=tmp_path_factory.mktemp("runs"))


def test_it_learns_and_its_file_says_what_it_says(run, things):
    assert run.metrics["test"]["accuracy"] > 0.7
    assert (run.recipe.network, run.recipe.flip, run.recipe.tta) == ("convnet-residual", "on", "mirror")
    again, images = Run(run.folder), things.test.batch(slice(0, 20))
    probabilities = Classifier.open(run.path).predict_framed(images).probabilities
    temperature = run.metrics["confidence"]["temperature"]
    assert probabilities == pytest.approx(again.ensemble.predict(images).probabilities(temperature), abs=1e-4)
    mirrored = Classifier.open(run.path).predict_framed(np.ascontiguousarray(images[:, :, ::-1]))
    assert mirrored.probabilities == pytest.approx(probabilities, abs=1e-4)


def test_the_first_layer_is_of_the_images_that_were_learnt_from_alone(run, things):
    parts = DataParts.of(things, run.recipe, test=False)
    network = Run(run.folder).network
    kept = network.get_layer(WHITENING).get_weights()
    fit_whitening(network, parts.train)
    for one, other in zip(kept, network.get_layer(WHITENING).get_weights(), strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_a_training_that_was_stopped_ends_with_the_same_weights(run, things, tmp_path):
    def stop(now):
        if (now.epoch, now.finished) == (2, True):
            raise KeyboardInterrupt

    recipe = Recipe.from_preset("fast", **SMALL)
    with pytest.raises(KeyboardInterrupt):
        train(things, recipe, output=tmp_path, name="cut", checkpoint_every=0, progress=stop)
    went_on = resume(tmp_path / "cut")
    pairs = zip(run.network.get_weights(), went_on.network.get_weights(), strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)


def test_another_training_starts_from_its_layers_and_its_first_layer(run, things, tmp_path):
    recipe = Recipe.from_preset("fast", **{**SMALL, "epochs": 1})
    darker = Split(things.train.whole() // 2, things.train.labels)
    other = train(replace(things, train=darker), recipe, output=tmp_path, report=False, start=run.path)
    layers = [one.network.get_layer(WHITENING).get_weights() for one in (run, other)]
    assert all(np.array_equal(*pair) for pair in zip(*layers, strict=True))


def test_the_file_shows_the_layers_that_keras_has(run, things):
    image = things.test.batch(slice(0, 1))[0]
    inner = InnerOutputs.open(run.folder.onnx).of(image)
    layers = map_layers(run.network)
    convolutions = [each for each in layers if each.kind == "convolution"]
    ours = [(each.kernel, each.rows, each.columns) for each in inner if each.kind == "convolution"]
    assert ours == [(each.kernel, each.rows, each.columns) for each in convolutions]
    maps = feature_maps(run.network, image)
    whitened = next(each.values for each in inner if each.kind == "convolution")
    channels = maps[WHITENING].shape[-1]  # the file has more, which are 0
    assert whitened[..., :channels] == pytest.approx(maps[WHITENING], abs=1e-3)
    explained = explain_run(run.folder, image)
    assert [layer.kind for layer in explained.layers].count("sum") == 3
    assert explained.class_activation.max() in (0, 1)


def test_a_committee_of_them_votes(things, tmp_path):
    one = Recipe.from_preset("fast", **{**SMALL, "epochs": 1}, validation_seed=0)
    committee = Committee("two", {"small": one, "deep": one.with_options(depth=2, seed=1)})
    voted = train(things, committee, output=tmp_path, report=False)
    assert voted.metrics["test"]["accuracy"] > 0.5
    assert len(Classifier.open(voted.path).predict_framed(things.test.batch(slice(0, 3))).indices) == 3


def test_what_is_called_left_or_right_is_not_mirrored(things, tmp_path):
    sides = replace(things, class_names=("left", "right"))
    recipe = Recipe.from_preset("fast", **{**SMALL, "epochs": 1})
    made = train(sides, recipe, output=tmp_path, report=False)
    assert (made.recipe.flip, made.recipe.tta) == ("off", "none")


def test_a_preset_is_fitted_to_the_data_and_what_the_user_names_is_kept(things):
    preset = Recipe.from_preset("fast")
    assert concrete_recipe(preset, things).width == preset.things["width"] // 2
    named = concrete_recipe(Recipe.from_preset("fast", width=40), things)
    assert named.width == 40
    assert concrete_recipe(named, things) == named
