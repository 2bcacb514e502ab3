import pytest

from inklens.errors import OptionError
from inklens.networks.table import DIGIT_NORMALISATIONS
from inklens.recipes import COMMITTEES, Recipe
from inklens.recipes.committee_recipe import Committee, recipe_for, recipe_from_dict

ONE, TWO = Recipe(validation_seed=0), Recipe(network="conv5x5", seed=1, validation_seed=0)


@pytest.mark.parametrize("name", COMMITTEES)
def test_the_members_of_a_preset_differ_and_hold_the_same_images_out(name):
    members = list(Committee.from_preset(name).members.values())
    assert len(members) == 3
    assert len({recipe.seed for recipe in members}) == 3
    assert {recipe.split_seed for recipe in members} == {0}
    without_seeds = {str(recipe.with_options(seed=0)) for recipe in members}
    assert len(without_seeds) == 3


def test_no_two_committees_share_a_network():
    first, second = (Committee.from_preset("committee", seed=seed) for seed in (0, 1))
    seeds = [{recipe.seed for recipe in committee.members.values()} for committee in (first, second)]
    assert not seeds[0] & seeds[1]
    assert second.split_seed == 1


def test_every_seed_that_a_network_takes_a_committee_takes():
    last = Committee.from_preset("committee", seed=2**31 - 1)
    assert len({recipe.seed for recipe in last.members.values()}) == 3
    assert last.split_seed == 2**31 - 1


def test_a_committee_of_another_seed_is_the_one_that_the_preset_makes_of_it():
    """Its members have seeds of their own, and what time there is they share."""
    saved = Committee.from_dict(Committee.from_preset("committee", seed=1).to_dict())
    assert saved.with_options(seed=2) == Committee.from_preset("committee", seed=2)
    assert {one.time_budget for one in saved.with_options(time_budget=100, at_once=2).members.values()} == {
        50
    }
    assert saved.with_options(tta="none").members["stretched"].seed == saved.members["stretched"].seed


def test_options_are_for_all_members():
    committee = recipe_for("committee", epochs=2, network="conv5x5", seed=3)
    assert isinstance(committee, Committee)
    said = {(recipe.epochs, recipe.network, recipe.minimum_steps) for recipe in committee.members.values()}
    assert said == {(2, "conv5x5", 0)}  # who names the epochs gets just these


def test_the_members_of_the_preset_see_unlike_digits_and_have_one_ood_detector():
    members = Committee.from_preset("committee").members.values()
    assert {recipe.digit_normalisation for recipe in members} == set(DIGIT_NORMALISATIONS)
    assert [recipe.ood_detector for recipe in members].count("none") == 2
    assert [recipe.outliers > 0 for recipe in members] == [
        recipe.ood_detector != "none" for recipe in members
    ]


def test_a_committee_comes_back_from_what_was_saved_of_it():
    committee = Committee.from_preset("committee", seed=2)
    assert recipe_from_dict(committee.to_dict()) == committee
    assert recipe_from_dict(ONE.to_dict()) == ONE


def test_members_that_hold_unlike_images_out_do_not_go_together():
    with pytest.raises(OptionError, match="differ in split_seed: 0, 4; expected the same"):
        Committee("mine", {"one": ONE, "two": TWO.with_options(validation_seed=4)})


@pytest.mark.parametrize("name", ["", "..", "a/b"])
def test_a_member_is_named_like_a_folder(name):
    with pytest.raises(OptionError, match="expected the name of a folder"):
        Committee("mine", {"one": ONE, name: TWO})


def test_one_network_is_no_committee():
    with pytest.raises(OptionError, match="expected two networks or more"):
        Committee("mine", {"one": ONE})


def test_where_one_network_is_expected_the_preset_is_refused():
    with pytest.raises(OptionError, match="several networks, and one is expected here"):
        Recipe.from_preset("committee")
