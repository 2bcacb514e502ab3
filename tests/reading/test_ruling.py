import cv2
import numpy as np
import pytest

from inklens.reading.ruling import find_ruling, remove


def _page(draw):
    """Ink and grey of a white page on which `draw` draws in black or grey."""
    grey = np.full((600, 900), 255, np.uint8)
    draw(grey)
    return (1 - grey / 255).astype(np.float32), grey


@pytest.mark.parametrize("tilt", [-30, 0, 30])
def test_ruled_lines_go_and_the_stroke_that_crosses_stays(tilt):
    def draw(grey):
        for y in range(100, 600, 100):
            cv2.line(grey, (0, y), (899, y + tilt), 140, 2)
        cv2.line(grey, (450, 130), (470, 280), 0, 8)

    ink, grey = _page(draw)
    left = remove(ink, find_ruling(ink, grey).taken)
    assert (left[:, :400] > 0.3).sum() == 0
    stroke = cv2.line(np.zeros_like(grey), (450, 130), (470, 280), 255, 4)
    assert (left[stroke > 0] > 0.5).mean() > 0.97


def test_a_row_of_black_boxes_goes_and_is_found_as_cells():
    def draw(grey):
        for place in range(6):
            cv2.rectangle(grey, (100 + 80 * place, 200), (180 + 80 * place, 280), 0, 3)
        cv2.line(grey, (140, 215), (140, 265), 0, 6)
        cv2.ellipse(grey, (220, 240), (16, 26), 0, 0, 360, 0, 6)

    ink, grey = _page(draw)
    ruling = find_ruling(ink, grey)
    assert len(ruling.cells) == 6
    left = remove(ink, ruling.taken)
    assert (left[:, 270:] > 0.5).sum() == 0
    assert left[240, 140] > 0.9
    assert left[240, 204] > 0.9


def test_large_digits_of_straight_strokes_are_no_ruling():
    def draw(grey):
        cv2.line(grey, (200, 60), (200, 540), 0, 12)
        cv2.line(grey, (400, 80), (700, 80), 0, 12)
        cv2.line(grey, (700, 80), (560, 540), 0, 12)

    ink, grey = _page(draw)
    assert not find_ruling(ink, grey).taken.any()
