import numpy as np

from inklens.reading.paper.grid import assign_to_cells


def _boxes(*middles, side=20):
    return np.array([(x - side / 2, y - side / 2, x + side / 2, y + side / 2) for x, y in middles])


def _cells(rows, columns, side, left, top):
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64) * (side - 4) + 2
    corners = [(left + side * x, top + side * y) for y in range(rows) for x in range(columns)]
    return np.array([unit + np.array(corner) for corner in corners])


def test_a_printed_grid_says_where_the_cells_are():
    printed = _cells(9, 9, 50, 200, 100)
    answers = assign_to_cells(_boxes((225, 125), (625, 525), (50, 50)), printed, (800, 1000), (9, 9))
    assert [place for place, pieces in enumerate(answers) if pieces] == [0, 80]


def test_without_a_printed_grid_the_page_is_divided_evenly():
    assert assign_to_cells(_boxes((350, 150), side=40), np.zeros((0, 4, 2)), (300, 400), (3, 4))[7] == [0]


def test_two_digits_in_a_cell_come_from_left_to_right():
    boxes = _boxes((70, 50), (30, 50), side=40)
    assert assign_to_cells(boxes, np.zeros((0, 4, 2)), (100, 100), (1, 1)) == [[1, 0]]
