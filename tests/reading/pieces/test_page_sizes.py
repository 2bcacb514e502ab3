import numpy as np

from inklens.reading.pieces.hypotheses import DigitHypothesis
from inklens.reading.pieces.page_sizes import AT_BORDER, TOO_LARGE, reasons_by_size

PAGE = (800, 1000)


def _digit(piece, sure=True):
    framed = np.zeros((28, 28, 1), np.uint8)
    return DigitHypothesis(piece, framed, "1", 0.99 if sure else 0.3, "ok" if sure else "unknown")


def test_what_is_far_higher_than_the_digits_of_the_page_is_none(piece):
    digits = [_digit(piece(100 + 60 * place, 300)) for place in range(6)]
    edge = _digit(piece(700, 400, 30, 400))
    assert reasons_by_size([*digits, edge], PAGE) == [""] * 6 + [TOO_LARGE]


def test_a_title_of_large_digits_stays(piece):
    small = [_digit(piece(100 + 60 * place, 300)) for place in range(6)]
    large = [_digit(piece(100 + 150 * place, 600, 100, 160)) for place in range(3)]
    assert reasons_by_size([*small, *large], PAGE) == [""] * 9


def test_what_touches_the_border_and_is_higher_than_the_digits_is_none(piece):
    digits = [_digit(piece(100 + 60 * place, 300)) for place in range(6)]
    shadow, digit = _digit(piece(20, 400, 40, 90)), _digit(piece(15, 600, 30, 50))
    assert reasons_by_size([*digits, shadow, digit], PAGE) == [""] * 6 + [AT_BORDER, ""]


def test_a_page_of_few_digits_says_nothing_of_sizes(piece):
    assert reasons_by_size([_digit(piece(100, 300)), _digit(piece(300, 300, 90, 400))], PAGE) == ["", ""]
