import numpy as np
import pytest

from inklens.reading.numbers.chains import alone_in_boxes, find_chains


@pytest.mark.parametrize("slope", [-0.8, -0.3, 0.0, 0.3, 0.8])
def test_a_number_is_one_chain_at_any_slant(piece, slope):
    pieces = [piece(300 + 45 * place, 400 + slope * 45 * place) for place in (3, 0, 2, 1, 4)]
    assert find_chains(pieces) == [[1, 3, 2, 0, 4]]


def test_lines_below_each_other_do_not_mix(piece):
    pieces = [piece(100 + 45 * place, 100 + 90 * line) for line in range(3) for place in range(4)]
    assert sorted(find_chains(pieces)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_a_wide_gap_ends_a_number_and_a_slim_1_does_not(piece):
    apart = [piece(x, 100) for x in (100, 140, 180, 280, 320, 360)]
    assert sorted(find_chains(apart)) == [[0, 1, 2], [3, 4, 5]]
    slim = [piece(x, 100, 6 if x == 190 else 30) for x in (100, 145, 190, 235)]
    assert find_chains(slim) == [[0, 1, 2, 3]]


def test_boxes_for_one_digit_each_hold_a_number_together(piece):
    pieces = [piece(x, 100, 14, 20) for x in (100, 170, 240)]
    cells = np.array([[(x, 65), (x + 66, 65), (x + 66, 135), (x, 135)] for x in (67, 137, 207)], np.float64)
    assert sorted(find_chains(pieces)) == [[0], [1], [2]]
    assert find_chains(pieces, cells) == [[0, 1, 2]]


def test_only_a_piece_alone_in_a_box_for_one_digit_is_surely_one_digit(piece):
    cells = np.array([[(x, 65), (x + 66, 65), (x + 66, 135), (x, 135)] for x in (67, 137, 207)], np.float64)
    wide = np.array([[(300, 65), (600, 65), (600, 135), (300, 135)]], np.float64)
    pieces = [piece(x, 100, 14, 20) for x in (100, 160, 180, 400, 900)]
    alone = alone_in_boxes(pieces, np.concatenate([cells, wide]))
    assert alone.tolist() == [True, False, False, False, False]
    assert not alone_in_boxes(pieces, cells[:0]).any()


def test_a_page_without_pieces_has_no_chains():
    assert find_chains([]) == []


def test_where_a_page_has_two_kinds_of_gaps_the_wide_ones_are_between_numbers(piece):
    """27 28 and 40 41 42: the gaps between are narrower than any that ends a number by itself."""
    x = [100, 140, 220, 260]
    others = [100, 140, 220, 260, 340, 380]
    pieces = [piece(at, 100) for at in x] + [piece(at, 300) for at in others]
    assert sorted(find_chains(pieces)) == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]


def test_digits_far_apart_are_single_numbers_if_they_are_to_be_separate(piece):
    pieces = [piece(100 + 75 * place, 100) for place in range(4)]
    assert find_chains(pieces) == [[0, 1, 2, 3]]
    assert find_chains(pieces, separate=True) == [[0], [1], [2], [3]]


def test_the_gaps_of_touching_digits_are_those_between_their_outermost(piece):
    """Three digits that touch are one wide piece, whose middle is far from the next digit."""
    rows = [100, 200, 300]
    single = [piece(100 + 40 * place, y) for y in rows for place in range(3)]
    wide = [piece(265, y, 120) for y in rows]
    assert sorted(find_chains([*single, *wide])) == [
        [3 * row, 3 * row + 1, 3 * row + 2, 9 + row] for row in range(3)
    ]
