import numpy as np
import pytest

from inklens.reading.paper.grid_lines import without_lines

LINES = np.array([10.0, 90.0, 170.0])


@pytest.fixture
def ink():
    """Two by two boxes of 80 pixels with lines of 5; a stroke lies along one for most of a box."""
    drawn = np.zeros((181, 181), np.float32)
    for line in (10, 90, 170):
        drawn[line - 2 : line + 3, 8:173] = drawn[8:173, line - 2 : line + 3] = 1
    drawn[30:76, 93:98] = 1
    return drawn


def test_a_stroke_along_a_line_of_a_box_is_kept_and_the_line_is_not(ink):
    left = without_lines(ink, LINES, LINES, boxes=True)
    assert left[30:76, 93:98].mean() > 0.5
    left[15:85, 91:100] = 0
    assert left[10:171, 10:171].mean() < 0.005
