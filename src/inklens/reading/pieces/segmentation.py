"""Pieces that are several touching digits, segmented.

A piece is cut into more segments than it has digits. Dynamic programming then finds the combination that the
network finds most probable (over-segmentation; Casey and Lecolinet 1996, "A survey of methods and strategies
in character segmentation").
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inklens.classifier import Classifier
from inklens.reading.pieces.cuts import crop_between, find_cuts
from inklens.reading.pieces.hypotheses import DigitHypothesis, classify, may_touch
from inklens.reading.pieces.piece import Piece

_CUT_COST = 1.0  # nats for every cut: one digit is the simpler explanation


@dataclass(frozen=True, eq=False)
class Segmentation:
    """One way to read a piece: its digits from left to right, and their cost in nats."""

    digits: tuple[DigitHypothesis, ...]
    cost: float


def find_segmentations(
    digits: Sequence[DigitHypothesis], classifier: Classifier, *, cut_all: bool
) -> list[dict[int, Segmentation]]:
    """For each piece, the best segmentation into each number of digits.

    Args:
        digits: the pieces, each read as one digit.
        cut_all: whether pieces are cut that do not look like several digits.

    Returns:
        for each piece, number of digits -> segmentation.
    """
    found = [{1: Segmentation((digit,), digit.cost)} for digit in digits]
    segments: list[Piece] = []
    plans: list[tuple[int, int, dict[tuple[int, int], int]]] = []
    for number, digit in enumerate(digits):
        if cut_all or may_touch(digit):
            cuts = find_cuts(digit.piece)
            places = {}
            for start in range(len(cuts) - 1):
                for end in range(start + 1, len(cuts)):
                    segment = crop_between(digit.piece, cuts[start], cuts[end])
                    if (start, end) != (0, len(cuts) - 1) and segment is not None:
                        places[start, end] = len(segments)
                        segments.append(segment)
            plans.append((number, len(cuts), places))
    read = classify(segments, classifier, cut=True)
    for number, cuts_count, places in plans:
        of_piece = {ends: read[place] for ends, place in places.items()}
        found[number].update(_best_combinations(of_piece, cuts_count))
    return found


def _best_combinations(
    segments: dict[tuple[int, int], DigitHypothesis], cuts: int
) -> dict[int, Segmentation]:
    """The cheapest combinations of segments from the first cut to the last, of 2, 3, ... digits."""
    best: list[dict[int, Segmentation]] = [{} for _ in range(cuts)]
    best[0][0] = Segmentation((), -_CUT_COST)
    for end in range(1, cuts):
        for start in range(end):
            digit = segments.get((start, end))
            if digit is None:
                continue
            for count, before in best[start].items():
                cost = before.cost + digit.cost + _CUT_COST
                if count + 1 not in best[end] or cost < best[end][count + 1].cost:
                    best[end][count + 1] = Segmentation((*before.digits, digit), cost)
    return {count: whole for count, whole in best[-1].items() if count > 1}
