"""Which chains of digits are numbers, by the network's probabilities for a whole chain at a time."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inklens.reading.numbers.text_lines import group_into_lines
from inklens.reading.pieces.hypotheses import DigitHypothesis
from inklens.reading.pieces.segmentation import Segmentation

# Evidence in nats that ink is a digit and not a letter or a doodle, from the network's probability: 1.8 at
# 99.9%, 0.2 at 99%, at least `_LEAST`. Chosen on generated pages of MNIST's validation digits.
_SLOPE, _OFFSET = 1.6, -3.0  # in -log10(1 - probability)
_SUREST, _LEAST = 0.9995, -2.3
_SIMPLE, _CUT_STROKE = 0.5, -0.5  # nats at most for a 0 or 1, and for a 1 or 7 that was cut out
_IN_BOXES = 3.0  # nats for a number whose digits are each in a printed box
_CLEAR = 2.0  # nats from which a chain is clearly a number or clearly none, and counts for its page
_ELSEWHERE = 0.4  # how much words on other lines count
_FAIRLY_SURE = 0.5  # probability from which a digit in context is read
_IN_CONTEXT = 3.0  # nats at most that ink in a number is a digit: once in twenty it is a comma or a blot
_DROPPED = 4.0  # nats for leaving a piece out where the number of digits is known


def best_digits(pieces: list[dict[int, Segmentation]]) -> list[DigitHypothesis]:
    """The most probable digits of a chain.

    Args:
        pieces: for each piece from left to right, its segmentations.
    """
    return [
        digit for options in pieces for digit in min(options.values(), key=lambda option: option.cost).digits
    ]


def select_numbers(
    chains: list[list[DigitHypothesis]], *, in_boxes: Sequence[bool] = (), use_context: bool = True
) -> list[list[DigitHypothesis]]:
    """Keep the chains that are numbers; words and drawings become empty.

    Any network takes some letters for digits, but rarely all letters of a word: the evidence of a chain's
    digits is added up. Other clear chains set the prior (empirical Bayes), those on its own line most.

    Args:
        chains: the digits of each chain, from left to right.
        in_boxes: of each chain, whether its digits are each in a printed box; without it, none is.
        use_context: let the rest of a number raise the probability that a piece is a digit. An "unknown"
            piece becomes "ok" if its class is then fairly sure.
    """
    evidence = np.array([_evidence(digits) for digits in chains])
    several = np.array([len(digits) > 1 for digits in chains], np.bool_)
    same_line = _same_line(chains)  # a chain is no evidence for itself
    elsewhere = 1 - same_line - np.eye(len(chains))
    clear = evidence > _CLEAR
    # A single letter may look like a digit; several of them on a line rarely do.
    numbers = same_line @ clear + elsewhere @ (clear & several)
    weights = same_line + _ELSEWHERE * elsewhere
    words = weights @ (evidence < -_CLEAR)
    # A page to be read usually has numbers; clear words and no clear number say otherwise.
    beside = np.clip(np.log((numbers + 1) / (words + 0.5)), -0.8, 2.0)
    alone = np.clip(np.log(2 / (0.5 * words**2 + 0.5)), -4.0, 2.0)
    log_odds = evidence + np.where(numbers > 0, beside, alone)
    log_odds[np.flatnonzero(in_boxes)] += _IN_BOXES
    selected = [digits if each > 0 else [] for digits, each in zip(chains, log_odds, strict=True)]
    if not use_context:
        return selected
    return [
        [in_context(digit, each - _LEAST, clear) for digit in digits]
        for digits, each, clear in zip(selected, log_odds.tolist(), (evidence > _CLEAR).tolist(), strict=True)
    ]


def in_context(digit: DigitHypothesis, others: float = _IN_CONTEXT, clear: bool = False) -> DigitHypothesis:
    """The digit with the probability that it has in its number.

    Args:
        others: nats for the rest of the chain to be a number; as many as count in a box for a digit.
        clear: whether the chain by itself is clearly a number.
    """
    # Without an OOD detector, only the network's doubt about the class made it unknown: that takes more.
    has_ood_detector = digit.id_probability < 1
    if digit.status != "unknown" or not (has_ood_detector or clear):
        return digit
    odds = math.exp(min(_IN_CONTEXT, others))
    id_probability = digit.id_probability * odds / (digit.id_probability * odds + 1 - digit.id_probability)
    updated = replace(digit, id_probability=id_probability, status="ok")
    return updated if updated.probability >= _FAIRLY_SURE else digit


def _same_line(chains: list[list[DigitHypothesis]]) -> NDArray[np.float64]:
    """Which other chains are on the line of each: (chains, chains), 0 or 1."""
    same = np.zeros((len(chains), len(chains)))
    for line in group_into_lines([[digit.piece for digit in digits] for digits in chains]):
        same[np.ix_(line, line)] = 1
    np.fill_diagonal(same, 0)
    return same


def _evidence(digits: list[DigitHypothesis]) -> float:
    """Nats for a number, against a word or a drawing."""
    unsure = 1 - np.array([min(digit.probability, _SUREST) for digit in digits])
    each = np.maximum(-_SLOPE * np.log10(unsure) + _OFFSET, _LEAST)
    each[[digit.status != "ok" for digit in digits]] = _LEAST
    return float(np.minimum(each, [_limit(digit) for digit in digits]).sum())


def _limit(digit: DigitHypothesis) -> float:
    """Upper limit of a digit's evidence: the plain strokes and circles of letters look like 1, 7 and 0."""
    if digit.cut and digit.label in ("1", "7"):
        return _CUT_STROKE
    return _SIMPLE if digit.label in ("0", "1") else np.inf


def select_number_of(count: int, chains: list[list[dict[int, Segmentation]]]) -> list[list[DigitHypothesis]]:
    """The most probable number of exactly `count` digits; empty if no chain has that many.

    Args:
        chains: of each chain, the segmentations of its pieces from left to right.
    """
    found = [_with_count(pieces, count) for pieces in chains]
    fitting = [number for number in found if number is not None]
    return [list(min(fitting, key=lambda number: number.cost).digits)] if fitting else []


def _with_count(pieces: list[dict[int, Segmentation]], count: int) -> Segmentation | None:
    """The cheapest reading of a chain as `count` digits; pieces may be left out, at a cost."""
    best: dict[int, Segmentation] = {0: Segmentation((), 0.0)}
    for options in pieces:
        after: dict[int, Segmentation] = {}
        for count_before, before in best.items():
            for more, option in [(0, Segmentation((), _DROPPED)), *options.items()]:
                total, cost = count_before + more, before.cost + option.cost
                if total <= count and (total not in after or cost < after[total].cost):
                    after[total] = Segmentation((*before.digits, *option.digits), cost)
        best = after
    return best.get(count)
