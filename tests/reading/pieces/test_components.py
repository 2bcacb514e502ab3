import cv2
import numpy as np

from inklens.reading.pieces.components import find_pieces


def _found(*strokes):
    """The pieces of a page with these strokes (from, to), 8 pixels wide."""
    page = np.zeros((300, 500), np.uint8)
    for start, end in strokes:
        cv2.line(page, start, end, 255, 8)
    return find_pieces(page / np.float32(255), page)


def test_each_connected_stroke_is_a_piece_with_its_own_ink():
    one, other = _found(((50, 50), (50, 150)), ((100, 50), (180, 150)))
    assert {one.ink.shape, other.ink.shape} == {(one.height, one.width), (other.height, other.width)}
    assert sorted((one.left, other.left)) == [46, 96]


def test_the_bar_of_a_5_joins_it_and_a_comma_does_not():
    five = ((100, 60), (100, 100)), ((100, 100), (140, 130)), ((140, 130), (100, 160))
    assert len(_found(*five, ((106, 45), (145, 45)))) == 1
    assert len(_found(*five, ((160, 165), (155, 178)))) == 2


def test_two_halves_as_high_together_as_the_digits_beside_them_are_one():
    beside = ((50, 50), (50, 150)), ((250, 50), (250, 150))
    halves = ((150, 50), (150, 92)), ((150, 106), (150, 150))
    assert len(_found(*beside, *halves)) == 3


def test_dust_is_dropped_and_an_empty_page_has_no_pieces():
    assert len(_found(((50, 50), (50, 150)), ((200, 200), (200, 200)))) == 1
    assert _found() == []


def test_the_edge_of_a_sheet_is_no_piece_and_no_measure_of_digits():
    page = np.zeros((700, 900), np.uint8)
    for side in (40, 860):  # the sheet lies a little askew
        cv2.line(page, (side, 20), (side + 12, 680), 255, 3)
    rows, columns = range(100, 600, 65), range(120, 820, 60)
    for top in rows:
        for left in columns:
            cv2.line(page, (left, top), (left + 8, top + 40), 255, 6)
    pieces = find_pieces(page / np.float32(255), page)
    assert len(pieces) == len(rows) * len(columns)
    assert max(piece.height for piece in pieces) < 60
