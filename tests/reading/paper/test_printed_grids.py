import cv2
import numpy as np
import pytest

from inklens.reading.paper.printed_grids import find_printed_grids
from sheets.grids import draw_grid


def _found(picture):
    return find_printed_grids(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"thick_every": 3},
        {"angle": 14},
        {"angle": -30, "squeeze": 0.1},
        {"squeeze": 0.25},
        {"bend": 0.7, "thick_every": 3},
        {"gaps": 25},
        {"shadow": True, "bend": 0.4, "angle": 5},
    ],
    ids=lambda options: " ".join(options) or "flat",
)
def test_a_grid_is_found_where_its_lines_cross(options):
    drawn = draw_grid((9, 9), seed=1, cell=40, **options)
    grid = _found(drawn.picture)[0]
    assert grid.shape == (9, 9)
    assert np.linalg.norm(grid.lattice - drawn.lattice, axis=2).max() < 0.12 * 40


@pytest.mark.parametrize("shape", [(2, 2), (3, 12), (15, 4), (1, 8)])
def test_rows_and_columns_are_counted(shape):
    assert _found(draw_grid(shape, seed=2, cell=50, several=1).picture)[0].shape == shape


def test_digits_in_every_cell_are_no_lines():
    assert _found(draw_grid((9, 9), seed=3, cell=40, filled=1, height=0.75).picture)[0].shape == (9, 9)


def test_of_several_grids_the_largest_comes_first():
    small, large = draw_grid((3, 5), seed=4, cell=40).picture, draw_grid((9, 9), seed=4, cell=40).picture
    both = np.full((len(large), large.shape[1] + small.shape[1], 3), 90, np.uint8)
    both[: len(small), : small.shape[1]] = small
    both[:, small.shape[1] :] = large
    assert [grid.shape for grid in _found(both)] == [(9, 9), (3, 5)]


def test_a_page_of_words_and_a_sheet_on_a_desk_are_no_grid():
    import sheets

    blank = draw_grid((2, 2), seed=5, cell=80, filled=0).picture.copy()
    inner = slice(len(blank) // 4, -len(blank) // 4), slice(blank.shape[1] // 4, -blank.shape[1] // 4)
    blank[inner] = 220
    for picture in (sheets.draw("words", 1, (640, 900)).picture, blank):
        assert not _found(picture)


def test_a_turned_grid_starts_at_another_corner():
    grid = _found(draw_grid((2, 4), seed=6).picture)[0]
    quarter = grid.turned(1)
    assert quarter.shape == (4, 2)
    assert np.array_equal(grid.turned(2).lattice[0, 0], grid.lattice[-1, -1])
