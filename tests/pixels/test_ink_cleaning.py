import numpy as np

from drawn_ink import strokes
from inklens.pixels import keep_writing, without_adjacent_writing, without_specks

INK = strokes(scale=0.7, offset=(15, 15))


def dropped(extra):
    """What is left of the writing, and of the extra ink, after keep_writing; shares of 1."""
    kept = keep_writing(np.maximum(INK, extra))
    return kept[INK > 0].sum() / INK.sum(), kept[(extra > 0) & (INK == 0)].sum() / extra.sum()


def test_both_pieces_of_a_broken_five_are_kept():
    assert np.array_equal(keep_writing(INK), INK)


def test_specks_are_dropped():
    specks = np.zeros_like(INK)
    for y, x in ((20, 30), (250, 200), (140, 260), (60, 240)):
        specks[y : y + 4, x : x + 4] = 1
    assert dropped(specks) == (1, 0)


def test_a_cut_drops_specks_and_keeps_straight_lines():
    ink = strokes()
    ink[0, :] = ink[-1, :] = 1
    speckled = ink.copy()
    speckled[5:8, 5:8] = 1
    assert np.array_equal(without_specks(speckled), ink)
    assert without_specks(ink) is ink
    assert not keep_writing(ink)[0].any(), "where a line may be a frame's it goes"


def test_a_whole_box_around_it_is_dropped():
    box = np.zeros_like(INK)
    box[4:8, 4:-4] = box[-8:-4, 4:-4] = 1
    box[4:-4, 4:8] = box[4:-4, -8:-4] = 1
    assert dropped(box) == (1, 0)


def test_what_is_left_of_two_sides_of_a_box_is_dropped():
    sides = np.zeros_like(INK)
    sides[:3] = 1
    sides[:, -5:-1] = 0.7
    assert dropped(sides) == (1, 0)


def test_a_side_that_the_digit_touches_is_cut_off():
    ink = np.roll(INK, 280 - 1 - np.nonzero(INK.any(axis=1))[0].max(), axis=0)
    kept = keep_writing(np.maximum(ink, np.pad(np.ones((4, 280), np.float32), ((276, 0), (0, 0)))))
    assert kept[:270].sum() == ink[:270].sum()
    assert kept[276:, :60].max() == 0


def test_a_digit_that_is_a_straight_line_stays():
    one = np.zeros((100, 40), np.float32)
    one[5:95, 18:23] = 1
    assert np.array_equal(keep_writing(one), one)
    assert np.array_equal(keep_writing(one[5:95, 16:25]), one[5:95, 16:25])


def test_no_ink_stays_no_ink():
    assert not keep_writing(np.zeros((28, 28), np.float32)).any()


def test_strokes_of_a_neighbour_at_the_border_are_dropped_and_a_digit_of_its_own_is_not():
    digit, neighbour = np.zeros((2, 40, 40), np.float32)
    digit[4:36, 10:14] = digit[4:8, 10:30] = 1
    neighbour[10:30, :3] = 1
    for one, beside in ((digit, neighbour), (digit[:, ::-1], neighbour[:, ::-1])):
        assert np.array_equal(without_adjacent_writing(one + beside), one)
    assert without_adjacent_writing(digit) is digit
    inside = np.roll(neighbour, 2, axis=1)
    assert np.array_equal(without_adjacent_writing(digit + inside), digit + inside)
    ten = np.zeros((40, 40), np.float32)
    ten[2:38, 14:] = 1
    ten[8:32, 20:34] = 0
    ten[2:38, :3] = 1
    assert np.array_equal(without_adjacent_writing(ten), ten)


def test_a_part_of_a_broken_digit_that_reaches_the_border_is_kept():
    flag = np.zeros((40, 40), np.float32)
    flag[10:40, 4:8] = flag[36:40, 4:30] = flag[20:24, 4:30] = 1
    flag[0:4, 14:40] = 1  # of a 5, over the rest of it
    assert np.array_equal(without_adjacent_writing(flag), flag)
