import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from inklens.errors import ImageError, OptionError
from inklens.reading.form.form_file import Field, Form, load_form, save_form
from inklens.reading.form.form_proposal import propose_form
from inklens.reading.form.read_form import FormReader
from inklens.reading.paper.photo import open_page
from sheets.filled_forms import draw_empty_form, fill_form, form_of, photograph_form


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A small empty form: its page, its fields and its picture."""
    empty, fields = draw_empty_form(seed=1, count=10)
    empty = np.ascontiguousarray(empty[:740])
    page = tmp_path_factory.mktemp("form") / "empty.png"
    cv2.imwrite(str(page), empty)
    return page, fields, empty


@pytest.fixture(scope="module")
def reader(drawn, classifier):
    return FormReader(form_of(drawn[0], drawn[1]), classifier)


def test_the_fields_of_a_photographed_form_are_read_and_blank_ones_are_blank(drawn, reader):
    _, fields, empty = drawn
    filled, truth = fill_form(empty, fields, seed=5)
    photo = photograph_form(filled, seed=5)
    read = reader.read(open_page(photo))
    assert [each.field.name for each in read] == [field.name for field in fields]
    wrong = digits = 0
    for each in read:
        expected = truth[each.field.name]
        if each.field.kind == "check":
            assert each.cells == (expected[0] or "0",)
            continue
        for own, said in zip(expected, each.cells, strict=True):
            assert bool(own) == bool(said)
            digits += bool(own)
            wrong += own != said
        if not any(expected):
            assert (each.text, each.confidence) == ("", 1.0)
    assert digits > 15
    assert wrong <= 0.15 * digits  # of a network that was trained for seconds


def test_a_field_whose_print_is_hidden_is_never_sure(drawn, reader):
    _, fields, empty = drawn
    filled, _ = fill_form(empty, fields, seed=6)
    hidden = fields[4]
    cv2.rectangle(filled, (hidden.left - 40, hidden.top - 40), (hidden.left + 420, hidden.top + 80), 250, -1)
    read = reader.read(open_page(filled))
    assert (read[4].confidence, read[4].found, {*read[4].cells}) == (0, False, {"?"})
    assert sum(each.confidence > 0 for each in read) >= len(fields) // 2


def test_below_a_fold_fields_are_found_and_not_taken_for_blank(drawn, reader):
    _, fields, empty = drawn
    filled, truth = fill_form(empty, fields, seed=77)
    read = reader.read(open_page(photograph_form(filled, seed=77)))
    for each in read:
        blank = not any(truth[each.field.name])
        assert each.found
        assert each.field.kind == "check" or blank == (not each.text)


def test_ink_that_was_left_out_of_a_box_makes_its_field_unsure(drawn, reader):
    _, fields, empty = drawn
    marked, field = empty.copy(), fields[0]
    middle = field.top + field.side // 2
    cv2.line(
        marked, (field.left + 10, middle), (field.left + field.side - 10, middle), 40, 4
    )  # too low for a digit
    read = reader.read(open_page(marked))[0]
    assert read.text == ""
    assert read.confidence < 0.9


def test_a_photo_of_something_else_does_not_show_the_form(reader):
    with pytest.raises(ImageError, match="does not show the form"):
        reader.read(open_page(np.full((400, 300), 240, np.uint8)), "scan.png")


def test_texts_of_numbers_and_grids_show_where_they_are_blank(reader):
    read = reader.read(open_page(reader.form.page))
    assert {(each.text, each.confidence >= 0.9) for each in read if each.field.kind != "check"} == {
        ("", True)
    }
    number = type(read[0])(
        Field("n", "number", (0, 0, 4, 1), 1, 4), ("", "4", "", "2"), 1.0, (), read[0].crop
    )
    assert number.text == "4_2"
    grid = type(read[0])(Field("g", "grid", (0, 0, 2, 2), 2, 2), ("1", "", "23", "4"), 1.0, (), read[0].crop)
    assert grid.text == "1 .; 23 4"


def test_the_fields_of_an_empty_form_are_proposed_and_kept_as_json(drawn):
    page, fields, _ = drawn
    form = propose_form(page)
    assert [(field.kind, field.rows, field.columns) for field in form.fields] == [
        (field.kind, field.rows, field.columns) for field in fields
    ]
    for own, field in zip(form.fields, fields, strict=True):
        assert np.abs(np.array(own.box[:2]) - (field.left, field.top)).max() < 5
    target = page.parent / "below" / "form.json"
    save_form(target, form)
    assert json.loads(target.read_text())["page"] == "../empty.png"
    loaded = load_form(target)
    assert loaded.fields == form.fields
    assert loaded.page.resolve() == page.resolve()


def test_a_picture_without_boxes_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "blank.png"), np.full((300, 300), 250, np.uint8))
    with pytest.raises(ImageError, match="no printed boxes"):
        propose_form(tmp_path / "blank.png")


GOOD = {"name": "a", "kind": "number", "box": [1, 2, 30, 10], "columns": 3}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no JSON", "it is no JSON"),
        ([1], 'no "page" and "fields"'),
        ({"format": 2, "page": "a.png", "fields": [GOOD]}, "the format 2; expected 1"),
        ({"format": 1, "page": "a.png", "fields": []}, "has no field"),
        ({"format": 1, "page": "a.png", "fields": [GOOD, GOOD]}, "two fields of one name"),
        ({"format": 1, "page": "a.png", "fields": [{**GOOD, "kind": "word"}]}, "number, grid, check"),
        ({"format": 1, "page": "a.png", "fields": [{**GOOD, "box": [1, 2, 0, 4]}]}, "a box of left, top"),
        ({"format": 1, "page": "a.png", "fields": [{**GOOD, "rows": 2}]}, "a number has one row"),
        ({"format": 1, "page": "a.png", "fields": [{**GOOD, "columns": 1e400}]}, "rows and columns"),
        ({"format": 1, "page": "a.png", "fields": ["a"]}, "the field a"),
        ({"format": 1, "page": "a.png", "fields": [{**GOOD, "columns": 2.5}]}, "whole rows and columns"),
        ({"format": 1, "page": "a.png", "fields": [{**GOOD, "columns": True}]}, "whole rows and columns"),
        ({"format": 1, "page": "a.png", "fields": [{**GOOD, "name": ["a"]}]}, "expected a name"),
        ({"format": 1, "page": "a.png", "fields": [{**GOOD, "box": "1234"}]}, "a box of left, top"),
        (
            {"format": 1, "page": "a.png", "fields": [{**GOOD, "colums": 3}]},
            r"form.json, a: unknown field 'colums': did you mean 'columns'\?",
        ),
        ({"format": 1, "page": "a.png", "fields": [GOOD], "xyz": 1}, "unknown field 'xyz': expected one"),
        ({"format": True, "page": "a.png", "fields": [GOOD]}, "the format True; expected 1"),
        ({"format": 1, "page": "", "fields": [GOOD]}, "has '' as its \"page\"; expected the picture"),
        ({"format": 1, "page": 3, "fields": [GOOD]}, 'has 3 as its "page"'),
    ],
)
def test_a_form_that_cannot_be_used_is_refused(tmp_path, content, words):
    path = tmp_path / "form.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(OptionError, match=words):
        load_form(path)


def test_a_field_outside_of_its_page_is_refused(drawn, classifier):
    form = Form(drawn[0], (Field("far", "check", (990, 10, 40, 40)),))
    with pytest.raises(OptionError, match="'far' ends at 1030,50, outside"):
        FormReader(form, classifier)


def test_a_form_that_is_not_there_is_refused():
    with pytest.raises(OptionError, match="No such file"):
        load_form(Path("nowhere.json"))
