from dataclasses import replace

import numpy as np
import pytest

from inklens.reading.numbers.selection import best_digits, in_context, select_number_of, select_numbers
from inklens.reading.pieces.hypotheses import DigitHypothesis
from inklens.reading.pieces.piece import Piece
from inklens.reading.pieces.segmentation import Segmentation

PIECE = Piece(0, 0, 10, 20, np.ones((20, 10), np.float32))
FRAMED = np.zeros((28, 28, 1), np.uint8)


def _digit(label, probability, status="ok", cut=False):
    return DigitHypothesis(PIECE, FRAMED, label, probability, status, cut)


def _segmentation(*digits):
    return Segmentation(digits, sum(digit.cost for digit in digits))


def test_a_number_stays_and_a_word_is_left_out():
    number = [_digit("4", 0.9999), _digit("2", 0.9995), _digit("7", 0.97)]
    word = [_digit("0", 0.9), _digit("1", 0.99), _digit("6", 0.6, "unknown"), _digit("7", 0.85)]
    assert select_numbers([number, word]) == [number, []]


def test_circles_and_strokes_of_a_word_are_little_evidence_of_a_number():
    words = [[_digit("6", 0.7), _digit("1", 0.9), _digit("4", 0.6)]] * 2
    school = [_digit("5", 0.97), _digit("2", 0.7, "unknown"), *(_digit(label, 0.9995) for label in "001")]
    number = [_digit("5", 0.97), *(_digit(label, 0.9995) for label in "2001")]
    assert select_numbers([*words, school])[-1] == []
    assert select_numbers([*words, number])[-1] == number
    zeros = [_digit("0", 0.9995)] * 3
    assert select_numbers([zeros]) == [zeros]


def test_doubtful_digits_in_printed_boxes_are_a_number():
    doubtful = [_digit("6", 0.4, "unknown"), _digit("6", 0.3, "unknown"), _digit("5", 0.999)]
    assert select_numbers([doubtful]) == [[]]
    assert select_numbers([doubtful], in_boxes=[True]) == [doubtful]


def test_one_odd_digit_does_not_cost_a_long_number():
    number = [*(_digit(str(digit), 0.9995) for digit in range(5)), _digit("7", 0.4, "unknown")]
    assert select_numbers([number]) == [number]


def test_a_lone_letter_on_a_page_of_words_is_no_digit():
    words = [[_digit("6", 0.7), _digit("1", 0.9), _digit("4", 0.6)]] * 8
    letter = [_digit("0", 0.9995)]
    assert select_numbers([*words, letter])[-1] == []
    assert select_numbers([letter]) == [letter]


def test_a_lone_doubtful_number_among_words_is_one_of_them():
    words = [[_digit("6", 0.7), _digit("1", 0.9), _digit("4", 0.6)]] * 12
    doubtful = [_digit("4", 0.997), _digit("2", 0.997), _digit("5", 0.997)]
    clear = [_digit(str(digit), 0.9995) for digit in range(6)]
    assert select_numbers([doubtful]) == [doubtful]
    assert select_numbers([*words, doubtful])[-1] == []
    assert select_numbers([*words, clear, doubtful])[-2:] == [clear, doubtful]


def test_words_above_take_no_digits_that_stand_alone_on_lines_of_their_own():
    words = [
        [
            replace(_digit(label, 0.7), piece=replace(PIECE, left=20 * place, top=line))
            for place, label in enumerate("614")
        ]
        for line in (0, 60, 120, 180, 240, 300)
    ]
    alone = [
        [replace(_digit("5", 0.9995), piece=replace(PIECE, left=100 * place, top=500))] for place in range(5)
    ]
    doubtful = [replace(_digit("3", 0.995), piece=replace(PIECE, left=600, top=500))]
    assert select_numbers([*words, *alone, doubtful])[6:] == [*alone, doubtful]
    among_words = [replace(doubtful[0], piece=replace(PIECE, left=100, top=0))]
    assert select_numbers([*words, among_words])[-1] == []


@pytest.mark.parametrize(("probability", "status"), [(0.55, "ok"), (0.45, "unknown")])
def test_in_a_clear_number_an_unknown_digit_is_read_if_it_is_more_probable_than_not(probability, status):
    odd = _digit("7", probability, "unknown")
    number = [*(_digit(str(digit), 0.9995) for digit in range(2, 6)), odd]
    (selected,) = select_numbers([number])
    assert [digit.status for digit in selected] == ["ok"] * 4 + [status]
    assert select_numbers([number], use_context=False) == [number]
    unclear = [_digit("4", 0.999), odd]
    assert select_numbers([unclear]) == [unclear]


def test_context_says_that_ink_is_a_digit_and_not_which_one():
    """Ink that may be no digit becomes one in a number; a 7 that may be a 2 becomes no more certain."""
    clear = [_digit(str(digit), 0.9995) for digit in range(2, 6)]
    odd = DigitHypothesis(PIECE, FRAMED, "7", 0.98, "unknown", id_probability=0.1)
    open_to_both = DigitHypothesis(PIECE, FRAMED, "7", 0.5, "unknown", id_probability=0.1)
    drawing = DigitHypothesis(PIECE, FRAMED, "7", 0.98, "unknown", id_probability=0.001)
    for digit, status in ((odd, "ok"), (open_to_both, "unknown"), (drawing, "unknown")):
        selected = select_numbers([[*clear, digit]])[0][-1]
        assert selected.status == status
        assert in_context(digit).status == status  # as in a box of a form
    (updated,) = select_numbers([[*clear, odd]])[0][4:]
    assert 0.5 < odd.probability + 0.4 < updated.probability < odd.class_probability


def test_on_a_page_of_numbers_a_short_one_is_context_too():
    number = [_digit(str(digit), 0.9995) for digit in range(2, 6)]
    short = [_digit("4", 0.9995), DigitHypothesis(PIECE, FRAMED, "2", 0.98, "unknown", id_probability=0.5)]
    assert [digit.status for digit in select_numbers([number, number, short])[-1]] == ["ok", "ok"]


def test_the_best_digits_are_those_of_the_cheapest_segmentation():
    one, two = (
        _segmentation(_digit("8", 0.5)),
        _segmentation(_digit("1", 0.999, cut=True), _digit("3", 0.999, cut=True)),
    )
    assert [digit.label for digit in best_digits([{1: one, 2: two}])] == ["1", "3"]


def test_a_known_number_of_digits_decides_what_is_split_and_what_is_dust():
    touching = {1: _segmentation(_digit("8", 0.9)), 2: _segmentation(_digit("1", 0.8), _digit("3", 0.8))}
    plain = {1: _segmentation(_digit("5", 0.99))}
    dust = {1: _segmentation(_digit("1", 0.1, "unknown"))}

    def labels(count):
        (digits,) = select_number_of(count, [[touching, plain, dust]])
        return "".join(digit.label for digit in digits)

    assert (labels(3), labels(2)) == ("135", "85")
    assert select_number_of(7, [[plain]]) == []
