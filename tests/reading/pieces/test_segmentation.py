import cv2
import numpy as np

from inklens.reading.pieces.hypotheses import classify
from inklens.reading.pieces.piece import Piece
from inklens.reading.pieces.segmentation import find_segmentations


def _piece(*strokes, size=(120, 200)):
    ink = np.zeros(size, np.uint8)
    for start, end in strokes:
        cv2.line(ink, start, end, 255, 9)
    left, top, wide, tall = cv2.boundingRect(ink)
    cut = ink[top : top + tall, left : left + wide] / np.float32(255)
    return Piece(left, top, wide, tall, cut)


def test_two_ones_and_the_line_that_joins_them_are_cut_into_two(classifier):
    piece = _piece(((30, 10), (30, 110)), ((160, 10), (160, 110)), ((30, 60), (160, 60)))
    (digit,) = classify([piece], classifier)
    (options,) = find_segmentations([digit], classifier, cut_all=False)
    one, other = options[2].digits
    assert one.piece.right <= other.piece.left + 10
    assert one.cut
    assert {one.label, other.label} <= {"1", "4", "7"}
    assert abs(one.piece.ink.sum() + other.piece.ink.sum() - piece.ink.sum()) < 0.05 * piece.ink.sum()


def test_a_cut_winds_around_a_stroke_that_leans_over_it(classifier):
    """A 7 over a 1: no straight cut leaves both whole."""
    seven = ((20, 15), (110, 15)), ((110, 15), (60, 105))
    piece = _piece(*seven, ((110, 45), (110, 108)), ((92, 60), (110, 60)))
    (options,) = find_segmentations(classify([piece], classifier), classifier, cut_all=True)
    assert "7" in {digit.label for digit in options[2].digits}


def test_a_piece_of_a_row_or_two_is_not_cut(classifier):
    low = Piece(0, 0, 40, 1, np.ones((1, 40), np.float32))
    (options,) = find_segmentations(classify([low], classifier), classifier, cut_all=True)
    assert list(options) == [1]
