import cv2
import numpy as np

from inklens.reading.pieces import find_pieces


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


def test_two_halves_as_high_together_as_their_neighbours_are_one():
    beside = ((50, 50), (50, 150)), ((250, 50), (250, 150))
    halves = ((150, 50), (150, 92)), ((150, 106), (150, 150))
    assert len(_found(*beside, *halves)) == 3


def test_dust_is_dropped_and_an_empty_page_has_no_pieces():
    assert len(_found(((50, 50), (50, 150)), ((200, 200), (200, 200)))) == 1
    assert _found() == []
