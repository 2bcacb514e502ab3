"""Whether a page lies on its side or upside down, by the digits that its pieces then are."""

import math
from dataclasses import replace

import numpy as np

from inklens.classifier import Classifier
from inklens.reading.pieces.hypotheses import DigitHypothesis, classify

_SURE = 0.9  # least probability of a digit that counts
_SUREST = 0.9995  # upper limit of a probability
_MOSTLY = 0.5  # least share of the pieces that are sure digits after a turn
_MORE = 2.0  # times as much evidence as before: letters upside down have up to 1.4 times as much
_FEW = 3  # pieces, at least, of which one can tell
_SHAPES = 2  # sure digits that are no 1, at least
_SAMPLE = 60  # pieces, the largest, that are looked at


def best_turn(digits: list[DigitHypothesis], classifier: Classifier) -> int:
    """By how many quarters, anticlockwise, most pieces become digits: 0 to 3.

    Args:
        digits: the pieces of a page as it lies, each read as one digit.
    """
    largest = sorted(digits, key=lambda digit: -digit.piece.height * digit.piece.width)[:_SAMPLE]
    least = _MOSTLY * len(largest)
    if len(largest) < _FEW or _sure(largest) >= least:
        return 0
    best, most = 0, _MORE * _evidence(largest)
    for quarters in (1, 2, 3):
        turned = []
        for digit in largest:
            ink = np.ascontiguousarray(np.rot90(digit.piece.ink, quarters))
            turned.append(replace(digit.piece, width=ink.shape[1], height=ink.shape[0], ink=ink))
        found = classify(turned, classifier)
        evidence = _evidence(found)  # upside down, some digits are others: the surest reading counts
        shapes = [digit for digit in found if digit.label != "1"]  # any stroke on its side is a 1
        if _sure(found) >= least and _sure(shapes) >= _SHAPES and evidence > most:
            best, most = quarters, evidence
    return best


def _sure(digits: list[DigitHypothesis]) -> int:
    return sum(digit.status == "ok" and digit.probability >= _SURE for digit in digits)


def _evidence(digits: list[DigitHypothesis]) -> float:
    """Nats for digits."""
    return sum(-math.log(1 - min(digit.probability, _SUREST)) for digit in digits)
