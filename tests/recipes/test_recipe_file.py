import json

import pytest

from inklens.errors import OptionError
from inklens.recipes import Committee, Recipe, read_recipe, read_training, recipe_from_dict
from inklens.run_folder import RunFolder


def _written(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_recipe_json_of_a_run_gives_recipe_data_and_options_back(shared_runs, sample):
    folder = RunFolder.open(shared_runs / "runs/one")
    saved = read_training(folder.recipe)
    assert saved.recipe == recipe_from_dict(folder.read_recipe()["recipe"])
    assert saved.data == {
        "data": "sample", "kind": "writing", "size": (28, 28), "channels": 1, "framing": "ink",
        "seed": 0, "hold_out": True, "add": None,
    }  # fmt: skip
    assert saved.fingerprint == sample.fingerprint
    assert saved.options["test"] is True
    assert saved.options["max_error"] is None
    assert "start" not in saved.options


def test_a_run_that_started_from_another_is_trained_again_from_it(shared_runs, tmp_path):
    content = {**RunFolder.open(shared_runs / "runs/one").read_recipe(), "started_from": "/runs/other"}
    assert (
        read_training(_written(tmp_path, "saved.json", json.dumps(content))).options["start"] == "/runs/other"
    )


def test_a_recipe_of_ones_own_is_a_preset_with_changes(tmp_path):
    toml = _written(tmp_path, "mine.toml", 'preset = "accurate"\nepochs = 2\nbetas = [0.8, 0.9]\n')
    assert read_recipe(toml) == Recipe.from_preset("accurate", epochs=2, betas=(0.8, 0.9))
    mine = _written(tmp_path, "mine.json", '{"recipe": {"learning_rate": 1}}')
    saved = read_training(mine)
    assert saved.recipe == Recipe.from_preset("fast", learning_rate=1.0)
    assert (saved.data, dict(saved.options)) == (None, {})
    committee = _written(tmp_path, "five.toml", 'preset = "committee"\nseed = 3')
    assert read_recipe(committee) == Committee.from_preset("committee", seed=3)


def test_a_committee_of_ones_own_names_its_members(tmp_path):
    written = _written(
        tmp_path, "two.toml", '[members.one]\ntta = "cross"\n[members.two]\nseed = 1\nvalidation_seed = 0'
    )
    two = Recipe.from_preset("fast", seed=1, validation_seed=0)
    assert read_recipe(written).members == {"one": Recipe.from_preset("fast", tta="cross"), "two": two}


@pytest.mark.parametrize("recipe", [Recipe.from_preset("accurate"), Committee.from_preset("committee")])
def test_a_whole_recipe_comes_back_as_it_was_whatever_its_preset_is_today(tmp_path, recipe):
    content = {**recipe.to_dict(), "preset": "of old"}
    read = read_recipe(_written(tmp_path, "old.json", json.dumps(content)))
    assert read.to_dict() == content


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", "epoch = 3", "a.toml: unknown recipe field 'epoch': did you mean 'epochs'? expected one"),
        ("a.json", '{"preset": "acurate"}', "unknown preset 'acurate': did you mean 'accurate'?"),
        ("a.toml", "epochs = 0", "epochs 0 is out of range: expected a number greater than or equal to 1"),
        ("a.toml", 'epochs = "3"', "epochs '3' is out of range: expected a valid integer"),
        ("a.toml", "[members.one]\nseeds = 1", "unknown recipe field 'seeds': did you mean 'seed'?"),
        ("a.json", '{"members": {"one": {}}}', "a committee of 1: expected two networks or more"),
        ("a.json", '{"members": {"one": {"preset": "committee"}, "two": {}}}', "is a committee itself"),
        ("a.json", '{"members": [], "epochs": 3}', "unknown field of a committee 'epochs'"),
        ("a.json", '{"members": ["one", "two"]}', "lacks what is expected in it"),
        ("a.json", '{"recipe": 3}', "lacks what is expected in it"),
        ("a.json", '{"recipe": {}, "data": {"name": "mnist"}}', "lacks what is expected in it ('pixels')"),
        ("a.json", "[1, 2]", "holds a list; expected the recipe.json of a run, or the fields of a recipe"),
        ("a.json", '{"format": 99, "recipe": {}}', "it is of format 99; expected 3"),
        ("a.json", "epochs = 3", "cannot be read (Expecting value"),
        ("a.toml", "epochs = ", "cannot be read (Invalid value"),
        ("a.json", "[" * 100_000, "cannot be read (maximum recursion depth exceeded"),
    ],
)
def test_what_is_no_recipe_is_refused_in_one_line(tmp_path, name, text, said):
    with pytest.raises(OptionError) as caught:
        read_training(_written(tmp_path, name, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        ("data", "path", 5), ("data", "kind", ["things"]), ("data", "seed", "0"), ("data", "hold_out", "no"),
        ("data", "added", 5),
        ("pixels", "height", "28"), ("pixels", "channels", None), ("pixels", "framing", 3),
        ("options", "test", "yes"), ("options", "max_error", "1%"), ("options", "tensorboard", [2]),
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_is_refused_in_one_line(shared_runs, tmp_path, where, name, value):
    content = RunFolder.open(shared_runs / "runs/one").read_recipe()
    content[where][name] = value
    with pytest.raises(
        OptionError, match=r"changed\.json lacks what is expected in it \(\w+ is .*\): expected"
    ):
        read_training(_written(tmp_path, "changed.json", json.dumps(content)))


def test_options_that_are_no_object_are_refused_in_one_line(shared_runs, tmp_path):
    content = {**RunFolder.open(shared_runs / "runs/one").read_recipe(), "options": 3}
    with pytest.raises(OptionError, match="lacks what is expected in it"):
        read_training(_written(tmp_path, "changed.json", json.dumps(content)))


def test_the_folder_of_a_run_is_refused_with_the_file_in_it(shared_runs):
    run = shared_runs / "runs/one"
    with pytest.raises(OptionError, match=r"is a folder; give .*runs/one/recipe\.json$"):
        read_training(run)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OptionError, match=r"recipe .*none\.json cannot be read .* expected the recipe\.json"):
        read_training(tmp_path / "none.json")
