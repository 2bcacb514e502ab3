import cv2
import numpy as np
import pytest

from inklens.reading.pieces.components import find_pieces
from inklens.reading.pieces.piece import Piece, merged


@pytest.mark.parametrize("skew", [-0.6, 0.3, 0.9])
def test_a_deskewed_piece_is_upright_and_its_corners_stay_where_it_lies(skew):
    page = np.zeros((400, 400), np.uint8)
    corners = cv2.boxPoints(((210, 190), (40, 120), np.degrees(skew)))
    cv2.fillPoly(page, [np.rint(corners).astype(np.int32)], 255)
    (piece,) = find_pieces(page / np.float32(255), page)
    level = piece.deskewed(skew)
    assert (level.width, level.height) == (pytest.approx(41, abs=3), pytest.approx(121, abs=3))
    assert level.ink.mean() > 0.93
    assert level.corners.mean(axis=0) == pytest.approx((210, 190), abs=2)
    away = np.linalg.norm(level.corners[:, None] - corners[None], axis=2).min(axis=1)
    assert away.max() < 4


def test_merged_pieces_keep_the_ink_of_both():
    one = Piece(10, 20, 5, 8, np.full((8, 5), 0.4, np.float32))
    other = Piece(13, 26, 6, 4, np.full((4, 6), 0.9, np.float32))
    both = merged(one, other)
    assert (both.left, both.top, both.right, both.bottom) == (10, 20, 19, 30)
    assert both.ink[0, 0] == np.float32(0.4)
    assert both.ink[7, 4] == both.ink[9, 8] == np.float32(0.9)
    assert both.ink[9, 0] == both.ink[0, 8] == 0
