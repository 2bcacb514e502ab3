import csv
import json

import cv2
import numpy as np
import pytest

from command_line import refusal
from inklens.reading.form.read_form import LOOK_AT
from sheets.filled_forms import draw_empty_form, fill_form


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder with an empty form, a filled one, and a blank picture."""
    folder = tmp_path_factory.mktemp("scans")
    empty, fields = draw_empty_form(seed=2, count=8)
    empty = np.ascontiguousarray(empty[:620])
    for name, page in (
        ("empty.png", empty),
        ("filled.png", fill_form(empty, fields, 1)[0]),
        ("blank.png", np.full((300, 300), 250, np.uint8)),
    ):
        cv2.imwrite(str(folder / name), page)
    return folder


def test_a_form_is_made_and_read_into_a_row_for_each_photo(inklens, shared_runs, scans, tmp_path):
    made = inklens("form", scans / "empty.png")
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.splitlines()) == 8
    done = inklens(
        "read", scans / "filled.png", scans / "blank.png", "--form", "form.json", "--output", "read.csv",
        "--model", shared_runs / "runs/one", "--review", "unsure", "--review-below", "1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "1 of 2 photos could not be read" in done.stderr
    assert "field1" in done.stdout
    with (tmp_path / "read.csv").open(newline="") as file:
        filled, blank = csv.DictReader(file)
    names = [f"field{number}" for number in range(1, 9)]
    assert [*filled] == [
        "file", *(column for name in names for column in (name, f"{name}_confidence")), "look_at", "reason",
        "format",
    ]  # fmt: skip
    unsure = [name for name in names if float(filled[f"{name}_confidence"]) < 1]
    assert set(unsure) <= set(filled["look_at"].split("; "))
    assert (filled["reason"], blank["field1"], blank["look_at"]) == ("", "", "")
    assert "does not show the form" in blank["reason"]
    crops = list((tmp_path / "unsure").rglob("*.png"))
    assert len(crops) == len(filled["look_at"].split("; "))
    assert "look at this" in done.stdout


def test_a_form_is_written_as_json(inklens, shared_runs, scans, tmp_path):
    assert inklens("form", "make", scans / "empty.png", "--output", "there/form.json").returncode == 0
    done = inklens(
        "read", scans / "filled.png", "--form", "there/form.json", "--output", "read.json",
        "--model", shared_runs / "runs/one",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (photo,) = json.loads((tmp_path / "read.json").read_text())
    assert len(photo["fields"]) == 8
    for field in photo["fields"]:
        assert field["look_at"] == (field["confidence"] < LOOK_AT)
        assert len(field["box"]) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["read", "filled.png", "--form", "gone.json"], "No such file"),
        (["read", "filled.png", "--form", "old.json"], "the format 7; expected 1"),
        (["read", "filled.png", "--form", "twice.json"], "second column 'a_confidence'"),
        (["read", "filled.png", "--form", "form.json", "--grid", "9x9"], "exclude each other"),
        (["read", "filled.png", "--review", "unsure"], "expected --form"),
        (["read", "filled.png", "--form", "form.json", "--output", "form.json"], "is the form itself"),
        (["read", "filled.png", "--form", "form.json", "--output", "empty.png/x.csv"], "png is no folder"),
        (["read", "filled.png", "--form", "form.json", "--review", "empty.png"], "place with --review"),
        (["read", "filled.png", "--form", "pageless.json"], '--form pageless.json, its "page": gone.png'),
        (["form", "empty.png", "--output", "form.json"], "form.json is there already; give another --output"),
        (["form", "empty.png", "--output", "empty.png/form.json"], "empty.png is no folder"),
        (["read", "filled.png", "--form", "form.json", "--review-below", "2"], "is no confidence"),
        (["read", "blank.png", "--form", "form.json"], "does not show the form"),
        (["read", "filled.png", "--form", "form.json", "--output", "read.txt"], "expected .json or .csv"),
        (["form", "blank.png", "--output", "new.json"], "no printed boxes"),
        (["form", "gone.png", "--output", "new.json"], "cannot be read"),
        (["form", "empty.png", "--output", "form.txt"], "expected .json"),
    ],
)
def test_what_cannot_be_used_is_one_line(inklens, shared_runs, scans, tmp_path, arguments, words):
    for name in ("filled.png", "blank.png", "empty.png"):
        (tmp_path / name).write_bytes((scans / name).read_bytes())
    field = {"name": "a", "kind": "check", "box": [60, 150, 30, 30]}
    for name, version, page, names in (
        ("form", 1, "empty.png", "a"),
        ("old", 7, "empty.png", "a"),
        ("twice", 1, "empty.png", ("a", "a_confidence")),
        ("pageless", 1, "gone.png", "a"),
    ):
        content = {"format": version, "page": page, "fields": [{**field, "name": own} for own in names]}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    there = {path: path.read_bytes() for path in tmp_path.iterdir()}
    model = ["--model", shared_runs / "runs/one"] if arguments[0] == "read" else []
    done = inklens(*arguments, *model)
    assert words in refusal(done)
    assert not done.stdout
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == there


def test_a_place_that_is_read_only_is_refused_before_anything_is_read(inklens, scans, monkeypatch):
    inklens("form", scans / "empty.png")
    monkeypatch.setattr("os.access", lambda place, mode: False)
    for option, place in (("output", "read.csv"), ("review", "unsure")):
        said = refusal(inklens("read", scans / "filled.png", "--form", "form.json", f"--{option}", place))
        assert f"is read-only; give another place with --{option}" in said
