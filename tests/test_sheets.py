import numpy as np
import pytest

import sheets
from inklens.pixels.ink_placing import stroke_width
from sheets.glyphs import draw_digit
from sheets.paper import Camera

WITH_NUMBERS = [kind for kind, style in sheets.KINDS.items() if style.numbers]


def _inside(box, size):
    return (box >= 0).all() and (box <= np.array(size[::-1])).all()


def _cut_out(page, box):
    left, top = np.floor(box.min(0)).astype(int)
    right, bottom = np.ceil(box.max(0)).astype(int)
    return page.picture[top:bottom, left:right].mean(2)


@pytest.mark.parametrize("kind", sheets.KINDS)
def test_a_seed_always_draws_the_same_page(kind):
    first, again = sheets.draw(kind, 7), sheets.draw(kind, 7)
    np.testing.assert_array_equal(first.picture, again.picture)
    assert [number.text for number in first.numbers] == [number.text for number in again.numbers]


@pytest.mark.parametrize("kind", sheets.KINDS)
def test_another_seed_draws_another_page(kind):
    first, other = sheets.draw(kind, 1), sheets.draw(kind, 2)
    assert first.picture.shape != other.picture.shape or (first.picture != other.picture).any()


@pytest.mark.parametrize("kind", sheets.KINDS)
def test_a_page_is_a_colour_picture_of_a_photos_size(kind):
    picture = sheets.draw(kind, 3).picture
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert 480 <= min(picture.shape[:2]) <= max(picture.shape[:2]) <= 1700


@pytest.mark.parametrize("kind", WITH_NUMBERS)
def test_every_digit_of_the_truth_lies_in_the_picture(kind):
    for seed in range(3):
        page = sheets.draw(kind, seed)
        assert page.numbers
        for number in page.numbers:
            assert number.text == "".join(str(digit.label) for digit in number.digits)
            assert all(_inside(digit.box, page.picture.shape[:2]) for digit in number.digits)


@pytest.mark.parametrize("kind", [kind for kind in WITH_NUMBERS if kind != "pencil"])
def test_the_boxes_of_the_truth_hold_ink(kind):
    """Within a digit's box there are both paper and strokes that differ clearly from it."""
    page = sheets.draw(kind, 4)
    for digit in (digit for number in page.numbers for digit in number.digits):
        darkest, lightest = np.percentile(_cut_out(page, digit.box), [5, 95])
        assert lightest - darkest > 30


@pytest.mark.parametrize("kind", ["plain", "slanted", "diagonal", "touching"])
def test_there_is_no_ink_outside_of_the_truth(kind):
    """With all numbers painted over, what is left is paper (and a desk's edge, in the outer tenth)."""
    page = next(page for page in (sheets.draw(kind, seed) for seed in range(20)) if not _has_desk(page))
    left = page.picture.mean(2)
    ground = np.median(left)
    for number in page.numbers:
        low, high = number.box.min(0).astype(int) - 4, number.box.max(0).astype(int) + 5
        left[low[1] : high[1], low[0] : high[0]] = ground
    darker = left < 0.65 * ground
    assert darker.mean() < 0.001


def _has_desk(page):
    edge = page.picture[[0, -1]].mean(2)
    return edge.min() < 0.7 * np.median(page.picture)


@pytest.mark.parametrize("kind", [kind for kind, style in sheets.KINDS.items() if not style.numbers])
def test_pages_of_words_have_no_numbers_but_ink(kind):
    for seed in range(3):
        page = sheets.draw(kind, seed)
        assert page.numbers == ()
        assert page.picture[60:-60, 60:-60].std() > 5


def test_a_diagonal_line_has_turned_boxes():
    page = sheets.draw("diagonal", 0)
    for number in page.numbers:
        along = number.box[1] - number.box[0]
        assert 10 < abs(np.degrees(np.arctan2(along[1], along[0]))) < 40


def test_a_glyph_has_the_height_and_the_stroke_that_were_asked_for():
    rng = np.random.default_rng(0)
    for stroke in (0.08, 0.2):
        glyphs = [draw_digit(rng, 90, stroke, label=label).mask for label in (3, 5, 7) for _ in range(5)]
        assert all(80 <= len(mask) <= 91 for mask in glyphs if mask.shape[1] < 90)
        assert np.median([stroke_width(mask) for mask in glyphs]) == pytest.approx(stroke * 90, rel=0.3)


def test_a_broken_digit_has_less_ink():
    whole = draw_digit(np.random.default_rng(1), 80, 0.1, label=8).mask
    broken = draw_digit(np.random.default_rng(1), 80, 0.1, label=8, broken=True).mask
    assert 0.7 * whole.sum() < broken.sum() < 0.995 * whole.sum()


def test_a_camera_that_does_nothing_moves_no_point():
    points = np.array([(3.0, 4.0), (90.0, 20.0)])
    np.testing.assert_allclose(Camera(np.eye(3), 0.5, 1, 90).place(points), points)
