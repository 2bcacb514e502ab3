import numpy as np
import pytest

from inklens.reading.numbers.text_lines import group_into_lines, skew_angles


def test_numbers_come_line_by_line_from_left_to_right_on_a_skewed_page(piece):
    places = [(x, y + 0.1 * x) for y in (100, 200) for x in (100, 500)]
    numbers = [[piece(x + 45 * digit, y + 4.5 * digit) for digit in range(3)] for x, y in places]
    assert group_into_lines([numbers[3], numbers[0], numbers[2], numbers[1]]) == [[1, 3], [2, 0]]


def test_a_page_without_numbers_has_no_lines():
    assert group_into_lines([]) == []


@pytest.mark.parametrize("slope", [-0.6, 0.4])
def test_all_numbers_of_a_slanted_page_have_its_skew(piece, slope):
    chains = [
        [piece(200 + 45 * place, 300 + 100 * line + slope * 45 * place) for place in range(length)]
        for line, length in enumerate((5, 4, 1))
    ]
    assert skew_angles(chains) == pytest.approx([np.arctan(slope)] * 3, abs=0.03)


def test_digits_of_different_height_give_a_level_number_no_skew(piece):
    tall, low = piece(100, 100, 30, 60), piece(145, 110, 30, 40)
    assert skew_angles([[tall, low], [piece(100, 200), piece(145, 201), piece(190, 200)]]) == [0, 0]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("bend", [-160, 60, 160])
def test_a_hundred_numbers_in_eight_bending_lines_are_in_their_places(piece, seed, bend):
    rng = np.random.default_rng(seed)
    places = []
    for line, count in enumerate((13, 12, 13, 12, 13, 12, 13, 12)):
        for x in np.linspace(80, 1900, count) + rng.uniform(-30, 30, count):
            y = 350 + 110 * line + bend * np.sin(np.pi * x / 2000) + 0.05 * x + rng.uniform(-8, 8)
            places.append((line, x, y))
    numbers = [[piece(x + 40 * digit, y, 30, 50) for digit in range(2)] for _, x, y in places]
    mixed = rng.permutation(len(numbers)).tolist()
    lines = group_into_lines([numbers[index] for index in mixed])
    found = [[mixed[index] for index in line] for line in lines]
    assert found == [[index for index, (own, *_) in enumerate(places) if own == line] for line in range(8)]


def test_short_lines_that_bend_with_the_others_are_in_order(piece):
    def bent(x, line):
        return 200 + 90 * line + 0.0002 * (x - 700) ** 2

    numbers = [
        [piece(x, bent(x, line))] for line in range(3) for x in range(100, 1400, 150) if line != 1 or x < 300
    ]
    counts = [len(line) for line in group_into_lines(numbers)]
    assert counts == [9, 2, 9]


def test_neighbours_in_one_line_do_not_bend_the_rest_of_the_page(piece):
    neighbours = [piece(100, 200), piece(220, 206), piece(340, 198)]
    wide = [[piece(100, 310 + 110 * line), piece(1900, 313 + 110 * line)] for line in range(4)]
    numbers = [[one] for one in (*neighbours, *(one for line in wide for one in line))]
    assert group_into_lines(numbers) == [[0, 1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]
