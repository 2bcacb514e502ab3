import cv2
import numpy as np
import pytest

from inklens.reading.pieces.cell_pieces import pieces_in_cells

LINES = np.array([10.0, 110.0, 210.0])


@pytest.fixture
def written():
    """Four cells with an 8 in the first: ink, float32 (220, 220)."""
    ink = np.zeros((220, 220), np.uint8)
    cv2.putText(ink, "8", (40, 85), cv2.FONT_HERSHEY_SIMPLEX, 2, 255, 6)
    return ink.astype(np.float32) / 255


def test_pale_remnants_of_lines_beside_writing_are_no_pieces(written):
    written[15:105, 12:18] = 0.7  # along the left line
    written[14:20, 30:106] = written[14:100, 100:106] = 0.6  # a corner
    found = pieces_in_cells(written, LINES, LINES)
    first, *others = found.cells
    assert [piece.left > 30 for piece in first] == [True]
    assert others == [[], [], []]
    assert found.left_out == {"edges of the grid's lines": 2}


def test_a_one_beside_a_line_stays_as_dark_as_the_other_digits_or_alone(written):
    written[25:90, 13:19] = 1
    written[25:90, 120:126] = 0.7  # the cell to the right has no other writing
    first, second, *_ = pieces_in_cells(written, LINES, LINES).cells
    assert (len(first), len(second)) == (2, 1)


def test_what_is_no_writing_of_a_cell_is_counted_by_its_reason(written):
    written[213:219, 30:60] = 1  # below the last line
    written[150:158, 150:158] = 1  # a dot
    written[2, 2] = 1  # a speck
    found = pieces_in_cells(written, LINES, LINES)
    assert [len(cell) for cell in found.cells] == [1, 0, 0, 0]
    assert found.left_out == {"outside the cells": 1, "dust and fragments": 1}
