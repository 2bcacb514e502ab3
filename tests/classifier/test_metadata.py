import json
from dataclasses import replace

import pytest

from inklens.classifier import ModelMetadata
from inklens.errors import ModelError
from inklens.evaluation import Thresholds
from inklens.pixels import PixelSpec

FULL = ModelMetadata(
    class_names=("zéro", "one"),
    kind="writing",
    pixels=PixelSpec(28, 28, 1),
    inklens="0.1.0",
    temperature=1.25,
    thresholds=Thresholds(id_score=-3.5, probability=0.5, max_error=0.001, coverage=0.99),
    ood_detector=True,
    recipe={"network": "convnet-small", "betas": [0.7, 0.9]},
    data={"name": "mnist", "fingerprint": "ab12"},
)


def changed(**changes: object) -> str:
    return json.dumps({**json.loads(FULL.to_json()), **changes})


def test_metadata_survive_json_and_are_ascii():
    assert FULL.to_json().isascii()
    assert ModelMetadata.from_json(FULL.to_json()) == FULL


def test_class_names_of_folders_whose_names_are_no_utf_8_survive():
    names = ("a\udcff", "b")
    assert ModelMetadata.from_json(changed(class_names=names)).class_names == names


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format 2; expected 3: use the version of Inklens"),
        ({"format": True}, "format True; expected 3"),
        ({"ood_detector": 1}, "ood_detector is 1; expected true or false"),
        ({"class_names": []}, "0 names; expected 1 to 10,000"),
        ({"class_names": "ab"}, "class_names is 'ab'; expected a list"),
        ({"class_names": ["a", "a"]}, "'a' more than once"),
        ({"class_names": ["a", ""]}, "a class name is ''; expected one line"),
        ({"class_names": ["a", "\x1b[2J"]}, r"a class name is '\\x1b\[2J'"),
        ({"class_names": ["a", 3]}, "a class name is 3"),
        ({"class_names": ["a", "b" * 257]}, "expected one line of 1 to 256"),
        ({"kind": "pets"}, "kind is 'pets'; expected writing or things"),
        ({"kind": ["writing"]}, "kind is a list"),
        ({"temperature": 0}, "temperature is 0; expected a number above 0"),
        ({"temperature": 10**400}, "temperature is 1000"),
        ({"pixels": {"height": 28}}, "expected height, width, channels and framing"),
        ({"pixels": [28, 28, 1]}, "pixels is a list; expected an object"),
        ({"pixels": {"height": 5000, "width": 8, "channels": 1, "framing": "pad"}}, "side of pixels is 5000"),
        ({"thresholds": {"id_score": 1}}, "thresholds lacks 'coverage'"),
        ({"thresholds": None}, "thresholds is None; expected an object"),
        ({"recipe": None}, "recipe is None"),
        ({"data": {"name": 3}}, "data is a dict; expected an object of text"),
        ({"colour": 1}, "metadata knows no 'colour'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(changes, said):
    with pytest.raises(ModelError, match=said):
        ModelMetadata.from_json(changed(**changes))


@pytest.mark.parametrize(
    ("thresholds", "said"),
    [
        ({"max_error": 1.5}, r"thresholds\.max_error is 1\.5; expected a number 0 to 1 or null"),
        ({"probability": "high"}, r"thresholds\.probability is 'high'; expected a number 0 to 1 or null"),
        ({"id_score": True}, r"thresholds\.id_score is True; expected a number or null"),
        ({"id_score": 1e31}, r"thresholds\.id_score is 1e\+31; expected a number or null"),
    ],
)
def test_thresholds_out_of_range_are_refused(thresholds, said):
    with pytest.raises(ModelError, match=said):
        replace(FULL, thresholds=Thresholds(**thresholds))


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"format": NaN}', '{"format": 1}'])
def test_what_is_no_metadata_is_refused(text):
    with pytest.raises(ModelError, match="metadata"):
        ModelMetadata.from_json(text)


def test_metadata_that_are_too_long_are_refused():
    with pytest.raises(ModelError, match="expected at most 4,000,000"):
        ModelMetadata.from_json(changed(recipe={"a": "b" * 4_000_000}))


def test_a_recipe_that_json_cannot_hold_is_refused_on_writing():
    with pytest.raises(ModelError, match="JSON cannot hold"):
        ModelMetadata(("a",), "things", PixelSpec(8, 8, 1), "0.1.0", recipe={"x": float("nan")}).to_json()
