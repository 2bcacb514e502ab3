"""The digits in each cell of a grid: one number, notes of several tiny digits, or nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.reading.numbers.selection import best_digits
from inklens.reading.pieces.hypotheses import DigitHypothesis, classify
from inklens.reading.pieces.piece import Piece, merged
from inklens.reading.pieces.segmentation import find_segmentations

_LOWER = 0.9  # of the lower quartile of the answers' heights: lower digits are candidates
_UPPER = 0.4  # of a cell's height: the middle of digits in its upper part lies above
_PART = 0.5  # of the highest piece of a cell: a lower one that is no digit is a remnant or dust


def read_cells(cells: list[list[Piece]], classifier: Classifier) -> list[list[DigitHypothesis]]:
    """The digits of each cell from left to right; none in a blank one.

    The parts of a broken digit are read as one where the network finds that more probable.

    Args:
        cells: the pieces of each cell, from left to right.
    """
    digits = iter(classify([piece for cell in cells for piece in cell], classifier))
    apart = [[next(digits) for _ in cell] for cell in cells]
    several = [number for number, cell in enumerate(cells) if len(cell) > 1]
    wholes = classify([_whole(cells[number]) for number in several], classifier)
    for number, whole in zip(several, wholes, strict=True):
        if whole.status == "ok" and whole.cost < sum(digit.cost for digit in apart[number]):
            apart[number] = [whole]
        else:
            apart[number] = _without_remnants(apart[number])
    every = [digit for cell in apart for digit in cell]
    found = iter(find_segmentations(every, classifier, cut_all=False))
    return [best_digits([next(found) for _ in cell]) for cell in apart]


def _whole(pieces: list[Piece]) -> Piece:
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = merged(whole, piece)
    return whole


def _without_remnants(digits: list[DigitHypothesis]) -> list[DigitHypothesis]:
    highest = max(digits, key=lambda digit: digit.piece.height)
    if highest.status != "ok":
        return digits
    least = _PART * highest.piece.height
    return [digit for digit in digits if digit.status == "ok" or digit.piece.height >= least]


def are_candidates(
    cells: list[list[DigitHypothesis]], lines_y: NDArray[np.float64], columns: int
) -> list[bool]:
    """Which cells of a puzzle hold tiny digits that are no answer: pencil marks.

    They are lower than the answers of the other cells, or stand in the upper part of their cell. In a table,
    where most cells have several digits, there are none.

    Args:
        cells: the digits of each cell, row by row.
        lines_y: the level lines, in pixels.
    """
    filled = [len(cell) for cell in cells if cell]
    if not filled or np.median(filled) > 1:
        return [False] * len(cells)
    size = np.diff(lines_y)
    height = [max((digit.piece.height for digit in cell), default=0) for cell in cells]
    share = [tall / size[number // columns] for number, tall in enumerate(height)]
    answers = [
        each for each, cell in zip(share, cells, strict=True) if len(cell) == 1 and cell[0].status == "ok"
    ]
    low = _LOWER * float(np.quantile(answers, 0.25)) if answers else 0.0
    found = []
    for number, cell in enumerate(cells):
        row = number // columns
        middle = [digit.piece.top + digit.piece.height / 2 for digit in cell]
        high = bool(cell) and (np.median(middle) - lines_y[row]) / size[row] < _UPPER
        tiny = share[number] < low
        found.append(bool(high and tiny if len(cell) == 1 else len(cell) > 1 and (high or tiny)))
    return found
