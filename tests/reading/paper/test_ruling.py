import cv2
import numpy as np
import pytest

from inklens.reading.paper.ruling import find_ruling, without_ruling


@pytest.fixture
def grey():
    """A white page to draw on in black or grey."""
    return np.full((600, 900), 255, np.uint8)


def _found(grey):
    """The ruling of the page, and the ink without it."""
    ink = (1 - grey / 255).astype(np.float32)
    ruling = find_ruling(ink, grey)
    return ruling, without_ruling(ink, ruling)


@pytest.mark.parametrize(
    ("boxes", "wide", "high", "thick"), [(1, 24, 28, 2), (1, 300, 33, 3), (2, 40, 40, 3), (4, 24, 28, 3)]
)
def test_blank_boxes_are_boxes_however_few_and_small(grey, boxes, wide, high, thick):
    for place in range(boxes):
        left = 100 + 60 * place
        cv2.rectangle(grey, (left, 200), (left + wide, 200 + high), 0, thick)
    ruling, left_ink = _found(grey)
    assert len(ruling.cells) == boxes
    assert (left_ink > 0.5).sum() == 0


def test_a_loop_with_corners_is_a_stroke(grey):
    cv2.rectangle(grey, (100, 200), (128, 232), 0, 8)  # its inside is three strokes wide
    ruling, _ = _found(grey)
    assert not len(ruling.cells)
    assert not ruling.mask.any()


@pytest.mark.parametrize("tilt", [-30, 0, 30])
def test_ruled_lines_go_and_the_stroke_that_crosses_stays(grey, tilt):
    for y in range(100, 600, 100):
        cv2.line(grey, (0, y), (899, y + tilt), 140, 2)
    cv2.line(grey, (450, 130), (470, 280), 0, 8)
    _, left = _found(grey)
    assert (left[:, :400] > 0.3).sum() == 0
    stroke = cv2.line(np.zeros_like(grey), (450, 130), (470, 280), 255, 4)
    assert (left[stroke > 0] > 0.5).mean() > 0.97


def test_a_row_of_black_boxes_goes_and_is_found_as_cells(grey):
    for place in range(6):
        cv2.rectangle(grey, (100 + 80 * place, 200), (180 + 80 * place, 280), 0, 3)
    cv2.line(grey, (140, 215), (140, 265), 0, 6)
    cv2.ellipse(grey, (220, 240), (16, 26), 0, 0, 360, 0, 6)
    ruling, left = _found(grey)
    assert len(ruling.cells) == 6
    assert (left[:, 270:] > 0.5).sum() == 0
    assert left[240, 140] > 0.9
    assert left[240, 204] > 0.9


def test_thick_walls_of_small_boxes_go_whole_and_the_bar_of_a_7_that_touches_one_stays(grey):
    for place in range(4):
        cv2.rectangle(grey, (100 + 52 * place, 200), (144 + 52 * place, 244), 0, 7)
    seven = np.array([(109, 209), (134, 209), (118, 236)], np.int32)
    cv2.polylines(grey, [seven], False, 0, 4)
    ruling, left = _found(cv2.GaussianBlur(grey, (0, 0), 1.2))
    assert len(ruling.cells) == 4
    bar = cv2.polylines(np.zeros_like(grey), [seven], False, 255, 2)
    assert (left[bar > 0] > 0.5).mean() > 0.95
    assert (left[:, 142:] > 0.3).sum() == 0


def test_large_digits_of_straight_strokes_are_no_ruling(grey):
    cv2.line(grey, (200, 60), (200, 540), 0, 12)
    cv2.line(grey, (400, 80), (700, 80), 0, 12)
    cv2.line(grey, (700, 80), (560, 540), 0, 12)
    assert not _found(grey)[0].mask.any()


@pytest.mark.parametrize("radii", [(10, 11), (14, 15), (20, 24), (40, 44)])
def test_a_0_is_no_printed_box(grey, radii):
    for place in range(3):
        cv2.ellipse(grey, (200 + 120 * place, 300), radii, 0, 0, 360, 0, 4)
    ruling, _ = _found(grey)
    assert not len(ruling.cells)
    assert not ruling.mask.any()


def test_the_edge_of_a_sheet_is_no_box_around_the_boxes_on_it(grey):
    cv2.rectangle(grey, (30, 30), (870, 570), 0, 4)
    for place in range(4):
        cv2.rectangle(grey, (200 + 100 * place, 250), (270 + 100 * place, 320), 0, 3)
    cells = _found(grey)[0].cells
    assert len(cells) == 4
    assert (cells.max(axis=1) - cells.min(axis=1)).max() < 80


@pytest.mark.parametrize("tilt", [0, 6])
def test_of_fine_boxes_nothing_is_left(grey, tilt):
    for place in range(7):
        x, y = 100 + 60 * place, 300 + tilt * place // 7
        cv2.line(grey, (x, y), (x, y + 60), 0, 1)
    cv2.line(grey, (100, 300), (460, 300 + tilt), 0, 1)
    cv2.line(grey, (100, 360), (460, 360 + tilt), 0, 1)
    cv2.line(grey, (130, 315), (134, 350), 0, 4)
    left = _found(grey)[1] > 0.5
    written = cv2.dilate(cv2.line(np.zeros_like(grey), (130, 315), (134, 350), 255, 4), np.ones((3, 3))) > 0
    assert not (left & ~written).any()
    assert (left & written).sum() > 100


@pytest.mark.filterwarnings("error")
def test_blank_squared_paper_is_blank_without_its_squares(grey):
    for place in range(0, 900, 60):
        cv2.line(grey, (place, 0), (place, 599), 60, 2)
        cv2.line(grey, (0, place), (899, place), 60, 2)
    assert (_found(grey)[1] > 0.3).sum() == 0


def test_strokes_across_upright_lines_stay_whole(grey):
    for x in range(100, 900, 90):
        cv2.line(grey, (x, 0), (x, 599), 0, 3)
    cv2.line(grey, (160, 300), (220, 302), 0, 8)
    ruling, left = _found(grey)
    assert (left[:250] > 0.3).sum() == 0
    stroke = cv2.line(np.zeros_like(grey), (160, 300), (220, 302), 255, 8)
    assert ruling.mask[stroke > 0].mean() < 0.02 * 255
