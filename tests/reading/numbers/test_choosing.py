import numpy as np
import pytest

from inklens.reading.numbers.choosing import choose, choose_exactly, likeliest
from inklens.reading.pieces.pieces import Piece
from inklens.reading.pieces.splitting import Part, Way

PIECE = Piece(0, 0, 10, 20, np.ones((20, 10), np.float32))
FRAMED = np.zeros((28, 28, 1), np.uint8)


def _part(label, probability, status="ok", cut=False):
    return Part(PIECE, FRAMED, label, probability, status, cut)


def _way(*parts):
    return Way(parts, sum(part.cost for part in parts))


def test_a_number_stays_and_a_word_is_left_out():
    number = [_part("4", 0.9999), _part("2", 0.9995), _part("7", 0.97)]
    word = [_part("0", 0.9), _part("1", 0.99), _part("6", 0.6, "unknown"), _part("7", 0.85)]
    assert choose([number, word]) == [number, []]


def test_one_odd_digit_does_not_cost_a_long_number():
    number = [*(_part(str(digit), 0.9995) for digit in range(5)), _part("7", 0.4, "unknown")]
    assert choose([number]) == [number]


def test_a_lone_letter_on_a_page_of_words_is_no_digit():
    words = [[_part("6", 0.7), _part("1", 0.9), _part("4", 0.6)]] * 8
    letter = [_part("0", 0.9995)]
    assert choose([*words, letter])[-1] == []
    assert choose([letter]) == [letter]


def test_a_lone_doubtful_number_among_words_is_one_of_them():
    words = [[_part("6", 0.7), _part("1", 0.9), _part("4", 0.6)]] * 12
    doubtful = [_part("4", 0.997), _part("2", 0.997), _part("5", 0.997)]
    clear = [_part(str(digit), 0.9995) for digit in range(6)]
    assert choose([doubtful]) == [doubtful]
    assert choose([*words, doubtful])[-1] == []
    assert choose([*words, clear, doubtful])[-2:] == [clear, doubtful]


@pytest.mark.parametrize(("probability", "status"), [(0.55, "ok"), (0.45, "unknown")])
def test_a_clear_number_vouches_for_a_digit_that_is_this_one_rather_than_not(probability, status):
    odd = _part("7", probability, "unknown")
    number = [*(_part(str(digit), 0.9995) for digit in range(2, 6)), odd]
    (chosen,) = choose([number])
    assert [part.status for part in chosen] == ["ok"] * 4 + [status]
    assert choose([number], vouch=False) == [number]
    unclear = [_part("4", 0.999), odd]
    assert choose([unclear]) == [unclear]


def test_neighbours_say_that_it_is_a_digit_and_not_which():
    """What may be no digit at all becomes one amid a number; what may be a 7 or a 2 is no surer for it."""
    clear = [_part(str(digit), 0.9995) for digit in range(2, 6)]
    odd = Part(PIECE, FRAMED, "7", 0.98, "unknown", known=0.1)
    open_to_both = Part(PIECE, FRAMED, "7", 0.5, "unknown", known=0.1)
    drawing = Part(PIECE, FRAMED, "7", 0.98, "unknown", known=0.001)
    for part, status in ((odd, "ok"), (open_to_both, "unknown"), (drawing, "unknown")):
        chosen = choose([[*clear, part]])[0][-1]
        assert chosen.status == status
    (vouched,) = choose([[*clear, odd]])[0][4:]
    assert 0.5 < odd.probability + 0.4 < vouched.probability < odd.sure


def test_on_a_page_of_numbers_a_short_one_vouches_too():
    number = [_part(str(digit), 0.9995) for digit in range(2, 6)]
    short = [_part("4", 0.9995), Part(PIECE, FRAMED, "2", 0.98, "unknown", known=0.5)]
    assert [part.status for part in choose([number, number, short])[-1]] == ["ok", "ok"]


def test_the_likeliest_way_is_the_cheapest():
    one, two = _way(_part("8", 0.5)), _way(_part("1", 0.999, cut=True), _part("3", 0.999, cut=True))
    assert [part.label for part in likeliest([{1: one, 2: two}])] == ["1", "3"]


def test_a_known_number_of_digits_decides_what_is_split_and_what_is_dust():
    touching = {1: _way(_part("8", 0.9)), 2: _way(_part("1", 0.8), _part("3", 0.8))}
    plain = {1: _way(_part("5", 0.99))}
    dust = {1: _way(_part("1", 0.1, "unknown"))}

    def labels(count):
        (parts,) = choose_exactly([[touching, plain, dust]], count)
        return "".join(part.label for part in parts)

    assert (labels(3), labels(2)) == ("135", "85")
    assert choose_exactly([[plain]], 7) == []
