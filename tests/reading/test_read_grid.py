import numpy as np
import pytest

import sheets
from inklens.errors import OptionError
from inklens.reading import read
from inklens.reading.paper.printed_grids import PrintedGrid
from inklens.reading.read_grid import chosen
from sheets.grids import draw_grid


def _texts(reading):
    return [number.text for number in reading.numbers]


def _wrong(reading, drawn):
    return [pair for pair in zip(drawn.texts, _texts(reading), strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize(
    "options",
    [{"thick_every": 3, "bend": 0.5}, {"angle": -20, "squeeze": 0.15, "shadow": True}],
    ids=" ".join,
)
def test_every_cell_of_a_photographed_grid_has_its_digit_or_is_blank(classifier, options):
    drawn = draw_grid((6, 6), seed=1, **options)
    reading = read(drawn.picture, classifier, grid="auto")
    assert [(grid.rows, grid.columns) for grid in reading.grids] == [(6, 6)]
    assert [number.status == "empty" for number in reading.numbers] == [not text for text in drawn.texts]
    assert len(_wrong(reading, drawn)) <= 2
    for number, (row, column) in zip(reading.numbers, np.ndindex(6, 6), strict=True):
        assert (number.line, number.column, number.grid) == (row, column, 0)
        if number.digits:
            corners = drawn.lattice[row : row + 2, column : column + 2].reshape(-1, 2)
            middle = np.array(number.box).mean(axis=0)
            assert (middle > corners.min(axis=0)).all() and (middle < corners.max(axis=0)).all()


def test_a_page_that_is_a_grid_needs_no_option_and_a_table_keeps_its_numbers(classifier):
    drawn = draw_grid((4, 5), seed=2, several=2, height=0.5, filled=0.8)
    reading = read(drawn.picture, classifier)
    assert [(grid.rows, grid.columns) for grid in reading.grids] == [(4, 5)]
    assert len(_wrong(reading, drawn)) <= 3
    assert not any(number.are_candidates for number in reading.numbers)


@pytest.mark.parametrize("seed", [10_011, 50_002, 50_005, 50_012, 50_024, 50_025])
def test_squared_paper_is_no_grid_although_its_lines_are_one(classifier, seed):
    assert read(sheets.draw("squared", seed).picture, classifier).grids == ()


def test_tiny_digits_are_candidates_and_no_number(classifier):
    drawn = draw_grid((6, 6), seed=3, candidates=(2, 9, 30))
    reading = read(drawn.picture, classifier, grid=(6, 6))
    assert [place for place, number in enumerate(reading.numbers) if number.are_candidates] == [2, 9, 30]
    assert reading.numbers[9].status == "candidates"
    assert reading.text.splitlines()[0].split()[2] == f"({reading.numbers[2].text})"


def test_a_grid_on_its_side_is_turned_upright(classifier):
    drawn = draw_grid((4, 6), seed=4, filled=0.9)
    upright = _texts(read(drawn.picture, classifier, grid=(4, 6)))
    for turns in (1, 2, 3):
        reading = read(np.ascontiguousarray(np.rot90(drawn.picture, turns)), classifier, grid=(4, 6))
        assert sum(one != other for one, other in zip(_texts(reading), upright, strict=True)) <= 2


def test_all_grids_in_view_are_read_one_after_the_other(classifier):
    one, two = draw_grid((3, 3), seed=5), draw_grid((3, 4), seed=6)
    both = np.hstack([one.picture, two.picture])
    reading = read(both, classifier, grid="all")
    assert [(grid.rows, grid.columns) for grid in reading.grids] == [(3, 4), (3, 3)]
    assert [number.grid for number in reading.numbers] == [0] * 12 + [1] * 9
    upper, lower = reading.text.split("\n\n")
    assert len(upper.splitlines()) == len(lower.splitlines()) == 3


def test_a_page_without_a_grid_says_so(classifier):
    reading = read(np.full((300, 400), 230, np.uint8), classifier, grid="auto")
    assert (reading.text, reading.grids) == ("", ())
    assert "no printed grid" in reading.reason


@pytest.mark.parametrize(("filled", "said"), [(0, "no digits in any"), (0.7, "the page was divided")])
def test_with_wrong_rows_and_columns_the_grid_in_view_is_named(classifier, filled, said):
    drawn = draw_grid((6, 6), seed=1, filled=filled)
    reading = read(drawn.picture, classifier, grid=(5, 6))
    assert reading.reason.startswith(said)
    assert reading.reason.endswith("in view has 6x6: give that, or auto")
    assert bool(reading.text.strip(" .\n")) == bool(filled)


def test_a_wrong_word_for_a_grid_is_refused(classifier):
    with pytest.raises(OptionError, match="'auto' or 'all'"):
        read(np.full((300, 400), 230, np.uint8), classifier, grid="some")


def test_a_row_of_two_boxes_is_a_grid_only_where_it_is_asked_for():
    """An 8 is one."""
    eight, strip = (PrintedGrid(np.zeros((2, columns + 1, 2))) for columns in (2, 5))
    assert chosen([eight], "auto") == chosen([eight], "all") == []
    assert chosen([eight], (1, 2)) == [eight]
    assert chosen([eight, strip], "auto") == chosen([eight, strip], "all") == [strip]
