import cv2
import numpy as np
import pytest

from inklens.reading.pieces.fragments import join_fragments
from inklens.reading.pieces.hypotheses import classify
from inklens.reading.pieces.piece import Piece


def _row(digits):
    """Four digits of 80 pixels side by side, as pieces."""
    pieces = []
    for place, image in enumerate(digits.test.batch(slice(0, 4))[..., 0]):
        left, top, wide, tall = cv2.boundingRect((image > 60).astype(np.uint8))
        ink = cv2.resize(image[top : top + tall, left : left + wide] / np.float32(255), None, fx=4, fy=4)
        pieces.append(Piece(100 * place, 100, ink.shape[1], ink.shape[0], ink))
    return pieces


def _square(left, top, side):
    return Piece(left, top, side, side, np.ones((side, side), np.float32))


def test_a_dot_between_digits_is_left_out_or_joined_and_the_digits_stay(digits, classifier):
    row = _row(digits)
    dot = _square(row[1].right + 8, row[1].top + 30, 12)
    found = join_fragments(classify([*row, dot], classifier), classifier)
    assert len(found) == 4
    for digit, piece in zip(found, row, strict=True):
        assert digit.piece.left <= piece.left < piece.right <= digit.piece.right


def _halves(whole, share, gap):
    """The upper part of a piece and, a few rows below it, the rest."""
    rows = round(share * whole.height)
    low = rows + gap
    return (
        Piece(whole.left, whole.top, whole.width, rows, whole.ink[:rows]),
        Piece(whole.left, whole.top + low, whole.width, whole.height - low, whole.ink[low:]),
    )


def test_what_came_off_a_digit_goes_back_to_it(digits, classifier):
    row = _row(digits)
    whole = row[2]
    cap, rest = _halves(whole, 0.3, gap=3)
    (before,) = classify([whole], classifier)
    found = join_fragments(classify([row[0], row[1], cap, rest, row[3]], classifier), classifier)
    assert len(found) == 4
    joined = next(digit for digit in found if digit.piece.left == whole.left)
    assert (joined.piece.top, joined.piece.bottom) == (whole.top, whole.bottom)
    assert joined.label == before.label


def test_without_pieces_there_is_nothing_to_do(classifier):
    assert join_fragments([], classifier) == []


@pytest.mark.parametrize("turned", [False, True])
def test_two_halves_that_are_both_low_become_one_digit_again(digits, classifier, turned):
    row = _row(digits)
    whole = row[2]
    halves = _halves(whole, 0.45, gap=2)
    digits_read = classify([row[0], row[1], *halves[:: -1 if turned else 1], row[3]], classifier)
    kept = join_fragments(digits_read, classifier, keep=True)
    ink = sum(float(digit.piece.ink.sum()) for digit in kept)
    assert ink == pytest.approx(sum(float(digit.piece.ink.sum()) for digit in digits_read))
    (joined,) = [digit for digit in kept if digit.piece.left == whole.left]
    assert joined.piece.height == whole.height
