import json

import pytest

from inklens.errors import OptionError
from inklens.recipes import PRESETS, Recipe
from inklens.recipes.recipe import OPTIMIZERS


def test_the_tutorials_presets_are_what_the_tutorials_say():
    a, b, c = (Recipe.from_preset(f"tutorial-{letter}") for letter in "abc")
    assert (a.network, a.epochs, a.optimizer, a.validation_data) == ("conv3x3-triple", 20, "adam", "split")
    assert (b.network, b.epochs, b.batch_size) == ("conv3x3-double", 1, 32)
    assert (c.network, c.epochs, c.batch_size, c.validation_data) == ("conv5x5", 5, 150, "test")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_recipe_comes_back_whole_from_json(preset):
    recipe = Recipe.from_preset(preset, seed=3)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_options_change_their_fields_and_no_others():
    assert Recipe().with_options(seed=7) == Recipe(seed=7)


def test_who_names_the_epochs_gets_just_these():
    fast = Recipe.from_preset("fast")
    assert fast.minimum_steps > 0
    assert (
        fast.with_options(epochs=1).minimum_steps == Recipe.from_preset("fast", epochs=1).minimum_steps == 0
    )


@pytest.mark.parametrize(("epochs", "plain"), [(1, 0), (2, 0), (8, 1), (16, 2), (40, 2)])
def test_fewer_epochs_have_fewer_of_weak_augmentation_in_proportion(epochs, plain):
    accurate = Recipe.from_preset("accurate", epochs=epochs).for_kind("writing")
    assert (accurate.epochs, accurate.plain_epochs) == (epochs, plain)


def test_who_names_the_epochs_of_weak_augmentation_gets_just_these():
    assert Recipe.from_preset("accurate", epochs=3, plain_epochs=2).plain_epochs == 2
    assert Recipe.from_preset("accurate", seed=3).plain_epochs == 2


def test_who_names_the_epochs_of_a_recipe_for_a_given_time_gets_them():
    assert Recipe(time_budget=60).with_options(epochs=2).time_budget is None


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_presets_betas_go_with_its_optimiser_only(optimizer):
    fast = Recipe.from_preset("fast")
    assert fast.betas is not None
    changed = fast.with_options(optimizer=optimizer)
    assert changed.betas == (fast.betas if optimizer == fast.optimizer else None)
    if optimizer == "adamw":
        assert fast.with_options(optimizer=optimizer, betas=(0.8, 0.9)).betas == (0.8, 0.9)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_recipe_for_a_kind_has_every_value_in_its_place(preset):
    recipe = Recipe.from_preset(preset)
    for kind in ("writing", "things"):
        concrete = recipe.for_kind(kind)
        assert "things" not in concrete.to_dict()
        assert concrete.for_kind(kind) == concrete
        expected = {**recipe.to_dict(), **(recipe.things if kind == "things" else {})}
        expected.pop("things", None)
        assert concrete.to_dict() == expected


def test_things_differ_unless_the_user_says_so():
    accurate = Recipe.from_preset("accurate")
    things = accurate.for_kind("things")
    assert Recipe.from_preset("fast").for_kind("things").network == things.network == "convnet-residual"
    assert things.network != accurate.network
    assert (accurate.for_kind("writing").tta, things.tta) == ("cross", "mirror")
    assert (things.outliers, things.ood_detector) == (0.08, "none")
    assert Recipe.from_preset("accurate", epochs=2).for_kind("things").epochs == 2
    assert accurate.with_options(epochs=2, tta="none").for_kind("things").tta == "none"


def test_writing_is_not_mirrored():
    mirrored = Recipe(tta="mirror")
    assert mirrored.for_kind("things").tta == "mirror"
    with pytest.raises(OptionError, match="mirrored writing is other writing"):
        mirrored.for_kind("writing")


def test_writing_is_not_flipped_either():
    assert Recipe(flip="auto").for_kind("writing").flip == "auto"
    with pytest.raises(OptionError, match="flip 'on' mirrors the images, and mirrored writing is other"):
        Recipe(flip="on").for_kind("writing")


def test_who_names_the_optimiser_of_things_gets_the_learning_rate_that_goes_with_it():
    whole = Recipe.from_preset("fast")
    assert whole.for_kind("things").optimizer == "muon"
    named = Recipe.from_preset("fast", optimizer=whole.optimizer).for_kind("things")
    assert (named.learning_rate, named.betas, named.momentum) == (whole.learning_rate, whole.betas, None)
    assert named.network == "convnet-residual"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"network": "conv5"}, "unknown network 'conv5': did you mean 'conv5x5'? expected one of"),
        ({"optimizer": "lion"}, "unknown optimizer 'lion': expected one of adam"),
        ({"backend": "theano"}, "unknown backend 'theano': expected one of auto, tensorflow"),
        ({"precision": "float8"}, "unknown precision 'float8': did you mean 'float32'?"),
        ({"epochs": 0}, "epochs 0 is out of range: expected a number greater than or equal to 1"),
        ({"batch_size": 2.5}, "batch_size 2.5 is out of range"),
        ({"learning_rate": -1}, "learning_rate -1 is out of range: expected a number greater than 0"),
        ({"learning_rate": float("nan")}, "learning_rate nan is out of range"),
        ({"dropout": 1.0}, "dropout 1.0 is out of range: expected less than 1"),
        ({"validation_split": 0}, "validation_split 0 is out of range"),
        ({"validation_split": 1.5}, "validation_split 1.5 is out of range"),
        ({"betas": (0.9, 1.0)}, "betas (0.9, 1.0) is out of range"),
        ({"betas": (0.9, 0.99), "optimizer": "sgd"}, "betas (0.9, 0.99) do not go with optimizer 'sgd'"),
        ({"momentum": 0.9}, "momentum 0.9 does not go with optimizer 'adam': expected one of rmsprop"),
        ({"flip": "yes"}, "unknown flip 'yes': expected one of auto, on, off"),
        ({"width": 3}, "width 3 is out of range: expected a number greater than or equal to 4"),
        ({"depth": 9}, "depth 9 is out of range: expected less than or equal to 8"),
        ({"betas": 5}, "betas 5 is out of range: expected a valid tuple"),
        ({"learning_rate": "0.1"}, "learning_rate '0.1' is out of range: expected a valid number"),
        ({"validation_split": "0.1"}, "validation_split '0.1' is out of range"),
        ({"seed": -1}, "seed -1 is out of range"),
        ({"epochs": True}, "epochs True is out of range"),
        ({"things": {"colour": 1}}, "unknown recipe field of things 'colour'"),
        ({"colour": 1}, "unknown recipe field 'colour'"),
    ],
)
def test_a_wrong_value_is_refused_in_words(options, message):
    with pytest.raises(OptionError) as error:
        Recipe.from_dict(options)
    assert str(error.value).startswith(message)


def test_an_unknown_preset_names_the_near_one():
    with pytest.raises(OptionError, match="unknown preset 'tutorial-d': did you mean 'tutorial-"):
        Recipe.from_preset("tutorial-d")
