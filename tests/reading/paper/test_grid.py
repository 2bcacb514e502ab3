import numpy as np

from inklens.reading.paper.grid import find_grid, in_cells
from inklens.reading.pieces.pieces import Piece


def _piece(x, y, side=20):
    return Piece(int(x - side / 2), int(y - side / 2), side, side, np.ones((side, side), np.float32))


def _cells(rows, columns, side, left, top):
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64) * (side - 4) + 2
    corners = [(left + side * x, top + side * y) for y in range(rows) for x in range(columns)]
    return np.array([unit + np.array(corner) for corner in corners])


def test_a_printed_grid_says_where_the_cells_are():
    grid = find_grid(_cells(9, 9, 50, 200, 100), (800, 1000), 9, 9)
    answers = in_cells([_piece(225, 125), _piece(625, 525), _piece(50, 50)], grid)
    assert [place for place, pieces in enumerate(answers) if pieces] == [0, 80]


def test_without_a_printed_grid_the_page_is_cut_evenly():
    grid = find_grid(np.zeros((0, 4, 2)), (300, 400), 3, 4)
    assert in_cells([_piece(350, 150, 40)], grid)[7] == [0]


def test_two_digits_in_a_cell_come_from_left_to_right():
    grid = find_grid(np.zeros((0, 4, 2)), (100, 100), 1, 1)
    assert in_cells([_piece(70, 50, 40), _piece(30, 50, 40)], grid) == [[1, 0]]
