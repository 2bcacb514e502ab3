import cv2
import numpy as np
import pytest

from inklens.reading.paper.pens import pen_by_colour
from inklens.reading.paper.photo import open_page
from inklens.reading.paper.ruling import find_ruling, without_ruling

PAPER, GREY, BLACK, RED, BLUE = (235, 230, 215), (120, 120, 125), (35, 35, 40), (180, 40, 45), (40, 60, 165)
FIRST, SIDE, BOXES = 60, 70, 6
CORNERS = np.array([(0, 0), (SIDE, 0), (SIDE, SIDE), (0, SIDE)], np.float64)
CELLS = np.stack([CORNERS + np.array((FIRST + number * SIDE, FIRST)) for number in range(BOXES)])


def _form(print_colour, pen_colour, thickness=4):
    """A row of boxes and strokes that cross their lower sides: the page, the lines, the strokes."""
    picture = np.full((220, 560, 3), PAPER, np.uint8)
    lines, strokes = np.zeros((2, 220, 560), np.uint8)
    for number in range(BOXES):
        left = FIRST + number * SIDE
        cv2.rectangle(lines, (left, FIRST), (left + SIDE, FIRST + SIDE), 255, thickness)
        cv2.line(strokes, (left + 25, FIRST + 18), (left + 45, FIRST + SIDE + 14), 255, 4)
    picture[lines > 0] = print_colour
    picture[strokes > 0] = pen_colour
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7)
    noise = np.random.default_rng(0).normal(0, 2, picture.shape)
    return open_page(np.clip(picture + noise, 0, 255).astype(np.uint8)), lines, strokes


@pytest.mark.parametrize(("printed", "pen"), [(GREY, RED), (BLACK, BLUE), (RED, BLACK), (GREY, BLACK)])
def test_the_pen_is_distinguished_from_print_of_another_colour(printed, pen):
    page, lines, strokes = _form(printed, pen)
    found = pen_by_colour(page.ink, page.region, lines, CELLS)
    assert found is not None
    assert found[strokes > 0].mean() > 0.85 * 255
    only_lines = (lines > 0) & (cv2.dilate(strokes, np.ones((9, 9), np.uint8)) == 0)
    assert found[only_lines].mean() < 0.03 * 255


@pytest.mark.parametrize("colour", [GREY, BLACK, RED, BLUE])
def test_pen_and_print_of_one_colour_are_not_distinguished(colour):
    page, lines, _ = _form(colour, colour)
    assert pen_by_colour(page.ink, page.region, lines, CELLS) is None
    assert pen_by_colour(np.zeros_like(page.ink), page.region, lines, CELLS) is None


def test_marks_of_a_third_colour_beside_the_boxes_are_not_the_pen():
    page, lines, _ = _form(BLACK, BLACK)
    page = open_page(cv2.line(page.picture, (60, 190), (500, 205), RED, 12))
    assert pen_by_colour(page.ink, page.region, lines, CELLS) is None


def test_a_grey_picture_has_shades():
    page, lines, strokes = _form((150, 150, 150), BLACK)
    page = open_page(page.picture[..., :1])
    found = pen_by_colour(page.ink, page.region, lines, CELLS)
    assert found is not None
    assert found[strokes > 0].mean() > 0.85 * 255


@pytest.mark.parametrize(("printed", "pen"), [(GREY, RED), (BLACK, BLUE), (RED, BLACK)])
def test_strokes_stay_whole_where_they_cross_the_sides_of_boxes(printed, pen):
    page, lines, strokes = _form(printed, pen)
    ruling = find_ruling(page.ink, page.region)
    left = without_ruling(page.ink, ruling)
    assert len(ruling.cells) == BOXES
    assert (left[strokes > 0] > 0.25).mean() > 0.95
    only_lines = (lines > 0) & (cv2.dilate(strokes, np.ones((9, 9), np.uint8)) == 0)
    assert (left[only_lines] > 0.25).mean() < 0.02
    assert cv2.connectedComponents((left > 0.4).astype(np.uint8))[0] - 1 == BOXES
