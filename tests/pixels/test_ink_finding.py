import cv2
import numpy as np
import pytest

from drawn_ink import on_paper, ramp, strokes
from inklens.pixels import find_ink


def lying_on_a_desk(ink, above, right, below, left, desk=60, light=1.0):
    """A note on a desk: the picture, and how much ink each of its pixels holds."""
    sides = ((above, below), (left, right))
    picture = np.pad(on_paper(ink).astype(np.float32), sides, constant_values=desk) * light
    return np.rint(picture).astype(np.uint8), np.pad(ink, sides)


def alike(found, truth):
    return np.corrcoef(found.ravel(), truth.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("margins", [(8, 8, 8, 8), (20, 20, 20, 20), (20, 10, 30, 15), (0, 20, 0, 20)])
@pytest.mark.parametrize("inverted", [False, True])
def test_of_a_note_on_a_desk_the_ink_on_the_note(margins, inverted):
    picture, truth = lying_on_a_desk(strokes(100), *margins)
    assert alike(find_ink(255 - picture if inverted else picture), truth)


def test_a_note_may_be_small_and_its_light_fall():
    picture, truth = lying_on_a_desk(strokes(28, pen=0.1), 5, 4, 5, 4)
    assert alike(find_ink(picture), truth)
    picture, truth = lying_on_a_desk(strokes(100), 20, 20, 20, 20, light=ramp(140, 0.7))
    assert alike(find_ink(picture), truth)


def test_a_note_may_lie_askew():
    picture, truth = lying_on_a_desk(strokes(300), 80, 80, 80, 80)
    turn = cv2.getRotationMatrix2D((230, 230), 15, 1)
    picture = cv2.warpAffine(picture, turn, picture.shape[::-1], borderValue=60)
    assert alike(find_ink(picture), cv2.warpAffine(truth, turn, truth.shape[::-1]))


def test_a_printed_box_is_not_the_ground():
    ink = strokes(100, pen=0.08)
    boxed = on_paper(cv2.rectangle(ink.copy(), (0, 0), (99, 99), 1.0, 7))
    found = find_ink(boxed)[10:-10, 10:-10]
    assert alike(found, ink[10:-10, 10:-10])


DIGITS_WITH_CORNERS = {
    0: [[(20, 10), (80, 10), (80, 90), (20, 90), (20, 10)]],
    8: [[(20, 10), (80, 10), (80, 90), (20, 90), (20, 10)], [(20, 50), (80, 50)]],
}


@pytest.mark.parametrize("digit", DIGITS_WITH_CORNERS)
@pytest.mark.parametrize("pen", [6, 10, 18, 24])
def test_a_broad_digit_with_corners_is_no_sheet(digit, pen):
    ink = np.zeros((100, 100), np.float32)
    for line in DIGITS_WITH_CORNERS[digit]:
        cv2.polylines(ink, [np.array(line)], False, 1.0, pen)
    assert alike(find_ink(on_paper(ink)), ink)


def test_a_given_polarity_is_kept():
    picture, truth = lying_on_a_desk(strokes(100), 20, 20, 20, 20)
    assert not alike(find_ink(picture, dark=False), truth)
